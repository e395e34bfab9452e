"""What tests share: databases of both kinds, a clock that stands still, and a bot put together."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import uuid
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import hypothesis
import pytest
from sqlalchemy import create_mock_engine
from sqlalchemy.engine import make_url
from sqlalchemy.schema import DDLElement

from store import schema
from store.database import Database
from tests.bot import TestBot, TestClock

# The same examples in every run; on a busy machine none of them is too slow.
hypothesis.settings.register_profile("bot", deadline=None, derandomize=True)
hypothesis.settings.load_profile("bot")

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
def postgres_script() -> str:
    """One script that makes every table at the newest version, much faster than migrating each time."""
    parts = urlsplit(POSTGRES_URL)
    try:
        socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 5432), timeout=2).close()
    except OSError:
        skip("no PostgreSQL at TEST_POSTGRES_URL")
    statements: list[str] = []

    def note(statement: DDLElement, *_rest: object) -> None:
        statements.append(str(statement.compile(dialect=engine.dialect)))

    engine = create_mock_engine("postgresql+asyncpg://", note)
    schema.METADATA.create_all(engine, checkfirst=False)
    statements.append("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
    statements.append(f"INSERT INTO alembic_version VALUES ('{schema.newest()}')")
    return ";\n".join(statements)


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


@pytest.fixture
async def postgres_url(postgres_script: str) -> AsyncIterator[str]:
    """The address of a migrated, empty PostgreSQL database of the test's own."""
    name = f"bot_test_{uuid.uuid4().hex[:12]}"
    await _administer(f'CREATE SCHEMA "{name}"; SET search_path TO "{name}"; {postgres_script}')
    yield (
        make_url(POSTGRES_URL).update_query_dict({"search_path": name}).render_as_string(hide_password=False)
    )
    await _administer(f'DROP SCHEMA "{name}" CASCADE')


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path) -> str:
    """The address of a migrated, empty database of the test's own."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    path = tmp_path / "bot.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for an answer in a test: a busy machine must not look like a slow database."""
    monkeypatch.setattr("handlers.kit.dispatcher.CEILING_SECONDS", 60.0)


@pytest.fixture(autouse=True)
def _learnt_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test has learnt, the others read: it is kept until all have passed."""
    monkeypatch.setattr("handlers.faq_engine.learner._KEPT_ARTEFACTS", 24)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def postgres_database(postgres_url: str) -> AsyncIterator[Database]:
    """For what only PostgreSQL has: several writers at once."""
    opened = Database(postgres_url)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
async def bot(database: Database, clock: TestClock) -> TestBot:
    """The whole bot but its surfaces: every feature, a real database, and a platform that notes."""
    return TestBot(database, clock)
