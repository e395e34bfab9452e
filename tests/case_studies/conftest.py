"""The bot of every test of case studies."""

from __future__ import annotations

import pytest

from store.database import Database
from tests.bot import TestBot, TestClock
from tests.case_studies.council import council_bot


@pytest.fixture
async def bot(database: Database, clock: TestClock) -> TestBot:
    return await council_bot(database, clock)
