"""Hand-overs: consent, one answerer, an answer that arrives, a bot that learns, and kept promises."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from handlers.faq_actions import ShowEntry
from handlers.faq_engine.changes import Case, Findings
from handlers.faq_entry_actions import DiscardChange, EditEntry, PublishChange
from handlers.handover_actions import (
    AnswerHandover,
    ClaimHandover,
    ReleaseHandover,
    TalkToPerson,
    TeachExample,
    WithdrawHandover,
    WriteEntry,
)
from handlers.kit.messages import Message
from handlers.kit.replies import Outcome
from handlers.kit.updates import RawAnswers
from handlers.kit.words import LONDON
from scheduled import faq_changes as faq_jobs
from scheduled import handovers as late_job
from scheduled import retention
from store import channels, choices, handovers, members, outbox, roles
from store.asked_questions import AskedQuestion, Came
from store.database import Database
from store.faq import FaqEntry
from store.handovers import Handover, HandoverState
from store.roles import Role, RoleGrant
from store.seed import seed
from tests.bot import NOW, ROOT, TestBot, TestClock, form_of, message_of
from tests.test_faq_changes import fill_in, newest_change

TRAVEL = "Who pays my train to the conference of mayors?"
ELSEWHERE = "is my train ticket to that mayors conference paid for"


@pytest.fixture
async def bot(database: Database, clock: TestClock) -> TestBot:
    await seed(database, ROOT / "data", clock())
    bot = TestBot(database, clock)
    await bot.add_member("ann", name="Ann")
    await bot.add_member("ada", Role.ADMINISTRATOR, name="Ada")
    await bot.add_member("amy", Role.ADMINISTRATOR, name="Amy")
    return bot


async def only(bot: TestBot) -> Handover:
    async with bot.database.read() as session:
        return (await session.scalars(select(Handover))).one()


async def hand_over(bot: TestBot, text: str = TRAVEL) -> Handover:
    await bot.say("ann", text)
    async with bot.database.read() as session:
        question = (await session.scalars(select(AskedQuestion).order_by(AskedQuestion.id.desc()))).first()
    assert question is not None
    view = form_of(await bot.press("ann", TalkToPerson(question_id=question.id)))
    assert view.answers["question"] == text
    await bot.submit("ann", view, {"question": text, "consent": "yes"})
    return await only(bot)


async def answer(bot: TestBot, handover: Handover, text: str = "Your council does.") -> None:
    view = form_of(await bot.press("ada", AnswerHandover(handover_id=handover.id)))
    await bot.submit("ada", view, {"answer": text})


async def test_nothing_is_passed_on_without_consent(bot: TestBot) -> None:
    view = form_of(await bot.press("ann", TalkToPerson()))
    assert "five" not in view.form.steps[0].help
    assert "Friday 27 November 2026" in view.form.steps[0].help
    again = form_of(await bot.submit("ann", view, {"question": TRAVEL, "consent": "no"}))
    assert "consent" in again.problems
    assert bot.platform.said_to("ada") == []


async def publish(bot: TestBot) -> None:
    """The newest change, whose check finds nothing."""
    change = await newest_change(bot)
    early = await bot.press("ada", PublishChange(change_id=change.id))
    assert early.outcome is Outcome.REFUSED

    async def look_over(_case: Case) -> Findings:
        return Findings(tried=1)

    await faq_jobs.check_job(bot.database, bot.clock, bot.surroundings, look_over)()
    await bot.deliver()
    bot.clock.advance(seconds=1)
    assert "is published" in message_of(await bot.press("ada", PublishChange(change_id=change.id))).text


async def test_the_answer_reaches_its_asker_and_the_bot_learns_it(bot: TestBot) -> None:
    handover = await hand_over(bot)
    card = bot.platform.said_to("ada")[-1]
    assert (card.quote, card.facts[0].value) == (TRAVEL, "Friday 27 November 2026")
    assert card.items[0].title == "The closest answers"
    await answer(bot, handover)
    said = bot.platform.said_to("ann")[-1]
    assert (said.text, said.quote) == ("Your council does.", TRAVEL)
    assert "Ada" in said.small_print[0]
    before = await bot.say("ann", ELSEWHERE)
    assert not before.heading
    opened = await bot.press("ada", WriteEntry(handover_id=handover.id))
    begun = form_of(opened).answers
    assert (begun["title"], begun["answer"], begun["examples"]) == (TRAVEL, "Your council does.", TRAVEL)
    examples = (
        TRAVEL, "who pays for my train ticket to the mayors conference", "is the train to the mayors paid",
        "can I claim my train to the conference of mayors", "train ticket mayors conference who pays",
        "do you pay for the train to see the mayors",
    )  # fmt: skip
    written: RawAnswers = {**begun, "source": "The team", "examples": "\n".join(examples)}
    await fill_in(bot, opened, written)
    await publish(bot)
    after = await bot.say("ann", ELSEWHERE)
    offered = [one.label for one in after.buttons]
    assert after.heading == TRAVEL or TRAVEL in offered


async def test_a_question_is_added_to_an_entry_once(bot: TestBot) -> None:
    handover = await hand_over(bot)
    teach = TeachExample(handover_id=handover.id, slug="webinars")
    assert (await bot.press("ada", teach)).outcome is Outcome.REFUSED
    await answer(bot, handover)
    shown = message_of(await bot.press("ada", teach))
    assert shown.heading == "Not published yet"
    assert (shown.items[-1].title, shown.items[-1].text) == ("New ways of asking", f"- “{TRAVEL}”")
    async with bot.database.read() as session:
        assert TRAVEL not in (await session.get_one(FaqEntry, "webinars")).examples
    await publish(bot)
    assert "know that question already" in message_of(await bot.press("ada", teach)).text
    async with bot.database.read() as session:
        assert (await session.get_one(FaqEntry, "webinars")).examples.count(TRAVEL) == 1
    said = await bot.say("ann", TRAVEL)
    assert "webinars" in str(said.model_dump())


async def test_every_card_of_a_settled_question_loses_its_buttons(bot: TestBot) -> None:
    handover = await hand_over(bot)
    await bot.press("ada", ClaimHandover(handover_id=handover.id))
    bot.clock.advance(minutes=1)
    await answer(bot, handover)
    async with bot.database.write() as session:
        copies = await outbox.copies(session, f"handover:{handover.id}")
        shown = [Message.model_validate(row.message) for row in copies]
    assert [one.buttons for one in shown] == [(), ()]


async def test_what_an_editor_is_writing_is_not_lost_to_a_question(bot: TestBot) -> None:
    handover = await hand_over(bot)
    await answer(bot, handover)
    await fill_in(bot, await bot.press("ada", EditEntry(slug="webinars")), {"answer": "Mine."})
    written = await newest_change(bot)
    teach = TeachExample(handover_id=handover.id, slug="webinars")
    refused = await bot.press("ada", teach)
    assert (refused.outcome, "not published yet" in message_of(refused).text) == (Outcome.REFUSED, True)
    assert (await newest_change(bot)).closed_at is None
    await bot.press("ada", DiscardChange(change_id=written.id))
    assert message_of(await bot.press("ada", teach)).heading == "Not published yet"


async def test_the_first_to_take_it_has_it_until_they_give_it_back(bot: TestBot) -> None:
    handover = await hand_over(bot)
    taken = message_of(await bot.press("ada", ClaimHandover(handover_id=handover.id)))
    assert (taken.text.split(".")[0], taken.quote) == ("You have taken this question", TRAVEL)
    # The card that all of them have says the rest, so it does not come a second time.
    assert (taken.heading, taken.facts, taken.items, taken.buttons) == ("", (), (), ())
    assert [edit.text for _reference, edit in bot.platform.edits] == ["Ada answers this question of Ann."] * 2
    for action in (ClaimHandover, AnswerHandover, ReleaseHandover):
        refused = await bot.press("amy", action(handover_id=handover.id))
        assert refused.outcome is Outcome.REFUSED
    given = message_of(await bot.press("ada", ReleaseHandover(handover_id=handover.id)))
    assert "given this question back" in given.text
    bot.clock.advance(seconds=10)
    await bot.deliver()
    assert "Who takes it?" in bot.platform.edits[-1][1].text
    await bot.press("amy", ClaimHandover(handover_id=handover.id))
    bot.clock.advance(seconds=10)
    await bot.deliver()
    assert bot.platform.edits[-1][1].text == "Amy answers this question of Ann."


async def test_a_question_is_taken_over_from_whoever_is_no_longer_on_the_team(bot: TestBot) -> None:
    handover = await hand_over(bot)
    await bot.press("ada", ClaimHandover(handover_id=handover.id))
    async with bot.database.write() as session:
        held = await members.by_identity(session, "test", "ada")
        assert held is not None
        await roles.take(session, held[0].id, Role.ADMINISTRATOR)
    taken = message_of(await bot.press("amy", ClaimHandover(handover_id=handover.id)))
    assert "You have taken this question" in taken.text


async def test_a_late_question_is_taken_over_and_answered_once(bot: TestBot) -> None:
    handover = await hand_over(bot)
    begun = form_of(await bot.press("ada", AnswerHandover(handover_id=handover.id)))
    bot.clock.now = handover.due_at
    refused = await bot.press("amy", AnswerHandover(handover_id=handover.id))
    assert refused.outcome is Outcome.REFUSED
    bot.clock.advance(seconds=1)
    view = form_of(await bot.press("amy", AnswerHandover(handover_id=handover.id)))
    await bot.submit("amy", view, {"answer": "Your council does."})
    kept = form_of(await bot.submit("ada", begun, {"answer": "You do."}))
    assert "settled already" in " ".join(kept.problems.values())
    assert (await only(bot)).answer == "Your council does."


@pytest.mark.parametrize("kind", [ClaimHandover, AnswerHandover, ReleaseHandover, WriteEntry])
async def test_members_cannot_forge_what_the_team_does(
    bot: TestBot, kind: type[ClaimHandover | AnswerHandover | ReleaseHandover | WriteEntry]
) -> None:
    handover = await hand_over(bot)
    assert (await bot.press("ann", kind(handover_id=handover.id))).outcome is Outcome.REFUSED
    assert (await only(bot)).state == HandoverState.WAITING


async def test_only_the_asker_takes_a_question_back(bot: TestBot) -> None:
    handover = await hand_over(bot)
    assert (await bot.press("ada", WithdrawHandover(handover_id=handover.id))).outcome is Outcome.REFUSED
    await bot.press("ann", WithdrawHandover(handover_id=handover.id))
    assert (await only(bot)).state == HandoverState.WITHDRAWN
    assert (await bot.press("ada", AnswerHandover(handover_id=handover.id))).outcome is Outcome.REFUSED


@pytest.mark.parametrize("answered", [True, False])
async def test_what_is_settled_cannot_be_taken_back_any_more(bot: TestBot, answered: bool) -> None:
    """Every copy of the card loses its button, and one that is pressed all the same says what happened."""
    handover = await hand_over(bot)
    take_back = WithdrawHandover(handover_id=handover.id)
    taking_back = message_of(
        await bot.press("ann", TalkToPerson(question_id=handover.question_id or 0))
    ).buttons
    with_button = [
        said for said in bot.platform.said_to("ann") if taking_back and said.buttons == taking_back
    ]
    bot.platform.edits.clear()
    if answered:
        await answer(bot, handover)
    else:
        await bot.press("ann", take_back)
    edits = [message for reference, message in bot.platform.edits if reference["place"] == "ann"]
    assert len(edits) == len(with_button) == 2
    late = message_of(await bot.press("ann", take_back))
    assert edits == [late, late]
    assert ("has answered this question" if answered else "taken this question back") in late.text
    assert (late.quote, late.buttons) == (TRAVEL, ())
    assert (await only(bot)).state == (HandoverState.ANSWERED if answered else HandoverState.WITHDRAWN)


async def test_asking_again_shows_what_waits_already(bot: TestBot) -> None:
    handover = await hand_over(bot)
    said = message_of(await bot.press("ann", TalkToPerson(question_id=handover.question_id or 0)))
    assert "with the network's team" in said.text
    async with bot.database.read() as session:
        question = await session.get_one(AskedQuestion, handover.question_id)
    assert question.outcome == Came.HANDED_OVER


async def test_a_chosen_channel_gets_the_card_instead_of_each_administrator(bot: TestBot) -> None:
    async with bot.database.write() as session:
        await channels.save(session, "test", "C9", name="team", joined=True)
        await choices.put(session, choices.HANDOVER_CHANNEL, "test:C9", now=NOW)
    await hand_over(bot)
    assert [card.quote for card in bot.platform.said_to("C9")] == [TRAVEL]
    assert bot.platform.said_to("ada") == []


async def test_with_nobody_on_duty_the_mail_address_is_given(bot: TestBot) -> None:
    begun = form_of(await bot.press("ann", TalkToPerson()))
    async with bot.database.write() as session:
        for grant in await session.scalars(select(RoleGrant)):
            await session.delete(grant)
    async with bot.database.read() as session:
        assert await roles.administrators(session) == []
    for handled in (
        await bot.press("ann", TalkToPerson()),
        await bot.submit("ann", begun, {"question": TRAVEL, "consent": "yes"}),
    ):
        assert bot.surroundings.network.general_mail in message_of(handled).text
    async with bot.database.read() as session:
        assert await handovers.waiting(session) == []


async def test_a_broken_promise_is_told_once_and_the_team_is_nudged_once(bot: TestBot) -> None:
    handover = await hand_over(bot)
    run = late_job.job(bot.database, bot.clock, bot.surroundings)
    for days in (5, 2, 3):
        bot.clock.advance(days=days)
        await run()
        await bot.deliver()
    late = [said for said in bot.platform.said_to("ann") if "promised" in said.text]
    assert len(late) == 1
    nudges = [said for said in bot.platform.said_to("ada") if "should have been answered" in said.text]
    assert len(nudges) == 1
    await answer(bot, handover)
    assert bot.platform.said_to("ann")[-1].text == "Your council does."


async def test_what_was_answered_loses_its_person_and_later_its_words(bot: TestBot) -> None:
    await answer(bot, await hand_over(bot))
    run = retention.job(bot.database, bot.clock, bot.surroundings.questions)
    bot.clock.advance(days=91)
    await run()
    assert ((await only(bot)).member_id, (await only(bot)).text) == (None, TRAVEL)
    bot.clock.advance(days=640)
    await run()
    assert ((await only(bot)).text, (await only(bot)).answer) == ("", "")


def test_five_working_days_leave_out_the_weekend_and_keep_the_hour() -> None:
    friday = datetime(2026, 3, 27, 9, 30, tzinfo=UTC)
    # The clocks go forward in between.
    assert handovers.due_after(friday, 5, LONDON) == datetime(2026, 4, 3, 8, 30, tzinfo=UTC)
    saturday = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    assert handovers.due_after(saturday, 5, LONDON) == datetime(2026, 11, 27, 10, 0, tzinfo=UTC)


async def test_an_answer_shown_from_the_queue_is_nobodys_question(bot: TestBot) -> None:
    await hand_over(bot)
    said = message_of(await bot.press("ada", ShowEntry(slug="webinars")))
    assert "Was this helpful?" not in [item.title for item in said.items]
