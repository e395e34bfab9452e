"""The options of a menu as Block Kit: a label that has no room goes on below, and no two read the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from bot.slack import limits
from bot.slack.buttons import plain_text
from handlers.kit.forms import Option

Json = dict[str, Any]


def options_of(several: Sequence[Option]) -> list[Json]:
    """What people may choose from. Only the values come back; the labels are for reading alone."""
    shown = [_lines(one) for one in several]
    same, met = Counter(shown), Counter[tuple[str, str]]()
    found: list[Json] = []
    for one, lines in zip(several, shown, strict=True):
        text, below = lines
        if same[lines] > 1 and len(one.label) > limits.OPTION_TEXT:
            met[lines] += 1
            mark = f" ({met[lines]})"
            text = _begin(one.label, limits.OPTION_TEXT - len(mark))[0] + mark
        said: Json = {
            "text": plain_text(text, limits.OPTION_TEXT),
            "value": one.value[: limits.OPTION_VALUE],
        }
        if below:
            said["description"] = plain_text(below, limits.OPTION_TEXT)
        found.append(said)
    return found


def _lines(one: Option) -> tuple[str, str]:
    """What an option says, and what stands below it: what helps, or the rest of a long label."""
    text, rest = _begin(one.label, limits.OPTION_TEXT)
    # A longer help is said in the field's hint.
    below = one.help if len(one.help) <= limits.OPTION_TEXT else ""
    if rest and not below:
        below = "…" + rest
        if len(below) > limits.OPTION_TEXT:
            # The end of a long name tells it from others better than its middle.
            tail = rest[len(rest) - limits.OPTION_TEXT + 1 :]
            _cut_word, space, whole = tail.partition(" ")
            below = "…" + (whole if space and whole else tail)
    return text, below


def _begin(text: str, most: int) -> tuple[str, str]:
    """As much of a text as fits, broken off after a word, and what is left of it."""
    if len(text) <= most:
        return text, ""
    at = text.rfind(" ", 0, most)
    # One very long word is broken within.
    at = at if at > most // 2 else most - 1
    return text[:at].rstrip() + "…", text[at:].lstrip()
