"""The stop at answers: pleasantries, two questions, going on, not this, and whether it helped."""

from __future__ import annotations

from sqlalchemy import select

from handlers.faq_actions import NotThis, SayHelpful, ShowEntry
from handlers.kit.updates import Text
from store.asked_questions import AskedQuestion
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
