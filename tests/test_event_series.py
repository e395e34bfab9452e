"""Series: made after a look at their dates, announced once, and changed, called off and answered as one or
one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from handlers.event_actions import (
    AddDates,
    AnnounceEvent,
    AnswerDates,
    AnswerEvent,
    CancelEvent,
    EditEvent,
    ListEvents,
    RepeatEvent,
    ShowEvent,
)
from handlers.kit.messages import Message
from handlers.kit.replies import FormView, Outcome
from handlers.kit.updates import RawAnswer, RawAnswers
from store import event_series, publicity
from store.audit import AuditRecord
from store.event_series import EventSeries
from store.events import Event
from tests import test_reminders
from tests.bot import TestBot, form_of, message_of
from tests.network import add_organisation
from tests.test_events import (
    answers,
    change,
    fill,
    labels,
    led_group,
    make,
    network,
    say,
    settle,
)
from tests.test_reminders import tick


async def repeated(
    bot: TestBot, who: str = "ada", *, repeats: str = "weekly", times: str = "4", until: str = "",
    out: tuple[str, ...] = (), announce: bool = True, **changed: RawAnswer,
) -> list[Event]:  # fmt: skip
    """A series, made by the form of a new event."""
    await make(
        bot, who, announce=False, repeats=repeats, times=times, repeats_until=until,
        **{f"left_out_{day[:4]}": list(out) for day in out}, **changed,
    )  # fmt: skip
    those = await dates(bot)
    if announce:
        await bot.press(who, AnnounceEvent(event_id=those[0].id))
    return await dates(bot)


async def dates(bot: TestBot) -> list[Event]:
    async with bot.database.read() as session:
        return list(await session.scalars(select(Event).order_by(Event.starts_at)))


async def the_series(bot: TestBot) -> EventSeries:
    async with bot.database.read() as session:
        return (await session.scalars(select(EventSeries))).one()


def days(those: list[Event]) -> list[str]:
    return [f"{one.starts_at:%m-%d %H:%M}" for one in those]


def news(bot: TestBot, who: str) -> list[Message]:
    """What somebody was told of changes."""
    said = bot.platform.said_to(who)
    return [one for one in said if one.heading.startswith(("Changed", "Called off"))]


async def preview(bot: TestBot, event: Event, **chosen: RawAnswer) -> FormView:
    opened = form_of(await bot.press("ada", RepeatEvent(event_id=event.id)))
    return form_of(await bot.submit("ada", opened, {"times": "", "repeats_until": "", **chosen}))


async def test_a_new_event_repeats_after_a_look_at_its_dates(bot: TestBot) -> None:
    await network(bot)
    those = await repeated(bot, out=("2027-03-04",), announce=False)
    assert days(those) == ["02-18 10:00", "02-25 10:00", "03-11 10:00"]
    series = await the_series(bot)
    assert (series.rule, series.left_out) == ("FREQ=WEEKLY;COUNT=4", ["2027-03-04"])
    assert [one.slug for one in those] == [
        "annual-conference", "annual-conference-2027-02-25", "annual-conference-2027-03-11",
    ]  # fmt: skip
    assert {one.announced_at for one in those} == {None}
    assert {one.place for one in those} == {"Town Hall"}
    async with bot.database.read() as session:
        acts = list(await session.scalars(select(AuditRecord.act)))
    assert "event.repeat" in acts


async def test_the_look_names_each_date_and_what_is_left_out(bot: TestBot) -> None:
    await network(bot)
    event = await make(bot, announce=False, starts_on="2027-01-31")
    view = await preview(bot, event, repeats="month_day", times="3")
    help = view.form.steps[0].help
    assert "3 dates, each from 10:00 to 16:00 (UK time)" in help
    assert "Wednesday 31 March 2027" in help
    assert "the month has no such day: February 2027 and April 2027" in help
    await change(bot, event, starts_on="2027-03-14", starts_time="01:30")
    view = await preview(bot, event, repeats="weekly", times="3")
    assert "the clocks skip that hour: Sunday 28 March 2027" in view.form.steps[0].help
    message = await fill(bot, "ada", await bot.press("ada", RepeatEvent(event_id=event.id)),
                         repeats="weekly", times="3", repeats_until="")  # fmt: skip
    assert "Saved: 1 more date." in message.text
    assert (await the_series(bot)).left_out == ["2027-03-28"]


async def test_what_cannot_be_a_series_is_said_beside_its_field(bot: TestBot) -> None:
    await network(bot)
    event = await make(bot, announce=False)
    view = form_of(await bot.press("ada", RepeatEvent(event_id=event.id)))
    empty: RawAnswers = {"times": "", "repeats_until": ""}
    for chosen, field in (
        ({"repeats": "weekly"}, "times"),
        ({"repeats": "weekly", "times": "3", "repeats_until": "2027-05-01"}, "times"),
        ({"repeats": "weekly", "repeats_until": "2029-05-01"}, "repeats_until"),
        ({"repeats": "weekly", "repeats_until": "2027-02-20"}, "repeats_until"),
        ({"repeats": "quarterly", "times": "20"}, "times"),
    ):
        view = form_of(await bot.submit("ada", view, {**empty, **chosen}))
        assert list(view.problems) == [field]
        assert view.answers["repeats"] == chosen["repeats"]
    view = form_of(await bot.submit("ada", view, empty | {"repeats": "weekly", "times": "2"}))
    none = form_of(await bot.submit("ada", view, {"left_out_2027": ["2027-02-25"]}))
    assert "Keep one" in none.problems[""]
    assert len(await dates(bot)) == 1


async def test_a_series_is_announced_once_and_listed_once(bot: TestBot) -> None:
    await network(bot)
    those = await repeated(bot)
    assert None not in {one.announced_at for one in those}
    posts = bot.platform.said_to("C9")
    assert len(posts) == 1
    assert "and 3 more dates, the last on Thursday 11 March 2027" in posts[0].plain()
    listed = message_of(await bot.command("ann", "events"))
    assert len(listed.items) == 1
    assert "and 3 more dates" in listed.items[0].text
    assert "1 event is coming up" in listed.text
    series_id = those[0].series_id or 0
    every = message_of(await bot.press("ann", ListEvents(series_id=series_id)))
    assert (len(every.items), every.text) == (4, "4 dates to come")
    bot.clock.now = those[0].ends_at + timedelta(minutes=1)
    listed = message_of(await bot.command("ann", "events"))
    assert "25 February" in listed.items[0].text


async def test_the_cards_of_all_its_drafts_show_that_it_is_announced(bot: TestBot) -> None:
    await network(bot)
    those = await repeated(bot, announce=False)
    await bot.press("ada", ShowEvent(event_id=those[2].id))
    await bot.press("ada", AnnounceEvent(event_id=those[2].id))
    await settle(bot)
    settled = [card for _reference, card in bot.platform.edits]
    assert {card.facts[0].value[:20] for card in settled} == {"Thursday 18 February", "Thursday 4 March 202"}
    assert not [card for card in settled if "Announce" in labels(card)]


async def test_a_series_on_hold_is_announced_once_when_it_is_over(bot: TestBot) -> None:
    await network(bot)
    oldham = await add_organisation(bot, "Oldham Council")
    async with bot.database.write() as session:
        start = bot.clock().date()
        await publicity.put(session, oldham.id, start, start + timedelta(days=3))
    those = await repeated(bot, organisation=str(oldham.id))
    assert {one.announced_at for one in those} == {None}
    bot.clock.advance(days=5)
    for _time in range(2):
        await tick(bot)
    assert None not in {one.announced_at for one in await dates(bot)}
    assert len(bot.platform.said_to("C9")) == 1


async def test_one_date_changes_alone(bot: TestBot) -> None:
    await network(bot)
    those = await repeated(bot)
    await say(bot, "ann", those[1], "going")
    await say(bot, "bob", those[2], "going")
    await change(bot, those[1], which="alone", starts_on="2027-02-26")
    assert days(await dates(bot)) == ["02-18 10:00", "02-26 10:00", "03-04 10:00", "03-11 10:00"]
    assert "not Thursday 25 February" in news(bot, "ann")[0].text
    assert news(bot, "bob") == []
    moved = (await dates(bot))[1]
    assert (moved.series_day and moved.series_day.isoformat(), moved.sequence) == ("2027-02-25", 1)


async def test_this_and_all_later_ones_change_and_people_are_told_once(bot: TestBot) -> None:
    await network(bot)
    those = await repeated(bot, reply_on="2027-02-16")
    for one in those[1:]:
        await say(bot, "ann", one, "going")
    await say(bot, "bob", those[3], "maybe")
    await say(bot, "cat", those[0], "going")
    await change(bot, those[2], which="alone", starts_time="14:00", ends_time="17:00")
    before = len(news(bot, "ann"))
    said = await change(
        bot, those[1], which="later", starts_on="2027-02-26", starts_time="11:00", reply_on="2027-02-20",
        title="Open house",
    )  # fmt: skip
    assert "Saved, with 2 later dates." in said.text
    changed = await dates(bot)
    # The date that was moved by itself keeps its time; what else changed is taken over.
    assert days(changed) == ["02-18 10:00", "02-26 11:00", "03-04 14:00", "03-12 11:00"]
    assert [one.title for one in changed] == ["Annual conference", *["Open house"] * 3]
    assert [f"{one.reply_by:%m-%d}" for one in changed] == ["02-16", "02-20", "02-26", "03-06"]
    told = news(bot, "ann")[before:]
    assert len(told) == 1
    assert "26 February 2027, 11:00" in told[0].text
    assert "12 March 2027, 11:00" in told[0].text
    assert len(news(bot, "bob")) == 1
    assert "26 February" not in news(bot, "bob")[0].text
    assert news(bot, "cat") == []
    assert len(bot.platform.said_to("C9")) == 3


async def test_a_time_that_one_of_them_lacks_is_refused_by_its_name(bot: TestBot) -> None:
    await network(bot)
    those = await repeated(bot, starts_on="2027-03-14", times="4")
    view = form_of(await bot.press("ada", EditEvent(event_id=those[0].id)))
    kept = view.answers | {"which": "later", "starts_time": "01:30"}
    for _step in view.form.steps:
        answers_now = {one.name: kept.get(one.name, "") for one in view.form.steps[view.step].fields}
        view = form_of(await bot.submit("ada", view, answers_now))
        if view.problems:
            break
    assert "On Sunday 28 March 2027 the clocks skip that time" in view.problems["starts_time"]
    assert days(await dates(bot)) == days(those)


async def test_called_off_alone_or_with_all_later_ones(bot: TestBot) -> None:
    await network(bot)
    those = await repeated(bot)
    for one in those:
        await say(bot, "ann", one, "going")
    await fill(bot, "ada", await bot.press("ada", CancelEvent(event_id=those[0].id)),
               which="alone", reason="Ill")  # fmt: skip
    said = await fill(bot, "ada", await bot.press("ada", CancelEvent(event_id=those[2].id)),
                      which="later", reason="No room")  # fmt: skip
    assert "with 1 later date" in said.text
    assert [one.cancelled_at is not None for one in await dates(bot)] == [True, False, True, True]
    told = news(bot, "ann")
    assert len(told) == 2
    assert "4 March" in told[1].text
    assert "11 March" in told[1].text
    listed = message_of(await bot.command("ann", "events"))
    assert "25 February" in listed.items[0].text
    assert "more date" not in listed.items[0].text


async def test_a_yes_is_given_to_all_dates_in_one_press(bot: TestBot) -> None:
    await network(bot)
    those = await repeated(bot, capacity="1")
    await say(bot, "bob", those[3], "going")
    await say(bot, "ann", those[1], "cannot")
    card = await say(bot, "ann", those[0], "going")
    # What is answered already is not counted, whatever the answer was.
    assert "Yes to 2 more dates" in labels(card)
    said = message_of(await bot.press("ann", AnswerDates(event_id=those[0].id, answer="going")))
    assert "You said yes to 2 more dates. 1 of them is full: you are on its waiting list." in said.text
    assert "All dates" in labels(said)
    assert [one for one in labels(said) if one.startswith("Yes to")] == []
    given = [next(iter((await answers(bot, one)).values())) for one in those[:3]]
    assert given == ["going", "cannot", "going"]
    assert sorted((await answers(bot, those[3])).values()) == ["going", "waiting"]
    again = message_of(await bot.press("ann", AnswerDates(event_id=those[0].id, answer="going")))
    assert "answered all dates already" in again.text
    for wrong in ("cannot", "x"):
        handled = await bot.press("ann", AnswerDates(event_id=those[0].id, answer=wrong))
        assert handled.outcome is Outcome.REFUSED


async def test_dates_are_added_at_the_end_like_the_last(bot: TestBot) -> None:
    await network(bot)
    those = await repeated(bot)
    await change(bot, those[1], which="later", starts_time="11:00")
    opened = await bot.press("ada", AddDates(event_id=those[0].id))
    assert "The last date is Thursday 11 March 2027." in form_of(opened).form.steps[0].help
    said = await fill(bot, "ada", opened, times="4", repeats_until="", left_out_2027=["2027-03-25"])
    assert "Saved: 3 more dates." in said.text
    # From the end of March, 11:00 in London is 10:00 in UTC.
    assert days(await dates(bot))[4:] == ["03-18 11:00", "04-01 10:00", "04-08 10:00"]
    assert None not in {one.announced_at for one in await dates(bot)}
    assert (await the_series(bot)).rule == "FREQ=WEEKLY;COUNT=8"
    assert len(bot.platform.said_to("C9")) == 2
    await settle(bot)
    assert "and 6 more dates" in [one for _at, one in bot.platform.edits][-1].plain()


async def test_a_lead_repeats_what_is_their_groups_and_nobody_elses(bot: TestBot) -> None:
    await network(bot)
    group = await led_group(bot, "lea")
    others = await make(bot)
    refused = await bot.press("lea", RepeatEvent(event_id=others.id))
    assert refused.outcome is Outcome.REFUSED
    event = await make(bot, "lea", announce=False, groups=[str(group.id)], title="Drop in")
    opened = await bot.press("lea", RepeatEvent(event_id=event.id))
    await fill(bot, "lea", opened, repeats="month_weekday", times="3", repeats_until="")
    await bot.press("lea", AnnounceEvent(event_id=event.id))
    assert len(bot.platform.said_to("C-Housing")) == 1
    async with bot.database.read() as session:
        mine = await event_series.dates(session, (await the_series(bot)).id)
    assert days(mine) == ["02-18 10:00", "03-18 10:00", "04-15 09:00"]
    for who in ("ann", "lea"):
        handled = await bot.press(who, RepeatEvent(event_id=event.id))
        assert handled.outcome is Outcome.REFUSED


async def test_each_date_is_reminded_of_by_itself(bot: TestBot) -> None:
    await test_reminders.network(bot)
    those = await repeated(bot, everyone="yes")
    for one in those[:2]:
        await bot.press("ann", AnswerEvent(event_id=one.id, answer="going"))
    for one in those[:2]:
        bot.clock.now = one.starts_at - timedelta(hours=1)
        before = len(bot.platform.said_to("ann"))
        await tick(bot)
        told = [said.plain() for said in bot.platform.said_to("ann")[before:]]
        assert any("Annual conference" in said for said in told)
    shown = message_of(await bot.press("ann", ShowEvent(event_id=those[2].id)))
    assert "Thursday 4 March 2027" in shown.plain()
    assert datetime(2027, 3, 4, 10, tzinfo=UTC) == those[2].starts_at
