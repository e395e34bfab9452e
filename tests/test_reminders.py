"""Reminders go out when the facts say so: once, to whom it concerns, and late only while it helps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from handlers.event_actions import CancelEvent
from handlers.kit.messages import Message
from handlers.kit.replies import Outcome
from handlers.kit.updates import RawAnswers
from handlers.reminder_actions import EditReminder, ListReminders, TestReminder
from handlers.round_actions import AnnounceRound, RemindOfRound
from scheduled import reminders as scheduled_reminders
from store import profiles, reminders, seed
from store.local_times import HOME_ZONE, half_way, local
from store.profiles import Profile
from store.reminders import ReminderRule, ReminderRun
from tests import test_events, test_rounds
from tests.bot import ROOT, TestBot, form_of, message_of
from tests.network import add_organisation, add_person

LINK = test_events.LINK


async def network(bot: TestBot) -> None:
    await test_events.network(bot)
    async with bot.database.write() as session:
        await seed.reminders(session, ROOT / "data", bot.clock())


async def tick(bot: TestBot) -> None:
    await scheduled_reminders.job(bot.database, bot.clock, bot.surroundings)()
    await bot.deliver()


async def live_through(bot: TestBot, until: datetime, *, step: timedelta = timedelta(hours=1)) -> None:
    """Tick by tick up to a time, in steps that no clock change shifts."""
    while bot.clock.now < until:
        bot.clock.now = min(bot.clock.now + step, until)
        await tick(bot)


async def runs(bot: TestBot) -> list[tuple[str, str]]:
    """When each reminder was due, by the clocks of London, and what became of it."""
    async with bot.database.read() as session:
        rows = await session.scalars(select(ReminderRun).order_by(ReminderRun.due_at, ReminderRun.id))
        return [(f"{local(row.due_at, HOME_ZONE):%d %b %H:%M}", row.outcome) for row in rows]


def reminded(bot: TestBot, who: str) -> list[str]:
    """The first lines of what somebody was reminded of."""
    firsts = [said.text.splitlines()[0] for said in bot.platform.said_to(who)]
    return [
        one
        for one in firsts
        if one.startswith(("In ", "Half", "Tomorrow", "Coming up", "Annual conference starts", "Policy Labs"))
    ]


def first_button(bot: TestBot, who: str) -> str:
    """Of the last message to somebody."""
    return bot.platform.said_to(who)[-1].buttons[0].label


async def test_an_event_is_reminded_of_by_the_clocks_of_its_place(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot, starts_on="2027-03-29")
    await test_events.say(bot, "ann", event, "going")
    await test_events.say(bot, "bob", event, "cannot")
    await test_events.say(bot, "cat", event, "maybe")
    bot.clock.now = datetime(2027, 3, 14, 12, 0, tzinfo=UTC)
    await live_through(bot, event.ends_at)
    # The clocks go forward on the 28th: days keep the time of day.
    assert await runs(bot) == [
        ("15 Mar 10:00", "sent"),
        ("26 Mar 10:00", "sent"),
        ("28 Mar 10:00", "sent"),
        ("29 Mar 09:00", "sent"),
    ]
    assert reminded(bot, "C9") == [
        "In two weeks: Annual conference. Will you come?",
        "In three days: Annual conference. Will you come?",
        "Tomorrow: Annual conference.",
    ]
    assert reminded(bot, "ann") == ["Annual conference starts in about an hour."]
    assert LINK in bot.platform.said_to("ann")[-1].plain()
    assert reminded(bot, "bob") == reminded(bot, "cat") == []
    assert not [said for said in bot.platform.said_to("C9") if LINK in said.model_dump_json()]


async def test_a_reminder_of_a_full_event_offers_to_wait(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot, capacity="1", reply_on="2027-02-15")
    bot.clock.now = event.starts_at - timedelta(days=14)
    await tick(bot)
    assert first_button(bot, "C9") == "I am going"
    await test_events.say(bot, "ann", event, "going")
    await bot.press("ada", TestReminder(rule_id=1))
    assert first_button(bot, "ada") == "Wait for a place"
    await live_through(bot, event.starts_at - timedelta(days=3))
    assert reminded(bot, "C9")[-1] == "In three days: Annual conference. Will you come?"
    assert first_button(bot, "C9") == "Wait for a place"
    assert bot.platform.said_to("cat")[-1].text.startswith("Will you come to Annual conference?")
    assert first_button(bot, "cat") == "Wait for a place"


async def test_a_round_is_reminded_of_from_opening_to_thanks(bot: TestBot) -> None:
    await network(bot)
    await test_rounds.make(bot)
    one = await test_rounds.the_round(bot)
    await bot.press("ada", AnnounceRound(round_id=one.id))
    await bot.press("ann", RemindOfRound(round_id=one.id))
    closes = one.closes_at
    for moment in (
        one.opens_at - timedelta(hours=1),
        one.opens_at,
        half_way(one.opens_at, closes),
        *(closes - timedelta(days=days) for days in (14, 7, 2)),
        closes - timedelta(hours=6),
        closes + timedelta(hours=9),
    ):
        bot.clock.now = moment
        await tick(bot)
    assert await runs(bot) == [
        ("10 Feb 09:00", "sent"),
        ("27 Feb 16:29", "sent"),
        ("02 Mar 23:59", "sent"),
        ("09 Mar 23:59", "sent"),
        ("14 Mar 23:59", "sent"),
        ("16 Mar 17:59", "sent"),
        ("17 Mar 08:59", "sent"),
    ]
    assert len(reminded(bot, "C9")) == 7
    assert reminded(bot, "ann")[0] == (
        "Policy Labs 2027 is open now. It closes Tuesday 16 March 2027, 23:59 (UK time)."
    )
    assert len(reminded(bot, "ann")) == 6
    assert "The decision is due on Tuesday 20 April 2027." in bot.platform.said_to("ann")[-1].text
    assert reminded(bot, "bob") == []


async def test_reminders_of_one_round_within_a_day_are_one(bot: TestBot) -> None:
    await network(bot)
    await test_rounds.make(bot, opens_on="2027-03-02", opens_time="12:00")
    one = await test_rounds.the_round(bot)
    await bot.press("ada", AnnounceRound(round_id=one.id))
    bot.clock.now = one.opens_at - timedelta(hours=1)
    await live_through(bot, one.opens_at + timedelta(days=2))
    assert await runs(bot) == [("02 Mar 12:00", "sent"), ("02 Mar 23:59", "merged")]


async def test_a_second_tick_and_a_second_process_send_nothing_again(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot)
    bot.clock.now = event.starts_at - timedelta(days=14)
    for _time in range(3):
        await tick(bot)
    assert len(reminded(bot, "C9")) == 1


async def test_what_was_missed_is_sent_late_while_it_helps_and_written_down(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot)
    bot.clock.now = event.starts_at - timedelta(days=14) + timedelta(hours=3)
    await tick(bot)
    bot.clock.now = event.starts_at - timedelta(days=3) + timedelta(hours=25)
    await tick(bot)
    assert [outcome for _due, outcome in await runs(bot)] == ["late", "skipped"]
    assert len(reminded(bot, "C9")) == 1
    listed = message_of(await bot.command("ada", "ccin", "reminders"))
    assert [line.partition(",")[0] for line in listed.small_print] == ["Skipped", "Sent late"]


async def test_what_was_due_before_the_announcement_is_no_loss(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot, starts_on="2026-11-23")
    await live_through(bot, event.ends_at)
    assert await runs(bot) == [("22 Nov 10:00", "sent"), ("23 Nov 09:00", "sent")]


async def test_moving_an_event_moves_its_reminders(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot)
    await test_events.say(bot, "ann", event, "going")
    bot.clock.now = event.starts_at - timedelta(days=3)
    await tick(bot)
    await test_events.change(bot, event, starts_on="2027-02-25", starts_time="11:00")
    await live_through(bot, event.starts_at + timedelta(days=8))
    assert [one for one in await runs(bot) if one[1] == "sent"] == [
        ("15 Feb 10:00", "sent"),
        ("22 Feb 11:00", "sent"),
        ("24 Feb 11:00", "sent"),
        ("25 Feb 10:00", "sent"),
    ]
    assert reminded(bot, "ann") == ["Annual conference starts in about an hour."]


async def test_moving_by_a_little_repeats_nothing(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot)
    bot.clock.now = event.starts_at - timedelta(days=3)
    await tick(bot)
    before = len(reminded(bot, "C9"))
    await test_events.change(bot, event, starts_time="11:00")
    bot.clock.advance(hours=2)
    await tick(bot)
    assert len(reminded(bot, "C9")) == before


async def test_calling_off_withdraws_what_waits(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot)
    bot.clock.now = event.starts_at - timedelta(days=3)
    await scheduled_reminders.job(bot.database, bot.clock, bot.surroundings)()
    bot.delivering = False
    opened = await bot.press("ada", CancelEvent(event_id=event.id))
    await test_events.fill(bot, "ada", opened)
    bot.delivering = True
    await bot.deliver()
    bot.clock.now = event.starts_at - timedelta(hours=1)
    await tick(bot)
    assert [said.heading for said in bot.platform.said_to("C9")][1:] == ["Called off: Annual conference"]


async def test_people_are_left_in_peace_who_want_that(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot)
    for who in ("ann", "bob"):
        await test_events.say(bot, who, event, "going")
    async with bot.database.write() as session:
        rows = {row.member_id: row for row in await session.scalars(select(Profile))}
        first, second = sorted(rows)[1:3]
        rows[first].wants = {profiles.MessageKind.EVENTS.value: False}
        rows[second].snoozed_until = event.starts_at + timedelta(days=1)
    bot.clock.now = event.starts_at - timedelta(hours=1)
    await tick(bot)
    assert reminded(bot, "ann") == reminded(bot, "bob") == []


async def test_each_reads_their_own_language(bot: TestBot) -> None:
    await network(bot)
    await add_person(bot, "megan", locale="cy")
    event = await test_events.make(bot)
    await test_events.say(bot, "megan", event, "going")
    bot.clock.now = event.starts_at - timedelta(hours=1)
    await tick(bot)
    assert bot.platform.said_to("megan")[-1].text.startswith("Mae Annual conference yn dechrau")


async def test_an_administrator_changes_one_after_a_look_at_it(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot)
    async with bot.database.read() as session:
        rule = (await reminders.rules(session))[0]
    view = form_of(await bot.press("ada", EditReminder(rule_id=rule.id)))
    wrong = form_of(await bot.submit("ada", view, view.answers | {"en": "Hello {nobody}"}))
    assert "{nobody}" in wrong.problems["en"]
    right: RawAnswers = view.answers | {"en": "Soon: {title}.", "amount": "10"}
    saved = message_of(await bot.submit("ada", view, right))
    assert saved.heading == "10 days before an event starts, to the channels of its groups"
    assert "Soon: Annual conference." in saved.quote
    posts = len(bot.platform.said_to("C9"))
    await bot.press("ada", TestReminder(rule_id=rule.id))
    assert "Soon: Annual conference." in [said.text for said in bot.platform.said_to("ada")]
    assert len(bot.platform.said_to("C9")) == posts
    bot.clock.now = event.starts_at - timedelta(days=10)
    await tick(bot)
    assert bot.platform.said_to("C9")[-1].text == "Soon: Annual conference."


async def test_what_is_due_next_is_listed(bot: TestBot) -> None:
    await network(bot)
    assert "Nothing is due" in message_of(await bot.command("ada", "ccin", "reminders")).text
    await test_events.make(bot, starts_on="2026-12-10")
    said: Message = message_of(await bot.command("ada", "ccin", "reminders"))
    assert said.text.startswith("4 are due in the next 30 days:")
    assert "- Thursday 26 November 2026, 10:00: Annual conference" in said.text
    assert [button.label for button in said.buttons] == [
        "Control room", "Times and words", "Hold all announcements",
    ]  # fmt: skip
    assert len(message_of(await bot.press("ada", ListReminders())).items) == 12


@pytest.mark.parametrize("action", [EditReminder(rule_id=1), TestReminder(rule_id=1)])
async def test_a_member_cannot_change_reminders(bot: TestBot, action: EditReminder | TestReminder) -> None:
    await network(bot)
    assert (await bot.press("ann", action)).outcome is Outcome.REFUSED
    async with bot.database.read() as session:
        assert (await session.get_one(ReminderRule, 1)).amount == 14


async def test_an_organisation_on_hold_is_announced_when_it_is_over(bot: TestBot) -> None:
    await network(bot)
    oldham = await add_organisation(bot, "Oldham Council")
    view = form_of(await bot.command("ada", "ccin", "hold"))
    days: RawAnswers = {
        "organisation": str(oldham.id), "from_on": "2026-11-20", "until_on": "2026-11-24",
    }  # fmt: skip
    saved = message_of(await bot.submit("ada", view, days))
    assert [item.title for item in saved.items] == ["Oldham Council"]
    event = await test_events.make(bot, organisation=str(oldham.id))
    assert bot.platform.said_to("C9") == []
    assert "Wednesday 25 November 2026" in bot.platform.said_to("ada")[-1].text
    await tick(bot)
    assert bot.platform.said_to("C9") == []
    bot.clock.now = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
    for _time in range(2):
        await tick(bot)
    assert [said.heading for said in bot.platform.said_to("C9")] == ["Annual conference"]
    await test_events.say(bot, "ann", event, "going")
    await test_events.settle(bot)
    assert "1 going" in bot.platform.edits[-1][1].plain()
    assert (await bot.command("ann", "ccin", "hold")).outcome is Outcome.REFUSED
