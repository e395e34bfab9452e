"""Funding rounds: what is paid for, between which points in time, and who wants to be reminded."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import LARGEST_ID, Base
from store.members import Member

# The network's two streams; an administrator may name others.
USUAL_KINDS = ("Policy Lab", "Policy Prototype")


class RoundState(StrEnum):
    DRAFT = "draft"
    ANNOUNCED = "announced"
    OPEN = "open"
    CLOSED = "closed"
    DECIDED = "decided"


class FundingRound(Base):
    """Amounts, limits and dates are an administrator's; nothing about them stands in the code."""

    __tablename__ = "funding_rounds"
    __table_args__ = (Index(None, "closes_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(80))
    description: Mapped[str] = mapped_column(Text)
    opens_at: Mapped[datetime]
    # The last minute in which a bid is taken.
    closes_at: Mapped[datetime]
    # In pence; None where there is no such limit.
    maximum_pence: Mapped[int | None]
    pot_pence: Mapped[int | None]
    # Categories of organisations that may lead a project; empty is every one.
    lead_categories: Mapped[list[str]] = mapped_column(JSON)
    # Other members that a project should have; recommended, never required.
    partners: Mapped[int]
    delivery_months: Mapped[int | None]
    decision_on: Mapped[date | None] = mapped_column(Date)
    links: Mapped[list[str]] = mapped_column(JSON)
    contact: Mapped[str] = mapped_column(String(200))
    # The organisation whose round it is; None is the network's own.
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))
    announced_at: Mapped[datetime | None]
    # The first day on which its organisation's publicity is free again; it is announced then.
    held_until: Mapped[date | None] = mapped_column(Date)
    decided_at: Mapped[datetime | None]
    # Rises with each change of dates after the announcement.
    revision: Mapped[int] = mapped_column(default=0)

    def state(self, now: datetime) -> RoundState:
        """Where it stands; the clock alone opens and closes it."""
        if self.announced_at is None:
            return RoundState.DRAFT
        if self.decided_at is not None:
            return RoundState.DECIDED
        if now < self.opens_at:
            return RoundState.ANNOUNCED
        return RoundState.OPEN if now <= self.closes_at else RoundState.CLOSED

    @property
    def maximum(self) -> Decimal | None:
        return pounds(self.maximum_pence)

    @property
    def pot(self) -> Decimal | None:
        return pounds(self.pot_pence)

    def may_be_led_by(self, category: str) -> bool:
        return not self.lead_categories or category in self.lead_categories


