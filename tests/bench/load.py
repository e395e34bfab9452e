"""A bounded load of signed mentions, spread over channels, and what their acknowledgements took."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp


@dataclass(frozen=True, slots=True)
class Latencies:
    """Seconds to the acknowledgement of each request, and the wall time of them all."""

    seconds: tuple[float, ...]
    wall: float
    refused: int

    def percentile(self, share: float) -> float:
        """Milliseconds within which this share of the requests was acknowledged."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.seconds) / self.wall


class Mentions:
    """Signs and sends mentions as Slack does. Each has an id of its own; places are "channel:thread"."""

    def __init__(
        self, address: str, secret: str, user: str, places: Sequence[str], team: str, bot_user: str
    ) -> None:
        self._address = address
        self._secret = secret.encode()
        self._user = user
        self._places = itertools.cycle(places)
        self._team = team
        self._bot_user = bot_user
        self._numbers = itertools.count(1)
        self._start = int(time.time())

    async def flood(self, count: int, *, at_once: int) -> Latencies:
        """Send as fast as they are acknowledged, ``at_once`` under way."""
        left = itertools.repeat(None, count)
        taken: list[float] = []
        refused = 0

        async def worker(client: aiohttp.ClientSession) -> None:
            nonlocal refused
            for _ in left:
                seconds, status = await self._send(client)
                taken.append(seconds)
                refused += status != 200

        started = time.perf_counter()
        async with aiohttp.ClientSession() as client:
            await asyncio.gather(*(worker(client) for _ in range(at_once)))
        return Latencies(tuple(taken), time.perf_counter() - started, refused)

    async def pace(self, count: int, *, per_second: float) -> Latencies:
        """Send at a steady rate, whatever the answers take."""
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
            started = time.perf_counter()
            tasks = []
            for number in range(count):
                await asyncio.sleep(max(0.0, started + number / per_second - time.perf_counter()))
                tasks.append(asyncio.create_task(self._send(client)))
            results = await asyncio.gather(*tasks)
        wall = time.perf_counter() - started
        return Latencies(
            tuple(seconds for seconds, _ in results), wall, sum(status != 200 for _, status in results)
        )

    async def _send(self, client: aiohttp.ClientSession) -> tuple[float, int]:
        body = self._body()
        stamp = str(int(time.time()))
        signed = hmac.new(self._secret, f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={signed}",
        }
        started = time.perf_counter()
        async with client.post(self._address, data=body, headers=headers) as response:
            await response.read()
            return time.perf_counter() - started, response.status

    def _body(self) -> bytes:
        number = next(self._numbers)
        stamp = f"{self._start}.{number:06d}"
        channel, _, thread = next(self._places).partition(":")
        event = {
            "type": "app_mention",
            "user": self._user,
            "text": f"<@{self._bot_user}> what is a Policy Lab?",
            "channel": channel,
            "thread_ts": thread,
            "ts": stamp,
            "event_ts": stamp,
        }
        envelope = {
            "type": "event_callback",
            "team_id": self._team,
            "api_app_id": "A0001",
            "event_id": f"Ev{number:010d}",
            "event_time": self._start,
            "authorizations": [{"team_id": self._team, "user_id": self._bot_user, "is_bot": True}],
            "event": event,
        }
        return json.dumps(envelope).encode()
