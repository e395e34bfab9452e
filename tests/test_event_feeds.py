"""Following calendars: what is new there comes here once, what changes there changes here, and what
goes wrong is said."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from handlers.event_feed_actions import AddFeed, EditFeed, PauseFeed, ReadFeed, RemoveFeed
from handlers.event_feed_reading import read
from handlers.kit.messages import Message
from handlers.kit.updates import RawAnswer, RawAnswers
from scheduled import event_feeds as job
from scheduled.event_feed_fetching import Fetched, Fetcher, Unfetched
from store.audit import AuditRecord, AuditValue
from store.event_feeds import EventFeed
from store.events import Event, EventState
from tests.bot import TestBot, message_of
from tests.test_events import fill, network, say

URL = "https://calendar.example.org/private-4711/basic.ics"
ANSWERS: RawAnswers = {
    "name": "Partners",
    "url": URL,
    "announces": "yes",
    "everyone": "yes",
    "public": "no",
    "kind": "webinar",
    "organiser": "Partners",
    "event_language": "en",
}


class FakeFetcher(Fetcher):
    """Gives what it is told to give, and notes what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.gives: Fetched | Unfetched = Fetched(None)
        self.asked: list[tuple[str, str, str]] = []

    async def fetch(self, address: str, *, etag: str = "", last_modified: str = "") -> Fetched:
        self.asked.append((address, etag, last_modified))
        if isinstance(self.gives, Unfetched):
            raise self.gives
        return self.gives


class Feed:
    """A calendar elsewhere, and a bot that follows it."""

    def __init__(self, bot: TestBot) -> None:
        self.bot, self.fetcher = bot, FakeFetcher()

    async def follow(self, **changed: RawAnswer) -> Message:
        return await fill(self.bot, "ada", await self.bot.press("ada", AddFeed()), **(ANSWERS | changed))

    async def tick(self, *events: str, hours: float = 1.0) -> None:
        """An hour later, with these events in it."""
        self.bot.clock.advance(hours=hours)
        body = "\r\n".join(f"BEGIN:VEVENT\r\n{one}\r\nEND:VEVENT" for one in events)
        text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{body}\r\nEND:VCALENDAR\r\n"
        self.fetcher.gives = Fetched(text.encode(), etag='"1"')
        await self.run()

    async def run(self) -> None:
        async def here(data: bytes, now: datetime) -> Any:
            return read(data, now)

        bot = self.bot
        await job.job(bot.database, bot.clock, bot.surroundings, lambda _taken: None, self.fetcher, here)()
        bot.clock.advance(seconds=31)
        await bot.deliver()

    async def events(self) -> list[Event]:
        async with self.bot.database.read() as session:
            return list(await session.scalars(select(Event).order_by(Event.starts_at, Event.id)))

    async def feed(self) -> EventFeed:
        async with self.bot.database.read() as session:
            return (await session.scalars(select(EventFeed))).one()

    async def listed(self) -> str:
        said = message_of(await self.bot.command("ada", "ccin", "feeds"))
        return " ".join([said.text, *(f"{item.title}: {item.text}" for item in said.items)])

    def posts(self) -> list[str]:
        return [message.heading or "" for place, message in self.bot.platform.delivered if place.id == "C9"]


def event(uid: str, start: str = "20270301T100000Z", title: str = "", **more: str) -> str:
    lines = [f"UID:{uid}", f"SUMMARY:{title or uid}", f"DTSTART:{start}", "DURATION:PT1H"]
    return "\r\n".join(lines + [f"{name.replace('_', '-').upper()}:{value}" for name, value in more.items()])


async def following(bot: TestBot, **changed: RawAnswer) -> Feed:
    await network(bot)
    feed = Feed(bot)
    await feed.follow(**changed)
    return feed


async def test_what_is_there_at_first_comes_without_a_post_and_what_is_new_later_with_one(
    bot: TestBot,
) -> None:
    feed = await following(bot)
    await feed.tick(event("a"), event("b", "20270302T100000Z"))
    first = await feed.events()
    assert [one.state(bot.clock()) for one in first] == [EventState.ANNOUNCED] * 2
    assert (first[0].kind, first[0].everyone, feed.posts()) == ("webinar", True, [])
    weekly = event("c", "20270105T100000Z", rrule="FREQ=WEEKLY;COUNT=4")
    await feed.tick(event("a"), event("b", "20270302T100000Z"), weekly)
    assert (len(await feed.events()), feed.posts()) == (6, ["c"])
    await feed.tick(event("a"), event("b", "20270302T100000Z"), weekly)
    assert (len(await feed.events()), feed.posts()) == (6, ["c"])


