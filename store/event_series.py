"""Series of events: a rule by which an event is held again, and the events that are its dates."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import JSON, ColumnElement, String, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased, mapped_column

from store import events, replies
from store.database import Base
from store.events import Event, Viewer
from store.outbox import OutboxRow, Status
from store.replies import YES, Answer


class EventSeries(Base):
    """Each date is an event of its own, which knows its series and the day that the rule gives it."""

    __tablename__ = "event_series"

    id: Mapped[int] = mapped_column(primary_key=True)
    # What calendars know all its dates by, for ever.
    uid: Mapped[str] = mapped_column(String(80), unique=True)
    # An RRULE without its name (RFC 5545, 3.3.10), such as FREQ=MONTHLY;BYDAY=2TU;COUNT=12.
    rule: Mapped[str] = mapped_column(String(200))
    # When the rule begins, and by whose clocks it keeps its hour.
    starts_at: Mapped[datetime]
    zone: Mapped[str] = mapped_column(String(40))
    # Days of the rule on which it does not take place: YYYY-MM-DD.
    left_out: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    # Rises with each change of the rule itself.
    sequence: Mapped[int] = mapped_column(default=0)

    @property
    def days_left_out(self) -> frozenset[date]:
        return frozenset(date.fromisoformat(one) for one in self.left_out)


@dataclass(frozen=True, slots=True)
class More:
    """How many dates of a series come after one of them, and when the last of them starts."""

    count: int
    last_at: datetime
    zone: str


async def by_id(session: AsyncSession, series_id: int, *, lock: bool = False) -> EventSeries | None:
    return await session.get(EventSeries, series_id, with_for_update=lock or None, populate_existing=lock)


async def by_ids(session: AsyncSession, ids: Collection[int]) -> dict[int, EventSeries]:
    rows = await session.scalars(select(EventSeries).where(EventSeries.id.in_(ids)))
    return {one.id: one for one in rows}


async def of_events(session: AsyncSession, those: Collection[Event]) -> dict[int, EventSeries]:
    """The series of some events, by their own id."""
    return await by_ids(session, {one.series_id for one in those if one.series_id is not None})


async def dates(session: AsyncSession, series_id: int) -> list[Event]:
    """Every date there is, the earliest first; what was called off is among them."""
    rows = await session.scalars(
        select(Event).where(Event.series_id == series_id).order_by(Event.starts_at, Event.id)
    )
    return list(rows)


async def from_date_on(
    session: AsyncSession, event: Event, now: datetime, *, lock: bool = False
) -> list[Event]:
    """A date and all later ones that are to come and not called off, the earliest first; the event alone
    where it has no series. ``lock`` makes others who want to answer or change them wait."""
    if event.series_id is None:
        return [event]
    wanted = (
        select(Event)
        .where(
            Event.series_id == event.series_id,
            or_(Event.starts_at > event.starts_at, Event.id == event.id),
            or_(Event.starts_at > now, Event.id == event.id),
            or_(Event.cancelled_at.is_(None), Event.id == event.id),
        )
        .order_by(Event.starts_at, Event.id)
    )
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return list(await session.scalars(wanted))


async def unanswered(
    session: AsyncSession, event: Event, viewer: Viewer, given: Answer | None, now: datetime, *,
    lock: bool = False,
) -> list[Event]:  # fmt: skip
    """The dates from one on to which somebody can still say the same yes; none where they have given none.
    ``lock`` makes others who want to answer or change them wait."""
    if event.series_id is None or viewer.member_id is None or given not in YES:
        return []
    later = await from_date_on(session, event, now, lock=lock)
    ids = [one.id for one in later]
    seen = await events.visible_slugs(session, viewer, ids)
    held = await replies.held_by(session, viewer.member_id, ids)
    return [
        one
        for one in later
        if one.id in seen
        and one.id not in held
        and one.takes_answers(now)
        and (given is Answer.GOING or one.is_hybrid)
    ]


async def drafts(session: AsyncSession, series_id: int, now: datetime) -> list[Event]:
    """The dates to come that are not announced, the earliest first; others who want them wait."""
    rows = await session.scalars(
        select(Event)
        .where(
            Event.series_id == series_id,
            Event.starts_at > now,
            Event.announced_at.is_(None),
            Event.cancelled_at.is_(None),
        )
        .order_by(Event.starts_at, Event.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def announce_rest(session: AsyncSession, event: Event, now: datetime) -> list[Event]:
    """The other dates of an event that is announced are announced with it, without a post of their own:
    which these are."""
    if event.series_id is None:
        return []
    rest = await drafts(session, event.series_id, now)
    for one in rest:
        one.announced_at, one.changed_at, one.held_until = now, now, None
    await session.flush()
    return rest


async def more_dates(session: AsyncSession, shown: Collection[Event], now: datetime) -> dict[int, More]:
    """What comes after each of some events in its series, by event id; only drafts know of drafts."""
    later = aliased(Event)
    rows = await session.execute(
        select(Event.id, Event.zone, func.count(later.id), func.max(later.starts_at))
        .join(later, later.series_id == Event.series_id)
        .where(
            Event.id.in_([one.id for one in shown if one.series_id is not None]),
            later.starts_at > Event.starts_at,
            later.ends_at > now,
            later.cancelled_at.is_(None),
            or_(Event.announced_at.is_(None), later.announced_at.is_not(None)),
        )
        .group_by(Event.id, Event.zone)
    )
    return {row[0]: More(count=row[2], last_at=row[3], zone=row[1]) for row in rows}


async def withdraw_reminders(
    session: AsyncSession, event_ids: Collection[int], now: datetime, *, member_id: int | None = None
) -> None:
    """Take back the reminders of some events that wait for their turn, for one member or for all."""
    if not event_ids:
        return
    waiting = update(OutboxRow).where(_reminders_of(event_ids), OutboxRow.status == Status.QUEUED)
    if member_id is not None:
        waiting = waiting.where(OutboxRow.member_id == member_id)
    await session.execute(waiting.values(status=Status.WITHDRAWN, settled_at=now))


async def reminded(session: AsyncSession, event_ids: Collection[int]) -> frozenset[tuple[int, int]]:
    """Who was reminded of which of some events, or is being reminded: member and event ids."""
    if not event_ids:
        return frozenset()
    rows = await session.execute(
        select(OutboxRow.member_id, OutboxRow.key).where(
            _reminders_of(event_ids),
            OutboxRow.status.in_([Status.SENT, Status.CLAIMED]),
            OutboxRow.member_id.is_not(None),
        )
    )
    return frozenset((member_id, int(key.split(":")[2])) for member_id, key in rows if member_id is not None)


def _reminders_of(event_ids: Collection[int]) -> ColumnElement[bool]:
    return or_(*(OutboxRow.key.startswith(f"reminder:event:{one}:", autoescape=True) for one in event_ids))
