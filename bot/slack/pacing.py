"""Pacing: one post a second in a channel, a ceiling for the workspace, and waiting where Slack says so."""

from __future__ import annotations

import time
from collections.abc import Callable

# "no more than 1 per second per channel … short bursts", https://docs.slack.dev/apis/web-api/rate-limits/
CHANNEL_SECONDS = 1.0
CHANNEL_BURST = 3
# The share of a minute's ceiling that may go out at once.
WORKSPACE_BURST = 10
# Turns of channels that are long past are forgotten when there are this many.
CHANNELS_KEPT = 2_000


class Pacing:
    """Turns in order. Each channel, and the workspace, has a time at which its next turn is on schedule;
    a burst may run ahead of the schedule by a few turns.

    ``per_minute`` is the workspace's ceiling; 0 is none.
    """

    def __init__(self, per_minute: int, *, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = 60 / per_minute if per_minute else 0.0
        self._now = now
        self._workspace = 0.0
        self._channels: dict[str, float] = {}
        self._held: dict[str, float] = {}

    def wait(self, channel: str) -> float:
        """Seconds until a turn in a channel comes, taking none."""
        now = self._now()
        due = [
            self._channels.get(channel, 0.0) - (CHANNEL_BURST - 1) * CHANNEL_SECONDS,
            self._held.get(channel, 0.0),
            self._held.get("", 0.0),
        ]
        if self._seconds:
            due.append(self._workspace - (WORKSPACE_BURST - 1) * self._seconds)
        return max(0.0, max(due) - now)

    def take(self, channel: str) -> float:
        """Take the next turn in a channel: the seconds to wait for it."""
        wait = self.wait(channel)
        now = self._now()
        if len(self._channels) > CHANNELS_KEPT:
            self._channels = {name: due for name, due in self._channels.items() if due > now}
            self._held = {name: due for name, due in self._held.items() if due > now}
        self._channels[channel] = max(now, self._channels.get(channel, 0.0)) + CHANNEL_SECONDS
        self._workspace = max(now, self._workspace) + self._seconds
        return wait

    def hold(self, channel: str, seconds: float) -> None:
        """Slack asked to wait: no turn in a channel before then; an empty name holds them all."""
        self._held[channel] = max(self._held.get(channel, 0.0), self._now() + seconds)
