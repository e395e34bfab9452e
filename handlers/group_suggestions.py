"""Suggestions: a member proposes a group, an administrator makes it or says why not."""

from __future__ import annotations

from handlers import enrolment, enrolment_channels, group_posts, people
from handlers.group_actions import ApproveSuggestion, DeclineSuggestion, JoinGroup, ShowGroup
from handlers.group_cards import ADMINISTRATORS, group_card
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import Form, Step, TextField
from handlers.kit.messages import Button, Message, Style
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, Submitted
from handlers.kit.updates import Command
from handlers.kit.words import N_, Words
from store import group_suggestions, groups, members, roles
from store.group_suggestions import GroupSuggestion, SuggestionState
from store.groups import Group, GroupKind, GroupState
from store.members import Member
from store.memberships import How
from store.profiles import MessageKind
from store.slugs import slug_of

LONGEST_NAME = 60
LONGEST_PURPOSE = 400
LONGEST_REASON = 1_000

router = Router("group_suggestions")


@router.command("groups suggest", summary=N_("Suggest a new group"))
async def suggest(context: Context, command: Command) -> Reply:
    return Open("groups.suggest", initial={"name": command.text} if command.text else {})


async def build_suggest(context: Context, subject: str) -> Form:
    _ = context._
    return Form(
        name="groups.suggest",
        title=_("Suggest a group"),
        submit=_("Suggest it"),
        steps=(
            Step(
                title=_("Your idea"),
                fields=(
                    TextField(name="name", label=_("Name"), min_length=3, max_length=LONGEST_NAME),
                    TextField(
                        name="purpose", label=_("What is it for?"), long=True, max_length=LONGEST_PURPOSE,
                        help=_("One or two sentences. Everybody reads them in the list of groups."),
                    ),
                    TextField(
                        name="why", label=_("Why now, and who would join?"), long=True,
                        max_length=LONGEST_REASON, help=_("Only administrators read this."),
                    ),
                ),
            ),
        ),
    )  # fmt: skip


@router.form("groups.suggest", build_suggest)
async def take_suggestion(context: Context, sent: Submitted) -> Result:
    _ = context._
    member, name = context.person, sent.answers.text("name")
    await refuse_taken_name(context, name)
    suggestion = await group_suggestions.add(
        context.session,
        member.id,
        name=name,
        purpose=sent.answers.text("purpose"),
        why=sent.answers.text("why"),
        now=context.now,
    )
    for administrator in await roles.administrators(context.session):
        await context.send(
            administrator, lambda words: _card(words, suggestion, member), key=_key(suggestion)
        )
    return Message(text=_("Thank you. An administrator looks at your idea, and you hear from me either way."))


@router.action(ApproveSuggestion, access=ADMINISTRATORS)
async def approve(context: Context, action: ApproveSuggestion) -> Reply:
    suggestion = await _suggestion(context, action.suggestion_id)
    if not suggestion.decide(SuggestionState.APPROVED, context.person.id, context.now):
        return await _decided_already(context, suggestion)
    await refuse_taken_name(context, suggestion.name)
    group = await groups.add(
        context.session,
        slug=await groups.free_slug(context.session, slug_of(suggestion.name) or "group"),
        name=suggestion.name,
        purpose=suggestion.purpose,
        kind=GroupKind.THEMATIC,
        now=context.now,
    )
    suggestion.group_id = group.id
    proposer = await members.by_id(context.session, suggestion.member_id)
    if proposer is not None and proposer.active:
        await groups.make_lead(context.session, group.id, proposer.id, now=context.now)
        await enrolment.admit(context.session, group, [proposer.id], How.OWN, context.now)
        await context.send(proposer, lambda words: _approved(words, group))
    await enrolment_channels.make(context.session, group, context.now, asked_by_id=context.person.id)
    await group_posts.post(
        context,
        (),
        lambda words: _announcement(words, group),
        key=f"group:{group.id}",
        kind=MessageKind.GROUPS,
    )
    await context.audit("group.approve_suggestion", "group", group.id)
    await _close(context, suggestion, proposer)
    return await group_card(
        context, group, note=context._("The group is there now. Edit it to choose who is added to it.")
    )


@router.action(DeclineSuggestion, access=ADMINISTRATORS)
async def decline(context: Context, action: DeclineSuggestion) -> Reply:
    suggestion = await _suggestion(context, action.suggestion_id)
    if suggestion.state != SuggestionState.WAITING:
        return await _decided_already(context, suggestion)
    return Open("groups.decline_suggestion", subject=str(suggestion.id))


async def build_decline(context: Context, subject: str) -> Form:
    _ = context._
    return Form(
        name="groups.decline_suggestion",
        title=_("Decline a suggestion"),
        submit=_("Decline"),
        steps=(
            Step(
                title=_("Decline a suggestion"),
                fields=(
                    TextField(
                        name="reason", label=_("Why not?"), long=True, max_length=LONGEST_REASON,
                        help=_("The person who suggested it reads this."),
                    ),
                ),
            ),
        ),
    )  # fmt: skip


