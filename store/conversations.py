"""Conversations on the web pages: what a person and the bot said to each other there."""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store import members
from store.database import Base
from store.members import Member

PLATFORM = "web"


class Author(StrEnum):
    BOT = "bot"
    PERSON = "person"


class Conversation(Base):
    """One member's conversation, or one visitor's. Its id is the member's identity on the web."""

    __tablename__ = "conversations"
    __table_args__ = (Index(None, "last_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    # None for a visitor who has not signed in.
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), unique=True)
    # Counts every entry and every edit, so that an open page knows what it has not seen.
    revision: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime]


class Entry(Base):
    """One thing said: words of the person, or a message of the bot."""

    __tablename__ = "conversation_entries"
    __table_args__ = (
        UniqueConstraint("conversation_id", "key"),
        Index(None, "conversation_id", "revision"),
        Index(None, "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    # Of the update or the outbox row it came from: the same thing is never said twice.
    key: Mapped[str] = mapped_column(String(200))
    author: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text, default="")
    message: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    revision: Mapped[int]
    at: Mapped[datetime]


async def start(session: AsyncSession, now: datetime, member_id: int | None = None) -> Conversation:
    conversation = Conversation(id=secrets.token_hex(16), member_id=member_id, revision=0, last_at=now)
    session.add(conversation)
    await session.flush()
    return conversation


async def of_member(session: AsyncSession, member: Member, now: datetime) -> Conversation:
    """A member's conversation; begun, with the identity that the web knows them by, where there is none."""
    held = await session.scalar(select(Conversation).where(Conversation.member_id == member.id))
    if held is not None:
        return held
    begun = await start(session, now, member.id)
    await members.add_identity(session, member, PLATFORM, begun.id, profiled=True, now=now)
    return begun


async def by_id(session: AsyncSession, conversation_id: str) -> Conversation | None:
    return await session.get(Conversation, conversation_id)


async def add(
    session: AsyncSession, conversation_id: str, key: str, author: Author, now: datetime, *, text: str = "",
    message: dict[str, Any] | None = None,
) -> Entry | None:  # fmt: skip
    """Add what was said; the entry that is there already where this key was added before. None where
    there is no such conversation."""
    revision = await _next_revision(session, conversation_id, now)
    if revision is None:
        return None
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgres_insert
    added = await session.scalars(
        insert(Entry)
        .values(
            conversation_id=conversation_id,
            key=key,
            author=author,
            text=text,
            message=message,
            revision=revision,
            at=now,
        )
        .on_conflict_do_nothing()
        .returning(Entry)
    )
    return added.first() or await by_key(session, conversation_id, key)


async def change(session: AsyncSession, entry_id: int, message: dict[str, Any], now: datetime) -> str | None:
    """Change a message; returns the conversation it stands in, None where the entry is gone."""
    entry = await session.get(Entry, entry_id)
    if entry is None:
        return None
    revision = await _next_revision(session, entry.conversation_id, now)
    entry.message, entry.revision = message, revision or entry.revision
    return entry.conversation_id


async def by_key(session: AsyncSession, conversation_id: str, key: str) -> Entry | None:
    return await session.scalar(
        select(Entry).where(Entry.conversation_id == conversation_id, Entry.key == key)
    )


async def entry_of(session: AsyncSession, conversation_id: str, entry_id: int) -> Entry | None:
    """An entry of one conversation: anybody else's is as good as none."""
    return await session.scalar(
        select(Entry).where(Entry.conversation_id == conversation_id, Entry.id == entry_id)
    )


async def latest(
    session: AsyncSession, conversation_id: str, *, limit: int, before_id: int | None = None
) -> list[Entry]:
    """The newest entries, oldest of them first; ``before_id`` pages back."""
    statement = select(Entry).where(Entry.conversation_id == conversation_id)
    if before_id is not None:
        statement = statement.where(Entry.id < before_id)
    rows = list(await session.scalars(statement.order_by(Entry.id.desc()).limit(limit)))
    return rows[::-1]


async def since(
    session: AsyncSession, conversation_id: str, revision: int, *, limit: int = 50
) -> list[Entry]:
    """What was added or changed after a revision, in that order."""
    rows = await session.scalars(
        select(Entry)
        .where(Entry.conversation_id == conversation_id, Entry.revision > revision)
        .order_by(Entry.revision)
        .limit(limit)
    )
    return list(rows)


async def forget_before(session: AsyncSession, visitors: datetime, entries: datetime) -> int:
    """Delete visitors' conversations that rested since the first date, and everybody's entries older than
    the second. Returns how many of both."""
    quiet = await session.execute(
        delete(Conversation)
        .where(Conversation.member_id.is_(None), Conversation.last_at < visitors)
        .returning(Conversation.id)
    )
    old = await session.execute(delete(Entry).where(Entry.at < entries).returning(Entry.id))
    return len(quiet.all()) + len(old.all())


async def _next_revision(session: AsyncSession, conversation_id: str, now: datetime) -> int | None:
    """Takes the row's lock, so that revisions become visible in their order."""
    return await session.scalar(
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(revision=Conversation.revision + 1, last_at=now)
        .returning(Conversation.revision)
    )
