"""Administrators choose the channels that the bot posts to."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from handlers.kit.replies import Outcome
from handlers.kit.updates import Lookup
from store import channels, choices
from store.audit import AuditRecord
from store.database import Database
from store.roles import Role
from tests.bot import TestBot, TestClock, form_of, message_of


@pytest.fixture
async def bot(database: Database, clock: TestClock) -> TestBot:
    async with database.write() as session:
        await channels.save(session, "slack", "C1", name="review", is_private=True, joined=True)
        await channels.save(session, "slack", "C2", name="general")
        await channels.save(session, "slack", "C3", name="old-review", is_archived=True)
    bot = TestBot(database, clock)
    await bot.add_member("ada", Role.ADMINISTRATOR)
    return bot


async def chosen(bot: TestBot) -> dict[str, str | None]:
    names = (choices.REVIEW_CHANNEL, choices.ANNOUNCEMENT_CHANNEL, choices.HANDOVER_CHANNEL)
    async with bot.database.read() as session:
        return {name: await choices.get(session, name) for name in names}


async def test_channels_are_found_by_name_chosen_and_recorded(bot: TestBot) -> None:
    view = form_of(await bot.command("ada", "ccin", "channels"))
    options = (await bot.handle("ada", Lookup("channels.choose", "review", "review"))).options
    assert [(option.value, option.label) for option in options] == [("slack:C1", "#review (Slack)")]
    saved = message_of(await bot.submit("ada", view, {"review": "slack:C1", "announcements": "slack:C2"}))
    assert [(fact.label, fact.value) for fact in saved.facts] == [
        ("Reviews", "#review"),
        ("Announcements", "#general"),
        ("Hand-over", "nowhere"),
    ]
    assert [line.split(",")[0] for line in saved.small_print] == ["I am not in #general yet"]
    assert list((await chosen(bot)).values()) == ["slack:C1", "slack:C2", None]
    async with bot.database.read() as session:
        record = (await session.scalars(select(AuditRecord))).one()
    assert (record.act, record.fields) == ("channels.choose", ["channel.announcements", "channel.review"])


async def test_the_form_begins_with_what_was_chosen_and_a_choice_can_be_taken_back(bot: TestBot) -> None:
    view = form_of(await bot.command("ada", "ccin", "channels"))
    await bot.submit("ada", view, {"review": "slack:C1"})
    again = form_of(await bot.command("ada", "ccin", "channels"))
    assert again.answers == {"review": "slack:C1"}
    assert [option.label for option in again.chosen["review"]] == ["#review (Slack)"]
    await bot.submit("ada", again, {"review": ""})
    assert set((await chosen(bot)).values()) == {None}


@pytest.mark.parametrize("value", ["slack:C3", "slack:C9", "C1", "slack:", "other:C1", ":" * 200])
async def test_a_channel_that_is_not_there_is_told_beside_its_field(bot: TestBot, value: str) -> None:
    view = form_of(await bot.command("ada", "ccin", "channels"))
    wrong = form_of(await bot.submit("ada", view, {"announcements": "slack:C2", "review": value}))
    assert set(wrong.problems) == {"review"}
    assert set((await chosen(bot)).values()) == {None}


async def test_only_administrators_choose_channels(bot: TestBot) -> None:
    await bot.add_member("ann", Role.REVIEWER)
    assert (await bot.command("ann", "ccin", "channels")).outcome is Outcome.REFUSED
    assert (await bot.handle("ann", Lookup("channels.choose", "review", ""))).options == ()


async def test_two_processes_note_the_same_channel(database: Database) -> None:
    async def note(name: str) -> None:
        async with database.write() as session:
            await channels.save(session, "slack", "C9", name=name)

    async with database.write() as session:
        await channels.save(session, "slack", "C9", name="before")
        # It waits for this transaction, having seen nothing of it.
        other = asyncio.create_task(note("after"))
        await asyncio.sleep(0.2)
    await other
    async with database.read() as session:
        found = await channels.by_id(session, "slack", "C9")
    assert found is not None
    assert found.name == "after"
