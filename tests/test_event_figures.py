"""Figures of events: who is counted where, once, and never for longer than they are here."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import update

from handlers.event_actions import AnswerEvent, CancelEvent
from handlers.event_figures import as_csv
from store import attendance, event_figures, members
from store.attendance import How
from store.event_figures import By, Counts, Figures
from store.events import Event
from store.members import Member
from store.memberships import Admission, Membership, admit
from store.memberships import How as Joined
from store.organisations import Organisation
from store.replies import EventReply
from tests.bot import TestBot
from tests.network import add_group, add_organisation, add_person
from tests.test_events import fill, make, network, say


async def figures(bot: TestBot, by: By, event: Event | None = None) -> list[Figures]:
    async with bot.database.read() as session:
        if event is not None:
            return await event_figures.of_event(session, event.id, by)
        now = bot.clock()
        return await event_figures.of_period(session, now, now + timedelta(days=365), by)


async def total(bot: TestBot, event: Event) -> Counts:
    return sum((one.counts for one in await figures(bot, By.EVENT, event)), Counts())


async def note(bot: TestBot, event: Event, *who: str) -> None:
    async with bot.database.write() as session:
        found = [await members.by_identity(session, "test", one) for one in who]
        ids = [one[0].id for one in found if one]
        await attendance.note(session, event.id, ids, How.ORGANISER, bot.clock())


async def peopled(bot: TestBot) -> Event:
    """Ada, Ann, Bob and Cat of no organisation; Olga and Oli of Oldham in the north."""
    await network(bot)
    oldham = await add_organisation(bot, "Oldham Council")
    async with bot.database.write() as session:
        (await session.get_one(Organisation, oldham.id)).region = "north"
    for who in ("olga", "oli"):
        await add_person(bot, who, organisation=oldham)
    event = await make(bot, asks_guests="yes")
    for who, answer in (("ann", "going"), ("bob", "cannot"), ("olga", "online"), ("oli", "maybe")):
        await bot.press(who, AnswerEvent(event_id=event.id, answer=answer))
    async with bot.database.write() as session:
        await session.execute(update(EventReply).where(EventReply.answer == "going").values(guests=2))
    await note(bot, event, "ann", "cat", "olga")
    return event


async def test_everybody_is_counted_once_where_they_belong(bot: TestBot) -> None:
    event = await peopled(bot)
    everything = await total(bot, event)
    assert everything == Counts(invited=6, going=1, online=1, maybe=1, cannot=1, came=3, guests=2)
    assert everything.answered == 4
    by_organisation = {one.organisation: one.counts for one in await figures(bot, By.ORGANISATION, event)}
    assert by_organisation == {
        "": Counts(invited=4, going=1, cannot=1, came=2, guests=2),
        "Oldham Council": Counts(invited=2, online=1, maybe=1, came=1),
    }
    assert {one.region: one.counts.invited for one in await figures(bot, By.REGION, event)} == {
        "": 4, "north": 2,
    }  # fmt: skip
    second = await make(bot, title="Another")
    await say(bot, "olga", second, "going")
    over_time = {one.organisation: one.counts for one in await figures(bot, By.ORGANISATION)}
    assert over_time["Oldham Council"] == Counts(invited=4, going=1, online=1, maybe=1, came=1)
    assert [one.title for one in await figures(bot, By.EVENT)] == ["Annual conference", "Another"]


async def test_whoever_is_deactivated_is_in_no_figure(bot: TestBot) -> None:
    event = await peopled(bot)
    async with bot.database.write() as session:
        await session.execute(update(Member).where(Member.name.in_(["Olga", "Ann"])).values(active=False))
    assert await total(bot, event) == Counts(invited=4, maybe=1, cannot=1, came=1)


async def test_invited_are_those_to_whom_it_was_open_when_it_began(bot: TestBot) -> None:
    await network(bot)
    group = await add_group(bot, "Housing")
    full = await add_organisation(bot, "Oldham Council")
    inside = [await add_person(bot, who) for who in ("ina", "ivo")]
    late = await add_person(bot, "late")
    await add_person(bot, "olga", organisation=full)
    async with bot.database.write() as session:
        await admit(session, [Admission(group.id, one.id, "web") for one in inside], Joined.OWN, bot.clock())
    event = await make(bot, everyone="no", groups=[str(group.id)], categories=["full"])
    await note(bot, event, "cat")
    async with bot.database.write() as session:
        await admit(session, [Admission(group.id, late.id, "web")], Joined.OWN, bot.clock())
        await session.execute(
            update(Membership)
            .where(Membership.member_id == late.id)
            .values(since=event.starts_at + timedelta(days=1))
        )
    # Two of the group, one of the category, and one who came all the same.
    assert (await total(bot, event)).invited == 4
    everybody = await make(bot, title="For all")
    before = (await total(bot, everybody)).invited
    bot.clock.now = everybody.starts_at + timedelta(days=1)
    await add_person(bot, "newcomer")
    assert (await total(bot, everybody)).invited == before


async def test_drafts_and_what_was_called_off_are_not_counted(bot: TestBot) -> None:
    await network(bot)
    draft = await make(bot, announce=False)
    off = await make(bot, title="Off")
    await fill(bot, "ada", await bot.press("ada", CancelEvent(event_id=off.id)))
    assert await figures(bot, By.EVENT) == []
    assert await total(bot, draft) == Counts()


async def test_a_period_ends_before_its_end(bot: TestBot) -> None:
    await network(bot)
    event = await make(bot)
    async with bot.database.read() as session:
        for start, end, found in (
            (event.starts_at, event.starts_at + timedelta(seconds=1), 1),
            (event.starts_at - timedelta(days=1), event.starts_at, 0),
        ):
            assert len(await event_figures.of_period(session, start, end, By.EVENT)) == found


@pytest.mark.parametrize("title", ["=1+1", "@SUM(A1)", "-2"])
async def test_no_cell_of_the_file_acts(bot: TestBot, title: str) -> None:
    event = await peopled(bot)
    async with bot.database.write() as session:
        (await session.get_one(Event, event.id)).title = title
        await session.execute(update(Organisation).values(name=title))
    data = as_csv(await figures(bot, By.EVERYTHING))
    lines = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert {one["event"] for one in lines} == {f"'{title}"}
    assert {one["organisation"] for one in lines} == {"", f"'{title}"}
    assert [(one["starts_on"], one["invited"], one["came"]) for one in lines] == [
        ("2027-02-18", "4", "2"), ("2027-02-18", "2", "1"),
    ]  # fmt: skip
