"""Places of people who left: they are free at once, and who comes back takes none from anybody."""

from __future__ import annotations

from handlers.kit.updates import Changed, Profile
from store.events import Event
from tests.bot import TestBot
from tests.test_events import answers, make, network, say, settle


async def deactivate(bot: TestBot, who: str, *, active: bool = False) -> None:
    await bot.handle(who, Changed(Profile(who.title(), active=active)))


async def going(bot: TestBot, event: Event) -> list[str]:
    return sorted((await answers(bot, event)).values())


async def test_the_place_of_whoever_is_deactivated_goes_to_who_waits(bot: TestBot) -> None:
    await network(bot)
    event = await make(bot, capacity="1")
    await say(bot, "ann", event, "going")
    await say(bot, "bob", event, "going")
    assert await going(bot, event) == ["going", "waiting"]
    await deactivate(bot, "ann")
    assert "A place has become free" in bot.platform.said_to("bob")[-1].text
    await settle(bot)
    assert "1 going · no place left" in bot.platform.edits[-1][1].plain()
    await deactivate(bot, "ann", active=True)
    assert await going(bot, event) == ["going", "going"]
    assert "waiting list" in (await say(bot, "cat", event, "going")).text


async def test_whoever_leaves_the_waiting_list_is_passed_over(bot: TestBot) -> None:
    await network(bot)
    event = await make(bot, capacity="1")
    for who in ("ann", "bob", "cat"):
        await say(bot, who, event, "going")
        bot.clock.advance(minutes=1)
    await deactivate(bot, "bob")
    await say(bot, "ann", event, "cannot")
    assert "A place has become free" in bot.platform.said_to("cat")[-1].text
    assert await going(bot, event) == ["cannot", "going", "waiting"]


async def test_a_change_of_somebody_who_answered_nothing_is_nothing(bot: TestBot) -> None:
    await network(bot)
    await make(bot)
    await settle(bot)
    before = list(bot.platform.edits)
    await deactivate(bot, "ann")
    await settle(bot)
    assert bot.platform.edits == before
