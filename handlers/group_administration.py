"""Making and changing groups: nothing is saved before a preview has shown what it would do."""

from __future__ import annotations

from typing import Any

from handlers import enrolment, enrolment_channels, group_form, user_groups
from handlers.enrolment_rules import read
from handlers.group_actions import (
    ArchiveGroup,
    EditChange,
    EditGroup,
    MergeGroup,
    ReopenGroup,
    SaveChange,
)
from handlers.group_cards import ADMINISTRATORS, group_card
from handlers.group_preview import change_of, preview_card, saved_already
from handlers.group_suggestions import refuse_taken_name
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import Form, Option, SearchField, Step
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, Source, Submitted
from handlers.kit.updates import Command
from handlers.kit.words import N_
from store import group_changes, groups, memberships
from store.groups import Group, GroupState, Visibility
from store.memberships import How
from store.slugs import slug_of

SEARCHED = 20

router = Router("group_administration")


@router.command("groups new", summary=N_("Make a new group"), access=ADMINISTRATORS)
async def new(context: Context, command: Command) -> Reply:
    initial = {
        "visibility": Visibility.OPEN,
        "group_language": "en",
        "requires_rules": "yes",
        "make_channel": "yes",
        "rule": "nobody",
    }
    return Open(group_form.FORM, initial=initial)


@router.command("groups edit", summary=N_("Change a group"), usage=N_("[name]"), access=ADMINISTRATORS)
async def edit_named(context: Context, command: Command) -> Reply:
    group = await groups.named(context.session, command.text)
    if group is None:
        raise UserError(
            context._("There is no group of that name. Type /groups, choose one and press “Edit”.")
        )
    return await _open(context, group)


@router.action(EditGroup, access=ADMINISTRATORS)
async def edit(context: Context, action: EditGroup) -> Reply:
    return await _open(context, await _group(context, action.group_id))


@router.action(EditChange, access=ADMINISTRATORS)
async def edit_change(context: Context, action: EditChange) -> Reply:
    change = await change_of(context, action.change_id)
    if change.saved_at is not None:
        return saved_already(context)
    subject = f"{change.group_id or ''}/{change.id}"
    return Open(group_form.FORM, initial=change.answers, subject=subject)


async def build_form(context: Context, subject: str) -> Form:
    group, kept = await _subject_of_form(context, subject)
    return await group_form.build(context, group, read(kept) if kept is not None else None)


@router.form(group_form.FORM, build_form, access=ADMINISTRATORS)
async def preview(context: Context, sent: Submitted) -> Result:
    group, kept = await _subject_of_form(context, sent.subject)
    values = await group_form.values(context, sent.answers, kept)
    await refuse_taken_name(context, values["name"], but=group.id if group else None)
    handle = await user_groups.asked(context, sent.answers, group)
    change = await group_changes.add(
        context.session,
        group_id=group.id if group else None,
        member_id=context.person.id,
        answers={**group_form.raw(sent.answers), **handle},
        values=values,
        now=context.now,
    )
    return await preview_card(context, change, group)


@router.action(SaveChange, access=ADMINISTRATORS)
async def save(context: Context, action: SaveChange) -> Reply:
    _ = context._
    change = await change_of(context, action.change_id)
    if change.saved_at is not None:
        return saved_already(context)
    values = dict(change.values)
    await refuse_taken_name(context, values["name"], but=change.group_id)
    rule = read(values["rule"]) if values["rule"] is not None else None
    if change.group_id is None:
        slug = await groups.free_slug(context.session, slug_of(values["name"]) or "group")
        group = await groups.add(context.session, slug=slug, now=context.now, **values)
        fields = sorted(values)
    else:
        group = await _group(context, change.group_id)
        fields = [name for name, value in values.items() if getattr(group, name) != value]
        for name in fields:
            setattr(group, name, values[name])
    handle = await user_groups.save(context, group, change.answers)
    # Asking to take people out counts even where the rule stays as it is.
    if "rule" in fields or "requires_rules" in fields or "visibility" in fields or action.remove:
        enrolment.change_rule(group, rule, remove=action.remove)
        await context.session.flush()
        await enrolment.reevaluate(context.session, group, context.now)
    if change.group_id is None and change.answers.get("make_channel") == "yes":
        await enrolment_channels.make(context.session, group, context.now, asked_by_id=context.person.id)
    change.saved_at = context.now
    await context.audit(
        "group.edit" if change.group_id else "group.add",
        "group",
        group.id,
        {name: str(values[name]) for name in fields} | handle,
    )
    note = _("Saved.")
    if handle.get(user_groups.FIELD):
        note += " " + _("The user group is there in a minute.")
    if group.evaluate_from is not None:
        note += " " + _("People are being added in the background; this takes a few minutes.")
    return await group_card(context, group, note=note)


