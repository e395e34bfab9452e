"""Holding all announcements: what nobody asked for waits until the hold ends, by itself or by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from handlers.event_actions import AnnounceEvent, CancelEvent
from handlers.kit.messages import Message
from handlers.kit.replies import Outcome
from handlers.kit.updates import RawAnswers
from handlers.reminder_actions import HoldAnnouncements, LiftHold
from store.audit import AuditRecord
from store.reminders import ReminderRun
from tests import test_events
from tests.bot import TestBot, form_of, message_of
from tests.test_reminders import network, runs, tick

UNTIL = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


async def hold(bot: TestBot, until: str = "2026-11-25T09:00", reason: str = "") -> Message:
    view = form_of(await bot.press("ada", HoldAnnouncements()))
    answers: RawAnswers = {"until": until, "reason": reason}
    return message_of(await bot.submit("ada", view, answers))


async def test_announcements_wait_and_answers_do_not(bot: TestBot) -> None:
    await network(bot)
    said = await hold(bot, reason="A day of mourning.")
    assert said.text == (
        "All announcements are on hold until Wednesday 25 November 2026, 09:00; what is still of use goes "
        "out then. (A day of mourning.)"
    )
    event = await test_events.make(bot)
    assert bot.platform.said_to("C9") == []
    assert (await test_events.say(bot, "ann", event, "going")).text.startswith("Thank you.")
    bot.clock.now = UNTIL - timedelta(seconds=1)
    await bot.deliver()
    assert bot.platform.said_to("C9") == []
    bot.clock.now = UNTIL
    await bot.deliver()
    assert [one.heading for one in bot.platform.said_to("C9")] == ["Annual conference"]


async def test_whoever_announces_meanwhile_is_told(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot, announce=False)
    await hold(bot)
    said = message_of(await bot.press("ada", AnnounceEvent(event_id=event.id)))
    assert "All announcements are on hold until Wednesday 25 November" in said.text


async def test_news_that_something_is_called_off_goes_out_all_the_same(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot)
    await test_events.say(bot, "ann", event, "going")
    await hold(bot)
    opened = await bot.press("ada", CancelEvent(event_id=event.id))
    await test_events.fill(bot, "ada", opened)
    assert bot.platform.said_to("ann")[-1].heading == "Called off: Annual conference"
    assert bot.platform.said_to("C9")[-1].heading == "Called off: Annual conference"


async def test_reminders_are_late_after_it_or_skipped_with_the_reason(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot, starts_on="2026-12-07")
    posts = len(bot.platform.said_to("C9"))
    # It is of use for two days; the one on the third day before is, too, but not that long.
    await hold(bot, "2026-11-24T12:00")
    bot.clock.now = event.starts_at - timedelta(days=14)
    await tick(bot)
    assert await runs(bot) == []
    bot.clock.now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    await tick(bot)
    assert await runs(bot) == [("23 Nov 10:00", "late")]
    assert len(bot.platform.said_to("C9")) == posts + 1
    assert bot.platform.said_to("C9")[-1].text.startswith("Coming up: Annual conference")
    bot.clock.now = datetime(2026, 12, 3, 12, 0, tzinfo=UTC)
    await hold(bot, "2026-12-06T09:00")
    bot.clock.now = datetime(2026, 12, 6, 9, 0, tzinfo=UTC)
    await tick(bot)
    async with bot.database.read() as session:
        rows = (await session.scalars(select(ReminderRun).order_by(ReminderRun.due_at))).all()
    assert [(row.outcome, row.reason) for row in rows] == [("late", "held"), ("skipped", "held")]
    card = message_of(await bot.command("ada", "ccin", "reminders"))
    assert "All announcements were on hold when it was due." in card.small_print[0]


async def test_a_hold_is_lifted_by_hand_once(bot: TestBot) -> None:
    await network(bot)
    await hold(bot)
    await test_events.make(bot)
    card = message_of(await bot.command("ada", "ccin", "reminders"))
    assert card.text.startswith("All announcements are on hold until")
    assert "End the hold now" in [button.label for button in card.buttons]
    lifted = message_of(await bot.press("ada", LiftHold()))
    assert lifted.text.startswith("Announcements go out again.")
    await bot.deliver()
    assert [one.heading for one in bot.platform.said_to("C9")] == ["Annual conference"]
    assert message_of(await bot.press("ada", LiftHold())).text == "Nothing is on hold."
    async with bot.database.read() as session:
        acts = set(await session.scalars(select(AuditRecord.act)))
    assert {"announcements.hold", "announcements.lift"} <= acts


async def test_a_new_hold_takes_the_place_of_the_old_one(bot: TestBot) -> None:
    await network(bot)
    await hold(bot, "2026-12-24T09:00")
    await hold(bot, "2026-11-25T09:00")
    await test_events.make(bot)
    bot.clock.now = UNTIL
    await bot.deliver()
    assert len(bot.platform.said_to("C9")) == 1


@pytest.mark.parametrize("until", ["2026-11-21T09:59", "2027-03-01T09:00", "2026-11-25T", ""])
async def test_a_hold_ends_in_the_future_and_not_too_far(bot: TestBot, until: str) -> None:
    await network(bot)
    view = form_of(await bot.command("ada", "ccin", "hold-all"))
    refused = form_of(await bot.submit("ada", view, {"until": until, "reason": "Because."}))
    assert "until" in refused.problems
    assert refused.answers["reason"] == "Because."


async def test_a_member_can_hold_and_lift_nothing(bot: TestBot) -> None:
    await network(bot)
    await hold(bot)
    for action in (HoldAnnouncements(), LiftHold()):
        assert (await bot.press("ann", action)).outcome is Outcome.REFUSED
    assert (await bot.command("ann", "ccin", "hold-all")).outcome is Outcome.REFUSED
    await test_events.make(bot)
    assert bot.platform.said_to("C9") == []
