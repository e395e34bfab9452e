"""Faults at random: a Slack that times out, refuses, breaks off and answers late, and a database away."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Literal, Protocol

from bot.slack.api import CALL_SECONDS
from tests.fakes.slack import Fault
from tests.fakes.slack.workspace import Json

Name = Literal["timed out", "taken, timed out", "429", "500", "dropped", "taken, dropped"]

# How many in a hundred calls meet with each.
SHARES: dict[Name, float] = {
    "timed out": 1.0,
    "taken, timed out": 0.5,
    "429": 3.0,
    "500": 3.0,
    "dropped": 3.0,
    "taken, dropped": 4.0,
}
# Any other call is answered within so many seconds.
SLOWEST_ANSWER = 0.4
LONGER_THAN_THE_BOT_WAITS = CALL_SECONDS + 1.0
BUSY_SECONDS = 60


class Weather:
    """The faults of one run, by its own dice. ``counted`` is what the bot met with.

    :param timeout: for how many seconds a call hangs that times out.
    """

    def __init__(self, chance: random.Random, *, timeout: float = LONGER_THAN_THE_BOT_WAITS) -> None:
        self.counted: Counter[Name] = Counter()
        self._chance = chance
        self._timeout = timeout
        self.calm = False
        self._armed: list[asyncio.Event] = []

    def fault(self, method: str, _arguments: Json) -> Fault | None:
        """For ``FakeSlack.api.fault``."""
        if method == "chat.postMessage" and self._armed:
            # The post is taken, and its answer comes only after what waits for it has happened.
            for armed in self._armed:
                armed.set()
            self._armed.clear()
            return Fault("slow", seconds=1.0)
        name = None if self.calm else self._drawn()
        if name is None:
            return Fault("slow", seconds=self._chance.random() * SLOWEST_ANSWER)
        self.counted[name] += 1
        match name:
            case "timed out":
                return Fault("hang", seconds=self._timeout)
            case "taken, timed out":
                return Fault("slow", seconds=self._timeout)
            case "429":
                return Fault("rate_limit", seconds=1)
            case "500":
                return Fault("status", status=500)
            case "dropped":
                return Fault("drop_before")
            case "taken, dropped":
                return Fault("drop_after")

    async def between_send_and_settle(self, *, within: float) -> None:
        """Until a post has been taken whose answer is still on its way, or none came in so many seconds."""
        armed = asyncio.Event()
        self._armed.append(armed)
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await armed.wait()

    def _drawn(self) -> Name | None:
        left = self._chance.random() * 100
        for name, share in SHARES.items():
            left -= share
            if left < 0:
                return name
        return None


class Link(Protocol):
    """A way to a database that can be cut, and mended again."""

    async def cut(self) -> None: ...

    async def mend(self) -> None: ...


class FileLock:
    """What comes closest to a cut where the database is a file: another program holds it for itself."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._holding: sqlite3.Connection | None = None

    async def cut(self) -> None:
        self._holding = await asyncio.to_thread(self._hold)

    async def mend(self) -> None:
        if self._holding is not None:
            self._holding.close()
            self._holding = None

    def _hold(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.execute("BEGIN IMMEDIATE")
        return connection
