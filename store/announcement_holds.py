"""Announcement holds: an administrator stops everything that nobody asked for, until a time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Index, Text, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base


class AnnouncementHold(Base):
    """One stretch of time; it ends by itself, or earlier when somebody lifts it."""

    __tablename__ = "announcement_holds"
    __table_args__ = (Index(None, "ends_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)


def in_force(now: datetime) -> ColumnElement[bool]:
    """Whether everything is held at a time, as a part of a query."""
    return exists().where(AnnouncementHold.begins_at <= now, AnnouncementHold.ends_at > now)


async def current(session: AsyncSession, now: datetime) -> AnnouncementHold | None:
    """The hold that is in force; where several are, the one that ends last."""
    return await session.scalar(
        select(AnnouncementHold)
        .where(AnnouncementHold.begins_at <= now, AnnouncementHold.ends_at > now)
        .order_by(AnnouncementHold.ends_at.desc())
        .limit(1)
    )


async def held_between(session: AsyncSession, earlier: datetime, later: datetime) -> bool:
    """Whether everything was held at some moment between two times."""
    found = select(AnnouncementHold.id).where(
        AnnouncementHold.begins_at <= later, AnnouncementHold.ends_at > earlier
    )
    return await session.scalar(found.limit(1)) is not None


async def begin(session: AsyncSession, now: datetime, ends_at: datetime, reason: str) -> AnnouncementHold:
    """Hold everything until a time, in place of the hold that is in force."""
    await lift(session, now)
    hold = AnnouncementHold(begins_at=now, ends_at=ends_at, reason=reason)
    session.add(hold)
    await session.flush()
    return hold


async def lift(session: AsyncSession, now: datetime) -> bool:
    """End what is in force; whether anything was."""
    found = list(
        await session.scalars(
            select(AnnouncementHold).where(AnnouncementHold.begins_at <= now, AnnouncementHold.ends_at > now)
        )
    )
    for hold in found:
        hold.ends_at = now
    await session.flush()
    return bool(found)
