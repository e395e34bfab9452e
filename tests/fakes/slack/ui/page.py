"""What one person sees of the workspace at this moment."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from tests.fakes.slack.acting import Acting
from tests.fakes.slack.manifest import Manifest
from tests.fakes.slack.views import View
from tests.fakes.slack.workspace import App, Channel, Json, Message, User

ZONE = ZoneInfo("Europe/London")
MESSAGES_SHOWN = 200


@dataclass(frozen=True)
class ShownMessage:
    message: Message
    author: str
    is_app: bool
    time: str
    hue: int


@dataclass(frozen=True)
class Person:
    user: User
    kind: str


class Page:
    """:param place: a channel's id, or `home` for the app's Home tab.

    :raises KeyError: there is no such person or place.
    """

    def __init__(self, slack: Acting, manifest: Manifest, who: str, place: str, thread_ts: str) -> None:
        self._slack = slack
        self.person = slack.user(who) if who else next(iter(slack.workspace.people()))
        self.channels = self._visible_channels()
        self.place = place or self.channels[0].id
        self.thread_ts = thread_ts
        self.version = slack.version
        self.commands = manifest.commands
        self.message_shortcuts = [each for each in manifest.shortcuts if each.get("type") == "message"]
        self._channel = None if self.place == "home" else slack.channel(self.place)

    @property
    def team(self) -> str:
        return self._slack.workspace.name

    @property
    def app(self) -> App:
        return self._slack.app

    @property
    def people(self) -> list[Person]:
        return [Person(user, _kind(user)) for user in self._slack.workspace.people()]

    @property
    def im(self) -> str:
        return self._slack.dm(self.person).id

    @property
    def is_app(self) -> bool:
        return self._channel is None or self._channel.kind == "im"

    @property
    def tab(self) -> str:
        """The app's tab that this person looks at, which Slack tells the app; nothing in a channel."""
        if not self.is_app:
            return ""
        return "home" if self._channel is None else "messages"

    @property
    def is_member(self) -> bool:
        return self._channel is not None and self.person.id in self._channel.members

    @property
    def title(self) -> str:
        if self._channel is None or self._channel.kind == "im":
            return self.app.name
        return f"#{self._channel.name}"

    @property
    def home(self) -> View | None:
        return self._slack.home(self.person)

    @property
    def view(self) -> View | None:
        return self._slack.open_view(self.person)

    @property
    def modal_key(self) -> str:
        """Changes when the modal has to be drawn anew, and not while someone types in it."""
        view = self.view
        return f"{view.id} {view.hash} {view.errors} {view.trouble}" if view else ""

    @property
    def messages(self) -> list[ShownMessage]:
        if self._channel is None:
            return []
        found = [*self._channel.messages.values(), *self._slack.ephemerals(self.person, self._channel)]
        top = (message for message in found if not message.in_thread)
        return [self._shown(message) for message in sorted(top, key=_time)[-MESSAGES_SHOWN:]]

    @property
    def thread(self) -> list[ShownMessage]:
        """The thread that is open beside the channel: its first message and the replies."""
        if self._channel is None or not self.thread_ts:
            return []
        found = [*self._channel.messages.values(), *self._slack.ephemerals(self.person, self._channel)]
        thread = (message for message in found if self.thread_ts in (message.ts, message.thread_ts))
        return [self._shown(message) for message in sorted(thread, key=_time)]

    @cached_property
    def offers(self) -> dict[str, list[Json]]:
        """What the menus of people and channels offer."""
        people = [_option(user.real_name, user.id) for user in self._slack.workspace.people()]
        channels = [_option(f"#{channel.name}", channel.id) for channel in self.channels]
        return {
            "users_select": people,
            "channels_select": channels,
            "conversations_select": channels,
        }

    def link(self, *, place: str | None = None, thread: str | None = None) -> str:
        query = {"as": self.person.id, "in": self.place if place is None else place}
        if thread:
            query["thread"] = thread
        return f"/?{urlencode(query)}"

    def _visible_channels(self) -> list[Channel]:
        person = self.person
        return [
            channel
            for channel in self._slack.workspace.channels.values()
            if channel.kind != "im"
            and not channel.is_archived
            and (person.id in channel.members or (channel.kind == "channel" and not person.is_restricted))
        ]

    def _shown(self, message: Message) -> ShownMessage:
        author = "Slackbot" if message.user == "USLACKBOT" else self._slack.name_of(message.user)
        at = datetime.fromtimestamp(float(message.ts), ZONE)
        hue = 175 if message.bot_id else int(hashlib.sha256(message.user.encode()).hexdigest(), 16) % 360
        return ShownMessage(message, author, bool(message.bot_id), f"{at:%H:%M}", hue)


def chosen(state: Any) -> list[Json]:
    """The options chosen in a menu."""
    one, several = state.get("selected_option"), state.get("selected_options")
    return [one] if one else list(several or [])


def picked(state: Any) -> list[str]:
    """The ids chosen in a menu of people or channels."""
    for name in ("selected_user", "selected_channel", "selected_conversation"):
        if state.get(name):
            return [state[name]]
    return []


def offered(element: Any) -> list[Json]:
    """The options of a menu, those in groups one group after the other."""
    groups = element.get("option_groups") or []
    return [*element.get("options", ()), *(option for group in groups for option in group["options"])]


def _time(message: Message) -> float:
    return float(message.ts)


def _option(text: str, value: str) -> Json:
    return {"text": {"type": "plain_text", "text": text}, "value": value}


def _kind(user: User) -> str:
    if user.is_stranger:
        return "Slack Connect"
    return "guest" if user.is_restricted else ""
