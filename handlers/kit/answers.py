"""Answers: from what people typed to typed values, or to a sentence beside the field."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TypeVar
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

from handlers.kit.forms import (
    AnyCheck,
    AnyField,
    ChoiceField,
    DateField,
    DateTimeField,
    EmailField,
    Form,
    InOrder,
    LinkField,
    MoneyField,
    NumberField,
    OneOf,
    SearchField,
    SumsTo,
    TextField,
    TimeField,
    YesNoField,
    fields_of,
    unknown_placeholders,
)
from handlers.kit.updates import RawAnswer, RawAnswers
from handlers.kit.words import LONDON, Words

LONGEST_LINK = 2_000
LARGEST_NUMBER = 10**12
# Control characters have no place in what people type; line breaks and tabs do. Halves of characters
# (surrogates) come in with JSON and can be written nowhere.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_HOST = re.compile(r"[^\s.]+(\.[^\s.]+)+\.?")

Value = str | int | Decimal | date | time | datetime | bool | tuple[str, ...] | None
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answers:
    """Checked values by field name, with a reader for each kind. An unanswered optional field is None,
    an empty string or an empty tuple."""

    values: Mapping[str, Value] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Text, an address, a link or the one option chosen."""
        return self._of(name, str) or ""

    def several(self, name: str) -> tuple[str, ...]:
        return self._of(name, tuple) or ()

    def number(self, name: str) -> int | None:
        return self._of(name, int)

    def money(self, name: str) -> Decimal | None:
        return self._of(name, Decimal)

    def day(self, name: str) -> date | None:
        return self._of(name, date)

    def time(self, name: str) -> time | None:
        return self._of(name, time)

    def moment(self, name: str) -> datetime | None:
        return self._of(name, datetime)

    def yes(self, name: str) -> bool:
        return self._of(name, bool) or False

    def _of(self, name: str, kind: type[T]) -> T | None:
        value = self.values.get(name)
        if value is not None and not isinstance(value, kind):
            raise TypeError(f"the answer to {name} is no {kind.__name__}")
        return value


class Wrong(Exception):
    """A raw answer that cannot be read; carries the sentence for the person who typed it."""


def read_step(
    form: Form, step: int, raw: RawAnswers, words: Words
) -> tuple[dict[str, Value], dict[str, str]]:
    """The values and the problems, by field, of one step of a form."""
    return _read(form.steps[step].fields, raw, words)


def read_form(form: Form, raw: RawAnswers, words: Words) -> tuple[Answers, dict[str, str]]:
    """The values and the problems of a whole form, with its checks across fields."""
    values, problems = _read(form.fields, raw, words)
    for check in form.checks:
        if not problems.keys() & set(fields_of(check)):
            problems |= _check(check, form, values, words)
    return Answers(values), problems


def read_until(form: Form, step: int, raw: RawAnswers, words: Words) -> tuple[Answers, dict[str, str]]:
    """The values and the problems of all steps up to one, without the checks across fields."""
    values, problems = _read((item for one in form.steps[: step + 1] for item in one.fields), raw, words)
    return Answers(values), problems


def check_step(form: Form, step: int, raw: RawAnswers, words: Words) -> dict[str, str]:
    """The problems of one step: its own, and of the checks whose last field it asks for."""
    values, problems = read_step(form, step, raw, words)
    for check in form.checks:
        names = fields_of(check)
        if max(form.step_of(name) for name in names) != step:
            continue
        known = [item for item in form.fields if item.name in names]
        values, others = _read(known, raw, words)
        if not others:
            problems |= _check(check, form, values, words)
    return problems


def cut_to_fit(form: Form, raw: Mapping[str, RawAnswer]) -> tuple[RawAnswers, list[str]]:
    """Answers carried in from elsewhere, shortened to what their fields hold, and the labels of those
    that were shortened. Names that the form does not have are left out."""
    kept: RawAnswers = {}
    shortened: list[str] = []
    for item in form.fields:
        answer = raw.get(item.name)
        if answer is None:
            continue
        if isinstance(item, TextField) and isinstance(answer, str) and len(answer) > item.max_length:
            answer = answer[: item.max_length - 1].rstrip() + "…"
            shortened.append(item.label)
        kept[item.name] = answer
    return kept, shortened


