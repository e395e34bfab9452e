"""Going into a group and out of it: what one person may do about their own membership."""

from __future__ import annotations

from enum import StrEnum

from handlers import enrolment
from handlers.kit.context import Context
from store import invitations, memberships, profiles, rules_of_engagement
from store.groups import Group, GroupState, Visibility
from store.memberships import How, Membership, MembershipState

INSIDE = (MembershipState.WANTED, MembershipState.CONFIRMED)


class EntryOutcome(StrEnum):
    IN = "in"
    COMING = "coming"  # A platform still has to let them into the channel.
    ALREADY = "already"
    ASK = "ask"  # Only by request.
    RULES = "rules"  # The rules of engagement come first.
    WAITING = "waiting"  # They have asked, and nobody has answered yet.
    REMOVED = "removed"  # Somebody took them out: only an administrator brings them back.
    UNPROVED = "unproved"  # Their organisation is not confirmed: open groups only.
    NO = "no"  # Not a group they can see.


class ExitOutcome(StrEnum):
    LEFT = "left"
    WITHDRAWN = "withdrawn"  # They had only asked.
    OUTSIDE = "outside"


def may_see(group: Group, membership: Membership | None, *, led: bool, administers: bool) -> bool:
    """Whether a member may know of a group: one by invitation, or archived, is for its own people."""
    hidden = group.visibility == Visibility.INVITATION or group.state == GroupState.ARCHIVED
    inside = membership is not None and membership.state in INSIDE
    return administers or led or inside or not hidden


async def entry(context: Context, group: Group) -> EntryOutcome:
    """What joining would come to, without doing it; ``IN`` means that nothing stands in the way."""
    member = context.person
    held = await memberships.of_pair(context.session, group.id, member.id)
    state = held.state if held else None
    if group.state != GroupState.ACTIVE:
        return EntryOutcome.NO
    if state in INSIDE:
        return EntryOutcome.ALREADY
    if state == MembershipState.REMOVED:
        return EntryOutcome.REMOVED
    if state == MembershipState.REQUESTED:
        return EntryOutcome.WAITING
    if group.visibility == Visibility.INVITATION:
        return EntryOutcome.NO
    if group.visibility == Visibility.BY_REQUEST and await _is_unproved(context):
        return EntryOutcome.UNPROVED
    if group.requires_rules and not await rules_of_engagement.allows(context.session, member.id, context.now):
        return EntryOutcome.RULES
    return EntryOutcome.ASK if group.visibility == Visibility.BY_REQUEST else EntryOutcome.IN


async def join(context: Context, group: Group) -> EntryOutcome:
    """Bring the sender into an open group, where nothing stands in the way."""
    outcome = await entry(context, group)
    if outcome is not EntryOutcome.IN:
        return outcome
    member = context.person
    await enrolment.admit(context.session, group, [member.id], How.OWN, context.now)
    held = await memberships.of_pair(context.session, group.id, member.id)
    return EntryOutcome.COMING if held and held.state == MembershipState.WANTED else EntryOutcome.IN


async def leave(context: Context, group: Group) -> tuple[ExitOutcome, Membership | None]:
    """Take the sender out by their own choice, which sticks; or take back what they asked for."""
    member = context.person
    held = await memberships.of_pair(context.session, group.id, member.id)
    if held is not None and held.state in INSIDE:
        held.end(MembershipState.LEFT, context.now)
        await context.session.flush()
        await enrolment.take_out(context.session, group, [member.id], context.now)
        return ExitOutcome.LEFT, held
    if held is not None and held.state == MembershipState.REQUESTED:
        await memberships.forget(context.session, member.id, [group.id])
        await invitations.withdraw(context.session, [(group.id, member.id)])
        return ExitOutcome.WITHDRAWN, held
    return ExitOutcome.OUTSIDE, held


async def _is_unproved(context: Context) -> bool:
    """Whether the sender says they belong somewhere and nothing confirms that they belong anywhere."""
    member = context.person
    if member.organisation_id is not None:
        return False
    profile = await profiles.of_member(context.session, member.id)
    return profile is not None and profile.pending_organisation_id is not None
