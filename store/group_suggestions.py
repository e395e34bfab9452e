"""Suggestions: groups that members would like to see, and what became of each."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import LARGEST_ID, Base
from store.members import Member


class SuggestionState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    DECLINED = "declined"


class GroupSuggestion(Base):
    __tablename__ = "group_suggestions"
    __table_args__ = (Index(None, "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    purpose: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(12), default=SuggestionState.WAITING)
    # Why it was declined, as the member was told.
    reason: Mapped[str] = mapped_column(Text, default="")
    suggested_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("member_groups.id", ondelete="SET NULL"))

    def decide(self, state: SuggestionState, by_id: int, now: datetime, *, reason: str = "") -> bool:
        """False when it has been decided before."""
        if self.state != SuggestionState.WAITING:
            return False
        self.state, self.reason, self.decided_by_id, self.decided_at = state, reason, by_id, now
        return True


async def add(
    session: AsyncSession, member_id: int, *, name: str, purpose: str, why: str, now: datetime
) -> GroupSuggestion:
    suggestion = GroupSuggestion(
        member_id=member_id,
        name=name,
        purpose=purpose,
        why=why,
        state=SuggestionState.WAITING,
        reason="",
        suggested_at=now,
        decided_at=None,
        decided_by_id=None,
        group_id=None,
    )
    session.add(suggestion)
    await session.flush()
    return suggestion


async def waiting(session: AsyncSession, *, limit: int) -> list[tuple[GroupSuggestion, Member]]:
    """Suggestions that nobody has decided on, the oldest first, with who made them."""
    rows = await session.execute(
        select(GroupSuggestion, Member)
        .join(Member, Member.id == GroupSuggestion.member_id)
        .where(GroupSuggestion.state == SuggestionState.WAITING)
        .order_by(GroupSuggestion.suggested_at, GroupSuggestion.id)
        .limit(limit)
    )
    return [(suggestion, member) for suggestion, member in rows]


async def by_id(session: AsyncSession, suggestion_id: int) -> GroupSuggestion | None:
    if not 0 < suggestion_id <= LARGEST_ID:
        return None
    return await session.get(GroupSuggestion, suggestion_id, with_for_update=True)
