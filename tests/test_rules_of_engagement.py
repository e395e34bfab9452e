"""The rules of engagement are shown once, accepted with their words, and changed with a preview."""

from __future__ import annotations

import pytest

from handlers.kit.messages import Message
from handlers.kit.replies import Outcome
from handlers.kit.updates import Joined, Place, PlaceKind, RawAnswers
from handlers.rules_of_engagement import AcceptRules, EditRules, PublishRules
from scheduled import rules_of_engagement as scheduled_rules
from store import rules_of_engagement
from store.roles import Role
from tests.bot import TestBot, form_of, message_of
from tests.network import (
    EVERYONE,
    accept_rules,
    add_group,
    add_person,
    names_of_groups,
    publish_rules,
    state_of,
)

WORKSPACE = Place("test", PlaceKind.WORKSPACE, "W1")


async def tick(bot: TestBot) -> None:
    await scheduled_rules.job(bot.database, bot.clock, bot.surroundings)()
    await bot.deliver()


def cards_of(bot: TestBot, external_id: str) -> list[Message]:
    return [one for one in bot.platform.said_to(external_id) if one.heading == "Rules of engagement"]


def labels(message: Message) -> list[str]:
    return [button.label for button in message.buttons]


async def test_who_joins_is_shown_the_rules_once(bot: TestBot) -> None:
    await publish_rules(bot)
    ann = await add_person(bot, "ann")
    group = await add_group(bot, "Debate", rule=EVERYONE, requires_rules=True)
    for _time in range(2):
        await bot.handle("ann", Joined(WORKSPACE), place=WORKSPACE)
    assert len(cards_of(bot, "ann")) == 1
    assert labels(cards_of(bot, "ann")[0]) == ["Accept"]
    assert await state_of(bot, group, ann) is None


async def test_accepting_is_recorded_with_its_words_and_lets_people_in(bot: TestBot) -> None:
    version = await publish_rules(bot, text="- Be kind.")
    ann = await add_person(bot, "ann")
    await add_group(bot, "Debate", rule=EVERYONE, requires_rules=True)
    await bot.handle("ann", Joined(WORKSPACE), place=WORKSPACE)
    said = message_of(await bot.press("ann", AcceptRules(version=version.version)))
    assert "Debate" in said.text
    # Only the profile says which other groups are theirs.
    assert "Tell me what you do and what interests you" in said.text
    assert labels(said) == ["Fill in my profile", "See all groups"]
    assert await names_of_groups(bot, ann) == ["Debate"]
    async with bot.database.read() as session:
        held = await rules_of_engagement.accepted(session, ann.id, version.version)
    assert held is not None
    assert (held.language, held.text, held.platform, held.accepted_at) == (
        "en", "- Be kind.", "test", bot.clock(),
    )  # fmt: skip
    bot.clock.advance(seconds=6)
    await bot.deliver()
    _reference, edited = bot.platform.edits[-1]
    assert labels(edited) == []
    assert "You accepted" in edited.small_print[0]


async def test_accepting_twice_or_something_old_changes_nothing(bot: TestBot) -> None:
    first = await publish_rules(bot)
    await add_person(bot, "ann")
    await bot.press("ann", AcceptRules(version=first.version))
    again = message_of(await bot.press("ann", AcceptRules(version=first.version)))
    assert again.text.startswith("You accepted these rules on Saturday 21 November 2026")
    second = await publish_rules(bot, grace_days=0, text="Be kinder.")
    asked = message_of(await bot.press("ann", AcceptRules(version=first.version)))
    assert "have changed" in asked.text
    assert "Be kinder." in asked.text
    async with bot.database.read() as session:
        assert await rules_of_engagement.latest_accepted(session, 1) == first.version
    assert second.version > first.version


async def test_a_welsh_reader_accepts_the_welsh_words(bot: TestBot) -> None:
    async with bot.database.write() as session:
        version = await rules_of_engagement.write(
            session, {"en": "Be kind.", "cy": "Byddwch yn garedig."}, grace_days=1, author_id=None,
            now=bot.clock(),
        )  # fmt: skip
        version.published_at = bot.clock()
    megan = await add_person(bot, "megan", locale="cy")
    assert "Byddwch" in message_of(await bot.command("megan", "ccin", "rules")).text
    await bot.press("megan", AcceptRules(version=version.version))
    async with bot.database.read() as session:
        held = await rules_of_engagement.accepted(session, megan.id, version.version)
    assert held is not None
    assert (held.language, held.text) == ("cy", "Byddwch yn garedig.")


