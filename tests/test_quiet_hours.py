"""Quiet hours: a personal reminder goes before they begin, after they end, or not at all; never twice."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select

from handlers.event_actions import CancelEvent
from handlers.kit.messages import Message
from handlers.quiet_hours import QuietHours, turn
from handlers.round_actions import AnnounceRound, RemindOfRound
from store import members
from store.members import Member
from store.outbox import OutboxRow, Status
from store.profiles import Profile
from store.reminders import Audience, Quiet, ReminderRule
from store.surfaces import of_members
from tests import test_events, test_rounds
from tests.bot import TestBot
from tests.network import add_person
from tests.test_reminders import live_through, network, tick

NIGHT = QuietHours(time(21), time(8))
LATER = datetime.max.replace(tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


async def be_quiet(bot: TestBot, who: str, begins: time = NIGHT.begins, ends: time = NIGHT.ends) -> None:
    async with bot.database.write() as session:
        known = await members.by_identity(session, "test", who)
        assert known is not None
        profile = await session.get_one(Profile, known[0].id)
        profile.quiet_from, profile.quiet_until, profile.updated_at = begins, ends, bot.clock()


async def rows(bot: TestBot, status: Status) -> list[OutboxRow]:
    async with bot.database.read() as session:
        return list(await session.scalars(select(OutboxRow).where(OutboxRow.status == status)))


def heard(bot: TestBot, who: str) -> list[Message]:
    return [said for said in bot.platform.said_to(who) if said.heading == "Annual conference"]


@pytest.mark.parametrize(
    ("moment", "around"),
    [
        ("2026-11-21 20:59", None),
        ("2026-11-21 21:00", ("2026-11-21 21:00", "2026-11-22 08:00")),
        ("2026-11-22 07:59", ("2026-11-21 21:00", "2026-11-22 08:00")),
        ("2026-11-22 08:00", None),
        # Both nights in which the clocks change: they begin and end by the clocks.
        ("2027-03-28 04:00", ("2027-03-27 21:00", "2027-03-28 07:00")),
        ("2026-10-25 07:30", ("2026-10-24 20:00", "2026-10-25 08:00")),
    ],
)
def test_quiet_hours_go_over_midnight_by_the_clocks(moment: str, around: tuple[str, str] | None) -> None:
    expected = (utc(around[0]), utc(around[1])) if around else None
    assert NIGHT.around(utc(moment)) == expected


def test_quiet_hours_within_a_day() -> None:
    midday = QuietHours(time(12), time(13, 30))
    assert midday.length == timedelta(minutes=90)
    assert NIGHT.length == timedelta(hours=11)
    assert midday.around(utc("2026-11-21 12:30")) == (utc("2026-11-21 12:00"), utc("2026-11-21 13:30"))
    assert midday.around(utc("2026-11-21 02:30")) is None


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-21 12:00", "2026-11-21 20:45"),
        ("2026-11-21 20:44", "2026-11-21 20:45"),
        ("2026-11-21 20:45", "2026-11-22 20:45"),
        ("2026-11-22 00:30", "2026-11-22 20:45"),
        # The day of each clock change: a quarter of an hour before nine by the clocks.
        ("2027-03-28 00:30", "2027-03-28 19:45"),
        ("2026-10-24 22:00", "2026-10-25 20:45"),
    ],
)
def test_the_next_time_that_quiet_hours_begin_soon(now: str, expected: str) -> None:
    assert NIGHT.next_early(utc(now)) == utc(expected)
    assert NIGHT.begin_soon(utc(expected))
    assert not NIGHT.begin_soon(utc(expected) - timedelta(seconds=1))


def test_quiet_hours_that_begin_at_midnight_are_foreseen_on_the_day_before() -> None:
    assert QuietHours(time(0), time(7)).next_early(utc("2026-11-21 20:00")) == utc("2026-11-21 23:45")


@pytest.mark.parametrize(
    ("rule", "useful_until", "expected"),
    [
        (Quiet.BEFORE, LATER, "2026-11-22 08:00"),
        (Quiet.AFTER, LATER, "2026-11-22 08:00"),
        (Quiet.AFTER, utc("2026-11-22 07:30"), None),
        (Quiet.SKIP, LATER, None),
    ],
)
def test_what_is_due_in_quiet_hours_waits_where_it_helps(
    rule: Quiet, useful_until: datetime, expected: str | None
) -> None:
    now = utc("2026-11-21 23:00")
    assert turn(NIGHT, rule, now, useful_until) == (utc(expected) if expected else None)
    assert turn(None, rule, now, useful_until) == now


async def test_an_hour_before_an_early_event_is_told_the_evening_before(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot, starts_time="08:30", ends_time="16:00")
    for who in ("ann", "bob"):
        await test_events.say(bot, who, event, "going")
    await be_quiet(bot, "ann")
    before = len(heard(bot, "ann"))
    bot.clock.now = utc("2027-02-17 20:44")
    await tick(bot)
    assert len(heard(bot, "ann")) == before
    for minute in (45, 46, 59):
        bot.clock.now = utc(f"2027-02-17 20:{minute}")
        await tick(bot)
    [told] = heard(bot, "ann")[before:]
    assert told.text.startswith("Coming up: Annual conference, Thursday 18 February 2027, 08:30")
    assert "You get this now, before your quiet hours begin at 21:00." in told.small_print
    assert test_events.LINK in told.plain()
    bot.clock.now = utc("2027-02-18 07:30")
    await tick(bot)
    assert len(heard(bot, "ann")) == before + 1
    assert heard(bot, "bob")[-1].text.startswith("Annual conference starts in about an hour.")


async def test_who_says_yes_in_the_night_is_told_after_it_only_where_that_helps(bot: TestBot) -> None:
    await network(bot)
    early = await test_events.make(bot, starts_time="08:10", ends_time="16:00")
    await be_quiet(bot, "ann")
    await be_quiet(bot, "bob", time(21), time(7, 30))
    bot.clock.now = utc("2027-02-18 01:00")
    for who in ("ann", "bob"):
        await test_events.say(bot, who, early, "going")
    before = {who: len(heard(bot, who)) for who in ("ann", "bob")}
    bot.clock.now = utc("2027-02-18 07:10")
    await tick(bot)
    assert {who: len(heard(bot, who)) for who in before} == before
    # Her quiet hours end when it is too late to be of use; his do not.
    assert [row.error for row in await rows(bot, Status.SKIPPED)] == ["quiet hours"]
    bot.clock.now = utc("2027-02-18 07:30")
    await bot.deliver()
    assert heard(bot, "bob")[-1].text.startswith("Coming up: Annual conference")
    assert len(heard(bot, "bob")) == before["bob"] + 1
    assert len(heard(bot, "ann")) == before["ann"]


async def test_an_opening_is_never_told_before_it_is_true(bot: TestBot) -> None:
    await network(bot)
    await test_rounds.make(bot, opens_on="2027-02-10", opens_time="07:00")
    one = await test_rounds.the_round(bot)
    await bot.press("ada", AnnounceRound(round_id=one.id))
    await bot.press("ann", RemindOfRound(round_id=one.id))
    await be_quiet(bot, "ann")

    def openings() -> list[Message]:
        return [said for said in bot.platform.said_to("ann") if "is open now" in said.text]

    bot.clock.now = utc("2027-02-09 20:50")
    await tick(bot)
    bot.clock.now = utc("2027-02-10 07:00")
    await tick(bot)
    assert not openings()
    bot.clock.now = utc("2027-02-10 08:00")
    await bot.deliver()
    assert len(openings()) == 1


async def test_reminders_of_a_round_that_became_one_are_one_before_quiet_hours_too(bot: TestBot) -> None:
    await network(bot)
    # Half of the time is over at six in the morning, a week before closing is that midnight.
    await test_rounds.make(bot, opens_on="2027-03-01", opens_time="12:00")
    one = await test_rounds.the_round(bot)
    await bot.press("ada", AnnounceRound(round_id=one.id))
    await bot.press("ann", RemindOfRound(round_id=one.id))
    await be_quiet(bot, "ann")
    bot.clock.now = utc("2027-03-08 12:00")
    await bot.deliver()
    before = len(bot.platform.said_to("ann"))
    for moment in ("08 20:45", "09 06:00", "09 08:00", "09 20:45", "09 23:59", "10 08:00"):
        bot.clock.now = utc(f"2027-03-{moment}")
        await tick(bot)
    [told] = bot.platform.said_to("ann")[before:]
    assert told.text.startswith("Half of the time for Policy Labs 2027 is over.")
    assert "You get this now, before your quiet hours begin at 21:00." in told.small_print


async def test_those_who_have_not_answered_are_asked_once_and_nobody_else(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot, reply_on="2027-02-10")
    for who, answer in (("ada", "going"), ("ann", "cannot"), ("bob", "maybe")):
        await test_events.say(bot, who, event, answer)
    before = {who: len(bot.platform.said_to(who)) for who in ("ada", "ann", "bob", "cat")}
    bot.clock.now = utc("2027-02-07 23:59")
    await tick(bot)
    asked = {who: len(bot.platform.said_to(who)) - before[who] for who in before}
    assert asked == {"ada": 0, "ann": 0, "bob": 0, "cat": 1}
    said = bot.platform.said_to("cat")[-1]
    assert said.text.startswith("Will you come to Annual conference? Please answer by Wednesday 10 February")
    assert test_events.LINK not in said.model_dump_json()


async def test_who_was_asked_hears_once_that_it_is_called_off_and_who_declined_does_not(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot, reply_on="2027-02-10")
    bot.clock.now = utc("2027-02-07 23:59")
    await tick(bot)
    await test_events.say(bot, "ann", event, "cannot")
    opened = await bot.press("ada", CancelEvent(event_id=event.id))
    await test_events.fill(bot, "ada", opened)
    for who, heard_of_it in (("cat", 1), ("bob", 1), ("ann", 0)):
        called_off = [said for said in bot.platform.said_to(who) if said.heading.startswith("Called off")]
        assert len(called_off) == heard_of_it


async def test_an_event_without_a_last_day_for_answers_asks_nobody(bot: TestBot) -> None:
    await network(bot)
    await test_events.make(bot)
    await live_through(bot, utc("2027-02-17 12:00"), step=timedelta(hours=12))
    assert bot.platform.said_to("cat") == []


async def test_only_who_is_invited_is_asked(bot: TestBot) -> None:
    await network(bot)
    group = await test_events.led_group(bot, "lea")
    await test_events.make(bot, "lea", everyone="no", groups=[str(group.id)], reply_on="2027-02-10")
    bot.clock.now = utc("2027-02-07 23:59")
    await tick(bot)
    # The lead is invited with the group; people outside are not.
    assert [said.heading for said in bot.platform.said_to("lea")][-1:] == ["Annual conference"]
    assert bot.platform.said_to("cat") == []


async def test_an_answer_takes_back_the_question_that_waits(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot, reply_on="2027-02-10")
    await be_quiet(bot, "cat")
    bot.clock.now = utc("2027-02-08 00:00")
    await tick(bot)
    assert [row.status for row in await rows(bot, Status.QUEUED)] == ["queued"]
    await test_events.say(bot, "cat", event, "cannot")
    assert await rows(bot, Status.QUEUED) == []
    assert len(await rows(bot, Status.WITHDRAWN)) == 1


async def test_three_audiences_make_one_message(bot: TestBot) -> None:
    await network(bot)
    event = await test_events.make(bot)
    await test_events.say(bot, "ann", event, "going")
    async with bot.database.write() as session:
        rule = await session.get_one(ReminderRule, 4)
        rule.audiences = [one.value for one in Audience if one is not Audience.ASKED]
    before = len(bot.platform.said_to("ann"))
    bot.clock.now = event.starts_at - timedelta(hours=1)
    await tick(bot)
    assert len(bot.platform.said_to("ann")) == before + 1
    assert len([said for said in bot.platform.said_to("C9") if "about an hour" in said.text]) == 1


async def test_each_kind_goes_where_it_was_asked_for(bot: TestBot) -> None:
    ann = await add_person(bot, "ann", platforms=("slack",))
    async with bot.database.write() as session:
        (await session.get_one(Member, ann.id)).preferred_platform = "test"
        (await session.get_one(Profile, ann.id)).platforms = {"events": "slack"}
    async with bot.database.read() as session:
        wanted = [(ann.id, kind) for kind in ("", "funding", "events")]
        found = await of_members(session, wanted, {"test", "slack"})
        gone = await of_members(session, wanted, {"test"})
    assert [found[one]["platform"] for one in wanted] == ["test", "test", "slack"]
    assert [gone[one]["platform"] for one in wanted] == ["test", "test", "test"]
