"""The outbox as the relay works through it: claims, leases, and how each delivery ended."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, case, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from store.outbox import EDIT_GAP, Lease, OutboxRow, Status, may_go

_TABLE = OutboxRow.metadata.tables[OutboxRow.__tablename__]
# Built once: every message runs one of them.
_SENT = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("row_id"))
    .values(
        owner=None,
        lease_until=None,
        uncertain=False,
        status=Status.SENT,
        reference=bindparam("reference"),
        settled_at=bindparam("now"),
        error=None,
    )
)
_PACED = (
    update(_TABLE)
    .where(
        _TABLE.c.id == bindparam("row_id"),
        _TABLE.c.owner == bindparam("holder"),
        _TABLE.c.status == Status.CLAIMED,
    )
    .values(
        status=Status.QUEUED,
        due_at=bindparam("until"),
        owner=None,
        lease_until=None,
        uncertain=bindparam("in_doubt"),
        attempts=_TABLE.c.attempts - 1,
    )
)


class Postponed(NamedTuple):
    """A row that has to wait for its turn; ``uncertain`` where the platform may have it already."""

    row_id: str
    due_at: datetime
    uncertain: bool


async def claim_due(session: AsyncSession, lease: Lease, now: datetime, *, limit: int) -> list[OutboxRow]:
    """Lease what is due, the most urgent first; rows of a process that died are taken over. What
    nobody asked for stays while all announcements are on hold."""
    free = or_(
        OutboxRow.status == Status.QUEUED,
        and_(OutboxRow.status == Status.CLAIMED, OutboxRow.lease_until < now),
    )
    due = (
        select(OutboxRow.id)
        .where(free, OutboxRow.due_at <= now, may_go(now))
        .order_by(OutboxRow.priority, OutboxRow.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = await session.scalars(
        update(OutboxRow)
        .where(OutboxRow.id.in_(due.scalar_subquery()))
        .values(
            uncertain=case((OutboxRow.status == Status.CLAIMED, True), else_=OutboxRow.uncertain),
            status=Status.CLAIMED,
            owner=lease.owner,
            lease_until=lease.until,
            # That a process died says nothing against the message: its next failure waits no longer for it.
            attempts=case(
                (OutboxRow.status == Status.CLAIMED, OutboxRow.attempts), else_=OutboxRow.attempts + 1
            ),
        )
        .returning(OutboxRow)
        .execution_options(synchronize_session=False)
    )
    return sorted(claimed, key=lambda row: (row.priority, row.due_at))


async def claim_edits(session: AsyncSession, lease: Lease, now: datetime, *, limit: int) -> list[OutboxRow]:
    """Lease delivered rows whose card has to change by now."""
    due = (
        select(OutboxRow.id)
        .where(
            OutboxRow.status == Status.SENT,
            OutboxRow.edit_due_at <= now,
            or_(OutboxRow.lease_until.is_(None), OutboxRow.lease_until < now),
        )
        .order_by(OutboxRow.edit_due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = await session.scalars(
        update(OutboxRow)
        .where(OutboxRow.id.in_(due.scalar_subquery()))
        .values(owner=lease.owner, lease_until=lease.until)
        .returning(OutboxRow)
        .execution_options(synchronize_session=False)
    )
    return list(claimed)


async def extend(session: AsyncSession, ids: Collection[str], lease: Lease) -> list[str]:
    """Hold on to rows that are still being delivered; the ids of those that are still this owner's."""
    held = await session.scalars(
        update(OutboxRow)
        .where(OutboxRow.id.in_(ids), OutboxRow.owner == lease.owner)
        .values(lease_until=lease.until)
        .returning(OutboxRow.id)
        .execution_options(synchronize_session=False)
    )
    return list(held)


async def hand_back(session: AsyncSession, owner: str, *, begun: Collection[str] = ()) -> None:
    """Give up every claim of a process, for any other to take. The platform may have what was ``begun``."""
    await session.execute(
        update(OutboxRow)
        .where(OutboxRow.owner == owner, OutboxRow.status == Status.CLAIMED)
        .values(
            status=Status.QUEUED,
            owner=None,
            lease_until=None,
            uncertain=case((OutboxRow.id.in_(begun), True), else_=OutboxRow.uncertain),
        )
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        update(OutboxRow)
        .where(OutboxRow.owner == owner, OutboxRow.status == Status.SENT)
        .values(owner=None, lease_until=None)
    )


async def sent(session: AsyncSession, references: Mapping[str, dict[str, Any] | None], now: datetime) -> None:
    """Note messages as delivered, each where its platform put it, in one round trip: facts, whoever holds
    the rows by now."""
    await session.execute(
        _SENT, [{"row_id": one, "reference": where, "now": now} for one, where in references.items()]
    )


async def again(
    session: AsyncSession, row_id: str, owner: str, error: str, due_at: datetime, *, uncertain: bool
) -> None:
    """Put a row back after a failure that may pass; ``uncertain`` where the platform may have it."""
    await _settle(session, row_id, owner, uncertain, status=Status.QUEUED, error=error, due_at=due_at)


async def paced(session: AsyncSession, owner: str, rows: Iterable[Postponed]) -> None:
    """Put rows of ``owner`` back that have to wait for their turns: that was no attempt."""
    waiting = [
        {"row_id": one.row_id, "holder": owner, "until": one.due_at, "in_doubt": one.uncertain}
        for one in rows
    ]
    await session.execute(_PACED, waiting)


async def failed(
    session: AsyncSession, row_id: str, owner: str, error: str, now: datetime, *, uncertain: bool = False
) -> None:
    """Give a row up; where the platform may have it, it is asked before somebody's "try again" sends it."""
    await _settle(session, row_id, owner, uncertain, status=Status.FAILED, error=error, settled_at=now)


async def expired(session: AsyncSession, row_id: str, owner: str, now: datetime) -> None:
    await _settle(session, row_id, owner, status=Status.EXPIRED, settled_at=now)


async def edited(session: AsyncSession, row_id: str, message: dict[str, Any], now: datetime) -> None:
    """Note a card as changed; a newer edit that came meanwhile stays due."""
    row = await session.get(OutboxRow, row_id, with_for_update=True)
    if row is None:
        return
    row.message, row.edited_at, row.owner, row.lease_until = message, now, None, None
    if row.edit == message:
        row.edit, row.edit_due_at = None, None
    else:
        row.edit_due_at = now + EDIT_GAP


async def taken_away(session: AsyncSession, row_id: str, now: datetime) -> None:
    """Note a message as gone from where it was."""
    await _settle(session, row_id, None, status=Status.WITHDRAWN, settled_at=now, edit=None, edit_due_at=None)


async def edit_again(session: AsyncSession, row_id: str, error: str, due_at: datetime | None) -> None:
    """Try an edit later; None gives it up (the card is gone)."""
    values: dict[str, Any] = {"error": error, "edit_due_at": due_at, "owner": None, "lease_until": None}
    if due_at is None:
        values["edit"] = None
    await session.execute(update(OutboxRow).where(OutboxRow.id == row_id).values(**values))


async def _settle(
    session: AsyncSession, row_id: str, owner: str | None, uncertain: bool = False, **values: Any
) -> None:
    """Write an outcome down. With an ``owner``, only while it is theirs: one whose lease ran out knows no
    longer what has become of the row."""
    settled = update(OutboxRow).where(OutboxRow.id == row_id)
    if owner is not None:
        settled = settled.where(OutboxRow.owner == owner, OutboxRow.status == Status.CLAIMED)
    await session.execute(settled.values(owner=None, lease_until=None, uncertain=uncertain, **values))
