"""Replies to events: who comes and with whom, who cannot, and who waits for places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Select, String, Text, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base
from store.events import Event
from store.members import Member
from store.sealing import Vault

# What people tell of themselves and their guests is kept for so long after the event.
DETAILS_FOR = timedelta(days=30)
LONGEST_GUEST_NAMES = 500


class Answer(StrEnum):
    GOING = "going"
    ONLINE = "online"
    MAYBE = "maybe"
    CANNOT = "cannot"
    WAITING = "waiting"  # They would come, and there is no place; said by the bot, never by a person.


# Who said yes: they are told the joining link.
YES = frozenset({Answer.GOING, Answer.ONLINE})
# Who takes up places, or waits for some: they may bring guests.
PLACED = frozenset({Answer.GOING, Answer.WAITING})
# Who may well come: an invitation belongs into their calendar.
INTERESTED = YES | {Answer.MAYBE}
# Whom a change concerns.
CONCERNED = frozenset({Answer.GOING, Answer.ONLINE, Answer.MAYBE, Answer.WAITING})


class EventReply(Base):
    """One person's answer to one event; the newest counts."""

    __tablename__ = "event_replies"
    __table_args__ = (Index(None, "event_id", "answer"),)

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    answer: Mapped[str] = mapped_column(String(10))
    # Since when they have given this answer: the waiting list is in this order.
    since: Mapped[datetime]
    # How many come with them, each in a place of their own, and who they are.
    guests: Mapped[int] = mapped_column(default=0, server_default="0")
    guest_names: Mapped[str] = mapped_column(
        String(LONGEST_GUEST_NAMES), default="", server_default=text("''")
    )
    # What they need at table or to take part, sealed: for the organiser alone.
    needs: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of an answer: the one that stands, and the members who moved up because of it."""

    answer: Answer
    changed: bool
    moved_up: tuple[int, ...] = ()


async def of_member(
    session: AsyncSession, event_id: int, member_id: int, *, fresh: bool = False
) -> EventReply | None:
    """``fresh`` reads it again, after a lock was waited for."""
    return await session.get(EventReply, (event_id, member_id), populate_existing=fresh)


async def answers_of(session: AsyncSession, member_id: int, event_ids: Collection[int]) -> dict[int, Answer]:
    """What somebody answered to some events, by event id."""
    held = await held_by(session, member_id, event_ids)
    return {event_id: Answer(row.answer) for event_id, row in held.items()}


async def held_by(session: AsyncSession, member_id: int, event_ids: Collection[int]) -> dict[int, EventReply]:
    """Somebody's answers to some events, by event id."""
    rows = await session.scalars(
        select(EventReply).where(EventReply.member_id == member_id, EventReply.event_id.in_(event_ids))
    )
    return {row.event_id: row for row in rows}


def events_of(member_id: int) -> Select[int]:
    """The ids of the events that somebody has not turned down."""
    return select(EventReply.event_id).where(
        EventReply.member_id == member_id, EventReply.answer.in_(CONCERNED)
    )


def turned_down_by(member_id: int) -> Select[int]:
    """The ids of the events that somebody has turned down."""
    return select(EventReply.event_id).where(
        EventReply.member_id == member_id, EventReply.answer == Answer.CANNOT
    )


async def coming_up(session: AsyncSession, member_id: int, now: datetime) -> list[int]:
    """The ids of announced events, yet to begin, that somebody has answered and not turned down."""
    rows = await session.scalars(
        select(Event.id)
        .join(EventReply, EventReply.event_id == Event.id)
        .where(
            EventReply.member_id == member_id,
            EventReply.answer.in_(CONCERNED),
            Event.announced_at.is_not(None),
            Event.cancelled_at.is_(None),
            Event.starts_at > now,
        )
        .order_by(Event.id)
    )
    return list(rows)


async def answer(
    session: AsyncSession, event: Event, member_id: int, wanted: Answer, now: datetime
) -> Answered:
    """Take an answer to an event that the caller has locked. Who comes to a full event waits; places that
    are given up go to whoever has waited longest and fits. Guests go with the place that they were to have,
    and what somebody needs with their saying that they cannot come."""
    held = await of_member(session, event.id, member_id, fresh=True)
    before = Answer(held.answer) if held else None
    given = wanted
    if wanted is Answer.GOING and before is not Answer.GOING:
        free = await free_places(session, event)
        if free is not None and free < 1 + (held.guests if held else 0):
            given = Answer.WAITING
    if held is None:
        session.add(EventReply(event_id=event.id, member_id=member_id, answer=given, since=now))
    elif before is not given:
        held.answer, held.since = given, now
    if held is not None and given not in PLACED:
        held.guests, held.guest_names = 0, ""
    if held is not None and given is Answer.CANNOT:
        held.needs = None
    await session.flush()
    moved_up = await move_up(session, event, now) if before in PLACED else ()
    return Answered(given, before is not given, moved_up)


async def bring(
    session: AsyncSession, event: Event, held: EventReply, guests: int, now: datetime
) -> tuple[int, ...] | None:
    """Come, or wait, with so many guests, to an event that the caller has locked: the members who moved up
    because there are fewer now, or None where there is no room for so many."""
    if Answer(held.answer) is Answer.GOING:
        free = await free_places(session, event)
        if free is not None and guests - held.guests > max(0, free):
            return None
    elif event.capacity is not None and 1 + guests > event.capacity:
        return None
    fewer = guests < held.guests
    held.guests = guests
    await session.flush()
    return await move_up(session, event, now) if fewer else ()