class RoundGroup(Base):
    """A group whose channel hears of a round; a round with none is for everybody's announcements."""

    __tablename__ = "round_groups"

    round_id: Mapped[int] = mapped_column(
        ForeignKey("funding_rounds.id", ondelete="CASCADE"), primary_key=True
    )
    group_id: Mapped[int] = mapped_column(
        ForeignKey("member_groups.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class RoundWish(Base):
    """Somebody asked to be reminded of one round."""

    __tablename__ = "round_wishes"

    round_id: Mapped[int] = mapped_column(
        ForeignKey("funding_rounds.id", ondelete="CASCADE"), primary_key=True
    )
    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    at: Mapped[datetime]


def pence(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount * 100)


def pounds(amount: int | None) -> Decimal | None:
    return None if amount is None else Decimal(amount) / 100


async def by_id(session: AsyncSession, round_id: int, *, lock: bool = False) -> FundingRound | None:
    # What a client sends may be a number that no column holds.
    if not 0 < round_id <= LARGEST_ID:
        return None
    return await session.get(FundingRound, round_id, with_for_update=lock or None, populate_existing=lock)


async def by_ids(session: AsyncSession, ids: Collection[int]) -> list[FundingRound]:
    return list(await session.scalars(select(FundingRound).where(FundingRound.id.in_(ids))))


async def by_slug(session: AsyncSession, slug: str) -> FundingRound | None:
    return await session.scalar(select(FundingRound).where(FundingRound.slug == slug))


async def free_slug(session: AsyncSession, wanted: str) -> str:
    """``wanted``, or the next number after it that no round has."""
    taken = set(
        await session.scalars(
            select(FundingRound.slug).where(FundingRound.slug.startswith(wanted, autoescape=True))
        )
    )
    slug, number = wanted, 2
    while slug in taken:
        slug, number = f"{wanted}-{number}", number + 1
    return slug


async def kinds(session: AsyncSession) -> list[str]:
    """Every kind of round there is or was, the network's own first."""
    rows = await session.scalars(select(FundingRound.kind).distinct().order_by(FundingRound.kind))
    return list(dict.fromkeys([*USUAL_KINDS, *rows]))


async def current(session: AsyncSession, *, since: datetime, drafts: bool = False) -> list[FundingRound]:
    """The rounds that have not closed before a time, the one that closes next first."""
    statement = select(FundingRound).where(
        or_(FundingRound.closes_at >= since, FundingRound.announced_at.is_(None))
    )
    if not drafts:
        statement = statement.where(FundingRound.announced_at.is_not(None))
    return list(await session.scalars(statement.order_by(FundingRound.closes_at, FundingRound.id)))


async def announced_since(session: AsyncSession, moment: datetime, *, limit: int) -> list[FundingRound]:
    """The newest announcements first."""
    rows = await session.scalars(
        select(FundingRound)
        .where(FundingRound.announced_at > moment)
        .order_by(FundingRound.announced_at.desc())
        .limit(limit)
    )
    return list(rows)


async def any_held(session: AsyncSession) -> bool:
    """Whether some round waits for the end of a publicity hold."""
    waiting = (
        select(FundingRound.id)
        .where(FundingRound.held_until.is_not(None), FundingRound.announced_at.is_(None))
        .limit(1)
    )
    return await session.scalar(waiting) is not None


async def waiting_for_hold(session: AsyncSession) -> list[tuple[str, date]]:
    """The names of rounds that are announced when a publicity hold is over, with the day."""
    rows = await session.execute(
        select(FundingRound.name, FundingRound.held_until)
        .where(FundingRound.held_until.is_not(None), FundingRound.announced_at.is_(None))
        .order_by(FundingRound.held_until, FundingRound.id)
    )
    return [(name, day) for name, day in rows if day]


async def held_before(session: AsyncSession, day: date, now: datetime) -> list[FundingRound]:
    """Rounds that wait for the end of a publicity hold that is over by a day, and have not closed."""
    rows = await session.scalars(
        select(FundingRound)
        .where(
            FundingRound.held_until <= day,
            FundingRound.announced_at.is_(None),
            FundingRound.closes_at > now,
        )
        .with_for_update(skip_locked=True)
    )
    return list(rows)


async def open_at(session: AsyncSession, now: datetime) -> list[FundingRound]:
    """The rounds that take bids now, the one that closes next first."""
    rows = await current(session, since=now)
    return [one for one in rows if one.state(now) is RoundState.OPEN]


async def set_groups(session: AsyncSession, round_id: int, group_ids: Collection[int]) -> None:
    await session.execute(delete(RoundGroup).where(RoundGroup.round_id == round_id))
    session.add_all(RoundGroup(round_id=round_id, group_id=one) for one in dict.fromkeys(group_ids))
    await session.flush()


async def group_ids(session: AsyncSession, round_id: int) -> list[int]:
    rows = await session.scalars(select(RoundGroup.group_id).where(RoundGroup.round_id == round_id))
    return sorted(rows)


async def groups_of(session: AsyncSession, round_ids: Collection[int]) -> dict[int, list[int]]:
    """The ids of the groups that each round is for, in order."""
    found: dict[int, list[int]] = {round_id: [] for round_id in round_ids}
    rows = await session.execute(
        select(RoundGroup.round_id, RoundGroup.group_id)
        .where(RoundGroup.round_id.in_(round_ids))
        .order_by(RoundGroup.group_id)
    )
    for round_id, group_id in rows:
        found[round_id].append(group_id)
    return found


async def counts_of_wishers(session: AsyncSession, round_ids: Collection[int]) -> dict[int, int]:
    """How many active members asked to be reminded of each round; none where it is missing."""
    rows = await session.execute(
        select(RoundWish.round_id, func.count())
        .join(Member, Member.id == RoundWish.member_id)
        .where(RoundWish.round_id.in_(round_ids), Member.active.is_(True))
        .group_by(RoundWish.round_id)
    )
    return dict(rows.all())


async def wishes(session: AsyncSession, round_id: int, member_id: int) -> bool:
    """Whether somebody asked to be reminded of a round."""
    return await session.get(RoundWish, (round_id, member_id)) is not None


async def wish(session: AsyncSession, round_id: int, member_id: int, now: datetime) -> None:
    if not await wishes(session, round_id, member_id):
        session.add(RoundWish(round_id=round_id, member_id=member_id, at=now))
        await session.flush()


async def stop_wishing(session: AsyncSession, round_id: int, member_id: int) -> None:
    await session.execute(
        delete(RoundWish).where(RoundWish.round_id == round_id, RoundWish.member_id == member_id)
    )


async def wished_by(session: AsyncSession, member_id: int, since: datetime) -> list[FundingRound]:
    """Announced rounds that close after a time and that somebody asked to be reminded of."""
    rows = await session.scalars(
        select(FundingRound)
        .join(RoundWish, RoundWish.round_id == FundingRound.id)
        .where(
            RoundWish.member_id == member_id,
            FundingRound.announced_at.is_not(None),
            FundingRound.closes_at > since,
        )
        .order_by(FundingRound.closes_at, FundingRound.id)
    )
    return list(rows)


async def wishers(session: AsyncSession, round_id: int) -> list[Member]:
    """Active members who asked to be reminded of a round."""
    rows = await session.scalars(
        select(Member)
        .join(RoundWish, RoundWish.member_id == Member.id)
        .where(RoundWish.round_id == round_id, Member.active.is_(True))
        .order_by(Member.id)
    )
    return list(rows)


async def count_wishers(session: AsyncSession, round_id: int) -> int:
    statement = select(func.count()).select_from(RoundWish).where(RoundWish.round_id == round_id)
    return await session.scalar(statement) or 0
