"""Organisations over time: carries out merges and splits when their day begins in London."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from handlers.kit.platform import Clock
from handlers.kit.words import LONDON
from store import audit, organisation_changes
from store.database import Database


def job(database: Database, clock: Clock) -> Callable[[], Awaitable[None]]:
    """One change a transaction, so that each stands or falls by itself."""

    async def run() -> None:
        while True:
            async with database.write() as session:
                now = clock()
                change = await organisation_changes.due(session, now.astimezone(LONDON).date())
                if change is None:
                    return
                await organisation_changes.carry_out(session, change, now)
                await audit.record(
                    session, "organisation.change_done", "organisation", change.organisation_id,
                    actor_id=None, now=now,
                    values={"successor_id": str(change.successor_id), "change_id": str(change.id)},
                )  # fmt: skip

    return run
