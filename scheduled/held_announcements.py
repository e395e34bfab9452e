"""Announcements that waited for the end of their organisation's publicity hold."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from handlers import event_cards, events, round_cards, rounds
from handlers.kit.messages import Message
from handlers.kit.words import Catalogues, Words
from scheduled.reminder_messages import post
from store import events as stored_events
from store import publicity, replies
from store import rounds as stored_rounds
from store.events import Event
from store.local_times import HOME_ZONE, local
from store.profiles import MessageKind
from store.replies import Answer
from store.rounds import FundingRound


async def announce(session: AsyncSession, catalogues: Catalogues, now: datetime) -> None:
    """Announce what is free by today; a hold that grew keeps it waiting."""
    today = local(now, HOME_ZONE).date()
    waiting: list[Event | FundingRound] = [
        *await stored_events.held_before(session, today, now),
        *await stored_rounds.held_before(session, today, now),
    ]
    for one in waiting:
        hold = await publicity.on_day(session, one.organisation_id, today)
        if hold is not None:
            one.held_until = hold.until_on + timedelta(days=1)
            continue
        one.announced_at, one.held_until = now, None
        if isinstance(one, Event):
            await _announce_event(session, catalogues, one, now)
        else:
            await _announce_round(session, catalogues, one, now)


async def _announce_event(session: AsyncSession, catalogues: Catalogues, event: Event, now: datetime) -> None:
    event.changed_at = now
    counts: Counter[Answer] = (await replies.counts(session, [event.id]))[event.id]

    def compose(words: Words) -> Message:
        return event_cards.post(words, event, counts, now)

    await post(
        session,
        catalogues,
        await stored_events.group_ids(session, event.id),
        compose,
        key=events.key_of(event),
        now=now,
        kind=MessageKind.EVENTS,
        key_by_locale=True,
    )


async def _announce_round(
    session: AsyncSession, catalogues: Catalogues, one: FundingRound, now: datetime
) -> None:
    def compose(words: Words) -> Message:
        return round_cards.announcement(words, one, now)

    await post(
        session,
        catalogues,
        await stored_rounds.group_ids(session, one.id),
        compose,
        key=rounds.key_of(one),
        now=now,
        kind=MessageKind.FUNDING,
        key_by_locale=True,
    )
