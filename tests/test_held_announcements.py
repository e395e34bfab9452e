"""A publicity hold of an organisation holds its rounds as it holds its events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from handlers.kit.updates import RawAnswers
from handlers.round_actions import AnnounceRound, RemindOfRound
from store import publicity
from tests import test_rounds
from tests.bot import TestBot, form_of, message_of
from tests.network import add_organisation
from tests.test_reminders import network, tick


async def test_a_round_of_an_organisation_on_hold_is_announced_when_it_is_over(bot: TestBot) -> None:
    await network(bot)
    oldham = await add_organisation(bot, "Oldham Council")
    view = form_of(await bot.command("ada", "ccin", "hold"))
    days: RawAnswers = {
        "organisation": str(oldham.id), "from_on": "2026-11-20", "until_on": "2026-11-24",
    }  # fmt: skip
    await bot.submit("ada", view, days)
    await test_rounds.make(bot, organisation=str(oldham.id))
    one = await test_rounds.the_round(bot)
    said = message_of(await bot.press("ada", AnnounceRound(round_id=one.id)))
    assert "I announce it on Wednesday 25 November 2026." in said.text
    await tick(bot)
    assert bot.platform.said_to("C9") == []
    bot.clock.now = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
    for _time in range(2):
        await tick(bot)
    assert [post.heading for post in bot.platform.said_to("C9")] == ["Policy Labs 2027"]
    assert (await test_rounds.the_round(bot)).announced_at == bot.clock.now


async def test_a_hold_that_grew_keeps_a_round_waiting(bot: TestBot) -> None:
    await network(bot)
    oldham = await add_organisation(bot, "Oldham Council")
    async with bot.database.write() as session:
        start = bot.clock().date()
        await publicity.put(session, oldham.id, start, start + timedelta(days=2))
    await test_rounds.make(bot, organisation=str(oldham.id))
    one = await test_rounds.the_round(bot)
    await bot.press("ada", AnnounceRound(round_id=one.id))
    async with bot.database.write() as session:
        await publicity.put(session, oldham.id, start, start + timedelta(days=9))
    bot.clock.advance(days=4)
    await tick(bot)
    assert bot.platform.said_to("C9") == []
    assert (await test_rounds.the_round(bot)).held_until == start + timedelta(days=10)


async def test_reminders_of_a_round_on_hold_go_to_those_who_asked_alone(bot: TestBot) -> None:
    await network(bot)
    oldham = await add_organisation(bot, "Oldham Council")
    await test_rounds.make(bot, organisation=str(oldham.id))
    one = await test_rounds.the_round(bot)
    await bot.press("ada", AnnounceRound(round_id=one.id))
    await bot.press("ann", RemindOfRound(round_id=one.id))
    posts = len(bot.platform.said_to("C9"))
    async with bot.database.write() as session:
        day = one.opens_at.date()
        await publicity.put(session, oldham.id, day, day)
    bot.clock.now = one.opens_at
    await tick(bot)
    assert len(bot.platform.said_to("C9")) == posts
    assert "is open now" in bot.platform.said_to("ann")[-1].text


async def test_the_form_keeps_whose_round_it_is(bot: TestBot) -> None:
    await network(bot)
    oldham = await add_organisation(bot, "Oldham Council")
    await test_rounds.make(bot, organisation=str(oldham.id))
    one = await test_rounds.the_round(bot)
    assert one.organisation_id == oldham.id
    await test_rounds.change(bot, one, contact="other@example.org")
    assert (await test_rounds.the_round(bot)).organisation_id == oldham.id
    await test_rounds.change(bot, one, organisation="")
    assert (await test_rounds.the_round(bot)).organisation_id is None
