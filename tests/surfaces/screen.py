"""What a person sees of a message or of a form, whatever surface shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from handlers.kit.forms import LONGEST_TEXT, AnyField, ChoiceField, DateTimeField, SearchField, YesNoField
from handlers.kit.messages import Button, Message
from handlers.kit.replies import FormView
from handlers.kit.words import Words


@dataclass(frozen=True, slots=True)
class Screen:
    """``text`` is all that can be read, in order; ``buttons`` are the labels of what can be pressed or
    followed; ``links`` are the addresses that any of it leads to."""

    text: str
    buttons: tuple[str, ...] = ()
    links: tuple[str, ...] = ()

    def lacks(self, wanted: Iterator[str]) -> list[str]:
        """The lines that cannot be read here, however the surface breaks them."""
        seen = _squeezed(self.text)
        lines = [line.removeprefix("- ") for text in wanted for line in text.splitlines()]
        return [line for line in lines if _squeezed(line) not in seen]


class Surface(Protocol):
    """A surface as the shared suite drives it. Every method fails where what it makes is not valid."""

    name: str

    def message(self, said: Message, words: Words) -> Screen: ...

    def home(self, said: Message, words: Words) -> Screen:
        """A message as somebody's own page; as any other where the surface has no such page."""

    def form(self, view: FormView, words: Words) -> Screen | None:
        """A form at its step; None for the check page where the surface has none."""


def words_of(said: Message) -> Iterator[str]:
    """Every text of a message that a person must be able to read."""
    yield from (said.heading, said.text, said.quote, *said.small_print)
    for fact in said.facts:
        yield from (fact.label, fact.value)
    for item in said.items:
        yield from (item.title, item.text)
    for button in buttons_of(said):
        if button.confirm is not None:
            yield from (button.confirm.title, button.confirm.text, button.confirm.yes, button.confirm.no)


def buttons_of(said: Message) -> list[Button]:
    """Every button; one that signs in is none until its link is made."""
    found = [*said.buttons, *(button for item in said.items for button in item.buttons)]
    return [button for button in found if not button.sign_in]


def words_of_form(view: FormView) -> Iterator[str]:
    """Every text of a form's step that a person must be able to read, what they typed included."""
    if view.checking:
        yield from (view.form.title, view.form.submit)
        for step in view.form.steps:
            for field in step.fields:
                yield from (field.label, *_read_back(field, view))
        return
    step = view.form.steps[view.step]
    yield from (view.form.title, step.title, step.help, *view.notes, *view.problems.values())
    for field in step.fields:
        yield from (field.label, field.help, getattr(field, "placeholder", ""))
        if isinstance(field, ChoiceField):
            for option in field.options:
                yield from (option.label, option.help)
        yield from _read_back(field, view)


def _read_back(field: AnyField, view: FormView) -> Iterator[str]:
    """What was typed or chosen, as it is shown again."""
    raw = view.answers.get(field.name, "")
    match field:
        case SearchField():
            yield from (option.label for option in view.chosen.get(field.name, ()))
        case ChoiceField():
            yield from (option.label for option in field.options if option.value in raw and raw)
        case YesNoField() | DateTimeField():
            pass
        case _ if field.type == "text":
            # No surface has room for more than this; then it says so.
            yield raw[:LONGEST_TEXT] if isinstance(raw, str) else ""


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)
