"""Claimed rows of the outbox as deliveries, each with the surface that its reader is reached on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from handlers.kit.messages import Message
from handlers.kit.platform import Delivery
from handlers.kit.updates import Place
from store import outbox_deliveries, surfaces
from store.outbox import OutboxRow

log = structlog.get_logger(__name__)


async def deliveries(
    session: AsyncSession, rows: Sequence[OutboxRow], platforms: Collection[str], now: datetime
) -> list[Delivery]:
    """Those that can be read; ``place`` is None where a member is reached on none of ``platforms``."""
    claimed = await _read(session, rows, now)
    members = {(one.member_id, one.kind) for one in claimed if one.member_id and not one.place}
    found = await surfaces.of_members(session, members, set(platforms)) if members else {}
    places = {wanted: Place.from_json(held) for wanted, held in found.items()}
    return [
        one if one.place else replace(one, place=places.get((one.member_id or 0, one.kind)))
        for one in claimed
    ]


async def _read(session: AsyncSession, rows: Sequence[OutboxRow], now: datetime) -> list[Delivery]:
    """One that cannot be read must not hold up the others: it has failed."""
    readable = []
    for row in rows:
        try:
            readable.append(_delivery(row))
        except (KeyError, ValueError) as error:
            log.error("delivery.unreadable", outbox=row.id, error=type(error).__name__)
            await outbox_deliveries.failed(session, row.id, row.owner or "", "unreadable", now)
    return readable


def _delivery(row: OutboxRow) -> Delivery:
    return Delivery(
        id=row.id,
        place=Place.from_json(row.place) if row.place else None,
        message=Message.model_validate(row.message),
        created_at=row.created_at,
        member_id=row.member_id,
        attempts=row.attempts,
        uncertain=row.uncertain,
        expires_at=row.expires_at,
        kind=row.kind or "",
    )
