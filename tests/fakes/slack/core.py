"""The parts of the fake put together: state, delivery, events, and waiting for something to happen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from tests.fakes.slack import limits
from tests.fakes.slack.delivery import Delivery
from tests.fakes.slack.errors import SlackError
from tests.fakes.slack.events import Events
from tests.fakes.slack.rate_limits import RateLimits
from tests.fakes.slack.sockets import Sockets
from tests.fakes.slack.triggers import ResponseUrls, Triggers
from tests.fakes.slack.views import Views
from tests.fakes.slack.workspace import App, Channel, Message, User, Workspace

Found = TypeVar("Found")


class Core:
    """What the Web API and the people in the workspace act upon."""

    def __init__(
        self,
        *,
        name: str = "Demo Borough",
        app: App | None = None,
        app_url: str | None = None,
        clock: Callable[[], float] = time.time,
        retry_delays: Sequence[float] = limits.RETRY_DELAYS,
        trigger_seconds: float = limits.TRIGGER_SECONDS,
        rate_limits: RateLimits | None = None,
    ) -> None:
        self.app = app or App()
        self.clock = clock
        self.url = ""
        """The fake's own address without a slash at the end, once it is started."""
        self.rate_limits = rate_limits
        self.own_message_events = True
        """Whether the app hears its own messages, as it does in Slack."""
        self.workspace = Workspace(name=name, app=self.app, clock=clock)
        self.views = Views(self.workspace)
        self.triggers = Triggers(clock, trigger_seconds)
        self.response_urls = ResponseUrls(clock)
        self.sockets = Sockets(self.app.id, self.changed)
        self.delivery = Delivery(
            self.app, self.sockets, self.changed, app_url=app_url, retry_delays=retry_delays
        )
        self.events = Events(self.workspace, self.delivery, clock)
        self.version = 0
        """Grows with everything that happens; a page that shows less asks again."""
        self._change = asyncio.Event()

    def changed(self) -> None:
        self.version += 1
        self._change.set()
        self._change = asyncio.Event()

    async def until(self, find: Callable[[], Found], *, seconds: float = 5.0) -> Found:
        """Wait until something is found, looking again at each change.

        :raises TimeoutError: it was not found in time.
        """
        async with asyncio.timeout(seconds):
            while not (found := find()):
                await self._change.wait()
        return found

    def channel(self, name_or_id: str | Channel) -> Channel:
        """:raises KeyError: there is no such channel."""
        if isinstance(name_or_id, Channel):
            return name_or_id
        if name_or_id in self.workspace.channels:
            return self.workspace.channels[name_or_id]
        wanted = name_or_id.removeprefix("#")
        for channel in self.workspace.channels.values():
            if channel.name == wanted:
                return channel
        raise KeyError(name_or_id)

    def user(self, name_or_id: str | User) -> User:
        """:raises KeyError: there is no such person."""
        if isinstance(name_or_id, User):
            return name_or_id
        if name_or_id in self.workspace.users:
            return self.workspace.users[name_or_id]
        for user in self.workspace.users.values():
            if user.name == name_or_id:
                return user
        raise KeyError(name_or_id)

    def name_of(self, about: str) -> str:
        """The name of a person, channel or user group by its id; the id where there is none."""
        workspace = self.workspace
        if about in workspace.users:
            return workspace.users[about].real_name
        if about in workspace.channels:
            return workspace.channels[about].name
        return workspace.groups[about].handle if about in workspace.groups else about

    def conversation(self, channel_id: str, *, posting: bool = False) -> Channel:
        """The conversation that the app means, if its bot may see it; a person's id means their DM.

        :raises SlackError: `channel_not_found`, or when posting, why the bot may not.
        """
        workspace, bot = self.workspace, self.app.bot_user_id
        channel = workspace.channels.get(channel_id)
        if channel is None and channel_id in workspace.users:
            user = workspace.users[channel_id]
            if user.is_bot or user.deleted:
                raise SlackError("channel_not_found")
            channel = workspace.im(user.id)
        if channel is None or (channel.kind != "channel" and bot not in channel.members):
            raise SlackError("channel_not_found")
        if posting:
            if channel.is_archived:
                raise SlackError("is_archived")
            if bot not in channel.members and "chat:write.public" not in self.app.scopes:
                raise SlackError("not_in_channel")
        return channel

    def message(self, channel: Channel, ts: str) -> Message:
        """:raises SlackError: `message_not_found`."""
        message = channel.messages.get(ts)
        if message is None:
            raise SlackError("message_not_found")
        return message

    def announce(self, channel: Channel, message: Message) -> None:
        """Tell the app of its own message, in the background."""
        self.changed()
        if self.own_message_events:
            self.delivery.in_background(self.events.message(channel, message))
