"""Asking to come into a group: leads answer, and nobody comes in past them."""

from __future__ import annotations

from handlers.group_actions import (
    AcceptRequest,
    AskToJoin,
    DeclineRequest,
    LeaveGroup,
)
from handlers.kit.messages import Message
from handlers.kit.replies import Outcome
from handlers.rules_of_engagement import AcceptRules
from store import memberships
from store.groups import Group, Visibility
from store.memberships import MembershipState
from store.roles import Role
from tests.bot import TestBot, form_of, message_of
from tests.network import (
    accept_rules,
    add_group,
    add_organisation,
    add_person,
    membership_of,
    publish_rules,
    state_of,
)
from tests.test_groups import make_lead


def labels(message: Message) -> list[str]:
    return [button.label for button in message.buttons]


async def ask(bot: TestBot, external_id: str, group: Group, why: str = "I lead on this.") -> AcceptRequest:
    """Ask to join; the action that the Accept button of the card carries."""
    view = form_of(await bot.press(external_id, AskToJoin(group_id=group.id)))
    await bot.submit(external_id, view, {"why": why})
    async with bot.database.read() as session:
        held = next(
            one
            for one in (await memberships.people(session, group.id, [MembershipState.REQUESTED], limit=9))[0]
        )
    membership, member = held
    return AcceptRequest(group_id=group.id, member_id=member.id, asked_at=int(membership.since.timestamp()))


async def test_a_request_goes_to_the_leads_and_every_card_changes_when_one_answers(bot: TestBot) -> None:
    ann = await add_person(bot, "ann")
    lou, lee = await add_person(bot, "lou"), await add_person(bot, "lee")
    await add_person(bot, "ada", Role.ADMINISTRATOR)
    closed = await add_group(bot, "Closed", visibility=Visibility.BY_REQUEST)
    for lead in (lou, lee):
        await make_lead(bot, closed, lead)
    accept = await ask(bot, "ann", closed)
    assert bot.platform.said_to("ada") == []
    card = bot.platform.said_to("lou")[-1]
    assert (card.quote, labels(card)) == ("I lead on this.", ["Accept", "Decline"])
    assert card.small_print == ("Their organisation is not confirmed.",)
    waiting = message_of(await bot.press("ann", AskToJoin(group_id=closed.id)))
    assert "have asked" in waiting.text
    assert (await bot.press("ann", accept)).outcome is Outcome.REFUSED
    done = message_of(await bot.press("lou", accept))
    assert done.text == "Lou has let Ann into “Closed”."
    bot.clock.advance(seconds=6)
    await bot.deliver()
    assert [message.text for _reference, message in bot.platform.edits] == [done.text] * 2
    held = await membership_of(bot, closed, ann)
    assert held is not None
    assert (held.state, held.how) == ("confirmed", "lead")
    assert "accepted" in bot.platform.said_to("ann")[-1].text
    again = message_of(await bot.press("lee", accept))
    assert "has been answered" in again.text


async def test_without_a_lead_administrators_answer_and_a_decline_has_a_reason(bot: TestBot) -> None:
    cardiff = await add_organisation(bot, "Cardiff Council")
    ann = await add_person(bot, "ann", organisation=cardiff)
    await add_person(bot, "ada", Role.ADMINISTRATOR)
    await add_person(bot, "olu", Role.OWNER)
    closed = await add_group(bot, "Closed", visibility=Visibility.BY_REQUEST)
    accept = await ask(bot, "ann", closed)
    assert bot.platform.said_to("ada")[-1].small_print == ("Cardiff Council",)
    assert bot.platform.said_to("olu")[-1].quote == "I lead on this."
    decline = DeclineRequest(**accept.model_dump())
    view = form_of(await bot.press("ada", decline))
    done = message_of(await bot.submit("ada", view, {"reason": "Only for the board."}))
    assert done.text == "Ada has declined the request of Ann to join “Closed”."
    told = bot.platform.said_to("ann")[-1]
    assert (told.text, told.quote) == (
        "Your request to join “Closed” was declined.", "Only for the board.",
    )  # fmt: skip
    held = await membership_of(bot, closed, ann)
    assert held is not None
    assert (held.state, held.reason) == ("declined", "Only for the board.")
    assert "has been answered" in message_of(await bot.press("olu", accept)).text
    bot.clock.advance(minutes=1)
    second = await ask(bot, "ann", closed)
    assert second.asked_at != accept.asked_at
    assert "has been answered" in message_of(await bot.press("olu", accept)).text


async def test_a_request_taken_back_closes_its_cards(bot: TestBot) -> None:
    ann = await add_person(bot, "ann")
    await add_person(bot, "ada", Role.ADMINISTRATOR)
    closed = await add_group(bot, "Closed", visibility=Visibility.BY_REQUEST)
    accept = await ask(bot, "ann", closed)
    await bot.press("ann", LeaveGroup(group_id=closed.id))
    assert await state_of(bot, closed, ann) is None
    bot.clock.advance(seconds=6)
    await bot.deliver()
    assert bot.platform.edits[-1][1].text == "Ann no longer asks to join “Closed”."
    assert "taken back" in message_of(await bot.press("ada", accept)).text


async def test_a_lead_accepts_nobody_before_the_rules_are_accepted(bot: TestBot) -> None:
    version = await publish_rules(bot, grace_days=0)
    ann = await add_person(bot, "ann")
    await accept_rules(bot, ann, version.version)
    await add_person(bot, "ada", Role.ADMINISTRATOR)
    closed = await add_group(bot, "Closed", visibility=Visibility.BY_REQUEST, requires_rules=True)
    accept = await ask(bot, "ann", closed)
    await publish_rules(bot, grace_days=0, text="Be kinder.")
    said = message_of(await bot.press("ada", accept))
    assert "has to accept the rules" in said.text
    assert await state_of(bot, closed, ann) == "requested"


async def test_accepting_the_rules_lets_nobody_into_a_closed_group(bot: TestBot) -> None:
    version = await publish_rules(bot)
    ann = await add_person(bot, "ann")
    closed = await add_group(bot, "Closed", visibility=Visibility.INVITATION, requires_rules=True)
    asking = await add_group(bot, "Asking", visibility=Visibility.BY_REQUEST, requires_rules=True)
    for group in (closed, asking):
        await bot.press("ann", AcceptRules(version=version.version, group_id=group.id))
        assert await state_of(bot, group, ann) is None
