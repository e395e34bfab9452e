"""The stop at calendars of others: following one, reading it, what went wrong, pausing and removing it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from handlers.event_feed_actions import AddFeed, EditFeed, PauseFeed, ReadFeed, RemoveFeed
from handlers.event_feed_reading import Note, Reading
from handlers.kit.updates import RawAnswers
from scheduled import event_feeds as job
from scheduled.event_feed_fetching import Fetched, Fetcher, Unfetched
from store.event_feeds import EventFeed
from tests.surfaces.touring import TouringBot


class _Fetcher(Fetcher):
    gives: Fetched | Unfetched = Fetched(b"")

    async def fetch(self, address: str, *, etag: str = "", last_modified: str = "") -> Fetched:
        if isinstance(self.gives, Unfetched):
            raise self.gives
        return self.gives


async def follow_calendars(bot: TouringBot) -> None:
    right: RawAnswers = {
        "name": bot.cast.named("Partners"),
        "url": "https://calendar.example.org/basic.ics",
        "announces": "no",
        "groups": [],
        "categories": ["full"],
        "everyone": "yes",
        "public": "no",
        "kind": "webinar",
        "organiser": bot.cast.named("The team"),
        "event_language": "en",
    }
    opened = await bot.anew("ada", await bot.press("ada", AddFeed()))
    await bot.fill_in("ada", opened, right | {"url": "http://calendar.example.org"})
    opened = await bot.anew("ada", await bot.press("ada", AddFeed()))
    await bot.fill_in("ada", opened, right)
    async with bot.database.read() as session:
        feed = (await session.scalars(select(EventFeed))).one()
    await bot.command("ada", "ccin", "feeds")

    async def read(_data: bytes, _now: datetime) -> Reading:
        return Reading((), (Note("private", bot.cast.named("Appraisal")),))

    fetcher = _Fetcher()
    tick = job.job(bot.database, bot.clock, bot.surroundings, lambda _taken: None, fetcher, read)
    await tick()
    await bot.command("ada", "ccin", "feeds")
    await bot.press("ada", ReadFeed(feed_id=feed.id))
    fetcher.gives = Unfetched("status", "404")
    await tick()
    await bot.command("ada", "ccin", "feeds")
    for on in (True, False):
        await bot.press("ada", PauseFeed(feed_id=feed.id, on=on))
    opened = await bot.anew("ada", await bot.press("ada", EditFeed(feed_id=feed.id)))
    await bot.fill_in("ada", opened, right)
    for sure in ("no", "yes"):
        opened = await bot.anew("ada", await bot.press("ada", RemoveFeed(feed_id=feed.id)))
        await bot.fill_in("ada", opened, {"sure": sure})
    await bot.press("ada", ReadFeed(feed_id=feed.id))
    await bot.press("ann", PauseFeed(feed_id=feed.id))
