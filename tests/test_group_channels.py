"""Channels of groups: chosen or made by administrators, and joined by the bot."""

from __future__ import annotations

import pytest

from handlers import enrolment
from handlers.group_actions import (
    ApproveSuggestion,
    ChooseChannel,
    ListGroupChannels,
    MakeChannel,
    MakeMissingChannels,
    SaveChange,
    ShowGroup,
)
from handlers.kit.errors import DeliveryError
from handlers.kit.messages import Message
from handlers.kit.platform import SeenChannel
from handlers.kit.replies import Outcome
from store import channels, group_suggestions
from store.memberships import How
from store.roles import Role
from tests.bot import TestBot, form_of, message_of
from tests.fakes.channels import FakeChannels
from tests.group_channel_jobs import Clockwork, channel_of, told
from tests.network import add_group, add_person, membership_of, state_of


@pytest.fixture
def slack() -> FakeChannels:
    return FakeChannels("slack")


@pytest.fixture
async def ada(bot: TestBot) -> None:
    await add_person(bot, "ada", Role.ADMINISTRATOR)


@pytest.fixture
def clockwork(bot: TestBot, slack: FakeChannels) -> Clockwork:
    return Clockwork(bot, slack)


async def show(bot: TestBot, *seen: SeenChannel) -> None:
    async with bot.database.write() as session:
        for one in seen:
            await channels.save(
                session, "slack", one.id, name=one.name, is_private=one.private,
                is_archived=one.archived, joined=one.joined,
            )  # fmt: skip


def fact(message: Message, label: str) -> str:
    return next(one.value for one in message.facts if one.label == label)


@pytest.mark.usefixtures("ada")
async def test_a_channel_is_made_and_everybody_is_brought_in(
    bot: TestBot, slack: FakeChannels, clockwork: Clockwork
) -> None:
    ann = await add_person(bot, "ann", platforms=("slack",))
    group = await add_group(bot, "Health and care")
    async with bot.database.write() as session:
        await enrolment.admit(session, group, [ann.id], How.OWN, bot.clock())
    await show(bot, SeenChannel("C0", "general", joined=True))
    form = form_of(await bot.press("ada", MakeChannel(group_id=group.id)))
    card = message_of(await bot.submit("ada", form, {"name": "Care", "private": "no"}))
    assert fact(card, "Channel in Slack") == "is being made"
    assert slack.calls == []
    await clockwork.tick()
    held = await channel_of(bot, group)
    assert held is not None
    assert (held.external_id, held.joined, held.problem) == ("C1", True, "")
    assert [call for call in slack.calls if call[0] != "channels"] == [
        ("create", "C1", ("Care",)),
        ("invite", "C1", ("U-ann",)),
    ]
    membership = await membership_of(bot, group, ann)
    assert membership is not None
    assert (membership.state, membership.confirmed_on) == ("confirmed", "slack")
    assert await told(bot) == [
        "“Health and care” has a channel now: #care. Everybody in the group is being added to it."
    ]
    card = message_of(await bot.press("ann", ShowGroup(group_id=group.id)))
    assert fact(card, "Channel in Slack") == "#care"


@pytest.mark.usefixtures("ada")
async def test_a_name_that_is_taken_gives_way_to_the_next(
    bot: TestBot, slack: FakeChannels, clockwork: Clockwork
) -> None:
    group = await add_group(bot, "Food")
    await show(bot, SeenChannel("C0", "general", joined=True))
    view = form_of(await bot.press("ada", MakeChannel(group_id=group.id)))
    await bot.submit("ada", view, {"name": "Food", "private": "yes"})
    await clockwork.tick()
    slack.calls.clear()
    other = await add_group(bot, "Fishing")
    view = form_of(await bot.press("ada", MakeChannel(group_id=other.id)))
    await bot.submit("ada", view, {"name": "Food", "private": "no"})
    errors = [DeliveryError("name_taken", retry_after=None)]

    def refuse(call: str) -> None:
        if call == "create" and errors:
            raise errors.pop()

    slack.before = refuse
    await clockwork.tick()
    assert [call[2] for call in slack.calls if call[0] == "create"] == [("Food 2",)]
    held = await channel_of(bot, other)
    assert held is not None


@pytest.mark.usefixtures("ada")
async def test_a_channel_that_cannot_be_made_is_told_once_with_the_reason(
    bot: TestBot, slack: FakeChannels, clockwork: Clockwork
) -> None:
    group = await add_group(bot, "Food")
    await show(bot, SeenChannel("C0", "general", joined=True))
    view = form_of(await bot.press("ada", MakeChannel(group_id=group.id)))
    await bot.submit("ada", view, {"name": "Food", "private": "no"})
    errors = [
        DeliveryError("ratelimited", retry_after=90),
        DeliveryError("restricted_action", retry_after=None),
    ]

    def refuse(call: str) -> None:
        if call == "create":
            raise errors.pop(0)

    slack.before = refuse
    for _time in range(2):
        await clockwork.tick()
        assert await told(bot) == []
    bot.clock.advance(seconds=91)
    for _time in range(2):
        await clockwork.tick()
    assert await told(bot) == [
        "I could not make a channel for “Food”. The settings of the workspace do not allow it. "
        "An administrator of Slack can change them."
    ]
    card = message_of(await bot.press("ada", ShowGroup(group_id=group.id)))
    assert fact(card, "Channel in Slack").startswith("could not be made: The settings")


