"""Health and measures: whether it lives, whether it is ready and why not, and what it has done."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy.exc import OperationalError

from bot import health
from bot.app import App
from bot.health import RELAY_SILENCE
from bot.services import Surface
from bot.settings import Settings
from handlers.kit.updates import Command, Place, PlaceKind, Sender, Update
from store import outbox, schema
from tests.bot import NOW, TestClock

ALL_IS_WELL = {"status": "ready", "problems": [], "notes": []}


class Listening:
    """A surface that hears its platform, or says why not."""

    def __init__(self) -> None:
        self.said: str | None = None

    def problem(self) -> str | None:
        return self.said


@pytest.fixture
async def app(tmp_path: Path, sqlite_template: Path, clock: TestClock) -> AsyncIterator[App]:
    path = shutil.copy(sqlite_template, tmp_path / "bot.db")
    configured = Settings(_env_file=None, database_url=f"sqlite:///{path}")
    made = App(configured, clock)
    yield made
    await made.database.close()


@pytest.fixture
async def client(app: App) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    served = web.Application()
    served.router.add_get("/healthz", app.health.healthz)
    served.router.add_get("/readyz", app.health.readyz)
    served.router.add_get("/metrics", app.metrics.page)
    async with TestClient(TestServer(served)) as opened:
        yield opened


Client = TestClient[web.Request, web.Application]


async def readiness(client: Client) -> tuple[int, dict[str, Any]]:
    answer = await client.get("/readyz")
    return answer.status, cast(dict[str, Any], await answer.json())


async def problem(client: Client) -> str:
    status, found = await readiness(client)
    assert (status, found["status"], len(found["problems"])) == (503, "not ready", 1)
    return str(found["problems"][0])


async def test_a_process_that_answers_lives(client: Client) -> None:
    answer = await client.get("/healthz")
    assert (answer.status, await answer.json()) == (200, {"status": "ok"})


async def test_it_is_ready_when_everything_is_there(app: App, client: Client) -> None:
    await app.relay.tick()
    assert await readiness(client) == (200, ALL_IS_WELL)


async def test_a_relay_that_never_ran_or_stands_still_is_not_ready(
    app: App, client: Client, clock: TestClock
) -> None:
    assert await problem(client) == "The relay that delivers messages is not running."
    await app.relay.tick()
    clock.advance(seconds=RELAY_SILENCE.total_seconds())
    assert await readiness(client) == (200, ALL_IS_WELL)
    clock.advance(seconds=1)
    assert await problem(client) == "The relay that delivers messages is not running."


async def test_a_database_of_an_older_version_is_not_ready(app: App, client: Client) -> None:
    await app.relay.tick()
    await schema.downgrade(app.database, "base")
    assert "run migrate" in await problem(client)
    await schema.migrate(app.database)
    assert await readiness(client) == (200, ALL_IS_WELL)


async def test_a_database_that_is_away_is_not_ready_and_says_no_more(
    app: App, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    await app.relay.tick()

    async def away() -> None:
        raise OperationalError("SELECT", {"password": "secret"}, Exception("secret"))

    monkeypatch.setattr(app.database, "ping", away)
    assert await problem(client) == "The database cannot be reached (OperationalError)."


async def test_a_database_that_does_not_answer_is_not_ready(
    app: App, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    await app.relay.tick()

    async def silent() -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(app.database, "ping", silent)
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 0.01)
    assert await problem(client) == "The database cannot be reached (TimeoutError)."


async def test_a_surface_that_hears_nothing_is_not_ready(app: App, client: Client) -> None:
    surface = Listening()
    app.health = health.Health(app.services, [cast(Surface, surface)], app.knowledge)
    await app.relay.tick()
    assert await app.health.problems() == []
    surface.said = "Slack has not been heard for two minutes."
    assert await app.health.problems() == ["Slack has not been heard for two minutes."]


async def test_measures_tell_of_updates_and_of_the_outbox(app: App, client: Client, clock: TestClock) -> None:
    place = Place("test", PlaceKind.DIRECT, "ann")
    update = Update("u1", Sender("test", "ann"), place, Command("no such command"))
    app.relay.drain()
    await app.services.dispatcher.handle(update)
    await app.services.dispatcher.handle(update)
    async with app.database.write() as session:
        await outbox.add(session, key="k", recipient="r", message={"text": "secret words"}, now=NOW)
    await app.relay.wait()
    clock.advance(seconds=90)
    answer = await client.get("/metrics")
    page = await answer.text()
    assert answer.content_type == "text/plain"
    for line in (
        'bot_updates_total{kind="command",outcome="refused",platform="test"} 1.0',
        'bot_updates_total{kind="command",outcome="duplicate",platform="test"} 1.0',
        'bot_handler_seconds_count{kind="command",platform="test"} 2.0',
        'bot_deliveries_total{outcome="again",platform="test"} 1.0',
        "bot_outbox_depth 2.0",
        "bot_outbox_oldest_due_seconds 90.0",
    ):
        assert line in page, page
    assert "ann" not in page
    assert "secret" not in page


async def test_measures_of_this_process_are_there_without_the_database(
    app: App, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise ConnectionRefusedError

    app.metrics.observe_delivery("test", "sent")
    monkeypatch.setattr(app.database, "read", away)
    answer = await client.get("/metrics")
    page = await answer.text()
    assert answer.status == 200
    assert 'bot_deliveries_total{outcome="sent",platform="test"} 1.0' in page
    assert "bot_outbox_depth NaN" in page


def test_what_was_taught_is_learnt_by_the_clock(app: App) -> None:
    assert "faq.learn" in {job.name for job in app.jobs}
