"""Updates: what somebody did on a platform, in words that no platform owns."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

# What was typed into a form: text by field name; several choices are a list.
RawAnswer = str | list[str]
RawAnswers = dict[str, RawAnswer]


class PlaceKind(StrEnum):
    DIRECT = "direct"  # Between one person and the bot; ``id`` is the person's id on the platform.
    CHANNEL = "channel"
    HOME = "home"  # The bot's own page for one person.
    WORKSPACE = "workspace"  # The whole platform, which people join and leave.


@dataclass(frozen=True, slots=True)
class Place:
    """Where on a platform something happened or should be said."""

    platform: str
    kind: PlaceKind
    id: str
    # The message whose thread this is, as the platform names it.
    thread: str | None = None
    # Where the platform takes a private answer for a while (Slack's response_url).
    reply_url: str | None = None

    def to_json(self) -> dict[str, Any]:
        held = {"platform": self.platform, "kind": self.kind.value, "id": self.id}
        if self.thread:
            held["thread"] = self.thread
        if self.reply_url:
            held["reply_url"] = self.reply_url
        return held

    @classmethod
    def from_json(cls, held: dict[str, Any]) -> Place:
        return cls(
            held["platform"], PlaceKind(held["kind"]), held["id"], held.get("thread"), held.get("reply_url")
        )


@dataclass(frozen=True, slots=True)
class Profile:
    """What a platform says of a person. ``email_verified`` is the surface's judgement of it."""

    name: str = ""
    email: str | None = None
    email_verified: bool = False
    locale: str | None = None
    # False for people who left, were deactivated, or are no longer ours to serve.
    active: bool = True


@dataclass(frozen=True, slots=True)
class Sender:
    """Who did it. A visitor is somebody the platform cannot name: they may read and ask, and leave no
    member behind."""

    platform: str
    external_id: str
    visitor: bool = False
    # For a visitor, who has no settings of their own: the language of the page they are on.
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command: ``name`` without the slash, ``text`` what follows."""

    name: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Press:
    """A button: the wire name of its action and the action's data, unchecked."""

    name: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Submission:
    """A step of a form. ``send`` False asks for the next step or the check page; True sends it all."""

    form: str
    draft_id: str
    answers: RawAnswers
    step: int = 0
    send: bool = True


@dataclass(frozen=True, slots=True)
class Edited:
    """A form as it stands while somebody types: kept, never judged."""

    form: str
    draft_id: str
    answers: RawAnswers
    step: int = 0


@dataclass(frozen=True, slots=True)
class Text:
    """Something said. ``mentioned`` is whether the bot was addressed by name."""

    text: str
    mentioned: bool = False


@dataclass(frozen=True, slots=True)
class Overheard:
    """Something said in a channel to others than the bot; ``in_thread``: in answer to others, and not at the
    top. Nothing of it is kept unless a handler wants it."""

    text: str
    said_at: datetime
    in_thread: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody came to ``place``: the workspace, or a channel. ``by_bot``: it is the bot that came."""

    place: Place
    profile: Profile | None = None
    by_bot: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    place: Place
    by_bot: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """Somebody opened the bot's own page for them."""


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A shortcut on a message: its wire name and the message's text."""

    name: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """What the platform now says of the sender. ``known``: they were there before the bot."""

    profile: Profile
    known: bool = False


@dataclass(frozen=True, slots=True)
class Lookup:
    """A search among a field's options while somebody types: only reads, claims nothing."""

    form: str
    field: str
    query: str
    # The draft that is being filled in; it says what the form is about.
    draft_id: str = ""


Content = (
    Command
    | Press
    | Submission
    | Edited
    | Text
    | Overheard
    | Joined
    | Left
    | Opened
    | Shortcut
    | Changed
    | Lookup
)


@dataclass(frozen=True, slots=True)
class Update:
    """One thing that happened. ``id`` is the same however often a platform delivers it."""

    id: str
    sender: Sender
    place: Place
    content: Content

    @property
    def platform(self) -> str:
        return self.place.platform

    @property
    def aloud(self) -> bool:
        """Whether it was said in a channel, where everybody reads what is said back."""
        return self.place.kind is PlaceKind.CHANNEL and isinstance(self.content, Text | Overheard)

    @property
    def kind(self) -> str:
        """The kind of content, for measures and logs."""
        return type(self.content).__name__.lower()
