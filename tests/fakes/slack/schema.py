"""Small checks that together describe a JSON value and say what is wrong where, in Slack's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any

Check = Callable[[Any, str, list[str]], None]
"""A check takes a value, the JSON pointer to it and the list of problems to add to."""

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def problem(problems: list[str], words: str, at: str) -> None:
    problems.append(f"{words} [json-pointer:{at}]")


def string(maximum: int | None = None, minimum: int = 0) -> Check:
    def check(value: Any, at: str, problems: list[str]) -> None:
        if not isinstance(value, str):
            problem(problems, "must provide a string", at)
        elif len(value) < minimum:
            problem(problems, f"must be more than {minimum - 1} characters", at)
        elif maximum is not None and len(value) > maximum:
            problem(problems, f"must be less than {maximum + 1} characters", at)

    return check


def link(maximum: int) -> Check:
    length = string(maximum, 1)

    def check(value: Any, at: str, problems: list[str]) -> None:
        length(value, at, problems)
        if isinstance(value, str) and not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:\S+\Z", value):
            problem(problems, "must be a valid URL", at)

    return check


def boolean(value: Any, at: str, problems: list[str]) -> None:
    if not isinstance(value, bool):
        problem(problems, "must provide a boolean", at)


def integer(minimum: int, maximum: int) -> Check:
    def check(value: Any, at: str, problems: list[str]) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            problem(problems, "must provide an integer", at)
        elif not minimum <= value <= maximum:
            problem(problems, f"must be between {minimum} and {maximum}", at)

    return check


def choice(*allowed: str) -> Check:
    def check(value: Any, at: str, problems: list[str]) -> None:
        if value not in allowed:
            problem(problems, f"must be a valid enum value: {', '.join(allowed)}", at)

    return check


def day(value: Any, at: str, problems: list[str]) -> None:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        problem(problems, "must be a date as YYYY-MM-DD", at)


def clock_time(value: Any, at: str, problems: list[str]) -> None:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        problem(problems, "must be a time as HH:mm", at)


def items(check_item: Check, maximum: int, minimum: int = 1) -> Check:
    def check(value: Any, at: str, problems: list[str]) -> None:
        if not isinstance(value, list):
            problem(problems, "must be an array", at)
            return
        if len(value) < minimum:
            problem(problems, f"no fewer than {minimum} items allowed", at)
        if len(value) > maximum:
            problem(problems, f"no more than {maximum} items allowed", at)
        for index, item in enumerate(value):
            check_item(item, f"{at}/{index}", problems)

    return check


def mapping(
    required: Mapping[str, Check], optional: Mapping[str, Check], any_of: Collection[str] = ()
) -> Check:
    """An object with these keys and no other; where `any_of` is given, with at least one of those."""
    known = {**required, **optional}

    def check(value: Any, at: str, problems: list[str]) -> None:
        if not isinstance(value, dict):
            problem(problems, "must be an object", at)
            return
        for key in required:
            if key not in value:
                problem(problems, f"missing required field: {key}", at)
        if any_of and not any(key in value for key in any_of):
            problem(problems, f"missing required field: {' or '.join(any_of)}", at)
        for key, item in value.items():
            if key in known:
                known[key](item, f"{at}/{key}", problems)
            else:
                problem(problems, f"invalid additional property: {key}", at)

    return check


def one_of(kinds: Mapping[str, Check], allowed: Collection[str]) -> Check:
    """An object whose `type` picks its check."""

    def check(value: Any, at: str, problems: list[str]) -> None:
        if not isinstance(value, dict) or "type" not in value:
            problem(problems, "missing required field: type", at)
            return
        kind = value["type"]
        if kind not in allowed or kind not in kinds:
            problem(problems, f"unsupported type: {kind}", f"{at}/type")
            return
        kinds[kind](value, at, problems)

    return check


def anything(_value: Any, _at: str, _problems: list[str]) -> None:
    """Accept what the fake does not look into."""
