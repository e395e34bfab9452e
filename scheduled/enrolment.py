"""Enrolment: applies a group's changed rule to everybody, some hundred people at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from handlers import enrolment
from handlers.kit.platform import Clock
from store import groups
from store.database import Database


def job(database: Database, clock: Clock) -> Callable[[], Awaitable[None]]:
    """Each chunk is a transaction of its own: a process that dies goes on where it was."""

    async def run() -> None:
        while True:
            async with database.write() as session:
                group = await groups.to_evaluate(session)
                if group is None:
                    return
                await enrolment.reevaluate(session, group, clock())

    return run
