"""What happens in the workspace, as the events that the app subscribed to."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Any, Final

from tests.fakes.slack.delivery import Ack, Delivery
from tests.fakes.slack.views import View
from tests.fakes.slack.workspace import Channel, Json, Message, User, Workspace

# The scope without which Slack does not send an event: https://docs.slack.dev/reference/events
EVENT_SCOPES: Final = {
    "app_home_opened": None,
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "member_joined_channel": "channels:read",
    "member_left_channel": "channels:read",
    "team_join": "users:read",
    "user_change": "users:read",
    "channel_archive": "channels:read",
    "channel_rename": "channels:read",
    "app_uninstalled": None,
    "tokens_revoked": None,
}
_MESSAGE_EVENTS: Final = {"channel": "message.channels", "group": "message.groups", "im": "message.im"}


class Events:
    """Builds events and hands them to the delivery, if the app is to have them."""

    def __init__(self, workspace: Workspace, delivery: Delivery, clock: Callable[[], float]) -> None:
        self.subscribed: set[str] = set(EVENT_SCOPES)
        self._workspace = workspace
        self._delivery = delivery
        self._clock = clock

    async def message(self, channel: Channel, message: Message) -> list[Ack]:
        """Tell of a new message; a mention is told twice, as Slack does."""
        event = {
            **message.to_json(metadata=True),
            "channel": channel.id,
            "channel_type": channel.type,
            "event_ts": message.ts,
        }
        if not message.bot_id and not message.subtype:
            event["client_msg_id"] = secrets.token_hex(16)
        sending = [self._send_in(channel, _MESSAGE_EVENTS[channel.type], event)]
        mentions = f"<@{self._workspace.app.bot_user_id}>" in message.text
        if mentions and channel.kind != "im" and not message.subtype and not message.bot_id:
            mention = {key: value for key, value in event.items() if key != "channel_type"}
            sending.insert(0, self._send_in(channel, "app_mention", {**mention, "type": "app_mention"}))
        return [ack for acks in await asyncio.gather(*sending) for ack in acks]

    async def message_changed(self, channel: Channel, message: Message, before: Json) -> list[Ack]:
        event = {
            "type": "message",
            "subtype": "message_changed",
            "message": message.to_json(),
            "previous_message": before,
            "hidden": True,
            "channel": channel.id,
            "channel_type": channel.type,
            "ts": self._workspace.new_ts(),
        }
        return await self._send_in(channel, _MESSAGE_EVENTS[channel.type], event)

    async def message_deleted(self, channel: Channel, message: Message) -> list[Ack]:
        event = {
            "type": "message",
            "subtype": "message_deleted",
            "deleted_ts": message.ts,
            "previous_message": message.to_json(),
            "hidden": True,
            "channel": channel.id,
            "channel_type": channel.type,
            "ts": self._workspace.new_ts(),
        }
        return await self._send_in(channel, _MESSAGE_EVENTS[channel.type], event)

    async def joined(self, channel: Channel, user: User, inviter: str | None) -> list[Ack]:
        event = self._membership("member_joined_channel", channel, user)
        if inviter:
            event["inviter"] = inviter
        return await self._send_in(channel, "member_joined_channel", event)

    async def left(self, channel: Channel, user: User) -> list[Ack]:
        event = self._membership("member_left_channel", channel, user)
        if user.id == self._workspace.app.bot_user_id:
            return await self.send("member_left_channel", event)
        return await self._send_in(channel, "member_left_channel", event)

    async def joined_team(self, user: User) -> list[Ack]:
        return await self.send("team_join", {"type": "team_join", "user": self._seen(user)})

    async def changed(self, user: User) -> list[Ack]:
        event = {"type": "user_change", "user": self._seen(user), "cache_ts": int(self._clock())}
        return await self.send("user_change", event)

    async def home_opened(self, user: User, channel: Channel, tab: str, home: View | None) -> list[Ack]:
        event: Json = {"type": "app_home_opened", "user": user.id, "channel": channel.id, "tab": tab}
        if home is not None:
            event["view"] = home.to_json()
        return await self.send("app_home_opened", event)

    async def send(self, name: str, event: Json) -> list[Ack]:
        """Deliver any event; nothing happens when the app did not subscribe or lacks the scope."""
        scope = EVENT_SCOPES.get(name)
        if name not in self.subscribed or (scope and scope not in self._workspace.app.scopes):
            return []
        return [await self._delivery.event(self.envelope(event))]

    def envelope(self, event: Json) -> Json:
        """What stands around an event on the wire."""
        workspace, app = self._workspace, self._workspace.app
        event.setdefault("event_ts", workspace.new_ts())
        authorization: dict[str, Any] = {
            "enterprise_id": None,
            "team_id": workspace.team_id,
            "user_id": app.bot_user_id,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        return {
            "token": app.verification_token,
            "team_id": workspace.team_id,
            "api_app_id": app.id,
            "type": "event_callback",
            "event_id": workspace.new_id("Ev"),
            "event_time": int(self._clock()),
            "event": event,
            "authorizations": [authorization],
            "is_ext_shared_channel": False,
            "event_context": f"4-{secrets.token_hex(12)}",
        }

    async def _send_in(self, channel: Channel, name: str, event: Json) -> list[Ack]:
        """An app hears only of conversations that its bot is a member of."""
        if self._workspace.app.bot_user_id not in channel.members:
            return []
        return await self.send(name, event)

    def _membership(self, name: str, channel: Channel, user: User) -> Json:
        return {
            "type": name,
            "user": user.id,
            "channel": channel.id,
            "channel_type": "C" if channel.kind == "channel" else "G",
            "team": self._workspace.team_id,
        }

    def _seen(self, user: User) -> Json:
        return user.to_json(email="users:read.email" in self._workspace.app.scopes)
