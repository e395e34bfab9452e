"""Events from files: every problem by line, drafts and nothing else, and nothing twice."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from handlers import imports, spreadsheets
from handlers.event_import import COLUMNS
from handlers.import_plans import Kind, Plan
from handlers.kit.words import Words
from store import event_audiences
from store.audit import AuditRecord
from store.events import Event, EventState
from tests.bot import NOW, TestBot
from tests.network import add_group
from tests.test_events import change, network

HEAD = "title,starts_on,starts_time,ends_time,groups,everyone,place\n"


async def bring_in(bot: TestBot, text: str) -> tuple[Plan, bool]:
    async with bot.database.write() as session:
        return await imports.bring_in(
            session, Kind.EVENTS, Words("en"), text.encode(), actor_id=None, now=bot.clock()
        )


async def every(bot: TestBot) -> list[Event]:
    async with bot.database.read() as session:
        return list(await session.scalars(select(Event).order_by(Event.starts_at)))


async def test_lines_become_drafts_for_whom_they_say(bot: TestBot) -> None:
    group = await add_group(bot, "Housing")
    text = HEAD + "Summer school,2027-07-01,09:30,16:00,housing,,Leeds\nCall,01/02/2027,9.30,10:00,,yes,\n"
    plan, done = await bring_in(bot, text)
    assert (done, len(plan.added)) == (True, 2)
    call, school = await every(bot)
    assert (school.title, school.place, school.state(NOW)) == ("Summer school", "Leeds", EventState.DRAFT)
    # Half past nine by the clocks of London, which are an hour ahead in summer.
    assert school.starts_at == datetime(2027, 7, 1, 8, 30, tzinfo=UTC)
    assert call.starts_at == datetime(2027, 2, 1, 9, 30, tzinfo=UTC)
    assert (school.everyone, call.everyone) == (False, True)
    async with bot.database.read() as session:
        assert await event_audiences.group_ids(session, school.id) == [group.id]
        acts = [row.act for row in await session.scalars(select(AuditRecord))]
    assert acts.count("event.import") == 2


async def test_a_file_that_is_brought_in_again_adds_nothing(bot: TestBot) -> None:
    await network(bot)
    text = HEAD + "Call,2027-02-01,09:30,10:00,,yes,\nWalk,2027-02-01,09:30,10:00,,yes,\n"
    await bring_in(bot, text)
    call = next(event for event in await every(bot) if event.title == "Call")
    await change(bot, call, title="Another call", starts_on="2027-03-02", organiser="Ada", place="Leeds")
    plan, done = await bring_in(bot, text + "walk,2027-02-01,09:30,11:00,,yes,\n")
    assert [one.text for one in plan.problems] == ["The same event stands in line 3 already."]
    plan, done = await bring_in(bot, text)
    assert (done, plan.left, len(await every(bot))) == (False, 2, 2)


async def test_cells_that_a_spreadsheet_would_run_come_back_as_they_were(bot: TestBot) -> None:
    row = {
        "title": "=Equal chances", "starts_on": "2027-02-01", "starts_time": "09:30", "ends_time": "10:00",
        "everyone": "yes", "description": "- one\n- two",
    }  # fmt: skip
    await bring_in(bot, spreadsheets.write(COLUMNS, [row]).decode())
    (event,) = await every(bot)
    assert (event.title, event.description) == ("=Equal chances", "- one\n- two")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (",2027-02-01,09:30,10:00,,yes,", "The column “title” is empty."),
        ("Call,31.02.2027,09:30,10:00,,yes,", "“31.02.2027” is no day."),
        ("Call,30/02/2027,09:30,10:00,,yes,", "“30/02/2027” is no day."),
        ("Call,2027-02-01,25:30,10:00,,yes,", "“25:30” is no time."),
        ("Call,2027-02-01,09:30,09:30,,yes,", "It has to end after it starts."),
        ("Call,2027-03-28,01:30,09:30,,yes,", "01:30 on Sunday 28 March 2027 does not exist"),
        ("Call,2020-03-28,09:30,10:30,,yes,", "It has begun already."),
        ("Call,2090-03-28,09:30,10:30,,yes,", "more than ten years ahead"),
        ("Call,2027-02-01,09:30,10:00,gardening,,", "There is no group “gardening”."),
        ("Call,2027-02-01,09:30,10:00,,,", "It says for nobody."),
        ("Call,2027-02-01,09:30,10:00,,perhaps,", "“perhaps” is no everyone. Write yes or no."),
        (f"Call,2027-02-01,09:30,10:00,,yes,{'x' * 201}", "“place” has more than 200 characters."),
    ],
)
async def test_every_problem_has_its_line_and_a_clear_sentence(bot: TestBot, line: str, said: str) -> None:
    plan, done = await bring_in(bot, HEAD + "Fine,2027-02-01,09:30,10:00,,yes,\n" + line + "\n")
    assert not done
    assert (plan.problems[0].line, said in plan.problems[0].text) == (3, True), plan.problems
    assert await every(bot) == []


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("zone", "Mars/Base", "We do not know the clocks of “Mars/Base”."),
        ("link", "javascript:x", "“link” is a web address"),
        ("capacity", "0", "“capacity” is a number from 1 to 100,000."),
        ("categories", "gold", "“gold” is no category."),
        ("kind", "party", "“party” is no kind."),
        ("reply_on", "2027-02-02", "People have to answer before it starts."),
    ],
)
async def test_choices_are_checked_as_the_form_checks_them(
    bot: TestBot, column: str, value: str, said: str
) -> None:
    head = "title,starts_on,starts_time,ends_time,everyone"
    plan, _done = await bring_in(bot, f"{head},{column}\nCall,2027-02-01,09:30,10:00,yes,{value}\n")
    assert [said in one.text for one in plan.problems] == [True], plan.problems
