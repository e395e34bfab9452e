"""What Slack's own client checks before it sends a form."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from tests.fakes.slack.views import STATE_KEYS, View
from tests.fakes.slack.workspace import Json

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_URL = re.compile(r"https?://\S+", re.IGNORECASE)


def problems_of(view: View) -> dict[str, str]:
    """By block id; empty when the client would send the form."""
    found: dict[str, str] = {}
    for block in view.blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        state = view.values[block["block_id"]][element["action_id"]]
        value = state[STATE_KEYS[element["type"]][0]]
        if value in (None, "", []):
            if not block.get("optional"):
                found[block["block_id"]] = "Please complete this required field."
            continue
        words = _problem(element, value)
        if words:
            found[block["block_id"]] = words
    return found


def _problem(element: Json, value: str) -> str:
    match element["type"]:
        case "plain_text_input":
            least, most = element.get("min_length", 0), element.get("max_length", 3000)
            if len(value) < least:
                return f"Please enter at least {least} characters."
            if len(value) > most:
                return f"Please enter no more than {most} characters."
        case "email_text_input" if not _EMAIL.fullmatch(value):
            return "Please enter a valid email address."
        case "url_text_input" if not _URL.fullmatch(value):
            return "Please enter a valid URL."
        case "number_input":
            return _number_problem(element, value)
    return ""


def _number_problem(element: Json, value: str) -> str:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return "Please enter a valid number."
    if not element["is_decimal_allowed"] and number != number.to_integral_value():
        return "Please enter a whole number."
    if "min_value" in element and number < Decimal(element["min_value"]):
        return f"Please enter a number of at least {element['min_value']}."
    if "max_value" in element and number > Decimal(element["max_value"]):
        return f"Please enter a number of at most {element['max_value']}."
    return ""
