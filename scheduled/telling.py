"""Telling people what a job has found, in the language of each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.kit.context import Compose, Surroundings
from store import outbox
from store.members import Member


async def tell(
    session: AsyncSession, surroundings: Surroundings, readers: Iterable[Member], compose: Compose, *,
    key: str, now: datetime,
) -> None:  # fmt: skip
    """Owe each reader a message; what was sent to them under this key before is not sent again."""
    for reader in readers:
        message = compose(surroundings.catalogues.words(reader.locale))
        await outbox.add(
            session,
            key=key,
            recipient=f"member:{reader.id}",
            message=message.model_dump(mode="json"),
            now=now,
            member_id=reader.id,
        )
