"""Members suggest groups, and administrators make them or say why not."""

from __future__ import annotations

from handlers.group_actions import (
    ApproveSuggestion,
    DeclineSuggestion,
)
from handlers.kit.updates import RawAnswers
from store import groups
from store.roles import Role
from tests.bot import TestBot, form_of, message_of
from tests.group_keepers import ada, group_named
from tests.network import (
    add_group,
    add_person,
    names_of_groups,
)

__all__ = ["ada"]


async def suggest(bot: TestBot, name: str = "Allotments") -> ApproveSuggestion:
    view = form_of(await bot.command("ann", "groups", f"suggest {name}"))
    assert view.answers["name"] == name
    answers: RawAnswers = {"name": name, "purpose": "Growing things.", "why": "Ten of us want it."}
    await bot.submit("ann", view, answers)
    return ApproveSuggestion(suggestion_id=1)


async def test_an_approved_suggestion_becomes_a_group_that_its_proposer_leads(ada: TestBot) -> None:
    ann = await add_person(ada, "ann")
    await add_person(ada, "olu", Role.OWNER)
    approve = await suggest(ada)
    card = ada.platform.said_to("olu")[-1]
    assert (card.quote, [one.label for one in card.buttons]) == ("Ten of us want it.", ["Approve", "Decline"])
    assert message_of(await ada.press("ada", approve)).heading == "Allotments"
    group = await group_named(ada, "allotments")
    async with ada.database.read() as session:
        assert [lead.id for lead in await groups.leads(session, group.id)] == [ann.id]
    assert await names_of_groups(ada, ann) == ["Allotments"]
    assert "you lead it" in ada.platform.said_to("ann")[-1].text
    ada.clock.advance(seconds=6)
    await ada.deliver()
    said = "Ada has approved “Allotments”, which Ann suggested."
    assert [message.text for _reference, message in ada.platform.edits] == [said] * 2
    again = message_of(await ada.press("olu", approve))
    assert again.text == f"That is decided already. Nothing was changed. {said}"
    assert "decided already" in message_of(await ada.press("olu", DeclineSuggestion(suggestion_id=1))).text


async def test_a_declined_suggestion_comes_back_with_its_reason(ada: TestBot) -> None:
    await add_person(ada, "ann")
    approve = await suggest(ada)
    view = form_of(await ada.press("ada", DeclineSuggestion(suggestion_id=1)))
    said = message_of(await ada.submit("ada", view, {"reason": "Food covers it."}))
    assert said.text == "Ada has declined “Allotments”, which Ann suggested."
    assert ada.platform.said_to("ann")[-1].quote == "Food covers it."
    assert "decided already" in message_of(await ada.press("ada", approve)).text
    async with ada.database.read() as session:
        assert await groups.named(session, "Allotments") is None


async def test_a_suggestion_of_a_group_that_is_there_is_sent_back(ada: TestBot) -> None:
    await add_person(ada, "ann")
    await add_group(ada, "Fish")
    view = form_of(await ada.command("ann", "groups", "suggest"))
    back = form_of(await ada.submit("ann", view, {"name": "fish", "purpose": "Fish.", "why": "Fish."}))
    assert "already" in back.problems["name"]
