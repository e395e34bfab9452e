"""Sessions on the web pages: who a browser's cookie stands for, and until when."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, String, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store import sign_in
from store.database import Base
from store.members import Member
from store.sign_in import hashed

# A session ends when nobody has used it for so long, and at the latest after so long.
IDLE = timedelta(days=7)
LONGEST = timedelta(days=30)
# Use is noted no more often than this, so that reading a page seldom writes.
NOTED_EVERY = timedelta(minutes=10)


class WebSession(Base):
    """A browser's session. ``id`` is the hash of what the cookie holds: a copied table opens no door."""

    __tablename__ = "web_sessions"
    __table_args__ = (Index(None, "used_at"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    # None for a visitor who has not signed in.
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    # A visitor's language; a member's stands with the member.
    locale: Mapped[str | None] = mapped_column(String(5))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime]

    def ended(self, now: datetime) -> bool:
        return now - self.used_at > IDLE or now - self.created_at > LONGEST


async def begin(
    session: AsyncSession, conversation_id: str, now: datetime, *, member_id: int | None = None,
    locale: str | None = None,
) -> tuple[str, WebSession]:  # fmt: skip
    """The token for the cookie, which is stored nowhere, and the session it stands for."""
    token = secrets.token_urlsafe(32)
    row = WebSession(
        id=hashed(token),
        member_id=member_id,
        conversation_id=conversation_id,
        locale=locale,
        created_at=now,
        used_at=now,
    )
    session.add(row)
    await session.flush()
    return token, row


async def by_token(
    session: AsyncSession, token: str, now: datetime
) -> tuple[WebSession, Member | None] | None:
    """The live session of a cookie, with its member. None when it ended or its member is not active."""
    found = (
        await session.execute(
            select(WebSession, Member)
            .outerjoin(Member, Member.id == WebSession.member_id)
            .where(WebSession.id == hashed(token))
        )
    ).first()
    if found is None:
        return None
    row: WebSession = found[0]
    member: Member | None = found[1]
    if row.ended(now) or (row.member_id is not None and (member is None or not member.active)):
        return None
    return row, member


async def alive(session: AsyncSession, session_id: str, now: datetime) -> bool:
    """Whether a session still stands, for a page that stays open."""
    row = await session.get(WebSession, session_id)
    return row is not None and not row.ended(now)


async def use(session: AsyncSession, session_id: str, now: datetime) -> None:
    await session.execute(update(WebSession).where(WebSession.id == session_id).values(used_at=now))


async def speak(session: AsyncSession, session_id: str, locale: str) -> None:
    """Choose the language of a visitor's pages."""
    await session.execute(update(WebSession).where(WebSession.id == session_id).values(locale=locale))


async def end(session: AsyncSession, session_id: str) -> None:
    await session.execute(delete(WebSession).where(WebSession.id == session_id))


async def revoke_all(session: AsyncSession, member_id: int) -> int:
    """End every session of a member, and take back their unused sign-in links; returns how many sessions
    there were."""
    await sign_in.revoke_all(session, member_id)
    ended = await session.execute(
        delete(WebSession).where(WebSession.member_id == member_id).returning(WebSession.id)
    )
    return len(ended.all())


async def forget_ended(session: AsyncSession, now: datetime) -> int:
    """Delete sessions that ended by themselves; returns how many."""
    over = or_(WebSession.used_at < now - IDLE, WebSession.created_at < now - LONGEST)
    ended = await session.execute(delete(WebSession).where(over).returning(WebSession.id))
    return len(ended.all())
