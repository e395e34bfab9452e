"""Everything comes five times at once, as it may from Slack, and has one effect."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from store.drafts import Draft
from store.received import ReceivedUpdate
from tests.fakes.slack import Ack
from tests.fakes.slack.workspace import Json
from tests.slack.workspace import Workspace

TIMES = 5


@pytest.fixture
def repeated(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace whose Slack delivers whatever happens so many times at once, by HTTP."""
    attempt = place.slack.delivery._attempt

    async def attempts(kind: Any, name: str, about: str, payload: Json, *rest: Any) -> Ack:
        acks = await asyncio.gather(*(attempt(kind, name, about, payload, *rest) for _ in range(TIMES)))
        assert [ack.status for ack in acks] == [200] * TIMES
        # One of them says what comes next; the others have nothing to say.
        said = [ack for ack in acks if ack.body]
        assert len(said) <= 1 or name == "block_suggestion"
        return said[0] if said else acks[0]

    monkeypatch.setattr(place.slack.delivery, "_attempt", attempts)
    return place


async def count(place: Workspace, table: Any) -> int:
    async with place.bot.database.read() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_a_mention_is_answered_once(repeated: Workspace) -> None:
    text = f"<@{repeated.slack.app.bot_user_id}> hello"
    await repeated.slack.say(repeated.ann, repeated.general, text)
    await repeated.settle()
    assert [said.text for said in repeated.said()] == ["You said: hello"]
    assert await count(repeated, ReceivedUpdate) == 1


async def test_a_command_and_a_button_act_once(repeated: Workspace) -> None:
    await repeated.slack.command(repeated.ann, "/wave", "Bob", repeated.general)
    await repeated.settle()
    (waved,) = repeated.whispered()
    await repeated.slack.press(repeated.ann, waved, "small.wave#0")
    await repeated.settle()
    assert [said.text for said in repeated.whispered()] == ["You waved at Bob.", "You waved at Bob again."]
    assert await count(repeated, ReceivedUpdate) == 2


async def test_a_form_is_opened_and_sent_once(repeated: Workspace) -> None:
    await repeated.slack.command(repeated.ann, "/apply", "Hello there", repeated.general)
    await repeated.settle()
    assert await count(repeated, Draft) == 1
    assert len(repeated.calls("views.open")) == 1
    await repeated.slack.submit_view(repeated.ann)
    found = await repeated.slack.options(repeated.ann, repeated.modal(), "field:council", "brook")
    values = {"field:amount": "20", "field:council": found[0]}
    await repeated.slack.submit_view(repeated.ann, values=values)
    await repeated.settle()
    said = repeated.said(repeated.slack.dm(repeated.ann))
    assert [one.text for one in said] == ["We have “Hello there”."]
