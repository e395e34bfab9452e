"""Feedback on events, with a name or without: what is given without one leads back to nobody."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Date, ForeignKey, String, Text, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base
from store.members import Member

LOWEST, HIGHEST = 1, 5


class EventFeedback(Base):
    """What one person said. Its id and its day say nothing of the order in which it came."""

    __tablename__ = "event_feedback"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), index=True)
    # None: they left their name out.
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"), index=True)
    score: Mapped[int]
    useful: Mapped[str] = mapped_column(Text)
    to_change: Mapped[str] = mapped_column(Text)
    given_on: Mapped[date] = mapped_column(Date)


class EventFeedbackGiven(Base):
    """That somebody has said what they think, so that they are asked once; not what."""

    __tablename__ = "event_feedback_given"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True, index=True
    )


@dataclass(frozen=True, slots=True)
class Score:
    """How many have given feedback, and their average, from 1 to 5; 0.0 where there is none."""

    count: int
    average: float


async def given(session: AsyncSession, event_id: int, member_id: int) -> bool:
    return await session.get(EventFeedbackGiven, (event_id, member_id)) is not None


async def give(
    session: AsyncSession, event_id: int, member_id: int, score: int, useful: str, to_change: str, *,
    named: bool, on: date,
) -> None:  # fmt: skip
    """Take what somebody says; that they have not before is for the caller to know."""
    session.add(EventFeedbackGiven(event_id=event_id, member_id=member_id))
    session.add(
        EventFeedback(
            id=secrets.token_hex(16),
            event_id=event_id,
            member_id=member_id if named else None,
            score=score,
            useful=useful,
            to_change=to_change,
            given_on=on,
        )
    )
    await session.flush()


async def score_of(session: AsyncSession, event_id: int) -> Score:
    row = (
        await session.execute(
            select(func.count(), func.avg(EventFeedback.score)).where(EventFeedback.event_id == event_id)
        )
    ).one()
    return Score(row[0], float(row[1] or 0))


async def of_event(session: AsyncSession, event_id: int) -> list[tuple[EventFeedback, Member | None]]:
    """What was said, in no order that tells who, with those who gave their name."""
    rows = await session.execute(
        select(EventFeedback, Member)
        .outerjoin(Member, Member.id == EventFeedback.member_id)
        .where(EventFeedback.event_id == event_id)
        .order_by(EventFeedback.id)
    )
    return [(said, member) for said, member in rows]
