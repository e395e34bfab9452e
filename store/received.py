"""Updates that were handled, so that one delivered again has no second effect."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from sqlalchemy import Executable, Index, String, delete
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base


class ReceivedUpdate(Base):
    __tablename__ = "received_updates"
    __table_args__ = (Index(None, "received_at"),)

    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    received_at: Mapped[datetime]


async def claim(session: AsyncSession, update_id: str, now: datetime) -> bool:
    """True for the first to claim an id; the claim stands when the caller's transaction commits.

    A second transaction with the same id waits here for the first to end.
    """
    claimed = await session.execute(
        _claim(session.get_bind().dialect.name), {"id": update_id, "received_at": now}
    )
    return claimed.first() is not None


@cache
def _claim(dialect: str) -> Executable:
    """Built once for each dialect: every update runs it."""
    insert = sqlite_insert if dialect == "sqlite" else postgres_insert
    table = ReceivedUpdate.metadata.tables[ReceivedUpdate.__tablename__]
    return insert(table).on_conflict_do_nothing(index_elements=["id"]).returning(table.c.id)


async def forget_before(session: AsyncSession, moment: datetime) -> int:
    """Delete claims older than any platform would deliver again; returns how many."""
    result = await session.execute(
        delete(ReceivedUpdate).where(ReceivedUpdate.received_at < moment).returning(ReceivedUpdate.id)
    )
    return len(result.all())
