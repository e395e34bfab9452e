"""A conversation: answers that can be judged, several questions at once, and going on from the one before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from handlers import faq_reading, faq_slots
from handlers.faq_actions import NotThis, SayHelpful, ShowEntry
from handlers.faq_reading import SmallTalk
from handlers.kit.messages import Message
from handlers.kit.replies import Outcome
from handlers.kit.updates import Place, PlaceKind, Press, Text
from scheduled import retention
from store import appointments, asked_questions
from store.appointments import Office
from store.asked_questions import AnswerVote, AskedQuestion, Came
from store.database import Database
from store.faq import FaqEntry
from store.seed import seed
from tests.bot import NOW, ROOT, TestBot, TestClock, message_of

LAB = "What is a Policy Lab?"
THREAD = Place("test", PlaceKind.CHANNEL, "C1", thread="1.1")


@pytest.fixture
async def bot(database: Database, clock: TestClock) -> TestBot:
    await seed(database, ROOT / "data", clock())
    return TestBot(database, clock)


async def last(bot: TestBot) -> AskedQuestion:
    async with bot.database.read() as session:
        found = await session.scalar(select(AskedQuestion).order_by(AskedQuestion.id.desc()).limit(1))
    assert found is not None
    return found


async def count(bot: TestBot) -> int:
    async with bot.database.read() as session:
        return await session.scalar(select(func.count()).select_from(AskedQuestion)) or 0


def labels(said: Message) -> list[str]:
    several = [*said.buttons, *(one for item in said.items for one in item.buttons)]
    return [one.label for one in several]


async def test_an_answer_asks_whether_it_helped_and_leads_on(bot: TestBot) -> None:
    said = await bot.say("ann", LAB)
    assert {"Yes", "No", "Not what I asked"} <= set(labels(said))
    assert [item.title for item in said.items] == ["Was this helpful?", "Related questions"]
    asked = await last(bot)
    assert (asked.text, asked.outcome, asked.entry, asked.surface) == (LAB, "answered", "policy-labs", "test")
    assert asked.probability > 0.5


async def test_not_what_i_asked_shows_other_entries_and_counts_as_no_help(bot: TestBot) -> None:
    await bot.say("ann", LAB)
    asked = await last(bot)
    said = message_of(await bot.press("ann", NotThis(question_id=asked.id)))
    slugs = [one.action.data["slug"] for one in said.buttons if one.action and "slug" in one.action.data]
    assert 0 < len(slugs) <= 3
    assert "policy-labs" not in slugs
    assert ((await last(bot)).outcome, (await last(bot)).helpful) == (Came.OFFERED, False)
    await bot.press("ann", ShowEntry(slug=str(slugs[0]), question_id=asked.id))
    assert ((await last(bot)).entry, (await last(bot)).helpful) == (slugs[0], None)


async def test_a_vote_is_one_a_person_and_may_be_changed(bot: TestBot) -> None:
    await bot.handle("ann", Text(LAB, mentioned=True), place=THREAD)
    asked = await last(bot)
    for helpful in (True, False):
        for who in ("ann", "bob"):
            content = SayHelpful(question_id=asked.id, helpful=helpful)
            press = bot.press(who, content) if who == "ann" else press_in_thread(bot, who, content)
            await press
    assert (await last(bot)).helpful is False
    async with bot.database.read() as session:
        assert [vote.helpful for vote in await session.scalars(select(AnswerVote))] == [False]


async def press_in_thread(bot: TestBot, who: str, action: SayHelpful) -> Outcome:
    from_thread = await bot.handle(who, press_of(action), place=THREAD)
    return from_thread.outcome


def press_of(action: SayHelpful) -> Press:
    return Press(action.wire_name, action.model_dump(mode="json"))


async def test_somebody_elses_question_is_not_judged_or_read(bot: TestBot) -> None:
    await bot.say("ann", LAB)
    asked = await last(bot)
    for action in (NotThis(question_id=asked.id), SayHelpful(question_id=asked.id, helpful=True)):
        assert (await bot.press("eve", action)).outcome is Outcome.REFUSED
    await bot.press("eve", ShowEntry(slug="newsletter", question_id=asked.id))
    assert ((await last(bot)).helpful, (await last(bot)).entry) == (None, "policy-labs")


async def test_two_questions_get_two_answers(bot: TestBot) -> None:
    said = await bot.say("ann", "What is a Policy Lab? And how much does membership cost each year?")
    assert said.items[0].title == "What is a Policy Lab?"
    assert len(said.items) == 2
    for item in said.items:
        assert [button.label for button in item.buttons] == ["More about this", "Not what I asked"]
    assert await count(bot) == 2


async def test_of_two_answers_the_one_that_is_not_in_welsh_says_so(bot: TestBot) -> None:
    await bot.add_member("megan", locale="cy")
    said = await bot.say("megan", "How do I sign up for the newsletter? What is a Policy Lab?")
    missing = ["Nid yw'r ateb hwn ar gael yn Gymraeg eto." in item.text for item in said.items]
    assert missing == [True, False]


async def test_of_many_questions_the_first_three_are_answered_and_the_others_asked_for_again(
    bot: TestBot,
) -> None:
    many = "how do we join? what does it cost? who can join? what is a policy lab? what are the principles?"
    said = await bot.say("ann", many)
    assert said.text == (
        "I answer three questions at a time, so here are the first three. Ask me the others again."
    )
    assert len(said.items) == 3
    assert await count(bot) == 3
    assert (await last(bot)).text == "who can join?"
    three = await bot.say("ann", "how do we join? what does it cost? who can join?")
    assert three.text == "I read 3 questions in that. Here is each in turn."


async def test_a_question_that_goes_on_is_read_with_the_one_before(bot: TestBot) -> None:
    await bot.say("ann", "How much does membership cost?")
    first = await last(bot)
    await bot.say("ann", "and for affiliates?")
    second = await last(bot)
    assert second.text == "How much does membership cost? and for affiliates?"
    assert first.outcome != Came.UNKNOWN
    assert second.outcome != Came.UNKNOWN
    await bot.say("eve", "and for affiliates?")
    assert (await last(bot)).text == "and for affiliates?"
    bot.clock.advance(minutes=16)
    await bot.say("ann", "and for affiliates?")
    assert (await last(bot)).text == "and for affiliates?"


@pytest.mark.parametrize(
    ("before", "said", "together", "slug"),
    [
        ("How much does membership cost?", "and for affiliates?", True, "subscription-fee"),
        ("What is the newsletter?", "and how often?", True, "newsletter"),
        ("How do we join?", "what about training?", False, "training"),
        ("How much does membership cost?", "and how do we join?", False, "how-to-join"),
        ("What is a Policy Lab?", "and when is the deadline?", False, "funding-deadline"),
    ],
)
async def test_a_question_that_says_more_by_itself_is_read_alone(
    bot: TestBot, before: str, said: str, together: bool, slug: str
) -> None:
    await bot.say("ann", before)
    await bot.say("ann", said)
    asked = await last(bot)
    assert (asked.text, asked.entry) == (f"{before} {said}" if together else said, slug)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Thanks!", SmallTalk.THANKS),
        ("thank you so much 🙏", SmallTalk.THANKS),
        ("Great, thanks", SmallTalk.THANKS),
        ("Hi there", SmallTalk.GREETING),
        ("Bore da", SmallTalk.GREETING),
        ("Diolch yn fawr", SmallTalk.THANKS),
        ("Hwyl", SmallTalk.FAREWELL),
        ("yes", SmallTalk.YES_OR_NO),
        ("No.", SmallTalk.YES_OR_NO),
        ("OK 👍", SmallTalk.YES_OR_NO),
        ("no thanks", SmallTalk.YES_OR_NO),
        ("Nac ydw", SmallTalk.YES_OR_NO),
        ("ok, thank you", SmallTalk.THANKS),
        ("yes, who can join?", None),
        ("Hello, who can join?", None),
        ("thanks, and what does it cost?", None),
        ("ok computer", None),
        ("great councils", None),
        ("hi" * 400, None),
    ],
)
def test_small_talk_is_a_whole_message_of_it(said: str, kind: SmallTalk | None) -> None:
    assert faq_reading.small_talk(said) == kind


async def test_a_yes_or_no_after_an_answer_is_no_question(bot: TestBot) -> None:
    line = "All right. Press the button that fits, or ask me something else in your own words."
    await bot.say("ann", LAB)
    assert [(await bot.say("ann", said)).text for said in ("yes", "No", "ok")] == [line] * 3
    assert (await bot.say("ann", "nac ydw")).text.startswith("O'r gorau. Pwyswch y botwm sy'n addas")
    assert await count(bot) == 1


async def test_pleasantries_get_a_line_in_their_language_and_are_not_noted(bot: TestBot) -> None:
    assert (await bot.say("ann", "Thanks!")).text == "You are welcome."
    assert (await bot.say("ann", "Diolch yn fawr")).text == "Croeso."
    assert "for example" in (await bot.say("ann", "🐝🐝")).text
    assert await count(bot) == 0


async def test_no_question_of_ours_is_taken_for_a_pleasantry(bot: TestBot) -> None:
    async with bot.database.read() as session:
        entries = (await session.scalars(select(FaqEntry))).all()
    asked = [example for entry in entries for example in (*entry.examples, *entry.checks)]
    assert not [one for one in asked if faq_reading.small_talk(one)]
    assert not [one for one in asked if len(faq_reading.questions_in(one)) > 1]


async def test_what_is_not_for_the_bot_is_not_noted(bot: TestBot) -> None:
    handled = await bot.handle("ann", Text("What is a Policy Lab, by the way?"), place=THREAD)
    assert handled.outcome is Outcome.IGNORED
    assert await count(bot) == 0


async def test_a_question_loses_its_place_then_its_person_then_its_words(bot: TestBot) -> None:
    await bot.say("ann", LAB)
    run = retention.job(bot.database, bot.clock, bot.surroundings.questions)
    seen = []
    for days in (0.5, 2, 89, 640):
        bot.clock.advance(days=days)
        await run()
        asked = await last(bot)
        seen.append((asked.conversation != "", asked.member_id is not None, asked.text != ""))
    assert seen == [(True, True, True), (False, True, True), (False, False, True), (False, False, False)]


@pytest.mark.parametrize("text", ["a\x00b what is this", "e" + "\u0301" * 500, "x " * 5_000])
async def test_hostile_words_are_kept_clean_and_short(bot: TestBot, text: str) -> None:
    assert (await bot.handle("ann", Text(text))).outcome is Outcome.HANDLED
    kept = (await last(bot)).text
    assert len(kept) <= faq_reading.LONGEST_KEPT
    assert "\x00" not in kept


async def test_live_answers_are_never_stale_and_say_when_there_is_none(bot: TestBot) -> None:
    ann = await bot.add_member("ann", name="Ann")
    async with bot.database.write() as session:
        entry = await session.get_one(FaqEntry, "regional-leads")
        entry.answer = "{regional_leads|Nobody yet.} {my_groups} {open_rounds}"
        bot.clock.advance(seconds=1)
        entry.updated_at = bot.clock()
    before = message_of(await bot.press("ann", ShowEntry(slug="regional-leads"))).text
    assert before == "Nobody yet. You are not in any group yet. No funding round is open at the moment."
    async with bot.database.write() as session:
        await appointments.appoint(
            session, Office.REGIONAL_LEAD, "wales-midlands", ann.id, from_on=NOW.date(),
            until_on=NOW.date() + timedelta(days=1), now=NOW,
        )  # fmt: skip
    after = message_of(await bot.press("ann", ShowEntry(slug="regional-leads"))).text
    assert after.startswith("- Wales and the Midlands: Ann")
    bot.clock.advance(days=3)
    gone = message_of(await bot.press("ann", ShowEntry(slug="regional-leads"))).text
    assert gone.startswith("Nobody yet.")


async def test_what_a_slot_says_is_not_read_again(bot: TestBot) -> None:
    assert faq_slots.unknown_in("{member_counts} {next_moon|none}") == ["next_moon"]
    async with bot.database.read() as session:
        entries = (await session.scalars(select(FaqEntry))).all()
    assert not [entry.slug for entry in entries if faq_slots.unknown_in(entry.answer)]


async def test_the_newest_question_of_a_conversation_is_found(bot: TestBot) -> None:
    await bot.say("ann", LAB)
    asked = await last(bot)
    async with bot.database.read() as session:
        found = await asked_questions.before(session, asked.conversation, NOW - timedelta(minutes=1))
    assert found is not None
    assert found.id == asked.id
