"""The schema: bringing a database to the newest version, safely when several processes start at once."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from store.database import Base, Database

# Importing a module of tables is what puts them into the metadata.
_PACKAGE = Path(__file__).parent
for _module in iter_modules([str(_PACKAGE)]):
    if not _module.ispkg and _module.name != "schema":
        import_module(f"store.{_module.name}")
METADATA = Base.metadata

# Any number will do, as long as every process that migrates takes the same one.
_POSTGRES_LOCK = 7_205_512


async def migrate(database: Database, revision: str = "head") -> None:
    """Upgrade to a revision. Other processes that want to migrate wait until this one is done."""
    async with database.connect() as connection:
        if not database.is_sqlite:
            # On SQLite, the connection's BEGIN IMMEDIATE is the lock.
            await lock(connection)
        await connection.run_sync(_upgrade, revision)


async def lock(held: AsyncConnection | AsyncSession) -> None:
    """On PostgreSQL, wait until no other process sets up this database; ends with the transaction."""
    await held.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _POSTGRES_LOCK})


async def downgrade(database: Database, revision: str) -> None:
    """Go back to a revision; ``base`` is an empty database."""
    async with database.connect() as connection:
        if not database.is_sqlite:
            await lock(connection)
        await connection.run_sync(_downgrade, revision)


async def is_current(database: Database) -> bool:
    """Whether the database is at the newest version that this code knows."""
    async with database.read() as session:
        connection = await session.connection()
        return await connection.run_sync(_current) == newest()


async def is_new(database: Database) -> bool:
    """Whether the database was never migrated."""
    async with database.read() as session:
        connection = await session.connection()
        return await connection.run_sync(_current) is None


def newest() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_PACKAGE / "migrations"))
    return config


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection, revision: str) -> None:
    config = _config()
    if revision == "head" and _current(connection) == newest():
        return
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    _check_references(connection)


def _downgrade(connection: Connection, revision: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.downgrade(config, revision)
    _check_references(connection)


def _check_references(connection: Connection) -> None:
    """On SQLite, migrations run with foreign keys off; what they leave behind must be whole all the same."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise CommandError(f"rows of {broken[0]} refer to rows that are not there")
