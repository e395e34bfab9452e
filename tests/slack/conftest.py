"""What the Slack tests share: a workspace with the bot in it, on SQLite."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.database import Database
from tests.slack.workspace import Workspace, workspace


@pytest.fixture
async def database(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[Database]:
    """What the surface writes goes through the dispatcher, which is tested on PostgreSQL as well."""
    path = tmp_path / "bot.db"
    shutil.copy(sqlite_template, path)
    opened = Database(f"sqlite:///{path}")
    yield opened
    await opened.close()


@pytest.fixture
async def place(database: Database) -> AsyncIterator[Workspace]:
    """A workspace whose bot listens by HTTP."""
    async with workspace(database) as running:
        yield running