async def test_new_ones_are_drafts_where_the_feed_says_so(bot: TestBot) -> None:
    feed = await following(bot, announces="no")
    await feed.tick(event("a"))
    assert [one.state(bot.clock()) for one in await feed.events()] == [EventState.DRAFT]


async def test_what_moves_there_moves_here_and_people_are_told_once(bot: TestBot) -> None:
    feed = await following(bot)
    await feed.tick(event("a", location="Leeds"))
    (one,) = await feed.events()
    await say(bot, "ann", one, "going")
    for _time in range(2):
        await feed.tick(event("a", "20270401T090000Z", location="York", title="Call"))
    (moved,) = await feed.events()
    assert (moved.id, moved.title, moved.place) == (one.id, "Call", "York")
    assert moved.starts_at == datetime(2027, 4, 1, 9, 0, tzinfo=UTC)
    assert moved.sequence == one.sequence + 1
    told = [message for place, message in bot.platform.delivered if message.heading == "Changed: Call"]
    assert len(told) == 2  # The channel for announcements, and whoever said yes.


async def test_one_date_of_a_series_is_moved_and_one_called_off(bot: TestBot) -> None:
    feed = await following(bot)
    series = event("a", "20270105T100000Z", rrule="FREQ=WEEKLY;COUNT=3")
    await feed.tick(series)
    ids = [one.id for one in await feed.events()]
    await feed.tick(
        series,
        event("a", "20270113T150000Z", recurrence_id="20270112T100000Z"),
        event("a", "20270119T100000Z", recurrence_id="20270119T100000Z", status="CANCELLED"),
    )
    found = await feed.events()
    assert [one.id for one in found] == ids
    assert [f"{one.starts_at:%d %H}" for one in found] == ["05 10", "13 15", "19 10"]
    assert [bool(one.cancelled_at) for one in found] == [False, False, True]
    assert found[2].cancel_reason == "It was called off in the calendar that it comes from."


async def test_what_is_gone_is_called_off_when_it_is_still_gone_an_hour_later(bot: TestBot) -> None:
    feed = await following(bot)
    others = [event(f"b{number}", "20270302T100000Z") for number in range(3)]
    await feed.tick(event("a"), *others)
    await feed.tick(*others)
    gone = (await feed.events())[0]
    assert (gone.title, gone.cancelled_at) == ("a", None)
    await feed.tick(event("a"), *others)
    await feed.tick(*others)
    assert (await feed.events())[0].cancelled_at is None
    await feed.tick(*others)
    gone = (await feed.events())[0]
    assert gone.cancel_reason == "It is no longer in the calendar that it comes from."
    assert [bool(one.cancelled_at) for one in (await feed.events())[1:]] == [False] * 3


async def test_a_calendar_that_is_suddenly_empty_calls_nothing_off(bot: TestBot) -> None:
    feed = await following(bot)
    await feed.tick(*(event(f"a{number}") for number in range(5)))
    for _time in range(3):
        await feed.tick()
    assert not any(one.cancelled_at for one in await feed.events())
    assert "5 events are no longer in it" in await feed.listed()


async def test_what_was_changed_here_stays_until_it_changes_there(bot: TestBot) -> None:
    feed = await following(bot)
    await feed.tick(event("a"))
    async with bot.database.write() as session:
        (await session.scalars(select(Event))).one().place = "Room 4"
    await feed.tick(event("a"))
    assert (await feed.events())[0].place == "Room 4"
    await feed.tick(event("a", location="Room 5"))
    assert (await feed.events())[0].place == "Room 5"


