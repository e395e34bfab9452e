"""Pacing: turns that every process of one database takes from the same schedule."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import select

from store import pacing
from store.database import Database
from store.pacing import Lane, Pace
from tests.bot import NOW

FAR = timedelta(hours=1)


async def take(
    database: Database, pace: Pace, *lanes: str, at: datetime = NOW, within: timedelta = FAR
) -> list[float]:
    """The seconds until each turn."""
    async with database.write() as session:
        turns = await pacing.take(session, "test", pace, lanes, at, at + within)
    assert [turn.taken for turn in turns] == [turn.at <= at + within for turn in turns]
    return [(turn.at - at).total_seconds() for turn in turns]


async def test_one_a_second_in_a_lane_after_a_short_burst(database: Database) -> None:
    pace = Pace()
    assert await take(database, pace, *["C1"] * 5) == [0, 0, 0, 1, 2]
    assert await take(database, pace, "C1", "C2", at=NOW + timedelta(seconds=1)) == [2, 0]
    assert await take(database, pace, "C1", "C1", at=NOW + timedelta(minutes=1)) == [0, 0]


async def test_the_whole_platform_has_a_ceiling_of_its_own(database: Database) -> None:
    pace = Pace(per_minute=60)
    lanes = [f"C{number}" for number in range(12)]
    assert await take(database, pace, *lanes) == [0] * 10 + [1, 2]
    assert await take(database, pace, *lanes, at=NOW + timedelta(hours=1)) == [0] * 10 + [1, 2]


async def test_a_turn_that_comes_too_late_is_told_and_not_taken(database: Database) -> None:
    pace = Pace()
    assert await take(database, pace, *["C1"] * 6, within=timedelta(seconds=1)) == [0, 0, 0, 1, 2, 3]
    assert await take(database, pace, "C1") == [2]


async def test_the_room_is_what_can_be_taken(database: Database) -> None:
    pace = Pace(per_minute=60)
    for at, room in ((NOW, 12), (NOW + timedelta(seconds=1), 1), (NOW + timedelta(hours=1), 12)):
        async with database.write() as session:
            latest = at + timedelta(seconds=2)
            assert await pacing.room(session, "test", pace, at, latest) == room
            lanes = [f"C{number}" for number in range(20)]
            turns = await pacing.take(session, "test", pace, lanes, at, latest)
        assert sum(turn.taken for turn in turns) == room


async def test_two_processes_never_take_the_same_turns(database: Database) -> None:
    other = Database(database.url.render_as_string(hide_password=False))
    pace = Pace(per_minute=60)
    found = await asyncio.gather(
        *(take(side, pace, f"C{number}", f"D{number}") for number in range(10) for side in (database, other))
    )
    await other.close()
    waits = sorted(wait for pair in found for wait in pair)
    assert waits == [0] * 10 + [float(number) for number in range(1, 31)]


async def test_where_a_platform_asked_to_wait_no_turn_comes_before(database: Database) -> None:
    pace = Pace()
    await take(database, pace, "C1")
    async with database.write() as session:
        await pacing.hold(session, "test", pace, "C1", NOW + timedelta(seconds=30))
        await pacing.hold(session, "test", pace, "C1", NOW + timedelta(seconds=10))
    assert await take(database, pace, "C1", "C2") == [30, 0]


async def test_lanes_long_past_are_forgotten_and_the_ceiling_is_not(database: Database) -> None:
    await take(database, Pace(per_minute=60), "C1", "C2")
    await take(database, Pace(per_minute=60), "C3", at=NOW + timedelta(minutes=2))
    async with database.write() as session:
        await pacing.forget(session, ["test"], NOW + timedelta(minutes=2))
    async with database.read() as session:
        assert set(await session.scalars(select(Lane.name))) == {"", "C3"}
