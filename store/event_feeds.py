"""Event feeds: calendars of others that are read again and again, and which event came from where."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import LARGEST_ID, Base
from store.events import Event

READ_EVERY = timedelta(hours=1)


class EventFeed(Base):
    __tablename__ = "event_feeds"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    # May hold a secret of whoever gives it away: shown to administrators alone, and in no record or log.
    url: Mapped[str] = mapped_column(String(2000), unique=True)
    # What its events are known by: that of the first address, so that who follows it again finds them.
    source: Mapped[str] = mapped_column(String(20), unique=True)
    # What its events become.
    kind: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(5))
    organiser: Mapped[str] = mapped_column(String(200))
    everyone: Mapped[bool]
    public: Mapped[bool]
    categories: Mapped[list[str]] = mapped_column(JSON)
    # Whether new events are announced by themselves; else they are drafts.
    announces: Mapped[bool]
    created_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    due_at: Mapped[datetime] = mapped_column(index=True)
    read_at: Mapped[datetime | None]
    # When a reading last did what it should.
    succeeded_at: Mapped[datetime | None]
    # Why the last reading failed or did not do all: a code and what it is about; empty when all is well.
    problem: Mapped[list[str]] = mapped_column(JSON)
    # What was left out and why, as pairs of a code and what it is about.
    notes: Mapped[list[list[str]]] = mapped_column(JSON)
    # What the server said of the version that was read last.
    etag: Mapped[str] = mapped_column(String(200))
    last_modified: Mapped[str] = mapped_column(String(80))


class EventFeedGroup(Base):
    __tablename__ = "event_feed_groups"

    feed_id: Mapped[int] = mapped_column(ForeignKey("event_feeds.id", ondelete="CASCADE"), primary_key=True)
    group_id: Mapped[int] = mapped_column(
        ForeignKey("member_groups.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class ImportedEvent(Base):
    """Where an event came from. Without a feed, it was a file."""

    __tablename__ = "imported_events"
    __table_args__ = (
        UniqueConstraint("source", "uid_hash", "recurrence"),
        Index(None, "feed_id"),
    )

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    feed_id: Mapped[int | None] = mapped_column(ForeignKey("event_feeds.id", ondelete="SET NULL"))
    # The feed's, or "file"; it stays when the feed goes.
    source: Mapped[str] = mapped_column(String(20))
    uid_hash: Mapped[str] = mapped_column(String(64))
    # The day of the series, as its rule has it; empty for an event of its own.
    recurrence: Mapped[str] = mapped_column(String(20))
    # Of what was read last: a change here is changed where it changed there.
    fingerprint: Mapped[str] = mapped_column(String(64))
    # Since when it is no longer in the feed.
    missing_since: Mapped[datetime | None]


async def by_id(session: AsyncSession, feed_id: int, *, lock: bool = False) -> EventFeed | None:
    if not 0 < feed_id <= LARGEST_ID:
        return None
    return await session.get(EventFeed, feed_id, with_for_update=lock or None, populate_existing=lock)


async def with_url(session: AsyncSession, url: str) -> EventFeed | None:
    return await session.scalar(select(EventFeed).where(EventFeed.url == url))


async def source_of(session: AsyncSession, url: str) -> str:
    """The source of a new feed."""
    source = hashlib.sha256(url.encode()).hexdigest()[:16]
    taken = await session.scalar(select(EventFeed.id).where(EventFeed.source == source))
    return secrets.token_hex(8) if taken else source


async def every(session: AsyncSession) -> list[EventFeed]:
    return list(await session.scalars(select(EventFeed).order_by(EventFeed.name, EventFeed.id)))


async def counts(session: AsyncSession, now: datetime) -> dict[int, int]:
    """How many events to come each feed has given."""
    rows = await session.scalars(
        select(ImportedEvent.feed_id)
        .join(Event, Event.id == ImportedEvent.event_id)
        .where(ImportedEvent.feed_id.is_not(None), Event.starts_at > now, Event.cancelled_at.is_(None))
    )
    found: dict[int, int] = {}
    for feed_id in rows:
        if feed_id is not None:
            found[feed_id] = found.get(feed_id, 0) + 1
    return found


async def due(session: AsyncSession, now: datetime) -> list[int]:
    rows = await session.scalars(
        select(EventFeed.id)
        .where(EventFeed.due_at <= now, EventFeed.paused_at.is_(None))
        .order_by(EventFeed.due_at)
    )
    return list(rows)


async def claim(session: AsyncSession, feed_id: int, now: datetime) -> EventFeed | None:
    """Take a feed that is due, so that no other process reads it at the same time."""
    taken = await session.execute(
        update(EventFeed)
        .where(EventFeed.id == feed_id, EventFeed.due_at <= now, EventFeed.paused_at.is_(None))
        .values(due_at=now + READ_EVERY)
        .returning(EventFeed.id)
    )
    return await session.get(EventFeed, feed_id) if taken.scalar() else None


async def group_ids(session: AsyncSession, feed_id: int) -> list[int]:
    rows = await session.scalars(select(EventFeedGroup.group_id).where(EventFeedGroup.feed_id == feed_id))
    return sorted(rows)


async def set_groups(session: AsyncSession, feed_id: int, wanted: Collection[int]) -> None:
    held = {
        row.group_id: row
        for row in await session.scalars(select(EventFeedGroup).where(EventFeedGroup.feed_id == feed_id))
    }
    for group_id, row in held.items():
        if group_id not in wanted:
            await session.delete(row)
    session.add_all(EventFeedGroup(feed_id=feed_id, group_id=one) for one in wanted if one not in held)
    await session.flush()


async def imported(session: AsyncSession, source: str) -> dict[tuple[str, str], tuple[ImportedEvent, Event]]:
    """What came from a source, by UID and day of the series; locked until the transaction ends."""
    rows: Any = await session.execute(
        select(ImportedEvent, Event)
        .join(Event, Event.id == ImportedEvent.event_id)
        .where(ImportedEvent.source == source)
        .with_for_update()
    )
    return {(row.uid_hash, row.recurrence): (row, event) for row, event in rows}
