"""Delivery to Slack: pacing, faults on the way, and messages found again after a crash."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.slack.api import Api
from handlers.kit.errors import DeliveryError
from handlers.kit.messages import Message
from handlers.kit.platform import Delivery
from handlers.kit.updates import Place, PlaceKind
from store.outbox import OutboxRow, Status
from store.pacing import Lane
from tests.fakes.slack import Fault
from tests.slack.workspace import Workspace

NOBODY = Place("slack", PlaceKind.DIRECT, "U0NOBODY")


def delivery(text: str = "Hello", identity: str = "a" * 32) -> Delivery:
    return Delivery(identity, None, Message(text=text), datetime.now(UTC))


def channel(place: Workspace, thread: str | None = None) -> Place:
    return Place("slack", PlaceKind.CHANNEL, place.general.id, thread=thread)


async def test_slack_says_when_to_try_again(place: Workspace) -> None:
    platform = place.bot.surface.platform
    place.slack.api.fault = lambda _method, _arguments: Fault("rate_limit", seconds=30)
    with pytest.raises(DeliveryError) as caught:
        await platform.deliver(delivery(), channel(place))
    assert (caught.value.reason, caught.value.retry_after, caught.value.started) == ("ratelimited", 30, False)


async def test_where_slack_asked_to_wait_a_message_waits_and_it_is_no_attempt(place: Workspace) -> None:
    faults = [Fault("rate_limit", seconds=30)]

    def commit(method: str, _arguments: object) -> Fault | None:
        return faults.pop() if faults and method == "chat.postMessage" else None

    place.slack.api.fault = commit
    await place.slack.command(place.ann, "/wave", f"all {place.general.id}", place.general)
    await place.settle()
    assert len(place.calls("chat.postMessage")) == 1
    async with place.bot.database.read() as session:
        row = (await session.scalars(select(OutboxRow).where(OutboxRow.status == Status.QUEUED))).one()
        lane = await session.get_one(Lane, ("slack", place.general.id))
    assert timedelta(seconds=29) < row.due_at - row.created_at < timedelta(seconds=90)
    assert (row.attempts, lane.next_at >= row.due_at) == (0, True)


def test_what_is_posted_waits_its_turn_and_a_private_answer_does_not(place: Workspace) -> None:
    platform = place.bot.surface.platform
    url = f"{place.slack.url}/response/one"
    assert platform.lane(channel(place, thread="1.1")) == place.general.id
    assert platform.lane(Place("slack", PlaceKind.DIRECT, place.ann.id)) == place.ann.id
    assert platform.lane(Place("slack", PlaceKind.CHANNEL, place.general.id, reply_url=url)) is None
    assert platform.lane(Place("slack", PlaceKind.HOME, place.ann.id)) is None


@pytest.mark.parametrize(
    ("fault", "started"),
    [(Fault("status", status=503), True), (Fault("drop_before"), True), (Fault("drop_after"), True)],
)
async def test_a_call_that_broke_off_may_have_been_heard(
    place: Workspace, fault: Fault, started: bool
) -> None:
    place.slack.api.fault = lambda _method, _arguments: fault
    with pytest.raises(DeliveryError) as caught:
        await place.bot.surface.platform.deliver(delivery(), channel(place))
    assert (caught.value.retry_after, caught.value.started) == (5, started)


async def test_what_never_reached_slack_can_be_sent_again() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        api = Api("xoxb-none", address)
        for attempt in (api.call("chat.postMessage"), api.post(address, {})):
            with pytest.raises(DeliveryError) as caught:
                await attempt
            assert (caught.value.retry_after, caught.value.started) == (5, False)
    await api.close()


async def test_a_long_list_is_read_page_by_page_and_waited_for(place: Workspace) -> None:
    for number in range(25):
        place.slack.add_user(f"person{number}")
    waits: list[float] = []
    faults = [Fault("rate_limit", seconds=7)]

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    def commit(_method: str, arguments: Any) -> Fault | None:
        return faults.pop() if faults and "cursor" in arguments else None

    place.slack.api.fault = commit
    api = Api(place.slack.app.bot_token, place.slack.api_url, sleep=sleep)
    read = [one["name"] async for one in api.pages("users.list", {"limit": 10}, "members")]
    await api.close()
    assert len(read) == len(set(read)) == 28
    assert waits == [7]


async def test_what_can_never_be_delivered_is_not_tried_again(place: Workspace) -> None:
    platform = place.bot.surface.platform
    place.general.is_archived = True
    with pytest.raises(DeliveryError) as caught:
        await platform.deliver(delivery(), channel(place))
    assert (caught.value.reason, caught.value.retry_after) == ("is_archived", None)
    with pytest.raises(DeliveryError) as caught:
        await platform.deliver(delivery(), NOBODY)
    assert (caught.value.reason, caught.value.retry_after) == ("channel_not_found", None)
    with pytest.raises(DeliveryError) as caught:
        await platform.deliver(delivery(), Place("slack", PlaceKind.WORKSPACE, "T1"))
    assert caught.value.retry_after is None


async def test_a_token_that_slack_refuses_waits_for_the_operator(place: Workspace) -> None:
    place.slack.app.token_error = "token_revoked"
    with pytest.raises(DeliveryError) as caught:
        await place.bot.surface.platform.deliver(delivery(), channel(place))
    assert caught.value.retry_after == 300
    assert place.bot.surface.problem() == "Slack refuses the bot's token (token_revoked)."
    place.slack.app.token_error = None
    await place.bot.surface.platform.deliver(delivery(), channel(place))
    assert place.bot.surface.problem() is None


async def test_a_message_that_may_have_been_taken_is_found_by_its_mark(place: Workspace) -> None:
    platform = place.bot.surface.platform
    thread = await place.slack.say(place.ann, place.general, "A thread")
    here = (channel(place), channel(place, thread.ts), Place("slack", PlaceKind.DIRECT, place.ann.id))
    for number, where in enumerate(here):
        one = delivery(identity=f"{number}")
        assert await platform.find(one, where) is None
        delivered = await platform.deliver(one, where)
        assert await platform.find(one, where) == delivered
    answered = Place("slack", PlaceKind.DIRECT, place.ann.id, reply_url="https://slack.example.org/x")
    assert await platform.find(delivery(identity="0"), answered) is None


async def test_where_the_bot_may_not_look_nobody_can_tell(place: Workspace) -> None:
    place.slack.app.scopes -= {"channels:history", "im:write"}
    platform = place.bot.surface.platform
    assert await platform.find(delivery(), channel(place)) is None
    assert await platform.find(delivery(), Place("slack", PlaceKind.DIRECT, place.ann.id)) is None
    assert await platform.find(delivery(), NOBODY) is None
    assert place.bot.surface.problem() is None


async def test_a_message_slack_took_without_saying_so_is_said_once(place: Workspace) -> None:
    faults = [Fault("drop_after")]

    def commit(method: str, _arguments: object) -> Fault | None:
        return faults.pop() if faults and method == "chat.postMessage" else None

    place.slack.api.fault = commit
    await place.slack.command(place.ann, "/wave", f"all {place.general.id}", place.general)
    await place.bot.relay.wait()
    assert faults == []
    await place.again()
    await place.settle()
    assert [said.text for said in place.said()] == ["Hello, all"]
    assert len(place.calls("conversations.history")) == 1


async def test_a_delivered_card_changes(place: Workspace) -> None:
    await place.slack.command(place.ann, "/wave", f"all {place.general.id}", place.general)
    await place.settle()
    await place.slack.command(place.ann, "/change", "Goodbye, all", place.general)
    await place.settle()
    assert [said.text for said in place.said()] == ["Goodbye, all"]


async def test_an_answer_to_one_person_cannot_be_changed(place: Workspace) -> None:
    with pytest.raises(DeliveryError) as caught:
        await place.bot.surface.platform.edit({"platform": "slack"}, Message(text="Other"))
    assert caught.value.retry_after is None


async def test_an_answer_that_comes_too_late_is_given_up(place: Workspace) -> None:
    url = f"{place.slack.url}/response/gone"
    where = Place("slack", PlaceKind.CHANNEL, place.general.id, reply_url=url)
    with pytest.raises(DeliveryError) as caught:
        await place.bot.surface.platform.deliver(delivery(), where)
    assert caught.value.retry_after is None
