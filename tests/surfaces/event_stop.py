"""The stop at events: adding, announcing, answering, moving and calling one off, by all who may and not."""

from __future__ import annotations

from sqlalchemy import delete, select

from handlers.event_actions import (
    AddDates,
    AnnounceEvent,
    AnswerDates,
    AnswerEvent,
    CancelEvent,
    CheckIn,
    EditDetails,
    EditEvent,
    EditLinks,
    GiveFeedback,
    ListEvents,
    ListReplies,
    RecordCame,
    RepeatEvent,
    ShowCode,
    ShowEvent,
)
from handlers.kit.replies import FormView
from handlers.kit.updates import RawAnswers
from scheduled import event_thanks
from store.events import Event
from store.members import Member
from tests.bot import form_of
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
        "repeats": "no",
        "times": "",
        "repeats_until": "",
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


async def repeat_events(bot: TouringBot) -> None:
    """A series from an event that was announced, added to, answered at once and called off again."""
    async with bot.database.read() as session:
        event = (await session.scalars(select(Event))).one()
    chosen: RawAnswers = {"repeats": "month_weekday", "times": "4", "repeats_until": ""}
    opened = await bot.fill_in("ada", await bot.press("ada", RepeatEvent(event_id=event.id)), chosen)
    await bot.fill_in("ada", opened, {"left_out_2027": ["2027-03-10"]})
    await bot.press("ada", RepeatEvent(event_id=event.id))
    more: RawAnswers = {"times": "20", "repeats_until": ""}
    opened = await bot.fill_in("ada", await bot.press("ada", AddDates(event_id=event.id)), more)
    await bot.fill_in("ada", opened, {})
    await bot.press("rita", ShowEvent(event_id=event.id))
    await bot.press("rita", AnswerEvent(event_id=event.id, answer="online"))
    for _time in range(2):
        await bot.press("rita", AnswerDates(event_id=event.id, answer="online"))
    await bot.command("ann", "events")
    async with bot.database.read() as session:
        series = (await session.scalars(select(Event).order_by(Event.starts_at))).all()
    for page in range(2):
        await bot.press("ann", ListEvents(series_id=series[0].series_id or 0, page=page))
    opened = await bot.anew("ada", await bot.press("ada", EditEvent(event_id=series[1].id)))
    kept = form_of(opened).answers
    await bot.fill_in("ada", opened, kept | {"which": "later", "starts_time": "11:00"})
    opened = await bot.anew("ada", await bot.press("ada", CancelEvent(event_id=series[1].id)))
    await bot.fill_in("ada", opened, {"which": "later", "reason": bot.cast.typed("No room.")})
    # The stops after this one know of the one event.
    async with bot.database.write() as session:
        await session.execute(delete(Event).where(Event.id != event.id))


async def look_back_at_events(bot: TouringBot) -> None:
    """A day that is over: who came, by ticks and by a code, what they thought of it, and the thanks."""
    cast = bot.cast
    async with bot.database.read() as session:
        event = (await session.scalars(select(Event))).one()
        ravi = await session.scalar(select(Member.id).where(Member.name == cast.named("Ravi")))
    for who in ("ada", "ann"):
        await bot.press(who, ShowCode(event_id=event.id))
        await bot.press(who, RecordCame(event_id=event.id))
    links: RawAnswers = {
        "url_1": "https://slides.example.org/day", "title_1": cast.typed("The slides")[:60], "url_2": "",
        "title_2": "", "url_3": "", "title_3": "",
    }  # fmt: skip
    await bot.fill_in("ada", await bot.press("ada", EditLinks(event_id=event.id)), links)
    before = bot.clock.now
    bot.clock.now = event.starts_at
    async with bot.database.read() as session:
        code = (await session.get_one(Event, event.id)).check_in_code or ""
    for typed in (code, code, "WRONG", ""):
        await bot.command("ann", "events", f"here {typed}")
    await bot.press("rita", CheckIn(code=code))
    came: RawAnswers = {"came": [str(ravi)], "others": [str(ravi)]}
    await bot.fill_in("ada", await bot.press("ada", RecordCame(event_id=event.id)), came)
    bot.clock.now = event.ends_at
    await bot.command("ravi", "events", "past")
    thanks = event_thanks.job(bot.database, bot.clock, bot.surroundings)
    await thanks()
    await bot.deliver()
    for who, nameless in (("ravi", "no"), ("rita", "yes"), ("rita", "yes")):
        said: RawAnswers = {
            "score": "4", "useful": cast.typed("The talks."), "to_change": cast.typed("The coffee."),
            "nameless": nameless,
        }  # fmt: skip
        opened = await bot.press(who, GiveFeedback(event_id=event.id))
        if isinstance(opened.reply, FormView):
            await bot.fill_in(who, opened, said)
    await bot.press("ada", ShowEvent(event_id=event.id))
    bot.clock.advance(days=4)
    await thanks()
    await bot.deliver()
    # The other stops go on where they were.
    bot.clock.now = before


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
