"""The database: engines, the one place where transactions begin and end, and column types."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import DateTime, Dialect, MetaData, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import NullPool
from sqlalchemy.types import TypeDecorator

SQLITE_BUSY_TIMEOUT_MS = 15_000
SQLITE_READERS = 4
POSTGRES_CONNECTIONS = 10
# PostgreSQL's integer ends here: https://www.postgresql.org/docs/current/datatype-numeric.html
LARGEST_ID = 2**31 - 1
POSTGRES_CONNECT_SECONDS = 5
# No connection, no room, starting or stopping, and transactions that lost against another.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
PASSING_STATES = ("08", "40", "53", "57P")


class UTCDateTime(TypeDecorator[datetime]):
    """An aware point in time, stored in UTC; SQLite would otherwise give it back without its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a point in time must carry its zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base of every table; names of constraints are fixed so that migrations can find them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UTCDateTime()}  # noqa: RUF012 (SQLAlchemy reads it off the class)


class Database:
    """SQLite in a file, or PostgreSQL.

    ``write()`` is the unit of work of the dispatcher, the relay and the job runner; ``read()`` refuses
    to write. On SQLite one connection writes, so that writers of this process queue in order instead
    of polling a lock; other processes are waited for up to ``SQLITE_BUSY_TIMEOUT_MS``. Errors name no
    values: they would put what people wrote into logs.
    """

    def __init__(self, url: str) -> None:
        self.url = _async_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            # Values of people stand in statements: they are kept out of errors, and so out of logs.
            self._writer = create_async_engine(
                self.url, pool_size=1, max_overflow=0, pool_timeout=10, hide_parameters=True
            )
            self._reader = create_async_engine(
                self.url, pool_size=SQLITE_READERS, max_overflow=0, hide_parameters=True
            )
            _prepare_sqlite(self._writer, begin="BEGIN IMMEDIATE", read_only=False)
            _prepare_sqlite(self._reader, begin="BEGIN", read_only=True)
        else:
            # PostgreSQL's own name for it: a database shared with others keeps our tables in a schema.
            path = self.url.query.get("search_path")
            self._writer = create_async_engine(
                self.url.difference_update_query(["search_path"]),
                pool_size=POSTGRES_CONNECTIONS,
                max_overflow=0,
                pool_pre_ping=True,
                hide_parameters=True,
                connect_args={
                    "timeout": POSTGRES_CONNECT_SECONDS,
                    "server_settings": {"search_path": path} if path else {},
                },
            )
            self._reader = self._writer.execution_options(postgresql_readonly=True)

    @property
    def path(self) -> Path | None:
        """The file of an SQLite database; None on PostgreSQL."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A session in one transaction: committed at the end of the block, rolled back on any error."""
        async with AsyncSession(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that sees one moment and cannot write."""
        async with AsyncSession(self._reader, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncConnection]:
        """A bare writing connection in a transaction, for migrations.

        On SQLite, a migration may copy a table, drop it and rename the copy. With foreign keys on, the
        drop would delete what refers to its rows; so they are off here.
        """
        if not self.is_sqlite:
            async with self._writer.begin() as connection:
                yield connection
            return
        engine = create_async_engine(self.url, poolclass=NullPool, hide_parameters=True)
        _prepare_sqlite(engine, begin="BEGIN IMMEDIATE", read_only=False, foreign_keys=False)
        async with engine.begin() as connection:
            yield connection

    async def ping(self) -> None:
        """Raise if the database cannot be reached."""
        async with self.read() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self._writer.dispose()
        if self.is_sqlite:
            await self._reader.dispose()


def is_unavailable(error: BaseException) -> bool:
    """Whether an error says that the database is away, locked or too busy, and not that a query is wrong."""
    if isinstance(error, TimeoutError | OSError):
        return True
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        code = str(getattr(error.orig, "sqlstate", None) or "")
        if code.startswith(PASSING_STATES):
            return True
        words = str(error.orig).lower()
        return any(
            sign in words
            for sign in ("database is locked", "connection", "unable to open", "terminating", "disk i/o")
        )
    return type(error).__module__ == "sqlalchemy.exc" and type(error).__name__ == "TimeoutError"


def _async_url(url: str) -> URL:
    """Accepts the addresses people write (``sqlite:///…``, ``postgresql://…``) and names the async driver."""
    parsed = make_url(url)
    drivers = {
        "sqlite": "sqlite+aiosqlite",
        "postgresql": "postgresql+asyncpg",
        "postgres": "postgresql+asyncpg",
    }
    backend = parsed.drivername.split("+")[0]
    if backend not in drivers:
        raise ValueError("must begin with sqlite:// or postgresql://")
    if backend == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise ValueError("must name a file, as sqlite:///var/bot.db does")
    return parsed.set(drivername=drivers[backend])


def _prepare_sqlite(engine: AsyncEngine, *, begin: str, read_only: bool, foreign_keys: bool = True) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        # The driver would begin transactions by itself, too late and deferred: we begin them.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {SQLITE_BUSY_TIMEOUT_MS}")
        if not read_only:
            cursor.execute("PRAGMA journal_mode = WAL")
        # FULL: what was acknowledged survives a power cut, not only a crash of the process.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        if read_only:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)
