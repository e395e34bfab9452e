"""Signed payloads in, acknowledgements and messages out."""

from __future__ import annotations

from tests.slack.workspace import Workspace


async def test_a_mention_is_answered_in_its_thread(place: Workspace) -> None:
    asked = await place.slack.say(place.ann, place.general, f"<@{place.slack.app.bot_user_id}> what is this?")
    await place.settle()
    assert [(said.text, said.thread_ts) for said in place.said()] == [("You said: what is this?", asked.ts)]


async def test_a_direct_message_is_answered(place: Workspace) -> None:
    await place.slack.say(place.ann, place.slack.dm(place.ann), "Hello")
    await place.settle()
    assert [said.text for said in place.said(place.slack.dm(place.ann))] == ["You said: Hello"]
