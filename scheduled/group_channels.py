"""The channels of groups: makes those that were asked for, goes into public ones, and notices being out."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from handlers import enrolment_channels
from handlers.group_channel_cards import lost, made, not_made, went_back
from handlers.kit.context import Compose, Surroundings
from handlers.kit.errors import DeliveryError
from handlers.kit.messages import Message
from handlers.kit.platform import Channels, Clock, SeenChannel
from handlers.kit.words import Words
from scheduled.telling import tell
from store import channel_tasks, channels, group_channels, groups, members, roles
from store.channel_tasks import ChannelAction, ChannelTask, TaskStatus
from store.database import Database
from store.group_channels import GroupChannel
from store.groups import Group

log = structlog.get_logger(__name__)

# How often the channels are looked over: that the bot was taken out is noticed within the hour.
LOOK_EVERY = timedelta(minutes=30)
LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 8
PAUSE = timedelta(minutes=1)
TASKS_A_TICK = 20
# How many names are tried when others have the one that was wished for.
NAMES_TRIED = 5


@dataclass
class Look:
    """How far this process is with looking over the channels of one platform."""

    due_at: datetime | None = None
    cursor: str | None = None
    seen: dict[str, SeenChannel] = field(default_factory=dict)
    # The channels that groups had when it began: one that came later may be on no page.
    known: frozenset[str] = frozenset()


def job(
    database: Database, clock: Clock, platforms: Mapping[str, object], surroundings: Surroundings
) -> Callable[[], Awaitable[None]]:
    """For every connected platform that has channels. A process looks once when it starts."""
    keeper = Keeper(database, clock, surroundings)

    async def run() -> None:
        for name, platform in platforms.items():
            if isinstance(platform, Channels):
                await keeper.look(name, platform)
                for _task in range(TASKS_A_TICK):
                    if not await keeper.work(name, platform):
                        break
                await keeper.tell_of_returns(name)

    return run


def _lost(words: Words, *, group: Group, held: GroupChannel) -> Message:
    return lost(words, group, held.platform, held.problem, private=held.private)


class Keeper:
    def __init__(self, database: Database, clock: Clock, surroundings: Surroundings) -> None:
        self._database = database
        self._clock = clock
        self._surroundings = surroundings
        self._looks: dict[str, Look] = {}

    async def look(self, name: str, platform: Channels) -> None:
        """Read every channel, if that is due, and hold those of groups against it."""
        now, look = self._clock(), self._looks.setdefault(name, Look())
        if look.due_at is not None and now < look.due_at:
            return
        try:
            if look.cursor is None:
                async with self._database.read() as session:
                    pairs = await group_channels.on_platform(session, name)
                look.known = frozenset(channel.external_id for _group, channel in pairs)
            while True:
                page = await platform.channels(look.cursor)
                look.seen |= {one.id: one for one in page.channels}
                look.cursor = page.next
                if page.next is None:
                    break
        except DeliveryError as error:
            # It goes on at the page it stopped at.
            pause = timedelta(seconds=error.retry_after) if error.retry_after is not None else LOOK_EVERY
            look.due_at = now + pause
            log.info("channels.unread", platform=name, reason=error.reason)
            return
        seen, self._looks[name] = look.seen, Look(due_at=now + LOOK_EVERY)
        async with self._database.write() as session:
            for one in seen.values():
                await channels.save(
                    session,
                    name,
                    one.id,
                    name=one.name[:200],
                    is_private=one.private,
                    is_archived=one.archived,
                    joined=one.joined,
                )
            for group, held in await enrolment_channels.compare(session, name, seen, now, known=look.known):
                await self._tell(session, None, partial(_lost, group=group, held=held))

    async def tell_of_returns(self, name: str) -> None:
        """Tell administrators where the bot was taken out and went back in: of one channel at once, and
        then at most once an hour."""
        async with self._database.read() as session:
            if not await group_channels.returned_untold(session, name):
                return
        async with self._database.write() as session:
            for group, held in await group_channels.returned_untold(session, name):
                if count := held.to_tell(self._clock()):
                    await self._tell(session, None, partial(went_back, group=group, count=count))

    async def work(self, name: str, platform: Channels) -> bool:
        """Do one task, between two transactions; False when nothing more can be done now."""
        now = self._clock()
        # A lease of this very attempt: what comes of an older one is not written down.
        owner = uuid.uuid4().hex
        async with self._database.write() as session:
            claimed = await channel_tasks.claim(session, name, owner, until=now + LEASE, now=now)
        if claimed is None:
            return False
        task, group = claimed
        try:
            if task.action == ChannelAction.CREATE:
                channel, written = await self._create(platform, task, group)
                await self._made(name, task, owner, channel, written)
            else:
                await self._join(name, platform, task, owner)
        except DeliveryError as error:
            await self._refused(name, task, owner, error)
            return error.retry_after is None
        return True

    async def _create(self, platform: Channels, task: ChannelTask, group: Group) -> tuple[str, str]:
        """Make a channel under the name wished for, or the next that is free."""
        for number in range(1, NAMES_TRIED + 1):
            wished = task.name if number == 1 else f"{task.name} {number}"
            try:
                channel = await platform.create(
                    wished, private=task.private, purpose=group.purpose_for(group.language)
                )
            except DeliveryError as error:
                if error.reason != "name_taken":
                    raise
                continue
            async with self._database.read() as session:
                holder = await group_channels.by_channel(session, platform.name, channel)
            # One that the bot made under this name before may be another group's.
            if holder is None or holder[0].id == group.id:
                return channel, wished
        raise DeliveryError("name_taken", retry_after=None)

    async def _made(self, name: str, task: ChannelTask, owner: str, channel: str, wished: str) -> None:
        now = self._clock()
        async with self._database.write() as session:
            held = await channel_tasks.leased(session, task.group_id, name, owner)
            group = await groups.by_id(session, task.group_id)
            if held is None or group is None:
                log.warning("channels.made_for_nobody", group=task.group_id, channel=channel)
                return
            written = wished.strip().lower().replace(" ", "-")
            if await channels.by_id(session, name, channel) is None:
                await channels.save(
                    session, name, channel, name=written, is_private=task.private, joined=True
                )
            known = await channels.by_id(session, name, channel)
            await enrolment_channels.point_at(
                session, group, name, channel, private=task.private, joined=True, now=now
            )
            await session.delete(held)
            shown = known.name if known else written
            await self._tell(session, task.asked_by_id, lambda words: made(words, group, shown))

    async def _join(self, name: str, platform: Channels, task: ChannelTask, owner: str) -> None:
        async with self._database.read() as session:
            found = {one.platform: one for one in await group_channels.of_group(session, task.group_id)}
        if name in found:
            await platform.join(found[name].external_id)
        now = self._clock()
        async with self._database.write() as session:
            held = await channel_tasks.leased(session, task.group_id, name, owner)
            group = await groups.by_id(session, task.group_id)
            if held is None or group is None:
                return
            for one in await group_channels.of_group(session, group.id):
                if one.platform == name:
                    await enrolment_channels.back_in(session, one, now)
                    one.returns_untold += held.action == ChannelAction.REJOIN
            await session.delete(held)

    async def _refused(self, name: str, task: ChannelTask, owner: str, error: DeliveryError) -> None:
        """Put it off where trying again can help; else keep why, and tell whoever asked."""
        now = self._clock()
        async with self._database.write() as session:
            held = await channel_tasks.leased(session, task.group_id, name, owner)
            group = await groups.by_id(session, task.group_id)
            if held is None or group is None:
                return
            held.owner = held.lease_until = None
            held.reason = error.reason
            if error.retry_after is not None:
                held.attempts += error.started
                if held.attempts < MOST_ATTEMPTS:
                    held.due_at = now + max(timedelta(seconds=error.retry_after), PAUSE * held.attempts)
                    return
            held.status = TaskStatus.FAILED
            log.warning("channels.refused", group=group.id, action=held.action, reason=error.reason)
            private = False
            for one in await group_channels.of_group(session, group.id):
                if one.platform == name and held.action != ChannelAction.CREATE:
                    one.problem, private = error.reason[:80], one.private
            if held.action == ChannelAction.CREATE:
                await self._tell(
                    session, held.asked_by_id, lambda words: not_made(words, group, name, error.reason)
                )
            else:
                await self._tell(
                    session,
                    held.asked_by_id,
                    lambda words: lost(words, group, name, error.reason, private=private),
                )

    async def _tell(self, session: AsyncSession, asked_by_id: int | None, compose: Compose) -> None:
        """Tell whoever asked, or every administrator; once, as it is written with what it tells of."""
        asker = await members.by_id(session, asked_by_id) if asked_by_id else None
        readers = [asker] if asker is not None and asker.active else await roles.administrators(session)
        key = f"group.channel:{uuid.uuid4().hex}"
        await tell(session, self._surroundings, readers, compose, key=key, now=self._clock())
