"""What tests share: databases of both kinds, a clock that stands still, and a bot put together."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import uuid
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from store import schema
from store.database import Database
from tests.bot import TestBot, TestClock

STRICT = bool(os.environ.get("CI"))
POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")


def skip(reason: str) -> None:
    """Skip a test and say why; where everything has to run, a skip is a failure."""
    if STRICT:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database file, copied for each test."""
    path = tmp_path_factory.mktemp("template") / "template.db"

    async def make() -> None:
        database = Database(f"sqlite:///{path}")
        await schema.migrate(database)
        await database.close()

    _run(make())
    return path


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """The name of a migrated, empty PostgreSQL database, made once for each worker."""
    parts = urlsplit(POSTGRES_URL)
    try:
        socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 5432), timeout=2).close()
    except OSError:
        skip("no PostgreSQL at TEST_POSTGRES_URL")
    name = f"bot_template_{uuid.uuid4().hex[:12]}"

    async def make() -> None:
        await _administer(f'CREATE DATABASE "{name}"')
        database = Database(postgres_address(name))
        await schema.migrate(database)
        await database.close()

    _run(make())
    yield name
    _run(_administer(f'DROP DATABASE "{name}" WITH (FORCE)'))


def postgres_address(name: str) -> str:
    """The address of another database on the test server."""
    return make_url(POSTGRES_URL).set(database=name).render_as_string(hide_password=False)


def _run(work: Coroutine[None, None, None]) -> None:
    """Run to its end in a thread, since the test's own loop may be running already."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


async def _administer(statement: str) -> None:
    connection = await asyncpg.connect(POSTGRES_URL)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(params=["sqlite", "postgres"])
async def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path
) -> AsyncIterator[str]:
    """The address of a migrated, empty database of the test's own."""
    if request.param == "sqlite":
        path = tmp_path / "bot.db"
        shutil.copy(sqlite_template, path)
        yield f"sqlite:///{path}"
        return
    template = request.getfixturevalue("postgres_template")
    name = f"bot_test_{uuid.uuid4().hex[:12]}"
    await _administer(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    yield postgres_address(name)
    await _administer(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for an answer in a test: a busy machine must not look like a slow database."""
    monkeypatch.setattr("handlers.kit.dispatcher.CEILING_SECONDS", 60.0)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
async def bot(database: Database, clock: TestClock) -> TestBot:
    """The whole bot but its surfaces: every feature, a real database, and a platform that notes."""
    return TestBot(database, clock)
