"""Faults that a chaos test lets the fake commit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tests.fakes.slack.workspace import Json


@dataclass(frozen=True)
class Fault:
    """What happens to one call of the Web API instead of its answer.

    `hang` holds the call for some seconds before it drops the connection; `status` answers at once
    with this HTTP status; `rate_limit` answers 429; `drop_before` closes the connection with nothing
    done; `drop_after` does what was asked and closes the connection without saying so; `slow` does what
    was asked at once and says so after some seconds.
    """

    kind: Literal["hang", "status", "rate_limit", "drop_before", "drop_after", "slow"]
    seconds: float = 1
    status: int = 500


FaultHook = Callable[[str, Json], Fault | None]
"""Given the method and its arguments: a fault, or None to answer as usual."""
