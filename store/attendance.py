"""Attendance: who came to an event, whether the organiser says so or they did themselves."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base
from store.events import Event, EventState
from store.members import Member

# A code that people type at the door: it opens so long before the start and closes so long after the end.
OPENS_BEFORE = timedelta(minutes=30)
CLOSES_AFTER = timedelta(hours=2)
CODE_LENGTH = 8
# Without letters and digits that are taken for one another when they are read from a screen.
CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


class How(StrEnum):
    ORGANISER = "organiser"
    SELF = "self"


class EventAttendance(Base):
    """One person was at one event."""

    __tablename__ = "event_attendances"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    how: Mapped[str] = mapped_column(String(10))
    noted_at: Mapped[datetime]


def is_open(event: Event, now: datetime) -> bool:
    """Whether people can check themselves in."""
    announced = event.state(now) in (EventState.ANNOUNCED, EventState.PAST)
    return announced and event.starts_at - OPENS_BEFORE <= now <= event.ends_at + CLOSES_AFTER


def new_code() -> str:
    """Nobody guesses it: there are 850 thousand million."""
    return "".join(secrets.choice(CODE_ALPHABET) for _letter in range(CODE_LENGTH))


def read_code(typed: str) -> str:
    """A code as it is stored, however it was typed."""
    return "".join(letter for letter in typed.upper() if letter in CODE_ALPHABET)[: CODE_LENGTH + 1]


async def event_of_code(session: AsyncSession, code: str) -> Event | None:
    return await session.scalar(select(Event).where(Event.check_in_code == code)) if code else None


async def of_event(session: AsyncSession, event_id: int) -> dict[int, How]:
    """How it is known of each active member who was there, by member id."""
    rows = await session.execute(
        select(EventAttendance.member_id, EventAttendance.how)
        .join(Member, Member.id == EventAttendance.member_id)
        .where(EventAttendance.event_id == event_id, Member.active.is_(True))
    )
    return {member_id: How(how) for member_id, how in rows}


async def came(session: AsyncSession, event_id: int, member_id: int) -> bool:
    return await session.get(EventAttendance, (event_id, member_id)) is not None


async def note(
    session: AsyncSession, event_id: int, member_ids: Collection[int], how: How, now: datetime
) -> int:
    """Write down who was there; how many of them were not known to have been."""
    known = set(
        await session.scalars(
            select(EventAttendance.member_id).where(
                EventAttendance.event_id == event_id, EventAttendance.member_id.in_(member_ids)
            )
        )
    )
    new = [one for one in dict.fromkeys(member_ids) if one not in known]
    session.add_all(EventAttendance(event_id=event_id, member_id=one, how=how, noted_at=now) for one in new)
    await session.flush()
    return len(new)


async def take_back(session: AsyncSession, event_id: int, member_ids: Collection[int]) -> None:
    """What the organiser has noted of some members; who checked themselves in stays."""
    await session.execute(
        delete(EventAttendance).where(
            EventAttendance.event_id == event_id,
            EventAttendance.member_id.in_(member_ids),
            EventAttendance.how == How.ORGANISER,
        )
    )
