"""Groups and their channels: what a platform shows of a group's people, written down as membership."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handlers.enrolment import CHUNK
from store import invitations, memberships
from store.groups import Group, GroupChannel
from store.invitations import Wish
from store.members import Identity
from store.memberships import How, Membership, MembershipState


async def seen_in(
    session: AsyncSession, group: Group, platform: str, member_ids: Collection[int], now: datetime
) -> list[int]:
    """A platform shows people in a group's channel. Returns those who came back after they were removed:
    that is for an administrator to hear of, and not for the bot to fight."""
    known = await memberships.of_people(session, group.id, member_ids)
    returned: list[int] = []
    for member_id in member_ids:
        membership = known.get(member_id)
        if membership is None:
            membership = Membership(group_id=group.id, member_id=member_id, how=How.OWN, since=now, reason="")
            session.add(membership)
        elif membership.state in (MembershipState.CONFIRMED, MembershipState.WANTED):
            if membership.confirmed_on == platform:
                continue
        else:
            if membership.state == MembershipState.REMOVED:
                returned.append(member_id)
            membership.how, membership.since, membership.reason = How.OWN, now, ""
        membership.confirm(platform, now)
    await session.flush()
    await invitations.withdraw(session, [(group.id, member_id) for member_id in member_ids])
    return returned


async def gone_from(
    session: AsyncSession, group: Group, platform: str, member_ids: Collection[int], now: datetime
) -> None:
    """A platform no longer shows people in a group's channel. Who was confirmed there left by choice;
    who never was is invited again."""
    known = await memberships.of_people(session, group.id, member_ids)
    wishes: list[Wish] = []
    for member_id, membership in known.items():
        if membership.state == MembershipState.CONFIRMED and membership.confirmed_on == platform:
            membership.end(MembershipState.LEFT, now)
        elif membership.state in (MembershipState.CONFIRMED, MembershipState.WANTED):
            membership.state = MembershipState.WANTED
            wishes.append(Wish(group.id, member_id, platform))
    await session.flush()
    await invitations.queue(session, wishes, now)


async def point_at(
    session: AsyncSession, group: Group, platform: str, external_id: str, *, private: bool, joined: bool,
    now: datetime,
) -> None:  # fmt: skip
    """Give a group a channel, and invite everybody of the group whom its platform knows."""
    held = await session.get(GroupChannel, (group.id, platform))
    if held is None:
        held = GroupChannel(group_id=group.id, platform=platform)
        session.add(held)
    held.external_id, held.private, held.joined = external_id, private, joined
    await session.flush()
    reachable = list(
        await session.scalars(
            select(Membership.member_id)
            .join(Identity, Identity.member_id == Membership.member_id)
            .where(
                Membership.group_id == group.id,
                Membership.state.in_([MembershipState.CONFIRMED, MembershipState.WANTED]),
                Identity.platform == platform,
                Identity.active.is_(True),
            )
            .distinct()
        )
    )
    for start in range(0, len(reachable), CHUNK):
        chunk = reachable[start : start + CHUNK]
        await memberships.want_again(session, group.id, chunk)
        await invitations.queue(session, [Wish(group.id, one, platform) for one in chunk], now)
