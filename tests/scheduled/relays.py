"""Relays and slow platforms, for the tests of the relay."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from handlers.kit.messages import Message
from handlers.kit.platform import Delivered, Delivery
from handlers.kit.updates import Place, PlaceKind
from scheduled.outbox_relay import OutboxRelay
from store import outbox
from store.database import Database
from store.outbox import OutboxRow
from store.pacing import Pace
from tests.bot import NOW, NotingPlatform, TestClock

CHANNEL = Place("test", PlaceKind.CHANNEL, "C1")


class SlowPlatform(NotingPlatform):
    """Takes messages only once it is let go."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()

    async def deliver(self, delivery: Delivery, place: Place) -> Delivered:
        self.begun.set()
        await self.go_on.wait()
        return await super().deliver(delivery, place)


class PacedPlatform(NotingPlatform):
    """Takes so many a minute, and one a second in each place."""

    def __init__(self, name: str, *, per_minute: int = 0) -> None:
        super().__init__(name)
        self.pace = Pace(per_minute=per_minute)

    def lane(self, place: Place) -> str | None:
        return place.id


Outcomes = list[tuple[str, str]]


def relay_of(
    database: Database, clock: TestClock, platform: NotingPlatform, process: str = "one",
    outcomes: Outcomes | None = None, mint: Callable[[int], Any] | None = None,
    sleep: Callable[[float], Any] = asyncio.sleep,
) -> OutboxRelay:  # fmt: skip
    noted = outcomes if outcomes is not None else []
    return OutboxRelay(
        database,
        {platform.name: platform},
        clock,
        process,
        mint_link=mint,
        observe=lambda name, outcome: noted.append((name, outcome)),
        sleep=sleep,
    )


async def post(database: Database, key: str, message: Message | None = None, **changes: Any) -> str:
    values: dict[str, Any] = {"recipient": "place:C1", "place": CHANNEL.to_json(), "now": NOW, **changes}
    said = (message or Message(text=key)).model_dump(mode="json")
    async with database.write() as session:
        row_id = await outbox.add(session, key=key, message=said, **values)
    assert row_id is not None
    return row_id


async def rows(database: Database) -> dict[str, OutboxRow]:
    async with database.read() as session:
        return {row.key: row for row in await session.scalars(select(OutboxRow))}


async def run(relay: OutboxRelay) -> None:
    await relay.tick()
    await relay.wait()


def away(times: int, database: Database, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Make the next transactions fail as they do while the database is away; gives the count of tries."""
    tried: list[int] = []
    write = database.write

    def failing() -> AbstractAsyncContextManager[AsyncSession]:
        tried.append(1)
        if len(tried) <= times:
            raise OperationalError("", None, Exception("connection refused"))
        return write()

    monkeypatch.setattr(database, "write", failing)
    return tried
