"""Hand-overs: questions that wait for a person, who has taken each, and what became of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import JSON, ForeignKey, String, Text, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import LARGEST_ID, Base

SATURDAY = 5


class HandoverState(StrEnum):
    WAITING = "waiting"
    CLAIMED = "claimed"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


OPEN = (HandoverState.WAITING, HandoverState.CLAIMED)


class Handover(Base):
    __tablename__ = "handovers"

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int | None] = mapped_column(
        ForeignKey("asked_questions.id", ondelete="SET NULL"), index=True
    )
    # Who waits for the answer; None some time after it was given.
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"), index=True)
    text: Mapped[str] = mapped_column(Text)
    # Slugs of the likeliest entries when it was handed over.
    closest: Mapped[list[str]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(12), index=True)
    claimed_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("members.id", ondelete="SET NULL"), index=True
    )
    answer: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    # When the promised working days are over.
    due_at: Mapped[datetime]
    # When its asker was told that it takes longer.
    late_told_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    def claim(self, member_id: int) -> bool:
        """The first one has it. True for whoever has it already."""
        if self.state == HandoverState.WAITING:
            self.take_over(member_id)
        return self.state == HandoverState.CLAIMED and self.claimed_by_id == member_id

    def is_late(self, now: datetime) -> bool:
        return now > self.due_at

    def take_over(self, member_id: int) -> None:
        """In the place of whoever had it."""
        self.state, self.claimed_by_id = HandoverState.CLAIMED, member_id

    def release(self, member_id: int) -> bool:
        if self.state != HandoverState.CLAIMED or self.claimed_by_id != member_id:
            return False
        self.state, self.claimed_by_id = HandoverState.WAITING, None
        return True

    def close(self, state: HandoverState, now: datetime, *, answer: str = "") -> bool:
        """False when it is over already."""
        if not self.is_open:
            return False
        self.state, self.closed_at, self.answer = state, now, answer
        return True


def due_after(moment: datetime, working_days: int, zone: ZoneInfo) -> datetime:
    """The same time of day so many Mondays to Fridays later; bank holidays count as working days."""
    local = moment.astimezone(zone)
    while working_days:
        local += timedelta(days=1)
        working_days -= local.weekday() < SATURDAY
    return local.astimezone(moment.tzinfo)


async def add(
    session: AsyncSession, *, question_id: int | None, member_id: int, text: str, closest: list[str],
    now: datetime, due_at: datetime,
) -> Handover:  # fmt: skip
    handover = Handover(
        question_id=question_id,
        member_id=member_id,
        text=text,
        closest=closest,
        state=HandoverState.WAITING,
        claimed_by_id=None,
        answer="",
        asked_at=now,
        due_at=due_at,
        late_told_at=None,
        closed_at=None,
    )
    session.add(handover)
    await session.flush()
    return handover


async def by_id(session: AsyncSession, handover_id: int) -> Handover | None:
    """Locked, so that of two who take it one is the first."""
    if not 0 < handover_id <= LARGEST_ID:
        return None
    return await session.get(Handover, handover_id, with_for_update=True, populate_existing=True)


async def of_question(session: AsyncSession, question_id: int) -> Handover | None:
    """What waits for an answer to a question that was asked."""
    return await session.scalar(
        select(Handover).where(Handover.question_id == question_id, Handover.state.in_(OPEN)).limit(1)
    )


async def waiting(session: AsyncSession, *, limit: int = 100) -> list[Handover]:
    """The queue: what is due first comes first."""
    rows = select(Handover).where(Handover.state.in_(OPEN)).order_by(Handover.due_at, Handover.id)
    return list(await session.scalars(rows.limit(limit)))


async def late(session: AsyncSession, now: datetime, *, limit: int = 100) -> list[Handover]:
    """What should have been answered by now, and nobody has said so yet."""
    rows = select(Handover).where(
        Handover.state.in_(OPEN), Handover.due_at < now, Handover.late_told_at.is_(None)
    )
    return list(
        await session.scalars(rows.order_by(Handover.id).limit(limit).with_for_update(skip_locked=True))
    )


async def forget(session: AsyncSession, *, people_before: datetime, texts_before: datetime) -> None:
    """What ended before a time loses its person; what ended before another loses its words."""
    await session.execute(
        update(Handover)
        .where(Handover.closed_at < people_before, Handover.member_id.is_not(None))
        .values(member_id=None)
    )
    await session.execute(
        update(Handover)
        .where(Handover.closed_at < texts_before, Handover.text != "")
        .values(text="", answer="")
    )
