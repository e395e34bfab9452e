"""Asking from the command line: the same answers as on every surface, with how sure the bot is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from pydantic import BaseModel

from bot.app import read_network
from bot.settings import ROOT, Settings
from handlers import all_routers
from handlers.faq_cards import reply_to
from handlers.faq_knowledge import DecisionKind, Knowledge
from handlers.kit.context import Context, Surroundings
from handlers.kit.platform import system_clock
from handlers.kit.router import Router
from handlers.kit.updates import Place, PlaceKind, Sender, Text, Update
from handlers.kit.words import Catalogues
from store.database import Database

PLATFORM = "command-line"


class Answer(BaseModel):
    """What ``ask --json`` prints: a stable form, for scripts."""

    decision: DecisionKind
    slug: str | None
    confidence: float
    suggestions: list[str]
    text: str


async def answers(database: Database, settings: Settings, questions: Iterable[str]) -> AsyncIterator[Answer]:
    """The answer to each question in turn; a blank one is not known, like any other."""
    surroundings = Surroundings(Catalogues(ROOT / "locales"), read_network(settings), settings.address)
    router = Router("all").include(*all_routers())
    knowledge = Knowledge(aims=settings.faq_aims, patient=True, model_folder=settings.faq_model_dir)
    sender = Sender(PLATFORM, "operator", visitor=True)
    place = Place(PLATFORM, PlaceKind.DIRECT, "operator")
    for question in questions:
        async with database.read() as session:
            update = Update("command-line", sender, place, Text(question))
            context = Context(surroundings, router, session, update, system_clock(), None)
            decision = await knowledge.decide(session, question)
            message = await reply_to(context, question, decision)
        yield Answer(
            decision=decision.kind,
            slug=decision.entry.slug if decision.entry else None,
            confidence=round(decision.confidence, 4),
            suggestions=[entry.slug for entry in decision.suggestions],
            text=message.plain(),
        )
