"""Joining: who comes is greeted once."""

from __future__ import annotations

import pytest

from handlers.kit.router import RunCommand
from handlers.kit.updates import Joined, Place, PlaceKind, Profile
from store.database import Database
from store.roles import Role
from tests.bot import TestBot, TestClock, message_of
from tests.newcomers import ANN, OLIVE, change, greeting_bot, join, member_of, organisation_of, roles_of


@pytest.fixture
async def bot(database: Database, clock: TestClock) -> TestBot:
    return await greeting_bot(database, clock)


async def test_a_newcomer_is_greeted_by_name_and_organisation_and_shown_the_next_steps(bot: TestBot) -> None:
    handled = await join(bot, "ann", ANN)
    said = message_of(handled)
    assert said.heading == "Welcome to CCIN"
    assert said.text.startswith("Hello Ann Archer, and welcome to the Co-operative Councils'")
    assert "You are here for Oldham Council." in said.text
    assert "{" not in said.text
    assert bot.platform.delivered == [(Place("test", PlaceKind.DIRECT, "ann"), said)]
    steps = [RunCommand.model_validate(button.action.data) for button in said.buttons if button.action]
    assert {step.command for step in steps} <= bot.router.commands.keys()
    assert (steps[0].command, steps[-1].command) == ("ask", "ccin")


async def test_what_the_bot_does_is_told_in_four_sentences(bot: TestBot) -> None:
    paragraph = message_of(await join(bot, "ann", ANN)).text.split("\n\n")[1]
    assert paragraph.count(".") == 4


async def test_a_welsh_speaker_is_greeted_in_welsh(bot: TestBot) -> None:
    said = message_of(await join(bot, "megan", Profile(name="Megan", locale="cy-GB")))
    assert said.text.startswith("Helo Megan, a chroeso")
    assert (await member_of(bot, "megan")).locale == "cy"


async def test_whoever_comes_back_is_not_greeted_again(bot: TestBot) -> None:
    await join(bot, "ann", ANN)
    await change(bot, "ann", Profile(name="Ann Archer", email=ANN.email, active=False))
    assert (await member_of(bot, "ann")).active is False
    handled = await join(bot, "ann", ANN)
    assert handled.reply is None
    member = await member_of(bot, "ann")
    assert (member.active, await organisation_of(bot, "ann")) == (True, "Oldham Council")
    assert len(bot.platform.delivered) == 1


async def test_the_first_installation_greets_and_asks_nobody(bot: TestBot) -> None:
    shared = Profile(name="Sam", email="sam@shared.example.org", email_verified=True)
    for who, profile in (("ann", ANN), ("sam", shared), ("olive", OLIVE)):
        await change(bot, who, profile, known=True)
    assert bot.platform.delivered == []
    assert await organisation_of(bot, "ann") == "Oldham Council"
    assert await roles_of(bot, "olive") == {Role.OWNER}
    assert (await join(bot, "ann", ANN)).reply is None


async def test_whoever_speaks_first_gets_an_answer_and_no_greeting(bot: TestBot) -> None:
    await bot.command("ann", "ccin")
    await change(bot, "ann", ANN)
    assert (await join(bot, "ann", ANN)).reply is None
    assert len(bot.platform.delivered) == 1
    assert await organisation_of(bot, "ann") == "Oldham Council"


async def test_news_of_a_profile_that_overtakes_the_joining_leaves_the_greeting_due(bot: TestBot) -> None:
    await change(bot, "ann", ANN)
    assert message_of(await join(bot, "ann", ANN)).heading == "Welcome to CCIN"


@pytest.mark.parametrize(
    "place", [Place("test", PlaceKind.CHANNEL, "C1"), Place("test", PlaceKind.CHANNEL, "C2", thread="1")]
)
async def test_joining_a_channel_greets_nobody(bot: TestBot, place: Place) -> None:
    assert (await bot.handle("ann", Joined(place, ANN), place=place)).reply is None
