"""Reminders go out in a storm of faults: ``make chaos``, or ``python -m tests.simulation.chaos --seed 7``.

Processes of the bot are killed at random, their database goes away, and the fake Slack times out, refuses and
breaks off, while thousands of reminders go out. Every one has to arrive, and none twice where Slack can be
asked whether it has it. It ends by itself, with status 1 where something is missing or doubled.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import asyncpg
from sqlalchemy import func, select, update
from sqlalchemy.engine import make_url

from handlers.kit.platform import system_clock
from store import schema
from store.database import SQLITE_BUSY_TIMEOUT_MS, Database
from store.outbox import OutboxRow, Status
from tests.conftest import POSTGRES_URL
from tests.fakes.slack import FakeSlack
from tests.processes.proxy import Proxy
from tests.processes.running import STARTED_WITHIN_SECONDS, Bot, running, slack_settings
from tests.simulation.crowd import Copy, Crowd, gather
from tests.simulation.faults import LONGER_THAN_THE_BOT_WAITS, FileLock, Link, Weather

REMINDERS = 5_000
PROCESSES = 3
LOOKED_EVERY_SECONDS = 0.5
WAITING = (Status.QUEUED, Status.CLAIMED)


@dataclass(frozen=True)
class Plan:
    """One run. Spans are in seconds, the shortest and the longest.

    :param longest: after so many seconds nothing is killed or cut any more; Slack's faults last to the end.
    :param ends: after so many seconds the run is over, whatever is still missing.
    :param kill_every: a process that has been up for the shorter of these is killed.
    :param away: how long a database is gone; ``long_away`` is once, for one process alone: longer than the
        lease on what it delivers.
    :param hurried: nothing waits for long after a kill, and Slack's faults end with the kills; for a run with
        one process alone.
    """

    reminders: int = REMINDERS
    seed: int = 0
    longest: float = 220.0
    ends: float = 540.0
    kill_every: tuple[float, float] = (4.0, 9.0)
    cut_every: tuple[float, float] = (6.0, 14.0)
    away: tuple[float, float] = (0.5, 6.0)
    long_away: float = 40.0
    watched: float = LONGER_THAN_THE_BOT_WAITS
    timeout: float = LONGER_THAN_THE_BOT_WAITS
    hurried: bool = False


@dataclass
class Tally:
    """What came of a run. The ``gap`` of a message is between its being sent and that being written down."""

    database: str
    settled: Counter[str] = field(default_factory=Counter)
    arrived: int = 0
    missing: int = 0
    doubled: int = 0
    unread_posts: int = 0
    unread_doubled: int = 0
    left: int = 0
    kills: int = 0
    killed_in_gap: int = 0
    cuts: int = 0
    cut_in_gap: int = 0
    vain_starts: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        return not self.missing and not self.doubled

    def lines(self) -> list[tuple[str, str]]:
        ends = ", ".join(f"{name} {count}" for name, count in sorted(self.settled.items()))
        faults = ", ".join(f"{name} {count}" for name, count in sorted(self.faults.items()))
        return [
            ("settled", ends),
            ("arrived", f"{self.arrived}"),
            ("missing", f"{self.missing}"),
            ("doubled where Slack can be asked", f"{self.doubled}"),
            ("doubled where it cannot", f"{self.unread_doubled} of {self.unread_posts} posts"),
            ("processes killed", f"{self.kills}"),
            ("  messages in the gap then", f"{self.killed_in_gap}"),
            ("database cuts", f"{self.cuts}"),
            ("  messages in the gap then", f"{self.cut_in_gap}"),
            ("starts in vain, the database away", f"{self.vain_starts}"),
            ("faults of Slack", faults),
            ("left to send after kills and cuts", f"{self.left}"),
            ("seconds", f"{self.seconds:.0f}"),
        ]


class Storm:
    """One run on one database: processes that are started again whenever they end, and what befalls them."""

    def __init__(
        self, plan: Plan, database: Database, slack: FakeSlack, urls: Sequence[str], links: Sequence[Link]
    ) -> None:
        self.plan = plan
        self.tally = Tally(database.url.get_backend_name())
        self._database = database
        self._slack = slack
        self._urls = urls
        self._links = links
        self._chance = random.Random(plan.seed)
        self._weather = Weather(random.Random(plan.seed + 1), timeout=plan.timeout)
        self._up: dict[int, tuple[Bot, float]] = {}
        self._gap: set[str] = set()
        self._calm = asyncio.Event()
        self._over = False

    async def rage(self, crowd: Crowd, folder: Path) -> Tally:
        """Until every reminder is settled, or the time is over."""
        begun = time.monotonic()
        self._slack.api.fault = self._weather.fault
        keeping = [
            asyncio.create_task(self._keep(number, folder, url)) for number, url in enumerate(self._urls)
        ]
        raging = [asyncio.create_task(self._kill()), asyncio.create_task(self._cut())]
        try:
            await self._settled(begun + self.plan.longest)
            self._calm.set()
            self._weather.calm = self.plan.hurried
            await asyncio.gather(*raging)
            self.tally.left = self.plan.reminders - await self._count_settled()
            await self._settled(begun + self.plan.ends)
            self.tally.seconds = time.monotonic() - begun
            # What a process that lost its lease might still be saying would be heard by then.
            await asyncio.sleep(self.plan.watched)
        finally:
            self._over = True
            self._calm.set()
            await asyncio.gather(*raging)
            await _ended(keeping)
        async with self._database.read() as session:
            rows = await session.execute(select(OutboxRow.status, func.count()).group_by(OutboxRow.status))
            self.tally.settled = Counter(dict(rows.all()))
        self.tally.faults = Counter({str(name): count for name, count in self._weather.counted.items()})
        self._count(crowd)
        return self.tally

    async def _keep(self, number: int, folder: Path, url: str) -> None:
        """A process, and the next one when it ends: what an operating system does."""
        settings = {**slack_settings(self._slack), "LOG_LEVEL": "error"}
        while not self._over:
            try:
                async with running(folder, url, settings) as bot:
                    self._up[number] = (bot, time.monotonic())
                    await bot.ended()
            except (AssertionError, TimeoutError):
                self.tally.vain_starts += 1
            finally:
                ended = self._up.pop(number, None)
                self.tally.errors.update(_errors(ended[0].log if ended else []))

    async def _kill(self) -> None:
        while not await self._calm_within(self._chance.uniform(*self.plan.kill_every)):
            up_since = time.monotonic() - self.plan.kill_every[0]
            up = [bot for bot, since in self._up.values() if since <= up_since]
            bots = [bot for bot in up if bot.process.returncode is None]
            if not bots:
                continue
            doomed = self._chance.choice(bots)
            await self._weather.between_send_and_settle(within=2.0)
            with suppress(ProcessLookupError):
                doomed.process.kill()
            self.tally.kills += 1
            self.tally.killed_in_gap += await self._in_gap()
            if self.plan.hurried:
                await doomed.process.wait()
                await self._let_time_go_by()

    async def _cut(self) -> None:
        """All processes lose the database, or one of them alone; one of them for longer than its leases."""
        first = True
        while not await self._calm_within(self._chance.uniform(*self.plan.cut_every)):
            links = self._links if self._chance.random() < 0.5 else [self._chance.choice(self._links)]
            away = self._chance.uniform(*self.plan.away)
            if first and self.plan.long_away:
                links, away = links[:1], self.plan.long_away
            first = False
            await self._weather.between_send_and_settle(within=5.0)
            await asyncio.gather(*(link.cut() for link in links))
            self.tally.cuts += 1
            self.tally.cut_in_gap += await self._in_gap()
            await self._calm_within(away)
            await asyncio.gather(*(link.mend() for link in links))

    async def _calm_within(self, seconds: float) -> bool:
        """Wait for so long, or until the storm is over; whether it is."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._calm.wait()
        return self._calm.is_set()

    async def _settled(self, until: float) -> None:
        """Until every reminder has been planned and none waits, or the time is over."""
        while time.monotonic() < until and await self._count_settled() < self.plan.reminders:
            await asyncio.sleep(LOOKED_EVERY_SECONDS)

    async def _count_settled(self) -> int:
        """Of how many reminders it is known what has become of them."""
        waiting = OutboxRow.status.in_(WAITING)
        counted = select(func.count()).where(OutboxRow.key.startswith("reminder:"), ~waiting)
        async with self._database.read() as session:
            return await session.scalar(counted) or 0

    async def _in_gap(self) -> int:
        """How many more messages Slack has taken by now that the database does not know to be sent."""
        taken = {
            one.metadata["event_payload"]["id"]
            for channel in self._slack.workspace.channels.values()
            for one in channel.messages.values()
            if one.metadata
        }
        async with self._database.read() as session:
            waiting = set(await session.scalars(select(OutboxRow.id).where(OutboxRow.status.in_(WAITING))))
        new = (taken & waiting) - self._gap
        self._gap |= new
        return len(new)

    async def _let_time_go_by(self) -> None:
        """As if half a minute had gone by since the process ended."""
        past = system_clock() - timedelta(seconds=1)
        async with self._database.write() as session:
            for status, waits in ((Status.CLAIMED, "lease_until"), (Status.QUEUED, "due_at")):
                waiting = update(OutboxRow).where(OutboxRow.status == status)
                await session.execute(waiting.values({waits: past}))

    def _count(self, crowd: Crowd) -> None:
        """What stands in Slack, beside what ought to: the bot's own records are not asked."""
        found: Counter[Copy] = Counter(
            (channel.id, title)
            for channel in self._slack.workspace.channels.values()
            for message in channel.messages.values()
            for title in crowd.titles
            if title in message.text
        )
        tally = self.tally
        tally.missing = sum(not found[copy] for copy in crowd.copies)
        tally.arrived = len(crowd.copies) - tally.missing
        tally.unread_posts = sum(channel in crowd.unread for channel, _title in crowd.copies)
        for copy, times in found.items():
            # A copy for somebody whom it is not for is one too many.
            more = times - (copy in crowd.copies)
            if copy[0] in crowd.unread:
                tally.unread_doubled += more
            else:
                tally.doubled += more


