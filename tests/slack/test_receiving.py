"""The address that Slack posts to: what is refused, and what Slack is asked to send again."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from store.database import Database
from store.received import ReceivedUpdate
from tests.fakes.slack.workspace import Json
from tests.slack.workspace import Workspace, workspace


def hello(place: Workspace) -> Json:
    text = f"<@{place.slack.app.bot_user_id}> hello"
    said = place.slack.workspace.post(place.general, place.ann, text)
    told = {"type": "app_mention", "channel": place.general.id, "user": place.ann.id}
    return place.slack.events.envelope({**told, "text": text, "ts": said.ts})


async def handled(place: Workspace) -> int:
    async with place.bot.database.read() as session:
        return await session.scalar(select(func.count()).select_from(ReceivedUpdate)) or 0


async def test_the_address_is_proved_to_slack(place: Workspace) -> None:
    status, text = await place.post({"type": "url_verification", "challenge": "abc"})
    assert (status, text) == (200, '{"challenge": "abc"}')


async def test_a_wrong_signature_is_refused(place: Workspace) -> None:
    status, _text = await place.post(hello(place), X_Slack_Signature="v0=" + "0" * 64)
    assert status == 401
    assert await handled(place) == 0


async def test_a_request_older_than_five_minutes_is_refused(place: Workspace) -> None:
    place.slack.delivery.signing_clock = lambda: time.time() - 301
    status, _text = await place.post(hello(place))
    assert status == 401
    assert await handled(place) == 0


@pytest.mark.parametrize("when", ["", "soon", "-1", "1e3", "9" * 5000, "NaN"])
async def test_a_timestamp_that_nobody_can_read_is_refused_without_a_word(
    place: Workspace, when: str
) -> None:
    with capture_logs() as logged:
        status, text = await place.post(hello(place), X_Slack_Request_Timestamp=when)
    assert (status, text, logged) == (400, "", [])
    assert await handled(place) == 0


async def test_a_signature_that_nobody_can_compare_is_refused_without_a_word(place: Workspace) -> None:
    with capture_logs() as logged:
        status, text = await place.post(hello(place), X_Slack_Signature="v0=é")
    assert (status, text, logged) == (400, "", [])
    assert await handled(place) == 0


async def test_a_body_over_a_megabyte_is_refused(place: Workspace) -> None:
    body = hello(place)
    body["event"]["text"] += "x" * 1024 * 1024
    assert (await place.post(body))[0] == 413
    assert await handled(place) == 0


async def test_a_body_that_does_not_say_how_long_it_is_is_stopped_while_it_is_read(place: Workspace) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _piece in range(80):
            yield b"x" * 2**16

    async with (
        aiohttp.ClientSession() as session,
        session.post(place.bot.address, data=endless()) as answer,
    ):
        assert answer.status == 413
    assert await handled(place) == 0


@pytest.mark.parametrize(
    "body", ["{", "[]", "[" * 20_000, '"text"', "null", b"\xff\xfe", '{"type": "event_callback", "event": 5}']
)
async def test_a_malformed_body_is_refused(place: Workspace, body: str | bytes) -> None:
    status, text = await place.post(body)
    assert 400 <= status < 500
    assert "Traceback" not in text
    assert await handled(place) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"event": {"type": "team_join"}},
        {"event": {"type": "app_mention"}},
        {"event": {"type": "member_joined_channel"}},
        {"event": {"type": "channel_rename", "channel": 7}},
        {"event": {"type": "never_heard_of"}},
    ],
)
async def test_an_event_of_another_shape_is_left_alone(place: Workspace, change: Json) -> None:
    status, text = await place.post(hello(place) | change)
    assert status in (200, 400)
    assert text == ""
    assert await handled(place) == 0


async def test_an_event_that_comes_again_has_no_second_effect(place: Workspace) -> None:
    body = hello(place)
    statuses = [(await place.post(body))[0] for _attempt in range(3)]
    await place.settle()
    assert statuses == [200, 200, 200]
    assert [said.text for said in place.said()] == ["You said: hello"]


async def test_slack_is_asked_to_send_again_what_could_not_be_written(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_arguments: Any) -> Any:
        raise OperationalError("", {}, Exception("database is locked"))

    body = hello(place)
    with monkeypatch.context() as patched:
        patched.setattr(Database, "write", away)
        assert (await place.post(body))[0] == 503
    assert (await place.post(body))[0] == 200
    await place.settle()
    assert [said.text for said in place.said()] == ["You said: hello"]


async def test_nothing_is_taken_before_slack_has_said_who_the_bot_is(database: Database) -> None:
    async with workspace(database, connected=False) as place:
        place.bot.surface.listeners.identity = None
        assert (await place.post(hello(place)))[0] == 503


async def test_over_a_socket_there_is_no_address(database: Database) -> None:
    async with workspace(database, socket=True) as place:
        assert (await place.post(hello(place)))[0] == 404
