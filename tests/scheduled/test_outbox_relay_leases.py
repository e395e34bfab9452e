"""A process that lost its lease, or its database, neither doubles a message nor undoes what another did."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from handlers.kit.errors import DeliveryError
from handlers.kit.messages import Message
from handlers.kit.platform import Delivered, Delivery
from handlers.kit.updates import Place
from store import members, outbox, outbox_deliveries
from store.database import Database
from store.outbox import Lease, OutboxRow, Status
from tests.bot import NOW, NotingPlatform, TestClock
from tests.scheduled.relays import SlowPlatform, post, relay_of, rows, run

LOST_AFTER_SECONDS = 31


class SlowToLook(NotingPlatform):
    """Answers what it has only once it is let go."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.asked = asyncio.Event()
        self.go_on = asyncio.Event()

    async def find(self, delivery: Delivery, place: Place) -> Delivered | None:
        found = await super().find(delivery, place)
        self.asked.set()
        await self.go_on.wait()
        return found


async def doubt(database: Database) -> None:
    """An earlier attempt ended without a word."""
    async with database.write() as session:
        await session.execute(update(OutboxRow).values(uncertain=True))


async def test_what_another_process_may_send_by_now_is_left_to_it(
    database: Database, clock: TestClock
) -> None:
    mine, theirs = SlowToLook("test"), NotingPlatform("test")
    slow = relay_of(database, clock, mine)
    await post(database, "post")
    await doubt(database)
    await slow.tick()
    await mine.asked.wait()
    clock.advance(seconds=LOST_AFTER_SECONDS)
    await run(relay_of(database, clock, theirs, "two"))
    mine.go_on.set()
    await slow.wait()
    assert (len(mine.delivered), len(theirs.delivered)) == (0, 1)
    assert (await rows(database))["post"].status == Status.SENT


async def test_a_lease_that_lasts_is_handed_over_under_however_long_the_look_took(
    database: Database, clock: TestClock
) -> None:
    platform = SlowToLook("test")
    relay = relay_of(database, clock, platform)
    await post(database, "post")
    await doubt(database)
    await relay.tick()
    await platform.asked.wait()
    for _time in range(5):
        clock.advance(seconds=10)
        await relay.hold()
    platform.go_on.set()
    await relay.wait()
    assert len(platform.delivered) == 1


@pytest.mark.parametrize(
    "error",
    [
        DeliveryError("ratelimited", retry_after=1.0, paced=True),
        DeliveryError("TimeoutError", retry_after=5.0, started=True),
        DeliveryError("channel_not_found", retry_after=None),
    ],
    ids=["told to wait", "without a word", "refused"],
)
async def test_a_failure_of_a_lost_lease_does_not_undo_what_another_delivered(
    database: Database, clock: TestClock, error: DeliveryError
) -> None:
    mine, theirs = SlowPlatform("test"), NotingPlatform("test")
    mine.fails = [error]
    slow = relay_of(database, clock, mine)
    await post(database, "post")
    await slow.tick()
    await mine.begun.wait()
    clock.advance(seconds=LOST_AFTER_SECONDS)
    await run(relay_of(database, clock, theirs, "two"))
    mine.go_on.set()
    await slow.wait()
    assert (await rows(database))["post"].status == Status.SENT
    clock.advance(minutes=30)
    await run(relay_of(database, clock, theirs, "two"))
    assert len(theirs.delivered) == 1


async def test_a_doubt_lasts_until_the_platform_has_said(
    database: Database, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = NotingPlatform("test")
    relay = relay_of(database, clock, platform)
    row_id = await post(database, "post")
    await doubt(database)
    platform.found[row_id] = Delivered({"number": 7})

    async def unreachable(delivery: Delivery, place: Place) -> Delivered | None:
        raise DeliveryError("service_unavailable", retry_after=1.0)

    with monkeypatch.context() as patched:
        patched.setattr(platform, "find", unreachable)
        await run(relay)
    assert (await rows(database))["post"].uncertain
    clock.advance(seconds=10)
    await run(relay)
    row = (await rows(database))["post"]
    assert (row.status, row.reference, platform.delivered) == (Status.SENT, {"number": 7}, [])


async def test_what_was_given_up_in_doubt_is_asked_about_before_it_is_tried_again(
    database: Database, clock: TestClock
) -> None:
    platform = NotingPlatform("test")
    relay = relay_of(database, clock, platform)
    row_id = await post(database, "post")
    platform.fails = [DeliveryError("TimeoutError", retry_after=None, started=True)]
    await run(relay)
    platform.found[row_id] = Delivered({"number": 7})
    async with database.write() as session:
        assert await outbox.retry(session, row_id, clock())
    await run(relay)
    row = (await rows(database))["post"]
    assert (row.status, row.reference, platform.delivered) == (Status.SENT, {"number": 7}, [])


async def test_a_database_that_is_away_before_a_message_is_sent_is_no_failure_of_it(
    database: Database, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.write() as session:
        ann = await members.add(session, name="Ann", now=NOW)
        await members.add_identity(session, ann, "test", "ann", now=NOW)
    platform = NotingPlatform("test")
    relay = relay_of(database, clock, platform)
    lease = Lease("one", NOW + timedelta(seconds=30))
    row_id = await post(database, "news", recipient="member:1", member_id=ann.id, place=None, lease=lease)

    def away() -> AbstractAsyncContextManager[AsyncSession]:
        raise ConnectionRefusedError

    with monkeypatch.context() as patched:
        patched.setattr(database, "read", away)
        await relay.deliver([Delivery(row_id, None, Message(text="news"), clock(), member_id=ann.id)])
    row = (await rows(database))["news"]
    assert (row.status, row.attempts, row.uncertain) == (Status.QUEUED, 0, False)
    clock.advance(seconds=10)
    await run(relay)
    assert len(platform.delivered) == 1


async def test_processes_that_die_do_not_make_the_next_failure_wait_longer(
    database: Database, clock: TestClock
) -> None:
    await post(database, "post")
    for number in range(8):
        async with database.write() as session:
            lease = Lease(f"dead {number}", clock() + timedelta(seconds=30))
            assert await outbox_deliveries.claim_due(session, lease, clock(), limit=1)
        clock.advance(seconds=LOST_AFTER_SECONDS)
    platform = NotingPlatform("test")
    platform.fails = [DeliveryError("status 500", retry_after=1.0, started=True)]
    await run(relay_of(database, clock, platform))
    row = (await rows(database))["post"]
    assert (row.status, row.attempts) == (Status.QUEUED, 1)
    assert row.due_at <= clock() + timedelta(seconds=2)
