"""The errors that the fake answers with, worded as Slack words them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class SlackError(Exception):
    """An answer of `ok: false`.

    :param error: Slack's short word for it.
    :param problems: what is wrong where, for answers about blocks and arguments.
    :param extra: further keys of the answer, such as `needed` and `provided`.
    """

    def __init__(self, error: str, *, problems: Sequence[str] = (), **extra: Any) -> None:
        super().__init__(error, *problems)
        self.error = error
        self.problems = tuple(problems)
        self.extra = extra

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {"ok": False, "error": self.error, **self.extra}
        if self.problems:
            body["errors"] = list(self.problems)
            body["response_metadata"] = {"messages": [f"[ERROR] {problem}" for problem in self.problems]}
        return body


class RateLimited(SlackError):
    """An answer of HTTP 429."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__("ratelimited")
        self.retry_after_seconds = retry_after_seconds


class NotSubmitted(Exception):
    """Slack's own client would not send this form: a required field is empty or its text is too long."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(problems)
        self.problems = problems
