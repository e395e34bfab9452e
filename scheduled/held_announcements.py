"""Announcements that waited for the end of their organisation's publicity hold."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from handlers import event_cards, events, group_posts, round_cards, rounds
from handlers.kit.context import Compose
from handlers.kit.messages import Message
from handlers.kit.updates import Place
from handlers.kit.words import Catalogues, Words
from store import event_audiences, event_series, outbox, publicity, replies
from store import events as stored_events
from store import rounds as stored_rounds
from store.events import Event
from store.local_times import HOME_ZONE, local
from store.outbox import Priority
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
        if one.announced_at is not None:
            # A date that was announced with the first of its series.
            continue
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
    await session.flush()
    await event_series.announce_rest(session, event, now)
    counts: Counter[Answer] = (await replies.counts(session, [event.id]))[event.id]
    more = (await event_series.more_dates(session, [event], now)).get(event.id)

    def compose(words: Words) -> Message:
        return event_cards.post(words, event, counts, now, more=more)

    await _post(
        session,
        catalogues,
        await event_audiences.group_ids(session, event.id),
        compose,
        key=events.key_of(event),
        now=now,
        kind=MessageKind.EVENTS,
    )


async def _announce_round(
    session: AsyncSession, catalogues: Catalogues, one: FundingRound, now: datetime
) -> None:
    def compose(words: Words) -> Message:
        return round_cards.announcement(words, one, now)

    await _post(
        session,
        catalogues,
        await stored_rounds.group_ids(session, one.id),
        compose,
        key=rounds.key_of(one),
        now=now,
        kind=MessageKind.FUNDING,
    )


async def _post(
    session: AsyncSession, catalogues: Catalogues, group_ids: list[int], compose: Compose, *,
    key: str, now: datetime, kind: MessageKind,
) -> None:  # fmt: skip
    async def send(place: Place, said: Message, key: str) -> bool:
        added = await outbox.add(
            session,
            key=key,
            recipient=f"place:{place.platform}:{place.kind}:{place.id}:",
            message=said.model_dump(mode="json"),
            now=now,
            place=place.to_json(),
            priority=Priority.BROADCAST,
            kind=kind,
        )
        return added is not None

    await group_posts.write(session, catalogues, group_ids, compose, key=key, now=now, send=send)
