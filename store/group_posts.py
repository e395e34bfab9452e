"""Posts: what the bot announced to each group, in order, for the group's page."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base
from store.groups import Group, GroupState


class GroupPost(Base):
    """One announcement to one group, as its channels show it now."""

    __tablename__ = "group_posts"
    __table_args__ = (UniqueConstraint("group_id", "key"), Index(None, "group_id", "posted_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("member_groups.id", ondelete="CASCADE"))
    # What it says, so that nothing is announced twice and an edit finds it.
    key: Mapped[str] = mapped_column(String(150))
    message: Mapped[dict[str, Any]] = mapped_column(JSON)
    posted_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]

    def change(self, message: dict[str, Any], now: datetime, *, noted: bool = True) -> None:
        """``noted`` is a change that readers are told of; numbers that grow are none."""
        if message != self.message:
            self.message = message
            self.edited_at = now if noted else self.edited_at


async def add(
    session: AsyncSession, group_id: int, *, key: str, message: dict[str, Any], now: datetime
) -> bool:
    """False when this key has been posted to this group before."""
    if await by_key(session, group_id, key) is not None:
        return False
    session.add(GroupPost(group_id=group_id, key=key, message=message, posted_at=now, edited_at=None))
    await session.flush()
    return True


async def by_key(session: AsyncSession, group_id: int, key: str) -> GroupPost | None:
    return await session.scalar(select(GroupPost).where(GroupPost.group_id == group_id, GroupPost.key == key))


async def posted(session: AsyncSession, keys: Collection[str]) -> frozenset[str]:
    """Those of some keys under which something was announced to a group."""
    rows = await session.scalars(select(GroupPost.key).where(GroupPost.key.in_(keys)).distinct())
    return frozenset(rows)


async def of_key(session: AsyncSession, key: str) -> list[tuple[GroupPost, str]]:
    """The same announcement in every group that has it, with the group's language."""
    rows = await session.execute(
        select(GroupPost, Group.language)
        .join(Group, Group.id == GroupPost.group_id)
        .where(GroupPost.key == key)
        .order_by(GroupPost.id)
    )
    return [(post, language) for post, language in rows]


async def languages(session: AsyncSession, group_ids: Collection[int]) -> dict[int, str]:
    """The language of each of some groups that is active, by group id."""
    rows = await session.execute(
        select(Group.id, Group.language)
        .where(Group.id.in_(group_ids), Group.state == GroupState.ACTIVE)
        .order_by(Group.id)
    )
    return {row[0]: row[1] for row in rows}


async def of_group(
    session: AsyncSession, group_id: int, *, limit: int, offset: int = 0
) -> tuple[list[GroupPost], int]:
    """A page of a group's posts, the newest first, and how many there are."""
    matching = select(GroupPost).where(GroupPost.group_id == group_id)
    total = await session.scalar(select(func.count()).select_from(matching.subquery()))
    rows = await session.scalars(
        matching.order_by(GroupPost.posted_at.desc(), GroupPost.id.desc()).limit(limit).offset(offset)
    )
    return list(rows), total or 0