async def test_what_goes_wrong_is_said_with_the_reason_and_the_events_stay(bot: TestBot) -> None:
    feed = await following(bot)
    await feed.tick(event("a"))
    feed.fetcher.gives = Unfetched("status", "404")
    bot.clock.advance(hours=1)
    await feed.run()
    said = await feed.listed()
    assert "The server answered with status 404." in said
    assert "Last read well on" in said
    feed.fetcher.gives = Fetched(b"<html>Sign in</html>")
    bot.clock.advance(hours=1)
    await feed.run()
    assert "What is there is no calendar." in await feed.listed()
    assert [one.cancelled_at for one in await feed.events()] == [None]
    await feed.tick(event("a"), "UID:x\r\nDTSTART:nonsense\r\nSUMMARY:Odd one")
    assert "“Odd one” is left out" in await feed.listed()
    assert (await feed.feed()).problem == []


async def test_it_is_read_every_hour_with_what_the_server_said_of_its_version(bot: TestBot) -> None:
    feed = await following(bot)
    await feed.tick(event("a"), hours=0)
    bot.clock.advance(minutes=20)
    await feed.run()
    assert len(feed.fetcher.asked) == 1
    bot.clock.advance(hours=1)
    feed.fetcher.gives = Fetched(None)
    await feed.run()
    assert feed.fetcher.asked == [(URL, "", ""), (URL, '"1"', "")]
    assert (await feed.feed()).problem == []
    # Another day: all of it, so that later dates of a series come into view.
    bot.clock.advance(hours=24)
    await feed.run()
    assert feed.fetcher.asked[-1] == (URL, "", "")


async def test_a_feed_is_paused_read_at_once_changed_and_removed(bot: TestBot) -> None:
    feed = await following(bot)
    await feed.tick(event("a"), hours=0)
    one = await feed.feed()
    await bot.press("ada", PauseFeed(feed_id=one.id))
    await feed.tick(event("b"))
    assert len(feed.fetcher.asked) == 1
    assert "Paused: it is not read." in await feed.listed()
    await bot.press("ada", PauseFeed(feed_id=one.id, on=False))
    await feed.tick(event("a"), hours=0)
    await bot.press("ada", ReadFeed(feed_id=one.id))
    await feed.run()
    assert len(feed.fetcher.asked) == 3
    await fill(bot, "ada", await bot.press("ada", EditFeed(feed_id=one.id)), name="Others")
    assert "Others" in await feed.listed()
    await fill(bot, "ada", await bot.press("ada", RemoveFeed(feed_id=one.id)), sure="no")
    said = await fill(bot, "ada", await bot.press("ada", RemoveFeed(feed_id=one.id)), sure="yes")
    assert "Its events stay." in said.text
    assert [found.cancelled_at for found in await feed.events()] == [None]
    # Whoever follows it again finds its events again.
    await feed.follow()
    await feed.tick(event("a", title="Again"), hours=0)
    assert [found.title for found in await feed.events()] == ["Again"]


async def test_an_address_that_is_none_is_refused_and_one_is_followed_once(bot: TestBot) -> None:
    feed = await following(bot, url="webcal://calendar.example.org/a.ics")
    assert (await feed.feed()).url == "https://calendar.example.org/a.ics"
    opened = await bot.press("ada", AddFeed())
    for url in (
        "http://calendar.example.org/a.ics", "https://127.0.0.1/a.ics", "https://calendar.example.org:99/a",
        "https://ann@calendar.example.org/a.ics", "nonsense", "https://calendar.example.org/a.ics",
    ):  # fmt: skip
        with pytest.raises(AssertionError, match="url"):
            await fill(bot, "ada", opened, **(ANSWERS | {"url": url}))


async def test_nobody_else_sees_feeds_and_their_addresses_are_in_no_record(bot: TestBot) -> None:
    feed = await following(bot)
    one = await feed.feed()
    for action in (
        AddFeed(),
        EditFeed(feed_id=one.id),
        PauseFeed(feed_id=one.id),
        RemoveFeed(feed_id=one.id),
    ):
        await bot.press("ann", action)
    assert "Partners" not in message_of(await bot.command("ann", "ccin", "feeds")).model_dump_json()
    assert (await feed.feed()).paused_at is None
    assert "4711" not in await feed.listed()
    async with bot.database.read() as session:
        acts = [row.act for row in await session.scalars(select(AuditRecord))]
        values = [row.value for row in await session.scalars(select(AuditValue))]
    assert "event_feed.save" in acts
    assert not any("4711" in value for value in values)