async def on_postgres(plan: Plan, folder: Path) -> Tally:
    name = f"bot_chaos_{uuid.uuid4().hex[:12]}"
    target = make_url(POSTGRES_URL)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(_schema(name))
        own = target.update_query_dict({"search_path": name})
        proxies = [
            await stack.enter_async_context(Proxy(target.host or "127.0.0.1", target.port or 5432))
            for _process in range(PROCESSES)
        ]
        through = [own.set(host="127.0.0.1", port=proxy.port) for proxy in proxies]
        urls = [url.render_as_string(hide_password=False) for url in through]
        return await _run(plan, folder, own.render_as_string(hide_password=False), urls, proxies)


async def on_sqlite(plan: Plan, folder: Path) -> Tally:
    path = folder / "bot.db"
    url = f"sqlite:///{path}"
    # No other process could take anything over: longer than the bot waits for the lock is enough.
    plan = replace(plan, long_away=min(plan.long_away, 1.25 * SQLITE_BUSY_TIMEOUT_MS / 1000))
    return await _run(plan, folder, url, [url], [FileLock(path)])


async def _run(plan: Plan, folder: Path, url: str, urls: Sequence[str], links: Sequence[Link]) -> Tally:
    database = Database(url)
    try:
        await schema.migrate(database)
        async with FakeSlack() as slack:
            slack.own_message_events = False
            crowd = await gather(database, slack, plan.reminders, system_clock())
            return await Storm(plan, database, slack, urls, links).rage(crowd, folder)
    finally:
        await database.close()


