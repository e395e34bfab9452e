"""Groups and their channels: which channel a group has, and what a platform shows of the people in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handlers.enrolment import CHUNK
from handlers.kit.platform import SeenChannel
from handlers.refusals import OF_CHANNEL
from store import channel_tasks, channels, group_channels, invitations, memberships
from store.channel_tasks import ChannelAction, ChannelTask
from store.channels import Channel
from store.group_channels import GroupChannel
from store.groups import Group
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
    held.external_id, held.private, held.joined, held.problem = external_id, private, joined, ""
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


async def choose(
    session: AsyncSession, group: Group, channel: Channel, now: datetime, *, asked_by_id: int | None
) -> None:
    """Give a group a channel that is there; into a public one the bot goes where it is not in yet."""
    await point_at(
        session,
        group,
        channel.platform,
        channel.external_id,
        private=channel.is_private,
        joined=channel.joined,
        now=now,
    )
    await channel_tasks.drop(session, group.id, channel.platform)
    if not channel.joined and not channel.is_private:
        await channel_tasks.ask(
            session, group.id, channel.platform, ChannelAction.JOIN, now, asked_by_id=asked_by_id
        )


async def make(
    session: AsyncSession, group: Group, now: datetime, *, asked_by_id: int | None, name: str = "",
    private: bool = False,
) -> bool:  # fmt: skip
    """Have a channel made for a group on every platform that has channels and where it has none that
    works; False when there is no such platform."""
    held = {one.platform for one in await group_channels.of_group(session, group.id) if not one.problem}
    missing = [one for one in await channels.platforms(session) if one not in held]
    for platform in missing:
        await channel_tasks.ask(
            session,
            group.id,
            platform,
            ChannelAction.CREATE,
            now,
            name=name or group.name_for(group.language),
            private=private,
            asked_by_id=asked_by_id,
        )
    return bool(missing)


async def back_in(session: AsyncSession, held: GroupChannel, now: datetime) -> None:
    """The bot is in a group's channel, and it works: who was refused on the channel's account is tried
    again."""
    mended = not held.joined or held.problem
    held.joined, held.problem = True, ""
    if mended:
        await session.flush()
        await invitations.retry(session, held.group_id, now, reasons=OF_CHANNEL)


async def shut_out(session: AsyncSession, held: GroupChannel, reason: str, now: datetime) -> bool:
    """The bot can do nothing in a group's channel. Returns whether administrators have to hear of it
    now: not where they have heard, and not where the bot goes back into a public channel by itself."""
    was_in, held.joined = held.joined, False
    if reason == "not_in_channel" and not held.private:
        if held.problem:
            return False
        task = await session.get(ChannelTask, (held.group_id, held.platform))
        if task is None or was_in:
            action = ChannelAction.REJOIN if was_in else ChannelAction.JOIN
            await channel_tasks.ask(session, held.group_id, held.platform, action, now)
        return False
    if held.problem == reason:
        return False
    held.problem = reason
    await session.flush()
    return True


async def compare(
    session: AsyncSession, platform: str, seen: Mapping[str, SeenChannel], now: datetime, *,
    known: Collection[str],
) -> list[tuple[Group, GroupChannel]]:  # fmt: skip
    """Hold the channels of groups, as far as they are ``known``, against those that a platform shows.
    Returns those that the bot can do nothing in, of which administrators have not heard."""
    news: list[tuple[Group, GroupChannel]] = []
    for group, held in await group_channels.on_platform(session, platform):
        if held.external_id not in known:
            continue
        shown = seen.get(held.external_id)
        if shown is not None:
            held.private = shown.private
        if shown is not None and shown.joined and not shown.archived:
            await back_in(session, held, now)
            continue
        reason = "is_archived" if shown and shown.archived else "not_in_channel"
        if await shut_out(session, held, reason if shown else "channel_not_found", now):
            news.append((group, held))
    await session.flush()
    return news
