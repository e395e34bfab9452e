"""Calendar feeds: the address at which somebody's calendar follows their events, and what it finds there."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base
from store.members import Member
from store.sign_in import hashed

# Use is noted no more often than this, so that reading a calendar seldom writes.
NOTED_EVERY = timedelta(hours=1)


class CalendarFeed(Base):
    """One person's. The token in the address is stored nowhere: its hash finds the feed, and with the bot's
    secret key it can be made again from the seed."""

    __tablename__ = "calendar_feeds"

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    seed: Mapped[str] = mapped_column(String(64))
    # Whether everything that is for them stands in it, and not only what they said yes or maybe to.
    everything: Mapped[bool]
    # Whether the rounds that they want to be reminded of close in it.
    rounds: Mapped[bool]
    # How long before an event their calendar rings; None is never.
    alarm_minutes: Mapped[int | None]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    @property
    def alarm(self) -> timedelta | None:
        return None if self.alarm_minutes is None else timedelta(minutes=self.alarm_minutes)


async def of_member(session: AsyncSession, member_id: int) -> CalendarFeed | None:
    return await session.get(CalendarFeed, member_id)


async def by_token(session: AsyncSession, token: str) -> tuple[CalendarFeed, Member] | None:
    """The feed of an address, with its person; None where it was taken back, or they are not active."""
    row = (
        await session.execute(
            select(CalendarFeed, Member)
            .join(Member, Member.id == CalendarFeed.member_id)
            .where(CalendarFeed.token_hash == hashed(token), Member.active.is_(True))
        )
    ).first()
    return (row[0], row[1]) if row else None


async def put(session: AsyncSession, member_id: int, seed: str, token: str, now: datetime) -> CalendarFeed:
    """A new address; an earlier one leads nowhere from now on, and what was chosen stays."""
    feed = await of_member(session, member_id)
    if feed is None:
        feed = CalendarFeed(member_id=member_id, everything=False, rounds=True, alarm_minutes=None)
        session.add(feed)
    feed.seed, feed.token_hash = seed, hashed(token)
    feed.created_at, feed.used_at = now, None
    await session.flush()
    return feed


async def revoke(session: AsyncSession, member_id: int) -> bool:
    """False when there was none."""
    gone = await session.execute(
        delete(CalendarFeed).where(CalendarFeed.member_id == member_id).returning(CalendarFeed.member_id)
    )
    return gone.first() is not None


async def use(session: AsyncSession, token_hash: str, now: datetime) -> None:
    await session.execute(
        update(CalendarFeed).where(CalendarFeed.token_hash == token_hash).values(used_at=now)
    )
