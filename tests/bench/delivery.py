"""Delivery: many due messages through the outbox to a fake Slack, beside a bare client in the same run.

Prints figures and asserts none: ``python -m tests.bench.delivery [unlimited] [limits] [steady] [burst]``.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import Float, cast, func, insert, select
from sqlalchemy.engine import make_url

from handlers.kit.messages import Button, Fact, Message
from store import outbox
from store.database import Database
from store.members import Identity, Member
from store.outbox import OutboxRow, Priority, Status
from tests.bench.mentions import POSTGRES_URL, SECRET, free_port, say
from tests.bench.processes import Child

# One message a second to each is allowed, so that this is no limit.
PEOPLE = 1_000
MESSAGES = 20_000
REFERENCE = 4_000
AT_ONCE = 64
# What the limited run allows, six times the ceiling by default: a minute then tells enough.
PER_MINUTE = 1_200
LIMITED_SECONDS = 60
STEADY_PER_SECOND = 100
STEADY_SECONDS = 60
PERSONAL_PER_SECOND = 5
PATIENCE_SECONDS = 300
SAID = Message(
    text="The network's event about housing starts in about an hour.",
    facts=(Fact(label="When", value="Tuesday 24 November 2026, 10:00"), Fact(label="Where", value="Online")),
    buttons=(Button(label="See the event", path="/events/1"),),
).model_dump(mode="json")

Due = Callable[[int], datetime]


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a message was due and when Slack had it, in seconds since 1970."""

    due: float
    came: float
    priority: int

    @property
    def late(self) -> float:
        return self.came - self.due


class Bench:
    """A fake Slack, a database of its own, and any number of processes of the bot."""

    def __init__(
        self, database: Database, address: str, api_url: str, fake: Child, places: Sequence[str]
    ) -> None:
        self.database = database
        self._address = address
        self._api_url = api_url
        self._fake = fake
        self._places = places
        self._people: Sequence[int] = ()
        # Each batch goes on where the one before ended, so that nobody is owed more than one a second.
        self._owed = 0

    async def start(self, stack: ExitStack, processes: int, *, per_minute: int = 0) -> None:
        """Start processes of the bot, and have them know somebody for each place."""
        for _process in range(processes):
            port = free_port()
            environment = {
                "HOST": "127.0.0.1",
                "PORT": str(port),
                "DATABASE_URL": self._address,
                "SECRET_KEY": "only-for-a-benchmark-" + uuid.uuid4().hex,
                "LOG_LEVEL": "error",
                "SLACK_API_URL": self._api_url,
                "SLACK_BOT_TOKEN": "xoxb-fake-token",
                "SLACK_APP_TOKEN": "",
                "SLACK_SIGNING_SECRET": SECRET,
                "SLACK_MESSAGES_PER_MINUTE": str(per_minute),
            }
            child = stack.enter_context(Child("-m", "bot", "serve", environment=environment))
            await asyncio.to_thread(child.wait_for, f"http://127.0.0.1:{port}/readyz", seconds=120.0)
        async with self.database.write() as session:
            self._people = list(
                await session.scalars(
                    insert(Member).returning(Member.id),
                    [{"name": one, "created_at": datetime.now(UTC)} for one in self._places],
                )
            )
            await session.execute(
                insert(Identity),
                [
                    {"member_id": member_id, "platform": "slack", "external_id": place}
                    for member_id, place in zip(self._people, self._places, strict=True)
                ],
            )
        # The first look round of a new process is not what is measured.
        await asyncio.sleep(3)

    async def owe(self, count: int, due: Due, priority: Priority = Priority.PERSONAL) -> None:
        """Queue messages to people in turn; ``due`` says when each is due, by its number."""
        now = datetime.now(UTC)
        batch = uuid.uuid4().hex
        for start in range(0, count, 1_000):
            rows: list[dict[str, Any]] = []
            for number in range(start, min(start + 1_000, count)):
                member_id = self._people[(self._owed + number) % len(self._people)]
                rows.append(
                    outbox.new_row(
                        key=f"bench:{batch}:{number}", recipient=f"member:{member_id}", message=SAID, now=now,
                        member_id=member_id, due_at=due(number), priority=priority, kind="events",
                    )
                )  # fmt: skip
            async with self.database.write() as session:
                await session.execute(insert(OutboxRow), rows)
        self._owed += count

    async def arrived(self, *, seconds: float = PATIENCE_SECONDS) -> list[Arrival]:
        """Wait until nothing waits any more, or the time is up; what had arrived by then."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            await asyncio.sleep(1)
            async with self.database.read() as session:
                if not (await outbox.depth(session))[0]:
                    break
        return await self.so_far()

    async def so_far(self) -> list[Arrival]:
        came = cast(OutboxRow.reference["ts"].as_string(), Float)
        async with self.database.read() as session:
            rows = await session.execute(
                select(func.extract("epoch", OutboxRow.due_at), came, OutboxRow.priority).where(
                    OutboxRow.status == Status.SENT
                )
            )
            return [Arrival(float(due), float(at), priority) for due, at, priority in rows]

    def posts(self) -> tuple[int, int]:
        """How many posts the fake was asked for since last time, and how many it refused."""
        self._fake.ask()
        asked, refused = self._fake.line().split()
        return int(asked), int(refused)


@asynccontextmanager
async def bench(per_minute: int = 0) -> AsyncIterator[Bench]:
    name = f"bot_bench_{uuid.uuid4().hex[:8]}"
    fake_port = free_port()
    connection = await asyncpg.connect(POSTGRES_URL, timeout=5)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
        address = make_url(POSTGRES_URL).set(database=name).render_as_string(hide_password=False)
        database = Database(address)
        arguments = (str(fake_port), str(PEOPLE), str(per_minute))
        with Child("-m", "tests.bench.delivery_peer", *arguments, reads=True) as fake:
            places = (await asyncio.to_thread(fake.line)).split()
            yield Bench(database, address, f"http://127.0.0.1:{fake_port}/api/", fake, places)
        await database.close()
    finally:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.close()


def soon() -> datetime:
    """A time by which everything has been queued."""
    return datetime.now(UTC) + timedelta(seconds=20)


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def reference() -> float:
    """Messages a second of a bare client of Slack's, with as many calls at once."""
    fake_port = free_port()
    with Child("-m", "tests.bench.delivery_peer", str(fake_port), str(PEOPLE), "0", reads=True) as fake:
        people = (await asyncio.to_thread(fake.line)).split()
        client = AsyncWebClient(token="xoxb-fake-token", base_url=f"http://127.0.0.1:{fake_port}/api/")
        left = iter(range(REFERENCE))

        async def worker() -> None:
            for number in left:
                await client.chat_postMessage(channel=people[number % PEOPLE], text=SAID["text"])

        started = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
        return REFERENCE / (time.perf_counter() - started)


