"""Thanks: when an event is over, its organiser is asked who came, and on the next working morning those who
came or had said yes are thanked, once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from handlers import event_after_cards
from handlers.kit.context import Surroundings
from handlers.kit.platform import Clock
from handlers.working_hours import next_working_day
from scheduled.telling import tell
from store import attendance, events, members, profiles, replies
from store.database import Database
from store.events import Event, EventState
from store.local_times import HOME_ZONE
from store.members import Member
from store.profiles import MessageKind
from store.replies import YES

# Thanks that come later than this would only puzzle people.
USEFUL_FOR = timedelta(days=7)


def job(database: Database, clock: Clock, surroundings: Surroundings) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        async with database.read() as session:
            over = [event.id for event in await events.to_thank(session, clock())]
        for event_id in over:
            async with database.write() as session:
                event = await events.by_id(session, event_id, lock=True)
                if event is not None and event.thanked_at is None:
                    await _follow_up(session, surroundings, event, clock())

    return run


async def _follow_up(session: AsyncSession, surroundings: Surroundings, event: Event, now: datetime) -> None:
    if event.state(now) is not EventState.PAST:
        return
    due_at = next_working_day(event.ends_at)
    if now < due_at:
        await _ask_the_organiser(session, surroundings, event, due_at, now)
        return
    event.thanked_at = now
    if now - due_at <= USEFUL_FOR:
        await _thank(session, surroundings, event, now)


async def _ask_the_organiser(
    session: AsyncSession, surroundings: Surroundings, event: Event, due_at: datetime, now: datetime
) -> None:
    organiser = await members.by_id(session, event.created_by_id or 0)
    if organiser is None or not organiser.active:
        return
    await tell(
        session,
        surroundings,
        [organiser],
        lambda words: event_after_cards.to_the_organiser(words, event, words.moment_in(due_at, HOME_ZONE)),
        key=f"event:{event.id}:over",
        now=now,
    )


async def _thank(session: AsyncSession, surroundings: Surroundings, event: Event, now: datetime) -> None:
    came = await attendance.of_event(session, event.id)
    said_yes = [member for member, _answer in await replies.people(session, event.id, YES)]
    missing = set(came) - {member.id for member in said_yes}
    readers: list[Member] = [*said_yes, *await members.by_ids(session, sorted(missing))]
    willing = await profiles.wanting(session, [one.id for one in readers], MessageKind.EVENTS, now)
    for present in (True, False):
        said = partial(event_after_cards.thanks, event=event, came=present)
        wanted = [one for one in readers if one.id in willing and (one.id in came) is present]
        await tell(session, surroundings, wanted, said, key=f"event:{event.id}:thanks", now=now)
