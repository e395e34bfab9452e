"""Socket Mode down to its frames: envelopes, repetition, and connections that break."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.fake_slack.conftest import Office

Connect = Callable[[], Awaitable[aiohttp.ClientWebSocketResponse]]


@pytest.fixture
async def connect(office: Office) -> AsyncIterator[Connect]:
    """Opens one more connection, past its greeting."""
    client = AsyncWebClient(base_url=office.slack.api_url)
    async with aiohttp.ClientSession() as session:

        async def opened() -> aiohttp.ClientWebSocketResponse:
            answer = await client.apps_connections_open(app_token=office.slack.app.app_token)
            ws = await session.ws_connect(answer["url"], autoping=False)
            assert (await ws.receive_json())["type"] == "hello"
            return ws

        yield opened


async def next_envelope(ws: aiohttp.ClientWebSocketResponse) -> Any:
    return json.loads(await ws.receive_str())


async def test_an_envelope_that_is_not_acknowledged_comes_again_with_its_reason(
    office: Office, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.fakes.slack.limits.ACK_SECONDS", 0.05)
    ws = await connect()
    saying = asyncio.create_task(office.slack.say("officer", "general", "Hello"))
    first = await next_envelope(ws)
    assert (first["type"], first["retry_attempt"]) == ("events_api", 0)
    second = await next_envelope(ws)
    assert (second["retry_attempt"], second["retry_reason"]) == (1, "http_timeout")
    assert second["payload"]["event_id"] == first["payload"]["event_id"]
    await ws.send_json({"envelope_id": second["envelope_id"]})
    await office.slack.until(lambda: len(office.slack.acks) == 2)
    await saying
    assert [ack.ok for ack in office.slack.acks] == [False, True]


async def test_each_envelope_goes_down_one_of_the_open_sockets(office: Office, connect: Connect) -> None:
    sockets = [await connect(), await connect()]
    acts = [
        asyncio.create_task(office.slack.command("officer", "/ask", str(number), "general"))
        for number in range(2)
    ]
    texts = set()
    for ws in sockets:
        envelope = await next_envelope(ws)
        assert envelope["accepts_response_payload"] is True
        texts.add(envelope["payload"]["text"])
        await ws.send_json({"envelope_id": envelope["envelope_id"], "payload": {"text": "Noted"}})
    assert texts == {"0", "1"}
    assert all(ack.ok for ack in await asyncio.gather(*acts))
    assert [message.text for message in office.slack.ephemerals("officer")] == ["Noted", "Noted"]


async def test_a_connection_that_breaks_off_fails_what_was_under_way(
    office: Office, connect: Connect
) -> None:
    ws = await connect()
    asking = asyncio.create_task(office.slack.command("officer", "/ask", "", "general"))
    await next_envelope(ws)
    await office.slack.sockets.break_off()
    ack = await asking
    assert (ack.status, ack.reason) == (None, "connection_failed")
    await office.slack.until(lambda: not len(office.slack.sockets))


async def test_a_frozen_connection_answers_no_ping(office: Office, connect: Connect) -> None:
    ws = await connect()
    await ws.ping(b"one")
    assert (await ws.receive()).data == b"one"
    office.slack.sockets.frozen = True
    await ws.ping(b"two")
    with pytest.raises(TimeoutError):
        await ws.receive(timeout=0.05)
    ack = await office.slack.command("officer", "/ask", "", "general")
    assert ack.reason == "connection_failed"


async def test_a_ticket_opens_one_connection(office: Office) -> None:
    client = AsyncWebClient(base_url=office.slack.api_url)
    answer = await client.apps_connections_open(app_token=office.slack.app.app_token)
    async with aiohttp.ClientSession() as session:
        ws = await session.ws_connect(answer["url"])
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(answer["url"])
        await ws.close()
