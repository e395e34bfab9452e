"""Answers that nobody asked the bot for: only where a group's leads want them, only sure ones, once, and gone
again where they do not help."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from handlers import faq_offers, faq_reading
from handlers.faq_actions import SayHelpful, TakeAwayAnswer
from handlers.faq_engine import Aims
from handlers.faq_knowledge import Decision, DecisionKind, Knowledge
from handlers.group_actions import OfferAnswers, ShowGroup, StopOffering
from handlers.kit.replies import Handled, Outcome
from handlers.kit.updates import Overheard, Place, PlaceKind, Text
from store import audit, groups
from store.asked_questions import AnswerVote, AskedQuestion
from store.database import Database
from store.faq import FaqEntry
from store.group_channels import GroupChannel
from store.groups import Group, GroupState
from store.members import Member
from store.outbox import OutboxRow
from store.roles import Role
from store.schema import METADATA
from store.seed import seed
from tests.bot import NOW, ROOT, TestBot, TestClock, message_of

FEE = "How much does membership cost?"
PLACE = Place("test", PlaceKind.CHANNEL, "C-FOOD", thread="1.1")


@pytest.fixture
async def bot(database: Database, clock: TestClock) -> TestBot:
    await seed(database, ROOT / "data", clock())
    made = TestBot(database, clock)
    for who in ("ann", "bob", "lea"):
        await made.add_member(who)
    await made.add_member("ada", Role.ADMINISTRATOR)
    return made


@pytest.fixture
async def food(bot: TestBot) -> Group:
    """A group with a channel, which Lea leads."""
    async with bot.database.write() as session:
        group = await groups.add(
            session, slug="tea", name="Tea", purpose="Tea.", kind="thematic", now=bot.clock()
        )
        session.add(GroupChannel(group_id=group.id, platform="test", external_id="C-FOOD", joined=True))
        lea = await session.scalar(select(Member.id).where(Member.name == "Lea"))
        assert lea is not None
        await groups.make_lead(session, group.id, lea, now=bot.clock())
    return group


async def overhear(
    bot: TestBot,
    text: str,
    *,
    who: str = "ann",
    place: Place = PLACE,
    ago: float = 0,
    again: str | None = None,
    in_thread: bool = False,
) -> Handled:
    said = Overheard(text, bot.clock() - timedelta(seconds=ago), in_thread=in_thread)
    return await bot.handle(who, said, place=place, update_id=again)


async def everything(database: Database) -> str:
    """Every row of every table."""
    rows: list[str] = []
    async with database.read() as session:
        for table in METADATA.sorted_tables:
            rows += [f"{table.name} {row!r}" for row in await session.execute(select(table))]
    return "\n".join(sorted(rows))


async def asked(bot: TestBot) -> list[AskedQuestion]:
    async with bot.database.read() as session:
        return list(await session.scalars(select(AskedQuestion).order_by(AskedQuestion.id)))


async def switched_on(bot: TestBot, group: Group) -> bool:
    async with bot.database.read() as session:
        return (await session.get_one(Group, group.id)).offers_answers


async def test_without_the_switch_nothing_is_answered_stored_or_logged(
    bot: TestBot, food: Group, capfd: pytest.CaptureFixture[str]
) -> None:
    before = await everything(bot.database)
    handled = await overhear(bot, FEE, who="somebody-new")
    assert handled.outcome is Outcome.IGNORED
    assert await everything(bot.database) == before
    assert bot.platform.delivered == []
    assert "".join(capfd.readouterr()) == ""


async def test_with_the_switch_a_clear_question_is_answered_once_in_its_thread(
    bot: TestBot, food: Group
) -> None:
    await bot.press("lea", OfferAnswers(group_id=food.id))
    bot.platform.delivered.clear()
    for _delivery in range(3):
        await overhear(bot, FEE, again="slack:msg:1")
    ((place, said),) = bot.platform.delivered
    assert place == PLACE
    assert "£" in said.plain()
    assert said.small_print[0].startswith("I offer this by myself")
    labels = [button.label for item in said.items for button in item.buttons]
    assert labels == ["Yes", "Not helpful: take it away"]
    (question,) = await asked(bot)
    assert (question.text, question.outcome, question.entry) == (FEE, "answered", "subscription-fee")


COMMITTEE = "and who is on the executive committee?"


async def test_a_follow_up_in_the_thread_is_taken_up_where_another_answer_is_sure(
    bot: TestBot, food: Group
) -> None:
    await bot.press("lea", OfferAnswers(group_id=food.id))
    await bot.handle("ann", Text(FEE, mentioned=True), place=PLACE)
    bot.platform.delivered.clear()
    before = await everything(bot.database)
    # No follow-up; one that leads to the same answer; one that is not sure; and one in another thread.
    await overhear(bot, "Who is on the executive committee?", who="bob", in_thread=True)
    await overhear(bot, "and how much is it for a parish council?", who="bob", in_thread=True)
    await overhear(bot, "and the weather?", who="bob", in_thread=True)
    await overhear(bot, COMMITTEE, who="bob", place=replace(PLACE, thread="2.2"), in_thread=True)
    assert await everything(bot.database) == before
    await overhear(bot, COMMITTEE, who="bob", in_thread=True)
    ((place, said),) = bot.platform.delivered
    assert (place, said.small_print[0].startswith("I offer this by myself")) == (PLACE, True)
    question = (await asked(bot))[-1]
    assert (question.text, question.entry) == (COMMITTEE, "executive-oversight-committee")
    later = replace(PLACE, thread="3.3")
    await bot.handle("ann", Text(FEE, mentioned=True), place=later)
    bot.clock.advance(minutes=16)
    before = await everything(bot.database)
    await overhear(bot, COMMITTEE, who="bob", place=later, in_thread=True)
    assert await everything(bot.database) == before


async def test_without_the_switch_a_follow_up_needs_a_mention(bot: TestBot, food: Group) -> None:
    await bot.handle("ann", Text(FEE, mentioned=True), place=PLACE)
    before = await everything(bot.database)
    await overhear(bot, COMMITTEE, in_thread=True)
    assert await everything(bot.database) == before


NO_CLEAR_QUESTIONS = (
    "I paid for the coffee, we can settle later.",
    "Membership costs too much, if you ask me",
    "Anyone for lunch on Tuesday?",
    "What do you think?",
    "money?",
    "Thanks, how lovely",
    "What is a Policy Lab? And who is coming tomorrow?",
    "We met the leader yesterday and he told us this and that about the year to come. " * 6 + FEE,
    "🐝🐝🐝",
    "",
)


async def test_what_is_no_clear_question_is_neither_answered_nor_stored(
    bot: TestBot, food: Group, capfd: pytest.CaptureFixture[str]
) -> None:
    await bot.press("lea", OfferAnswers(group_id=food.id))
    bot.platform.delivered.clear()
    capfd.readouterr()
    before = await everything(bot.database)
    for text in NO_CLEAR_QUESTIONS:
        assert (await overhear(bot, text, who="somebody-new")).outcome is Outcome.IGNORED, text
    assert await everything(bot.database) == before
    assert bot.platform.delivered == []
    # That a model was learnt is not about anybody.
    logged = [line for line in "".join(capfd.readouterr()).splitlines() if "faq.learnt" not in line]
    assert logged == []


async def test_what_was_said_minutes_ago_is_left_to_people(bot: TestBot, food: Group) -> None:
    await bot.press("lea", OfferAnswers(group_id=food.id))
    assert (await overhear(bot, FEE, ago=121)).outcome is Outcome.IGNORED
    assert (await overhear(bot, FEE, ago=100)).outcome is Outcome.HANDLED


async def test_an_answer_that_cannot_be_delivered_in_time_is_not_said_any_more(
    bot: TestBot, food: Group, clock: TestClock
) -> None:
    await bot.press("lea", OfferAnswers(group_id=food.id))
    bot.platform.delivered.clear()
    bot.delivering = False
    await overhear(bot, FEE)
    bot.delivering = True
    bot._leased.clear()
    clock.advance(minutes=5)
    await bot.deliver()
    assert bot.platform.delivered == []


async def test_an_archived_group_and_another_channel_get_nothing(bot: TestBot, food: Group) -> None:
    await bot.press("lea", OfferAnswers(group_id=food.id))
    elsewhere = Place("test", PlaceKind.CHANNEL, "C-OTHER", thread="1.1")
    assert (await overhear(bot, FEE, place=elsewhere)).outcome is Outcome.IGNORED
    async with bot.database.write() as session:
        (await session.get_one(Group, food.id)).state = GroupState.ARCHIVED
    assert (await overhear(bot, FEE)).outcome is Outcome.IGNORED


async def test_an_answer_about_the_asker_is_never_offered_before_others(bot: TestBot) -> None:
    async with bot.database.read() as session:
        entry = await session.get_one(
            FaqEntry, "subscription-fee", options=[selectinload(FaqEntry.translations)]
        )
    sure = Decision(DecisionKind.ANSWER, 1.0, entry, sure=True)
    assert faq_offers.fit_to_offer(sure)
    entry.answer += " {my_groups|None.}"
    assert not faq_offers.fit_to_offer(sure)


async def test_a_welsh_question_is_answered_in_welsh_whoever_asks(bot: TestBot, food: Group) -> None:
    await bot.press("lea", OfferAnswers(group_id=food.id))
    bot.platform.delivered.clear()
    async with bot.database.write() as session:
        (await session.scalars(select(Member).where(Member.name == "Bob"))).one().locale = "cy"
    await overhear(bot, FEE, who="bob")
    assert bot.platform.delivered[-1][1].items[0].title == "Was this helpful?"


async def test_the_bar_is_higher_than_for_who_asks_the_bot(bot: TestBot) -> None:
    lax, strict = (
        Knowledge(aims=Aims(50, 9, unasked_wrong_one_in=number), patient=True) for number in (5, 10_000)
    )
    async with bot.database.read() as session:
        known = [await one.decide(session, "What is a Policy Lab?") for one in (lax, strict)]
    assert [(one.entry is not None, one.sure) for one in known] == [(True, True), (True, False)]


async def offered(bot: TestBot, group: Group) -> int:
    """An answer offered to Ann, by the id of her question."""
    await bot.press("lea", OfferAnswers(group_id=group.id))
    await overhear(bot, FEE)
    return (await asked(bot))[-1].id


async def test_the_asker_takes_it_away_and_that_counts(bot: TestBot, food: Group) -> None:
    question_id = await offered(bot, food)
    taken = message_of(await bot.press("ann", TakeAwayAnswer(question_id=question_id)))
    assert [button.label for button in taken.buttons] == ["See other answers", "Talk to a person"]
    assert len(bot.platform.removed) == 1
    assert [one.helpful for one in await asked(bot)] == [False]
    again = message_of(await bot.press("ann", TakeAwayAnswer(question_id=question_id)))
    assert again.text == "That answer has been taken away already."
    await bot.deliver()
    assert len(bot.platform.removed) == 1


@pytest.mark.parametrize("who", ["lea", "ada"])
async def test_a_lead_and_an_administrator_take_it_away_on_record(
    bot: TestBot, food: Group, who: str
) -> None:
    question_id = await offered(bot, food)
    await bot.press(who, TakeAwayAnswer(question_id=question_id))
    assert len(bot.platform.removed) == 1
    async with bot.database.read() as session:
        assert [vote.helpful for vote in await session.scalars(select(AnswerVote))] == [False]
        assert "faq.take_away" in [row.act for row in await audit.recent(session)]


async def test_nobody_else_takes_it_away(bot: TestBot, food: Group) -> None:
    question_id = await offered(bot, food)
    async with bot.database.write() as session:
        other = await groups.add(session, slug="cake", name="Cake", purpose="Cake.", kind="thematic", now=NOW)
        bob = (await session.scalars(select(Member.id).where(Member.name == "Bob"))).one()
        await groups.make_lead(session, other.id, bob, now=NOW)
    refused = await bot.press("bob", TakeAwayAnswer(question_id=question_id))
    assert refused.outcome is Outcome.REFUSED
    assert message_of(refused).text.startswith("Only the person who asked")
    assert bot.platform.removed == []
    assert [one.helpful for one in await asked(bot)] == [None]


async def test_an_ordinary_answer_is_not_taken_away(bot: TestBot) -> None:
    await bot.say("ann", FEE)
    await bot.press("ann", TakeAwayAnswer(question_id=(await asked(bot))[-1].id))
    for nonsense in (0, -1, 10**30):
        await bot.press("ann", TakeAwayAnswer(question_id=nonsense))
    assert bot.platform.removed == []


async def test_yes_counts_too(bot: TestBot, food: Group) -> None:
    question_id = await offered(bot, food)
    await bot.press("ann", SayHelpful(question_id=question_id, helpful=True))
    assert [one.helpful for one in await asked(bot)] == [True]


async def test_an_answer_taken_away_before_it_was_delivered_never_comes(bot: TestBot, food: Group) -> None:
    await bot.press("lea", OfferAnswers(group_id=food.id))
    bot.platform.delivered.clear()
    bot.delivering = False
    await overhear(bot, FEE)
    async with bot.database.write() as session:
        row = (await session.scalars(select(OutboxRow).where(OutboxRow.key.startswith("faq_offer:")))).one()
        row.status, row.owner, row.lease_until = "queued", None, None
    await bot.press("ann", TakeAwayAnswer(question_id=(await asked(bot))[-1].id))
    bot.delivering = True
    bot._leased.clear()
    await bot.deliver()
    assert [place for place, _said in bot.platform.delivered if place == PLACE] == []


async def test_leads_and_administrators_switch_it_and_the_channel_is_told(bot: TestBot, food: Group) -> None:
    for who in ("ann", "bob"):
        for action in (OfferAnswers(group_id=food.id), StopOffering(group_id=food.id)):
            assert (await bot.press(who, action)).outcome is Outcome.REFUSED
    for who in ("lea", "ada"):
        card = message_of(await bot.press(who, ShowGroup(group_id=food.id)))
        assert "Offer answers" in [button.label for button in card.buttons]
        for _time in range(2):
            card = message_of(await bot.press(who, OfferAnswers(group_id=food.id)))
        assert await switched_on(bot, food)
        assert "Offers answers" in [fact.label for fact in card.facts]
        assert "Stop offering answers" in [button.label for button in card.buttons]
        for _time in range(2):
            await bot.press(who, StopOffering(group_id=food.id))
        assert not await switched_on(bot, food)
    assert [said.text[:38] for said in bot.platform.said_to("C-FOOD")] == [
        "From now on I answer clear questions i"
    ] * 2
    async with bot.database.read() as session:
        acts = [row.act for row in await audit.recent(session)][::-1]
    assert acts == ["group.offer_answers", "group.stop_offering"] * 2


async def test_others_see_on_the_card_that_it_is_on_and_no_switch(bot: TestBot, food: Group) -> None:
    await bot.press("lea", OfferAnswers(group_id=food.id))
    card = message_of(await bot.press("ann", ShowGroup(group_id=food.id)))
    assert "Offers answers" in [fact.label for fact in card.facts]
    assert not {"Offer answers", "Stop offering answers"} & {button.label for button in card.buttons}


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("How much does membership cost?", True),
        ("how much does membership cost", True),
        ("Faint mae aelodaeth yn ei gostio", True),
        ("Does anybody know what a Policy Lab is?", True),
        ("Have a look at https://example.org/?a=b", False),
        ("When we joined, it was cheaper", False),
        ("What a day", False),
        ("Why?", False),
    ],
)
def test_what_reads_like_a_question(text: str, is_one: bool) -> None:
    assert faq_reading.asks_one_thing(text) is is_one