@asynccontextmanager
async def _schema(name: str) -> AsyncIterator[None]:
    async def administer(statement: str) -> None:
        connection = await asyncpg.connect(POSTGRES_URL)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    await administer(f'CREATE SCHEMA "{name}"')
    try:
        yield
    finally:
        await administer(f'DROP SCHEMA "{name}" CASCADE')


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    async with asyncio.timeout(STARTED_WITHIN_SECONDS):
        for found in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(found, Exception):
                raise found


def _errors(log: Sequence[str]) -> Counter[str]:
    """The errors in a log, less the time and the ids, so that the same ones count together."""
    found: Counter[str] = Counter()
    for line in log:
        if "[error" in line:
            found[" ".join(line.split("]", 1)[-1].split()[:1])] += 1
        elif line[:1].isalpha() and "Error" in line.split(":")[0]:
            found[line.split("\n")[0][:150]] += 1
    return found


def _print(tally: Tally) -> None:
    print(f"\n{tally.database}")
    for name, value in tally.lines():
        print(f"  {name:<36} {value}")
    for error, count in tally.errors.most_common(12):
        print(f"  logged {count:>5} times  {error}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Reminders in a storm of faults.")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--reminders", type=int, default=REMINDERS)
    parser.add_argument("--on", choices=["postgres", "sqlite"], action="append")
    given = parser.parse_args()
    print(f"seed {given.seed}, {given.reminders} reminders on each database")
    plan = Plan(reminders=given.reminders, seed=given.seed)
    tallies = []
    for name, run in (("postgres", on_postgres), ("sqlite", on_sqlite)):
        if name not in (given.on or ["postgres", "sqlite"]):
            continue
        with tempfile.TemporaryDirectory() as folder:
            tally = asyncio.run(run(plan, Path(folder)))
        _print(tally)
        tallies.append(tally)
    sys.exit(not all(tally.is_good for tally in tallies))


if __name__ == "__main__":
    main()
