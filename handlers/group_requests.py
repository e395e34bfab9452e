"""Requests to join: asked with a word of why, answered by a lead, or by an administrator without one."""

from __future__ import annotations

from handlers import enrolment, people
from handlers.group_actions import AcceptRequest, DeclineRequest, ShowGroup
from handlers.group_cards import may_manage
from handlers.group_entry import EntryOutcome, entry
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import Form, Step, TextField
from handlers.kit.messages import Button, Message, Style
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, Submitted
from handlers.kit.words import Words
from store import groups, members, memberships, organisations, roles, rules_of_engagement
from store.groups import Group, GroupState
from store.members import Member
from store.memberships import How, Membership, MembershipState

LONGEST_REASON = 1_000

router = Router("group_requests")


async def build_ask(context: Context, subject: str) -> Form:
    _ = context._
    group = await _group_of(context, subject)
    return Form(
        name="groups.ask",
        title=_("Ask to join"),
        submit=_("Ask to join"),
        steps=(
            Step(
                title=_("Ask to join “%(group)s”") % {"group": group.name_for(context.words.locale)},
                fields=(
                    TextField(
                        name="why",
                        label=_("Why would you like to join?"),
                        long=True,
                        required=False,
                        max_length=LONGEST_REASON,
                        help=_("Whoever looks after the group reads this. You may leave it empty."),
                    ),
                ),
            ),
        ),
    )


@router.form("groups.ask", build_ask)
async def ask(context: Context, sent: Submitted) -> Result:
    _ = context._
    group = await _group_of(context, sent.subject)
    named = {"group": group.name_for(context.words.locale)}
    if await entry(context, group) is not EntryOutcome.ASK:
        raise UserError(_("You cannot ask to join “%(group)s” now. Nothing was sent.") % named)
    member, why = context.person, sent.answers.text("why")
    await memberships.request(context.session, group.id, member.id, reason=why, now=context.now)
    answerers = await groups.leads(context.session, group.id) or await roles.administrators(context.session)
    asked_at = int(context.now.timestamp())
    organisation = await organisations.by_id(context.session, member.organisation_id or 0)
    where = organisation.name if organisation else ""
    for answerer in answerers:
        await context.send(
            answerer,
            lambda words: _request_card(words, group, member, where, why, asked_at),
            key=_key(group.id, member.id, asked_at),
        )
    return Message(
        text=_("I have passed on that you would like to join “%(group)s”. You hear from me either way.")
        % named
    )


@router.action(AcceptRequest)
async def accept(context: Context, action: AcceptRequest) -> Reply:
    _ = context._
    group, member, membership = await _to_answer(context, action)
    if membership is None:
        return _answered_already(context, group)
    if group.requires_rules and not await rules_of_engagement.allows(context.session, member.id, context.now):
        return Message(
            text=_("%(name)s has to accept the rules of engagement first; nothing was changed.")
            % {"name": people.name_of(member, context.words)}
        )
    how = (
        How.LEAD
        if group.id in await groups.leads_of(context.session, context.person.id)
        else How.ADMINISTRATOR
    )
    await enrolment.admit(context.session, group, [member.id], how, context.now)
    await context.audit("group.accept_request", "group", group.id, {"member": str(member.id)}, about=member)
    await context.send(member, lambda words: _welcome(words, group))
    return await _answer(context, group, member, action, accepted=True)


@router.action(DeclineRequest)
async def decline(context: Context, action: DeclineRequest) -> Reply:
    group, _member, membership = await _to_answer(context, action)
    if membership is None:
        return _answered_already(context, group)
    subject = f"{action.group_id}:{action.member_id}:{action.asked_at}"
    return Open("groups.decline_request", subject=subject)


async def build_decline(context: Context, subject: str) -> Form:
    _ = context._
    return Form(
        name="groups.decline_request",
        title=_("Decline a request"),
        submit=_("Decline"),
        steps=(
            Step(
                title=_("Decline a request"),
                fields=(
                    TextField(
                        name="reason",
                        label=_("Why not?"),
                        long=True,
                        max_length=LONGEST_REASON,
                        help=_("The person who asked reads this. Say what they could do instead."),
                    ),
                ),
            ),
        ),
    )


