"""The workspace that the fake keeps in memory: its team, app, people, channels and messages."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
ChannelKind = Literal["channel", "private", "im"]

# Everything that a bot of this kind could be granted; a test narrows it with `app.scopes`.
ALL_SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:join",
        "channels:manage",
        "channels:read",
        "chat:write",
        "chat:write.public",
        "commands",
        "groups:history",
        "groups:read",
        "groups:write",
        "im:history",
        "im:read",
        "im:write",
        "reactions:write",
        "team:read",
        "usergroups:read",
        "usergroups:write",
        "users:read",
        "users:read.email",
    }
)


@dataclass
class App:
    """The bot's app as it is installed in the workspace."""

    id: str = "A00000000F"
    name: str = "Member bot"
    bot_id: str = "B00000000F"
    bot_user_id: str = "U00000000F"
    bot_token: str = "xoxb-fake-token"
    app_token: str = "xapp-fake-token"
    signing_secret: str = "fake-signing-secret"
    verification_token: str = "fake-verification-token"
    scopes: set[str] = field(default_factory=lambda: set(ALL_SCOPES))
    token_error: str | None = None
    """What every call is refused with, such as `token_revoked` after the app was removed."""
    home_tab: bool = True


@dataclass
class User:
    id: str
    name: str
    real_name: str
    email: str
    team_id: str
    is_email_confirmed: bool = True
    is_bot: bool = False
    bot_id: str = ""
    deleted: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    is_admin: bool = False
    is_owner: bool = False
    locale: str = "en-GB"
    tz: str = "Europe/London"
    title: str = ""

    def to_json(self, *, email: bool = True, locale: bool = True) -> Json:
        """The user object; without the scope for e-mail addresses, Slack leaves them out."""
        profile: Json = {
            "real_name": self.real_name,
            "real_name_normalized": self.real_name,
            "display_name": self.name,
            "display_name_normalized": self.name,
            "title": self.title,
            "team": self.team_id,
        }
        if email and self.email:
            profile["email"] = self.email
        if self.is_bot:
            profile["bot_id"] = self.bot_id
        user: Json = {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "deleted": self.deleted,
            "profile": profile,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "updated": 1_700_000_000,
        }
        if not self.deleted:
            user |= {
                "real_name": self.real_name,
                "tz": self.tz,
                "is_admin": self.is_admin,
                "is_owner": self.is_owner,
                "is_restricted": self.is_restricted,
                "is_ultra_restricted": self.is_ultra_restricted,
                "is_email_confirmed": self.is_email_confirmed,
            }
        if self.is_stranger:
            user["is_stranger"] = True
        if locale:
            user["locale"] = self.locale
        return user