@router.action(ArchiveGroup, access=ADMINISTRATORS)
async def archive(context: Context, action: ArchiveGroup) -> Reply:
    group = await _group(context, action.group_id)
    if group.state == GroupState.ACTIVE:
        group.state = GroupState.ARCHIVED
        await context.audit("group.archive", "group", group.id)
    return await group_card(context, group)


@router.action(ReopenGroup, access=ADMINISTRATORS)
async def reopen(context: Context, action: ReopenGroup) -> Reply:
    group = await _group(context, action.group_id)
    if group.state == GroupState.ARCHIVED:
        await refuse_taken_name(context, group.name, but=group.id)
        group.state, group.merged_into_id = GroupState.ACTIVE, None
        # Facts may have changed while nobody looked.
        group.evaluate_from, group.evaluate_removes = 0, False
        await context.audit("group.reopen", "group", group.id)
    return await group_card(context, group, note=context._("The group is open."))


@router.action(MergeGroup, access=ADMINISTRATORS)
async def merge(context: Context, action: MergeGroup) -> Reply:
    group = await _group(context, action.group_id)
    if group.state != GroupState.ACTIVE:
        return await group_card(context, group)
    return Open("groups.merge", subject=str(group.id))


async def build_merge(context: Context, subject: str) -> Form:
    _ = context._
    group = await _subject(context, subject)
    return Form(
        name="groups.merge",
        title=_("Merge groups"),
        submit=_("Merge"),
        steps=(
            Step(
                title=_("Merge “%(group)s” into another group")
                % {"group": group.name_for(context.words.locale) if group else ""},
                help=_(
                    "Its people come into the other group, unless they left that one; then it is archived."
                ),
                fields=(SearchField(name="into", label=_("Into which group?"), source="group"),),
            ),
        ),
    )


@router.form("groups.merge", build_merge, access=ADMINISTRATORS)
async def merge_into(context: Context, sent: Submitted) -> Result:
    _ = context._
    group = await _subject(context, sent.subject)
    chosen = sent.answers.text("into")
    into = await groups.by_id(context.session, int(chosen)) if chosen.isdecimal() else None
    if group is None or group.state != GroupState.ACTIVE:
        raise UserError(_("That group is archived or gone. Nothing was changed."))
    if into is None or into.id == group.id or into.state != GroupState.ACTIVE:
        raise UserError(_("Choose another group that is not archived."), field="into")
    moving = await memberships.inside_only(context.session, group.id, into.id)
    for start in range(0, len(moving), enrolment.CHUNK):
        chunk = moving[start : start + enrolment.CHUNK]
        await enrolment.admit(context.session, into, chunk, How.ADMINISTRATOR, context.now)
    group.state, group.merged_into_id = GroupState.ARCHIVED, into.id
    # The other group may take its handle.
    await user_groups.put(context.session, group, "", context.now)
    await context.audit("group.merge", "group", group.id, {"into": str(into.id)})
    text = context.words.ngettext(
        "“%(group)s” is part of “%(into)s” now; %(count)s person came with it.",
        "“%(group)s” is part of “%(into)s” now; %(count)s people came with it.",
        len(moving),
    )
    locale = context.words.locale
    named = {"group": group.name_for(locale), "into": into.name_for(locale)}
    note = text % (named | {"count": context.words.number(len(moving))})
    return await group_card(context, into, note=note)


async def find_groups(context: Context, query: str) -> list[Option]:
    everything = ADMINISTRATORS.allows(context.roles)
    found, _total = await groups.listed(
        context.session, context.person.id, limit=SEARCHED, query=query, everything=everything
    )
    return [Option(value=str(group.id), label=group.name_for(context.words.locale)) for group in found]


async def named_groups(context: Context, chosen: tuple[str, ...]) -> list[Option]:
    found = [await groups.by_id(context.session, int(value)) for value in chosen if value.isdecimal()]
    return [
        Option(value=str(group.id), label=group.name_for(context.words.locale))
        for group in found
        if group is not None
    ]


router.lookup("group", Source(find_groups, named_groups))


async def _open(context: Context, group: Group) -> Open:
    initial = await group_form.initial(context, group)
    return Open(group_form.FORM, initial=initial, subject=str(group.id))


async def _subject_of_form(context: Context, subject: str) -> tuple[Group | None, dict[str, Any] | None]:
    """The group and the rule it would keep: that of the preview which is changed again, else its own."""
    group_id, _slash, change_id = subject.partition("/")
    group = await _subject(context, group_id)
    if change_id:
        return group, (await change_of(context, change_id)).values["rule"]
    return group, group.rule if group else None


async def _subject(context: Context, subject: str) -> Group | None:
    """The group that a form is about; None for a new one."""
    if not subject:
        return None
    return await _group(context, int(subject) if subject.isdecimal() else 0)


async def _group(context: Context, group_id: int) -> Group:
    group = await groups.by_id(context.session, group_id)
    if group is None:
        raise UserError(context._("That group is no longer there. Type /groups to see what there is."))
    return group
