"""Comparisons: how far each channel of a group has been held against the database, and what differed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, and_, delete, func, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base
from store.group_channels import GroupChannel
from store.groups import Group, GroupState
from store.invitations import Invitation, InvitationAction, InvitationStatus
from store.members import Identity, Member
from store.memberships import Membership, MembershipState


class Comparison(Base):
    """One for each channel of a group. While ``started_at`` is set, the pages up to ``cursor`` are done."""

    __tablename__ = "channel_comparisons"

    group_id: Mapped[int] = mapped_column(
        ForeignKey("member_groups.id", ondelete="CASCADE"), primary_key=True
    )
    platform: Mapped[str] = mapped_column(String(20), primary_key=True)
    # The channel that the pages are of: where the group has got another, it begins again.
    external_id: Mapped[str] = mapped_column(String(80))
    started_at: Mapped[datetime | None]
    cursor: Mapped[str | None] = mapped_column(Text)
    # When it was last done to the end.
    compared_at: Mapped[datetime | None]
    due_at: Mapped[datetime]
    # The attempt that is at it, and until when no other may be.
    owner: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]


class DriftKind(StrEnum):
    JOINED = "joined"  # By hand, and nobody had heard of it.
    LEFT = "left"
    RETURNED = "returned"  # Somebody had taken them out.
    INVITED = "invited"  # The rules want them in, and no platform had ever confirmed it.


class Drift(Base):
    """Something that a comparison found about one person; one comparison is one ``found_at``."""

    __tablename__ = "channel_drifts"
    __table_args__ = (Index(None, "group_id", "found_at"), Index(None, "found_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("member_groups.id", ondelete="CASCADE"))
    platform: Mapped[str] = mapped_column(String(20))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    found_at: Mapped[datetime]


async def claim(
    session: AsyncSession, platform: str, owner: str, *, until: datetime, now: datetime
) -> tuple[Comparison, Group, GroupChannel] | None:
    """Lease the comparison that is begun, or else the one that is due longest, of a channel that works."""
    row = (
        await session.execute(
            select(Group, GroupChannel, Comparison)
            .join(GroupChannel, GroupChannel.group_id == Group.id)
            .outerjoin(
                Comparison,
                and_(
                    Comparison.group_id == GroupChannel.group_id,
                    Comparison.platform == GroupChannel.platform,
                ),
            )
            .where(
                GroupChannel.platform == platform,
                GroupChannel.joined.is_(True),
                GroupChannel.problem == "",
                Group.state == GroupState.ACTIVE,
                or_(
                    Comparison.group_id.is_(None),
                    and_(
                        Comparison.due_at <= now,
                        or_(Comparison.lease_until.is_(None), Comparison.lease_until < now),
                    ),
                ),
            )
            .order_by(Comparison.started_at.is_(None), Comparison.due_at, Group.id)
            .limit(1)
            .with_for_update(skip_locked=True, of=GroupChannel)
        )
    ).first()
    if row is None:
        return None
    group, channel = row[0], row[1]
    comparison: Comparison | None = row[2]
    if comparison is None:
        comparison = Comparison(
            group_id=group.id, platform=platform, external_id=channel.external_id, due_at=now
        )
        session.add(comparison)
    if comparison.external_id != channel.external_id or comparison.started_at is None:
        comparison.external_id, comparison.cursor, comparison.started_at = channel.external_id, None, now
    comparison.owner, comparison.lease_until = owner, until
    await session.flush()
    return comparison, group, channel


async def leased(session: AsyncSession, of: Comparison, owner: str) -> Comparison | None:
    """The comparison as this attempt leased it; None when another attempt has taken it over, or the group
    has another channel by now."""
    return await session.scalar(
        select(Comparison)
        .join(
            GroupChannel,
            and_(GroupChannel.group_id == Comparison.group_id, GroupChannel.platform == Comparison.platform),
        )
        .where(
            Comparison.group_id == of.group_id,
            Comparison.platform == of.platform,
            Comparison.owner == owner,
            Comparison.external_id == GroupChannel.external_id,
        )
        .with_for_update(of=Comparison)
    )


async def known_people(
    session: AsyncSession, platform: str, external_ids: Collection[str]
) -> dict[int, Member]:
    """The active members whom a platform knows under some ids, by member id."""
    rows = await session.scalars(
        select(Member)
        .join(Identity, Identity.member_id == Member.id)
        .where(
            Identity.platform == platform,
            Identity.external_id.in_(external_ids),
            Identity.active.is_(True),
            Member.active.is_(True),
        )
    )
    return {row.id: row for row in rows}


async def being_taken_out(
    session: AsyncSession, group_id: int, platform: str, member_ids: Collection[int], since: datetime
) -> set[int]:
    """Those of some people whom the platform still has to take out of a group, cannot, or took out since
    a time: a page that shows them says nothing new."""
    rows = await session.scalars(
        select(Invitation.member_id).where(
            Invitation.group_id == group_id,
            Invitation.platform == platform,
            Invitation.member_id.in_(member_ids),
            Invitation.action == InvitationAction.REMOVE,
            or_(Invitation.status != InvitationStatus.DONE, Invitation.settled_at >= since),
        )
    )
    return set(rows)


async def mark_seen(
    session: AsyncSession, group_id: int, member_ids: Collection[int], seen_at: datetime
) -> None:
    await session.execute(
        update(Membership)
        .where(Membership.group_id == group_id, Membership.member_id.in_(member_ids))
        .values(seen_at=seen_at)
    )


async def unseen(
    session: AsyncSession, group_id: int, platform: str, since: datetime
) -> list[tuple[int, MembershipState]]:
    """The people whom the platform knows, who should be in the channel and whom no page since a time
    showed; those who came in meanwhile may have come after their page."""
    rows = await session.execute(
        select(Membership.member_id, Membership.state)
        .join(Member, Member.id == Membership.member_id)
        .where(
            Membership.group_id == group_id,
            or_(
                Membership.state == MembershipState.WANTED,
                and_(
                    Membership.state == MembershipState.CONFIRMED,
                    Membership.confirmed_on == platform,
                    Membership.confirmed_at < since,
                ),
            ),
            or_(Membership.seen_at.is_(None), Membership.seen_at < since),
            Member.active.is_(True),
            select(Identity.id)
            .where(
                Identity.member_id == Membership.member_id,
                Identity.platform == platform,
                Identity.active.is_(True),
            )
            .exists(),
        )
        .order_by(Membership.member_id)
    )
    return [(member_id, MembershipState(state)) for member_id, state in rows]


async def without_invitation(
    session: AsyncSession, group_id: int, platform: str, member_ids: Collection[int], before: datetime
) -> list[int]:
    """Those of some people for whom no invitation waits, was refused, or was carried out since a time."""
    held = select(Invitation.member_id).where(
        Invitation.group_id == group_id,
        Invitation.platform == platform,
        or_(Invitation.status != InvitationStatus.DONE, Invitation.settled_at >= before),
    )
    rows = await session.scalars(
        select(Member.id).where(Member.id.in_(member_ids), Member.id.not_in(held)).order_by(Member.id)
    )
    return list(rows)


def note(
    session: AsyncSession, of: Comparison, kind: DriftKind, member_ids: Collection[int], found_at: datetime
) -> None:
    session.add_all(
        Drift(group_id=of.group_id, platform=of.platform, member_id=member_id, kind=kind, found_at=found_at)
        for member_id in member_ids
    )


async def drifts(
    session: AsyncSession, group_id: int, since: datetime, *, platform: str | None = None
) -> list[tuple[Drift, Member]]:
    """What comparisons of a group found since a time, the newest first, each in order of name."""
    rows = await session.execute(
        select(Drift, Member)
        .join(Member, Member.id == Drift.member_id)
        .where(
            Drift.group_id == group_id,
            Drift.found_at >= since,
            Drift.platform == platform if platform else true(),
        )
        .order_by(Drift.found_at.desc(), Drift.kind, Member.name, Member.id)
    )
    return [(drift, member) for drift, member in rows]


async def count_drifts(session: AsyncSession, group_id: int, since: datetime) -> int:
    found = select(func.count()).select_from(Drift).where(Drift.group_id == group_id, Drift.found_at >= since)
    return await session.scalar(found) or 0


async def forget_before(session: AsyncSession, moment: datetime) -> int:
    """Delete what was found before a time; returns how much."""
    gone = await session.execute(delete(Drift).where(Drift.found_at < moment).returning(Drift.id))
    return len(gone.all())
