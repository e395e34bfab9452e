"""Events, commands and interactions on their way to a Bolt app, over HTTP and over Socket Mode."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse

from tests.fake_slack.conftest import Office

Heard = list[Any]

BUTTONS = [
    {
        "type": "actions",
        "block_id": "review",
        "elements": [
            {
                "type": "button",
                "action_id": "publish",
                "text": {"type": "plain_text", "text": "Publish"},
                "value": "7",
            },
            {
                "type": "overflow",
                "action_id": "more",
                "options": [{"text": {"type": "plain_text", "text": "Decline"}, "value": "decline"}],
            },
        ],
    }
]


@pytest.fixture(params=["http", "socket"])
def app(request: pytest.FixtureRequest, office: Office) -> AsyncApp:
    """The Bolt app by either way in."""
    reached = request.getfixturevalue("over_http" if request.param == "http" else "over_socket")
    bolt: AsyncApp = reached.app if isinstance(reached, AsyncSocketModeHandler) else reached
    return bolt


async def test_a_mention_is_told_as_a_mention_and_as_a_message(office: Office, app: AsyncApp) -> None:
    heard: Heard = []

    @app.event("app_mention")
    async def mentioned(event: Any, body: Any) -> None:
        heard.append((event["type"], event["ts"], body["event_id"]))

    @app.event("message")
    async def said(event: Any, body: Any) -> None:
        heard.append((event["type"], event["ts"], body["event_id"]))

    text = f"<@{office.slack.app.bot_user_id}> what is the network?"
    message = await office.slack.say("councillor", "general", text)
    assert sorted(kind for kind, *_ in heard) == ["app_mention", "message"]
    assert {ts for _, ts, _ in heard} == {message.ts}
    assert len({event_id for *_, event_id in heard}) == 2
    assert [ack.ok for ack in office.slack.acks] == [True, True]
    assert all(ack.seconds < 3 for ack in office.slack.acks)


async def test_an_app_hears_nothing_from_a_channel_it_is_not_in(office: Office, app: AsyncApp) -> None:
    office.slack.add_channel("elsewhere", office.councillor, bot=False)
    await office.slack.say("councillor", "elsewhere", f"<@{office.slack.app.bot_user_id}> hello")
    assert office.slack.acks == []


async def test_a_bots_answer_comes_back_to_it_as_its_own_message(office: Office, app: AsyncApp) -> None:
    heard: Heard = []

    @app.event("app_mention")
    async def mentioned(event: Any, client: Any) -> None:
        await client.chat_postMessage(channel=event["channel"], text="Hello", thread_ts=event["ts"])

    @app.event("message")
    async def said(event: Any) -> None:
        heard.append(event.get("bot_id"))

    message = await office.slack.say("councillor", "general", f"<@{office.slack.app.bot_user_id}>")
    replies = office.slack.messages("general", message.ts)
    assert [reply.text for reply in replies] == ["Hello"]
    assert office.slack.bot_messages("general") == replies
    await office.slack.until(lambda: office.slack.app.bot_id not in heard)


async def test_a_command_is_answered_in_its_acknowledgement(office: Office, app: AsyncApp) -> None:
    @app.command("/ask")
    async def ask(ack: Any, command: Any) -> None:
        await ack(f"You asked: {command['text']}")

    answer = await office.slack.command("officer", "/ask", "who pays?", "general")
    assert answer.ok
    assert [message.text for message in office.slack.ephemerals("officer")] == ["You asked: who pays?"]


async def test_a_press_replaces_its_message_through_the_response_address(
    office: Office, app: AsyncApp
) -> None:
    @app.action("publish")
    async def publish(ack: Any, action: Any, respond: Any) -> None:
        await ack()
        await respond(text=f"Published {action['value']}", replace_original=True)

    slack = office.slack
    card = slack.workspace.post(office.general, slack.workspace.bot, "Review", blocks=BUTTONS)
    assert (await slack.press("officer", card, "publish")).ok
    assert (card.text, card.blocks) == ("Published 7", [])


async def test_an_overflow_menu_carries_the_option_chosen(office: Office, app: AsyncApp) -> None:
    heard: Heard = []

    @app.action("more")
    async def more(ack: Any, action: Any) -> None:
        await ack()
        heard.append(action["selected_option"]["value"])

    slack = office.slack
    card = slack.workspace.post(office.general, slack.workspace.bot, "Review", blocks=BUTTONS)
    await slack.press("officer", card, "more", "decline")
    assert heard == ["decline"]


async def test_a_message_shortcut_carries_the_message(office: Office, app: AsyncApp) -> None:
    heard: Heard = []

    @app.shortcut("make_case_study")
    async def make(ack: Any, shortcut: Any) -> None:
        await ack()
        heard.append(shortcut["message"]["text"])

    message = office.slack.workspace.post(office.general, office.councillor, "We built a shed")
    await office.slack.shortcut("officer", "make_case_study", message)
    assert heard == ["We built a shed"]


async def test_joining_changing_and_leaving_are_told(office: Office, app: AsyncApp) -> None:
    heard: Heard = []

    async def note(event: Any) -> None:
        if event.get("subtype") is None:
            heard.append(event["type"])

    names = ("team_join", "user_change", "member_joined_channel", "member_left_channel", "app_home_opened")
    for name in (*names, "message"):
        app.event(name)(note)
    slack = office.slack
    newcomer = await slack.join_team("newcomer")
    assert newcomer.id in office.general.members
    await slack.change_user(newcomer, is_email_confirmed=False)
    await slack.leave_channel(newcomer, "general")
    await slack.open_home(newcomer)
    assert heard == [
        "team_join",
        "member_joined_channel",
        "user_change",
        "member_left_channel",
        "app_home_opened",
    ]
    assert all(ack.ok for ack in slack.acks)


async def test_an_event_that_is_not_acknowledged_is_sent_again(office: Office, over_http: AsyncApp) -> None:
    heard: Heard = []

    @over_http.middleware
    async def note(req: Any) -> BoltResponse:
        number, reason = (req.headers.get(f"x-slack-retry-{name}") for name in ("num", "reason"))
        heard.append((number, reason, req.body["event_id"]))
        return BoltResponse(status=200 if len(heard) == 3 else 500)

    await office.slack.say("councillor", "general", "Anyone there?")
    await office.slack.until(lambda: len(office.slack.acks) == 3)
    event_id = heard[0][2]
    assert heard == [
        (None, None, event_id),
        (["1"], ["http_error"], event_id),
        (["2"], ["http_error"], event_id),
    ]
    assert [(ack.attempt, ack.status) for ack in office.slack.acks] == [(0, 500), (1, 500), (2, 200)]


async def test_an_app_that_is_away_is_tried_three_times_more(office: Office) -> None:
    office.slack.delivery.app_url = "http://127.0.0.1:9/slack/events"
    await office.slack.say("councillor", "general", "Anyone there?")
    await office.slack.until(lambda: len(office.slack.acks) == 4)
    assert {ack.reason for ack in office.slack.acks} == {"connection_failed"}


async def test_a_slow_answer_is_no_answer(
    office: Office, over_http: AsyncApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.fakes.slack.limits.ACK_SECONDS", 0.05)
    release = asyncio.Event()

    @over_http.command("/ask")
    async def ask(ack: Any) -> None:
        await release.wait()
        await ack()

    answer = await office.slack.command("officer", "/ask", "", "general")
    release.set()
    assert (answer.status, answer.reason) == (None, "http_timeout")
    assert [message.text for message in office.slack.ephemerals("officer")] == [
        "/ask failed with the error “operation_timeout”"
    ]


async def test_a_signature_with_another_secret_is_refused_by_the_app(
    office: Office, over_http: AsyncApp
) -> None:
    office.slack.app.signing_secret = "another"
    answer = await office.slack.command("officer", "/ask", "", "general")
    assert answer.status == 401


async def test_a_response_address_works_five_times_and_for_half_an_hour(office: Office) -> None:
    slack = office.slack
    first = slack.response_urls.issue(office.officer.id, office.general.id)
    second = slack.response_urls.issue(office.officer.id, office.general.id)
    async with aiohttp.ClientSession() as session:

        async def respond(token: str) -> int:
            address = f"{slack.url}/response/{token}"
            async with session.post(address, json={"text": "Still here"}) as response:
                return response.status

        assert [await respond(first) for _ in range(6)] == [200] * 5 + [404]
        office.clock.seconds += 31 * 60
        assert await respond(second) == 404
    assert len(slack.ephemerals("officer")) == 5


async def test_the_socket_is_renewed_when_slack_asks(
    office: Office, over_socket: AsyncSocketModeHandler
) -> None:
    heard: Heard = []
    assert over_socket.app is not None

    @over_socket.app.event("message")
    async def said(event: Any) -> None:
        heard.append(event["text"])

    connects = [method for method, _ in office.slack.api.calls].count("apps.connections.open")
    await office.slack.sockets.ping()
    await office.slack.sockets.ask_to_refresh("warning")
    await office.slack.until(
        lambda: [method for method, _ in office.slack.api.calls].count("apps.connections.open") > connects
    )
    await office.slack.until(lambda: len(office.slack.sockets) == 1)
    await office.slack.say("councillor", "general", "Still there?")
    await office.slack.until(lambda: heard)
    assert heard == ["Still there?"]


async def test_a_command_that_the_app_does_not_know_fails_in_slacks_words(
    office: Office, over_http: AsyncApp
) -> None:
    answer = await office.slack.command("officer", "/unknown", "", "general")
    assert answer.status == 404
    assert "dispatch_failed" in office.slack.ephemerals("officer")[0].text
