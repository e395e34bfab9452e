"""Event feeds: each calendar that is followed is read again every hour."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from handlers import event_following
from handlers.event_feed_process import read_elsewhere
from handlers.event_feed_reading import Reading, Unreadable
from handlers.kit.context import Context, Surroundings
from handlers.kit.platform import Clock, Delivery
from handlers.kit.router import Router
from handlers.kit.updates import Opened, Place, PlaceKind, Sender, Update
from scheduled.event_feed_fetching import Fetched, Fetcher, Unfetched
from store import event_feeds
from store.database import Database
from store.event_feeds import EventFeed

log = structlog.get_logger(__name__)

MOST_NOTES = 20
ReadCalendar = Callable[[bytes, datetime], Awaitable[Reading]]


def job(
    database: Database,
    clock: Clock,
    surroundings: Surroundings,
    take: Callable[[list[Delivery]], None],
    fetcher: Fetcher | None = None,
    read: ReadCalendar = read_elsewhere,
) -> Callable[[], Awaitable[None]]:
    """Fetches and reads what is due, one feed after the other, outside any transaction. ``take`` is handed
    what is to be delivered at once."""

    async def run() -> None:
        async with database.read() as session:
            due = await event_feeds.due(session, clock())
        for feed_id in due:
            async with database.write() as session:
                feed = await event_feeds.claim(session, feed_id, clock())
            if feed is not None:
                await _read_one(feed)

    async def _read_one(feed: EventFeed) -> None:
        now = clock()
        reading: Reading | None = None
        problem: list[str] = []
        fetched = Fetched(None)
        # Once a day all is read, whether it changed or not: later dates of a series come into view.
        again = feed.read_at is not None and feed.read_at.date() == now.date() and not feed.problem
        try:
            fetched = await (fetcher or Fetcher()).fetch(
                feed.url,
                etag=feed.etag if again else "",
                last_modified=feed.last_modified if again else "",
            )
            if fetched.data is not None:
                reading = await read(fetched.data, now)
        except Unfetched as error:
            problem = [error.code, error.about]
        except Unreadable as error:
            problem = [error.code, ""]
        deliveries: list[Delivery] = []
        async with database.write() as session:
            held = await event_feeds.by_id(session, feed.id, lock=True)
            if held is None or held.paused_at is not None or held.url != feed.url:
                return
            if reading is not None:
                context = Context(surroundings, Router("event_feeds"), session, _update(held, now), now, None)
                target = event_following.target_of(held, await event_feeds.group_ids(session, held.id))
                done = await event_following.follow(context, target, reading)
                deliveries = context.deliveries
                if done.held_back:
                    problem = ["many_missing", str(done.held_back)]
                held.notes = [[one.code, one.about] for one in reading.notes[:MOST_NOTES]]
                # What is missing is looked for once more, so the next reading has to be a whole one.
                whole = bool(done.waiting)
                held.etag = "" if whole else fetched.etag
                held.last_modified = "" if whole else fetched.last_modified
            held.read_at, held.problem = now, problem
            if not problem:
                held.succeeded_at = now
        take(deliveries)
        log.info("event_feed.read", feed_id=feed.id, problem=problem[0] if problem else "")

    return run


def _update(feed: EventFeed, now: datetime) -> Update:
    nobody = Place("feed", PlaceKind.WORKSPACE, str(feed.id))
    return Update(f"event_feed:{feed.id}:{now:%Y%m%d%H%M%S}", Sender("feed", ""), nobody, Opened())


EVERY = timedelta(minutes=1)