@pytest.mark.usefixtures("ada")
async def test_a_public_channel_that_is_chosen_is_joined(
    bot: TestBot, slack: FakeChannels, clockwork: Clockwork
) -> None:
    ann = await add_person(bot, "ann", platforms=("slack",))
    group = await add_group(bot, "News")
    async with bot.database.write() as session:
        await enrolment.admit(session, group, [ann.id], How.OWN, bot.clock())
    slack.about["C7"] = SeenChannel("C7", "news")
    await show(bot, SeenChannel("C7", "news"))
    view = form_of(await bot.press("ada", ChooseChannel(group_id=group.id)))
    card = message_of(await bot.submit("ada", view, {"channel": "slack:C7"}))
    assert fact(card, "Channel in Slack") == "#news: I am on my way in."
    await clockwork.tick()
    assert [call[0] for call in slack.calls if call[0] != "channels"] == ["join", "invite"]
    held = await channel_of(bot, group)
    assert held is not None
    assert held.joined
    assert await state_of(bot, group, ann) == "confirmed"
    assert await told(bot) == []


@pytest.mark.usefixtures("ada")
async def test_a_channel_that_cannot_be_used_is_not_taken(bot: TestBot) -> None:
    group = await add_group(bot, "News")
    await add_group(bot, "Food", channel="C1")
    await show(
        bot,
        SeenChannel("C1", "food", joined=True),
        SeenChannel("C2", "board", private=True),
        SeenChannel("C3", "old", archived=True),
    )
    problems = []
    view = form_of(await bot.press("ada", ChooseChannel(group_id=group.id)))
    for channel in ("C1", "C2", "C3", "C4"):
        handled = await bot.submit("ada", view, {"channel": f"slack:{channel}"})
        problems.append(form_of(handled).problems["channel"])
    assert problems[0] == "That is the channel of “Food” already."
    assert problems[1].startswith("I am not in that channel. In Slack, somebody")
    assert problems[2:] == ["That channel is not there any more. Choose another."] * 2
    assert await channel_of(bot, group) is None


@pytest.mark.usefixtures("ada")
async def test_groups_without_a_channel_get_one_at_a_stroke(
    bot: TestBot, slack: FakeChannels, clockwork: Clockwork
) -> None:
    for name in ("News", "Food"):
        await add_group(bot, name)
    await add_group(bot, "Homes", channel="C9")
    slack.channels_in["C9"] = []
    await show(bot, SeenChannel("C9", "homes", joined=True))
    overview = message_of(await bot.command("ada", "groups", "channels"))
    assert overview.text == "2 groups have no channel."
    assert [(item.title, item.text) for item in overview.items] == [
        ("Food", "no channel yet"), ("Homes", "#homes"), ("News", "no channel yet"),
    ]  # fmt: skip
    assert message_of(await bot.press("ada", MakeMissingChannels())).text.startswith(
        "I am making 2 channels."
    )
    await clockwork.tick()
    assert [call[2] for call in slack.calls if call[0] == "create"] == [("News",), ("Food",)]
    assert message_of(await bot.press("ada", MakeMissingChannels())).text.startswith(
        "There was no channel left"
    )
    overview = message_of(await bot.press("ada", ListGroupChannels()))
    assert overview.text == "Every group has a channel."


@pytest.mark.usefixtures("ada")
async def test_a_new_group_and_an_approved_suggestion_get_their_channel(
    bot: TestBot, slack: FakeChannels, clockwork: Clockwork
) -> None:
    ann = await add_person(bot, "ann")
    await show(bot, SeenChannel("C0", "general", joined=True))
    async with bot.database.write() as session:
        suggestion = await group_suggestions.add(
            session, ann.id, name="Music", purpose="All about it.", why="Many ask.", now=bot.clock()
        )
    await bot.press("ada", ApproveSuggestion(suggestion_id=suggestion.id))
    answers: dict[str, str | list[str]] = {
        "name": "Fungi", "purpose": "All about them.", "kind": "thematic", "visibility": "open",
        "group_language": "en", "requires_rules": "no", "make_channel": "yes", "rule": "nobody",
    }  # fmt: skip
    handled = await bot.command("ada", "groups", "new")
    while not isinstance(handled.reply, Message):
        handled = await bot.submit("ada", form_of(handled), answers)
    actions = [one.action for one in message_of(handled).buttons if one.action]
    (saved,) = [one.data for one in actions if one.name == SaveChange.wire_name]
    await bot.press("ada", SaveChange.model_validate(saved))
    await clockwork.tick()
    assert [call[2] for call in slack.calls if call[0] == "create"] == [("Music",), ("Fungi",)]


async def test_nobody_but_administrators_chooses_channels(bot: TestBot) -> None:
    await add_person(bot, "ann")
    group = await add_group(bot, "News")
    for action in (
        ChooseChannel(group_id=group.id),
        MakeChannel(group_id=group.id),
        MakeMissingChannels(),
        ListGroupChannels(),
    ):
        assert (await bot.press("ann", action)).outcome is Outcome.REFUSED
