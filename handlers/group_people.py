"""The people of a group: how each got in, adding and taking out, its leads, and whom a platform refused."""

from __future__ import annotations

from handlers import enrolment, people, refusals, user_group_cards
from handlers.comparisons import SHOWN_FOR, drift_list
from handlers.group_actions import (
    AddPeople,
    EndLead,
    ListFailures,
    ListPeople,
    MakeLead,
    RemovePerson,
    RetryFailures,
    ShowGroup,
)
from handlers.group_cards import ADMINISTRATORS, how_line, managed
from handlers.group_entry import INSIDE
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import Form, SearchField, Step, TextField
from handlers.kit.messages import Button, Item, Message, Style
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, Submitted
from handlers.kit.words import Words
from handlers.refusals import PLATFORM_NAMES
from store import comparisons as stored_comparisons
from store import groups, invitations, members, memberships, rules_of_engagement, user_groups
from store.groups import Group, GroupState
from store.invitations import Invitation, InvitationAction
from store.members import Member
from store.memberships import How, Membership, MembershipState

PEOPLE_A_PAGE = 10
MOST_ADDED = 20
LONGEST_REASON = 500

router = Router("group_people")


@router.action(ListPeople)
async def list_people(context: Context, action: ListPeople) -> Reply:
    _ = context._
    group = await managed(context, action.group_id)
    page = max(0, min(action.page, 10_000))
    held, total = await memberships.people(
        context.session, group.id, INSIDE, limit=PEOPLE_A_PAGE, offset=page * PEOPLE_A_PAGE
    )
    labels = await people.label_members(context, [member for _membership, member in held])
    leads = {lead.id for lead in await groups.leads(context.session, group.id)}
    buttons = []
    if (page + 1) * PEOPLE_A_PAGE < total:
        more = ListPeople(group_id=group.id, page=page + 1)
        buttons.append(Button.to(_("Next page"), more))
    if page:
        buttons.append(Button.to(_("Page before"), ListPeople(group_id=group.id, page=page - 1)))
    if ADMINISTRATORS.allows(context.roles) and group.state == GroupState.ACTIVE:
        buttons.append(Button.to(_("Add people"), AddPeople(group_id=group.id), style=Style.PRIMARY))
    buttons.append(Button.to(_("Back to the group"), ShowGroup(group_id=group.id)))
    text = context.words.ngettext(
        "%(count)s person is in or on the way in.", "%(count)s people are in or on the way in.", total
    )
    return Message(
        heading=group.name_for(context.words.locale),
        text=text % {"count": context.words.number(total)},
        items=tuple(
            _person_item(context, group, membership, member, labels[member.id], lead=member.id in leads)
            for membership, member in held
        ),
        buttons=tuple(buttons),
    )


@router.action(AddPeople, access=ADMINISTRATORS)
async def add_people(context: Context, action: AddPeople) -> Reply:
    group = await managed(context, action.group_id)
    return Open("groups.add_people", subject=str(group.id))


async def build_add(context: Context, subject: str) -> Form:
    _ = context._
    group = await managed(context, int(subject) if subject.isdecimal() else 0)
    return Form(
        name="groups.add_people",
        title=_("Add people"),
        submit=_("Add them"),
        steps=(
            Step(
                title=_("Add people to “%(group)s”") % {"group": group.name_for(context.words.locale)},
                fields=(
                    SearchField(
                        name="people", label=_("Whom?"), source="member", multiple=True, most=MOST_ADDED,
                        help=_("They are told. Adding somebody here also brings back who had left."),
                    ),
                ),
            ),
        ),
    )  # fmt: skip


@router.form("groups.add_people", build_add, access=ADMINISTRATORS)
async def add_chosen(context: Context, sent: Submitted) -> Result:
    _ = context._
    group = await managed(context, int(sent.subject) if sent.subject.isdecimal() else 0)
    if group.state != GroupState.ACTIVE:
        raise UserError(_("This group is archived: nobody can join it."))
    added: list[str] = []
    unready: list[str] = []
    for value in sent.answers.several("people"):
        member = await people.chosen_member(context, value, field="people")
        held = await memberships.of_pair(context.session, group.id, member.id)
        if held is not None and held.state in INSIDE:
            continue
        if group.requires_rules and not await rules_of_engagement.allows(
            context.session, member.id, context.now
        ):
            unready.append(people.name_of(member, context.words))
            continue
        await enrolment.admit(context.session, group, [member.id], How.ADMINISTRATOR, context.now)
        await context.audit("group.add_person", "group", group.id, {"member": str(member.id)}, about=member)
        if member.id != context.person.id:
            await context.send(member, lambda words: _told_added(words, group))
        added.append(people.name_of(member, context.words))
    said = []
    if added:
        said.append(_("Added: %(names)s.") % {"names": context.words.listed(added)})
    if unready:
        text = _("Not added, because they have not accepted the rules of engagement: %(names)s.")
        said.append(text % {"names": context.words.listed(unready)})
    return _done(context, group, " ".join(said) or _("They are in already. Nothing was changed."))