@router.form("groups.decline_suggestion", build_decline, access=ADMINISTRATORS)
async def decline_for(context: Context, sent: Submitted) -> Result:
    suggestion = await _suggestion(context, int(sent.subject) if sent.subject.isdecimal() else 0)
    reason = sent.answers.text("reason")
    if not suggestion.decide(SuggestionState.DECLINED, context.person.id, context.now, reason=reason):
        return await _decided_already(context, suggestion)
    proposer = await members.by_id(context.session, suggestion.member_id)
    await context.audit(
        "group.decline_suggestion", "group_suggestion", suggestion.id, {"reason": reason}, about=proposer
    )
    if proposer is not None:
        await context.send(proposer, lambda words: _declined(words, suggestion))
    await _close(context, suggestion, proposer)
    return _closed_card(context.words, suggestion, proposer, context.person)


async def refuse_taken_name(context: Context, name: str, *, but: int | None = None) -> None:
    """:raises UserError: another active group has this name."""
    held = await groups.named(context.session, name)
    if held is not None and held.id != but and held.state == GroupState.ACTIVE:
        raise UserError(
            context._("There is a group called “%(group)s” already.")
            % {"group": held.name_for(context.words.locale)},
            field="name",
        )


async def _suggestion(context: Context, suggestion_id: int) -> GroupSuggestion:
    suggestion = await group_suggestions.by_id(context.session, suggestion_id)
    if suggestion is None:
        raise UserError(context._("That suggestion is no longer there. Nothing was changed."))
    return suggestion


async def _close(context: Context, suggestion: GroupSuggestion, proposer: Member | None) -> None:
    decider = context.person
    await context.edit(_key(suggestion), lambda words: _closed_card(words, suggestion, proposer, decider))


async def _decided_already(context: Context, suggestion: GroupSuggestion) -> Message:
    proposer = await members.by_id(context.session, suggestion.member_id)
    decider = await members.by_id(context.session, suggestion.decided_by_id or 0)
    card = _closed_card(context.words, suggestion, proposer, decider)
    return card.model_copy(
        update={"text": context._("That is decided already. Nothing was changed.") + " " + card.text}
    )


def _key(suggestion: GroupSuggestion) -> str:
    return f"group.suggestion:{suggestion.id}"


def _card(words: Words, suggestion: GroupSuggestion, proposer: Member) -> Message:
    _ = words._
    named = {"name": people.name_of(proposer, words), "group": suggestion.name}
    return Message(
        heading=_("A suggestion for a group"),
        text=_("%(name)s suggests a group called “%(group)s”.") % named + "\n\n" + suggestion.purpose,
        quote=suggestion.why,
        buttons=(
            Button.to(_("Approve"), ApproveSuggestion(suggestion_id=suggestion.id), style=Style.PRIMARY),
            Button.to(_("Decline"), DeclineSuggestion(suggestion_id=suggestion.id)),
        ),
    )


def _closed_card(
    words: Words, suggestion: GroupSuggestion, proposer: Member | None, decider: Member | None
) -> Message:
    _ = words._
    named = {
        "group": suggestion.name,
        "decider": people.name_of(decider, words) if decider else _("Somebody"),
        "name": people.name_of(proposer, words) if proposer else _("somebody"),
    }
    approved = suggestion.state == SuggestionState.APPROVED
    text = (
        _("%(decider)s has approved “%(group)s”, which %(name)s suggested.")
        if approved
        else _("%(decider)s has declined “%(group)s”, which %(name)s suggested.")
    )
    return Message(heading=_("A suggestion for a group"), text=text % named, quote=suggestion.reason)


def _approved(words: Words, group: Group) -> Message:
    _ = words._
    return Message(
        text=_("Your group “%(group)s” is there. You are in it, and you lead it.")
        % {"group": group.name_for(words.locale)},
        buttons=(Button.to(_("See the group"), ShowGroup(group_id=group.id), style=Style.PRIMARY),),
        small_print=(_("As its lead you answer requests to join and help people find their way."),),
    )


def _announcement(words: Words, group: Group) -> Message:
    """Says nothing of who had the idea: they may not want to be known, or be gone one day."""
    _ = words._
    return Message(
        text=_("There is a new group: “%(group)s”.") % {"group": group.name_for(words.locale)}
        + "\n\n"
        + group.purpose_for(words.locale),
        buttons=(
            Button.to(_("Join"), JoinGroup(group_id=group.id), style=Style.PRIMARY),
            Button(label=_("See its page"), path=f"/groups/{group.slug}"),
        ),
        small_print=(_("A member suggested it."),),
    )


def _declined(words: Words, suggestion: GroupSuggestion) -> Message:
    text = words._("Your suggestion of a group called “%(group)s” was declined.")
    return Message(text=text % {"group": suggestion.name}, quote=suggestion.reason)
