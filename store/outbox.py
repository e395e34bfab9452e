"""The outbox: every message the bot owes somebody, kept until a platform has taken it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    Executable,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.announcement_holds import in_force
from store.database import Base

# Edits of one delivered card are gathered into one call in this time.
EDIT_GAP = timedelta(seconds=5)
# What stands in place of a new wording where a delivered message is to be taken away.
TAKEN_AWAY: dict[str, Any] = {"taken_away": True}


class Status(StrEnum):
    QUEUED = "queued"
    CLAIMED = "claimed"
    SENT = "sent"
    SKIPPED = "skipped"  # Never to be sent; ``error`` says why.
    FAILED = "failed"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Priority(IntEnum):
    """What goes first when much is due: people who wait, then people, then channels."""

    REPLY = 0
    PERSONAL = 1
    BROADCAST = 2


class OutboxRow(Base):
    """One message to one recipient. ``key`` names what it says; copies to others share it."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("key", "recipient"),
        Index(None, "status", "due_at"),
        Index(None, "edit_due_at"),
        Index(None, "settled_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(200))
    # "member:12", "place:…" or "reply:…": unique with the key.
    recipient: Mapped[str] = mapped_column(String(300))
    # Whom to reach, on whichever surface they prefer; None where the place is given.
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    place: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    message: Mapped[dict[str, Any]] = mapped_column(JSON)
    priority: Mapped[int] = mapped_column(default=int(Priority.PERSONAL))
    # What it is where nobody asked for it; None for answers and for what is one's own business.
    kind: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    status: Mapped[str] = mapped_column(String(12), default=Status.QUEUED)
    owner: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    # True when a claim ran out without a word: the platform may have the message already.
    uncertain: Mapped[bool] = mapped_column(Boolean, default=False)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    settled_at: Mapped[datetime | None]
    # Where the platform put it (channel and timestamp in Slack), so that it can be edited.
    reference: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    edit: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    edit_due_at: Mapped[datetime | None]
    edited_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Lease:
    """A claim on rows by one process, until a time."""

    owner: str
    until: datetime


async def add(
    session: AsyncSession, *, key: str, recipient: str, message: dict[str, Any], now: datetime,
    member_id: int | None = None, place: dict[str, Any] | None = None, due_at: datetime | None = None,
    expires_at: datetime | None = None, priority: Priority = Priority.PERSONAL, lease: Lease | None = None,
    kind: str | None = None,
) -> str | None:  # fmt: skip
    """Queue a message and give its id; None when this key has been sent to this recipient before."""
    values = new_row(
        key=key, recipient=recipient, message=message, now=now, member_id=member_id, place=place,
        due_at=due_at, expires_at=expires_at, priority=priority, lease=lease, kind=kind,
    )  # fmt: skip
    added = await session.execute(_add(session.get_bind().dialect.name), values)
    return added.scalar()


async def add_all(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> int:
    """Add many rows that ``new_row`` made; how many had not been sent to their recipients before."""
    if not rows:
        return 0
    added = await session.execute(_add(session.get_bind().dialect.name), rows)
    return len(added.all())


def new_row(
    *, key: str, recipient: str, message: dict[str, Any], now: datetime, member_id: int | None = None,
    place: dict[str, Any] | None = None, due_at: datetime | None = None, expires_at: datetime | None = None,
    priority: Priority = Priority.PERSONAL, lease: Lease | None = None, kind: str | None = None,
    skipped: str = "",
) -> dict[str, Any]:  # fmt: skip
    """The columns of a message that is to be sent, or of one that is not, ``skipped`` for a reason."""
    return {
        "id": uuid.uuid4().hex,
        "key": key,
        "recipient": recipient,
        "member_id": member_id,
        "place": place,
        "message": message,
        "priority": int(priority),
        "created_at": now,
        "due_at": due_at or now,
        "expires_at": expires_at,
        "status": Status.SKIPPED if skipped else Status.CLAIMED if lease else Status.QUEUED,
        "error": skipped or None,
        "settled_at": now if skipped else None,
        "kind": kind,
        "owner": lease.owner if lease else None,
        "lease_until": lease.until if lease else None,
        "uncertain": False,
        "attempts": 1 if lease else 0,
    }


@cache
def _add(dialect: str) -> Executable:
    """Built once for each dialect: every reply runs it."""
    insert = sqlite_insert if dialect == "sqlite" else postgres_insert
    table = OutboxRow.metadata.tables[OutboxRow.__tablename__]
    return insert(table).on_conflict_do_nothing().returning(table.c.id)


def change_row(row: OutboxRow, message: dict[str, Any], now: datetime) -> None:
    """Change one copy of a message: at once while it waits, within ``EDIT_GAP`` once delivered."""
    if row.edit == TAKEN_AWAY:
        return
    if row.status == Status.QUEUED:
        row.message = message
    elif row.status in (Status.SENT, Status.CLAIMED):
        row.edit = message
        if row.edit_due_at is None:
            row.edit_due_at = max(now, row.edited_at + EDIT_GAP) if row.edited_at else now


def take_away(row: OutboxRow, now: datetime) -> bool:
    """Have a message taken away from where it was delivered; one that waits is not delivered at all. False
    where there is none any more."""
    if row.status == Status.QUEUED:
        row.status, row.settled_at = Status.WITHDRAWN, now
        return True
    if row.status not in (Status.SENT, Status.CLAIMED) or row.edit == TAKEN_AWAY:
        return False
    row.edit, row.edit_due_at = TAKEN_AWAY, now
    return True


async def copies(session: AsyncSession, key: str) -> list[OutboxRow]:
    """Every row under a key, locked, so that each can be changed in its reader's language."""
    rows = await session.scalars(select(OutboxRow).where(OutboxRow.key == key).with_for_update())
    return list(rows)


async def withdraw(session: AsyncSession, prefix: str, now: datetime, *, member_id: int | None = None) -> int:
    """Take back what waits under keys that begin so, for one member or for all; what is on its way or
    delivered stays. How many."""
    waiting = update(OutboxRow).where(
        OutboxRow.key.startswith(prefix, autoescape=True), OutboxRow.status == Status.QUEUED
    )
    if member_id is not None:
        waiting = waiting.where(OutboxRow.member_id == member_id)
    taken = await session.execute(
        waiting.values(status=Status.WITHDRAWN, settled_at=now).returning(OutboxRow.id)
    )
    return len(taken.all())


async def told(session: AsyncSession, prefix: str) -> frozenset[int]:
    """The members who were sent something under keys that begin so, or are being sent it."""
    rows = await session.scalars(
        select(OutboxRow.member_id)
        .where(
            OutboxRow.key.startswith(prefix, autoescape=True),
            OutboxRow.status.in_([Status.SENT, Status.CLAIMED]),
            OutboxRow.member_id.is_not(None),
        )
        .distinct()
    )
    return frozenset(one for one in rows if one is not None)


async def failures(session: AsyncSession, *, limit: int = 100, offset: int = 0) -> list[OutboxRow]:
    """What could not be delivered for good, newest first."""
    rows = await session.scalars(
        select(OutboxRow)
        .where(OutboxRow.status == Status.FAILED)
        .order_by(OutboxRow.settled_at.desc(), OutboxRow.id)
        .limit(limit)
        .offset(offset)
    )
    return list(rows)


async def count_failures(session: AsyncSession) -> int:
    return await _count(session, OutboxRow.status == Status.FAILED)


async def retry(session: AsyncSession, row_id: str, now: datetime) -> bool:
    """Queue a failed row again; False when it is not a failed one."""
    changed = await session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == row_id, OutboxRow.status == Status.FAILED)
        .values(status=Status.QUEUED, due_at=now, expires_at=None, attempts=0, error=None, settled_at=None)
        .returning(OutboxRow.id)
    )
    return changed.first() is not None


