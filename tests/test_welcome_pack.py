"""The welcome pack opens at any time, with the people who help today."""

from __future__ import annotations

from datetime import date

from store import appointments, seed
from store.appointments import Office
from store.organisations import Organisation
from tests.bot import ROOT, TestBot, message_of


async def test_the_pack_says_what_there_is_and_who_helps_today(bot: TestBot) -> None:
    async with bot.database.write() as session:
        await seed.texts(session, ROOT / "data", bot.clock())
        oldham = Organisation(name="Oldham Council", category="full", kind="council", region="north")
        session.add(oldham)
    await bot.add_member("ann", name="Ann", organisation_id=oldham.id)
    bob = await bot.add_member("bob", name="Bob", organisation_id=oldham.id)
    pack = message_of(await bot.command("ann", "ccin", "welcome"))
    assert [item.title for item in pack.items] == [
        "What membership brings", "Being a co-operative council: training", "Template council motions",
        "Key contacts",
    ]  # fmt: skip
    assert {fact.label: fact.value for fact in pack.facts} == {
        "Regional lead for the North of England": "Nobody at the moment",
        "Anything else": "hello@councils.coop",
    }
    async with bot.database.write() as session:
        for office, scope in (
            (Office.REGIONAL_LEAD, "north"), (Office.CABINET_CHAMPION, str(oldham.id)),
        ):  # fmt: skip
            await appointments.appoint(
                session, office, scope, bob.id, from_on=date(2026, 1, 1), until_on=None, now=bot.clock()
            )
    pack = message_of(await bot.command("ann", "ccin", "welcome"))
    assert [fact.value for fact in pack.facts] == ["Bob", "Bob", "hello@councils.coop"]


async def test_an_empty_pack_still_names_whom_to_ask(bot: TestBot) -> None:
    await bot.add_member("ann", name="Ann")
    pack = message_of(await bot.command("ann", "ccin", "welcome"))
    assert pack.text == "The welcome pack is being written. These people help you meanwhile."
    assert [fact.value for fact in pack.facts] == ["hello@councils.coop"]
