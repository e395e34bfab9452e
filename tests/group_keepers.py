"""A bot with an administrator who looks after groups, for tests of that."""

from __future__ import annotations

import pytest

from store import audit, groups
from store.groups import Group
from store.roles import Role
from tests.bot import TestBot
from tests.network import (
    add_person,
)


async def group_named(bot: TestBot, name: str) -> Group:
    async with bot.database.read() as session:
        found = await groups.named(session, name)
    assert found is not None
    return found


async def acts(bot: TestBot) -> list[str]:
    async with bot.database.read() as session:
        return [row.act for row in await audit.recent(session)][::-1]


@pytest.fixture
async def ada(bot: TestBot) -> TestBot:
    """The bot, with Ada for an administrator."""
    await add_person(bot, "ada", Role.ADMINISTRATOR)
    return bot
