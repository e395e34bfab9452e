"""Socket Mode, end to end."""

from __future__ import annotations

import asyncio

import pytest

from store.database import Database
from tests.slack.workspace import workspace


async def test_everything_works_over_a_socket(database: Database) -> None:
    async with workspace(database, socket=True) as place:
        assert place.bot.surface.problem() is None
        asked = await place.slack.say(place.ann, place.general, f"<@{place.slack.app.bot_user_id}> hello")
        await place.settle()
        assert [(said.text, said.thread_ts) for said in place.said()] == [("You said: hello", asked.ts)]
        await place.slack.command(place.ann, "/apply", "Hello there", place.general)
        await place.settle()
        ack = await place.slack.submit_view(place.ann, values={"field:title": "ab"})
        assert ack.body["errors"] == {"field:title": "Write at least 3 characters."}
        found = await place.slack.submit_view(place.ann, values={"field:title": "Longer"})
        assert found.body["response_action"] == "update"
        options = await place.slack.options(place.ann, place.modal(), "field:council", "brook")
        assert [one["value"] for one in options] == ["2"]


async def test_a_socket_that_hears_nothing_is_not_ready(database: Database) -> None:
    async with workspace(database, socket=True) as place:
        assert place.bot.surface.problem() is None
        socket = place.bot.surface._socket
        assert socket is not None
        socket._heard_at = 1.0
        assert socket._handler is not None
        socket._handler.client.last_ping_pong_time = None
        assert place.bot.surface.problem() == "Slack's socket is open but nothing is heard on it."


async def test_a_socket_that_is_lost_is_made_anew(database: Database) -> None:
    async with workspace(database, socket=True) as place:
        socket = place.bot.surface._socket
        assert socket is not None
        before = socket._handler
        await socket.watch()
        assert socket._handler is before
        socket._heard_at = socket._began_at = 1.0
        assert before is not None
        before.client.last_ping_pong_time = None
        await socket.watch()
        assert socket._handler is not before
        await place.slack.until(lambda: len(place.slack.sockets) == 1)
        await place.slack.say(place.ann, place.slack.dm(place.ann), "Still there?")
        await place.settle()
        assert [said.text for said in place.said(place.slack.dm(place.ann))] == ["You said: Still there?"]
        assert place.bot.surface.problem() is None


async def test_a_socket_that_breaks_off_comes_back(database: Database) -> None:
    # What is lost on the way is sent again soon.
    often = (0.1,) * 50
    async with workspace(database, socket=True, ping_seconds=0.3, retry_delays=often) as place:
        await place.slack.sockets.break_off()
        await place.slack.until(lambda: len(place.slack.sockets) == 0)
        await place.slack.until(lambda: len(place.slack.sockets) == 1)
        await place.slack.say(place.ann, place.slack.dm(place.ann), "Back?")
        await place.slack.until(lambda: place.said(place.slack.dm(place.ann)))
        assert [said.text for said in place.said(place.slack.dm(place.ann))] == ["You said: Back?"]


async def test_a_bot_that_stops_acknowledges_nothing_more(database: Database) -> None:
    async with workspace(database, socket=True) as place:
        socket = place.bot.surface._socket
        assert socket is not None
        assert socket._handler is not None
        socket._handler.ending = True
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await place.slack.say(place.ann, place.slack.dm(place.ann), "Too late")
        assert place.said(place.slack.dm(place.ann)) == []
