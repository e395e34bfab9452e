"""An administrator says which organisation a person is here for."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from handlers.kit.replies import Outcome
from handlers.kit.updates import Changed, Profile
from store import members
from store.audit import AuditRecord
from store.database import Database
from store.members import Member
from store.organisations import MailDomain, Organisation
from store.roles import Role
from tests.bot import TestBot, TestClock, form_of, message_of

ANN = Profile(name="Ann", email="ann@oldham.example.org", email_verified=True)


@pytest.fixture
async def bot(database: Database, clock: TestClock) -> TestBot:
    async with database.write() as session:
        for name, domain in (("Oldham Council", "oldham.example.org"), ("Trust", "trust.example.org")):
            organisation = Organisation(name=name, category="full", kind="council", region="")
            session.add(organisation)
            await session.flush()
            session.add(MailDomain(organisation_id=organisation.id, domain=domain))
    bot = TestBot(database, clock)
    await bot.add_member("ada", Role.ADMINISTRATOR)
    await bot.add_member("ann")
    await bot.handle("ann", Changed(ANN))
    return bot


async def ann(bot: TestBot) -> tuple[Member, str | None]:
    async with bot.database.read() as session:
        found = await members.by_identity(session, "test", "ann")
        assert found is not None
        name = select(Organisation.name).where(Organisation.id == found[0].organisation_id)
        return found[0], await session.scalar(name)


async def organisation_id(bot: TestBot, name: str) -> str:
    async with bot.database.read() as session:
        return str(await session.scalar(select(Organisation.id).where(Organisation.name == name)))


async def test_an_administrators_word_stands_before_the_mail_domain(bot: TestBot) -> None:
    member, before = await ann(bot)
    assert before == "Oldham Council"
    trust = await organisation_id(bot, "Trust")
    view = form_of(await bot.command("ada", "ccin", "organisation"))
    said = message_of(await bot.submit("ada", view, {"member": str(member.id), "organisation": trust}))
    assert said.text == "Ann is here for Trust now."
    await bot.handle("ann", Changed(ANN))
    assert (await ann(bot))[1] == "Trust"
    told = [message.text for message in bot.platform.said_to("ann")]
    assert told == ["An administrator has noted that you are here for Trust."]
    async with bot.database.read() as session:
        record = (await session.scalars(select(AuditRecord))).one()
    assert (record.act, record.subject_id, record.fields) == (
        "members.place",
        str(member.id),
        ["organisation_id"],
    )


async def test_none_is_an_answer_that_stands_as_well(bot: TestBot) -> None:
    member, _before = await ann(bot)
    view = form_of(await bot.command("ada", "ccin", "organisation"))
    await bot.submit("ada", view, {"member": str(member.id), "organisation": ""})
    await bot.handle("ann", Changed(ANN))
    assert (await ann(bot))[1] is None


@pytest.mark.parametrize(
    ("member", "organisation", "field"), [("99", "1", "member"), ("2", "99", "organisation")]
)
async def test_who_or_what_is_not_there_is_told_beside_its_field(
    bot: TestBot, member: str, organisation: str, field: str
) -> None:
    view = form_of(await bot.command("ada", "ccin", "organisation"))
    wrong = form_of(await bot.submit("ada", view, {"member": member, "organisation": organisation}))
    assert set(wrong.problems) == {field}
    assert (await ann(bot))[1] == "Oldham Council"


async def test_nobody_else_places_people(bot: TestBot) -> None:
    assert (await bot.command("ann", "ccin", "organisation")).outcome is Outcome.REFUSED