@router.action(RemovePerson, access=ADMINISTRATORS)
async def remove_person(context: Context, action: RemovePerson) -> Reply:
    group, _member, held = await _pair(context, action.group_id, action.member_id)
    if held is None or held.state not in INSIDE:
        return _done(context, group, context._("They are not in this group. Nothing was changed."))
    return Open("groups.remove_person", subject=f"{group.id}:{action.member_id}")


async def build_remove(context: Context, subject: str) -> Form:
    _ = context._
    group, member, _held = await _pair(context, *_ids(subject))
    named = {"name": people.name_of(member, context.words), "group": group.name_for(context.words.locale)}
    return Form(
        name="groups.remove_person",
        title=_("Take somebody out"),
        submit=_("Take them out"),
        steps=(
            Step(
                title=_("Take %(name)s out of “%(group)s”") % named,
                fields=(
                    TextField(
                        name="reason", label=_("Why?"), long=True, max_length=LONGEST_REASON,
                        help=_("They read this. No rule puts them back; you can."),
                    ),
                ),
            ),
        ),
    )  # fmt: skip


@router.form("groups.remove_person", build_remove, access=ADMINISTRATORS)
async def remove_for(context: Context, sent: Submitted) -> Result:
    _ = context._
    group, member, held = await _pair(context, *_ids(sent.subject))
    named = {"name": people.name_of(member, context.words)}
    if held is None or held.state not in INSIDE:
        return _done(context, group, _("They are not in this group. Nothing was changed."))
    reason = sent.answers.text("reason")
    held.end(MembershipState.REMOVED, context.now, reason)
    await context.session.flush()
    await enrolment.take_out(context.session, group, [member.id], context.now)
    await groups.end_lead(context.session, group.id, member.id)
    await context.audit("group.remove_person", "group", group.id, {"reason": reason}, about=member)
    await context.send(member, lambda words: _told_removed(words, group, reason))
    return _done(context, group, _("%(name)s is taken out, and is told why.") % named)


@router.action(MakeLead, access=ADMINISTRATORS)
async def make_lead(context: Context, action: MakeLead) -> Reply:
    _ = context._
    group, member, held = await _pair(context, action.group_id, action.member_id)
    named = {"name": people.name_of(member, context.words), "group": group.name_for(context.words.locale)}
    if held is None or held.state not in INSIDE:
        raise UserError(_("Only somebody who is in a group can lead it. Add them first."))
    if not await groups.make_lead(context.session, group.id, member.id, now=context.now):
        return _done(context, group, _("%(name)s leads this group already.") % named)
    await context.audit("group.make_lead", "group", group.id, {"member": str(member.id)}, about=member)
    if member.id != context.person.id:
        await context.send(member, lambda words: _told_lead(words, group))
    return _done(context, group, _("%(name)s leads “%(group)s” now, and is told so.") % named)


@router.action(EndLead, access=ADMINISTRATORS)
async def end_lead(context: Context, action: EndLead) -> Reply:
    _ = context._
    group, member, _held = await _pair(context, action.group_id, action.member_id)
    named = {"name": people.name_of(member, context.words), "group": group.name_for(context.words.locale)}
    if not await groups.end_lead(context.session, group.id, member.id):
        return _done(context, group, _("%(name)s does not lead this group. Nothing was changed.") % named)
    await context.audit("group.end_lead", "group", group.id, {"member": str(member.id)}, about=member)
    return _done(context, group, _("%(name)s no longer leads “%(group)s”.") % named)


