"""Administrators read and change what the bot says."""

from __future__ import annotations

import tomllib

import pytest
from sqlalchemy import select

from handlers.kit.replies import Outcome
from handlers.kit.updates import Joined, Place, PlaceKind, Profile
from handlers.kit.words import LOCALES
from handlers.texts import _PLACEHOLDER, TEXTS, EditText, TryText, fill
from store import seed, texts
from store.audit import AuditRecord
from store.database import Database
from store.roles import Role
from tests.bot import ROOT, TestBot, TestClock, form_of, message_of


@pytest.fixture
async def bot(database: Database, clock: TestClock) -> TestBot:
    async with database.write() as session:
        await seed.texts(session, ROOT / "data", clock())
    bot = TestBot(database, clock)
    await bot.add_member("ada", Role.ADMINISTRATOR, name="Ada")
    return bot


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("Hello {name}.\nYou are here for {place}.\nBye.", "Hello Ann.\nBye."),
        ("{place}", ""),
        ("Braces { stay }, {} and {other} too.", "Braces { stay }, {} and {other} too."),
        ("One.\n\n{place}\n\nTwo.", "One.\n\nTwo."),
    ],
)
def test_a_line_with_nothing_to_put_in_is_left_out(body: str, said: str) -> None:
    assert fill(body, {"name": "Ann", "place": ""}) == said


def test_a_name_is_never_read_as_a_placeholder() -> None:
    assert fill("Hello {name}.", {"name": "{organisation}", "organisation": "x"}) == "Hello {organisation}."


def test_the_texts_of_the_files_are_the_ones_that_are_used() -> None:
    held = tomllib.loads((ROOT / "data" / "texts.toml").read_text(encoding="utf-8"))
    assert held.keys() == TEXTS.keys()
    for name, bodies in held.items():
        assert bodies.keys() == LOCALES.keys()
        for body in bodies.values():
            assert set(_PLACEHOLDER.findall(body)) <= set(TEXTS[name].placeholders)


async def test_an_administrator_changes_a_text_and_sees_how_it_reads(bot: TestBot) -> None:
    listed = message_of(await bot.command("ada", "ccin", "texts"))
    assert [item.title for item in listed.items][:2] == ["Welcome", "What membership brings"]
    view = form_of(await bot.press("ada", EditText(text="welcome")))
    assert str(view.answers["cy"]).startswith("Helo {name}")
    saved = await bot.submit("ada", view, {"en": "Good day, {name} of {organisation}.", "cy": ""})
    assert [(item.title, item.text) for item in message_of(saved).items] == [
        ("English", "Good day, Ada of Example Council.")
    ]
    async with bot.database.read() as session:
        assert (await texts.bodies(session, "welcome")) == {"en": "Good day, {name} of {organisation}."}
        record = (await session.scalars(select(AuditRecord))).one()
    assert (record.act, record.subject_id, record.fields) == ("text.edit", "welcome", ["cy", "en"])
    place = Place("test", PlaceKind.WORKSPACE, "T1")
    async with bot.database.write() as session:
        await texts.put(session, "welcome", "en", "Good day, {name}.", now=bot.clock())
    greeted = await bot.handle("megan", Joined(place, Profile(name="Megan", locale="cy")), place=place)
    assert message_of(greeted).text.startswith("Good day, Megan.")


async def test_an_unknown_placeholder_is_told_beside_its_field(bot: TestBot) -> None:
    view = form_of(await bot.press("ada", EditText(text="welcome")))
    wrong = form_of(await bot.submit("ada", view, {"en": "Hello {name}", "cy": "Helo {enw}"}))
    assert wrong.problems == {
        "cy": "There is no placeholder {enw}. You may use {name}, {organisation} and {network}."
    }
    assert wrong.answers["cy"] == "Helo {enw}"


async def test_saving_a_text_as_it_was_records_nothing(bot: TestBot) -> None:
    view = form_of(await bot.press("ada", EditText(text="welcome")))
    said = message_of(await bot.submit("ada", view, view.answers))
    assert said.text.startswith("Nothing was changed")
    async with bot.database.read() as session:
        assert (await session.scalars(select(AuditRecord))).all() == []


async def test_only_administrators_change_texts_that_exist(bot: TestBot) -> None:
    await bot.add_member("ann", Role.REVIEWER)
    refused = [
        await bot.command("ann", "ccin", "texts"),
        await bot.press("ann", EditText(text="welcome")),
        await bot.press("ada", EditText(text="nonsense")),
    ]
    assert {handled.outcome for handled in refused} == {Outcome.REFUSED}


async def test_an_administrator_gets_a_text_as_people_get_it(bot: TestBot) -> None:
    await bot.press("ada", TryText(text="pack_benefits"))
    said = next(message for message in bot.platform.said_to("ada") if message.heading)
    assert (said.heading, said.text[:36]) == (
        "What membership brings",
        "Membership brings your council the l",
    )
    await bot.add_member("ann")
    assert (await bot.press("ann", TryText(text="welcome"))).outcome is Outcome.REFUSED
