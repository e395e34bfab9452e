"""What groups look like: one in a list, one on its own, and the words for their kinds and states."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from handlers import group_channel_cards, people
from handlers.comparisons import SHOWN_FOR
from handlers.enrolment import rule_of
from handlers.group_actions import (
    ArchiveGroup,
    AskToJoin,
    EditGroup,
    JoinGroup,
    LeaveGroup,
    ListFailures,
    ListPeople,
    MergeGroup,
    OfferAnswers,
    ReopenGroup,
    ShowGroup,
    StopOffering,
)
from handlers.group_entry import INSIDE
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.messages import Button, Confirm, Fact, Item, Message, Style
from handlers.kit.router import RunCommand, only
from handlers.kit.words import LOCALES, N_, Words
from handlers.rule_sentences import names_for, sentence
from store import comparisons, group_channels, groups, invitations, memberships, user_groups
from store.groups import Group, GroupKind, GroupState, Visibility
from store.members import Member
from store.memberships import How, Membership, MembershipState
from store.roles import Role

ADMINISTRATORS = only(Role.ADMINISTRATOR)

KIND_NAMES = {
    GroupKind.THEMATIC: N_("Theme"),
    GroupKind.SECTORAL: N_("Sector"),
    GroupKind.REGIONAL: N_("Region"),
    GroupKind.BODY: N_("Body of the network"),
    GroupKind.ANNOUNCEMENTS: N_("Announcements"),
}
VISIBILITY_NAMES = {
    Visibility.OPEN: N_("Open: anybody may join"),
    Visibility.BY_REQUEST: N_("By request: a lead answers"),
    Visibility.INVITATION: N_("By invitation: only its own people see it"),
}
OFFERING = N_(
    "I then read what is said in the group's channel, and answer a clear question in its thread when sure."
    " What I do not answer is neither kept nor logged. The channel is told."
)
HOW_NAMES = {
    How.RULE: N_("added by the rule"),
    How.OWN: N_("joined by themselves"),
    How.LEAD: N_("let in by a lead"),
    How.ADMINISTRATOR: N_("added by an administrator"),
}


def may_manage(context: Context, led: frozenset[int], group: Group) -> bool:
    """Whether the sender may answer requests to this group and see how people got in."""
    return ADMINISTRATORS.allows(context.roles) or group.id in led


async def managed(context: Context, group_id: int) -> Group:
    """A group that the sender leads, or any for an administrator.

    :raises UserError: it is not theirs to look into, or not there.
    """
    group = await groups.by_id(context.session, group_id)
    led = await groups.leads_of(context.session, context.person.id)
    if group is None or not may_manage(context, led, group):
        raise UserError(context._("You may not do this. An administrator of the network can help."))
    return group


def list_item(words: Words, group: Group, size: int, membership: Membership | None) -> Item:
    """One line of the list: what it is for, how many are in, and what can be done."""
    _ = words._
    state = membership.state if membership else None
    said = [people_line(words, size) if size else _("nobody yet")]
    if state == MembershipState.REQUESTED:
        said.append(_("You have asked to join."))
    elif state == MembershipState.WANTED:
        said.append(_("You are being added."))
    elif state == MembershipState.CONFIRMED:
        said.append(_("You are in."))
    return Item(
        title=group.name_for(words.locale),
        text=f"{group.purpose_for(words.locale)}\n{' · '.join(said)}",
        buttons=(
            *entry_buttons(words, group, state),
            Button.to(_("More"), ShowGroup(group_id=group.id)),
        ),
    )


def people_line(words: Words, size: int) -> str:
    count = {"count": words.number(size)}
    return words.ngettext("%(count)s person", "%(count)s people", size) % count


def entry_buttons(
    words: Words, group: Group, state: str | None, *, primary: bool = False
) -> tuple[Button, ...]:
    """Join, Ask or Leave, whichever there is to do."""
    _ = words._
    if group.state != GroupState.ACTIVE:
        return ()
    if state in INSIDE or state == MembershipState.REQUESTED:
        label = _("Take back the request") if state == MembershipState.REQUESTED else _("Leave")
        return (Button.to(label, LeaveGroup(group_id=group.id)),)
    style = Style.PRIMARY if primary else Style.PLAIN
    if group.visibility == Visibility.OPEN:
        return (Button.to(_("Join"), JoinGroup(group_id=group.id), style=style),)
    if group.visibility == Visibility.BY_REQUEST:
        return (Button.to(_("Ask to join"), AskToJoin(group_id=group.id), style=style),)
    return ()


async def group_card(context: Context, group: Group, *, note: str = "") -> Message:
    """Everything about one group that the sender may see and do."""
    _ = context._
    words = context.words
    membership = await memberships.of_pair(context.session, group.id, context.person.id)
    facts = await facts_of(
        context.session, words, group, membership, leads=await groups.leads(context.session, group.id)
    )
    administrator = ADMINISTRATORS.allows(context.roles)
    inside = membership is not None and membership.state in INSIDE
    of_channel, channel_buttons = await group_channel_cards.card_parts(
        context.session, words, group, administrator=administrator, inside=inside
    )
    facts += of_channel
    buttons = [*entry_buttons(words, group, membership.state if membership else None, primary=True)]
    led = await groups.leads_of(context.session, context.person.id)
    if may_manage(context, led, group):
        buttons.append(Button.to(_("People"), ListPeople(group_id=group.id)))
        buttons += await offer_buttons(context.session, words, group)
    if administrator:
        buttons += await _administration(context, group, channel_buttons)
    buttons.append(Button.to(_("All groups"), RunCommand(command="groups")))
    if group.state == GroupState.ARCHIVED:
        archived = _("This group is archived: nobody can join it.")
        note = f"{note} {archived}".strip()
    return Message(
        heading=group.name_for(words.locale),
        text="\n\n".join(part for part in (note, group.purpose_for(words.locale)) if part),
        facts=tuple(facts),
        buttons=tuple(buttons),
        small_print=(
            (_("People accept the rules of engagement before they come in."),) if group.requires_rules else ()
        ),
    )


async def facts_of(
    session: AsyncSession, words: Words, group: Group, membership: Membership | None, *,
    leads: Sequence[Member] = (),
) -> list[Fact]:  # fmt: skip
    """What there is to know of a group; ``membership`` is the reader's own."""
    _ = words._
    size = (await groups.sizes(session, [group.id])).get(group.id, 0)
    rule = rule_of(group)
    facts = [
        Fact(label=_("Kind"), value=_(KIND_NAMES[GroupKind(group.kind)])),
        Fact(label=_("Who may join"), value=_(VISIBILITY_NAMES[Visibility(group.visibility)])),
        Fact(label=_("Language"), value=LOCALES.get(group.language, group.language)),
        Fact(label=_("People"), value=words.number(size)),
        Fact(
            label=_("Added without asking"),
            value=sentence(rule, words, await names_for(session, rule, words.locale)),
        ),
    ]
    if leads:
        names = [people.name_of(lead, words) for lead in leads]
        facts.append(Fact(label=_("Leads"), value=words.listed(names)))
    if group.offers_answers and group.state == GroupState.ACTIVE:
        said = _("in its channel I also answer clear questions that are not put to me")
        facts.append(Fact(label=_("Offers answers"), value=said))
    if membership is not None and membership.state in INSIDE:
        facts.append(Fact(label=_("You"), value=how_line(words, membership, own=True)))
    return facts


