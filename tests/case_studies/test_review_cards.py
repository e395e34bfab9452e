"""The card of a case study goes to those who may decide on it, wherever they are."""

from __future__ import annotations

from sqlalchemy import select

from handlers.kit.updates import (
    Place,
    PlaceKind,
)
from store import choices, roles
from store.case_studies import State
from store.members import Member
from store.roles import Role
from tests.bot import TestBot, form_of, message_of
from tests.case_studies.council import (
    council,
    facts,
    fill_in,
    labels,
    only_study,
    press,
    submit,
)


async def test_the_card_goes_to_the_review_channel_where_one_is_chosen(bot: TestBot) -> None:
    async with bot.database.write() as session:
        await choices.put(session, choices.REVIEW_CHANNEL, "test:C1", now=bot.clock())
    await submit(bot)
    assert [message.text for message in bot.platform.said_to("C1")] == [
        "“A library of things” waits for review."
    ]
    assert bot.platform.said_to("rita") == bot.platform.said_to("olive") == []
    await bot.handle(
        "rita",
        press(bot.platform.said_to("C1")[0].buttons, "Publish"),
        place=Place("test", PlaceKind.CHANNEL, "C1"),
    )
    assert (await only_study(bot)).state == State.PUBLISHED
    assert [reference["place"] for reference, _ in bot.platform.edits] == ["C1"]


async def test_without_a_reviewer_the_administrators_decide(bot: TestBot) -> None:
    await _take_reviewers_away(bot)
    await bot.add_member("adam", Role.ADMINISTRATOR, Role.OWNER)
    await submit(bot)
    for who in ("adam", "olive"):
        [card] = bot.platform.said_to(who)
        assert card.small_print == ("This comes to you because nobody is a reviewer yet.",)
    await bot.handle("olive", press(bot.platform.said_to("olive")[0].buttons, "Publish"))
    assert "Olive Owen (owner) published" in bot.platform.edits[0][1].text


async def test_where_every_reviewer_took_part_the_administrators_decide(bot: TestBot) -> None:
    await submit(bot, partners=("Cardiff",))
    assert bot.platform.said_to("ravi") == []
    assert len(bot.platform.said_to("rita")) == 1
    await _take_reviewers_away(bot, "Rita Rees")
    view = form_of(await bot.command("ann", "case-study"))
    await fill_in(bot, "ann", view, title="Another library", partners=("Cardiff",))
    [card] = bot.platform.said_to("olive")
    assert card.small_print == ("This comes to you because every reviewer took part in it.",)


async def test_where_nobody_may_decide_the_administrators_are_told(bot: TestBot) -> None:
    await _take_reviewers_away(bot)
    async with bot.database.write() as session:
        olive = (await session.scalars(select(Member).where(Member.name == "Olive Owen"))).one()
        olive.organisation_id = await council(bot, "Oldham")
    view = form_of(await bot.command("ann", "case-study"))
    said = message_of(await fill_in(bot, "ann", view))
    assert "Nobody can review it at the moment" in said.text
    [told] = bot.platform.said_to("olive")
    assert "nobody may decide on it" in told.text
    await bot.add_member("new", Role.REVIEWER)
    waiting = message_of(await bot.command("new", "case-study", "review"))
    shown = message_of(await bot.handle("new", press(waiting.items[0].buttons, "See the card")))
    assert "Publish" in labels(shown)


async def test_reviewers_are_told_where_the_authors_organisation_is_not_confirmed(bot: TestBot) -> None:
    await submit(bot, "newcomer", lead="Kirklees")
    [card] = bot.platform.said_to("rita")
    assert "is not confirmed" in card.small_print[0]
    assert facts(card)["Sent by"] == "A member"


async def test_reviewers_see_what_waits(bot: TestBot) -> None:
    nothing = message_of(await bot.command("rita", "case-study", "review"))
    assert nothing.text.startswith("No case study waits")
    await submit(bot)
    waiting = message_of(await bot.command("rita", "case-study", "review"))
    assert waiting.text == "1 case study waits for review."
    assert waiting.items[0].text.startswith("Oldham Council · Waiting for a reviewer since")


async def _take_reviewers_away(bot: TestBot, *names: str) -> None:
    async with bot.database.write() as session:
        for member in await roles.holders(session, Role.REVIEWER):
            if not names or member.name in names:
                await roles.take(session, member.id, Role.REVIEWER)
