"""Memberships: who is in which group, how they got in, and whether they may be put back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Index,
    Integer,
    String,
    TableClause,
    Text,
    column,
    delete,
    func,
    literal,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base
from store.members import Member


class MembershipState(StrEnum):
    WANTED = "wanted"  # The rule or a person says yes; the platform has not confirmed it yet.
    CONFIRMED = "confirmed"
    LEFT = "left"  # By their own choice: nothing but their own choice brings them back.
    REMOVED = "removed"  # By an administrator or a lead: no rule brings them back.
    LAPSED = "lapsed"  # Taken out because the rule no longer fits: it may bring them back.
    REQUESTED = "requested"
    DECLINED = "declined"


class How(StrEnum):
    """Through whom somebody got in."""

    RULE = "rule"
    OWN = "own"
    LEAD = "lead"
    ADMINISTRATOR = "administrator"


class Membership(Base):
    __tablename__ = "memberships"
    __table_args__ = (Index(None, "group_id", "state"),)

    group_id: Mapped[int] = mapped_column(
        ForeignKey("member_groups.id", ondelete="CASCADE"), primary_key=True
    )
    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    state: Mapped[str] = mapped_column(String(12))
    how: Mapped[str] = mapped_column(String(15))
    since: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    # The platform whose channel they were seen in; "web" where the group needs none for them.
    confirmed_on: Mapped[str | None] = mapped_column(String(20))
    ended_at: Mapped[datetime | None]
    # When a comparison last saw them in the group's channel.
    seen_at: Mapped[datetime | None]
    # What they said when they asked, or what they were told when it ended.
    reason: Mapped[str] = mapped_column(Text, default="")

    def confirm(self, platform: str, now: datetime) -> None:
        """The platform shows them in the group."""
        self.state = MembershipState.CONFIRMED
        self.confirmed_at = now
        self.confirmed_on = platform
        self.ended_at = None

    def end(self, state: MembershipState, now: datetime, reason: str = "") -> None:
        self.state = state
        self.ended_at = now
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Admission:
    """Somebody who comes into a group: at once on the web, or when ``platform`` is None, once a platform
    has confirmed it."""

    group_id: int
    member_id: int
    platform: str | None


async def of_pair(session: AsyncSession, group_id: int, member_id: int) -> Membership | None:
    return await session.get(Membership, (group_id, member_id))


async def of_member(session: AsyncSession, member_id: int) -> dict[int, Membership]:
    """Every membership somebody has or had, by group id."""
    rows = await session.scalars(select(Membership).where(Membership.member_id == member_id))
    return {row.group_id: row for row in rows}


async def of_people(
    session: AsyncSession, group_id: int, member_ids: Collection[int]
) -> dict[int, Membership]:
    """What some people have or had to do with one group, by member id."""
    rows = await session.scalars(
        select(Membership).where(Membership.group_id == group_id, Membership.member_id.in_(member_ids))
    )
    return {row.member_id: row for row in rows}


async def admit(session: AsyncSession, admissions: Iterable[Admission], how: How, now: datetime) -> None:
    """Bring people in, whatever stood there before: one statement for each platform that confirms."""
    by_platform: dict[str | None, list[tuple[int, int]]] = {}
    for one in admissions:
        by_platform.setdefault(one.platform, []).append((one.group_id, one.member_id))
    for platform, pairs in by_platform.items():
        values = {
            "state": MembershipState.CONFIRMED if platform else MembershipState.WANTED,
            "how": how,
            "since": now,
            "confirmed_at": now if platform else None,
            "confirmed_on": platform,
            "ended_at": None,
            "reason": "",
        }
        for statement in insert_pairs(session, Membership, pairs, values):
            fresh = {name: statement.excluded[name] for name in values}
            await session.execute(
                statement.on_conflict_do_update(index_elements=["group_id", "member_id"], set_=fresh)
            )


def insert_pairs(
    session: AsyncSession, table: type[Base], pairs: Collection[tuple[int, int]], values: Mapping[str, Any]
) -> list[Any]:
    """Statements that insert the same values for every pair of a group's and a member's id.

    One person with many groups, and one group with many people, are one statement each: as a selection
    of the ids, which is many times faster than a row at a time.
    """
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgres_insert
    columns = table.__table__.c
    by_group: dict[int, list[int]] = {}
    for group_id, member_id in pairs:
        by_group.setdefault(group_id, []).append(member_id)
    people = {member_id for _group_id, member_id in pairs}
    alone = [(list(by_group), list(people))] if len(people) == 1 else None
    groups = column("id", Integer)
    return [
        insert(table).from_select(
            ["group_id", "member_id", *values],
            select(groups, Member.id, *(literal(value, columns[name].type) for name, value in values.items()))
            .join_from(Member, TableClause("member_groups", groups), true())
            .where(groups.in_(group_ids), Member.id.in_(member_ids)),
        )
        for group_ids, member_ids in alone or [([one], ids) for one, ids in by_group.items()]
    ]


async def request(
    session: AsyncSession, group_id: int, member_id: int, *, reason: str, now: datetime
) -> None:
    """Note that somebody asks to come in, whatever stood there before."""
    membership = await session.get(Membership, (group_id, member_id))
    if membership is None:
        membership = Membership(group_id=group_id, member_id=member_id)
        session.add(membership)
    membership.state = MembershipState.REQUESTED
    membership.how = How.OWN
    membership.since = now
    membership.confirmed_at = membership.confirmed_on = membership.ended_at = None
    membership.reason = reason
    await session.flush()


async def want_again(session: AsyncSession, group_id: int, member_ids: Collection[int]) -> None:
    """Back to waiting for a platform's word: they have come within reach of one that has the group."""
    await session.execute(
        update(Membership)
        .where(Membership.group_id == group_id, Membership.member_id.in_(member_ids))
        .values(state=MembershipState.WANTED, confirmed_at=None, confirmed_on=None)
    )


