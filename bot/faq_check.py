"""The check-up of the knowledge base that ``python -m bot faq check`` runs."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

from pydantic import BaseModel

from bot.settings import Settings
from handlers.faq_engine.clashes import clashes
from handlers.faq_engine.learner import open_encoder
from handlers.faq_engine.model_files import ModelFilesError
from handlers.faq_knowledge import taught
from handlers.faq_weaknesses import WeaknessKind, weaknesses
from handlers.kit.platform import Clock
from handlers.kit.words import LONDON
from store import faq
from store.database import Database


class WeakEntry(BaseModel):
    """What ``faq check --json`` prints: a stable form, for scripts."""

    slug: str
    weakness: WeaknessKind
    sentence: str
    other: str | None
    examples: list[str]


async def look_over(database: Database, settings: Settings, clock: Clock) -> list[WeakEntry]:
    """The weak entries, judged in the strength that the bot would use."""
    async with database.read() as session:
        entries = await faq.all_entries(session)
        not_ours = await faq.not_ours(session)
        try:
            encoder = open_encoder(settings.faq_model_dir) if settings.faq_model_dir else None
        except ModelFilesError:
            # `check` says what is wrong with it.
            encoder = None
        lessons = [taught(entry) for entry in entries]
        found = await asyncio.to_thread(clashes, lessons, not_ours, encoder=encoder)
        today = clock().astimezone(LONDON).date()
        return [
            WeakEntry.model_validate({**asdict(one), "weakness": one.kind})
            for one in weaknesses(entries, found, today)
        ]