def _read(
    fields: Iterable[AnyField], raw: RawAnswers, words: Words
) -> tuple[dict[str, Value], dict[str, str]]:
    values: dict[str, Value] = {}
    problems: dict[str, str] = {}
    for item in fields:
        try:
            values[item.name] = _value(item, raw.get(item.name, ""), words)
        except Wrong as wrong:
            problems[item.name] = str(wrong)
    return values, problems


def _value(item: AnyField, raw: RawAnswer, words: Words) -> Value:
    _ = words._
    if isinstance(item, ChoiceField | SearchField):
        return _chosen(item, raw, words)
    typed = raw if isinstance(raw, str) else "".join(raw[:1])
    typed = _CONTROL.sub("", typed.replace("\r\n", "\n")).strip()
    if isinstance(item, YesNoField):
        if typed not in ("", "yes", "no"):
            raise Wrong(_("Choose yes or no."))
        if item.must_accept and typed != "yes":
            raise Wrong(_("Tick this box to go on."))
        if item.required and not typed:
            raise Wrong(_("Choose yes or no."))
        return typed == "yes" if typed else None
    if not typed or (isinstance(item, DateTimeField) and typed == "T"):
        if item.required:
            raise Wrong(_("Fill this in: it is needed."))
        return "" if isinstance(item, TextField | EmailField | LinkField) else None
    match item:
        case TextField():
            return _text(item, typed, words)
        case NumberField():
            return _number(item, typed, words)
        case MoneyField():
            return _money(item, typed, words)
        case EmailField():
            try:
                return validate_email(typed, check_deliverability=False, test_environment=True).normalized
            except EmailNotValidError:
                raise Wrong(_("Enter an e-mail address like name@example.org.")) from None
        case LinkField():
            return _link(typed, words)
        case DateField():
            return _day(typed, words)
        case TimeField():
            return _time(typed, words)
        case DateTimeField():
            return _moment(typed, words)


def _text(item: TextField, typed: str, words: Words) -> str:
    if len(typed) > item.max_length:
        raise Wrong(
            words.ngettext(
                "Shorten this to %(count)s character; it has %(length)s now.",
                "Shorten this to %(count)s characters; it has %(length)s now.",
                item.max_length,
            )
            % {"count": words.number(item.max_length), "length": words.number(len(typed))}
        )
    if len(typed) < item.min_length:
        raise Wrong(
            words.ngettext(
                "Write at least %(count)s character.",
                "Write at least %(count)s characters.",
                item.min_length,
            )
            % {"count": words.number(item.min_length)}
        )
    if item.placeholders and (unknown := unknown_placeholders(typed, item.placeholders)):
        known = words.listed([f"{{{name}}}" for name in item.placeholders])
        said = words._("There is no placeholder {%(unknown)s}. You may use %(placeholders)s.")
        raise Wrong(said % {"unknown": unknown[0], "placeholders": known})
    return typed


def _number(item: NumberField, typed: str, words: Words) -> int:
    _ = words._
    plain = typed.replace(",", "").replace(" ", "")
    if not re.fullmatch(r"[+-]?[0-9]{1,20}", plain):
        raise Wrong(_("Enter a whole number, like 12."))
    number = int(plain)
    least = item.minimum if item.minimum is not None else -LARGEST_NUMBER
    most = item.maximum if item.maximum is not None else LARGEST_NUMBER
    if number < least:
        raise Wrong(_("Enter %(least)s or more.") % {"least": least})
    if number > most:
        raise Wrong(_("Enter %(most)s or less.") % {"most": most})
    return number


def _money(item: MoneyField, typed: str, words: Words) -> Decimal:
    _ = words._
    plain = typed.replace("£", "").replace(",", "").replace(" ", "")
    if not re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,2})?", plain):
        raise Wrong(_("Enter an amount in pounds, like 1,500 or 1,500.50."))
    amount = Decimal(plain).quantize(Decimal("0.01"))
    if amount < item.minimum:
        raise Wrong(_("Enter %(least)s or more.") % {"least": words.money(item.minimum)})
    if item.maximum is not None and amount > item.maximum:
        raise Wrong(_("Enter %(most)s or less.") % {"most": words.money(item.maximum)})
    return amount