async def depth(session: AsyncSession) -> tuple[int, datetime | None]:
    """How many messages wait, and since when the oldest of them has been due."""
    count, oldest = (
        await session.execute(
            select(func.count(), func.min(OutboxRow.due_at)).where(
                OutboxRow.status.in_([Status.QUEUED, Status.CLAIMED])
            )
        )
    ).one()
    return count, oldest


async def waiting(session: AsyncSession, now: datetime) -> list[tuple[str, int]]:
    """The keys of what is on its way now, with how many messages each has left, in the order in which they
    go; one with messages of several urgencies comes several times. What is on hold is not on its way."""
    rows = await session.execute(
        select(OutboxRow.key, func.count())
        .where(OutboxRow.status.in_([Status.QUEUED, Status.CLAIMED]), OutboxRow.due_at <= now, may_go(now))
        .group_by(OutboxRow.priority, OutboxRow.key)
        .order_by(OutboxRow.priority, func.max(OutboxRow.due_at), OutboxRow.key)
    )
    return [(key, count) for key, count in rows]


async def count_sent_since(session: AsyncSession, moment: datetime) -> int:
    return await _count(session, OutboxRow.status == Status.SENT, OutboxRow.settled_at > moment)


async def counts(session: AsyncSession, keys: Collection[str]) -> dict[str, dict[str, int]]:
    """How many messages under each key are how far: by key, then by status."""
    rows = await session.execute(
        select(OutboxRow.key, OutboxRow.status, func.count())
        .where(OutboxRow.key.in_(keys))
        .group_by(OutboxRow.key, OutboxRow.status)
    )
    found: dict[str, dict[str, int]] = {}
    for key, status, number in rows:
        found.setdefault(key, {})[status] = number
    return found


async def forget_before(session: AsyncSession, moment: datetime) -> int:
    """Delete rows that ended before a time; failed ones stay for a person to look at. Returns how many."""
    ended: Sequence[str] = (Status.SENT, Status.SKIPPED, Status.EXPIRED, Status.WITHDRAWN)
    result = await session.execute(
        delete(OutboxRow)
        .where(OutboxRow.status.in_(ended), OutboxRow.settled_at < moment)
        .returning(OutboxRow.id)
    )
    return len(result.all())


def may_go(now: datetime) -> ColumnElement[bool]:
    """What may be sent at a time: what nobody asked for stays while all announcements are on hold."""
    return or_(OutboxRow.kind.is_(None), ~in_force(now))


async def _count(session: AsyncSession, *conditions: ColumnElement[bool]) -> int:
    counted = select(func.count()).select_from(OutboxRow).where(*conditions)
    return await session.scalar(counted) or 0
