"""The relay stops, or loses its database, and drops nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from handlers.kit.platform import Delivered, Delivery
from handlers.kit.updates import Place
from scheduled import outbox_relay
from store.database import Database
from store.outbox import Status
from tests.bot import NotingPlatform, TestClock
from tests.scheduled.relays import SlowPlatform, away, post, relay_of, rows, run


async def test_an_outcome_waits_for_a_database_that_is_away(
    database: Database, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = SlowPlatform("test")
    relay = relay_of(database, clock, platform)
    await post(database, "post")
    await relay.tick()
    await platform.begun.wait()
    tried = away(3, database, monkeypatch)
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr("scheduled.outbox_relay.asyncio.sleep", pause)
    platform.go_on.set()
    await relay.wait()
    assert (len(tried), pauses) == (4, [0.2, 0.4, 0.8])
    assert (await rows(database))["post"].status == Status.SENT
    assert len(platform.delivered) == 1


async def test_an_outcome_that_cannot_be_written_holds_up_no_other(
    database: Database, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Odd(NotingPlatform):
        async def deliver(self, delivery: Delivery, place: Place) -> Delivered:
            await super().deliver(delivery, place)
            return Delivered({"odd": b"no JSON"} if delivery.message.text == "odd" else {})

    relay = relay_of(database, clock, Odd("test"))
    for key in ("one", "odd", "two"):
        await post(database, key)
    async with asyncio.timeout(10):
        await run(relay)
    held = await rows(database)
    assert {key: row.status for key, row in held.items()} == {
        "one": Status.SENT, "two": Status.SENT, "odd": Status.CLAIMED,
    }  # fmt: skip


async def test_stopping_finishes_what_is_under_way_and_begins_nothing_more(
    database: Database, clock: TestClock
) -> None:
    platform = SlowPlatform("test")
    relay = relay_of(database, clock, platform)
    await post(database, "under way")
    await relay.tick()
    await platform.begun.wait()
    await post(database, "next")
    stopping = asyncio.create_task(relay.stop(within=timedelta(seconds=10)))
    await asyncio.sleep(0)
    platform.go_on.set()
    await stopping
    await relay.tick()
    held = await rows(database)
    assert {key: row.status for key, row in held.items()} == {
        "under way": Status.SENT, "next": Status.QUEUED,
    }  # fmt: skip


async def test_stopping_hands_back_what_it_had_to_cut_off(database: Database, clock: TestClock) -> None:
    platform = SlowPlatform("test")
    relay = relay_of(database, clock, platform)
    await post(database, "stuck")
    await relay.tick()
    await platform.begun.wait()
    await relay.stop(within=timedelta(0))
    row = (await rows(database))["stuck"]
    assert (row.status, row.owner, row.uncertain) == (Status.QUEUED, None, True)


async def test_stopping_does_not_wait_for_a_database_that_is_away(
    database: Database, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = SlowPlatform("test")
    relay = relay_of(database, clock, platform)
    await post(database, "post")
    await relay.tick()
    await platform.begun.wait()
    away(1000, database, monkeypatch)
    monkeypatch.setattr(outbox_relay, "LAST_WORD_SECONDS", 0.01)
    platform.go_on.set()
    async with asyncio.timeout(5):
        await relay.stop(within=timedelta(seconds=0.01))
    row = (await rows(database))["post"]
    assert (row.status, row.owner) == (Status.CLAIMED, "one")


async def test_a_slow_delivery_keeps_its_lease(database: Database, clock: TestClock) -> None:
    platform = SlowPlatform("test")
    slow = relay_of(database, clock, platform)
    await post(database, "post")
    await slow.tick()
    await platform.begun.wait()
    impatient = NotingPlatform("test")
    for _ in range(6):
        clock.advance(seconds=10)
        await slow.hold()
        await run(relay_of(database, clock, impatient, "two"))
    platform.go_on.set()
    await slow.wait()
    assert (len(platform.delivered), len(impatient.delivered)) == (1, 0)
