"""What the bot says to a whole group: once, in its channels and on its page, with the changes to it."""

from __future__ import annotations

from store import choices, group_posts
from store.group_channels import GroupChannel
from store.group_posts import GroupPost
from store.groups import Group, GroupKind
from store.roles import Role
from tests.bot import TestBot
from tests.network import add_group, add_person
from tests.test_events import change, make, say, settle
from tests.test_group_suggestions import suggest


async def add_with_channel(
    bot: TestBot, name: str, channel: str, kind: GroupKind = GroupKind.THEMATIC
) -> Group:
    group = await add_group(bot, name, kind=kind)
    async with bot.database.write() as session:
        session.add(GroupChannel(group_id=group.id, platform="test", external_id=channel, joined=True))
    return group


async def posts(bot: TestBot, group: Group) -> list[GroupPost]:
    async with bot.database.read() as session:
        return (await group_posts.of_group(session, group.id, limit=20))[0]


async def test_a_new_group_is_announced_in_the_channel_and_on_the_page(bot: TestBot) -> None:
    await add_person(bot, "ada", Role.ADMINISTRATOR)
    await add_person(bot, "ann")
    news = await add_with_channel(bot, "News", "C-NEWS", kind=GroupKind.ANNOUNCEMENTS)
    await add_with_channel(bot, "Food", "C-FOOD")
    await bot.press("ada", await suggest(bot))
    said = bot.platform.said_to("C-NEWS")
    assert [message.text for message in said] == ["There is a new group: “Allotments”.\n\nGrowing things."]
    assert [button.label for button in said[0].buttons] == ["Join", "See its page"]
    assert bot.platform.said_to("C-FOOD") == []
    assert [one.message["text"] for one in await posts(bot, news)] == [said[0].text]
    # Who had the idea is not told to everybody.
    assert "Ann" not in said[0].plain()


async def test_where_no_group_has_it_the_chosen_channel_is_told(bot: TestBot) -> None:
    await add_person(bot, "ada", Role.ADMINISTRATOR)
    await add_person(bot, "ann")
    async with bot.database.write() as session:
        await choices.put(session, choices.ANNOUNCEMENT_CHANNEL, "test:C-ALL", now=bot.clock())
    await bot.press("ada", await suggest(bot))
    assert [message.text for message in bot.platform.said_to("C-ALL")] == [
        "There is a new group: “Allotments”.\n\nGrowing things."
    ]


async def test_a_group_that_announces_in_the_chosen_channel_is_told_once(bot: TestBot) -> None:
    await add_person(bot, "ada", Role.ADMINISTRATOR)
    await add_person(bot, "ann")
    await add_with_channel(bot, "News", "C-ALL", kind=GroupKind.ANNOUNCEMENTS)
    async with bot.database.write() as session:
        await choices.put(session, choices.ANNOUNCEMENT_CHANNEL, "test:C-ALL", now=bot.clock())
    await bot.press("ada", await suggest(bot))
    assert len(bot.platform.said_to("C-ALL")) == 1


async def test_an_event_stands_on_its_groups_pages_as_it_is_now(bot: TestBot) -> None:
    await add_person(bot, "ada", Role.ADMINISTRATOR)
    await add_person(bot, "ann")
    food = await add_with_channel(bot, "Food", "C-FOOD")
    quiet = await add_group(bot, "Quiet")
    event = await make(bot, everyone="yes", groups=[str(food.id), str(quiet.id)])
    assert len(bot.platform.said_to("C-FOOD")) == 1
    bot.clock.advance(minutes=1)
    await say(bot, "ann", event, "going")
    (post,) = await posts(bot, food)
    assert {"label": "Answers", "value": "1 going"} in post.message["facts"]
    assert post.edited_at is None
    assert [one.message for one in await posts(bot, quiet)] == [post.message]
    bot.clock.advance(minutes=1)
    await change(bot, event, title="Summit", starts_time="11:00")
    moved, post = await posts(bot, food)
    assert (post.message["heading"], post.edited_at) == ("Summit", bot.clock())
    assert moved.message["heading"] == "Changed: Summit"
    assert [one.heading for one in bot.platform.said_to("C-FOOD")] == ["Annual conference", "Changed: Summit"]
    await settle(bot)
    assert bot.platform.edits[-1][1].heading == "Summit"


async def test_what_is_for_no_group_is_on_the_page_of_the_announcements(bot: TestBot) -> None:
    await add_person(bot, "ada", Role.ADMINISTRATOR)
    news = await add_with_channel(bot, "News", "C-ALL", kind=GroupKind.ANNOUNCEMENTS)
    food = await add_with_channel(bot, "Food", "C-FOOD")
    async with bot.database.write() as session:
        await choices.put(session, choices.ANNOUNCEMENT_CHANNEL, "test:C-ALL", now=bot.clock())
    await make(bot)
    assert len(bot.platform.said_to("C-ALL")) == 1
    assert [one.message["heading"] for one in await posts(bot, news)] == ["Annual conference"]
    assert await posts(bot, food) == []
