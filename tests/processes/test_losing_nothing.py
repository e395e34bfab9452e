"""Nothing acknowledged is lost: not by a kill, a stop under load, or a database that goes away."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.engine import make_url

from handlers.kit.platform import system_clock
from store import outbox
from store.database import Database
from store.outbox import OutboxRow, Status
from tests.fakes.slack import FakeSlack, Fault, User
from tests.fakes.slack.workspace import Json
from tests.processes.proxy import Proxy
from tests.processes.running import listen, running, slack_settings

pytestmark = pytest.mark.processes

PEOPLE = 40
AWAY_SECONDS = 10
PATIENCE_SECONDS = 60
STOPPED_WITHIN_SECONDS = 10
QUESTION = "What is a Policy Lab?"


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack(retry_delays=(1.0, 2.0, 4.0, 8.0, 8.0)) as started:
        yield started


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The database of the process, looked at from outside."""
    opened = Database(database_url)
    yield opened
    await opened.close()


def answers(slack: FakeSlack, person: User) -> list[str]:
    """What the bot has answered somebody's question, its greeting aside."""
    said = [message.text for message in slack.bot_messages(slack.dm(person))]
    return [text for text in said if "Policy Lab" in text]


def all_answered(slack: FakeSlack, people: list[User]) -> bool:
    return all(answers(slack, person) for person in people)


