"""The stop at events: adding, announcing, answering, moving and calling one off, by all who may and not."""

from __future__ import annotations

from sqlalchemy import select

from handlers.event_actions import (
    AnnounceEvent,
    AnswerEvent,
    CancelEvent,
    EditDetails,
    EditEvent,
    ListEvents,
    ListReplies,
    ShowEvent,
)
from handlers.kit.updates import RawAnswers
from store.events import Event
from tests.surfaces.touring import TouringBot


async def hold_events(bot: TouringBot) -> None:
    cast = bot.cast
    right: RawAnswers = {
        "title": cast.named("Annual conference"),
        "kind": "conference",
        "description": cast.typed("Two days of ideas."),
        "organiser": cast.named("The team"),
        "event_language": "en",
        "starts_on": "2026-12-10",
        "starts_time": "10:00",
        "ends_on": "2026-12-11",
        "ends_time": "16:00",
        "zone": "Europe/Madrid",
        "place": cast.named("Town Hall"),
        "link": "https://meet.example.org/room",
        "capacity": "2",
        "reply_on": "2026-12-05",
        "groups": [],
        "categories": ["full"],
        "everyone": "yes",
        "public": "yes",
        "organisation": "",
        "asks_guests": "yes",
        "asks_needs": "yes",
    }
    await bot.fill_in("ada", await bot.anew("ada", await bot.command("ada", "events", "new")), right)
    async with bot.database.read() as session:
        event = (await session.scalars(select(Event))).one()
    await bot.press("ada", ShowEvent(event_id=event.id))
    await bot.press("ann", ShowEvent(event_id=event.id))
    await bot.command("ada", "events")
    for _time in range(2):
        await bot.press("ada", AnnounceEvent(event_id=event.id))
    opened = await bot.press("ann", AnswerEvent(event_id=event.id, answer="going"))
    told: RawAnswers = {
        "guests": "1", "guest_names": cast.named("Kim"), "needs": cast.typed("A seat near the door."),
    }  # fmt: skip
    await bot.fill_in("ann", opened, told | {"guests": "9"})
    opened = await bot.anew("ann", await bot.press("ann", EditDetails(event_id=event.id)))
    await bot.fill_in("ann", opened, told)
    await bot.press("ravi", EditDetails(event_id=event.id))
    for who, answer in (
        ("rita", "going"),
        ("ravi", "online"),
        ("ada", "maybe"),
        ("ann", "maybe"),
        ("ann", "cannot"),
        ("ann", "x"),
    ):
        await bot.press(who, AnswerEvent(event_id=event.id, answer=answer))
        await bot.press(who, ShowEvent(event_id=event.id))
        await bot.command(who, "events", "mine")
    bot.clock.advance(seconds=10)
    await bot.deliver()
    for listed in (ListEvents(kind="webinar"), ListEvents(query="zzz"), ListEvents(page=1), ListEvents()):
        await bot.press("ann", listed)
    for who in ("ann", "ada"):
        await bot.press(who, ListReplies(event_id=event.id))
    moved = right | {
        "starts_on": "2026-12-09", "place": cast.named("Library"), "link": "https://meet.example.org/other",
    }  # fmt: skip
    opened = await bot.anew("ada", await bot.press("ada", EditEvent(event_id=event.id)))
    await bot.fill_in("ada", opened, moved)


async def call_events_off(bot: TouringBot) -> None:
    cast = bot.cast
    async with bot.database.read() as session:
        event = (await session.scalars(select(Event))).one()
    for _time in range(2):
        opened = await bot.press("ada", CancelEvent(event_id=event.id))
        reason: RawAnswers = {"reason": cast.typed("The hall is flooded.")}
        await bot.fill_in("ada", await bot.anew("ada", opened), reason)
    await bot.press("ann", AnswerEvent(event_id=event.id, answer="going"))
    await bot.press("ravi", ShowEvent(event_id=event.id))
    bot.clock.advance(seconds=10)
    await bot.deliver()
