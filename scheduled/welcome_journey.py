"""The welcome journey: sends each step to those whose day it is, on weekdays from nine to five."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta

import structlog

from handlers.kit.context import Surroundings
from handlers.kit.platform import Clock
from handlers.kit.words import LONDON
from handlers.welcome_journey import message
from handlers.working_hours import is_open
from store import organisations, outbox, welcome_journey
from store.database import Database
from store.profiles import MessageKind
from store.welcome_journey import JourneyStep

log = structlog.get_logger(__name__)

# How many people one transaction looks at: short enough for others to get a turn.
CHUNK = 200


def key_of(step: JourneyStep) -> str:
    """The outbox key of a step; with the recipient it is unique, so that nobody gets a step twice."""
    return f"journey:{step.id}"


def job(database: Database, clock: Clock, surroundings: Surroundings) -> Callable[[], Awaitable[None]]:
    """Whose turn it is follows from when they joined, at each tick anew. Who got a step, or did not
    because it did not fit them on the day, stands in the same transaction as the message."""

    async def run() -> None:
        now = clock()
        if not is_open(now):
            return
        async with database.read() as session:
            steps = [step for step in await welcome_journey.steps(session) if step.active]
        for step in steps:
            while await _take_turns(step, now):
                pass

    async def _take_turns(step: JourneyStep, now: datetime) -> bool:
        """Whether there may be more whose turn it is."""
        today = now.astimezone(LONDON).date()
        async with database.write() as session:
            turns = await welcome_journey.turns(
                session,
                step,
                joined_before=_midnight(today - timedelta(days=step.offset_days - 1)),
                day_began_at=_midnight(today),
                now=now,
                limit=CHUNK,
            )
            ids = {turn.member.organisation_id for turn in turns if turn.member.organisation_id}
            names = {one.id: one.name for one in await organisations.by_ids(session, sorted(ids))}
            for turn in turns:
                if turn.is_to_send:
                    member = turn.member
                    said = message(
                        surroundings.catalogues.words(member.locale),
                        step,
                        member,
                        names.get(member.organisation_id or 0, ""),
                        surroundings.network,
                    )
                    await outbox.add(
                        session,
                        key=key_of(step),
                        recipient=f"member:{member.id}",
                        message=said.model_dump(mode="json"),
                        now=now,
                        member_id=member.id,
                        kind=MessageKind.WELCOME,
                    )
            await welcome_journey.decide(session, step, turns, now)
        if turns:
            log.info("journey.step", step=step.id, people=len(turns))
        return len(turns) == CHUNK

    return run


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=LONDON)
