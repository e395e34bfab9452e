"""Members: the people the bot knows, and the identities they are reached by."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    and_,
    delete,
    false,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import LARGEST_ID, Base

# The platform of an address that somebody was imported with: nobody has vouched for it, so that it is
# neither written to nor signed in by. It is there to recognise its holder by, once.
IMPORTED = "import"


class Member(Base):
    """A person, under our own id whatever platforms they use."""

    __tablename__ = "members"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    locale: Mapped[str] = mapped_column(String(5), default="en")
    # Whether they chose their language; until then it follows what their platform says.
    locale_chosen: Mapped[bool] = mapped_column(default=False, server_default=false())
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id", ondelete="SET NULL"), index=True
    )
    # Whether an administrator said which organisation it is, or that it is none: no mail address
    # changes that. Otherwise it comes and goes with the member's verified addresses.
    organisation_fixed: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime]
    # When they were welcomed; set without a message for people who were there before the bot.
    greeted_at: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(default=True)
    # Where they asked to be reached; None means where they were last seen.
    preferred_platform: Mapped[str | None] = mapped_column(String(20))

    def speak(self, locale: str) -> None:
        """Choose a language, whatever their platforms say."""
        self.locale, self.locale_chosen = locale, True


class Identity(Base):
    """How a platform knows a member. A mail address that an operator vouched for is one, too."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("platform", "external_id"), Index(None, "email"))

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    platform: Mapped[str] = mapped_column(String(20))
    external_id: Mapped[str] = mapped_column(String(320))
    email: Mapped[str | None] = mapped_column(String(320))
    email_verified: Mapped[bool] = mapped_column(default=False)
    # Whether the platform has told us the person's name and address yet.
    profiled: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    last_used_at: Mapped[datetime | None]


async def by_id(session: AsyncSession, member_id: int) -> Member | None:
    # What a client sends may be a number that no column holds.
    return await session.get(Member, member_id) if 0 < member_id <= LARGEST_ID else None


async def by_identity(
    session: AsyncSession, platform: str, external_id: str
) -> tuple[Member, Identity] | None:
    row = (
        await session.execute(
            select(Member, Identity)
            .join(Identity, Identity.member_id == Member.id)
            .where(Identity.platform == platform, Identity.external_id == external_id)
        )
    ).first()
    return (row[0], row[1]) if row else None


async def by_verified_email(session: AsyncSession, email: str) -> Member | None:
    """The member with a live identity whose address is verified; the oldest where there are several."""
    return await session.scalar(
        select(Member)
        .join(Identity, Identity.member_id == Member.id)
        .where(Identity.email == email.lower(), Identity.email_verified.is_(True), Identity.active.is_(True))
        .order_by(Member.id)
        .limit(1)
    )


def belongs_to_its_holder() -> ColumnElement[bool]:
    """Whether an identity's address tells who a line of a list is about: it is verified, or it came with
    such a list."""
    verified = and_(Identity.email_verified.is_(True), Identity.active.is_(True))
    return or_(verified, Identity.platform == IMPORTED)


async def anybody(session: AsyncSession) -> bool:
    """Whether any platform knows anybody here."""
    return await session.scalar(select(Identity.id).limit(1)) is not None


async def external_ids(session: AsyncSession, platform: str) -> frozenset[str]:
    """Everybody a platform knows, by the platform's ids."""
    rows = await session.scalars(select(Identity.external_id).where(Identity.platform == platform))
    return frozenset(rows)


async def identities(session: AsyncSession, member_id: int) -> list[Identity]:
    rows = await session.scalars(
        select(Identity).where(Identity.member_id == member_id).order_by(Identity.id)
    )
    return list(rows)


async def verified_emails(session: AsyncSession, member_id: int) -> frozenset[str]:
    """Addresses of a member that some live identity vouches for, in lower case."""
    rows = await session.scalars(
        select(Identity.email).where(
            Identity.member_id == member_id, Identity.email_verified.is_(True), Identity.active.is_(True)
        )
    )
    return frozenset(row for row in rows if row)


async def verified_emails_of(session: AsyncSession, ids: Collection[int]) -> dict[int, list[str]]:
    """The same for several members, in order; who has none is left out."""
    rows = await session.execute(
        select(Identity.member_id, Identity.email)
        .where(Identity.member_id.in_(ids), Identity.email_verified.is_(True), Identity.active.is_(True))
        .distinct()
        .order_by(Identity.member_id, Identity.email)
    )
    found: dict[int, list[str]] = {}
    for member_id, email in rows:
        if email:
            found.setdefault(member_id, []).append(email)
    return found


async def search(session: AsyncSession, query: str, *, limit: int = 20, offset: int = 0) -> list[Member]:
    """Active members whose name holds the words of the query, in order of name."""
    statement = select(Member).where(*_named(query)).order_by(Member.name, Member.id)
    return list(await session.scalars(statement.limit(limit).offset(offset)))


async def count(session: AsyncSession, query: str = "") -> int:
    """How many ``search`` would find without a limit."""
    return await session.scalar(select(func.count()).select_from(Member).where(*_named(query))) or 0


async def by_ids(session: AsyncSession, ids: Collection[int]) -> list[Member]:
    """Unknown ids are left out."""
    return list(await session.scalars(select(Member).where(Member.id.in_(ids))))


async def add(session: AsyncSession, *, name: str, now: datetime, locale: str = "en") -> Member:
    member = Member(name=name, locale=locale, created_at=now, greeted_at=None, active=True)
    session.add(member)
    await session.flush()
    return member


async def add_identity(
    session: AsyncSession, member: Member, platform: str, external_id: str, *, email: str | None = None,
    email_verified: bool = False, profiled: bool = False, now: datetime | None = None,
) -> Identity:  # fmt: skip
    identity = Identity(
        member_id=member.id,
        platform=platform,
        external_id=external_id,
        email=email.lower() if email else None,
        email_verified=email_verified,
        profiled=profiled,
        active=True,
        last_used_at=now,
    )
    session.add(identity)
    await session.flush()
    return identity


async def by_import(session: AsyncSession, email: str) -> Member | None:
    """Whoever was imported with this address and has not been recognised yet."""
    return await session.scalar(
        select(Member)
        .join(Identity, Identity.member_id == Member.id)
        .where(Identity.platform == IMPORTED, Identity.external_id == email.lower())
    )


async def forget_import(session: AsyncSession, email: str) -> None:
    """The address has done its work: whoever has it later is not taken for the same person."""
    await session.execute(
        delete(Identity).where(Identity.platform == IMPORTED, Identity.external_id == email.lower())
    )


async def touch(session: AsyncSession, identity_id: int, now: datetime) -> None:
    """Note that somebody was just seen on a platform."""
    await session.execute(update(Identity).where(Identity.id == identity_id).values(last_used_at=now))


def _named(query: str) -> list[ColumnElement[bool]]:
    names = [func.lower(Member.name).contains(word.lower(), autoescape=True) for word in query.split()]
    return [Member.active.is_(True), *names]
