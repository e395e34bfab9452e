"""A form's fields as Block Kit inputs, and what was typed into them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Any

from bot.slack import limits
from bot.slack.buttons import plain_text
from bot.slack.limits import cut
from bot.slack.options import options_of
from handlers.kit.forms import (
    AnyField,
    ChoiceField,
    DateField,
    DateTimeField,
    EmailField,
    LinkField,
    Option,
    SearchField,
    TextField,
    TimeField,
    YesNoField,
)
from handlers.kit.replies import FormView
from handlers.kit.updates import RawAnswer, RawAnswers
from handlers.kit.words import LONDON, Words

Json = dict[str, Any]

# A block's id is "field:" and the field's name; a point in time is two blocks, its day and its hour.
PREFIX = "field:"
DAY = ":day"
HOUR = ":hour"


def blocks_of(field: AnyField, view: FormView, words: Words) -> list[Json]:
    """The input blocks of a field, with what is in them already."""
    raw = view.answers.get(field.name, "")
    if isinstance(field, DateTimeField):
        day, _mark, hour = _one(raw).partition("T")
        at = words._("%(label)s: time") % {"label": field.label}
        return [
            _input(field, _datepicker(day), DAY),
            _input(field, _timepicker(hour), HOUR, label=at),
        ]
    return [_input(field, _element(field, raw, view, words))]


def block_with(field: AnyField, view: FormView) -> str:
    """The id of the block that a problem with a field stands beside."""
    if isinstance(field, DateTimeField):
        day, _mark, hour = _one(view.answers.get(field.name, "")).partition("T")
        return PREFIX + field.name + (HOUR if day and not hour else DAY)
    return PREFIX + field.name


def answers_in(state: object) -> RawAnswers:
    """What is in a view's inputs, by field; anything else in the state is left out."""
    answers: RawAnswers = {}
    halves: dict[str, dict[str, str]] = {}
    values = state.get("values") if isinstance(state, dict) else None
    for block_id, actions in values.items() if isinstance(values, dict) else ():
        if not block_id.startswith(PREFIX) or not isinstance(actions, dict):
            continue
        name = block_id.removeprefix(PREFIX)
        for element in actions.values():
            if not isinstance(element, dict):
                continue
            if name.endswith((DAY, HOUR)):
                field, _mark, half = name.rpartition(":")
                halves.setdefault(field, {})[half] = _one(_answer(element))
            else:
                answers[name] = _answer(element)
    for name, typed in halves.items():
        day, hour = typed.get("day", ""), typed.get("hour", "")
        answers[name] = f"{day}T{hour}" if day or hour else ""
    return answers


def _input(field: AnyField, element: Json, part: str = "", *, label: str = "") -> Json:
    block: Json = {
        "type": "input",
        "block_id": PREFIX + field.name + part,
        "label": plain_text(label or field.label, limits.INPUT_LABEL),
        "element": {"action_id": PREFIX + field.name + part, **element},
        "optional": not field.required,
        # Each change is told to us, so that a form that is closed by mistake is not lost.
        "dispatch_action": True,
    }
    if (hint := _hint(field)) and part != HOUR:
        block["hint"] = plain_text(hint, limits.INPUT_HINT)
    return block


def _hint(field: AnyField) -> str:
    """What helps to fill it in; what an option has no room for is said here."""
    lines = [field.help]
    if isinstance(field, ChoiceField):
        lines += [f"{one.label}: {one.help}" for one in field.options if len(one.help) > limits.OPTION_TEXT]
    return "\n".join(line for line in lines if line)


def _element(field: AnyField, raw: RawAnswer, view: FormView, words: Words) -> Json:
    match field:
        case DateField():
            return _datepicker(_one(raw))
        case TimeField():
            return _timepicker(_one(raw))
        case YesNoField():
            return _yes_no(field, _one(raw), words)
        case ChoiceField():
            return _choice(field, _several(raw), words)
        case SearchField():
            return _search(field, view.chosen.get(field.name, ()), words)
        case EmailField():
            return _typed("email_text_input", field, _one(raw))
        case LinkField():
            return _typed("url_text_input", field, _one(raw))
    # Numbers and amounts are typed as text: "£1,500" is understood, and stays as it was typed.
    return _typed("plain_text_input", field, _one(raw))


def _typed(kind: str, field: AnyField, raw: str) -> Json:
    element: Json = {
        "type": kind,
        "dispatch_action_config": {"trigger_actions_on": ["on_character_entered"]},
        **_known("initial_value", raw[: limits.TEXT_INPUT]),
    }
    if placeholder := getattr(field, "placeholder", ""):
        element["placeholder"] = plain_text(placeholder, limits.PLACEHOLDER)
    if isinstance(field, TextField):
        element["multiline"] = field.long
        # What is there already may be too long; then the sentence about it is ours.
        element["max_length"] = max(field.max_length, min(len(raw), limits.TEXT_INPUT), 1)
    return element