async def offer_buttons(session: AsyncSession, words: Words, group: Group) -> tuple[Button, ...]:
    """The switch of “offer answers”, for those who manage a group that has a channel."""
    _ = words._
    if group.state != GroupState.ACTIVE:
        return ()
    if group.offers_answers:
        return (Button.to(_("Stop offering answers"), StopOffering(group_id=group.id)),)
    if not await group_channels.of_group(session, group.id):
        return ()
    confirm = Confirm(
        title=_("Offer answers?"), text=_(OFFERING), yes=_("Offer answers"), no=_("Leave it as it is")
    )
    return (Button.to(_("Offer answers"), OfferAnswers(group_id=group.id), confirm=confirm),)


def how_line(words: Words, membership: Membership, *, own: bool = False) -> str:
    """“added by the rule on Monday 16 March 2026”; ``own`` is for the member themselves to read."""
    _ = words._
    how = How(membership.how)
    said = _("%(how)s on %(day)s") % {
        "how": _("joined by yourself") if own and how is How.OWN else _(HOW_NAMES[how]),
        "day": words.day(membership.since),
    }
    if membership.state == MembershipState.WANTED:
        said += "; " + _("the platform has not confirmed it yet")
    return said


async def _administration(context: Context, group: Group, channel_buttons: Sequence[Button]) -> list[Button]:
    _ = context._
    if group.state == GroupState.ARCHIVED:
        return [Button.to(_("Open again"), ReopenGroup(group_id=group.id))]
    return [
        *await _problem_buttons(context, group),
        Button.to(_("Edit"), EditGroup(group_id=group.id)),
        *channel_buttons,
        Button.to(_("Merge"), MergeGroup(group_id=group.id)),
        Button.to(
            _("Archive"),
            ArchiveGroup(group_id=group.id),
            style=Style.DANGER,
            confirm=Confirm(
                title=_("Archive this group?"),
                text=_("Nobody can join “%(name)s” any more. You can open it again.")
                % {"name": group.name_for(context.words.locale)},
                yes=_("Archive it"),
                no=_("Keep it"),
            ),
        ),
    ]


async def _problem_buttons(context: Context, group: Group) -> list[Button]:
    """What went wrong, or was changed by hand, if anything."""
    failed = len(await invitations.failed(context.session, group.id))
    failed += (await user_groups.broken(context.session, [group.id])).get(group.id, 0)
    if failed:
        label = context.words.ngettext("%(count)s problem", "%(count)s problems", failed)
        return [Button.to(label % {"count": failed}, ListFailures(group_id=group.id))]
    if await comparisons.count_drifts(context.session, group.id, context.now - SHOWN_FOR):
        return [Button.to(context._("Changes by hand"), ListFailures(group_id=group.id))]
    return []
