"""What is said to the bot in Slack, and what it takes no notice of."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from store.members import Member
from store.outbox import OutboxRow
from store.received import ReceivedUpdate
from tests.fakes.slack.workspace import Json
from tests.slack.workspace import Workspace


def mention(place: Workspace, text: str) -> str:
    return f"<@{place.slack.app.bot_user_id}> {text}"


async def rows(place: Workspace, table: Any) -> int:
    async with place.bot.database.read() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_a_mention_is_answered_in_its_thread(place: Workspace) -> None:
    asked = await place.slack.say(place.ann, place.general, mention(place, "what is this?"))
    await place.settle()
    assert [(said.text, said.thread_ts) for said in place.said()] == [("You said: what is this?", asked.ts)]
    (call,) = place.calls("chat.postMessage")
    async with place.bot.database.read() as session:
        row = (await session.scalars(select(OutboxRow))).one()
    assert call == {
        "channel": place.general.id,
        "text": "You said: what is this?",
        "blocks": [
            {
                "type": "section",
                "block_id": "b000",
                "text": {"type": "mrkdwn", "text": "You said: what is this?", "verbatim": True},
            }
        ],
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {"event_type": "ccin_outbox", "event_payload": {"id": row.id}},
        "thread_ts": asked.ts,
    }


async def test_a_mention_that_slack_tells_twice_has_one_effect(place: Workspace) -> None:
    await place.slack.say(place.ann, place.general, mention(place, "hello"))
    await place.settle()
    kinds = {ack.name for ack in place.slack.acks}
    assert kinds >= {"app_mention", "message"}
    assert len(place.said()) == 1
    assert await rows(place, ReceivedUpdate) == 1


async def test_an_answer_to_a_reply_stays_in_the_thread(place: Workspace) -> None:
    first = await place.slack.say(place.bob, place.general, "Anybody there?")
    await place.slack.say(place.ann, place.general, mention(place, "hello"), thread_ts=first.ts)
    await place.settle()
    assert [said.thread_ts for said in place.said()] == [first.ts]


async def test_a_direct_message_is_answered(place: Workspace) -> None:
    await place.slack.say(place.ann, place.slack.dm(place.ann), "Hello")
    await place.settle()
    assert [said.text for said in place.said(place.slack.dm(place.ann))] == ["You said: Hello"]


async def test_what_is_said_to_others_is_neither_answered_nor_kept(place: Workspace) -> None:
    await place.slack.say(place.ann, place.general, "The budget is a secret")
    await place.settle()
    assert place.said() == []
    assert await rows(place, ReceivedUpdate) == 0
    assert await rows(place, OutboxRow) == 0


async def test_the_bot_takes_no_notice_of_itself_and_other_programs(place: Workspace) -> None:
    robot = place.slack.add_user("robot", is_bot=True)
    await place.slack.say(robot, place.general, mention(place, "beep"))
    await place.slack.say(place.slack.workspace.bot, place.general, mention(place, "me"))
    await place.settle()
    assert len(place.said()) == 1  # What it was made to say itself.
    assert await rows(place, ReceivedUpdate) == 0


async def test_edits_and_deletions_are_not_answered(place: Workspace) -> None:
    dm = place.slack.dm(place.ann)
    message = await place.slack.say(place.ann, dm, "Hello")
    await place.slack.edit(message, "Hello again")
    await place.slack.delete(message)
    await place.settle()
    assert [said.text for said in place.said(dm)] == ["You said: Hello"]


async def test_names_and_links_are_read_as_people_see_them(place: Workspace) -> None:
    text = (
        f"<@{place.bob.id}> in <#{place.general.id}> &amp; <#C9|elsewhere>: &lt;b&gt; "
        "<https://example.org/a|our page> <https://example.org> <mailto:a@example.org|a@example.org> <!here>"
    )
    dm = place.slack.dm(place.ann)
    await place.slack.say(place.ann, dm, text)
    await place.settle()
    assert [said.text for said in place.said(dm)] == [
        "You said: @Bob in #general &amp; #elsewhere: &lt;b&gt; "
        "our page (https://example.org/a) https://example.org a@example.org @here"
    ]


async def test_a_command_is_answered_to_its_sender_alone(place: Workspace) -> None:
    ack = await place.slack.command(place.ann, "/wave", "at <!channel>", place.general)
    await place.settle()
    assert (ack.status, ack.body) == (200, None)
    assert place.said() == []
    (whisper,) = place.whispered()
    assert (whisper.ephemeral_to, whisper.text) == (place.ann.id, "You waved at at @channel.")


async def test_an_unknown_command_gets_a_sentence(place: Workspace) -> None:
    ack = await place.slack.command(place.ann, "/nonsense", "", place.general)
    await place.settle()
    assert ack.status == 200
    assert [whisper.text for whisper in place.whispered()] == [
        "There is no command /nonsense. Type /ccin to see what there is."
    ]


async def test_a_button_acts_and_its_answer_comes_beside_it(place: Workspace) -> None:
    await place.slack.command(place.ann, "/wave", "Bob", place.general)
    await place.settle()
    ack = await place.slack.press(place.ann, place.whispered()[0], "small.wave#0")
    await place.settle()
    assert (ack.status, ack.body) == (200, None)
    assert [whisper.text for whisper in place.whispered()] == ["You waved at Bob.", "You waved at Bob again."]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "{}",
        "[",
        "[1]",
        '{"name":"small.wave","data":{"to":1}}',
        '{"name":"none","data":{}}',
        '{"name":1}',
    ],
)
async def test_a_button_that_nobody_knows_gets_a_sentence(place: Workspace, value: str) -> None:
    await place.slack.command(place.ann, "/wave", "Bob", place.general)
    await place.settle()
    message = place.whispered()[0]
    message.blocks[1]["elements"][0]["value"] = value
    ack = await place.slack.press(place.ann, message, "small.wave#0")
    await place.settle()
    assert ack.status == 200
    assert place.whispered()[1].text.startswith("That button no longer works.")


async def test_the_home_tab_is_filled_when_it_is_opened(place: Workspace) -> None:
    await place.slack.open_home(place.ann)
    await place.slack.open_home(place.ann, tab="messages")
    await place.settle()
    home = place.slack.views.home(place.ann.id)
    assert home is not None
    assert [block["type"] for block in home.blocks] == ["header", "section", "actions"]
    assert len(place.calls("views.publish")) == 1
    await place.slack.press(place.ann, home, "small.begin#0")
    await place.settle()
    assert place.modal().body["title"]["text"] == "An application for a sm…"


async def test_somebody_new_is_welcomed_once_in_their_direct_messages(place: Workspace) -> None:
    carol = await place.slack.join_team("carol", real_name="Carol Example")
    await place.settle()
    assert [said.text for said in place.said(place.slack.dm(carol))] == ["Welcome, Carol Example."]


async def test_a_program_that_joins_is_nobody(place: Workspace) -> None:
    before = await rows(place, Member)
    await place.slack.join_team("robot", is_bot=True)
    await place.settle()
    assert await rows(place, Member) == before


async def test_an_event_of_another_workspace_is_left_alone(place: Workspace) -> None:
    body = event(
        place, {"type": "app_mention", "user": place.ann.id, "text": mention(place, "x"), "ts": "1.0"}
    )
    body["authorizations"][0]["team_id"] = "T99999999"
    assert (await place.post(body))[0] == 200
    await place.settle()
    assert place.said() == []


def event(place: Workspace, told: Json) -> Json:
    """An event as it comes, in the channel general."""
    return place.slack.events.envelope({"channel": place.general.id, **told})