@dataclass
class Message:
    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    bot_id: str | None = None
    app_id: str | None = None
    metadata: Json | None = None
    subtype: str | None = None
    edited_ts: str | None = None
    ephemeral_to: str | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    reply_ts: list[str] = field(default_factory=list)
    state: Json = field(default_factory=dict)
    """What a person chose in this message's menus, by block and action."""

    @property
    def in_thread(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts

    def to_json(self, *, metadata: bool = False) -> Json:
        message: Json = {"type": "message", "user": self.user, "text": self.text, "ts": self.ts}
        if self.subtype:
            message["subtype"] = self.subtype
        if self.blocks:
            message["blocks"] = self.blocks
        if self.bot_id:
            message |= {"bot_id": self.bot_id, "app_id": self.app_id}
        if self.reply_ts:
            message |= {"reply_count": len(self.reply_ts), "latest_reply": self.reply_ts[-1]}
        if self.thread_ts or self.reply_ts:
            message["thread_ts"] = self.thread_ts or self.ts
        if self.edited_ts:
            message["edited"] = {"user": self.user, "ts": self.edited_ts}
        if self.reactions:
            message["reactions"] = [
                {"name": name, "users": users, "count": len(users)} for name, users in self.reactions.items()
            ]
        if metadata and self.metadata:
            message["metadata"] = self.metadata
        return message


@dataclass
class Channel:
    id: str
    name: str
    kind: ChannelKind = "channel"
    members: dict[str, None] = field(default_factory=dict)
    is_archived: bool = False
    is_general: bool = False
    is_ext_shared: bool = False
    creator: str = ""
    topic: str = ""
    purpose: str = ""
    created: int = 0
    messages: dict[str, Message] = field(default_factory=dict)
    """By ts, oldest first; replies in threads are among them."""

    @property
    def type(self) -> Literal["channel", "group", "im"]:
        """The word for its kind in events."""
        match self.kind:
            case "channel":
                return "channel"
            case "private":
                return "group"
            case "im":
                return "im"

    def to_json(self, viewer: str) -> Json:
        if self.kind == "im":
            other = next((member for member in self.members if member != viewer), viewer)
            return {
                "id": self.id,
                "created": self.created,
                "is_im": True,
                "user": other,
                "is_archived": False,
            }
        return {
            "id": self.id,
            "name": self.name,
            "name_normalized": self.name,
            "created": self.created,
            "creator": self.creator,
            "is_channel": self.kind == "channel",
            "is_group": self.kind == "private",
            "is_im": False,
            "is_mpim": False,
            "is_private": self.kind == "private",
            "is_archived": self.is_archived,
            "is_general": self.is_general,
            "is_ext_shared": self.is_ext_shared,
            "is_member": viewer in self.members,
            "num_members": len(self.members),
            "topic": {"value": self.topic, "creator": self.creator, "last_set": self.created},
            "purpose": {"value": self.purpose, "creator": "", "last_set": 0},
        }


@dataclass
class UserGroup:
    id: str
    team_id: str
    name: str
    handle: str
    description: str = ""
    users: list[str] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    is_disabled: bool = False
    created_by: str = ""

    def to_json(self, *, users: bool = True) -> Json:
        group: Json = {
            "id": self.id,
            "team_id": self.team_id,
            "is_usergroup": True,
            "name": self.name,
            "handle": self.handle,
            "description": self.description,
            "date_delete": int(self.is_disabled),
            "created_by": self.created_by,
            "prefs": {"channels": self.channels, "groups": []},
            "user_count": len(self.users),
        }
        if users:
            group["users"] = self.users
        return group


class Workspace:
    """Who and what is there; nothing here speaks HTTP or tells the app."""

    def __init__(self, *, name: str, app: App, clock: Callable[[], float] = time.time) -> None:
        self.team_id = "T00000000F"
        self.name = name
        self.domain = name.lower().replace(" ", "-")
        self.app = app
        self.clock = clock
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.groups: dict[str, UserGroup] = {}
        self.ephemerals: list[Message] = []
        self.is_paid = True
        # Whether everybody may manage user groups: a bot can only where that is set.
        self.user_groups_for_all = True
        self._ids = itertools.count(1)
        self._last_ts = 0
        self._ims: dict[str, Channel] = {}
        bot = User(app.bot_user_id, "memberbot", app.name, "", self.team_id, is_bot=True, bot_id=app.bot_id)
        self.users[bot.id] = bot

    def new_id(self, prefix: str) -> str:
        return f"{prefix}0{next(self._ids):08d}"

    def new_ts(self) -> str:
        """A message's time in microseconds, later than every one before it."""
        self._last_ts = max(int(self.clock() * 1_000_000), self._last_ts + 1)
        seconds, micros = divmod(self._last_ts, 1_000_000)
        return f"{seconds}.{micros:06d}"

    @property
    def bot(self) -> User:
        return self.users[self.app.bot_user_id]

    def people(self) -> Iterable[User]:
        return (user for user in self.users.values() if not user.is_bot and not user.deleted)

    def im(self, user_id: str) -> Channel:
        """The direct conversation between the app's bot and a person, made at first need."""
        channel = self._ims.get(user_id)
        if channel is None:
            members = dict.fromkeys((self.app.bot_user_id, user_id))
            channel = Channel(self.new_id("D"), "", "im", members, created=int(self.clock()))
            self._ims[user_id] = self.channels[channel.id] = channel
        return channel

    def post(self, channel: Channel, user: User, text: str, **details: Any) -> Message:
        """Add a message; an ephemeral one is kept beside the channel, as only its reader sees it."""
        message = Message(self.new_ts(), channel.id, user.id, text, **details)
        if user.is_bot:
            message.bot_id = user.bot_id
            message.app_id = self.app.id if user.id == self.app.bot_user_id else None
        fill_ids(message.blocks)
        if message.ephemeral_to:
            self.ephemerals.append(message)
            return message
        channel.messages[message.ts] = message
        if message.in_thread and message.thread_ts in channel.messages:
            channel.messages[message.thread_ts].reply_ts.append(message.ts)
        return message

    def remove(self, message: Message) -> None:
        if message.ephemeral_to:
            self.ephemerals.remove(message)
            return
        channel = self.channels[message.channel]
        del channel.messages[message.ts]
        parent = channel.messages.get(message.thread_ts or "")
        if parent is not None and message.ts in parent.reply_ts:
            parent.reply_ts.remove(message.ts)


def fill_ids(blocks: list[Json]) -> None:
    """Slack gives every block and every interactive element an id where the app gave none."""
    for number, block in enumerate(blocks):
        block.setdefault("block_id", f"b{number:03d}")
        elements = block.get("elements", []) if block["type"] == "actions" else []
        for place, element in enumerate([*elements, block.get("accessory"), block.get("element")]):
            if isinstance(element, dict) and element.get("type") != "image":
                element.setdefault("action_id", f"a{number:03d}{place:02d}")
