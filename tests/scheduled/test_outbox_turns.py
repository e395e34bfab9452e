"""Turns: the pace of a platform holds for every relay on one database, and what is urgent goes first."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from handlers.kit.errors import DeliveryError
from handlers.kit.messages import Message
from handlers.kit.platform import Delivery
from handlers.kit.updates import Place, PlaceKind
from scheduled.outbox_relay import MOST_ATTEMPTS, OutboxRelay
from store.database import Database
from store.outbox import Lease, Priority, Status
from store.pacing import Lane
from tests.bot import NOW, TestClock
from tests.scheduled.relays import CHANNEL, PacedPlatform, post, relay_of, rows, run


class Sleeps:
    """Notes how long relays sleep, and lets them go on at once."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(round(seconds, 3))


async def post_to(database: Database, number: int, **changes: Any) -> None:
    place = Place("test", PlaceKind.CHANNEL, f"C{number}")
    await post(
        database, f"post:{number}", recipient=f"place:C{number}", place=place.to_json(), **changes
    )  # fmt: skip


async def second_by_second(
    clock: TestClock, platform: PacedPlatform, relays: list[OutboxRelay], seconds: int
) -> list[int]:
    """How many messages had their turn by the end of each second, with a tick of every relay in each."""
    counts = []
    for _second in range(seconds):
        await asyncio.gather(*(run(relay) for relay in relays))
        counts.append(len(platform.delivered))
        clock.advance(seconds=1)
    return counts


async def test_two_relays_keep_to_one_ceiling_together(database: Database, clock: TestClock) -> None:
    platform, sleeps = PacedPlatform("test", per_minute=120), Sleeps()
    other = Database(database.url.render_as_string(hide_password=False))
    relays = [
        relay_of(database, clock, platform, "one", sleep=sleeps),
        relay_of(other, clock, platform, "two", sleep=sleeps),
    ]
    for number in range(60):
        await post_to(database, number)
    counts = await second_by_second(clock, platform, relays, 20)
    await other.close()
    # A burst of ten, two a second, and those whose turn comes in the two seconds after a tick.
    assert counts == [14 + 2 * second for second in range(20)]
    held = (await rows(database)).values()
    assert {row.attempts for row in held if row.status == Status.SENT} == {1}
    # What has no turn yet was not touched: a long queue costs nothing.
    assert {(row.due_at, row.attempts) for row in held if row.status == Status.QUEUED} == {(NOW, 0)}


async def test_two_relays_post_once_a_second_in_one_channel(database: Database, clock: TestClock) -> None:
    platform, sleeps = PacedPlatform("test"), Sleeps()
    other = Database(database.url.render_as_string(hide_password=False))
    relays = [
        relay_of(database, clock, platform, "one", sleep=sleeps),
        relay_of(other, clock, platform, "two", sleep=sleeps),
    ]
    for number in range(10):
        await post(database, f"post:{number}")
    counts = await second_by_second(clock, platform, relays, 8)
    await other.close()
    assert counts == [5, 5, 5, 6, 7, 8, 9, 10]
    assert sleeps.seconds == [1, 2]
    assert {row.status for row in (await rows(database)).values()} == {Status.SENT}


async def test_what_is_urgent_overtakes_a_broadcast(database: Database, clock: TestClock) -> None:
    platform = PacedPlatform("test", per_minute=60)
    relay = relay_of(database, clock, platform, sleep=Sleeps())
    for number in range(40):
        await post_to(database, number, priority=Priority.BROADCAST)
    await second_by_second(clock, platform, [relay], 5)
    await post_to(database, 99, now=clock())
    before = len(platform.delivered)
    await run(relay)
    assert platform.delivered[before][1].text == "post:99"


async def test_a_reply_takes_its_turn_from_the_same_ceiling(database: Database, clock: TestClock) -> None:
    platform = PacedPlatform("test", per_minute=1)
    relay = relay_of(database, clock, platform, sleep=Sleeps())
    for number in range(10):
        await post_to(database, number)
    await run(relay)
    assert len(platform.delivered) == 10
    row_id = await post(
        database, "reply", priority=Priority.REPLY, lease=Lease("one", NOW + timedelta(seconds=30))
    )
    for _turn in range(MOST_ATTEMPTS + 5):
        await relay.deliver([Delivery(row_id, CHANNEL, Message(text="reply"), clock())])
    row = (await rows(database))["reply"]
    assert (row.status, row.due_at, row.error) == (Status.QUEUED, NOW + timedelta(minutes=1), None)
    clock.advance(minutes=1)
    await run(relay)
    assert len(platform.delivered) == 11


@pytest.mark.parametrize("same", [True, False], ids=["in that channel", "elsewhere"])
async def test_what_a_platform_asked_of_one_relay_all_of_them_keep(
    database: Database, clock: TestClock, *, same: bool
) -> None:
    platform = PacedPlatform("test")
    platform.fails = [DeliveryError("ratelimited", retry_after=40.0, paced=True)]
    await post_to(database, 1)
    await run(relay_of(database, clock, platform, "one"))
    other = relay_of(database, clock, platform, "two")
    place = CHANNEL if same else Place("test", PlaceKind.CHANNEL, "C2")
    await post(database, "later", recipient="place:later", place=place.to_json())
    await run(other)
    assert len(platform.delivered) == (0 if same else 1)
    clock.advance(seconds=41)
    await run(other)
    assert len(platform.delivered) == 2


async def test_a_relay_that_dies_holds_nobody_up(database: Database, clock: TestClock) -> None:
    platform = PacedPlatform("test", per_minute=60)
    for number in range(12):
        await post_to(database, number)

    asleep = asyncio.Event()

    async def forever(seconds: float) -> None:
        if seconds == 2:
            asleep.set()
        await asyncio.Event().wait()

    dying = relay_of(database, clock, platform, "one", sleep=forever)
    await dying.tick()
    await asleep.wait()
    for task in dying._under_way.values():
        task.cancel()
    await post_to(database, 50)
    counts = await second_by_second(clock, platform, [relay_of(database, clock, platform, "two")], 4)
    assert counts[-1] == 11
    clock.advance(seconds=30)
    await run(relay_of(database, clock, platform, "two"))
    assert len(platform.delivered) == 13


async def test_what_no_longer_holds_anything_back_is_tidied_up(database: Database, clock: TestClock) -> None:
    platform = PacedPlatform("test")
    relay = relay_of(database, clock, platform)
    await post(database, "post")
    await run(relay)
    clock.advance(minutes=5)
    await relay.hold()
    async with database.read() as session:
        kept = await session.execute(Lane.__table__.select())
        assert [lane.name for lane in kept] == [""]
