"""The rules of engagement: their versions, and who accepted which words when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import JSON, ForeignKey, String, Text, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base
from store.members import Member


class RulesVersion(Base):
    """One wording. The highest version that is published is the one in force."""

    __tablename__ = "rules_versions"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    # By language; English is always there.
    texts: Mapped[dict[str, str]] = mapped_column(JSON)
    # How long those who accepted an earlier version may put off accepting this one.
    grace_days: Mapped[int] = mapped_column(default=14)
    created_at: Mapped[datetime]
    # None: a preview that nobody has put in force.
    published_at: Mapped[datetime | None]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))

    def text(self, locale: str) -> tuple[str, str]:
        """The language that a reader gets, and the words in it."""
        return (locale, self.texts[locale]) if self.texts.get(locale) else ("en", self.texts["en"])

    @property
    def grace_ends_at(self) -> datetime | None:
        return self.published_at + timedelta(days=self.grace_days) if self.published_at else None


class RulesAcceptance(Base):
    """Somebody accepted a version: the words that stood before them are kept as they were."""

    __tablename__ = "rules_acceptances"

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(ForeignKey("rules_versions.version"), primary_key=True)
    language: Mapped[str] = mapped_column(String(5))
    text: Mapped[str] = mapped_column(Text)
    platform: Mapped[str] = mapped_column(String(20))
    accepted_at: Mapped[datetime]


class RulesAsked(Base):
    """Somebody was shown a version; nobody is asked twice for one."""

    __tablename__ = "rules_asked"

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(ForeignKey("rules_versions.version"), primary_key=True)
    asked_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]


async def current(session: AsyncSession) -> RulesVersion | None:
    """The version in force; None before the first is published."""
    return await session.scalar(
        select(RulesVersion)
        .where(RulesVersion.published_at.is_not(None))
        .order_by(RulesVersion.version.desc())
        .limit(1)
    )


async def by_version(session: AsyncSession, version: int) -> RulesVersion | None:
    return await session.get(RulesVersion, version)


async def write(
    session: AsyncSession, texts: dict[str, str], *, grace_days: int, author_id: int | None, now: datetime
) -> RulesVersion:
    """The next version, not yet in force."""
    newest = await session.scalar(select(func.max(RulesVersion.version)))
    version = RulesVersion(
        version=(newest or 0) + 1,
        texts=texts,
        grace_days=grace_days,
        created_at=now,
        published_at=None,
        author_id=author_id,
    )
    session.add(version)
    await session.flush()
    return version


async def accepted(session: AsyncSession, member_id: int, version: int) -> RulesAcceptance | None:
    return await session.get(RulesAcceptance, (member_id, version))


async def latest_accepted(session: AsyncSession, member_id: int) -> int | None:
    """The newest version that somebody has accepted."""
    return await session.scalar(
        select(func.max(RulesAcceptance.version)).where(RulesAcceptance.member_id == member_id)
    )


def suffices(in_force: RulesVersion | None, newest_accepted: int | None, now: datetime) -> bool:
    """Whether somebody may be enrolled where the rules are required: the version in force is accepted, or
    an earlier one while the time of grace lasts."""
    if in_force is None:
        return True
    if newest_accepted is None:
        return False
    ends_at = in_force.grace_ends_at
    return newest_accepted >= in_force.version or (ends_at is not None and now < ends_at)


async def allows(session: AsyncSession, member_id: int, now: datetime) -> bool:
    in_force = await current(session)
    return in_force is None or suffices(in_force, await latest_accepted(session, member_id), now)


async def asked(session: AsyncSession, member_id: int, version: int) -> RulesAsked | None:
    return await session.get(RulesAsked, (member_id, version))


async def note_asked(session: AsyncSession, member_id: int, version: int, now: datetime) -> bool:
    """False when they have been asked before."""
    if await session.get(RulesAsked, (member_id, version)) is not None:
        return False
    session.add(RulesAsked(member_id=member_id, version=version, asked_at=now, reminded_at=None))
    await session.flush()
    return True


async def to_ask(session: AsyncSession, version: int, *, limit: int) -> list[Member]:
    """Active members who accepted an earlier version and have not been asked for this one."""
    rows = await session.scalars(
        select(Member)
        .where(
            Member.active.is_(True),
            exists().where(RulesAcceptance.member_id == Member.id, RulesAcceptance.version < version),
            ~exists().where(RulesAsked.member_id == Member.id, RulesAsked.version == version),
            ~exists().where(RulesAcceptance.member_id == Member.id, RulesAcceptance.version == version),
        )
        .order_by(Member.id)
        .limit(limit)
    )
    return list(rows)


async def not_asked(session: AsyncSession, version: int, member_ids: Collection[int]) -> list[Member]:
    """Those of some active members who have neither accepted a version nor been asked for it."""
    rows = await session.scalars(
        select(Member)
        .where(
            Member.id.in_(member_ids),
            Member.active.is_(True),
            ~exists().where(RulesAsked.member_id == Member.id, RulesAsked.version == version),
            ~exists().where(RulesAcceptance.member_id == Member.id, RulesAcceptance.version >= version),
        )
        .order_by(Member.id)
    )
    return list(rows)


async def to_remind(
    session: AsyncSession, version: int, asked_before: datetime, *, limit: int
) -> list[tuple[RulesAsked, Member]]:
    """Active members who accepted an earlier version, were asked for this one before a time, have not
    accepted it and were never reminded."""
    rows = await session.execute(
        select(RulesAsked, Member)
        .join(Member, Member.id == RulesAsked.member_id)
        .where(
            RulesAsked.version == version,
            RulesAsked.asked_at < asked_before,
            RulesAsked.reminded_at.is_(None),
            Member.active.is_(True),
            exists().where(RulesAcceptance.member_id == Member.id, RulesAcceptance.version < version),
            ~exists().where(RulesAcceptance.member_id == Member.id, RulesAcceptance.version == version),
        )
        .order_by(Member.id)
        .limit(limit)
    )
    return [(row, member) for row, member in rows]
