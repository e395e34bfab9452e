"""Planning reminders in a large network: ``python -m tests.bench.reminders``.

Prints figures and asserts none. ``BENCH_DATABASE_URL`` may name an empty PostgreSQL database.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from sqlalchemy import func, insert, select, text, update

from handlers.kit import network
from handlers.kit.context import Surroundings
from handlers.kit.words import Catalogues
from scheduled import reminders as scheduled_reminders
from store import schema, seed
from store.database import Database
from store.event_audiences import EventGroup
from store.events import Event
from store.outbox import OutboxRow
from store.profiles import Profile
from store.replies import Answer, EventReply
from tests.bench.groups import GROUPS, NOW, PEOPLE, counting, fill, say
from tests.bot import ROOT

EVENTS = 1_000
IDLE_TICKS = 500
EVENING = time_of_day(21)
MORNING = time_of_day(8)


def event_row(number: int, starts_at: datetime, announced_at: datetime) -> dict[str, Any]:
    return {
        "uid": f"{number}@example.org",
        "slug": f"event-{number}",
        "title": f"Event {number}",
        "kind": "webinar",
        "description": "An hour about what works. " * 20,
        "language": "en",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=1),
        "zone": "Europe/London",
        "place": "",
        "link": "https://meet.example.org/one",
        "everyone": False,
        "public": False,
        "reply_by": starts_at - timedelta(days=7) if number % 2 else None,
        "organiser": "events@example.org",
        "created_at": announced_at,
        "changed_at": announced_at,
        "announced_at": announced_at,
        "cancel_reason": "",
        "sequence": 0,
    }


async def plan_ahead(database: Database) -> None:
    """Events of the next year, none with a reminder that is due; a third of the people have quiet hours."""
    chance = random.Random(2)
    async with database.write() as session:
        await seed.reminders(session, ROOT / "data", NOW - timedelta(days=30))
        starts = [NOW + timedelta(days=2, minutes=chance.randrange(360 * 24 * 60)) for _one in range(EVENTS)]
        await session.execute(
            insert(Event), [event_row(number, one, NOW) for number, one in enumerate(starts, 1)]
        )
        await session.execute(
            insert(EventGroup),
            [{"event_id": one, "group_id": chance.randrange(1, GROUPS + 1)} for one in range(1, EVENTS + 1)],
        )
        await session.execute(
            update(Profile)
            .where(Profile.member_id % 3 == 0)
            .values(quiet_from=EVENING, quiet_until=MORNING, updated_at=NOW)
        )


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """How many milliseconds something takes."""
    started = time.perf_counter()
    await work()
    return (time.perf_counter() - started) * 1000


async def ticks(database: Database, surroundings: Surroundings) -> None:
    async def ask() -> None:
        async with database.read() as session:
            await session.execute(text("SELECT 1"))

    def job() -> Callable[[], Awaitable[None]]:
        return scheduled_reminders.job(database, lambda: NOW, surroundings)

    await job()()
    with counting() as statements:
        full = [await timed(job()) for _time in range(5)]
    say(
        f"a tick that reads everything: median {statistics.median(full):.0f} ms, slowest {max(full):.0f} ms, "
        f"{len(statements) // len(full)} queries"
    )
    tracemalloc.start()
    await job()()
    say(f"  memory at its highest while it ran: {tracemalloc.get_traced_memory()[1] / 2**20:.1f} MB")
    tracemalloc.stop()
    idle = job()
    await idle()
    found: list[float] = []
    empty: list[float] = []
    # In turns, so that whatever else the machine does weighs on both.
    for _time in range(IDLE_TICKS):
        found.append(await timed(idle))
        empty.append(await timed(ask))
    say(
        f"an idle tick: median {statistics.median(found):.2f} ms, 99 of 100 under "
        f"{statistics.quantiles(found, n=100)[-1]:.2f} ms, slowest {max(found):.2f} ms"
    )
    say(
        f"  an empty question in the same turns: median {statistics.median(empty):.2f} ms, 99 of 100 under "
        f"{statistics.quantiles(empty, n=100)[-1]:.2f} ms, slowest {max(empty):.2f} ms"
    )


async def everybody_at_once(database: Database, surroundings: Surroundings) -> None:
    """Everybody goes to one event that starts in an hour."""
    async with database.write() as session:
        row = event_row(EVENTS + 1, NOW + timedelta(hours=1), NOW - timedelta(hours=2))
        event_id = await session.scalar(insert(Event).values(**row).returning(Event.id))
        await session.execute(
            insert(EventReply),
            [
                {"event_id": event_id, "member_id": one, "answer": Answer.GOING, "since": NOW}
                for one in range(1, PEOPLE + 1)
            ],
        )
    with counting() as statements:
        milliseconds = await timed(scheduled_reminders.job(database, lambda: NOW, surroundings))
    async with database.read() as session:
        written = await session.scalar(select(func.count()).select_from(OutboxRow))
    say(f"a tick in which {written} messages are due: {milliseconds / 1000:.2f} s, {len(statements)} queries")


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(os.environ.get("BENCH_DATABASE_URL") or f"sqlite:///{folder}/bench.db")
        await schema.migrate(database)
        await fill(database)
        await plan_ahead(database)
        surroundings = Surroundings(Catalogues(ROOT / "locales"), network.read(ROOT / "data"), "")
        say(f"{'SQLite' if database.is_sqlite else 'PostgreSQL'}: {EVENTS} events, {PEOPLE} people")
        await ticks(database, surroundings)
        await everybody_at_once(database, surroundings)
        await database.close()


if __name__ == "__main__":
    asyncio.run(main())
