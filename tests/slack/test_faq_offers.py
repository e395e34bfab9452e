"""Offered answers in Slack: what is said in a channel to others than the bot."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from handlers import all_routers
from handlers.faq_knowledge import Knowledge
from handlers.kit.router import Router
from store import groups, members
from store.database import Database
from store.group_channels import GroupChannel
from store.groups import Group
from store.outbox import OutboxRow
from store.schema import METADATA
from store.seed import seed
from tests.bot import NOW, ROOT
from tests.fakes.slack import Message
from tests.slack.workspace import Workspace, workspace

FEE = "How much does membership cost?"


@pytest.fixture
async def place(database: Database) -> AsyncIterator[Workspace]:
    """A workspace with every feature and an administrator of no kind; the channel general is a group's."""
    await seed(database, ROOT / "data", NOW)
    knowledge = Knowledge(patient=True)
    async with database.read() as session:
        # Learnt now: what is overheard waits for nothing.
        await knowledge.decide(session, FEE)
    router = Router("all").include(*all_routers(knowledge))
    async with workspace(database, router=router, people=("ann", "bob", "lea")) as running:
        async with database.write() as session:
            group = await groups.add(
                session, slug="tea", name="Tea", purpose="Tea.", kind="thematic", now=NOW
            )
            session.add(
                GroupChannel(group_id=group.id, platform="slack", external_id=running.general.id, joined=True)
            )
            known = await members.by_identity(session, "slack", running.slack.user("lea").id)
            assert known is not None
            await groups.make_lead(session, group.id, known[0].id, now=NOW)
        yield running


async def switch(place: Workspace, *, on: bool) -> None:
    async with place.bot.database.write() as session:
        group = (await session.scalars(select(Group).where(Group.slug == "tea"))).one()
        group.offers_answers = on


async def everything(place: Workspace) -> list[str]:
    rows: list[str] = []
    async with place.bot.database.read() as session:
        for table in METADATA.sorted_tables:
            rows += [f"{table.name} {row!r}" for row in await session.execute(select(table))]
    return sorted(rows)


async def ask(place: Workspace, text: str = FEE, **details: str) -> Message:
    said = await place.slack.say(place.ann, place.general, text, **details)
    await place.settle()
    return said


def not_helpful(answer: Message) -> str:
    """The wire id of the button that takes the answer away."""
    for block in answer.blocks:
        for element in block.get("elements", []):
            if "faq.take_away" in str(element.get("value")):
                return str(element["action_id"])
    raise AssertionError(answer.blocks)


async def test_a_channel_without_the_switch_leaves_no_trace(
    place: Workspace, capfd: pytest.CaptureFixture[str]
) -> None:
    capfd.readouterr()
    before = await everything(place)
    for text in (FEE, "Lunch at the Red Lion?", f"<@{place.bob.id}> {FEE}", "<!here> who is in?"):
        await ask(place, text)
    assert await everything(place) == before
    assert "".join(capfd.readouterr()) == ""
    assert place.said() == []


async def test_a_question_is_answered_in_its_thread(place: Workspace) -> None:
    await switch(place, on=True)
    said = await ask(place)
    (answer,) = place.said()
    assert answer.thread_ts == said.ts
    assert "I offer this by myself" in str(answer.blocks)


async def test_an_event_that_comes_again_gives_one_answer(place: Workspace) -> None:
    await switch(place, on=True)
    said = place.slack.workspace.post(place.general, place.ann, FEE)
    event = {**said.to_json(), "channel": place.general.id, "channel_type": "channel"}
    for _attempt in range(3):
        assert (await place.post(place.slack.events.envelope(dict(event))))[0] == 200
    await place.settle()
    assert len(place.said()) == 1


async def test_a_mention_in_such_a_channel_is_answered_once(place: Workspace) -> None:
    await switch(place, on=True)
    await ask(place, f"<@{place.slack.app.bot_user_id}> {FEE}")
    (answer,) = place.said()
    assert "I offer this by myself" not in str(answer.blocks)


async def test_threads_edits_programs_and_talk_with_others_are_left_alone(place: Workspace) -> None:
    await switch(place, on=True)
    first = await ask(place, "Does anyone know the way to Oldham?")
    other = place.slack.add_user("helper", is_bot=True)
    before = await everything(place)
    await ask(place, thread_ts=first.ts)
    await place.slack.edit(first, FEE)
    await place.slack.say(other, place.general, FEE)
    await ask(place, f"<@{place.bob.id}> {FEE}")
    await ask(place, FEE, subtype="me_message")
    await place.settle()
    assert place.said() == []
    assert await everything(place) == before


async def test_a_follow_up_needs_a_mention_unless_its_answer_is_sure(place: Workspace) -> None:
    await switch(place, on=True)
    said = await ask(place)
    await ask(place, "And for affiliates?", thread_ts=said.ts)
    assert len(place.said()) == 1
    await ask(place, f"<@{place.slack.app.bot_user_id}> and for affiliates?", thread_ts=said.ts)
    assert len(place.said()) == 2
    await ask(place, "and who is on the executive committee?", thread_ts=said.ts)
    assert "I offer this by myself" in str(place.said()[-1].blocks)
    assert [answer.thread_ts for answer in place.said()] == [said.ts] * 3


async def test_who_asked_takes_the_answer_away_and_others_are_told_that_they_may_not(
    place: Workspace,
) -> None:
    await switch(place, on=True)
    await ask(place)
    (answer,) = place.said()
    await place.slack.press(place.bob, answer, not_helpful(answer))
    await place.settle()
    assert "Only the person who asked" in place.whispered()[-1].text
    assert len(place.said()) == 1
    await place.slack.press(place.ann, answer, not_helpful(answer))
    await place.settle()
    assert place.said() == []
    assert [call["ts"] for call in place.calls("chat.delete")] == [answer.ts]
    assert "taken my answer away" in place.whispered()[-1].text


async def test_a_lead_takes_it_away_also_where_somebody_deleted_it_in_slack(place: Workspace) -> None:
    await switch(place, on=True)
    await ask(place)
    (answer,) = place.said()
    place.slack.workspace.remove(answer)
    await place.slack.press(place.slack.user("lea"), answer, not_helpful(answer))
    await place.settle()
    assert "taken my answer away" in place.whispered()[-1].text
    async with place.bot.database.read() as session:
        row = (await session.scalars(select(OutboxRow).where(OutboxRow.key.startswith("faq_offer:")))).one()
    assert (row.status, row.edit, row.error) == ("withdrawn", None, None)