async def forget(session: AsyncSession, member_id: int, group_ids: Collection[int]) -> None:
    """Delete memberships that never came about."""
    await session.execute(
        delete(Membership).where(Membership.member_id == member_id, Membership.group_id.in_(group_ids))
    )


async def forget_people(session: AsyncSession, group_id: int, member_ids: Collection[int]) -> None:
    await session.execute(
        delete(Membership).where(Membership.group_id == group_id, Membership.member_id.in_(member_ids))
    )


async def lapse(session: AsyncSession, group_id: int, member_ids: Collection[int], now: datetime) -> None:
    """End memberships because the rule no longer fits."""
    await session.execute(
        update(Membership)
        .where(Membership.group_id == group_id, Membership.member_id.in_(member_ids))
        .values(state=MembershipState.LAPSED, ended_at=now)
    )


async def people(
    session: AsyncSession,
    group_id: int,
    states: Collection[MembershipState],
    *,
    limit: int,
    offset: int = 0,
    query: str = "",
) -> tuple[list[tuple[Membership, Member]], int]:
    """A page of a group's active people whose name holds the query, in order of name, and how many there
    are."""
    matching = (
        select(Membership, Member)
        .join(Member, Member.id == Membership.member_id)
        .where(Membership.group_id == group_id, Membership.state.in_(states), Member.active.is_(True))
    )
    for word in query.split():
        matching = matching.where(func.lower(Member.name).contains(word.lower(), autoescape=True))
    total = await session.scalar(
        select(func.count()).select_from(matching.with_only_columns(Member.id).subquery())
    )
    rows = await session.execute(matching.order_by(Member.name, Member.id).limit(limit).offset(offset))
    return [(membership, member) for membership, member in rows], total or 0


async def inside_only(session: AsyncSession, group_id: int, other_id: int) -> list[int]:
    """Active people who are in one group and have never had to do with the other."""
    other = select(Membership.member_id).where(Membership.group_id == other_id)
    rows = await session.scalars(
        select(Membership.member_id)
        .join(Member, Member.id == Membership.member_id)
        .where(
            Membership.group_id == group_id,
            Membership.state.in_([MembershipState.WANTED, MembershipState.CONFIRMED]),
            Membership.member_id.not_in(other),
            Member.active.is_(True),
        )
        .order_by(Membership.member_id)
    )
    return list(rows)
