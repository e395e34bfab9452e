"""Changes to one reminder of one event or round: paused, cancelled, sent now, or in other words. They stay
with it when it moves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base
from store.reminders import ReminderRule


class ReminderState(StrEnum):
    PLANNED = "planned"
    PAUSED = "paused"  # It waits; once it is of no use any more it is skipped.
    CANCELLED = "cancelled"
    NOW = "now"  # It goes out before its time.


class ReminderChange(Base):
    __tablename__ = "reminder_changes"
    __table_args__ = (Index(None, "subject_id"),)

    rule_id: Mapped[int] = mapped_column(
        ForeignKey("reminder_rules.id", ondelete="CASCADE"), primary_key=True
    )
    # The event's or the round's, as the rule says.
    subject_id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    # The words of this one alone, by language; empty where it has those of its rule.
    bodies: Mapped[dict[str, str]] = mapped_column(JSON)
    changed_at: Mapped[datetime]


# By rule and by what it is of.
Changes = Mapping[tuple[int, int], ReminderChange]


async def every(session: AsyncSession) -> Changes:
    return {(one.rule_id, one.subject_id): one for one in await session.scalars(select(ReminderChange))}


async def of_one(session: AsyncSession, rule_id: int, subject_id: int) -> ReminderChange | None:
    return await session.get(ReminderChange, (rule_id, subject_id))


async def start(session: AsyncSession, rule: ReminderRule, subject_id: int, now: datetime) -> ReminderChange:
    """The change of one reminder, made if there is none."""
    change = await of_one(session, rule.id, subject_id)
    if change is None:
        change = ReminderChange(
            rule_id=rule.id, subject_id=subject_id, state=ReminderState.PLANNED, bodies={}, changed_at=now
        )
        session.add(change)
    change.changed_at = now
    await session.flush()
    return change