def _datepicker(day: str) -> Json:
    return {"type": "datepicker", **_known("initial_date", _exact(date, day))}


def _timepicker(hour: str) -> Json:
    # The picker shows this zone's name, and the time stays as it was chosen wherever the reader is.
    return {"type": "timepicker", "timezone": LONDON.key, **_known("initial_time", _exact(time, hour))}


def _exact(kind: type[date] | type[time], typed: str) -> str:
    """A day or an hour as Slack takes it. A draft from a page may hold "16/3/2026", and Slack would
    refuse the whole modal for that: the picker is empty then."""
    try:
        read = kind.fromisoformat(typed).isoformat()
    except ValueError:
        return ""
    return typed if read in (typed, f"{typed}:00") else ""


def _yes_no(field: YesNoField, raw: str, words: Words) -> Json:
    yes, no = options_of([Option(value="yes", label=words._("Yes")), Option(value="no", label=words._("No"))])
    if field.must_accept:
        return {"type": "checkboxes", "options": [yes], **_known("initial_options", [yes] * (raw == "yes"))}
    return {
        "type": "radio_buttons",
        "options": [yes, no],
        **_known("initial_option", {"yes": yes, "no": no}.get(raw)),
    }


def _choice(field: ChoiceField, chosen: Sequence[str], words: Words) -> Json:
    """Everything in sight while it is little; a menu where there is more, or where a choice may be
    taken back, which a radio button cannot."""
    options = options_of(field.options)
    picked = [one for one in options if one["value"] in chosen]
    if field.multiple and len(options) <= limits.CHECKBOX_OPTIONS:
        return {"type": "checkboxes", "options": options, **_known("initial_options", picked)}
    if not field.multiple and field.required and len(options) <= limits.RADIO_OPTIONS:
        return {"type": "radio_buttons", "options": options, **_known("initial_option", picked[:1])}
    element: Json = {
        "type": "multi_static_select" if field.multiple else "static_select",
        # Slack's own words would be in the language of the workspace.
        "placeholder": plain_text(words._("Choose from the list"), limits.PLACEHOLDER),
    }
    element |= _offered(options)
    if not field.multiple:
        return element | _known("initial_option", picked[:1])
    if field.most is not None:
        element["max_selected_items"] = field.most
    return element | _known("initial_options", picked)


def _offered(options: list[Json]) -> Json:
    """A menu's options, in groups where one list cannot hold them."""
    if len(options) <= limits.SELECT_OPTIONS:
        return {"options": options}
    groups = [
        options[start : start + limits.SELECT_OPTIONS]
        for start in range(0, len(options), limits.SELECT_OPTIONS)
    ]
    if len(groups) > limits.SELECT_GROUPS:
        raise ValueError("a choice has more options than Slack takes: search among them instead")
    return {
        "option_groups": [
            {"label": plain_text(_span(group), limits.OPTION_TEXT), "options": group} for group in groups
        ]
    }


def _span(group: list[Json]) -> str:
    first, last = group[0]["text"]["text"], group[-1]["text"]["text"]
    return f"{cut(first, 30)} – {cut(last, 30)}"


def _search(field: SearchField, chosen: Sequence[Option], words: Words) -> Json:
    element: Json = {
        "type": "multi_external_select" if field.multiple else "external_select",
        "min_query_length": 1,
        "placeholder": plain_text(field.placeholder or words._("Type to search"), limits.PLACEHOLDER),
    }
    picked = options_of(chosen)
    if not field.multiple:
        return element | _known("initial_option", picked[:1])
    if field.most is not None:
        element["max_selected_items"] = field.most
    return element | _known("initial_options", picked)


def _known(name: str, value: Any) -> Json:
    """An initial value, where there is one; of a list for one option, the option."""
    if not value:
        return {}
    return {name: value[0] if name == "initial_option" and isinstance(value, list) else value}


def _answer(element: Json) -> RawAnswer:
    """What an element of a view's state holds, as text or a list of texts."""
    match element.get("type"):
        case "checkboxes":
            return _values(element.get("selected_options"))
        case "multi_static_select" | "multi_external_select":
            return _values(element.get("selected_options"))
        case "radio_buttons" | "static_select" | "external_select":
            return "".join(_values([element.get("selected_option")]))
        case "datepicker":
            return str(element.get("selected_date") or "")
        case "timepicker":
            return str(element.get("selected_time") or "")
    return str(element.get("value") or "")


def _values(options: object) -> list[str]:
    found = options if isinstance(options, list) else []
    return [str(one.get("value", "")) for one in found if isinstance(one, dict)]


def _one(raw: RawAnswer) -> str:
    return raw if isinstance(raw, str) else "".join(raw[:1])


def _several(raw: RawAnswer) -> list[str]:
    return [raw] if isinstance(raw, str) else raw
