"""Reminders: the rules by which they go out, and what became of each. Nothing planned is stored."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, func, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import LARGEST_ID, Base


class Subject(StrEnum):
    EVENT = "event"
    ROUND = "round"


class Anchor(StrEnum):
    """The fact that a reminder is counted from."""

    START = "start"
    REPLY_BY = "reply_by"  # The last moment for answers to an event; many have none.
    OPENS = "opens"
    HALF = "half"  # Half-way between opening and closing.
    CLOSES = "closes"


class Unit(StrEnum):
    DAYS = "days"  # The same local time of day.
    HOURS = "hours"  # Elapsed time.


class Quiet(StrEnum):
    """What becomes of a personal reminder that falls into somebody's quiet hours."""

    BEFORE = "before"  # It goes before they begin; where that is past, as AFTER.
    AFTER = "after"  # It goes when they end, if it is of use then, and else not at all.
    SKIP = "skip"


class Audience(StrEnum):
    GROUPS = "groups"  # One post in each group's channel.
    GOING = "going"
    MAYBE = "maybe"
    UNANSWERED = "unanswered"  # Those who are invited and have not said whether they come.
    ASKED = "asked"  # Those who asked to be reminded of a round.


class Outcome(StrEnum):
    SENT = "sent"
    LATE = "late"  # The bot was away when it was due, and it was still useful.
    SKIPPED = "skipped"  # The bot was away when it was due, and it no longer was.
    MERGED = "merged"  # Another of the same round went within a day.
    CANCELLED = "cancelled"  # An administrator took this one back.


class Reason(StrEnum):
    """Why a reminder was late or skipped."""

    AWAY = "away"
    HELD = "held"
    PAUSED = "paused"


class ReminderRule(Base):
    """One reminder that every event or every round gets."""

    __tablename__ = "reminder_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(10))
    anchor: Mapped[str] = mapped_column(String(10))
    # How long before the anchor; less than none is after it.
    amount: Mapped[int]
    unit: Mapped[str] = mapped_column(String(10))
    audiences: Mapped[list[str]] = mapped_column(JSON)
    # The words by language; English is always there.
    bodies: Mapped[dict[str, str]] = mapped_column(JSON)
    # For how long after it was due it is still useful.
    late_minutes: Mapped[int]
    quiet: Mapped[str] = mapped_column(String(10))
    enabled: Mapped[bool]
    # What was due before a rule was changed is not sent by it.
    changed_at: Mapped[datetime]

    def body(self, locale: str) -> str:
        return self.bodies.get(locale) or self.bodies["en"]


class ReminderRun(Base):
    """What became of one reminder; its key keeps a second process from sending it again."""

    __tablename__ = "reminder_runs"
    __table_args__ = (UniqueConstraint("rule_id", "subject_id", "due_at"), Index(None, "due_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("reminder_rules.id", ondelete="CASCADE"))
    subject_id: Mapped[int]
    due_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(10))
    # Empty where it went as planned.
    reason: Mapped[str] = mapped_column(String(10))
    # How many posts and messages it made.
    reached: Mapped[int]
    at: Mapped[datetime]


async def rules(session: AsyncSession, *, enabled: bool = False) -> list[ReminderRule]:
    """Every rule, events first, the earliest reminder first."""
    statement = select(ReminderRule).order_by(ReminderRule.subject, ReminderRule.id)
    if enabled:
        statement = statement.where(ReminderRule.enabled.is_(True))
    return list(await session.scalars(statement))


async def by_id(session: AsyncSession, rule_id: int) -> ReminderRule | None:
    # What a client sends may be a number that no column holds.
    return await session.get(ReminderRule, rule_id) if 0 < rule_id <= LARGEST_ID else None


async def runs_since(session: AsyncSession, moment: datetime) -> list[ReminderRun]:
    """What became of reminders that were due since a time."""
    return list(await session.scalars(select(ReminderRun).where(ReminderRun.due_at >= moment)))


async def history(
    session: AsyncSession, *, outcomes: Collection[Outcome], limit: int, offset: int = 0
) -> tuple[list[tuple[ReminderRun, ReminderRule]], int]:
    """A page of what became of reminders, the newest first, and how many there are in all."""
    matching = ReminderRun.outcome.in_(outcomes)
    total = await session.scalar(select(func.count()).select_from(ReminderRun).where(matching))
    rows = await session.execute(
        select(ReminderRun, ReminderRule)
        .join(ReminderRule, ReminderRule.id == ReminderRun.rule_id)
        .where(matching)
        .order_by(ReminderRun.at.desc(), ReminderRun.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [(run, rule) for run, rule in rows], total or 0


async def claim(
    session: AsyncSession, rule_id: int, subject_id: int, due_at: datetime, outcome: Outcome,
    now: datetime, *, reason: str = "",
) -> int | None:  # fmt: skip
    """Write down what becomes of a reminder; None when another process has."""
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgres_insert
    added = await session.execute(
        insert(ReminderRun)
        .values(
            rule_id=rule_id,
            subject_id=subject_id,
            due_at=due_at,
            outcome=outcome,
            reason=reason,
            reached=0,
            at=now,
        )
        .on_conflict_do_nothing()
        .returning(ReminderRun.id)
    )
    return added.scalar()
