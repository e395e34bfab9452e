"""Settlements: how deliveries and edits ended, written down together and held on to until they are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from handlers.kit.messages import Message
from handlers.kit.platform import Clock
from scheduled.batches import Batches
from store import outbox_deliveries, pacing
from store.database import Database, is_unavailable
from store.outbox_deliveries import Postponed
from store.pacing import Pace

log = structlog.get_logger(__name__)

SETTLED_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Hold:
    """A platform asked to wait before it is written to there again."""

    platform: str
    pace: Pace
    lane: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a delivery or an edit ended, to be written down."""

    row_id: str
    outcome: str  # sent, again, paced, failed, expired, edited, taken_away or edit_again
    reference: dict[str, Any] | None = None
    error: str = ""
    due_at: datetime | None = None
    message: Message | None = None
    # The platform may have the message all the same: ask it before the next attempt.
    uncertain: bool = False
    # Where nothing is to go before ``due_at``.
    hold: Hold | None = None


class Settlements:
    """Settlements of one moment share a transaction."""

    def __init__(self, database: Database, clock: Clock, process: str) -> None:
        self._database = database
        self._process = process
        self._clock = clock
        self._batches: Batches[Settlement, None] = Batches(self._settle, most=SETTLED_AT_ONCE)

    async def add(self, settlement: Settlement) -> None:
        """Write down how it ended; returns when it is written."""
        await self._batches.add(settlement)

    async def finish(self) -> None:
        await self._batches.finish()

    async def _settle(self, batch: list[Settlement]) -> Sequence[None]:
        await self._write_down(batch)
        return [None] * len(batch)

    async def _write_down(self, batch: list[Settlement]) -> None:
        """Write outcomes that are known to us alone: hold on to them while the database is away."""
        pause = 0.2
        while True:
            try:
                async with self._database.write() as session:
                    await _write(session, batch, self._process, self._clock())
                return
            except (SQLAlchemyError, OSError, TimeoutError, ValueError) as error:
                if not is_unavailable(error):
                    break
                log.warning("settlement.waits", error=type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5)
        # One of them cannot be written at all. It must not hold up the others; its lease runs out.
        if len(batch) == 1:
            log.error("settlement.lost", outbox=batch[0].row_id, outcome=batch[0].outcome)
            return
        for settlement in batch:
            await self._write_down([settlement])


async def _write(session: AsyncSession, batch: list[Settlement], owner: str, now: datetime) -> None:
    sent = {one.row_id: one.reference for one in batch if one.outcome == "sent"}
    if sent:
        await outbox_deliveries.sent(session, sent, now)
    for settlement in batch:
        await _write_one(session, settlement, owner, now)


async def _write_one(session: AsyncSession, settlement: Settlement, owner: str, now: datetime) -> None:
    """Write it down for ``owner``, the process that tried."""
    row_id, due_at, uncertain = settlement.row_id, settlement.due_at, settlement.uncertain
    match settlement.outcome:
        case "again":
            error = settlement.error
            await outbox_deliveries.again(session, row_id, owner, error, due_at or now, uncertain=uncertain)
        case "paced":
            await outbox_deliveries.paced(session, owner, [Postponed(row_id, due_at or now, uncertain)])
            if (hold := settlement.hold) is not None:
                await pacing.hold(session, hold.platform, hold.pace, hold.lane, due_at or now)
        case "failed":
            await outbox_deliveries.failed(session, row_id, owner, settlement.error, now, uncertain=uncertain)
        case "expired":
            await outbox_deliveries.expired(session, row_id, owner, now)
        case "edited" if settlement.message is not None:
            said = settlement.message.model_dump(mode="json")
            await outbox_deliveries.edited(session, row_id, said, now)
        case "taken_away":
            await outbox_deliveries.taken_away(session, row_id, now)
        case "edit_again":
            await outbox_deliveries.edit_again(session, row_id, settlement.error, due_at)
