"""Channels of groups: one for each platform, and whether the bot can bring people into it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base
from store.groups import Group, GroupState

# How often administrators hear of one channel that the bot had to go back into it.
TELL_EVERY = timedelta(hours=1)


class GroupChannel(Base):
    """The channel of a group on one platform."""

    __tablename__ = "group_channels"
    __table_args__ = (UniqueConstraint("platform", "external_id"),)

    group_id: Mapped[int] = mapped_column(
        ForeignKey("member_groups.id", ondelete="CASCADE"), primary_key=True
    )
    platform: Mapped[str] = mapped_column(String(20), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(80))
    private: Mapped[bool] = mapped_column(default=False)
    # Whether the bot is in it; without that it can invite nobody.
    joined: Mapped[bool] = mapped_column(default=False)
    # Why the bot can bring nobody into it, in the platform's word; empty where it can.
    problem: Mapped[str] = mapped_column(String(80), default="")
    # When administrators last heard that the bot was taken out and went back, and how often since.
    returns_told_at: Mapped[datetime | None]
    returns_untold: Mapped[int] = mapped_column(default=0, server_default="0")

    def to_tell(self, now: datetime) -> int:
        """How often the bot went back that administrators hear of now; 0 where they heard too lately."""
        if self.returns_told_at is not None and now - self.returns_told_at < TELL_EVERY:
            return 0
        count, self.returns_untold = self.returns_untold, 0
        if count:
            self.returns_told_at = now
        return count


async def by_group(session: AsyncSession) -> dict[int, list[GroupChannel]]:
    """Every group's channels by group id."""
    found: dict[int, list[GroupChannel]] = {}
    for channel in await session.scalars(select(GroupChannel)):
        found.setdefault(channel.group_id, []).append(channel)
    return found


async def of_group(session: AsyncSession, group_id: int) -> list[GroupChannel]:
    return list(await session.scalars(select(GroupChannel).where(GroupChannel.group_id == group_id)))


async def broken(session: AsyncSession, group_ids: Collection[int]) -> frozenset[int]:
    """Those of some groups that have a channel into which the bot can bring nobody."""
    rows = await session.scalars(
        select(GroupChannel.group_id).where(GroupChannel.group_id.in_(group_ids), GroupChannel.problem != "")
    )
    return frozenset(rows)


async def returned_untold(session: AsyncSession, platform: str) -> list[tuple[Group, GroupChannel]]:
    """The channels that the bot went back into, of which administrators have not heard yet."""
    rows = await session.execute(
        select(Group, GroupChannel)
        .join(GroupChannel, GroupChannel.group_id == Group.id)
        .where(GroupChannel.platform == platform, GroupChannel.returns_untold > 0)
        .order_by(Group.id)
    )
    return [(group, channel) for group, channel in rows]


async def by_channel(
    session: AsyncSession, platform: str, external_id: str
) -> tuple[Group, GroupChannel] | None:
    row = (
        await session.execute(
            select(Group, GroupChannel)
            .join(GroupChannel, GroupChannel.group_id == Group.id)
            .where(GroupChannel.platform == platform, GroupChannel.external_id == external_id)
        )
    ).first()
    return (row[0], row[1]) if row else None


async def offering(session: AsyncSession, platform: str, external_id: str) -> Group | None:
    """The active group whose channel this is and that wants answers offered there."""
    return await session.scalar(
        select(Group)
        .join(GroupChannel, GroupChannel.group_id == Group.id)
        .where(
            GroupChannel.platform == platform,
            GroupChannel.external_id == external_id,
            Group.offers_answers.is_(True),
            Group.state == GroupState.ACTIVE,
        )
    )


async def on_platform(session: AsyncSession, platform: str) -> list[tuple[Group, GroupChannel]]:
    """The active groups that have a channel on a platform."""
    rows = await session.execute(
        select(Group, GroupChannel)
        .join(GroupChannel, GroupChannel.group_id == Group.id)
        .where(GroupChannel.platform == platform, Group.state == GroupState.ACTIVE)
        .order_by(Group.id)
    )
    return [(group, channel) for group, channel in rows]