async def settled(database: Database) -> dict[str, int]:
    """How many outbox rows ended how, once none waits any more."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            async with database.read() as session:
                found = Counter(str(status) for status in await session.scalars(select(OutboxRow.status)))
            if not found[Status.QUEUED] and not found[Status.CLAIMED]:
                return dict(found)


async def let_leases_run_out(database: Database) -> None:
    """As if half a minute had gone by since the process was killed."""
    past = system_clock() - timedelta(seconds=1)
    async with database.write() as session:
        await session.execute(
            update(OutboxRow).where(OutboxRow.status == Status.CLAIMED).values(lease_until=past)
        )


@pytest.mark.parametrize("kind", ["hang", "drop_after"], ids=["before Slack had it", "after Slack had it"])
async def test_a_reply_arrives_though_the_process_was_killed_before_it_was_delivered(
    slack: FakeSlack, database: Database, database_url: str, tmp_path: Path, kind: str
) -> None:
    person = slack.add_user("ann")
    held: list[str] = []

    def hold(method: str, arguments: Json) -> Fault | None:
        if method != "chat.postMessage":
            return None
        held.append(method)
        return Fault("hang", seconds=30) if kind == "hang" or len(held) > 1 else Fault("drop_after")

    slack.api.fault = hold
    async with running(tmp_path, database_url, slack_settings(slack)) as bot:
        listen(slack, bot)
        await bot.ready()
        await slack.say(person, slack.dm(person), QUESTION)
        await slack.until(lambda: held, seconds=PATIENCE_SECONDS)
        assert slack.acks[-1].ok
        await bot.kill()
    slack.api.fault = lambda method, arguments: None
    await let_leases_run_out(database)
    async with running(tmp_path, database_url, slack_settings(slack)) as bot:
        await slack.until(lambda: answers(slack, person), seconds=PATIENCE_SECONDS)
        assert set(await settled(database)) == {Status.SENT}
        assert len(answers(slack, person)) == 1


async def test_stopping_under_load_loses_nothing(
    slack: FakeSlack, database: Database, database_url: str, tmp_path: Path
) -> None:
    people = [slack.add_user(f"person{number}") for number in range(PEOPLE)]
    async with running(tmp_path, database_url, slack_settings(slack)) as bot:
        listen(slack, bot)
        await bot.ready()
        asking = [asyncio.create_task(slack.say(person, slack.dm(person), QUESTION)) for person in people]
        await slack.until(lambda: len(slack.acks) >= PEOPLE // 4, seconds=PATIENCE_SECONDS)
        status, seconds = await bot.terminate()
        await asyncio.gather(*asking)
    assert status == 0, bot.log
    assert seconds < STOPPED_WITHIN_SECONDS
    async with running(tmp_path, database_url, slack_settings(slack)) as bot:
        listen(slack, bot)
        await slack.until(lambda: all(answers(slack, person) for person in people), seconds=PATIENCE_SECONDS)
        assert set(await settled(database)) == {Status.SENT}
    assert [len(answers(slack, person)) for person in people] == [1] * PEOPLE


async def test_a_database_that_is_away_for_ten_seconds_loses_nothing(
    slack: FakeSlack, postgres_url: str, tmp_path: Path
) -> None:
    people = [slack.add_user(f"person{number}") for number in range(12)]
    target = make_url(postgres_url)
    async with Proxy(target.host or "127.0.0.1", target.port or 5432) as proxy:
        through = target.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)
        async with running(tmp_path, through, slack_settings(slack)) as bot:
            listen(slack, bot)
            await bot.ready()
            for person in people[:4]:
                await slack.say(person, slack.dm(person), QUESTION)
            heard = len(slack.acks)
            await proxy.cut()
            # The outage is what is tested: Slack gives up on each first attempt within it.
            async with asyncio.TaskGroup() as group:
                group.create_task(asyncio.sleep(AWAY_SECONDS))
                for person in people[4:]:
                    group.create_task(slack.say(person, slack.dm(person), QUESTION))
                not_ready = await bot.ready(status=503)
            first = [ack for ack in slack.acks[heard:] if not ack.attempt]
            await proxy.mend()
            await slack.until(
                lambda: all(answers(slack, person) for person in people), seconds=PATIENCE_SECONDS
            )
            await bot.ready()
            direct = Database(postgres_url)
            assert set(await settled(direct)) == {Status.SENT}
            await direct.close()
    assert "database" in not_ready["problems"][0]
    # What the bot itself says in Slack comes back as events, too: it ignores those.
    assert sum(not ack.ok for ack in first) == len(people) - 4
    assert [len(answers(slack, person)) for person in people] == [1] * len(people)


async def test_two_processes_on_one_database_both_serve_and_deliver_each_message_once(
    slack: FakeSlack, postgres_url: str, tmp_path: Path
) -> None:
    people = [slack.add_user(f"person{number}") for number in range(PEOPLE)]
    direct = Database(postgres_url)
    async with (
        running(tmp_path, postgres_url, slack_settings(slack)) as one,
        running(tmp_path, postgres_url, slack_settings(slack)) as two,
    ):
        await one.ready()
        await two.ready()
        for bot, share in ((one, people[::2]), (two, people[1::2])):
            listen(slack, bot)
            await asyncio.gather(*(slack.say(person, slack.dm(person), QUESTION) for person in share))
            # Slack sends a repeat to whom it listens then: this bot is done before the other one's turn.
            await slack.until(partial(all_answered, slack, share), seconds=PATIENCE_SECONDS)
        # What no process has leased is for whichever comes first.
        async with direct.write() as session:
            for person in people:
                place = {"platform": "slack", "kind": "direct", "id": person.id}
                await outbox.add(
                    session,
                    key=f"news:{person.id}",
                    recipient=f"place:{person.id}",
                    place=place,
                    message={"text": "News for you."},
                    now=system_clock(),
                )
        assert set(await settled(direct)) == {Status.SENT}
        measured = [await bot.get("/metrics") for bot in (one, two)]
    async with direct.read() as session:
        news = await session.scalars(select(OutboxRow.attempts).where(OutboxRow.key.startswith("news:")))
        assert set(news) == {1}
    await direct.close()
    for person in people:
        said = [message.text for message in slack.bot_messages(slack.dm(person))]
        assert (said.count("News for you."), len(answers(slack, person))) == (1, 1)
    for _status, page in measured:
        assert 'bot_deliveries_total{outcome="sent",platform="slack"}' in page
