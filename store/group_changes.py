"""Changes to groups that an administrator has been shown a preview of and has not saved yet."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base


class GroupChange(Base):
    """What a group would become; only ``id`` travels to a client."""

    __tablename__ = "group_changes"
    __table_args__ = (Index(None, "created_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    # None: a new group.
    group_id: Mapped[int | None] = mapped_column(ForeignKey("member_groups.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    # The raw answers of the form, so that it can be opened again as it was.
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)
    # The columns of the group.
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    # The rule as ``handlers.rule_blocks`` while somebody puts conditions inside conditions; None before.
    blocks: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime]
    saved_at: Mapped[datetime | None]


async def add(
    session: AsyncSession, *, group_id: int | None, member_id: int, answers: dict[str, Any],
    values: dict[str, Any], now: datetime,
) -> GroupChange:  # fmt: skip
    change = GroupChange(
        id=secrets.token_urlsafe(16),
        group_id=group_id,
        member_id=member_id,
        answers=answers,
        values=values,
        blocks=None,
        created_at=now,
        saved_at=None,
    )
    session.add(change)
    await session.flush()
    return change


async def by_id(session: AsyncSession, change_id: str) -> GroupChange | None:
    return await session.get(GroupChange, change_id, with_for_update=True)


async def forget_before(session: AsyncSession, moment: datetime) -> int:
    """Delete changes older than a time, saved or not; returns how many."""
    gone = await session.execute(
        delete(GroupChange).where(GroupChange.created_at < moment).returning(GroupChange.id)
    )
    return len(gone.all())
