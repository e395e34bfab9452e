"""Greetings: closes the cards of newcomers whom nobody greeted in time, or who are gone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from handlers.greetings import closed_card, key_of
from handlers.kit.context import Surroundings
from handlers.kit.platform import Clock
from store import greetings, members, outbox
from store.database import Database

CHUNK = 50


def job(database: Database, clock: Clock, surroundings: Surroundings) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        now = clock()
        async with database.write() as session:
            for greeting, newcomer in await greetings.to_close(session, now, limit=CHUNK):
                greeting.closed_at = now
                for row in await outbox.copies(session, key_of(newcomer.id)):
                    reader = await members.by_id(session, row.member_id or 0)
                    words = surroundings.catalogues.words(reader.locale if reader else None)
                    said = closed_card(words, newcomer)
                    outbox.change_row(row, said.model_dump(mode="json"), now)

    return run