def _link(typed: str, words: Words) -> str:
    if not is_link(typed):
        raise Wrong(words._("Enter a web address that begins with https:// or http://."))
    return typed


def is_link(typed: str) -> bool:
    """Whether it is a web address that misleads nobody."""
    try:
        parts = urlsplit(typed)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    # A name before the host (https://council.gov.uk@elsewhere) is there to mislead.
    sound = (
        parts.scheme in ("http", "https")
        and _HOST.fullmatch(host)
        and parts.username is None
        and not re.search(r"[\s<>\"|\\^`]", typed)
    )
    return bool(sound) and len(typed) <= LONGEST_LINK


def _day(typed: str, words: Words) -> date:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        raise Wrong(words._("Enter a date that exists, like 2026-03-16.")) from None
    if not 1900 <= day.year <= 2200:
        raise Wrong(words._("Enter a date that exists, like 2026-03-16."))
    return day


def _time(typed: str, words: Words) -> time:
    try:
        if not re.fullmatch(r"[0-9]{1,2}:[0-9]{2}", typed):
            raise ValueError
        return time.fromisoformat(typed.zfill(5))
    except ValueError:
        raise Wrong(words._("Enter a time of day, like 14:30.")) from None


def _moment(typed: str, words: Words) -> datetime:
    _ = words._
    day, __, hour = typed.partition("T")
    if not day:
        raise Wrong(_("Enter the date as well as the time."))
    if not hour:
        raise Wrong(_("Enter the time as well as the date."))
    # An ambiguous local time, when the clocks go back, is the first of the two (fold=0).
    local = datetime.combine(_day(day, words), _time(hour, words), tzinfo=LONDON)
    if local.astimezone(UTC).astimezone(LONDON).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise Wrong(_("That time does not exist: the clocks go forward that night. Choose another."))
    return local.astimezone(UTC)


def _chosen(item: ChoiceField | SearchField, raw: RawAnswer, words: Words) -> str | tuple[str, ...]:
    _ = words._
    picked = [raw] if isinstance(raw, str) else list(raw)
    picked = list(dict.fromkeys(plain for value in picked if (plain := _CONTROL.sub("", value).strip())))
    if item.required and not picked:
        raise Wrong(_("Choose at least one.") if item.multiple else _("Choose one."))
    if isinstance(item, ChoiceField) and not set(picked) <= {option.value for option in item.options}:
        raise Wrong(_("Choose from the list."))
    if not item.multiple and len(picked) > 1:
        raise Wrong(_("Choose only one."))
    if item.most is not None and len(picked) > item.most:
        raise Wrong(_("Choose at most %(most)s.") % {"most": item.most})
    return tuple(picked) if item.multiple else "".join(picked)


def _check(check: AnyCheck, form: Form, values: Mapping[str, Value], words: Words) -> dict[str, str]:
    _ = words._
    labels = {item.name: item.label for item in form.fields}
    match check:
        case SumsTo():
            total = values.get(check.total)
            parts = [values.get(part) for part in check.parts]
            added = sum((part for part in parts if isinstance(part, int | Decimal)), start=Decimal(0))
            if isinstance(total, int | Decimal) and added != total:
                shown = {
                    "added": words.money(added),
                    "total": words.money(Decimal(total)),
                    "label": labels[check.total],
                }
                return {
                    check.total: _("The lines add up to %(added)s, but “%(label)s” says %(total)s.") % shown
                }
        case InOrder():
            earlier, later = values.get(check.earlier), values.get(check.later)
            if earlier is not None and later is not None and later < earlier:  # type: ignore[operator]
                return {
                    check.later: _("This must not come before “%(label)s”.")
                    % {"label": labels[check.earlier]}
                }
        case OneOf():
            if not any(values.get(name) for name in check.fields):
                names = words.listed([f"“{labels[name]}”" for name in check.fields])
                return {check.fields[0]: _("Answer at least one of %(names)s.") % {"names": names}}
    return {}
