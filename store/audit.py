"""The audit record: every administrative act, with personal values kept apart so that they can be erased."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base


class AuditRecord(Base):
    """Who did what to which thing: ids and names of fields, never their values."""

    __tablename__ = "audit_records"
    __table_args__ = (Index(None, "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    # None: the bot itself or the operator on the command line.
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))
    act: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(80))
    subject_id: Mapped[str] = mapped_column(String(80))
    fields: Mapped[list[str]] = mapped_column(JSON, default=list)


class AuditValue(Base):
    """A value of a record that says something about a person; erased with that person."""

    __tablename__ = "audit_values"

    record_id: Mapped[int] = mapped_column(
        ForeignKey("audit_records.id", ondelete="CASCADE"), primary_key=True
    )
    field: Mapped[str] = mapped_column(String(80), primary_key=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    value: Mapped[str] = mapped_column(Text)


async def record(
    session: AsyncSession, act: str, subject: str, subject_id: str | int, *, actor_id: int | None,
    now: datetime, values: Mapping[str, str] | None = None, about_id: int | None = None,
) -> AuditRecord:  # fmt: skip
    """Write one act. ``values`` are the new values by field; ``about_id`` is the person they speak of."""
    values = values or {}
    row = AuditRecord(
        at=now,
        actor_id=actor_id,
        act=act,
        subject=subject,
        subject_id=str(subject_id),
        fields=sorted(values),
    )
    session.add(row)
    await session.flush()
    session.add_all(
        AuditValue(record_id=row.id, field=field, member_id=about_id, value=value)
        for field, value in values.items()
    )
    return row


async def record_many(
    session: AsyncSession, act: str, subject: str, subjects: Sequence[tuple[int, Mapping[str, str]]], *,
    actor_id: int | None, now: datetime, about_subject: bool = False,
) -> None:  # fmt: skip
    """Write one act on many things, each with its values; ``about_subject``: they are members, of whom the
    values speak."""
    rows = [
        AuditRecord(
            at=now, actor_id=actor_id, act=act, subject=subject, subject_id=str(one), fields=sorted(values)
        )
        for one, values in subjects
    ]
    session.add_all(rows)
    await session.flush()
    session.add_all(
        AuditValue(record_id=row.id, field=field, member_id=one if about_subject else None, value=value)
        for row, (one, values) in zip(rows, subjects, strict=True)
        for field, value in values.items()
    )
    await session.flush()


async def recent(
    session: AsyncSession, *, limit: int = 50, before_id: int | None = None
) -> list[AuditRecord]:
    """Newest first; ``before_id`` pages on."""
    statement = select(AuditRecord).order_by(AuditRecord.id.desc()).limit(limit)
    if before_id is not None:
        statement = statement.where(AuditRecord.id < before_id)
    return list(await session.scalars(statement))
