"""Greetings: newcomers whom somebody of their region is asked to say hello to."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import LARGEST_ID, Base
from store.members import Member
from store.outbox import OutboxRow

# After this a hello comes too late to be one.
OPEN_FOR = timedelta(days=14)


class Greeting(Base):
    __tablename__ = "greetings"

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    asked_at: Mapped[datetime]
    # Who says hello; None while nobody has taken it.
    claimed_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("members.id", ondelete="SET NULL"), index=True
    )
    claimed_at: Mapped[datetime | None]
    # The cards show that it is over: nobody took it in time, or the newcomer is gone.
    closed_at: Mapped[datetime | None]

    @property
    def is_open(self) -> bool:
        return self.claimed_at is None and self.closed_at is None


async def of_member(session: AsyncSession, member_id: int, *, lock: bool = False) -> Greeting | None:
    """The greeting of a newcomer; ``lock`` keeps others from taking it meanwhile."""
    if not 0 < member_id <= LARGEST_ID:
        return None
    return await session.get(Greeting, member_id, with_for_update=lock)


async def ask(session: AsyncSession, member_id: int, now: datetime) -> bool:
    """False when somebody has been asked to greet them before."""
    if await session.get(Greeting, member_id) is not None:
        return False
    session.add(
        Greeting(member_id=member_id, asked_at=now, claimed_by_id=None, claimed_at=None, closed_at=None)
    )
    await session.flush()
    return True


async def to_close(session: AsyncSession, now: datetime, *, limit: int) -> list[tuple[Greeting, Member]]:
    """Open greetings that are too late, or of somebody who is no longer active."""
    rows = await session.execute(
        select(Greeting, Member)
        .join(Member, Member.id == Greeting.member_id)
        .where(
            Greeting.claimed_at.is_(None),
            Greeting.closed_at.is_(None),
            or_(Greeting.asked_at < now - OPEN_FOR, Member.active.is_(False)),
        )
        .order_by(Greeting.member_id)
        .limit(limit)
        .with_for_update(of=Greeting, skip_locked=True)
    )
    return [(greeting, member) for greeting, member in rows]


async def was_asked(session: AsyncSession, key: str, member_id: int) -> bool:
    """Whether somebody got the card with this outbox key."""
    row = await session.scalar(
        select(OutboxRow.id).where(OutboxRow.key == key, OutboxRow.member_id == member_id).limit(1)
    )
    return row is not None
