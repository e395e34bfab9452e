"""Administrators appoint regional leads and Cabinet champions, and everybody sees who they are."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from handlers.appointment_form import Appoint, EndAppointment
from handlers.appointments import ShowPast
from handlers.kit.messages import Message
from handlers.kit.replies import Handled, Outcome
from handlers.kit.updates import Press, RawAnswer, RawAnswers
from store import audit
from store.appointments import Appointment
from store.database import Database
from store.members import Member
from store.organisations import Organisation
from store.roles import Role
from tests.bot import TestBot, TestClock, form_of, message_of


@pytest.fixture
async def bot(database: Database, clock: TestClock) -> TestBot:
    """Ada administers; Ann and Bob are of Oldham, Meg of nowhere."""
    async with database.write() as session:
        oldham = Organisation(name="Oldham Council", category="full", kind="council", region="north")
        session.add_all([oldham, Organisation(name="Cardiff Council", category="full", kind="council")])
    bot = TestBot(database, clock)
    await bot.add_member("ada", Role.ADMINISTRATOR, name="Ada")
    await bot.add_member("ann", name="Ann", organisation_id=oldham.id)
    await bot.add_member("bob", name="Bob", organisation_id=oldham.id)
    await bot.add_member("meg", name="Meg")
    return bot


async def ids(bot: TestBot) -> dict[str, str]:
    async with bot.database.read() as session:
        return {member.name: str(member.id) for member in await session.scalars(select(Member))}


async def appoint(bot: TestBot, name: str, office: str = "regional_lead", **answers: RawAnswer) -> Handled:
    opened = await bot.press("ada", Appoint())
    if isinstance(opened.reply, Message):
        # What was refused before was kept: go on with it.
        payload = opened.reply.buttons[0].action
        assert payload is not None
        opened = await bot.handle("ada", Press(payload.name, payload.data))
    view = form_of(opened)
    right: RawAnswers = {
        "member": (await ids(bot))[name],
        "office": office,
        "region": "north",
        "organisation": "",
        "from_on": "2026-11-21",
        "until_on": "",
    }
    handled = await bot.submit("ada", view, right | answers)
    if getattr(handled.reply, "checking", False):
        handled = await bot.submit("ada", form_of(handled), {})
    return handled


async def leads(bot: TestBot, who: str = "ann", query: str = "") -> dict[str, str]:
    said = message_of(await bot.command(who, "ccin", f"leads {query}".strip()))
    return {item.title: item.text for item in said.items}


async def test_a_region_has_a_lead_whom_everybody_sees_and_who_is_told(bot: TestBot) -> None:
    assert "is appointed" in message_of(await appoint(bot, "Meg")).text
    listed = await leads(bot)
    assert listed["Regional lead: the North of England"] == "Meg · from Saturday 21 November 2026"
    assert listed["Regional lead: the South of England"] == "Nobody at the moment."
    assert listed["Cabinet champion: Oldham Council"] == "Nobody at the moment."
    assert bot.platform.said_to("meg")[-1].text.startswith("You are appointed regional lead for ")
    async with bot.database.read() as session:
        record = (await audit.recent(session, limit=1))[0]
    assert (record.act, record.subject) == ("appointment.make", "appointment")


async def test_a_council_has_one_champion_who_belongs_to_it(bot: TestBot) -> None:
    refused = form_of(await appoint(bot, "Meg", "cabinet_champion"))
    assert refused.problems == {"organisation": "Choose the council that they speak for."}
    async with bot.database.read() as session:
        cardiff = await session.scalar(select(Organisation.id).where(Organisation.name == "Cardiff Council"))
    elsewhere = form_of(await appoint(bot, "Ann", "cabinet_champion", organisation=str(cardiff)))
    assert elsewhere.problems["member"].endswith("belong to Cardiff Council.")
    assert "Oldham Council" in message_of(await appoint(bot, "Ann", "cabinet_champion")).text
    second = form_of(await appoint(bot, "Bob", "cabinet_champion"))
    assert second.problems["from_on"].startswith("Ann holds this office then")
    assert second.answers["from_on"] == "2026-11-21"
    assert (await leads(bot, "meg", "oldham"))["Cabinet champion: Oldham Council"].startswith("Ann")


async def test_an_appointment_ends_on_a_day_and_stays_on_record(bot: TestBot) -> None:
    await appoint(bot, "Meg")
    async with bot.database.read() as session:
        held = (await session.scalars(select(Appointment))).one()
    view = form_of(await bot.press("ada", EndAppointment(appointment_id=held.id)))
    early = form_of(await bot.submit("ada", view, {"until_on": "2026-11-20"}))
    assert "cannot be before the first" in early.problems["until_on"]
    done = await bot.submit("ada", view, {"until_on": "2026-11-22"})
    assert message_of(done).text == "Saved. The last day is Sunday 22 November 2026."
    bot.clock.advance(days=2)
    assert (await leads(bot))["Regional lead: the North of England"] == "Nobody at the moment."
    past = message_of(await bot.press("ada", ShowPast()))
    assert past.items[0].text == "Meg · from Saturday 21 November 2026 until Sunday 22 November 2026"
    assert "is appointed" in message_of(await appoint(bot, "Ann", from_on="2026-11-23")).text


async def test_somebody_who_is_no_longer_active_speaks_for_nobody(bot: TestBot) -> None:
    await appoint(bot, "Meg")
    async with bot.database.write() as session:
        meg = (await session.scalars(select(Member).where(Member.name == "Meg"))).one()
        meg.active = False
    assert (await leads(bot))["Regional lead: the North of England"] == "Nobody at the moment."


async def test_a_member_cannot_forge_an_appointment(bot: TestBot) -> None:
    await appoint(bot, "Meg")
    async with bot.database.read() as session:
        held = (await session.scalars(select(Appointment))).one()
    for action in (Appoint(), ShowPast(), EndAppointment(appointment_id=held.id)):
        assert (await bot.press("ann", action)).outcome is Outcome.REFUSED
    said = message_of(await bot.command("ann", "ccin", "leads"))
    assert said.buttons == ()
    assert all(not item.buttons for item in said.items)
    missing = message_of(await bot.press("ada", EndAppointment(appointment_id=10**12)))
    assert missing.text == "There is no such appointment. Nothing was changed."
    async with bot.database.read() as session:
        assert (await session.scalars(select(Appointment))).one().until_on is None
