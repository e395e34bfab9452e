"""Somebody of a newcomer's region is asked to say hello, and one of them does."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from handlers.greetings import SayHello, WriteHello
from handlers.kit.replies import Outcome
from handlers.kit.updates import Joined, Place, PlaceKind, Profile
from scheduled import greetings as greetings_job
from store import appointments, groups, seed
from store.appointments import Office
from store.database import Database
from store.groups import GroupKind
from store.members import Member
from store.organisations import MailDomain, Organisation
from tests.bot import ROOT, TestBot, TestClock, form_of, message_of

WORKSPACE = Place("test", PlaceKind.WORKSPACE, "T1")
ANN = Profile(name="Ann", email="ann@oldham.example.org", email_verified=True)


@pytest.fixture
async def bot(database: Database, clock: TestClock) -> TestBot:
    """Lee and Lou lead the group of the North; Bob is a member there."""
    async with database.write() as session:
        await seed.texts(session, ROOT / "data", clock())
        oldham = Organisation(name="Oldham Council", category="full", kind="council", region="north")
        session.add(oldham)
        await session.flush()
        session.add(MailDomain(organisation_id=oldham.id, domain="oldham.example.org"))
    bot = TestBot(database, clock)
    lee = await bot.add_member("lee", name="Lee", organisation_id=oldham.id)
    lou = await bot.add_member("lou", name="Lou", organisation_id=oldham.id)
    await bot.add_member("bob", name="Bob", organisation_id=oldham.id)
    async with database.write() as session:
        north = await groups.add(
            session, slug="north", name="North", purpose="x", kind=GroupKind.REGIONAL, now=clock(),
            rule={"region": ["north"]},
        )  # fmt: skip
        for lead in (lee, lou):
            await groups.make_lead(session, north.id, lead.id, now=clock())
    return bot


async def join(bot: TestBot) -> Member:
    await bot.handle("ann", Joined(WORKSPACE, ANN), place=WORKSPACE)
    async with bot.database.read() as session:
        return (await session.scalars(select(Member).where(Member.name == "Ann"))).one()


async def test_the_leads_of_the_region_are_asked_and_one_takes_it(bot: TestBot) -> None:
    ann = await join(bot)
    for lead in ("lee", "lou"):
        card = bot.platform.said_to(lead)[-1]
        assert card.text == "Somebody new in your region: Ann, Oldham Council. Will you say hello?"
    taken = message_of(await bot.press("lee", SayHello(member_id=ann.id)))
    assert taken.text.startswith("Thank you. I have told Ann that you will say hello.")
    assert bot.platform.said_to("ann")[-1].text == "Somebody of your region will say hello to you: Lee."
    late = message_of(await bot.press("lou", SayHello(member_id=ann.id)))
    assert late.text == "Somebody else was quicker and says hello. Thank you all the same."
    bot.clock.advance(seconds=10)
    await bot.deliver()
    assert {message.text for _where, message in bot.platform.edits} == {"Lee says hello to Ann."}


async def test_of_two_who_press_at_once_one_wins(bot: TestBot) -> None:
    ann = await join(bot)
    both = await asyncio.gather(*(bot.press(lead, SayHello(member_id=ann.id)) for lead in ("lee", "lou")))
    told = sorted(message_of(handled).text[:20] for handled in both)
    assert told == ["Somebody else was qu", "Thank you. I have to"]


async def test_the_regional_lead_alone_is_asked_where_there_is_one(bot: TestBot) -> None:
    async with bot.database.write() as session:
        bob = (await session.scalars(select(Member).where(Member.name == "Bob"))).one()
        await appointments.appoint(
            session, Office.REGIONAL_LEAD, "north", bob.id, from_on=bot.clock().date(), until_on=None,
            now=bot.clock(),
        )  # fmt: skip
    await join(bot)
    assert len(bot.platform.said_to("bob")) == 1
    assert bot.platform.said_to("lee") == bot.platform.said_to("lou") == []


async def test_the_bot_passes_a_hello_on(bot: TestBot) -> None:
    ann = await join(bot)
    await bot.press("lee", SayHello(member_id=ann.id))
    view = form_of(await bot.press("lee", WriteHello(member_id=ann.id)))
    handled = await bot.submit("lee", view, {"hello": "Welcome! Shall we talk on Tuesday?"})
    assert message_of(handled).text == "I have passed it on to Ann."
    hello = bot.platform.said_to("ann")[-1]
    assert (hello.text, hello.quote) == ("A hello from Lee:", "Welcome! Shall we talk on Tuesday?")


async def test_nobody_takes_or_writes_a_hello_that_is_not_theirs(bot: TestBot) -> None:
    ann = await join(bot)
    assert (await bot.press("bob", SayHello(member_id=ann.id))).outcome is Outcome.REFUSED
    await bot.press("lee", SayHello(member_id=ann.id))
    for who in ("bob", "lou"):
        assert (await bot.press(who, WriteHello(member_id=ann.id))).outcome is Outcome.REFUSED
    assert (await bot.press("bob", SayHello(member_id=10**12))).outcome is Outcome.REFUSED


@pytest.mark.parametrize("gone", [False, True])
async def test_cards_close_when_it_is_too_late_or_the_newcomer_is_gone(bot: TestBot, gone: bool) -> None:
    ann = await join(bot)
    job = greetings_job.job(bot.database, bot.clock, bot.surroundings)
    await job()
    if gone:
        async with bot.database.write() as session:
            member = await session.get(Member, ann.id)
            assert member is not None
            member.active = False
    else:
        bot.clock.advance(days=15)
    await job()
    await bot.deliver()
    closed = "A newcomer waited for a hello here. There is nothing left to do."
    assert [message.text for _where, message in bot.platform.edits] == [closed, closed]
    said = message_of(await bot.press("lee", SayHello(member_id=ann.id)))
    assert said.text == "There is nothing left to do here. Thank you all the same."
