"""Enrolment and the welcome journey in a large network: ``python -m tests.bench.groups``.

Prints figures and asserts none. ``BENCH_DATABASE_URL`` may name an empty PostgreSQL database.
"""

from __future__ import annotations

import asyncio
import math
import os
import random
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, delete, event, insert, select

from bot.slack.group_channels import PAGE
from handlers import enrolment
from handlers.enrolment_rules import read
from handlers.kit import network
from handlers.kit.context import Surroundings
from handlers.kit.words import Catalogues
from scheduled import comparisons as scheduled_comparisons
from scheduled import enrolment as scheduled_enrolment
from scheduled import welcome_journey as scheduled_journey
from store import groups, memberships, rules_of_engagement, schema
from store.database import Database
from store.group_channels import GroupChannel
from store.members import Identity, Member
from store.memberships import Membership
from store.organisations import Organisation
from store.profiles import Profile
from store.rules_of_engagement import RulesAcceptance
from store.welcome_journey import Journey, JourneyStep
from tests.bot import ROOT
from tests.fakes.channels import FakeChannels

PEOPLE = 10_000
ORGANISATIONS = 500
GROUPS = 100
JOINS = 50
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
THEMES = ["housing", "food", "digital", "climate-and-energy", "health-and-care"]
REGIONS = ["north", "south", "scotland-ni", "wales-midlands"]


def rule_of(number: int) -> dict[str, Any]:
    """A different mixture for each group."""
    chance = random.Random(number)
    return {
        "any": [
            {"all": [{"region": [chance.choice(REGIONS)]}, {"category": ["full"]}]},
            {"all": [{"interests": chance.sample(THEMES, 2)}, {"not": {"capacity": ["other"]}}]},
        ]
    }


async def fill(database: Database) -> None:
    chance = random.Random(1)
    async with database.write() as session:
        await session.execute(
            insert(Organisation),
            [
                {
                    "name": f"Council {number}",
                    "category": chance.choice(["full", "associate", "affiliate"]),
                    "kind": "council",
                    "region": chance.choice(REGIONS),
                }
                for number in range(ORGANISATIONS)
            ],
        )
        people = range(1, PEOPLE + 1)
        joined = [NOW - timedelta(days=chance.randrange(1000)) for _number in people]
        await session.execute(
            insert(Member),
            [
                {
                    "name": f"Person {number}",
                    "locale": "en",
                    "organisation_id": chance.randrange(1, ORGANISATIONS + 1),
                    "created_at": joined[number - 1],
                    "active": True,
                }
                for number in people
            ],
        )
        await session.execute(
            insert(Identity),
            [
                {"member_id": one, "platform": "slack", "external_id": f"U{one}", "active": True}
                for one in people
            ],
        )
        await session.execute(
            insert(Profile),
            [
                {
                    "member_id": number,
                    "capacity": chance.choice(["councillor", "officer", "other", ""]),
                    "job": "",
                    "interests": chance.sample(THEMES, chance.randrange(3)),
                    "wants": {},
                    "updated_at": NOW,
                }
                for number in people
            ],
        )
        version = await rules_of_engagement.write(
            session, {"en": "x"}, grace_days=14, author_id=None, now=NOW
        )
        version.published_at = NOW
        await session.execute(
            insert(RulesAcceptance),
            [
                {"member_id": one, "version": 1, "language": "en", "text": "x", "platform": "slack",
                 "accepted_at": NOW}
                for one in people
            ],
        )  # fmt: skip
        for number in range(GROUPS):
            group = await groups.add(
                session, slug=f"g{number}", name=f"Group {number}", purpose="", kind="thematic", now=NOW,
                rule=rule_of(number),
            )  # fmt: skip
            group.evaluate_from = None
            session.add(
                GroupChannel(group_id=group.id, platform="slack", external_id=f"C{number}", joined=True)
            )


