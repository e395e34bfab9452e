"""Turns: when a message may go to its place, as the platform's pace allows all processes together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.kit.platform import Clock, Delivery, Platform
from handlers.kit.updates import Place
from scheduled.batches import Batches
from scheduled.outbox_settlements import Hold
from store import pacing
from store.database import Database
from store.pacing import Turn

# Turns are taken this long before they come. Longer, and what is urgent waits behind what is not; shorter,
# and a tick that comes late leaves turns unused.
TAKEN_AHEAD = timedelta(seconds=2)
# A message that was begun and has to wait longer than this goes back for any process to take.
LONGEST_TURN = timedelta(seconds=5)
TAKEN_AT_ONCE = 128


class Turns:
    """Gives out turns from the schedule in the database."""

    def __init__(self, database: Database, platforms: Mapping[str, Platform], clock: Clock) -> None:
        self._database = database
        self._platforms = platforms
        self._clock = clock
        self._batches: Batches[Place, Turn] = Batches(self._take_all, most=TAKEN_AT_ONCE)

    async def room(self, session: AsyncSession, now: datetime, most: int) -> int:
        """How many messages may be claimed, so that the most urgent one gets the next turn and none is
        claimed in vain."""
        for name, platform in sorted(self._platforms.items()):
            if platform.pace.per_minute:
                left = await pacing.room(session, name, platform.pace, now, now + TAKEN_AHEAD)
                most = min(most, left)
        return most

    async def of(self, session: AsyncSession, deliveries: Sequence[Delivery], now: datetime) -> list[Turn]:
        """When each of what was just claimed may go; turns up to ``TAKEN_AHEAD`` are taken."""
        return await self._of(session, [one.place for one in deliveries], now, now + TAKEN_AHEAD)

    async def take(self, place: Place) -> Turn:
        """When a message to a place may go; a turn up to ``LONGEST_TURN`` is taken."""
        return Turn(self._clock()) if self._lane(place) is None else await self._batches.add(place)

    def hold(self, place: Place) -> Hold | None:
        """What is to wait where a platform asked for it; None where turns are not counted."""
        lane = self._lane(place)
        return None if lane is None else Hold(place.platform, self._platforms[place.platform].pace, lane)

    async def forget(self) -> None:
        """Tidy up what no longer holds anything back."""
        async with self._database.write() as session:
            await pacing.forget(session, self._platforms, self._clock())

    def _lane(self, place: Place | None) -> str | None:
        platform = self._platforms.get(place.platform) if place is not None else None
        return platform.lane(place) if platform is not None and place is not None else None

    async def _take_all(self, places: list[Place]) -> list[Turn]:
        now = self._clock()
        async with self._database.write() as session:
            return await self._of(session, places, now, now + LONGEST_TURN)

    async def _of(
        self, session: AsyncSession, places: Sequence[Place | None], now: datetime, latest: datetime
    ) -> list[Turn]:
        turns = [Turn(now)] * len(places)
        lanes: dict[str, list[tuple[int, str]]] = {}
        for number, place in enumerate(places):
            if place is not None and (lane := self._lane(place)) is not None:
                lanes.setdefault(place.platform, []).append((number, lane))
        # Always in the same order, so that two processes never wait for each other.
        for name, wanted in sorted(lanes.items()):
            pace = self._platforms[name].pace
            given = await pacing.take(session, name, pace, [lane for _number, lane in wanted], now, latest)
            for (number, _lane), turn in zip(wanted, given, strict=True):
                turns[number] = turn
        return turns
