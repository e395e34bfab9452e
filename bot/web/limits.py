"""Rate limits: how often somebody may ask or try to sign in."""

from __future__ import annotations

import ipaddress
from collections import deque
from datetime import datetime, timedelta

from aiohttp import web

# Beyond this many senders the ones that have rested are forgotten.
MOST_SENDERS = 10_000


class RateLimit:
    """So many in a stretch of time for each sender, counted in this process."""

    def __init__(self, most: int, within: timedelta) -> None:
        self._most = most
        self._within = within
        self._taken: dict[str, deque[datetime]] = {}

    def take(self, sender: str, now: datetime) -> int:
        """Count one; 0 where it is allowed, else the seconds until the next will be."""
        if len(self._taken) > MOST_SENDERS:
            self._forget(now)
        taken = self._taken.setdefault(sender, deque())
        while taken and now - taken[0] >= self._within:
            taken.popleft()
        if len(taken) >= self._most:
            return max(1, int((taken[0] + self._within - now).total_seconds()))
        taken.append(now)
        return 0

    def _forget(self, now: datetime) -> None:
        self._taken = {
            sender: taken for sender, taken in self._taken.items() if taken and now - taken[-1] < self._within
        }


def address_of(request: web.Request) -> str:
    """The address a request came from. A proxy of ours, on this machine or in its private network, says
    for whom it asks; nobody else is believed."""
    peer = request.remote or ""
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    try:
        trusted = ipaddress.ip_address(peer).is_private
    except ValueError:
        return peer
    return forwarded[:64] if trusted and forwarded else peer