async def move_up(session: AsyncSession, event: Event, now: datetime) -> tuple[int, ...]:
    """Give free places of a locked event to those who have waited longest; their member ids. Who does not
    fit with their guests keeps their turn, and the next who fits goes first."""
    free = await free_places(session, event)
    if free is not None and free <= 0:
        return ()
    waiting = await session.scalars(
        select(EventReply)
        .join(Member, Member.id == EventReply.member_id)
        .where(EventReply.event_id == event.id, EventReply.answer == Answer.WAITING, Member.active.is_(True))
        .order_by(EventReply.since, EventReply.member_id)
        .execution_options(populate_existing=True)
    )
    moved = []
    for row in waiting.all():
        if free is not None:
            if 1 + row.guests > free:
                continue
            free -= 1 + row.guests
        row.answer, row.since = Answer.GOING, now
        moved.append(row.member_id)
    await session.flush()
    return tuple(moved)


async def free_places(session: AsyncSession, event: Event) -> int | None:
    """How many more can come; None where there is no limit. Less than none where places were taken away."""
    if event.capacity is None:
        return None
    taken = (await counts(session, [event.id]))[event.id][Answer.GOING]
    return event.capacity - taken


async def counts(session: AsyncSession, event_ids: Collection[int]) -> dict[int, Counter[Answer]]:
    """How many gave each answer, guests among them, by event id; an event without any is there, too."""
    rows = await session.execute(
        select(EventReply.event_id, EventReply.answer, func.sum(1 + EventReply.guests))
        .join(Member, Member.id == EventReply.member_id)
        .where(EventReply.event_id.in_(event_ids), Member.active.is_(True))
        .group_by(EventReply.event_id, EventReply.answer)
    )
    found: dict[int, Counter[Answer]] = {event_id: Counter() for event_id in event_ids}
    for event_id, given, number in rows:
        found[event_id][Answer(given)] = int(number)
    return found


async def people(
    session: AsyncSession, event_id: int, answers: Collection[Answer]
) -> list[tuple[Member, Answer]]:
    """Active members who gave one of some answers, those who waited longest first."""
    return [(member, Answer(row.answer)) for member, row in await rows_of(session, event_id, answers)]


async def rows_of(
    session: AsyncSession, event_id: int, answers: Collection[Answer]
) -> list[tuple[Member, EventReply]]:
    """What active members answered, those who waited longest first."""
    rows = await session.execute(
        select(Member, EventReply)
        .join(EventReply, EventReply.member_id == Member.id)
        .where(EventReply.event_id == event_id, EventReply.answer.in_(answers), Member.active.is_(True))
        .order_by(EventReply.since, Member.id)
    )
    return [(member, row) for member, row in rows]


async def of_events(session: AsyncSession, event_ids: Collection[int]) -> list[tuple[Member, EventReply]]:
    """What active members answered to some events."""
    rows = await session.execute(
        select(Member, EventReply)
        .join(EventReply, EventReply.member_id == Member.id)
        .where(EventReply.event_id.in_(event_ids), Member.active.is_(True))
        .order_by(Member.id, EventReply.event_id)
    )
    return [(member, row) for member, row in rows]


async def waited_for(session: AsyncSession, event_ids: Collection[int]) -> frozenset[int]:
    """The ids of those of some events for which somebody waits."""
    rows = await session.scalars(
        select(EventReply.event_id)
        .where(EventReply.event_id.in_(event_ids), EventReply.answer == Answer.WAITING)
        .distinct()
    )
    return frozenset(rows)


async def answer_anew(
    session: AsyncSession, events: Collection[Event], member_id: int, wanted: Answer, now: datetime
) -> dict[int, Answer]:
    """Take the same answer to several events that the caller has locked, where somebody has given none yet:
    what stands now, by event id. Who comes to a full event waits."""
    held = await held_by(session, member_id, [event.id for event in events])
    taken = await counts(session, [event.id for event in events])
    given: dict[int, Answer] = {}
    for event in events:
        if event.id not in held:
            full = event.capacity is not None and taken[event.id][Answer.GOING] >= event.capacity
            given[event.id] = Answer.WAITING if full and wanted is Answer.GOING else wanted
    session.add_all(
        EventReply(event_id=event_id, member_id=member_id, answer=answer, since=now)
        for event_id, answer in given.items()
    )
    await session.flush()
    return given


async def forget_needs(session: AsyncSession, *event_ids: int) -> None:
    """Delete what people need, where it is not asked any more."""
    await session.execute(update(EventReply).where(EventReply.event_id.in_(event_ids)).values(needs=None))


async def forget_details_before(session: AsyncSession, moment: datetime) -> int:
    """Delete what people need, and the names of their guests, of events that ended before; how many had
    told of something."""
    ended = select(Event.id).where(Event.ends_at < moment)
    done = await session.execute(
        update(EventReply)
        .where(EventReply.event_id.in_(ended))
        .where(EventReply.needs.is_not(None) | (EventReply.guest_names != ""))
        .values(needs=None, guest_names="")
        .returning(EventReply.member_id)
    )
    return len(done.all())


async def reseal(session: AsyncSession, vault: Vault) -> int:
    """Seal what older keys have sealed with the newest; how much that was."""
    resealed = 0
    for row in await session.scalars(select(EventReply).where(EventReply.needs.is_not(None))):
        renewed = vault.renewed(row.needs or "")
        if renewed is not None:
            row.needs = renewed
            resealed += 1
    return resealed
