"""Messages: what the bot says, as data that every surface renders in its own way.

All text in a message is plain text. It is never markup: a surface escapes it, so that nobody can ping a
channel, forge a link or slip in HTML through the bot. A surface may make the addresses in it
links, which lead where they say.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, Self
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Action(Frozen):
    """A typed payload of a button. Subclasses name themselves on the wire, once and for ever:

    ``class Publish(Action, name="case_study.publish"): study_id: int``
    """

    wire_name: ClassVar[str] = ""

    def __init_subclass__(cls, name: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.wire_name = name


class Payload(Frozen):
    """An action as it is stored and sent: its wire name and its data."""

    name: str
    data: dict[str, JsonValue] = Field(default_factory=dict)


class Style(StrEnum):
    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"


class Confirm(Frozen):
    """A question before a button acts."""

    title: str
    text: str
    yes: str
    no: str


class Button(Frozen):
    """A button: it acts, opens an address, opens a page of ours, or signs in on the web.

    ``path`` begins with a slash; surfaces put the bot's own address before it. A ``sign_in`` button gets
    its one-time link when it is delivered, so that no link is ever stored; ``then`` is the page of ours where
    whoever has signed in goes on. One that is ``in_sight`` is never put into a menu: it is one of a few
    answers, each of which is one press.
    """

    label: str
    action: Payload | None = None
    url: str | None = None
    path: str | None = None
    sign_in: bool = False
    then: str = ""
    style: Style = Style.PLAIN
    confirm: Confirm | None = None
    in_sight: bool = False

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        if sum((self.action is not None, bool(self.url), bool(self.path), self.sign_in)) != 1:
            raise ValueError("a button does exactly one thing")
        if self.url and not self.url.startswith(("https://", "http://", "mailto:")):
            raise ValueError("a button opens a web or mail address")
        return self

    @classmethod
    def to(
        cls, label: str, action: Action, *, style: Style = Style.PLAIN, confirm: Confirm | None = None,
        in_sight: bool = False,
    ) -> Button:  # fmt: skip
        """A button that acts."""
        payload = Payload(name=action.wire_name, data=action.model_dump(mode="json"))
        return cls(label=label, action=payload, style=style, confirm=confirm, in_sight=in_sight)

    def signing_in(self, link: str) -> Button:
        """A ``sign_in`` button with its one-time link, and the way on from there."""
        way_on = f"?next={quote(self.then, safe='')}" if self.then else ""
        return Button(label=self.label, url=link + way_on, style=self.style)


class Fact(Frozen):
    """A label and its value, shown side by side."""

    label: str
    value: str


class Item(Frozen):
    """An entry of a list, with what can be done about it."""

    title: str
    text: str = ""
    buttons: tuple[Button, ...] = ()
    # Whether ``text`` is the network's own words, whose addresses pages make links, and nobody else's.
    linked: bool = False


class Audience(StrEnum):
    """Who sees a reply."""

    PRIVATE = "private"  # The sender alone.
    THREAD = "thread"  # Everybody in the place, in the thread of what was said.
    PUBLIC = "public"  # Everybody in the place.


class Message(Frozen):
    """What the bot says.

    ``text`` is the first thing read: what happened. Blank lines part paragraphs, and lines that begin
    with "- " are a list. Then come facts, items, the buttons (the first primary one is the main action)
    and the small print.
    """

    text: str
    heading: str = ""
    # Words of somebody else, shown as a quotation.
    quote: str = ""
    facts: tuple[Fact, ...] = ()
    items: tuple[Item, ...] = ()
    buttons: tuple[Button, ...] = ()
    small_print: tuple[str, ...] = ()
    audience: Audience = Audience.PRIVATE

    def in_thread(self) -> Message:
        return self.model_copy(update={"audience": Audience.THREAD})

    def public(self) -> Message:
        return self.model_copy(update={"audience": Audience.PUBLIC})

    def plain(self) -> str:
        """All of it as plain text, for notifications, logs on a terminal and readers without layout."""
        parts = [self.heading, self.text, self.quote]
        parts += [f"{fact.label}: {fact.value}" for fact in self.facts]
        parts += [f"- {item.title}{': ' if item.text else ''}{item.text}" for item in self.items]
        parts += self.small_print
        return "\n\n".join(part for part in parts if part)
