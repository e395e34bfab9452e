"""Channels that the bot is taken out of: noticed, gone back into, and told once."""

from __future__ import annotations

import pytest

from handlers import enrolment
from handlers.group_actions import ListFailures
from handlers.kit.errors import DeliveryError
from handlers.kit.platform import InviteOutcome, SeenChannel
from handlers.kit.updates import Joined, Left, Place, PlaceKind
from store import group_channels
from store.memberships import How
from store.roles import Role
from tests.bot import TestBot, message_of
from tests.fakes.channels import FakeChannels
from tests.group_channel_jobs import Clockwork, channel_of, told
from tests.network import add_group, add_person, state_of


@pytest.fixture
def slack() -> FakeChannels:
    return FakeChannels("slack")


@pytest.fixture
async def ada(bot: TestBot) -> None:
    await add_person(bot, "ada", Role.ADMINISTRATOR)


@pytest.fixture
def clockwork(bot: TestBot, slack: FakeChannels) -> Clockwork:
    return Clockwork(bot, slack)


@pytest.mark.usefixtures("ada")
async def test_the_bot_goes_back_into_a_public_channel_and_says_so(
    bot: TestBot, slack: FakeChannels, clockwork: Clockwork
) -> None:
    await add_group(bot, "News", channel="C1")
    slack.about["C1"] = SeenChannel("C1", "news")
    place = Place("slack", PlaceKind.CHANNEL, "C1")
    await bot.handle("bot", Left(place, by_bot=True), place=place)
    assert await told(bot) == []
    await clockwork.tick()
    assert ("join", "C1", ()) in slack.calls
    assert await told(bot) == ["I was taken out of the channel of “News”, and have gone back in."]
    await clockwork.later()
    assert len(await told(bot)) == 1


@pytest.mark.usefixtures("ada")
async def test_each_time_it_goes_back_is_told_and_at_most_once_an_hour(
    bot: TestBot, slack: FakeChannels, clockwork: Clockwork
) -> None:
    await add_group(bot, "News", channel="C1")
    slack.channels_in["C1"] = []
    place = Place("slack", PlaceKind.CHANNEL, "C1")
    for _time in range(4):
        await bot.handle("bot", Left(place, by_bot=True), place=place)
        await clockwork.tick()
        bot.clock.advance(minutes=5)
    once = "I was taken out of the channel of “News”, and have gone back in."
    assert await told(bot) == [once]
    bot.clock.advance(minutes=60)
    for _time in range(2):
        await clockwork.tick()
    assert await told(bot) == [
        once, "I was taken out of the channel of “News” 3 times, and have gone back in."
    ]  # fmt: skip
    bot.clock.advance(minutes=61)
    await bot.handle("bot", Left(place, by_bot=True), place=place)
    await clockwork.tick()
    assert (await told(bot))[2:] == [once]


@pytest.mark.usefixtures("ada")
async def test_being_taken_out_of_a_private_channel_is_told_at_once_and_once(
    bot: TestBot, slack: FakeChannels, clockwork: Clockwork
) -> None:
    ann = await add_person(bot, "ann", platforms=("slack",))
    group = await add_group(bot, "Board", channel="C1")
    async with bot.database.write() as session:
        held = await group_channels.of_group(session, group.id)
        held[0].private = True
    slack.channels_in["C1"] = []
    place = Place("slack", PlaceKind.CHANNEL, "C1")
    await bot.handle("bot", Left(place, by_bot=True), place=place)
    assert await told(bot) == [
        "I can add nobody to the channel of “Board” any more. I am not in the channel. "
        "Invite me there as you would a person."
    ]
    slack.about["C1"] = SeenChannel("C1", "board", private=True)
    async with bot.database.write() as session:
        await enrolment.admit(session, group, [ann.id], How.OWN, bot.clock())
    slack.refuses["U-ann"] = (InviteOutcome.NEVER, "not_in_channel")
    await clockwork.tick()
    await clockwork.later()
    assert len(await told(bot)) == 1
    failures = message_of(await bot.press("ada", ListFailures(group_id=group.id)))
    assert [item.text for item in failures.items] == [
        "Could not be added in Slack. I am not in the channel. Invite me there as you would a person."
    ]
    slack.refuses.clear()
    await bot.handle("bot", Joined(place, None, by_bot=True), place=place)
    slack.about.clear()
    await clockwork.tick()
    assert await state_of(bot, group, ann) == "confirmed"


@pytest.mark.usefixtures("ada")
async def test_a_channel_lost_unheard_is_found_by_comparison_and_told_once(
    bot: TestBot, slack: FakeChannels, clockwork: Clockwork
) -> None:
    old = await add_group(bot, "Old", channel="C1")
    await add_group(bot, "Gone", channel="C2")
    await add_group(bot, "Well", channel="C3")
    slack.channels_in["C3"] = []
    slack.about["C1"] = SeenChannel("C1", "old", archived=True, joined=True)
    await clockwork.tick()
    await clockwork.later()
    # The two go out at the same moment, in either order.
    assert sorted(await told(bot), reverse=True) == [
        "I can add nobody to the channel of “Old” any more. "
        "The channel is archived. Bring it back in Slack, or choose another for the group.",
        "I can add nobody to the channel of “Gone” any more. The channel is gone, or it is private and "
        "I am not in it. Invite me there, or choose another.",
    ]
    slack.about["C1"] = SeenChannel("C1", "old", joined=True)
    await clockwork.later()
    held = await channel_of(bot, old)
    assert held is not None
    assert (held.joined, held.problem) == (True, "")


async def test_a_look_over_the_channels_goes_on_at_the_page_where_it_was_stopped(
    bot: TestBot, slack: FakeChannels, clockwork: Clockwork
) -> None:
    slack.channels_in |= {f"C{number}": [] for number in range(5)}
    taken: list[int] = []

    def stop(_call: str) -> None:
        if len(taken) == 2:
            taken.append(0)
            raise DeliveryError("ratelimited", retry_after=10)
        taken.append(1)

    slack.before = stop
    await clockwork.tick()
    await clockwork.tick()
    bot.clock.advance(seconds=11)
    await clockwork.tick()
    assert sum(taken) == 3
