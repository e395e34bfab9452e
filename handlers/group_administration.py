"""Making and changing groups: nothing is saved before a preview has shown what it would do."""

from __future__ import annotations

from handlers import enrolment, enrolment_channels, group_form
from handlers.enrolment_rules import read
from handlers.group_actions import (
    ArchiveGroup,
    EditChange,
    EditGroup,
    MergeGroup,
    ReopenGroup,
    SaveChange,
)
from handlers.group_cards import ADMINISTRATORS, KIND_NAMES, VISIBILITY_NAMES, group_card
from handlers.group_suggestions import refuse_taken_name
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import Form, Option, SearchField, Step
from handlers.kit.messages import Button, Confirm, Fact, Message, Style
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, Source, Submitted
from handlers.kit.updates import Command
from handlers.kit.words import N_, Words
from handlers.rule_sentences import names_for, sentence
from store import group_changes, groups, memberships
from store.group_changes import GroupChange
from store.groups import Group, GroupKind, GroupState, Visibility
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
    return _open(group)


@router.action(EditGroup, access=ADMINISTRATORS)
async def edit(context: Context, action: EditGroup) -> Reply:
    return _open(await _group(context, action.group_id))


@router.action(EditChange, access=ADMINISTRATORS)
async def edit_change(context: Context, action: EditChange) -> Reply:
    change = await _change(context, action.change_id)
    if change.saved_at is not None:
        return _saved_already(context)
    subject = str(change.group_id) if change.group_id else ""
    return Open(group_form.FORM, initial=change.answers, subject=subject)


async def build_form(context: Context, subject: str) -> Form:
    return await group_form.build(context, await _subject(context, subject))


@router.form(group_form.FORM, build_form, access=ADMINISTRATORS)
async def preview(context: Context, sent: Submitted) -> Result:
    group = await _subject(context, sent.subject)
    values = await group_form.values(context, sent.answers, group)
    await refuse_taken_name(context, values["name"], but=group.id if group else None)
    change = await group_changes.add(
        context.session,
        group_id=group.id if group else None,
        member_id=context.person.id,
        answers=group_form.raw(sent.answers),
        values=values,
        now=context.now,
    )
    return await _preview(context, change, group)


@router.action(SaveChange, access=ADMINISTRATORS)
async def save(context: Context, action: SaveChange) -> Reply:
    _ = context._
    change = await _change(context, action.change_id)
    if change.saved_at is not None:
        return _saved_already(context)
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
        {name: str(values[name]) for name in fields},
    )
    note = _("Saved.")
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
                title=_("Merge “%(group)s” into another group") % {"group": group.name if group else ""},
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
    await context.audit("group.merge", "group", group.id, {"into": str(into.id)})
    text = context.words.ngettext(
        "“%(group)s” is part of this group now; %(count)s person came with it.",
        "“%(group)s” is part of this group now; %(count)s people came with it.",
        len(moving),
    )
    note = text % {"group": group.name, "count": context.words.number(len(moving))}
    return await group_card(context, into, note=note)


async def find_groups(context: Context, query: str) -> list[Option]:
    everything = ADMINISTRATORS.allows(context.roles)
    found, _total = await groups.listed(
        context.session, context.person.id, limit=SEARCHED, query=query, everything=everything
    )
    return [Option(value=str(group.id), label=group.name) for group in found]


async def named_groups(context: Context, chosen: tuple[str, ...]) -> list[Option]:
    found = [await groups.by_id(context.session, int(value)) for value in chosen if value.isdecimal()]
    return [Option(value=str(group.id), label=group.name) for group in found if group is not None]


router.lookup("group", Source(find_groups, named_groups))


async def _preview(context: Context, change: GroupChange, group: Group | None) -> Message:
    _ = context._
    words, values = context.words, change.values
    rule = read(values["rule"]) if values["rule"] is not None else None
    counts = await enrolment.preview(
        context.session,
        group,
        rule,
        context.now,
        requires_rules=values["requires_rules"],
        open_to_all=values["visibility"] == Visibility.OPEN,
    )
    save_button = Button.to(_("Save"), SaveChange(change_id=change.id), style=Style.PRIMARY)
    buttons = [save_button]
    if counts.leaving:
        leaving = {"count": words.number(counts.leaving)}
        label = words.ngettext(
            "Save, and take out %(count)s person", "Save, and take out %(count)s people", counts.leaving
        )
        question = words.ngettext(
            "%(count)s person whom the rule had added no longer fits, and is taken out.",
            "%(count)s people whom the rule had added no longer fit, and are taken out.",
            counts.leaving,
        )
        buttons.append(
            Button.to(
                label % leaving,
                SaveChange(change_id=change.id, remove=True),
                style=Style.DANGER,
                confirm=Confirm(
                    title=_("Take people out?"),
                    text=question % leaving,
                    yes=_("Save and take out"),
                    no=_("Go back"),
                ),
            )
        )
    buttons.append(Button.to(_("Change it again"), EditChange(change_id=change.id)))
    names = await names_for(context.session, rule, words.locale)
    return Message(
        heading=_("Preview: %(group)s") % {"group": values["name"]},
        text=values["purpose"] + "\n\n" + _counted(words, counts),
        facts=(
            Fact(label=_("Kind"), value=_(KIND_NAMES[GroupKind(values["kind"])])),
            Fact(label=_("Who may join"), value=_(VISIBILITY_NAMES[Visibility(values["visibility"])])),
            Fact(label=_("Added without asking"), value=sentence(rule, words, names)),
        ),
        buttons=tuple(buttons),
        small_print=(
            _("Nothing is saved yet. No rule puts back people who left by choice or were taken out."),
        ),
    )


def _counted(words: Words, counts: enrolment.Preview) -> str:
    """“37 people fit now: 5 would be added. 4 who were added by the rule no longer fit.”"""
    said = words.ngettext(
        "%(count)s person fits the rule now; %(joining)s would be added.",
        "%(count)s people fit the rule now; %(joining)s would be added.",
        counts.fitting,
    ) % {"count": words.number(counts.fitting), "joining": words.number(counts.joining)}
    if counts.leaving:
        said += " " + words.ngettext(
            "%(count)s who is in would no longer fit, and stays unless you take them out.",
            "%(count)s who are in would no longer fit, and stay unless you take them out.",
            counts.leaving,
        ) % {"count": words.number(counts.leaving)}
    return said


def _open(group: Group) -> Open:
    return Open(group_form.FORM, initial=group_form.initial(group), subject=str(group.id))


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


async def _change(context: Context, change_id: str) -> GroupChange:
    change = await group_changes.by_id(context.session, change_id)
    if change is None:
        raise UserError(context._("That preview is no longer there. Start again; nothing was changed."))
    return change


def _saved_already(context: Context) -> Message:
    return Message(text=context._("That change has been saved already. Nothing was changed."))
