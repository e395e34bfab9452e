"""The stop at answers: pleasantries, two questions, going on, not this, and whether it helped."""

from __future__ import annotations

from sqlalchemy import select

from handlers.faq_actions import NotThis, SayHelpful, ShowEntry, TakeAwayAnswer
from handlers.group_actions import OfferAnswers, ShowGroup, StopOffering
from handlers.handover_actions import (
    AnswerHandover,
    ClaimHandover,
    ReleaseHandover,
    TalkToPerson,
    TeachExample,
    WithdrawHandover,
    WriteEntry,
)
from handlers.insight import WriteAnswer
from handlers.kit.updates import Overheard, Place, PlaceKind, RawAnswers, Text
from store import group_channels
from store.asked_questions import AskedQuestion
from store.group_channels import GroupChannel
from store.handovers import Handover
from tests.surfaces.touring import VISITOR, TouringBot


async def talk_about_answers(bot: TouringBot) -> None:
    for who in (VISITOR, "ann"):
        for said in (
            "Hello there",
            "Thanks",
            "Bye",
            "🐝",
            "What is a Policy Lab? How much does membership cost? Where is the Eiffel Tower today?",
            "What is a Policy Lab?",
            "and for affiliates?",
        ):
            await bot.handle(who, Text(said))
        async with bot.database.read() as session:
            question_id = (await session.scalars(select(AskedQuestion.id).order_by(AskedQuestion.id))).all()[
                -1
            ]
        for question in (question_id, 0):
            for helpful in (True, False):
                await bot.press(who, SayHelpful(question_id=question, helpful=helpful))
            await bot.press(who, NotThis(question_id=question))
            await bot.press(who, ShowEntry(slug="newsletter", question_id=question))
            await bot.press(who, TalkToPerson(question_id=question))


async def offer_answers(bot: TouringBot) -> None:
    """A group's channel where answers are offered: one is liked, two are taken away, one is not anybody's."""
    async with bot.database.read() as session:
        group_id = (
            await session.scalars(select(GroupChannel.group_id).where(GroupChannel.platform == "test"))
        ).first()
    assert group_id is not None
    for switch in (OfferAnswers, StopOffering, OfferAnswers):
        for who in ("ann", "ada"):
            await bot.press(who, switch(group_id=group_id))
            await bot.press(who, ShowGroup(group_id=group_id))
    async with bot.database.read() as session:
        channel = (await group_channels.of_group(session, group_id))[0].external_id
    for number in range(2):
        place = Place("test", PlaceKind.CHANNEL, channel, thread=f"7.{number}")
        await bot.handle("ann", Overheard("How much does membership cost?", bot.clock()), place=place)
        async with bot.database.read() as session:
            asked = (
                await session.scalars(select(AskedQuestion.id).order_by(AskedQuestion.id.desc()))
            ).first()
        assert asked is not None
        await bot.press("ann", SayHelpful(question_id=asked, helpful=True))
        for who in ("rita", "ann", "ada") if number else ("ada",):
            await bot.press(who, TakeAwayAnswer(question_id=asked))
    await bot.press("ada", StopOffering(group_id=group_id))


async def hand_questions_over(bot: TouringBot) -> None:
    """Handed over, taken, given back, answered, taught; and one that is taken back."""
    cast = bot.cast
    words: RawAnswers = {"question": cast.typed("Who pays for travel?"), "consent": "yes"}
    await bot.fill_in("ann", await bot.anew("ann", await bot.press("ann", TalkToPerson())), words)
    await bot.fill_in("ann", await bot.anew("ann", await bot.press("ann", TalkToPerson())), words)
    async with bot.database.read() as session:
        first, second = (await session.scalars(select(Handover.id).order_by(Handover.id))).all()[-2:]
        slug = (await session.get_one(Handover, first)).closest[0]
    for who in ("ann", "ada", "olive"):
        await bot.press(who, ClaimHandover(handover_id=first))
    for who in ("olive", "ada"):
        await bot.press(who, ReleaseHandover(handover_id=first))
    opened = await bot.press("ada", AnswerHandover(handover_id=first))
    await bot.fill_in("ada", opened, {"answer": cast.typed("Your council does.")})
    for _time in range(2):
        await bot.press("ada", TeachExample(handover_id=first, slug=slug))
    await bot.press("ada", TeachExample(handover_id=first, slug="gone"))
    await bot.anew("ada", await bot.press("ada", WriteEntry(handover_id=first)))
    for who in ("ada", "ann", "ann"):
        await bot.press(who, WithdrawHandover(handover_id=second))
    await bot.press("ada", AnswerHandover(handover_id=second))


async def look_into_what_is_asked(bot: TouringBot) -> None:
    """By an administrator, and by somebody who is none; an answer is begun and left."""
    async with bot.database.read() as session:
        asked = (await session.scalars(select(AskedQuestion.id).where(AskedQuestion.entry.is_(None)))).all()
    for who in ("ann", "ada"):
        for period in ("", "month", "all"):
            await bot.command(who, "ccin", f"insight {period}".strip())
        await bot.press(who, WriteAnswer(question_ids=(0,)))
        await bot.press(who, WriteAnswer(question_ids=tuple(asked)))