@router.form("groups.decline_request", build_decline)
async def decline_for(context: Context, sent: Submitted) -> Result:
    parts = sent.subject.split(":")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        raise UserError(context._("That form is no longer open. Nothing was sent. Start it again."))
    action = DeclineRequest(group_id=int(parts[0]), member_id=int(parts[1]), asked_at=int(parts[2]))
    group, member, membership = await _to_answer(context, action)
    if membership is None:
        return _answered_already(context, group)
    reason = sent.answers.text("reason")
    membership.end(MembershipState.DECLINED, context.now, reason)
    await context.audit("group.decline_request", "group", group.id, {"reason": reason}, about=member)
    await context.send(member, lambda words: _declined(words, group, reason))
    return await _answer(context, group, member, action, accepted=False)


async def withdraw(context: Context, group: Group, membership: Membership) -> None:
    """Every card of a request says that it was taken back."""
    key = _key(group.id, membership.member_id, int(membership.since.timestamp()))
    member = context.person
    await context.edit(key, lambda words: _closed_card(words, group, member, "withdrawn", None))


async def _answer(
    context: Context, group: Group, member: Member, action: AcceptRequest | DeclineRequest, *, accepted: bool
) -> Message:
    """Every copy of the card says who answered."""
    outcome = "accepted" if accepted else "declined"
    answerer = context.person
    await context.edit(
        _key(group.id, member.id, action.asked_at),
        lambda words: _closed_card(words, group, member, outcome, answerer),
    )
    return _closed_card(context.words, group, member, outcome, answerer)


async def _to_answer(
    context: Context, action: AcceptRequest | DeclineRequest
) -> tuple[Group, Member, Membership | None]:
    """The request, for somebody who may answer it; no membership where it has been answered."""
    group = await groups.by_id(context.session, action.group_id)
    member = await members.by_id(context.session, action.member_id)
    led = await groups.leads_of(context.session, context.person.id)
    if group is None or member is None or not may_manage(context, led, group):
        raise UserError(context._("You may not do this. An administrator of the network can help."))
    held = await memberships.of_pair(context.session, group.id, member.id)
    waits = (
        group.state == GroupState.ACTIVE
        and held is not None
        and held.state == MembershipState.REQUESTED
        and int(held.since.timestamp()) == action.asked_at
    )
    return group, member, held if waits else None


async def _group_of(context: Context, subject: str) -> Group:
    group = await groups.by_id(context.session, int(subject)) if subject.isdecimal() else None
    if group is None:
        raise UserError(context._("That group is no longer there. Type /groups to see what there is."))
    return group


def _answered_already(context: Context, group: Group) -> Message:
    text = context._("That request to join “%(group)s” has been answered or taken back. Nothing was changed.")
    return Message(text=text % {"group": group.name_for(context.words.locale)})


def _key(group_id: int, member_id: int, asked_at: int) -> str:
    return f"group.request:{group_id}:{member_id}:{asked_at}"


def _request_card(words: Words, group: Group, member: Member, where: str, why: str, asked_at: int) -> Message:
    _ = words._
    who = {"name": people.name_of(member, words), "group": group.name_for(words.locale)}
    asked = {"group_id": group.id, "member_id": member.id, "asked_at": asked_at}
    return Message(
        heading=_("A request to join"),
        text=_("%(name)s would like to join “%(group)s”.") % who,
        quote=why,
        buttons=(
            Button.to(_("Accept"), AcceptRequest(**asked), style=Style.PRIMARY),
            Button.to(_("Decline"), DeclineRequest(**asked)),
        ),
        small_print=(where or _("Their organisation is not confirmed."),),
    )


def _closed_card(
    words: Words, group: Group, member: Member, outcome: str, answerer: Member | None
) -> Message:
    _ = words._
    named = {
        "name": people.name_of(member, words),
        "group": group.name_for(words.locale),
        "answerer": people.name_of(answerer, words) if answerer else "",
    }
    said = {
        "accepted": _("%(answerer)s has let %(name)s into “%(group)s”."),
        "declined": _("%(answerer)s has declined the request of %(name)s to join “%(group)s”."),
        "withdrawn": _("%(name)s no longer asks to join “%(group)s”."),
    }
    return Message(heading=_("A request to join"), text=said[outcome] % named)


def _welcome(words: Words, group: Group) -> Message:
    _ = words._
    return Message(
        text=_("Your request to join “%(group)s” was accepted.") % {"group": group.name_for(words.locale)},
        buttons=(Button.to(_("See the group"), ShowGroup(group_id=group.id)),),
    )


def _declined(words: Words, group: Group, reason: str) -> Message:
    return Message(
        text=words._("Your request to join “%(group)s” was declined.")
        % {"group": group.name_for(words.locale)},
        quote=reason,
    )
