"""Posts: what the bot announced to each group, in order, for the group's page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base


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

    def change(self, message: dict[str, Any], now: datetime) -> None:
        if message != self.message:
            self.message, self.edited_at = message, now


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


async def of_key(session: AsyncSession, key: str) -> list[GroupPost]:
    """The same announcement in every group that has it."""
    return list(await session.scalars(select(GroupPost).where(GroupPost.key == key)))


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
