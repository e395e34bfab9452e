"""One reminder alone is paused, cancelled, sent now or put in other words; the others stay as they are."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from handlers import reminder_control
from handlers.kit.messages import Action, Message
from handlers.kit.replies import Outcome
from handlers.reminder_actions import (
    CancelReminder,
    EditReminder,
    PauseReminder,
    ResumeReminder,
    RewordReminder,
    SendReminderNow,
    TestReminder,
)
from handlers.reminder_control import Reach
from handlers.round_actions import AnnounceRound, RemindOfRound
from store.audit import AuditRecord
from store.events import Event
from store.reminders import Outcome as RunOutcome
from store.reminders import ReminderRun
from tests import test_events, test_rounds
from tests.bot import TestBot, form_of, message_of
from tests.test_reminders import network, tick

TWO_WEEKS, THREE_DAYS = 1, 2


async def outcomes(bot: TestBot) -> list[tuple[int, str, str]]:
    async with bot.database.read() as session:
        rows = await session.scalars(select(ReminderRun).order_by(ReminderRun.due_at))
        return [(row.rule_id, row.outcome, row.reason) for row in rows]


def posts(bot: TestBot) -> list[str]:
    """The first lines of what was posted after the announcement."""
    return [said.text.splitlines()[0] for said in bot.platform.said_to("C9")][1:]


async def at(bot: TestBot, event: Event, **before: float) -> datetime:
    bot.clock.now = event.starts_at - timedelta(**before)
    await tick(bot)
    return bot.clock.now


async def press(bot: TestBot, kind: type[Action], event: Event, rule_id: int = TWO_WEEKS) -> Message:
    action = kind.model_validate({"rule_id": rule_id, "subject_id": event.id})
    return message_of(await bot.press("ada", action))


async def test_a_cancelled_one_never_goes_and_the_others_do(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot, starts_on="2026-12-15")
    said = await press(bot, CancelReminder, event)
    assert said.text == (
        "Cancelled: “Annual conference”, 14 days before an event starts. Its other reminders stay."
    )
    await at(bot, event, days=14)
    await at(bot, event, days=3)
    assert await outcomes(bot) == [(TWO_WEEKS, "cancelled", ""), (THREE_DAYS, "sent", "")]
    assert posts(bot) == ["In three days: Annual conference. Will you come?"]


async def test_a_cancelled_one_stays_cancelled_when_the_event_moves(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot, starts_on="2026-12-15")
    await press(bot, CancelReminder, event)
    await test_events.change(bot, event, starts_on="2026-12-18")
    told = len(posts(bot))
    bot.clock.now = event.starts_at - timedelta(days=10)
    await tick(bot)
    assert await outcomes(bot) == [(TWO_WEEKS, "cancelled", "")]
    assert len(posts(bot)) == told


async def test_a_paused_one_waits_and_is_late_when_resumed(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot, starts_on="2026-11-30")
    await press(bot, PauseReminder, event, THREE_DAYS)
    await at(bot, event, days=3)
    assert await outcomes(bot) == []
    bot.clock.now = event.starts_at - timedelta(days=2, hours=22)
    await press(bot, ResumeReminder, event, THREE_DAYS)
    await at(bot, event, days=2, hours=20)
    assert await outcomes(bot) == [(THREE_DAYS, "late", "paused")]
    assert posts(bot)[0].startswith("Coming up: Annual conference")


async def test_a_paused_one_that_nobody_resumes_is_skipped_with_the_reason(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot, starts_on="2026-11-30")
    await press(bot, PauseReminder, event, THREE_DAYS)
    await at(bot, event, days=2)
    assert await outcomes(bot) == [(THREE_DAYS, "skipped", "paused")]
    assert posts(bot) == []


async def test_one_that_is_sent_now_is_not_sent_again(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot, starts_on="2026-12-15")
    assert "within half a minute" in (await press(bot, SendReminderNow, event)).text
    for _time in range(2):
        await tick(bot)
    [post] = posts(bot)
    # “In two weeks” would be wrong today.
    assert post.startswith("Coming up: Annual conference, Tuesday 15 December 2026")
    await at(bot, event, days=14)
    assert len(posts(bot)) == 1
    again = await bot.press("ada", SendReminderNow(rule_id=TWO_WEEKS, subject_id=event.id))
    assert again.outcome is Outcome.REFUSED


async def test_one_has_words_of_its_own(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot, starts_on="2026-12-15")
    other = await test_events.make(bot, title="Spring gathering", starts_on="2026-12-15")
    view = form_of(await bot.press("ada", RewordReminder(rule_id=TWO_WEEKS, subject_id=event.id)))
    assert view.answers["en"] == "In two weeks: {title}. Will you come?"
    wrong = form_of(await bot.submit("ada", view, {"en": "Dear {nobody}", "cy": ""}))
    assert "{nobody}" in wrong.problems["en"]
    saved = message_of(await bot.submit("ada", view, {"en": "Ministers come to {title}.", "cy": ""}))
    assert "Ministers come to Annual conference." in saved.quote
    await bot.press("ada", TestReminder(rule_id=TWO_WEEKS, subject_id=event.id))
    assert "Ministers come to Annual conference." in [said.text for said in bot.platform.said_to("ada")]
    before = len(bot.platform.said_to("C9"))
    await at(bot, event, days=14)
    said = {one.heading: one.text for one in bot.platform.said_to("C9")[before:]}
    assert said == {
        "Annual conference": "Ministers come to Annual conference.",
        "Spring gathering": f"In two weeks: {other.title}. Will you come?",
    }


async def test_everything_is_in_the_record_of_acts(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot, starts_on="2026-12-15")
    for kind in (PauseReminder, ResumeReminder, CancelReminder, ResumeReminder, SendReminderNow):
        await press(bot, kind, event)
    async with bot.database.read() as session:
        acts = set(await session.scalars(select(AuditRecord.act)))
    assert {"reminder.paused", "reminder.planned", "reminder.cancelled", "reminder.now"} <= acts


@pytest.mark.parametrize(
    "kind", [PauseReminder, ResumeReminder, CancelReminder, SendReminderNow, RewordReminder]
)
async def test_a_member_can_change_none_and_nobody_one_that_is_not_there(
    bot: TestBot, kind: type[Action]
) -> None:
    await network(bot)
    event = await test_events.make(bot, starts_on="2026-12-15")
    forged = kind.model_validate({"rule_id": TWO_WEEKS, "subject_id": event.id})
    assert (await bot.press("ann", forged)).outcome is Outcome.REFUSED
    for rule_id, subject_id in ((TWO_WEEKS, 999), (999, event.id), (TWO_WEEKS, 10**20)):
        gone = kind.model_validate({"rule_id": rule_id, "subject_id": subject_id})
        handled = await bot.press("ada", gone)
        assert handled.outcome is Outcome.REFUSED
        assert "not planned any more" in message_of(handled).text


async def test_a_rule_that_was_cancelled_for_a_round_takes_no_other_with_it(bot: TestBot) -> None:
    await network(bot)
    await test_rounds.make(bot, opens_on="2027-03-02", opens_time="12:00")
    one = await test_rounds.the_round(bot)
    await bot.press("ada", AnnounceRound(round_id=one.id))
    bot.clock.now = one.opens_at - timedelta(days=1)
    async with bot.database.read() as session:
        first = (await reminder_control.planned(session, one.opens_at - timedelta(days=1)))[0]
    await bot.press("ada", CancelReminder(rule_id=first.due.rule.id, subject_id=one.id))
    bot.clock.now = one.opens_at
    await press_tick(bot, one.opens_at)
    await press_tick(bot, one.opens_at + timedelta(hours=12))
    assert [outcome for _rule, outcome, _reason in await outcomes(bot)] == ["cancelled", "sent"]


async def press_tick(bot: TestBot, now: datetime) -> None:
    bot.clock.now = now
    await tick(bot)


async def test_what_goes_out_is_counted_and_shown_in_each_language(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot, starts_on="2026-12-10", reply_on="2026-12-05")
    await test_events.say(bot, "ann", event, "going")
    await test_events.say(bot, "bob", event, "online")
    async with bot.database.read() as session:
        found = await reminder_control.planned(session, bot.clock())
        reached = await reminder_control.reach(session, found)
        shown = reminder_control.previews(bot.surroundings.catalogues, found[0], bot.clock())
        none = await reminder_control.planned(session, bot.clock(), query="gathering")
    # Two weeks, the question to those who have not answered, three days, one day, one hour.
    assert reached == [Reach(1, 0), Reach(0, 2), Reach(1, 0), Reach(1, 0), Reach(0, 2)]
    assert [(language, said[0].text) for language, said in shown] == [
        ("English", "In two weeks: Annual conference. Will you come?"),
        ("Cymraeg", "Ymhen pythefnos: Annual conference. A fyddwch chi'n dod?"),
    ]
    assert test_events.LINK not in str(shown)
    assert none == []


async def test_a_look_at_a_reminder_of_a_full_event_offers_to_wait(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot, starts_on="2026-12-10", capacity="1")
    await test_events.say(bot, "ann", event, "going")
    async with bot.database.read() as session:
        first = (await reminder_control.planned(session, bot.clock()))[0]
    said = reminder_control.preview(bot.surroundings.catalogues.english, first, bot.clock())
    assert [one.buttons[0].label for one in said] == ["Wait for a place"]


async def test_the_past_says_how_far_the_messages_are(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot, starts_on="2026-12-15")
    await at(bot, event, days=14)
    await at(bot, event, days=1, hours=-20)
    words = bot.surroundings.catalogues.english
    async with bot.database.read() as session:
        found, total = await reminder_control.past(session, outcomes=list(RunOutcome), limit=10)
    assert total == 3
    assert [(one.title, one.run.outcome, reminder_control.states(words, one.counts)) for one in found][
        -1
    ] == (
        "Annual conference",
        "sent",
        "1 delivered",
    )


async def test_asking_for_a_round_counts(bot: TestBot) -> None:
    await network(bot)
    await test_rounds.make(bot, opens_on="2026-12-01")
    one = await test_rounds.the_round(bot)
    await bot.press("ada", AnnounceRound(round_id=one.id))
    await bot.press("ann", RemindOfRound(round_id=one.id))
    async with bot.database.read() as session:
        found = await reminder_control.planned(session, bot.clock(), subject="round")
        reached = await reminder_control.reach(session, found)
    assert reached[0] == Reach(1, 1)
    assert (await bot.press("ada", EditReminder(rule_id=found[0].due.rule.id))).outcome is Outcome.HANDLED
