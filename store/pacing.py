"""Pacing: when a platform may be written to next, kept in common by every process of one database.

Each lane, and the platform as a whole, has a time at which its next turn is on schedule; a burst may run
ahead of the schedule by a few turns. A process that dies takes no more with it than the turns it had.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from sqlalchemy import Executable, String, delete, select
from sqlalchemy.dialects import postgresql as postgres
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base

# The lane of the platform as a whole; whoever holds its row is the only one who gives out turns.
WHOLE = ""
# Once a schedule lies this far back, the lane is as fresh as one that was never used.
KEPT = timedelta(minutes=1)


class Lane(Base):
    """A place on a platform where messages follow one another, or the whole platform."""

    __tablename__ = "lanes"

    platform: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(300), primary_key=True)
    # When its next turn is on schedule.
    next_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a platform takes messages: ``per_minute`` in all, 0 for no ceiling, and one every
    ``lane_seconds`` in each lane; so many of them at once."""

    per_minute: int = 0
    burst: int = 10
    lane_seconds: float = 1.0
    lane_burst: int = 3

    @property
    def step(self) -> timedelta:
        """Between two turns of the whole platform."""
        return timedelta(minutes=1) / self.per_minute if self.per_minute else timedelta()

    @property
    def lane_step(self) -> timedelta:
        return timedelta(seconds=self.lane_seconds)

    @property
    def ahead(self) -> timedelta:
        """How far the whole platform may run ahead of its schedule."""
        return (self.burst - 1) * self.step

    @property
    def lane_ahead(self) -> timedelta:
        return (self.lane_burst - 1) * self.lane_step


@dataclass(frozen=True, slots=True)
class Turn:
    """When the next turn comes; ``taken`` says that it is ours, and not only what we are told."""

    at: datetime
    taken: bool = True


async def room(session: AsyncSession, platform: str, pace: Pace, now: datetime, latest: datetime) -> int:
    """How many turns of a platform with a ceiling come until a time. Until this transaction ends, no other
    process takes any of them."""
    schedule = max(now, await _lock(session, platform) or now)
    return max(0, math.floor((latest - schedule + pace.ahead) / pace.step) + 1)


async def take(
    session: AsyncSession, platform: str, pace: Pace, lanes: Sequence[str], now: datetime, latest: datetime
) -> list[Turn]:
    """The next turn in each lane, in order; a lane may be named several times. Turns up to ``latest`` are
    taken, later ones only told."""
    whole = await _lock(session, platform) or now
    schedules = await _schedules(session, platform, lanes)
    changed: dict[str, datetime] = {}
    turns = []
    for name in lanes:
        schedule = schedules.get(name, now)
        at = max(now, schedule - pace.lane_ahead, whole - pace.ahead if pace.per_minute else now)
        # Those that are only told follow one another, too, and do not all come back at once.
        schedules[name] = max(now, schedule) + pace.lane_step
        if at <= latest:
            changed[name] = schedules[name]
            whole = max(now, whole) + pace.step
        turns.append(Turn(at, taken=at <= latest))
    if changed:
        await _write(session, platform, changed | {WHOLE: whole})
    return turns


async def hold(session: AsyncSession, platform: str, pace: Pace, lane: str, until: datetime) -> None:
    """The platform asked to wait: no turn in a lane before then."""
    await _lock(session, platform)
    schedule = (await _schedules(session, platform, [lane])).get(lane, until)
    await _write(session, platform, {lane: max(schedule, until + pace.lane_ahead)})


async def forget(session: AsyncSession, platforms: Collection[str], now: datetime) -> None:
    """Delete the lanes whose turns are long past."""
    for platform in sorted(platforms):
        await _lock(session, platform)
        await session.execute(
            delete(Lane).where(Lane.platform == platform, Lane.name != WHOLE, Lane.next_at < now - KEPT)
        )


async def _lock(session: AsyncSession, platform: str) -> datetime | None:
    """The schedule of the whole platform, held until the end of the transaction; None where it is new."""
    whole = select(Lane.next_at).where(Lane.platform == platform, Lane.name == WHOLE).with_for_update()
    found = await session.scalar(whole)
    if found is not None:
        return found
    # A time long past is the same as none, and gives the next process something to wait for.
    past = datetime.fromtimestamp(0, UTC)
    added = _insert(session.get_bind().dialect.name).on_conflict_do_nothing()
    await session.execute(added.values(platform=platform, name=WHOLE, next_at=past))
    return await session.scalar(whole)


async def _schedules(session: AsyncSession, platform: str, lanes: Collection[str]) -> dict[str, datetime]:
    rows = await session.execute(
        select(Lane.name, Lane.next_at).where(Lane.platform == platform, Lane.name.in_(set(lanes)))
    )
    return {lane.name: lane.next_at for lane in rows}


async def _write(session: AsyncSession, platform: str, schedules: Mapping[str, datetime]) -> None:
    await session.execute(
        _upsert(session.get_bind().dialect.name),
        [{"platform": platform, "name": name, "next_at": at} for name, at in schedules.items()],
    )


def _insert(dialect: str) -> postgres.Insert | sqlite.Insert:
    table = Lane.metadata.tables[Lane.__tablename__]
    return sqlite.insert(table) if dialect == "sqlite" else postgres.insert(table)


@cache
def _upsert(dialect: str) -> Executable:
    """Built once for each dialect: every message runs it."""
    added = _insert(dialect)
    return added.on_conflict_do_update(
        index_elements=["platform", "name"], set_={"next_at": added.excluded.next_at}
    )