async def test_a_new_version_asks_once_and_reminds_once(bot: TestBot) -> None:
    first = await publish_rules(bot)
    ann = await add_person(bot, "ann")
    bob = await add_person(bot, "bob")
    await add_person(bot, "cat")
    for member in (ann, bob):
        await accept_rules(bot, member, first.version)
    await tick(bot)
    assert cards_of(bot, "ann") == []
    second = await publish_rules(bot, grace_days=10, text="Be kinder.")
    await tick(bot)
    await tick(bot)
    assert len(cards_of(bot, "ann")) == 1
    assert "Tuesday 1 December 2026" in cards_of(bot, "ann")[0].small_print[0]
    await bot.press("bob", AcceptRules(version=second.version))
    for _day in range(12):
        bot.clock.advance(days=1)
        await tick(bot)
    assert len(cards_of(bot, "ann")) == 2
    # Who accepted is not reminded; who had never accepted anything is not asked out of the blue.
    assert len(cards_of(bot, "bob")) == 1
    assert cards_of(bot, "cat") == []


async def test_the_rules_can_be_read_at_any_time(bot: TestBot) -> None:
    await add_person(bot, "ann")
    assert "no rules" in message_of(await bot.command("ann", "ccin", "rules")).text
    version = await publish_rules(bot)
    assert labels(message_of(await bot.command("ann", "ccin", "rules"))) == ["Accept"]
    await bot.press("ann", AcceptRules(version=version.version))
    shown = message_of(await bot.command("ann", "ccin", "rules"))
    assert shown.text == "Be kind."
    assert labels(shown) == []


async def test_an_administrator_changes_the_rules_after_a_preview(bot: TestBot) -> None:
    first = await publish_rules(bot)
    await add_person(bot, "ada", Role.ADMINISTRATOR)
    assert "Change the rules" in labels(message_of(await bot.command("ada", "ccin", "rules")))
    view = form_of(await bot.press("ada", EditRules()))
    assert view.answers["text"] == "Be kind."
    same = form_of(await bot.submit("ada", view, {"text": "Be kind.", "text_cy": "", "grace_days": "7"}))
    assert "in force already" in same.problems["text"]
    answers: RawAnswers = {"text": "Be kinder.", "text_cy": "Byddwch yn garedig.", "grace_days": "7"}
    shown = message_of(await bot.submit("ada", view, answers))
    assert "Be kinder." in shown.text
    async with bot.database.read() as session:
        in_force = await rules_of_engagement.current(session)
    assert in_force is not None
    assert in_force.version == first.version
    again = form_of(await bot.press("ada", EditRules(version=first.version + 1)))
    assert again.answers["text_cy"] == "Byddwch yn garedig."
    said = message_of(await bot.press("ada", PublishRules(version=first.version + 1)))
    assert "in force" in said.text
    second_press = message_of(await bot.press("ada", PublishRules(version=first.version + 1)))
    assert "already" in second_press.text
    async with bot.database.read() as session:
        in_force = await rules_of_engagement.current(session)
    assert in_force is not None
    assert (in_force.version, in_force.grace_days) == (first.version + 1, 7)


async def test_an_older_preview_cannot_replace_newer_rules(bot: TestBot) -> None:
    await add_person(bot, "ada", Role.ADMINISTRATOR)
    async with bot.database.write() as session:
        preview = await rules_of_engagement.write(
            session, {"en": "Old."}, grace_days=1, author_id=None, now=bot.clock()
        )
    await publish_rules(bot)
    handled = await bot.press("ada", PublishRules(version=preview.version))
    assert handled.outcome is Outcome.REFUSED


@pytest.mark.parametrize("action", [EditRules(), PublishRules(version=1)])
async def test_a_member_cannot_change_the_rules(bot: TestBot, action: EditRules | PublishRules) -> None:
    await publish_rules(bot)
    await add_person(bot, "ann")
    assert (await bot.press("ann", action)).outcome is Outcome.REFUSED
