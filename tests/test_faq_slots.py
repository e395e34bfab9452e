"""Live answers: what is on and when bids close, read whenever somebody asks, for that person alone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from handlers import faq_slots
from handlers.faq_actions import ShowEntry
from handlers.kit.updates import Place, PlaceKind, Press, Sender, Text, Update
from store import choices, event_audiences, events, members, rounds
from store.database import Database
from store.events import Event, EventKind
from store.faq import FaqEntry, FaqTranslation
from store.groups import Group
from store.memberships import Admission, How, MembershipState, admit, of_pair
from store.organisations import Category, Organisation
from store.roles import Role
from store.rounds import FundingRound
from store.seed import seed
from tests.bot import NOW, ROOT, TestBot, TestClock, message_of
from tests.network import add_group

THREAD = Place("test", PlaceKind.CHANNEL, "C1", thread="1.1")
NO_EVENT = "No event is announced for you at the moment."
NO_ROUND = "No funding round is open or announced at the moment."


@pytest.fixture
async def bot(database: Database, clock: TestClock) -> TestBot:
    """Two answers hold a slot and nothing else, in both languages."""
    await seed(database, ROOT / "data", clock())
    async with database.write() as session:
        for slug, text in (("next-event", "{next_events}"), ("funding-deadline", "{funding_dates}")):
            for held in (
                await session.get_one(FaqEntry, slug),
                await session.get_one(FaqTranslation, (slug, "cy")),
            ):
                held.answer = text
    bot = TestBot(database, clock)
    await bot.add_member("ann", name="Ann")
    return bot


async def read(bot: TestBot, slug: str, who: str = "ann") -> str:
    return message_of(await bot.press(who, ShowEntry(slug=slug))).text


async def add_event(bot: TestBot, title: str, *, days: int = 10, **fields: object) -> int:
    start = NOW + timedelta(days=days)
    values: dict[str, object] = {
        "uid": f"{title}@example.org", "slug": title.lower().replace(" ", "-"), "title": title,
        "kind": EventKind.OTHER, "description": "", "language": "en", "starts_at": start,
        "ends_at": start + timedelta(hours=2), "zone": "Europe/London", "place": "Town Hall", "link": "",
        "everyone": True, "public": False, "organiser": "The team", "created_at": NOW, "changed_at": NOW,
        "announced_at": NOW, "cancel_reason": "",
    }  # fmt: skip
    async with bot.database.write() as session:
        event = Event(**{**values, **fields})
        session.add(event)
        await session.flush()
        return event.id


async def change_event(bot: TestBot, event_id: int, **fields: object) -> None:
    async with bot.database.write() as session:
        event = await events.by_id(session, event_id)
        for name, value in fields.items():
            setattr(event, name, value)


async def test_the_next_events_are_never_stale(bot: TestBot) -> None:
    assert await read(bot, "next-event") == NO_EVENT
    event = await add_event(bot, "Spring meeting")
    assert await read(bot, "next-event") == (
        "- Spring meeting: Tuesday 1 December 2026, 10:00 (UK time) to 12:00, Town Hall"
    )
    moved = datetime(2027, 6, 1, 9, 0, tzinfo=UTC)
    await change_event(bot, event, starts_at=moved, ends_at=moved + timedelta(hours=1), place="")
    assert await read(bot, "next-event") == (
        "- Spring meeting: Tuesday 1 June 2027, 10:00 (UK time) to 11:00"
    )
    await change_event(bot, event, cancelled_at=NOW)
    assert await read(bot, "next-event") == NO_EVENT
    await change_event(bot, event, cancelled_at=None)
    bot.clock.now = moved + timedelta(hours=1)
    assert await read(bot, "next-event") == NO_EVENT


async def test_a_draft_is_no_event_yet_whoever_asks(bot: TestBot) -> None:
    await bot.add_member("ada", Role.ADMINISTRATOR)
    event = await add_event(bot, "Draft", announced_at=None)
    assert await read(bot, "next-event", "ada") == NO_EVENT
    await change_event(bot, event, announced_at=NOW)
    assert "Draft" in await read(bot, "next-event", "ada")


async def test_events_are_told_to_those_they_are_for_and_aloud_only_what_is_public(bot: TestBot) -> None:
    ben = await bot.add_member("ben", name="Ben")
    event = await add_event(bot, "Housing group", everyone=False)
    await add_event(bot, "For members", days=11)
    await add_event(bot, "For all", days=12, public=True)
    group = await add_group(bot, "Bee keepers")
    async with bot.database.write() as session:
        await admit(session, [Admission(group.id, ben.id, None)], How.OWN, NOW)
        await event_audiences.put(session, [event], [group.id], [])
    titles = ("Housing group", "For members", "For all")

    def told(text: str) -> list[str]:
        return [title for title in titles if title in text]

    assert told(await read(bot, "next-event", "ben")) == [*titles]
    assert told(await read(bot, "next-event", "ann")) == ["For members", "For all"]
    place = Place("test", PlaceKind.DIRECT, "v1")
    visitor = Sender("test", "v1", visitor=True)
    seen = await bot.dispatcher.handle(
        Update("v:1", visitor, place, Press("faq.show", {"slug": "next-event"}))
    )
    assert told(message_of(seen).text) == ["For all"]
    said = message_of(
        await bot.handle("ben", Text("What events are coming up?", mentioned=True), place=THREAD)
    )
    assert told(said.text) == ["For all"]
    assert said.text.endswith("- Type /events to see those that are for you, too")


def the_only_group(text: str) -> bool:
    return "Bee keepers" in text


async def join_a_group(bot: TestBot) -> None:
    """Ann is in a group of her own, and each answer below speaks of it in one language at least."""
    group = await add_group(bot, "Bee keepers")
    async with bot.database.write() as session:
        ann = await members.by_identity(session, "test", "ann")
        assert ann is not None
        await admit(session, [Admission(group.id, ann[0].id, None)], How.OWN, NOW)
        (await session.get_one(FaqEntry, "next-event")).answer = "{my_groups}"
        (await session.get_one(FaqTranslation, ("next-event", "cy"))).answer = "{my_groups}"


@pytest.mark.parametrize(
    "asked",
    [
        "What events are coming up?",
        "What events are coming up? How much does membership cost?",
        "Pa ddigwyddiadau sydd i ddod?",
    ],
)
async def test_what_is_about_the_asker_is_never_said_aloud(bot: TestBot, asked: str) -> None:
    await join_a_group(bot)
    answer = message_of(await bot.handle("ann", Text(asked, mentioned=True), place=THREAD))
    assert the_only_group(answer.plain())
    assert [the_only_group(said.plain()) for said in bot.platform.said_to("ann")] == [True]
    assert len(bot.platform.said_to("C1")) == 1
    assert not the_only_group(bot.platform.said_to("C1")[0].plain())
    assert bot.platform.said_to("C1")[0].text


async def test_what_is_about_nobody_is_said_in_the_thread(bot: TestBot) -> None:
    await bot.handle("ann", Text("What events are coming up?", mentioned=True), place=THREAD)
    assert len(bot.platform.said_to("C1")) == 1
    assert bot.platform.said_to("C1")[0].text == (
        "No event is announced for everybody at the moment. Type /events to see those that are for you."
    )
    assert bot.platform.said_to("ann") == []


@pytest.mark.parametrize("name", sorted(faq_slots.SLOTS))
async def test_a_slot_says_the_same_to_everybody_aloud_or_is_personal(bot: TestBot, name: str) -> None:
    """Whatever Ann may know and Ben may not is not said where both read it."""
    await bot.add_member("ben", name="Ben")
    await join_a_group(bot)
    event = await add_event(bot, "Bee keepers' day", everyone=False)
    async with bot.database.write() as session:
        # An answer that has the slot as it stands needs no learning anew.
        slugs = await session.scalars(select(FaqEntry.slug).where(FaqEntry.answer.contains(f"{{{name}")))
        entry = await session.get_one(FaqEntry, next(iter(sorted(slugs)), "next-event"))
        if f"{{{name}" not in entry.answer:
            entry.answer = f"{{{name}}}"
        question = entry.title
        group = (await session.scalars(select(Group).where(Group.name == "Bee keepers"))).one()
        await event_audiences.put(session, [event], [group.id], [])
    aloud = []
    for who in ("ann", "ben"):
        await bot.handle(who, Text(question, mentioned=True), place=THREAD)
        aloud.append(bot.platform.said_to("C1")[-1].text)
    assert aloud[0] == aloud[1]
    assert "not sure what you mean" not in aloud[0]


async def test_three_events_are_told_and_the_rest_is_counted(bot: TestBot) -> None:
    for number in range(5):
        await add_event(bot, f"Meeting {number}", days=5 - number)
    lines = (await read(bot, "next-event")).splitlines()
    assert [line[2:11] for line in lines[:3]] == ["Meeting 4", "Meeting 3", "Meeting 2"]
    assert lines[3:] == ["- and 2 more"]


async def test_events_are_told_in_the_askers_language_and_the_clocks_of_their_place(bot: TestBot) -> None:
    await bot.add_member("megan", locale="cy")
    assert await read(bot, "next-event", "megan") != NO_EVENT
    await add_event(bot, "Ymweliad", zone="Europe/Paris", place="")
    welsh = await read(bot, "next-event", "megan")
    assert "Rhagfyr" in welsh
    assert "11:00" in welsh


async def test_when_bids_close_is_never_stale(bot: TestBot) -> None:
    assert await read(bot, "funding-deadline") == NO_ROUND
    opens = NOW + timedelta(days=5)
    number = await add_round(bot, opens_at=opens, announced_at=None)
    assert await read(bot, "funding-deadline") == NO_ROUND
    await change_round(bot, number, announced_at=NOW)
    assert await read(bot, "funding-deadline") == (
        "- Policy Labs 2027 opens on Thursday 26 November 2026, 10:00 (UK time) and closes on "
        "Tuesday 16 March 2027, 23:59 (UK time)."
    )
    bot.clock.now = opens
    assert await read(bot, "funding-deadline") == (
        "- Policy Labs 2027 closes on Tuesday 16 March 2027, 23:59 (UK time)."
    )
    later = datetime(2027, 4, 1, 22, 59, tzinfo=UTC)
    await change_round(bot, number, closes_at=later)
    assert "Thursday 1 April 2027, 23:59 (UK time)" in await read(bot, "funding-deadline")
    bot.clock.now = later + timedelta(minutes=1)
    assert await read(bot, "funding-deadline") == NO_ROUND


async def test_what_a_round_pays_is_never_stale(bot: TestBot) -> None:
    await tell(bot, "{funding_amounts|On the usual terms.}")
    assert await read(bot, "next-event") == "On the usual terms."
    number = await add_round(bot, maximum_pence=2_500_000, pot_pence=7_500_000)
    assert await read(bot, "next-event") == (
        "- Policy Labs 2027: up to £25,000 a project, £75,000 for all projects together"
    )
    await change_round(bot, number, maximum_pence=3_000_050, pot_pence=None)
    assert await read(bot, "next-event") == "- Policy Labs 2027: up to £30,000.50 a project"
    await change_round(bot, number, maximum_pence=None)
    assert await read(bot, "next-event") == "On the usual terms."
    await change_round(bot, number, maximum_pence=100, announced_at=None)
    assert await read(bot, "next-event") == "On the usual terms."


async def test_how_much_there_is_is_answered_from_the_open_round(bot: TestBot) -> None:
    assert "£60,000" in await read(bot, "funding-amounts")
    await add_round(bot, maximum_pence=2_500_000, pot_pence=7_500_000)
    told = await read(bot, "funding-amounts")
    assert "£25,000" in told
    assert "£60,000" not in told


async def test_open_rounds_are_never_stale(bot: TestBot) -> None:
    await tell(bot, "{open_rounds|None.}")
    number = await add_round(bot, opens_at=NOW + timedelta(days=1))
    assert await read(bot, "next-event") == "None."
    await change_round(bot, number, opens_at=NOW)
    assert await read(bot, "next-event") == (
        "- Policy Labs 2027 closes on Tuesday 16 March 2027, 23:59 (UK time)."
    )
    await change_round(bot, number, decided_at=NOW)
    assert await read(bot, "next-event") == "None."


async def test_ones_own_groups_are_never_stale(bot: TestBot) -> None:
    await tell(bot, "{my_groups|None.}")
    assert await read(bot, "next-event") == "None."
    group = await add_group(bot, "Bee keepers")
    async with bot.database.write() as session:
        ann = await members.by_identity(session, "test", "ann")
        assert ann is not None
        await admit(session, [Admission(group.id, ann[0].id, None)], How.OWN, NOW)
    assert await read(bot, "next-event") == "You are in Bee keepers."
    async with bot.database.write() as session:
        (await session.get_one(Group, group.id)).name = "Bees"
    assert await read(bot, "next-event") == "You are in Bees."
    async with bot.database.write() as session:
        held = await of_pair(session, group.id, ann[0].id)
        assert held is not None
        held.end(MembershipState.LEFT, NOW)
    assert await read(bot, "next-event") == "None."


async def test_the_number_of_members_is_never_stale(bot: TestBot) -> None:
    await tell(bot, "{member_counts}")
    async with bot.database.write() as session:
        await choices.put(session, choices.MEMBER_LIST_COMPLETE, "yes", now=NOW)
    before = await read(bot, "next-event")
    async with bot.database.write() as session:
        one = (
            await session.scalars(select(Organisation).where(Organisation.category == Category.FULL).limit(1))
        ).one()
        one.category = Category.SUPPORTER
    after = await read(bot, "next-event")
    counted = [[int(number) for number in re.findall(r"\d+", said)] for said in (before, after)]
    assert [new - old for old, new in zip(*counted, strict=True)] == [-1, 0, 0, 1]


def test_a_slot_has_a_test_that_it_is_never_stale() -> None:
    """In this file or beside the conversation; a new slot brings its own."""
    tested = {
        "member_counts", "regional_leads", "my_groups", "open_rounds", "funding_dates", "funding_amounts",
        "next_events",
    }  # fmt: skip
    assert set(faq_slots.SLOTS) == tested


async def tell(bot: TestBot, answer: str) -> None:
    """What the answer about events says from now on."""
    bot.clock.advance(seconds=1)
    async with bot.database.write() as session:
        entry = await session.get_one(FaqEntry, "next-event")
        entry.answer, entry.updated_at = answer, bot.clock()


async def add_round(bot: TestBot, **fields: object) -> int:
    values: dict[str, object] = {
        "slug": "labs", "name": "Policy Labs 2027", "kind": "Policy Lab", "description": "", "opens_at": NOW,
        "closes_at": datetime(2027, 3, 16, 23, 59, tzinfo=UTC), "lead_categories": [], "partners": 3,
        "links": [], "contact": "", "created_at": NOW, "announced_at": NOW,
    }  # fmt: skip
    async with bot.database.write() as session:
        one = FundingRound(**{**values, **fields})
        session.add(one)
        await session.flush()
        return one.id


async def change_round(bot: TestBot, number: int, **fields: object) -> None:
    async with bot.database.write() as session:
        one = await rounds.by_id(session, number)
        for name, value in fields.items():
            setattr(one, name, value)
