"""What a configuration file would change, and the record of what it changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from store import audit


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that would become another; None is not there. ``effect`` is what it does to people."""

    what: str
    old: str | None
    new: str | None
    effect: str = ""


def fields(what: str, old: BaseModel | None, new: BaseModel | None, *, but: str = "") -> list[Difference]:
    """The fields in which two entries differ; a new or an old one as a whole."""
    if new is None and old is not None:
        return [Difference(what, "there", None)]
    if new is None:
        return []
    before = old.model_dump(mode="json") if old is not None else {}
    return [
        Difference(f"{what}, {name}", None if old is None else str(before[name]), str(value))
        for name, value in new.model_dump(mode="json").items()
        if name != but and before.get(name) != value
    ]


async def record(session: AsyncSession, act: str, subject: str, subject_id: str | int, now: datetime) -> None:
    """The operator acts without an account, so the record names nobody."""
    await audit.record(
        session, act, subject, subject_id, actor_id=None, now=now, values={"by": "config import"}
    )