@contextmanager
def counting() -> Iterator[list[str]]:
    """The statements sent while it lasts."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT")):
            statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def joins(database: Database) -> None:
    seconds: list[float] = []
    queries: list[int] = []
    came_into = 0
    for member_id in range(1, JOINS + 1):
        with counting() as statements:
            started = time.perf_counter()
            async with database.write() as session:
                came_into += len(await enrolment.evaluate(session, member_id, NOW))
            seconds.append(time.perf_counter() - started)
            queries.append(len(statements))
    seconds.sort()
    say(
        f"a join: median {statistics.median(seconds) * 1000:.0f} ms, slowest {seconds[-1] * 1000:.0f} ms, "
        f"at most {max(queries)} queries, {came_into / JOINS:.0f} groups each on average (commit included)"
    )


async def rule_change(database: Database, *, measured: bool) -> None:
    async with database.write() as session:
        group = await groups.by_slug(session, "g0")
        if group is None:
            raise RuntimeError("the network was not filled")
        enrolment.change_rule(group, read({"not": {"capacity": ["other"]}}), remove=True)
    if measured:
        tracemalloc.start()
    with counting() as statements:
        started = time.perf_counter()
        await scheduled_enrolment.job(database, lambda: NOW)()
        seconds = time.perf_counter() - started
    if measured:
        say(f"  memory at its highest while it ran: {tracemalloc.get_traced_memory()[1] / 2**20:.1f} MB")
        tracemalloc.stop()
    else:
        say(f"a changed rule: {seconds:.2f} s for {PEOPLE} people, {len(statements)} queries")


async def preview(database: Database) -> None:
    started = time.perf_counter()
    async with database.read() as session:
        group = await groups.by_slug(session, "g1")
        found = await enrolment.preview(session, group, read(rule_of(7)), NOW)
    milliseconds = (time.perf_counter() - started) * 1000
    say(f"a preview: {milliseconds:.0f} ms, {found.fitting} people")


async def comparison(database: Database) -> None:
    """Every group has the people of some five hundred in its channel; one in a hundred differs."""
    slack = FakeChannels("slack", page=PAGE)
    async with database.write() as session:
        await session.execute(delete(Membership))
        for channel in await session.scalars(select(GroupChannel)):
            people = [one for one in range(1, PEOPLE + 1) if (one + channel.group_id) % 20 == 0]
            slack.channels_in[channel.external_id] = [f"U{one}" for one in people if one % 100]
            await memberships.admit(
                session,
                [memberships.Admission(channel.group_id, one, "slack") for one in people],
                memberships.How.RULE,
                NOW - timedelta(days=1),
            )
    needed = sum(math.ceil(len(people) / PAGE) for people in slack.channels_in.values())
    surroundings = Surroundings(Catalogues(ROOT / "locales"), network.read(ROOT / "data"), "")
    compare = scheduled_comparisons.job(database, lambda: NOW, {"slack": slack}, surroundings)
    started = time.perf_counter()
    with counting() as statements:
        before = -1
        while before != len(slack.calls):
            before = len(slack.calls)
            await compare()
    seconds = time.perf_counter() - started
    say(
        f"a full comparison: {len(slack.calls)} calls where its pages need {needed}; "
        f"{seconds:.1f} s of our own time, {len(statements)} queries"
    )


async def welcome_journey(database: Database) -> None:
    """On a Monday it is everybody's turn for one step or another, then nobody's."""
    monday = NOW + timedelta(days=2)
    async with database.write() as session:
        session.add_all(
            JourneyStep(
                offset_days=days, condition=condition, texts={"en": "Hello {name}."}, commands=[], active=True
            )
            for days, condition in ((2, "no_theme"), (7, "officers"), (7, "councillors"), (21, "everybody"))
        )
        ids = await session.scalars(select(Member.id))
        await session.execute(
            insert(Journey),
            [{"member_id": one, "started_at": NOW - timedelta(days=30), "backfilled": False} for one in ids],
        )
    surroundings = Surroundings(Catalogues(ROOT / "locales"), network.read(ROOT / "data"), "")
    tick = scheduled_journey.job(database, lambda: monday, surroundings)
    for what in ("a tick in which it is everybody's turn", "the next tick, in which it is nobody's"):
        started = time.perf_counter()
        await tick()
        say(f"the welcome journey, {what}: {time.perf_counter() - started:.2f} s")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(os.environ.get("BENCH_DATABASE_URL") or f"sqlite:///{folder}/bench.db")
        await schema.migrate(database)
        await fill(database)
        kind = "SQLite" if database.is_sqlite else "PostgreSQL"
        say(f"{kind}: {PEOPLE} people, {ORGANISATIONS} organisations, {GROUPS} groups")
        await joins(database)
        await preview(database)
        await rule_change(database, measured=False)
        async with database.write() as session:
            await session.execute(delete(Membership))
        await rule_change(database, measured=True)
        await comparison(database)
        await welcome_journey(database)
        await database.close()


if __name__ == "__main__":
    asyncio.run(main())
