"""Organisations over time: carries out merges and splits when their day begins in London."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.kit.context import Surroundings
from handlers.kit.platform import Clock
from handlers.kit.words import LONDON
from handlers.organisation_changes import moved_message
from scheduled.telling import tell
from store import audit, organisation_changes, organisations
from store.database import Database
from store.members import Member
from store.organisation_changes import OrganisationChange
from store.organisations import Organisation


def job(database: Database, clock: Clock, surroundings: Surroundings) -> Callable[[], Awaitable[None]]:
    """One change a transaction, so that each stands or falls by itself."""

    async def run() -> None:
        while True:
            async with database.write() as session:
                now = clock()
                change = await organisation_changes.due(session, now.astimezone(LONDON).date())
                if change is None:
                    return
                moved = await organisation_changes.carry_out(session, change, now)
                await _tell(session, change, moved, now)
                await audit.record(
                    session, "organisation.change_done", "organisation", change.organisation_id,
                    actor_id=None, now=now,
                    values={"successor_id": str(change.successor_id), "change_id": str(change.id)},
                )  # fmt: skip

    async def _tell(
        session: AsyncSession, change: OrganisationChange, moved: dict[int, list[Member]], now: datetime
    ) -> None:
        """Everybody hears where they belong now, and how to put it right."""
        old = await session.get_one(Organisation, change.organisation_id)
        for successor in await organisations.by_ids(session, sorted(moved)):
            people = [one for one in moved[successor.id] if one.active]
            compose = partial(moved_message, old=old, new=successor)
            await tell(session, surroundings, people, compose, key=f"organisation:{change.id}", now=now)

    return run
