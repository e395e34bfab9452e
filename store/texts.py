"""Texts that administrators may change: one body for each name and language."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base

SOURCE_LOCALE = "en"


class EditableText(Base):
    __tablename__ = "texts"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    locale: Mapped[str] = mapped_column(String(5), primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime]


async def bodies(session: AsyncSession, name: str) -> dict[str, str]:
    """The text in each language that it is there in."""
    rows = await session.scalars(select(EditableText).where(EditableText.name == name))
    return {row.locale: row.body for row in rows}


async def body(session: AsyncSession, name: str, locale: str) -> str:
    """The text in a language, in English where it is not there in that one; empty where it is not at all."""
    held = await bodies(session, name)
    return held.get(locale) or held.get(SOURCE_LOCALE, "")


async def put(session: AsyncSession, name: str, locale: str, words: str, *, now: datetime) -> bool:
    """Write a text; an empty one is taken away. False when it reads so already."""
    held = await session.get(EditableText, (name, locale))
    if words == (held.body if held else ""):
        return False
    if held is None:
        session.add(EditableText(name=name, locale=locale, body=words, updated_at=now))
    elif not words:
        await session.delete(held)
    else:
        held.body, held.updated_at = words, now
    await session.flush()
    return True