@router.action(ListFailures, access=ADMINISTRATORS)
async def list_failures(context: Context, action: ListFailures) -> Reply:
    _ = context._
    group = await managed(context, action.group_id)
    failed = await invitations.failed(context.session, group.id)
    drifts = await stored_comparisons.drifts(context.session, group.id, context.now - SHOWN_FOR)
    left_out = await user_groups.refusals(context.session, group.id)
    unkept = user_group_cards.problem_lines(
        context.words, await user_groups.of_group(context.session, group.id)
    )
    if not failed and not drifts and not left_out and not unkept:
        return _done(context, group, _("Nothing is wrong any more."))
    by_hand = _("Changed by hand in the last month:") + "\n" + drift_list(context.words, drifts)
    if not failed and not left_out and not unkept:
        return Message(
            heading=group.name_for(context.words.locale), text=by_hand, buttons=(_back(context, group),)
        )
    people_of = [member for _row, member in failed] + [member for _row, member in left_out]
    labels = await people.label_members(context, people_of)
    refused = [(member, failure_line(context.words, row)) for row, member in failed]
    refused += [(member, user_group_cards.refusal_line(context.words, row)) for row, member in left_out]
    said = list(unkept)
    if refused:
        said.append(_("These people could not be brought in or taken out. Mend the reason, then try again."))
    return Message(
        heading=group.name_for(context.words.locale),
        text="\n\n".join([*said, *([by_hand] if drifts else [])]),
        items=tuple(Item(title=labels[member.id], text=text) for member, text in refused[:PEOPLE_A_PAGE]),
        buttons=(
            Button.to(_("Try all again"), RetryFailures(group_id=group.id), style=Style.PRIMARY),
            _back(context, group),
        ),
        small_print=(
            (_("%(count)s more are not shown.") % {"count": len(refused) - PEOPLE_A_PAGE},)
            if len(refused) > PEOPLE_A_PAGE
            else ()
        ),
    )


@router.action(RetryFailures, access=ADMINISTRATORS)
async def retry_failures(context: Context, action: RetryFailures) -> Reply:
    group = await managed(context, action.group_id)
    count = await invitations.retry(context.session, group.id, context.now)
    of_user_groups = await user_groups.retry(context.session, group.id, context.now)
    if count or of_user_groups:
        await context.audit("group.retry", "group", group.id)
    if of_user_groups:
        return _done(context, group, context._("Everything that was refused is tried again now."))
    text = context.words.ngettext(
        "%(count)s person is tried again now.", "%(count)s people are tried again now.", count
    )
    return _done(context, group, text % {"count": context.words.number(count)})


def _back(context: Context, group: Group) -> Button:
    return Button.to(context._("Back to the group"), ShowGroup(group_id=group.id))


def failure_line(words: Words, row: Invitation) -> str:
    """“Could not be added in Slack. They are a guest in the workspace. …”"""
    _ = words._
    named = {"platform": PLATFORM_NAMES.get(row.platform, row.platform)}
    invited = row.action == InvitationAction.INVITE
    said = (
        _("Could not be added in %(platform)s.") if invited else _("Could not be taken out in %(platform)s.")
    )
    return said % named + " " + refusals.sentence(words, row.platform, row.reason)


async def _pair(context: Context, group_id: int, member_id: int) -> tuple[Group, Member, Membership | None]:
    group = await managed(context, group_id)
    member = await members.by_id(context.session, member_id)
    if member is None:
        raise UserError(context._("That person is no longer known here. Nothing was changed."))
    return group, member, await memberships.of_pair(context.session, group.id, member.id)


def _ids(subject: str) -> tuple[int, int]:
    group_id, _colon, member_id = subject.partition(":")
    return (
        int(group_id) if group_id.isdecimal() else 0,
        int(member_id) if member_id.isdecimal() else 0,
    )


def _person_item(
    context: Context, group: Group, membership: Membership, member: Member, label: str, *, lead: bool
) -> Item:
    _ = context._
    said = how_line(context.words, membership)
    if lead:
        said = _("Lead") + " · " + said
    buttons: tuple[Button, ...] = ()
    if ADMINISTRATORS.allows(context.roles):
        pair = {"group_id": group.id, "member_id": member.id}
        buttons = (
            Button.to(_("End lead"), EndLead(**pair))
            if lead
            else Button.to(_("Make lead"), MakeLead(**pair)),
            Button.to(_("Take out"), RemovePerson(**pair), style=Style.DANGER),
        )
    return Item(title=label, text=said, buttons=buttons)


def _done(context: Context, group: Group, text: str) -> Message:
    return Message(
        text=text, buttons=(Button.to(context._("See the people"), ListPeople(group_id=group.id)),)
    )


def _told_added(words: Words, group: Group) -> Message:
    _ = words._
    return Message(
        text=_("An administrator has added you to “%(group)s”.") % {"group": group.name_for(words.locale)}
        + "\n\n"
        + group.purpose_for(words.locale),
        buttons=(Button.to(_("See the group"), ShowGroup(group_id=group.id)),),
    )


def _told_removed(words: Words, group: Group, reason: str) -> Message:
    return Message(
        text=words._("An administrator has taken you out of “%(group)s”.")
        % {"group": group.name_for(words.locale)},
        quote=reason,
    )


def _told_lead(words: Words, group: Group) -> Message:
    _ = words._
    return Message(
        text=_("You lead “%(group)s” now: you answer requests to join and help people find their way.")
        % {"group": group.name_for(words.locale)},
        buttons=(Button.to(_("See the group"), ShowGroup(group_id=group.id)),),
    )
