"""Slack's side of groups: people brought in and out with Slack's own words, and channels made once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.slack.group_channels import PAGE, channel_name
from handlers import all_routers
from handlers.faq_knowledge import Knowledge
from handlers.kit.errors import DeliveryError
from handlers.kit.platform import Channels, Invited, InviteOutcome
from handlers.kit.router import Router
from store import channel_tasks, group_channels, groups
from store.channel_tasks import ChannelAction
from store.database import Database
from store.group_channels import GroupChannel
from tests.fakes.slack.faults import Fault
from tests.fakes.slack.workspace import Json
from tests.slack.workspace import Workspace, workspace


def platform(place: Workspace) -> Channels:
    found: object = place.bot.surface.platform
    assert isinstance(found, Channels)
    return found


async def test_an_invitation_says_for_each_what_came_of_it(place: Workspace) -> None:
    slack = place.slack
    news = slack.add_channel("news", place.bob)
    gone = slack.add_user("gone", deleted=True)
    guest = slack.add_user("guest", is_restricted=True, is_ultra_restricted=True)
    people = [place.ann.id, place.bob.id, gone.id, guest.id, "U404", slack.app.bot_user_id]
    assert await platform(place).invite(news.id, people) == [
        Invited(place.ann.id, InviteOutcome.IN),
        Invited(place.bob.id, InviteOutcome.IN),
        Invited(gone.id, InviteOutcome.NEVER, "cant_invite"),
        Invited(guest.id, InviteOutcome.NEVER, "ura_max_channels"),
        Invited("U404", InviteOutcome.NEVER, "user_not_found"),
        Invited(slack.app.bot_user_id, InviteOutcome.NEVER, "cant_invite_self"),
    ]
    assert place.ann.id in news.members
    (call,) = place.calls("conversations.invite")
    assert call["force"] is True


async def test_when_nobody_can_come_in_each_is_told_apart_and_the_channel_is_not_blamed(
    place: Workspace,
) -> None:
    news = place.slack.add_channel("news", place.bob)
    gone = place.slack.add_user("gone", deleted=True)
    assert await platform(place).invite(news.id, [place.bob.id, gone.id]) == [
        Invited(place.bob.id, InviteOutcome.IN),
        Invited(gone.id, InviteOutcome.NEVER, "cant_invite"),
    ]
    assert await platform(place).invite(news.id, [place.bob.id]) == [Invited(place.bob.id, InviteOutcome.IN)]


@pytest.mark.parametrize(
    ("flags", "reason"), [({"is_archived": True}, "is_archived"), ({"kind": "private"}, "channel_not_found")]
)
async def test_a_channel_that_takes_nobody_is_refused_for_good(
    place: Workspace, flags: Json, reason: str
) -> None:
    channel = place.slack.add_channel("closed", bot=False, **flags)
    with pytest.raises(DeliveryError) as refused:
        await platform(place).invite(channel.id, [place.ann.id, place.bob.id])
    assert (refused.value.reason, refused.value.retry_after) == (reason, None)


async def test_a_public_channel_that_lost_the_bot_is_joined_again(place: Workspace) -> None:
    news = place.slack.add_channel("news", place.bob, bot=False)
    assert (await platform(place).invite(news.id, [place.ann.id]))[0].outcome is InviteOutcome.IN
    assert set(news.members) == {place.ann.id, place.bob.id, place.slack.app.bot_user_id}
    del news.members[place.slack.app.bot_user_id]
    await platform(place).kick(news.id, place.bob.id)
    assert place.bob.id not in news.members


async def test_taking_out_who_is_not_in_changes_nothing(place: Workspace) -> None:
    news = place.slack.add_channel("news")
    for person in (place.ann.id, "U404"):
        await platform(place).kick(news.id, person)
    with pytest.raises(DeliveryError):
        await platform(place).kick("C404", place.ann.id)


async def test_a_missing_permission_is_waited_for(place: Workspace) -> None:
    place.slack.app.scopes.discard("channels:manage")
    with pytest.raises(DeliveryError) as refused:
        await platform(place).invite(place.general.id, [place.ann.id])
    assert refused.value.reason == "missing_scope"
    assert refused.value.retry_after is not None


async def test_slack_is_not_asked_again_before_the_time_it_named(place: Workspace) -> None:
    def too_many(method: str, arguments: Json) -> Fault | None:
        return Fault("rate_limit", seconds=30) if method == "conversations.invite" else None

    place.slack.api.fault = too_many
    for _attempt in range(3):
        with pytest.raises(DeliveryError) as refused:
            await platform(place).invite(place.general.id, [place.ann.id])
        assert refused.value.reason == "ratelimited"
        assert refused.value.retry_after is not None
        assert refused.value.retry_after <= 30
    assert len(place.calls("conversations.invite")) == 1


async def test_people_are_read_page_by_page_without_the_bot(place: Workspace) -> None:
    crowd = [place.slack.add_user(f"person{number}") for number in range(PAGE)]
    big = place.slack.add_channel("big", *crowd)
    page = await platform(place).members(big.id)
    assert len(page.people) == PAGE - 1
    rest = await platform(place).members(big.id, page.next)
    assert {*page.people, *rest.people} == {one.id for one in crowd}
    assert rest.next is None
    assert len(place.calls("conversations.members")) == 2


async def test_an_empty_list_of_people_is_no_answer(place: Workspace) -> None:
    news = place.slack.add_channel("news", place.ann)
    news.members.clear()
    with pytest.raises(DeliveryError) as refused:
        await platform(place).members(news.id)
    assert refused.value.retry_after is not None


async def test_a_channel_is_made_once_however_often_it_is_asked_for(place: Workspace) -> None:
    made = await platform(place).create("Housing & Homes", private=False, purpose="All about homes.")
    assert await platform(place).create("Housing & Homes", private=False, purpose="Other.") == made
    channel = place.slack.channel(made)
    assert (channel.name, channel.purpose, channel.kind) == ("housing-homes", "All about homes.", "channel")
    private = await platform(place).create("Board", private=True, purpose="x" * 400)
    assert place.slack.channel(private).kind == "private"
    assert len(place.slack.channel(private).purpose) == 250


async def test_a_name_that_somebody_elses_channel_has_is_refused(place: Workspace) -> None:
    with pytest.raises(DeliveryError) as refused:
        await platform(place).create("General", private=False, purpose="")
    assert (refused.value.reason, refused.value.retry_after) == ("name_taken", None)


async def test_channels_are_listed_with_where_the_bot_is(place: Workspace) -> None:
    place.slack.add_channel("old", bot=False, is_archived=True)
    place.slack.add_channel("board", kind="private")
    page = await platform(place).channels()
    assert [(one.name, one.private, one.archived, one.joined) for one in page.channels] == [
        ("general", False, False, True),
        ("old", False, True, False),
        ("board", True, False, True),
    ]


@pytest.mark.parametrize("heard", ["member_left_channel", "channel_left"])
async def test_a_group_hears_that_the_bot_was_taken_out_of_its_channel(
    database: Database, heard: str
) -> None:
    async with workspace(
        database, router=Router("all").include(*all_routers(Knowledge(patient=True)))
    ) as place:
        await place.connected()
        news = place.slack.add_channel("news")
        async with database.write() as session:
            group = await groups.add(
                session, slug="news", name="News", purpose="", kind="thematic", now=datetime.now(UTC)
            )
            session.add(GroupChannel(group_id=group.id, platform="slack", external_id=news.id, joined=True))
        event: Json = {"type": heard, "channel": news.id}
        if heard == "member_left_channel":
            event["user"] = place.slack.app.bot_user_id
        assert (await place.post(place.slack.events.envelope(event)))[0] == 200
        async with database.read() as session:
            (held,) = await group_channels.of_group(session, group.id)
            (task,) = await channel_tasks.of_group(session, group.id)
        assert not held.joined
        assert task.action == ChannelAction.REJOIN


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Health and care", "health-and-care"),
        ("  Tai, cartrefi a'r Gŵyl!", "tai-cartrefi-a-r-gŵyl"),
        ("—", "group"),
        ("x" * 100, "x" * 80),
    ],
)
def test_a_name_becomes_one_that_slack_takes(name: str, written: str) -> None:
    assert channel_name(name) == written
