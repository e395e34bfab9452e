"""Insight: questions are counted by what came of them, open ones in groups, and nobody is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from handlers.faq_engine.likeness import grouped
from handlers.insight import WriteAnswer
from handlers.insight_figures import Period, Sheet, period_of, read, write
from handlers.kit.replies import Outcome
from store import asked_questions, audit, members
from store.asked_questions import AnswerVote, Came
from store.database import Database
from store.insight import Helped
from store.roles import Role
from store.seed import seed
from tests.bot import NOW, ROOT, TestBot, TestClock, form_of, message_of

PARKING = ["Can I park at the conference?", "where to park at the conference", "PARKING at the conference"]


@pytest.fixture
async def bot(database: Database, clock: TestClock) -> TestBot:
    await seed(database, ROOT / "data", clock())
    bot = TestBot(database, clock)
    await bot.add_member("ann", name="Ann Asker")
    await bot.add_member("ben", name="Ben Reader")
    await bot.add_member("ada", Role.ADMINISTRATOR, name="Ada")
    return bot


async def ask(
    bot: TestBot, text: str, came: Came, entry: str | None = None, *, helpful: bool | None = None,
    at: datetime = NOW - timedelta(days=1),
) -> int:  # fmt: skip
    async with bot.database.write() as session:
        ann = (await members.search(session, "Ann Asker", limit=1))[0]
        question = await asked_questions.add(
            session, text, locale="en", member_id=ann.id, surface="test", conversation="", outcome=came,
            entry=entry, probability=0.5, now=at,
        )  # fmt: skip
        question.helpful = helpful
        return question.id


async def some_questions(bot: TestBot) -> None:
    await ask(bot, "what is a lab", Came.ANSWERED, "policy-labs", helpful=True)
    await ask(bot, "labs", Came.ANSWERED, "policy-labs")
    await ask(bot, "which lab", Came.OFFERED, "policy-labs", helpful=False)
    await ask(bot, "fees", Came.OFFERED, "subscription-fee")
    await ask(bot, "anything", Came.OFFERED)
    for text in PARKING:
        await ask(bot, text, Came.UNKNOWN)
    await ask(bot, "who pays for tea", Came.HANDED_OVER, "subscription-fee")


async def test_each_question_is_counted_once_by_what_came_of_it(bot: TestBot) -> None:
    await some_questions(bot)
    async with bot.database.read() as session:
        found = await read(session, Period.MONTH, NOW)
    assert [month.counts for month in found.months] == [
        {Helped.YES: 1, Helped.NO: 1, Helped.UNSAID: 2, Helped.UNANSWERED: 5}
    ]
    assert found.asked == 9


async def test_answers_are_listed_by_how_often_they_were_given_with_the_voices_of_all(bot: TestBot) -> None:
    await some_questions(bot)
    asked = await ask(bot, "labs again", Came.ANSWERED, "gone")
    async with bot.database.write() as session:
        ben = (await members.search(session, "Ben", limit=1))[0]
        await asked_questions.vote(session, asked, ben.id, helpful=True)
    async with bot.database.read() as session:
        found = await read(session, Period.QUARTER, NOW)
    assert [(one.slug, one.asked, one.yes, one.no) for one in found.entries] == [
        ("policy-labs", 3, 1, 1),
        ("subscription-fee", 2, 0, 0),
        ("gone", 1, 1, 0),
    ]
    assert found.entries[0].title == "What is a Policy Lab?"
    assert found.entries[2].title == "gone"


async def test_old_votes_lose_their_people_and_still_count(bot: TestBot) -> None:
    asked = await ask(bot, "labs", Came.ANSWERED, "policy-labs")
    new = await ask(bot, "the labs", Came.ANSWERED, "policy-labs", at=NOW + timedelta(days=1))
    async with bot.database.write() as session:
        for name, helpful in (("Ben", True), ("Ada", False)):
            voter = (await members.search(session, name, limit=1))[0]
            for question in (asked, new):
                await asked_questions.vote(session, question, voter.id, helpful=helpful)
    for _time in range(2):
        async with bot.database.write() as session:
            await asked_questions.forget_people_before(session, NOW)
        async with bot.database.read() as session:
            left = (await session.scalars(select(AnswerVote.question_id))).all()
            found = await read(session, Period.QUARTER, NOW)
        assert set(left) == {new}
        assert [(one.asked, one.yes, one.no) for one in found.entries] == [(2, 2, 2)]


async def test_open_questions_that_sound_alike_stand_in_one_group(bot: TestBot) -> None:
    await some_questions(bot)
    async with bot.database.read() as session:
        found = await read(session, Period.QUARTER, NOW)
    assert {one.text for one in found.groups[0]} == set(PARKING)
    assert sorted(group[0].text for group in found.groups[1:]) == [
        "anything",
        "which lab",
        "who pays for tea",
    ]


async def test_a_month_begins_at_our_midnight_and_an_empty_one_is_shown(bot: TestBot) -> None:
    # Midnight of the first of September is 23:00 UTC of the day before.
    await ask(bot, "fees", Came.ANSWERED, "subscription-fee", at=datetime(2026, 8, 31, 23, 0, tzinfo=UTC))
    await ask(bot, "fees", Came.ANSWERED, "subscription-fee", at=datetime(2026, 8, 31, 22, 59, tzinfo=UTC))
    async with bot.database.read() as session:
        quarter = await read(session, Period.QUARTER, NOW)
        kept = await read(session, Period.ALL, NOW)
        year = await read(session, Period.YEAR, NOW)
    assert [month.asked for month in quarter.months] == [0, 0, 1]
    assert [month.asked for month in kept.months] == [0, 0, 1, 1]
    assert len(year.months) == 12


async def test_what_has_lost_its_words_is_counted_and_not_shown(bot: TestBot) -> None:
    await ask(bot, "", Came.UNKNOWN)
    async with bot.database.read() as session:
        found = await read(session, Period.MONTH, NOW)
    assert (found.asked, found.groups) == (1, [])


async def test_the_card_names_nobody_and_leads_to_a_new_answer(bot: TestBot) -> None:
    await some_questions(bot)
    card = message_of(await bot.command("ada", "ccin", "insight"))
    shown = card.model_dump_json()
    assert "Ann" not in shown
    assert card.text == "The last 3 months: 9 questions."
    assert card.items[0].text.startswith("- What is a Policy Lab? (3)")
    assert card.items[1].title == "No answer found, asked 3 times"
    action = card.items[1].buttons[0].action
    assert action is not None
    view = form_of(await bot.press("ada", WriteAnswer.model_validate(action.data)))
    assert sorted(str(view.answers["examples"]).splitlines()) == sorted(PARKING)
    assert view.answers["title"] in PARKING


async def test_nothing_asked_is_said_so(bot: TestBot) -> None:
    card = message_of(await bot.command("ada", "ccin", "insight all"))
    assert card.text.startswith("Nobody has asked anything yet.")


async def test_questions_that_are_gone_make_no_answer(bot: TestBot) -> None:
    handled = await bot.press("ada", WriteAnswer(question_ids=(1, 2**40)))
    assert "no longer kept" in message_of(handled).text


async def test_only_administrators_see_it(bot: TestBot) -> None:
    asked = await ask(bot, "anything", Came.UNKNOWN)
    for handled in (
        await bot.command("ann", "ccin", "insight"),
        await bot.press("ann", WriteAnswer(question_ids=(asked,))),
    ):
        assert handled.outcome is Outcome.REFUSED


async def test_a_file_holds_no_formula_and_no_person_and_leaves_a_record(bot: TestBot) -> None:
    await some_questions(bot)
    await ask(bot, '=HYPERLINK("https://example.org")', Came.UNKNOWN)
    async with bot.database.write() as session:
        files = {sheet: await write(session, sheet, Period.MONTH, actor_id=1, now=NOW) for sheet in Sheet}
    months, answers, questions = (files[sheet].decode("utf-8-sig") for sheet in Sheet)
    assert months.splitlines()[1] == "2026-11,10,1,1,2,6"
    assert answers.splitlines()[1] == "policy-labs,What is a Policy Lab?,3,1,1"
    assert "\"'=HYPERLINK" in questions
    assert "Ann" not in months + answers + questions
    async with bot.database.read() as session:
        records = await audit.recent(session, limit=3)
    assert {(one.act, one.subject_id) for one in records} == {("insight.export", sheet) for sheet in Sheet}


def test_a_period_that_nobody_knows_is_a_quarter() -> None:
    assert [period_of(typed) for typed in ("year", "", "'; --")] == [
        Period.YEAR, Period.QUARTER, Period.QUARTER
    ]  # fmt: skip


def test_texts_are_grouped_around_the_most_typical_and_signs_stand_alone() -> None:
    texts = ["???", "when is the bus", "the bus, when is it", "bus times", "cheese", "!!!"]
    groups = grouped(texts)
    assert sorted(groups[0]) == [1, 2]
    assert sorted(place for group in groups for place in group) == list(range(len(texts)))
    assert grouped([]) == []
