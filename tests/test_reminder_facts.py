"""A tick that foresees nothing to do does nothing, and still misses nothing that changes what is due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from handlers.round_actions import AnnounceRound, RemindOfRound
from scheduled import reminders as scheduled_reminders
from store import announcement_holds, reminder_changes, reminder_facts
from store import events as stored_events
from store.events import Event
from store.reminder_changes import ReminderState
from store.reminders import ReminderRule
from tests import test_events, test_rounds
from tests.bot import TestBot, form_of
from tests.network import add_organisation
from tests.test_quiet_hours import be_quiet, heard, utc
from tests.test_reminders import network, runs

Tick = Callable[[], Awaitable[None]]


def ticking(bot: TestBot) -> Tick:
    """One process's job, which remembers what it has foreseen."""
    job = scheduled_reminders.job(bot.database, bot.clock, bot.surroundings)

    async def tick() -> None:
        await job()
        await bot.deliver()

    return tick


async def foreseen(bot: TestBot, tick: Tick, moment: datetime) -> None:
    """Two ticks up to a time, after which nothing is due for a while."""
    for earlier in (2, 1):
        bot.clock.now = moment - timedelta(seconds=20 * earlier)
        await tick()


async def rule(bot: TestBot, rule_id: int, **values: object) -> None:
    async with bot.database.write() as session:
        changed = await session.get_one(ReminderRule, rule_id)
        for name, value in (values | {"changed_at": bot.clock()}).items():
            setattr(changed, name, value)


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The times since which all events were read."""
    found: list[datetime] = []
    read = stored_events.to_remind

    async def noted(session: object, since: datetime) -> list[Event]:
        found.append(since + scheduled_reminders.LOOKED_BACK)
        return await read(session, since)  # type: ignore[arg-type]

    monkeypatch.setattr(stored_events, "to_remind", noted)
    return found


async def test_everything_is_read_every_five_minutes_and_when_something_is_due(
    bot: TestBot, readings: list[datetime]
) -> None:
    await network(bot)
    event = await test_events.make(bot)
    tick, due = ticking(bot), event.starts_at - timedelta(days=14)
    bot.clock.now = due - timedelta(minutes=12)
    while bot.clock.now < due + timedelta(minutes=2):
        await tick()
        bot.clock.advance(seconds=20)
    # After what was due, once more.
    seconds = [(one - due).total_seconds() for one in readings]
    assert seconds == [-720, -420, -120, 0, 20]
    assert [outcome for _due, outcome in await runs(bot)] == ["sent"]


async def test_a_clock_that_was_put_back_is_not_believed(bot: TestBot, readings: list[datetime]) -> None:
    await network(bot)
    await test_events.make(bot)
    tick, now = ticking(bot), bot.clock()
    for minutes in (10, 8, 9):
        bot.clock.now = now + timedelta(minutes=minutes)
        await tick()
    assert [(one - now).total_seconds() / 60 for one in readings] == [10, 8]


async def test_a_moved_event_is_noticed_at_the_next_tick(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot)
    tick = ticking(bot)
    await foreseen(bot, tick, utc("2027-02-03 12:00"))
    await test_events.change(bot, event, starts_on="2027-02-17", starts_time="12:00")
    bot.clock.now = utc("2027-02-03 12:00")
    await tick()
    assert await runs(bot) == [("03 Feb 12:00", "sent")]


async def test_a_round_whose_dates_move_is_noticed_at_the_next_tick(bot: TestBot) -> None:
    await network(bot)
    await test_rounds.make(bot)
    one = await test_rounds.the_round(bot)
    await bot.press("ada", AnnounceRound(round_id=one.id))
    await bot.press("ann", RemindOfRound(round_id=one.id))
    tick = ticking(bot)
    await foreseen(bot, tick, utc("2027-02-01 09:30"))
    await test_rounds.change(bot, one, opens_on="2027-02-01", opens_time="09:30")
    bot.clock.now = utc("2027-02-01 09:30")
    await tick()
    assert await runs(bot) == [("01 Feb 09:30", "sent")]
    assert "is open now" in bot.platform.said_to("ann")[-1].text


async def test_an_event_announced_a_moment_ago_and_another_called_off_are_noticed(bot: TestBot) -> None:
    await network(bot)
    tick = ticking(bot)
    await foreseen(bot, tick, utc("2027-02-03 10:00"))
    bot.clock.now = utc("2027-02-03 09:59")
    event = await test_events.make(bot, starts_on="2027-02-17", starts_time="10:00")
    bot.clock.now = utc("2027-02-03 10:00")
    await tick()
    assert await runs(bot) == [("03 Feb 10:00", "sent")]
    async with bot.database.write() as session:
        before = await reminder_facts.fingerprint(session, bot.clock() - timedelta(days=120))
        (await session.get_one(Event, event.id)).cancelled_at = bot.clock()
        await session.flush()
        assert await reminder_facts.fingerprint(session, bot.clock() - timedelta(days=120)) != before


async def test_a_changed_rule_is_noticed_at_the_next_tick(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot)
    tick, due = ticking(bot), event.starts_at - timedelta(days=10)
    await foreseen(bot, tick, due)
    await rule(bot, 2, amount=10)
    bot.clock.now = due
    await tick()
    assert (f"{due:%d %b %H:%M}", "sent") in await runs(bot)


async def test_a_rule_that_was_switched_off_is_noticed_at_the_next_tick(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot)
    tick, due = ticking(bot), event.starts_at - timedelta(days=14)
    await foreseen(bot, tick, due)
    await rule(bot, 1, enabled=False)
    bot.clock.now = due
    await tick()
    assert await runs(bot) == []


async def test_a_paused_one_is_noticed_and_skipped_on_the_minute_its_use_ends(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot)
    tick, due = ticking(bot), event.starts_at - timedelta(days=14)
    await foreseen(bot, tick, due)
    async with bot.database.write() as session:
        change = await reminder_changes.start(session, await session.get_one(ReminderRule, 1), event.id, due)
        change.state = ReminderState.PAUSED
    bot.clock.now = due
    await tick()
    bot.clock.now = due + timedelta(hours=48, minutes=-1)
    await tick()
    assert await runs(bot) == []
    bot.clock.advance(minutes=1)
    await tick()
    assert [outcome for _due, outcome in await runs(bot)] == ["skipped"]


async def test_a_hold_is_noticed_at_the_next_tick_and_so_is_its_end(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot)
    tick, due = ticking(bot), event.starts_at - timedelta(days=14)
    await foreseen(bot, tick, due)
    async with bot.database.write() as session:
        await announcement_holds.begin(session, bot.clock(), due + timedelta(days=1), "")
    bot.clock.now = due
    await tick()
    assert await runs(bot) == []
    bot.clock.advance(minutes=1)
    async with bot.database.write() as session:
        await announcement_holds.lift(session, bot.clock())
    await tick()
    assert [outcome for _due, outcome in await runs(bot)] == ["sent"]


async def test_what_waits_for_a_publicity_hold_is_announced_at_midnight(
    bot: TestBot, readings: list[datetime]
) -> None:
    await network(bot)
    oldham = await add_organisation(bot, "Oldham Council")
    view = form_of(await bot.command("ada", "ccin", "hold"))
    days = {"organisation": str(oldham.id), "from_on": "2026-11-20", "until_on": "2026-11-24"}
    await bot.submit("ada", view, dict(days))
    await test_events.make(bot, organisation=str(oldham.id))
    tick = ticking(bot)
    await foreseen(bot, tick, utc("2026-11-25 00:00"))
    assert bot.platform.said_to("C9") == []
    bot.clock.now = utc("2026-11-25 00:00")
    await tick()
    assert [said.heading for said in bot.platform.said_to("C9")] == ["Annual conference"]
    # The second of three ticks foresaw nothing before midnight.
    assert len(readings) == 2


async def test_who_says_yes_or_wants_quiet_just_before_quiet_hours_is_told_at_the_next_tick(
    bot: TestBot,
) -> None:
    await network(bot)
    event = await test_events.make(bot, starts_time="08:30", ends_time="16:00")
    await be_quiet(bot, "ann")
    await be_quiet(bot, "bob")
    await test_events.say(bot, "ann", event, "going")
    tick = ticking(bot)
    before = {who: len(heard(bot, who)) for who in ("ann", "bob", "cat")}

    def told() -> list[int]:
        return [len(heard(bot, who)) - count for who, count in before.items()]

    await foreseen(bot, tick, utc("2027-02-17 20:45"))
    assert told() == [0, 0, 0]
    bot.clock.now = utc("2027-02-17 20:45")
    await tick()
    assert told() == [1, 0, 0]
    for who in ("bob", "cat"):
        await test_events.say(bot, who, event, "going")
        before[who] = len(heard(bot, who))
    bot.clock.advance(seconds=20)
    await tick()
    assert told() == [1, 1, 0]
    await foreseen(bot, tick, utc("2027-02-17 21:59"))
    await be_quiet(bot, "cat", begins=utc("2027-02-17 22:00").time())
    bot.clock.now = utc("2027-02-17 21:59")
    await tick()
    assert told() == [1, 1, 1]
