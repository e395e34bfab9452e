"""Forms: fields and their constraints, in steps, with checks across fields.

A form says what to ask; every surface renders it in its own way (a modal, a page, one question at a
time). What people type stays as they typed it (``RawAnswers``) until ``read_step`` makes values of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from handlers.kit.messages import Frozen

# No surface takes more in one field: Slack's plain_text_input ends here.
# https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element/
LONGEST_TEXT = 3_000
SHORT_TEXT = 200
# {open_rounds}, or {open_rounds|what to say where there is none}.
PLACEHOLDER = re.compile(r"\{([a-z_]+)(?:\|([^{}]*))?\}")


def unknown_placeholders(text: str, known: Collection[str]) -> list[str]:
    """The placeholders of a text that stand for nothing, each once."""
    return [name for name in dict.fromkeys(one[1] for one in PLACEHOLDER.finditer(text)) if name not in known]


class Option(Frozen):
    """One thing to choose; ``value`` is stored, ``label`` is read."""

    value: str
    label: str
    help: str = ""


class FieldBase(Frozen):
    """What every field has. Fields are required unless they say otherwise."""

    name: str
    label: str
    help: str = ""
    required: bool = True


class TextField(FieldBase):
    """Words: one line, or several where ``long``. What is ``private`` is sealed wherever it is stored.
    Where there are ``placeholders``, the words may name these between braces and no others."""

    type: Literal["text"] = "text"
    long: bool = False
    private: bool = False
    min_length: int = 0
    max_length: int = SHORT_TEXT
    placeholder: str = ""
    placeholders: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fits_every_surface(self) -> Self:
        if not 0 <= self.min_length <= self.max_length <= LONGEST_TEXT:
            raise ValueError(f"a text field holds at most {LONGEST_TEXT} characters")
        return self


class NumberField(FieldBase):
    """A whole number."""

    type: Literal["number"] = "number"
    minimum: int | None = None
    maximum: int | None = None
    placeholder: str = ""


class MoneyField(FieldBase):
    """An amount in pounds sterling, read as ``Decimal`` with two places."""

    type: Literal["money"] = "money"
    minimum: int = 0
    maximum: int | None = None
    placeholder: str = ""


class EmailField(FieldBase):
    type: Literal["email"] = "email"
    placeholder: str = ""


class LinkField(FieldBase):
    """A web address, http or https only."""

    type: Literal["link"] = "link"
    placeholder: str = ""


class DateField(FieldBase):
    """A day: ``YYYY-MM-DD`` as a raw answer."""

    type: Literal["date"] = "date"


class TimeField(FieldBase):
    """A time of day in London: ``HH:MM`` as a raw answer."""

    type: Literal["time"] = "time"


class DateTimeField(FieldBase):
    """A point in time, typed in London's time as two fields: ``YYYY-MM-DDTHH:MM`` as a raw answer.

    Either half may be missing in a raw answer, so that what was typed is kept: ``2026-03-16T``.
    """

    type: Literal["datetime"] = "datetime"


class YesNoField(FieldBase):
    """``yes`` or ``no``. With ``must_accept`` it is a box that has to be ticked before sending."""

    type: Literal["yes_no"] = "yes_no"
    must_accept: bool = False


class ChoiceField(FieldBase):
    """One or several of a list of options that fits on a page."""

    type: Literal["choice"] = "choice"
    options: tuple[Option, ...]
    multiple: bool = False
    most: int | None = None


class SearchField(FieldBase):
    """One or several of many, found by typing; ``source`` names the router's lookup."""

    type: Literal["search"] = "search"
    source: str
    multiple: bool = False
    most: int | None = None
    placeholder: str = ""


AnyField = Annotated[
    TextField
    | NumberField
    | MoneyField
    | EmailField
    | LinkField
    | DateField
    | TimeField
    | DateTimeField
    | YesNoField
    | ChoiceField
    | SearchField,
    Field(discriminator="type"),
]


class SumsTo(Frozen):
    """The parts must add up to the total."""

    check: Literal["sums_to"] = "sums_to"
    parts: tuple[str, ...]
    total: str


class InOrder(Frozen):
    """``later`` must not come before ``earlier`` (days, times or numbers)."""

    check: Literal["in_order"] = "in_order"
    earlier: str
    later: str


class OneOf(Frozen):
    """At least one of the fields must be answered."""

    check: Literal["one_of"] = "one_of"
    fields: tuple[str, ...]


AnyCheck = Annotated[SumsTo | InOrder | OneOf, Field(discriminator="check")]


class Step(Frozen):
    """What is asked on one page."""

    title: str
    fields: tuple[AnyField, ...]
    help: str = ""


class Form(Frozen):
    """A whole form. ``name`` is its wire name; ``title`` is cut by surfaces that have little room."""

    name: str
    title: str
    # What the button says that sends it, a verb: "Send for review".
    submit: str
    steps: tuple[Step, ...]
    checks: tuple[AnyCheck, ...] = ()

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        names = [field.name for field in self.fields]
        if len(names) != len(set(names)):
            raise ValueError("two fields have one name")
        if not self.steps:
            raise ValueError("a form has at least one step")
        for check in self.checks:
            if unknown := set(fields_of(check)) - set(names):
                raise ValueError(f"a check names fields that are not there: {unknown}")
        return self

    @property
    def fields(self) -> tuple[AnyField, ...]:
        return tuple(field for step in self.steps for field in step.fields)

    def field(self, name: str) -> AnyField | None:
        return next((field for field in self.fields if field.name == name), None)

    def step_of(self, name: str) -> int:
        """The step that asks for a field; the last where no field has that name."""
        for number, step in enumerate(self.steps):
            if any(field.name == name for field in step.fields):
                return number
        return len(self.steps) - 1


def fields_of(check: AnyCheck) -> tuple[str, ...]:
    """The names of the fields that a check looks at."""
    match check:
        case SumsTo():
            return (*check.parts, check.total)
        case InOrder():
            return (check.earlier, check.later)
        case OneOf():
            return check.fields
