"""Slack's rate limits: tiers by method, one post a second in a channel, a ceiling for the workspace."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.fakes.slack import limits
from tests.fakes.slack.errors import RateLimited

# The tier stands on each method's page: https://docs.slack.dev/reference/methods
TIERS: Final = {
    "apps.connections.open": limits.TIER_1,
    "usergroups.create": limits.TIER_2,
    "usergroups.disable": limits.TIER_2,
    "usergroups.enable": limits.TIER_2,
    "usergroups.list": limits.TIER_2,
    "usergroups.update": limits.TIER_2,
    "usergroups.users.list": limits.TIER_2,
    "usergroups.users.update": limits.TIER_2,
    "users.list": limits.TIER_2,
    "conversations.create": limits.TIER_2,
    "conversations.list": limits.TIER_2,
    "conversations.setPurpose": limits.TIER_2,
    "bots.info": limits.TIER_3,
    "chat.delete": limits.TIER_3,
    "chat.update": limits.TIER_3,
    "conversations.history": limits.TIER_3,
    "conversations.info": limits.TIER_3,
    "conversations.invite": limits.TIER_3,
    "conversations.join": limits.TIER_3,
    "conversations.kick": limits.TIER_3,
    "conversations.open": limits.TIER_3,
    "conversations.replies": limits.TIER_3,
    "reactions.add": limits.TIER_3,
    "team.info": limits.TIER_3,
    "chat.postEphemeral": limits.TIER_4,
    "conversations.members": limits.TIER_4,
    "users.info": limits.TIER_4,
    "views.open": limits.TIER_4,
    "views.publish": limits.TIER_4,
    "views.push": limits.TIER_4,
    "views.update": limits.TIER_4,
}


@dataclass
class _Bucket:
    tokens: float
    filled_at: float


class RateLimits:
    """Buckets that fill steadily; a call that finds its bucket empty is told when to come back.

    :param channel_burst: posts in one channel that pass at once before one a second holds.
    :param workspace_per_minute: posts in the whole workspace. Slack says "several hundred"; 200 is the
        cautious reading, and what the bot keeps to by default.
    :param tiers: whether the tiers by method hold too.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        channel_per_second: float = 1.0,
        channel_burst: int = 3,
        workspace_per_minute: int = 200,
        tiers: bool = True,
    ) -> None:
        self._clock = clock
        self._channel_per_second = channel_per_second
        self._channel_burst = channel_burst
        self._workspace_per_minute = workspace_per_minute
        self._tiers = tiers
        self._buckets: dict[str, _Bucket] = {}

    def count(self, method: str, channel: str = "") -> None:
        """:raises RateLimited: this call is one too many."""
        if method == "chat.postMessage":
            self._take(f"channel:{channel}", self._channel_per_second, self._channel_burst)
            self._take("workspace", self._workspace_per_minute / 60, self._workspace_per_minute)
        elif self._tiers and method in TIERS:
            self._take(f"method:{method}", TIERS[method] / 60, TIERS[method])

    def _take(self, name: str, per_second: float, burst: int) -> None:
        now = self._clock()
        bucket = self._buckets.setdefault(name, _Bucket(burst, now))
        bucket.tokens = min(burst, bucket.tokens + (now - bucket.filled_at) * per_second)
        bucket.filled_at = now
        # Parts of a token that are lost in floating point must not cost a caller who waited.
        if bucket.tokens < 1 - 1e-6:
            raise RateLimited(max(1, math.ceil((1 - bucket.tokens) / per_second)))
        bucket.tokens -= 1
