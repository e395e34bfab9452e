"""Migrations go up and down on both databases, agree with the tables, and are safe when several run."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from store import schema
from store.database import Database
from tests.bot import NOW, ROOT

PROCESSES = 3


async def tables_of(database: Database) -> set[str]:
    async with database.connect() as connection:
        return set(await connection.run_sync(lambda held: sa.inspect(held).get_table_names()))


@pytest.fixture
async def empty(database: Database) -> Database:
    """A database that was never migrated."""
    await schema.downgrade(database, "base")
    async with database.connect() as connection:
        await connection.execute(sa.text("DROP TABLE alembic_version"))
    assert await tables_of(database) == set()
    return database


async def test_the_tables_are_what_the_migrations_make(empty: Database) -> None:
    await schema.migrate(empty)

    def differences(connection: sa.Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, schema.METADATA))

    async with empty.connect() as connection:
        assert await connection.run_sync(differences) == []


def test_there_is_one_newest_version() -> None:
    script = ScriptDirectory(str(ROOT / "store" / "migrations"))
    assert script.get_heads() == [schema.newest()]
    assert all(revision.doc for revision in script.walk_revisions())


async def test_every_step_goes_up_and_down_again(empty: Database) -> None:
    script = ScriptDirectory(str(ROOT / "store" / "migrations"))
    revisions = [revision.revision for revision in reversed(list(script.walk_revisions()))]
    for below, revision in zip(["base", *revisions], revisions, strict=False):
        await schema.migrate(empty, revision)
        await schema.downgrade(empty, below)
        await schema.migrate(empty, revision)
    assert await schema.is_current(empty)
    await schema.downgrade(empty, "base")
    assert await tables_of(empty) == {"alembic_version"}


async def test_migrating_twice_changes_nothing(database: Database) -> None:
    before = await tables_of(database)
    await schema.migrate(database)
    assert await tables_of(database) == before


async def test_a_database_without_tables_is_not_current(empty: Database) -> None:
    assert not await schema.is_current(empty)


async def test_copying_a_table_keeps_what_refers_to_it(database: Database) -> None:
    async with database.write() as session:
        await session.execute(
            sa.text("INSERT INTO members (name, locale, created_at, active) VALUES ('Ann', 'en', :at, true)"),
            {"at": NOW if not database.is_sqlite else NOW.isoformat(" ")},
        )
        await session.execute(
            sa.text(
                "INSERT INTO identities (member_id, platform, external_id, email_verified, profiled, active) "
                "SELECT id, 'test', 'ann', false, false, true FROM members"
            )
        )

    def copy(connection: sa.Connection) -> None:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("members", recreate="auto") as batch:
            batch.alter_column("name", type_=sa.String(300))

    async with database.connect() as connection:
        await connection.run_sync(copy)
    async with database.read() as session:
        assert await session.scalar(sa.text("SELECT count(*) FROM identities")) == 1


async def test_several_tasks_that_migrate_at_once_make_one_schema(empty: Database) -> None:
    others = [Database(empty.url.render_as_string(hide_password=False)) for _ in range(3)]
    await asyncio.gather(*(schema.migrate(other) for other in others))
    for other in others:
        await other.close()
    assert await schema.is_current(empty)


@pytest.mark.processes
async def test_several_processes_that_start_at_once_fill_one_database(
    empty: Database, tmp_path: Path
) -> None:
    url = empty.url.render_as_string(hide_password=False)
    environment = {**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(ROOT)}

    def migrate() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "bot", "migrate"],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    ended = [process.communicate(timeout=60) for process in [migrate() for _ in range(PROCESSES)]]
    assert ended == [("The database is at the newest version.\n", "")] * PROCESSES
    async with empty.read() as session:
        names = (await session.scalars(sa.text("SELECT name FROM organisations"))).all()
    assert len(names) == len(set(names)) > 80
