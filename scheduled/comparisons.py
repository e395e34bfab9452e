"""Comparisons: holds the database against who really is in the channels of groups, page by page."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from handlers import comparisons, enrolment_channels
from handlers.group_channel_cards import lost
from handlers.kit.context import Surroundings
from handlers.kit.errors import DeliveryError
from handlers.kit.platform import Channels, Clock, MemberPage
from handlers.refusals import OF_CHANNEL
from handlers.rules_of_engagement import card, key_of
from scheduled.telling import tell
from store import comparisons as stored
from store import group_channels, groups, roles, rules_of_engagement
from store.comparisons import Comparison
from store.database import Database
from store.group_channels import GroupChannel
from store.groups import Group
from store.members import Member

log = structlog.get_logger(__name__)

# How often each channel is compared.
EVERY = timedelta(hours=1)
# How long one attempt keeps a comparison to itself: longer than any one call takes.
LEASE = timedelta(minutes=5)
# A page is a call; Slack takes about a hundred a minute, and this job comes twice a minute.
CALLS_A_TICK = 30


def job(
    database: Database, clock: Clock, platforms: Mapping[str, object], surroundings: Surroundings
) -> Callable[[], Awaitable[None]]:
    """For every connected platform that has channels. How far each has come stands in the database, so
    that a restart goes on there."""
    comparer = Comparer(database, clock, surroundings)

    async def run() -> None:
        for name, platform in platforms.items():
            if isinstance(platform, Channels):
                for _call in range(CALLS_A_TICK):
                    if not await comparer.step(name, platform):
                        break

    return run


class Comparer:
    def __init__(self, database: Database, clock: Clock, surroundings: Surroundings) -> None:
        self._database = database
        self._clock = clock
        self._surroundings = surroundings

    async def step(self, name: str, platform: Channels) -> bool:
        """Read one page, between two transactions; False when nothing more can be done now."""
        now, owner = self._clock(), uuid.uuid4().hex
        async with self._database.write() as session:
            claimed = await stored.claim(session, name, owner, until=now + LEASE, now=now)
        if claimed is None:
            return False
        comparison, _group, channel = claimed
        try:
            page = await platform.members(channel.external_id, comparison.cursor)
        except DeliveryError as error:
            await self._put_off(comparison, owner, error)
            return error.retry_after is None
        await self._take(comparison, owner, page)
        return True

    async def _take(self, claimed: Comparison, owner: str, page: MemberPage) -> None:
        now = self._clock()
        async with self._database.write() as session:
            comparison = await stored.leased(session, claimed, owner)
            group = await groups.by_id(session, claimed.group_id)
            if comparison is None or group is None:
                return
            newcomers = await comparisons.take_page(session, group, comparison, page.people, now)
            if group.requires_rules:
                await self._ask(session, newcomers, now)
            comparison.owner = comparison.lease_until = None
            comparison.cursor = page.next
            if page.next is not None:
                return
            found = await comparisons.finish(session, group, comparison, now)
            if found:
                key = f"group.drift:{group.id}:{claimed.platform}:{comparison.started_at}"
                await tell(
                    session,
                    self._surroundings,
                    await roles.administrators(session),
                    lambda words: comparisons.report(words, group, found),
                    key=key,
                    now=now,
                )
            comparison.compared_at, comparison.started_at, comparison.due_at = now, None, now + EVERY
        log.info("comparison.done", group=claimed.group_id, platform=claimed.platform, drifts=len(found))

    async def _ask(self, session: AsyncSession, newcomers: Sequence[Member], now: datetime) -> None:
        """Ask those for the rules of engagement who came into a channel that requires them."""
        in_force = await rules_of_engagement.current(session)
        if in_force is None:
            return
        for member in await rules_of_engagement.not_asked(
            session, in_force.version, [one.id for one in newcomers]
        ):
            await rules_of_engagement.note_asked(session, member.id, in_force.version, now)
            key = key_of(in_force.version, member.id)
            await tell(
                session, self._surroundings, [member], lambda words: card(words, in_force), key=key, now=now
            )

    async def _put_off(self, claimed: Comparison, owner: str, error: DeliveryError) -> None:
        """The page was refused: for now, or because the bot can do nothing in the channel."""
        now = self._clock()
        async with self._database.write() as session:
            comparison = await stored.leased(session, claimed, owner)
            found = await group_channels.by_channel(session, claimed.platform, claimed.external_id)
            if comparison is None or found is None:
                return
            comparison.owner = comparison.lease_until = None
            if error.retry_after is not None:
                comparison.due_at = now + timedelta(seconds=error.retry_after)
                return
            # The next one begins at the first page.
            comparison.started_at, comparison.cursor, comparison.due_at = None, None, now + EVERY
            if error.reason in OF_CHANNEL:
                await self._lose(session, *found, error.reason, now)
        log.warning("comparison.refused", group=claimed.group_id, reason=error.reason)

    async def _lose(
        self, session: AsyncSession, group: Group, held: GroupChannel, reason: str, now: datetime
    ) -> None:
        if await enrolment_channels.shut_out(session, held, reason, now):
            await tell(
                session,
                self._surroundings,
                await roles.administrators(session),
                lambda words: lost(words, group, held.platform, reason, private=held.private),
                key=f"group.channel:{uuid.uuid4().hex}",
                now=now,
            )
