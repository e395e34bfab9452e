"""Sign-in links: each signs one member in, once, within ten minutes."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, delete, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base

VALID_FOR = timedelta(minutes=10)


class SignInLink(Base):
    """A link that was handed out. ``id`` is the hash of its token; the token itself is stored nowhere."""

    __tablename__ = "sign_in_links"
    __table_args__ = (Index(None, "expires_at"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class LinkState(StrEnum):
    """What opening a link finds."""

    GOOD = "good"
    USED = "used"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


def hashed(token: str) -> str:
    """What is stored of a token. Tokens are random and long, so that a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


async def mint(session: AsyncSession, member_id: int, now: datetime) -> str:
    """The token of a new link. Earlier unused links of the member go on until they expire: a second
    message must not break the first."""
    token = secrets.token_urlsafe(32)
    session.add(SignInLink(id=hashed(token), member_id=member_id, expires_at=now + VALID_FOR, used_at=None))
    await session.flush()
    return token


async def state(session: AsyncSession, token: str, now: datetime) -> LinkState:
    """How a link stands, without using it."""
    link = await session.get(SignInLink, hashed(token))
    if link is None:
        return LinkState.UNKNOWN
    if link.used_at is not None:
        return LinkState.USED
    return LinkState.GOOD if now < link.expires_at else LinkState.EXPIRED


async def redeem(session: AsyncSession, token: str, now: datetime) -> int | None:
    """Use a link up; the member it signs in, or None where it is no good (any more)."""
    return await session.scalar(
        update(SignInLink)
        .where(SignInLink.id == hashed(token), SignInLink.used_at.is_(None), SignInLink.expires_at > now)
        .values(used_at=now)
        .returning(SignInLink.member_id)
    )


async def revoke_all(session: AsyncSession, member_id: int) -> None:
    """Take back every link of a member that was not used."""
    await session.execute(
        delete(SignInLink).where(SignInLink.member_id == member_id, SignInLink.used_at.is_(None))
    )


async def forget_before(session: AsyncSession, moment: datetime) -> int:
    """Delete links that expired before a time; returns how many."""
    gone = await session.execute(
        delete(SignInLink).where(SignInLink.expires_at < moment).returning(SignInLink.id)
    )
    return len(gone.all())
