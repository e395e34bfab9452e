"""Fields of a form as a page shows them, and what a page sends back as raw answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal

from multidict import MultiDictProxy

from handlers.kit import answers
from handlers.kit.forms import (
    AnyField,
    ChoiceField,
    DateTimeField,
    Form,
    Option,
    SearchField,
    TextField,
    YesNoField,
)
from handlers.kit.replies import FormView
from handlers.kit.updates import RawAnswers
from handlers.kit.words import LONDON, Words

# How a browser should help with typing: the input's type, its keyboard, and what it may fill in itself.
_INPUTS = {
    "text": ("text", "", ""),
    "number": ("text", "numeric", ""),
    "money": ("text", "decimal", ""),
    "email": ("email", "", "email"),
    "link": ("url", "", ""),
    "date": ("date", "", ""),
    "time": ("time", "", ""),
}


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field, ready for its template. ``control`` says which: input, textarea, moment, tick, radios,
    checkboxes or search."""

    name: str
    control: str
    label: str
    hint: str
    required: bool
    error: str
    values: tuple[str, ...]
    options: tuple[Option, ...] = ()
    input_type: str = "text"
    input_mode: str = ""
    autocomplete: str = ""
    placeholder: str = ""
    prefix: str = ""
    max_length: int | None = None
    multiple: bool = False
    # What was searched for, and whether the search has been made.
    query: str = ""
    searched: bool = False

    @property
    def value(self) -> str:
        return self.values[0] if self.values else ""

    @property
    def first_id(self) -> str:
        """Where a link to the field leads: the first thing in it that takes the focus."""
        match self.control:
            case "moment":
                return f"{self.name}-date"
            case "search":
                return f"{self.name}-query"
            case "radios" | "checkboxes":
                return f"{self.name}-1"
        return self.name

    @property
    def described_by(self) -> str:
        ids = [f"{self.name}-hint"] if self.hint else []
        ids += [f"{self.name}-error"] if self.error else []
        return " ".join(ids)


@dataclass(frozen=True, slots=True)
class Search:
    """What was searched for in a search field, and what was found."""

    field: str
    query: str
    found: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One answer on the check page."""

    label: str
    shown: tuple[str, ...]
    step: int
    field_id: str


@dataclass(frozen=True, slots=True)
class Typed:
    """What a page sent: the raw answers of the step, and what was typed into its search boxes."""

    answers: RawAnswers = field(default_factory=dict)
    queries: Mapping[str, str] = field(default_factory=dict)


def read(form: Form, step: int, typed: MultiDictProxy[str]) -> Typed:
    """Every field of the step is answered, with nothing where the page sent nothing: an unticked box and
    an emptied text are answers, too."""
    raw: RawAnswers = {}
    queries: dict[str, str] = {}
    fields = form.steps[step].fields if step < len(form.steps) else ()
    for item in fields:
        if isinstance(item, DateTimeField):
            day, hour = typed.get(f"{item.name}-date", ""), typed.get(f"{item.name}-time", "")
            raw[item.name] = f"{day}T{hour}" if day or hour else ""
        elif isinstance(item, ChoiceField | SearchField) and item.multiple:
            raw[item.name] = [value for value in typed.getall(item.name, []) if value]
        else:
            raw[item.name] = typed.get(item.name, "")
        if isinstance(item, SearchField) and (query := typed.get(f"{item.name}-query", "").strip()):
            queries[item.name] = query[:100]
    return Typed(raw, queries)


def fields_of(view: FormView, words: Words, search: Search | None = None) -> list[FieldView]:
    """The fields of the step that is shown."""
    return [_field(item, view, words, search) for item in view.form.steps[view.step].fields]


def lines_of(view: FormView, words: Words) -> list[Line]:
    """Every answer as it was understood, in the order of the form."""
    read_answers, _problems = answers.read_form(view.form, view.answers, words)
    lines = []
    for number, step in enumerate(view.form.steps):
        for item in step.fields:
            chosen = view.chosen.get(item.name, ())
            shown = _shown(item, read_answers.values.get(item.name), chosen, words)
            first_id = _field(item, view, words, None).first_id
            lines.append(Line(item.label, shown or (words._("Not answered"),), number, first_id))
    return lines


def _field(item: AnyField, view: FormView, words: Words, search: Search | None) -> FieldView:
    _ = words._
    held = view.answers.get(item.name, "")
    input_type, input_mode, autocomplete = _INPUTS.get(item.type, ("text", "", ""))
    plain = FieldView(
        name=item.name,
        control="input",
        label=item.label if item.required else _("%(label)s (optional)") % {"label": item.label},
        hint=item.help,
        required=item.required,
        error=view.problems.get(item.name, ""),
        values=(held,) if isinstance(held, str) else tuple(held),
        input_type=input_type,
        input_mode=input_mode,
        autocomplete=autocomplete,
        placeholder=getattr(item, "placeholder", ""),
        prefix="£" if item.type == "money" else "",
        max_length=item.max_length if isinstance(item, TextField) else None,
    )
    match item:
        case TextField(long=True):
            return replace(plain, control="textarea")
        case DateTimeField():
            day, __, hour = plain.value.partition("T")
            return replace(plain, control="moment", values=(day, hour))
        case YesNoField(must_accept=True):
            return replace(plain, control="tick")
        case YesNoField():
            both = (Option(value="yes", label=_("Yes")), Option(value="no", label=_("No")))
            return replace(plain, control="radios", options=_with_none(item, both, words))
        case ChoiceField(multiple=True):
            return replace(plain, control="checkboxes", options=item.options, multiple=True)
        case ChoiceField():
            return replace(plain, control="radios", options=_with_none(item, item.options, words))
        case SearchField():
            return _search_field(item, plain, view.chosen.get(item.name, ()), search)
    return plain


def _search_field(
    item: SearchField, plain: FieldView, chosen: tuple[Option, ...], search: Search | None
) -> FieldView:
    """What was chosen before comes first, then what was found."""
    ours = search if search is not None and search.field == item.name else None
    known = {option.value for option in chosen}
    found = tuple(option for option in (ours.found if ours else ()) if option.value not in known)
    return replace(
        plain,
        control="search",
        values=tuple(option.value for option in chosen),
        options=(*chosen, *found),
        multiple=item.multiple,
        query=ours.query if ours else "",
        searched=ours is not None,
    )


def _with_none(item: AnyField, options: tuple[Option, ...], words: Words) -> tuple[Option, ...]:
    """Radio buttons cannot be unpressed, so that an optional choice offers to choose nothing."""
    none = Option(value="", label=words._("No answer"))
    return options if item.required else (*options, none)


def _shown(item: AnyField, value: answers.Value, chosen: Sequence[Option], words: Words) -> tuple[str, ...]:
    """An answer in words, a line each."""
    _ = words._
    match value:
        case None | "" | ():
            return ()
        case bool():
            return (_("Yes") if value else _("No"),)
        case Decimal():
            return (words.money(value),)
        case datetime():
            return (words.moment(value.astimezone(LONDON)),)
        case date():
            return (words.day(value),)
        case time():
            return (f"{value:%H:%M}",)
    picked = value if isinstance(value, tuple) else (str(value),)
    options = item.options if isinstance(item, ChoiceField) else chosen
    labels = {option.value: option.label for option in options}
    if isinstance(item, ChoiceField | SearchField):
        return tuple(labels.get(one, one) for one in picked)
    return tuple(str(value).split("\n"))
