"""Newcomers get a few messages in their first weeks, at decent hours, until they say stop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from handlers.kit.messages import Message
from handlers.kit.replies import Outcome
from handlers.kit.updates import Joined, Place, PlaceKind, Profile, RawAnswers
from handlers.welcome_journey import RemoveStep, StopJourney
from handlers.welcome_journey_backfill import Backfill, PreviewBackfill
from handlers.welcome_journey_form import AddStep, EditStep, TryStep
from scheduled import welcome_journey as journey_job
from store import groups, memberships, profiles, seed
from store.audit import AuditRecord
from store.database import Database
from store.groups import GroupKind
from store.members import Member
from store.memberships import Admission, How
from store.profiles import Capacity
from store.roles import Role
from store.welcome_journey import Journey, JourneyStep
from tests.bot import ROOT, TestBot, TestClock, form_of, message_of

WORKSPACE = Place("test", PlaceKind.WORKSPACE, "T1")
# A Monday morning in London, in winter.
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
async def bot(database: Database, clock: TestClock) -> TestBot:
    clock.now = MONDAY
    async with database.write() as session:
        await seed.texts(session, ROOT / "data", clock())
        await seed.journey(session, ROOT / "data", clock())
    bot = TestBot(database, clock)
    await bot.add_member("ada", Role.ADMINISTRATOR, name="Ada")
    return bot


@pytest.fixture
def tick(bot: TestBot) -> Callable[[], Awaitable[None]]:
    job = journey_job.job(bot.database, bot.clock, bot.surroundings)

    async def run() -> None:
        await job()
        await bot.deliver()

    return run


async def join(bot: TestBot, who: str, *, locale: str = "en") -> None:
    profile = Profile(name=who.title(), email=None, email_verified=False, locale=locale)
    await bot.handle(who, Joined(WORKSPACE, profile), place=WORKSPACE)


def tips(bot: TestBot, who: str) -> list[Message]:
    """What the journey has told somebody."""
    return [
        said
        for said in bot.platform.said_to(who)
        if any(button.action and button.action.name == StopJourney.wire_name for button in said.buttons)
    ]


async def member_of(bot: TestBot, name: str) -> Member:
    async with bot.database.read() as session:
        return (await session.scalars(select(Member).where(Member.name == name))).one()


async def step_ids(bot: TestBot) -> list[int]:
    async with bot.database.read() as session:
        return list(await session.scalars(select(JourneyStep.id).order_by(JourneyStep.offset_days)))


async def run_days(bot: TestBot, tick: Callable[[], Awaitable[None]], days: int) -> list[datetime]:
    """Look every four hours, day and night; when somebody was told something."""
    told: list[datetime] = []
    for _time in range(days * 6):
        before = len(bot.platform.delivered)
        await tick()
        if len(bot.platform.delivered) > before:
            told.append(bot.clock())
        bot.clock.advance(hours=4)
    return told


async def test_a_newcomer_is_told_about_themes_on_day_two_and_case_studies_on_day_twenty_one(
    bot: TestBot, tick: Callable[[], Awaitable[None]]
) -> None:
    await join(bot, "ann")
    told = await run_days(bot, tick, 22)
    assert told == [MONDAY.replace(day=25), datetime(2026, 12, 14, 9, tzinfo=UTC)]
    first, last = tips(bot, "ann")
    assert first.text.startswith("Which themes matter to you?")
    assert [button.label for button in first.buttons] == [
        "See the themes", "Fill in my profile", "Stop these tips"
    ]  # fmt: skip
    assert "A case study takes about twenty minutes" in last.text


async def test_nothing_goes_out_at_night_or_on_a_weekend(
    bot: TestBot, tick: Callable[[], Awaitable[None]]
) -> None:
    bot.clock.now = MONDAY + timedelta(days=4, hours=8)
    await join(bot, "ann")
    told = await run_days(bot, tick, 5)
    # Joined on Friday; day two is a Sunday.
    assert told == [datetime(2026, 11, 30, 9, tzinfo=UTC)]


async def test_hours_are_londons_in_summer_as_well(bot: TestBot, tick: Callable[[], Awaitable[None]]) -> None:
    bot.clock.now = datetime(2027, 6, 7, 23, 0, tzinfo=UTC)
    await join(bot, "ann")
    # Midnight on Tuesday in London: Thursday is day two, and the first look after nine is at noon.
    assert await run_days(bot, tick, 3) == [datetime(2027, 6, 10, 11, tzinfo=UTC)]


async def test_a_step_that_does_not_fit_on_its_day_is_never_sent(
    bot: TestBot, tick: Callable[[], Awaitable[None]]
) -> None:
    await join(bot, "ann")
    ann = await member_of(bot, "Ann")
    async with bot.database.write() as session:
        food = await groups.add(
            session, slug="food", name="Food", purpose="x", kind=GroupKind.THEMATIC, now=bot.clock()
        )
        await memberships.admit(session, [Admission(food.id, ann.id, "web")], How.OWN, bot.clock())
    await run_days(bot, tick, 4)
    async with bot.database.write() as session:
        held = await memberships.of_pair(session, food.id, ann.id)
        assert held is not None
        await session.delete(held)
    await run_days(bot, tick, 4)
    assert tips(bot, "ann") == []


async def test_councillors_and_officers_are_told_of_their_own_group(
    bot: TestBot, tick: Callable[[], Awaitable[None]]
) -> None:
    for who, capacity in (("ann", Capacity.COUNCILLOR), ("bob", Capacity.OFFICER)):
        await join(bot, who)
        member = await member_of(bot, who.title())
        async with bot.database.write() as session:
            (await profiles.start(session, member.id, now=bot.clock())).capacity = capacity
    await run_days(bot, tick, 8)
    assert ["Councillors group" in said.text for said in tips(bot, "ann")] == [False, True]
    assert ["Officer Network" in said.text for said in tips(bot, "bob")] == [False, True]


async def test_stop_means_stop_and_nothing_else_changes(
    bot: TestBot, tick: Callable[[], Awaitable[None]]
) -> None:
    await join(bot, "ann")
    await run_days(bot, tick, 3)
    said = message_of(await bot.press("ann", StopJourney()))
    assert said.text == "I send you no more of these. Everything else stays as it is."
    await run_days(bot, tick, 25)
    assert len(tips(bot, "ann")) == 1
    ann = await member_of(bot, "Ann")
    async with bot.database.read() as session:
        profile = await profiles.of_member(session, ann.id)
    assert profile is not None
    assert profile.wants == {"welcome": False}


async def test_somebody_asleep_is_written_to_when_they_wake_and_somebody_gone_never(
    bot: TestBot, tick: Callable[[], Awaitable[None]]
) -> None:
    for who in ("ann", "bob"):
        await join(bot, who)
    ann = await member_of(bot, "Ann")
    async with bot.database.write() as session:
        profile = await profiles.start(session, ann.id, now=bot.clock())
        profile.snoozed_until = MONDAY + timedelta(days=7)
        bob = (await session.scalars(select(Member).where(Member.name == "Bob"))).one()
        bob.active = False
    await run_days(bot, tick, 6)
    assert tips(bot, "ann") == []
    await run_days(bot, tick, 4)
    assert len(tips(bot, "ann")) == 1
    assert tips(bot, "bob") == []


async def test_a_restart_or_a_second_process_sends_nothing_twice(
    bot: TestBot, tick: Callable[[], Awaitable[None]]
) -> None:
    await join(bot, "ann")
    bot.clock.advance(days=2)
    again = journey_job.job(bot.database, bot.clock, bot.surroundings)
    await again()
    await tick()
    await again()
    await bot.deliver()
    assert len(tips(bot, "ann")) == 1


async def test_after_an_outage_steps_come_one_a_day(
    bot: TestBot, tick: Callable[[], Awaitable[None]]
) -> None:
    await join(bot, "ann")
    bot.clock.advance(days=21)
    await tick()
    await tick()
    assert len(tips(bot, "ann")) == 1
    bot.clock.advance(days=1)
    await tick()
    assert len(tips(bot, "ann")) == 2


async def test_a_welsh_speaker_reads_welsh(bot: TestBot, tick: Callable[[], Awaitable[None]]) -> None:
    await join(bot, "ann", locale="cy")
    await run_days(bot, tick, 3)
    assert tips(bot, "ann")[0].text.startswith("Pa themâu sy'n bwysig i chi?")


async def test_an_administrator_writes_tries_changes_and_removes_a_message(bot: TestBot) -> None:
    right: RawAnswers = {
        "offset_days": "30",
        "condition": "everybody",
        "active": "yes",
        "en": "A month has gone by, {name}.",
        "cy": "",
        "commands": ["groups"],
    }
    view = form_of(await bot.press("ada", AddStep()))
    view = form_of(await bot.submit("ada", view, right))
    wrong = form_of(await bot.submit("ada", view, {**right, "en": "Hello {nam}."}))
    while wrong.checking:
        wrong = form_of(await bot.submit("ada", wrong, {}))
    assert wrong.problems["en"].startswith("There is no placeholder {nam}.")
    handled = await bot.submit("ada", wrong, right)
    if not isinstance(handled.reply, Message):
        handled = await bot.submit("ada", form_of(handled), {})
    saved = message_of(handled)
    assert saved.items[0].text == "A month has gone by, Ada."
    step_id = (await step_ids(bot))[-1]
    await bot.press("ada", TryStep(step_id=step_id))
    assert tips(bot, "ada")[-1].text == "A month has gone by, Ada."
    listed = message_of(await bot.command("ada", "ccin", "journey"))
    assert listed.items[-1].title == "Day 30: Everybody"
    assert form_of(await bot.press("ada", EditStep(step_id=step_id))).answers["offset_days"] == "30"
    await bot.press("ada", RemoveStep(step_id=step_id))
    assert step_id not in await step_ids(bot)
    async with bot.database.read() as session:
        acts = list(await session.scalars(select(AuditRecord.act).order_by(AuditRecord.id)))
    assert acts == ["journey.edit", "journey.remove"]


async def test_people_who_were_here_before_get_one_message_each_fifty_a_day(
    bot: TestBot, tick: Callable[[], Awaitable[None]]
) -> None:
    for number in range(60):
        await bot.add_member(f"p{number}", name=f"Person {number}")
    preview = message_of(await bot.press("ada", PreviewBackfill()))
    assert preview.text.startswith("61 people were here before the journey began.")
    assert preview.items[0].text == "Fits 61 people."
    done = message_of(await bot.press("ada", Backfill()))
    assert done.text.endswith("the last are written to on Tuesday 24 November 2026.")
    await tick()
    assert len(bot.platform.delivered) - 2 == 50
    await run_days(bot, tick, 22)
    everybody = ["ada", *(f"p{number}" for number in range(60))]
    assert {len(tips(bot, who)) for who in everybody} == {1}
    again = message_of(await bot.press("ada", PreviewBackfill()))
    assert again.text == "There is nobody to write to, or no message to send."
    async with bot.database.read() as session:
        assert len(list(await session.scalars(select(Journey)))) == 61


async def test_a_member_can_neither_see_nor_forge_what_administrators_do(bot: TestBot) -> None:
    await bot.add_member("ann")
    step_id = (await step_ids(bot))[0]
    actions = (
        AddStep(), EditStep(step_id=step_id), TryStep(step_id=step_id), RemoveStep(step_id=step_id),
        PreviewBackfill(), Backfill(),
    )  # fmt: skip
    for action in actions:
        assert (await bot.press("ann", action)).outcome is Outcome.REFUSED
    assert (await bot.command("ann", "ccin", "journey")).outcome is Outcome.REFUSED
    assert len(await step_ids(bot)) == 4