async def unlimited(processes: int) -> float:
    """Messages a second, from the moment they are due until the last has arrived."""
    async with bench() as run:
        with ExitStack() as stack:
            await run.start(stack, processes)
            run.posts()
            due_at = soon()
            await run.owe(MESSAGES, lambda _number: due_at)
            arrivals = await run.arrived()
        took = max(one.came for one in arrivals) - due_at.timestamp()
        asked, _refused = run.posts()
        say(
            f"  {processes} of the bot's processes: {len(arrivals) / took:.0f} a second "
            f"({len(arrivals):,} of {MESSAGES:,} arrived in {took:.0f} s, {asked:,} posts)"
        )
        return len(arrivals) / took


async def limited(processes: int) -> None:
    async with bench(PER_MINUTE) as run:
        with ExitStack() as stack:
            await run.start(stack, processes, per_minute=PER_MINUTE)
            run.posts()
            due_at = soon()
            await run.owe(2 * PER_MINUTE, lambda _number: due_at)
            await asyncio.sleep((due_at - datetime.now(UTC)).total_seconds() + LIMITED_SECONDS)
            asked, refused = run.posts()
    allowed = PER_MINUTE * LIMITED_SECONDS / 60
    say(
        f"  {processes} of the bot's processes: {(asked - refused) / allowed:.1%} of the allowed "
        f"{PER_MINUTE:,} a minute used; {refused} of {asked:,} posts answered 429"
    )


async def steady() -> None:
    async with bench() as run:
        with ExitStack() as stack:
            await run.start(stack, 1)
            begins = soon()
            count = STEADY_PER_SECOND * STEADY_SECONDS
            await run.owe(count, lambda number: begins + timedelta(seconds=number / STEADY_PER_SECOND))
            late = [one.late for one in await run.arrived()]
    say(
        f"  {len(late):,} of {count:,} arrived; late by p50 {percentile(late, 0.5):.2f} s, "
        f"p99 {percentile(late, 0.99):.2f} s, at most {max(late):.2f} s"
    )


async def burst() -> None:
    async with bench() as run:
        with ExitStack() as stack:
            await run.start(stack, 1)
            due_at = soon()
            await run.owe(MESSAGES, lambda _number: due_at, Priority.BROADCAST)
            await asyncio.sleep((due_at - datetime.now(UTC)).total_seconds())
            ends = time.monotonic() + PATIENCE_SECONDS
            while time.monotonic() < ends:
                await run.owe(PERSONAL_PER_SECOND, lambda _number: datetime.now(UTC))
                await asyncio.sleep(1)
                async with run.database.read() as session:
                    waiting = await outbox.depth(session)
                if waiting[0] < 2 * PERSONAL_PER_SECOND:
                    break
            arrivals = await run.arrived()
    personal = [one.late for one in arrivals if one.priority == Priority.PERSONAL]
    broadcast = [one.late for one in arrivals if one.priority == Priority.BROADCAST]
    say(
        f"  {len(personal):,} personal ones late by p50 {percentile(personal, 0.5):.2f} s, p99 "
        f"{percentile(personal, 0.99):.2f} s, at most {max(personal):.2f} s; "
        f"the last of {len(broadcast):,} of the burst after {max(broadcast):.0f} s"
    )


async def main(wanted: Sequence[str]) -> None:
    if not wanted or "unlimited" in wanted:
        say(f"A bare client of Slack's, {AT_ONCE} calls at once (the reference)")
        say(f"  {await reference():.0f} a second")
        say(f"{MESSAGES:,} due messages on PostgreSQL, no limits (aim: 300 a second)")
        one = await unlimited(1)
        two = await unlimited(2)
        say(f"  two processes beside one: {two / one:.0%} (aim: 90% or better)")
    if not wanted or "limits" in wanted:
        say("With limits (aims: 95% of the allowed rate, fewer than 1% answered 429)")
        for processes in (1, 3):
            await limited(processes)
    if not wanted or "steady" in wanted:
        say(f"{STEADY_PER_SECOND} due a second for {STEADY_SECONDS} s (aim: p99 under 5 s)")
        await steady()
    if not wanted or "burst" in wanted:
        say(
            f"A burst of {MESSAGES:,} with {PERSONAL_PER_SECOND} personal messages a second meanwhile "
            "(aims: personal ones within 5 s, the last of the burst within 90 s)"
        )
        await burst()


if __name__ == "__main__":
    if "TEST_POSTGRES_URL" not in os.environ:
        say(f"(PostgreSQL at {make_url(POSTGRES_URL).render_as_string(hide_password=True)})")
    asyncio.run(main(sys.argv[1:]))
