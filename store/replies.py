"""Replies to events: who comes, who cannot, and who waits for a place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Select, String, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base
from store.events import Event
from store.members import Member


class Answer(StrEnum):
    GOING = "going"
    ONLINE = "online"
    MAYBE = "maybe"
    CANNOT = "cannot"
    WAITING = "waiting"  # They would come, and there is no place; said by the bot, never by a person.


# Who said yes: they are told the joining link.
YES = frozenset({Answer.GOING, Answer.ONLINE})
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


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of an answer: the one that stands, and the members who moved up because of it."""

    answer: Answer
    changed: bool
    moved_up: tuple[int, ...] = ()


async def of_member(session: AsyncSession, event_id: int, member_id: int) -> EventReply | None:
    return await session.get(EventReply, (event_id, member_id))


async def answers_of(session: AsyncSession, member_id: int, event_ids: Collection[int]) -> dict[int, Answer]:
    """What somebody answered to some events, by event id."""
    rows = await session.scalars(
        select(EventReply).where(EventReply.member_id == member_id, EventReply.event_id.in_(event_ids))
    )
    return {row.event_id: Answer(row.answer) for row in rows}


def events_of(member_id: int) -> Select[int]:
    """The ids of the events that somebody has not turned down."""
    return select(EventReply.event_id).where(
        EventReply.member_id == member_id, EventReply.answer.in_(CONCERNED)
    )


async def answer(
    session: AsyncSession, event: Event, member_id: int, wanted: Answer, now: datetime
) -> Answered:
    """Take an answer to an event that the caller has locked. Who comes to a full event waits; a place
    that is given up goes to whoever has waited longest."""
    held = await session.get(EventReply, (event.id, member_id))
    before = Answer(held.answer) if held else None
    given = wanted
    if wanted is Answer.GOING and before is not Answer.GOING and await _full(session, event):
        given = Answer.WAITING
    if held is None:
        session.add(EventReply(event_id=event.id, member_id=member_id, answer=given, since=now))
    elif before is not given:
        held.answer, held.since = given, now
    await session.flush()
    moved_up = await move_up(session, event, now) if before is Answer.GOING else ()
    return Answered(given, before is not given, moved_up)


async def move_up(session: AsyncSession, event: Event, now: datetime) -> tuple[int, ...]:
    """Give free places of a locked event to those who have waited longest; their member ids."""
    free = None if event.capacity is None else max(0, event.capacity - await _going(session, event.id))
    waiting = await session.scalars(
        select(EventReply)
        .where(EventReply.event_id == event.id, EventReply.answer == Answer.WAITING)
        .order_by(EventReply.since, EventReply.member_id)
        .limit(free)
    )
    moved = list(waiting)
    for row in moved:
        row.answer, row.since = Answer.GOING, now
    await session.flush()
    return tuple(row.member_id for row in moved)


async def counts(session: AsyncSession, event_ids: Collection[int]) -> dict[int, Counter[Answer]]:
    """How many gave each answer, by event id; an event without any is there, too."""
    rows = await session.execute(
        select(EventReply.event_id, EventReply.answer, func.count())
        .join(Member, Member.id == EventReply.member_id)
        .where(EventReply.event_id.in_(event_ids), Member.active.is_(True))
        .group_by(EventReply.event_id, EventReply.answer)
    )
    found: dict[int, Counter[Answer]] = {event_id: Counter() for event_id in event_ids}
    for event_id, given, number in rows:
        found[event_id][Answer(given)] = number
    return found


async def people(
    session: AsyncSession, event_id: int, answers: Collection[Answer]
) -> list[tuple[Member, Answer]]:
    """Active members who gave one of some answers, those who waited longest first."""
    rows = await session.execute(
        select(Member, EventReply.answer)
        .join(EventReply, EventReply.member_id == Member.id)
        .where(EventReply.event_id == event_id, EventReply.answer.in_(answers), Member.active.is_(True))
        .order_by(EventReply.since, Member.id)
    )
    return [(member, Answer(given)) for member, given in rows]


async def _full(session: AsyncSession, event: Event) -> bool:
    return event.capacity is not None and await _going(session, event.id) >= event.capacity


async def _going(session: AsyncSession, event_id: int) -> int:
    statement = (
        select(func.count())
        .select_from(EventReply)
        .where(EventReply.event_id == event_id, EventReply.answer == Answer.GOING)
    )
    return await session.scalar(statement) or 0
