"""The jobs that look after the channels of groups, for tests to run when they please."""

from __future__ import annotations

from sqlalchemy import select

from scheduled import group_channels as scheduled_channels
from scheduled import invitations as scheduled_invitations
from store import group_channels
from store.group_channels import GroupChannel
from store.groups import Group
from store.outbox import OutboxRow
from tests.bot import TestBot
from tests.fakes.channels import FakeChannels


class Clockwork:
    """The job of the channels, and that of the invitations."""

    def __init__(self, bot: TestBot, slack: FakeChannels) -> None:
        self._bot = bot
        platforms = {"slack": slack, "test": bot.platform}
        self._channels = scheduled_channels.job(bot.database, bot.clock, platforms, bot.surroundings)
        self._invitations = scheduled_invitations.job(bot.database, bot.clock, platforms, "p1")

    async def tick(self) -> None:
        await self._channels()
        await self._invitations()
        await self._bot.deliver()

    async def later(self) -> None:
        """Half an hour on, when the channels are looked over again."""
        self._bot.clock.advance(minutes=31)
        await self.tick()


async def channel_of(bot: TestBot, group: Group) -> GroupChannel | None:
    async with bot.database.read() as session:
        return next(iter(await group_channels.of_group(session, group.id)), None)


async def told(bot: TestBot) -> list[str]:
    """What administrators were told besides the answers to what they did."""
    async with bot.database.read() as session:
        rows = await session.scalars(
            select(OutboxRow).where(OutboxRow.key.startswith("group.")).order_by(OutboxRow.created_at)
        )
        return [row.message["text"] for row in rows]
