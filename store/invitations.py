"""Invitations: the changes of membership that a platform still has to make, and how each ended."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    Exists,
    ForeignKey,
    Index,
    String,
    Text,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base
from store.group_channels import GroupChannel
from store.groups import Group, GroupState
from store.members import Identity, Member
from store.memberships import insert_pairs


class InvitationAction(StrEnum):
    INVITE = "invite"
    REMOVE = "remove"


class InvitationStatus(StrEnum):
    QUEUED = "queued"
    DONE = "done"
    FAILED = "failed"


class Invitation(Base):
    """What one platform is to do about one person in one group; a newer wish takes the place of an older."""

    __tablename__ = "invitations"
    __table_args__ = (Index(None, "status", "due_at"),)

    group_id: Mapped[int] = mapped_column(
        ForeignKey("member_groups.id", ondelete="CASCADE"), primary_key=True
    )
    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    platform: Mapped[str] = mapped_column(String(20), primary_key=True)
    action: Mapped[str] = mapped_column(String(10))
    status: Mapped[str] = mapped_column(String(10))
    # Why the platform refused, in its own word; empty where it has not.
    reason: Mapped[str] = mapped_column(Text, default="")
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    # The process that is at it, and until when nobody else may be.
    owner: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Wish:
    """An invitation to be written."""

    group_id: int
    member_id: int
    platform: str
    action: InvitationAction = InvitationAction.INVITE


@dataclass(frozen=True, slots=True)
class Batch:
    """Invitations of one kind to one channel, leased. ``people`` are the platform's ids by member id."""

    group_id: int
    platform: str
    channel: str
    action: InvitationAction
    people: dict[int, str]


async def queue(
    session: AsyncSession, wishes: Sequence[Wish], now: datetime, *, only_new: bool = False
) -> None:
    """Write wishes down. What waits for the same stays as it is; ``only_new`` also leaves
    alone what was done or refused before."""
    by_kind: dict[tuple[str, InvitationAction], list[tuple[int, int]]] = {}
    for wish in wishes:
        by_kind.setdefault((wish.platform, wish.action), []).append((wish.group_id, wish.member_id))
    for (platform, action), pairs in by_kind.items():
        values = {
            "platform": platform,
            "action": action,
            "status": InvitationStatus.QUEUED,
            "reason": "",
            "attempts": 0,
            "due_at": now,
            "settled_at": None,
            "owner": None,
            "lease_until": None,
        }
        for statement in insert_pairs(session, Invitation, pairs, values):
            if only_new:
                statement = statement.on_conflict_do_nothing()
            else:
                statement = statement.on_conflict_do_update(
                    index_elements=["group_id", "member_id", "platform"],
                    set_={name: statement.excluded[name] for name in values if name != "platform"},
                    where=or_(
                        Invitation.action != statement.excluded.action,
                        Invitation.status != InvitationStatus.QUEUED,
                    ),
                )
            await session.execute(statement)


async def withdraw(session: AsyncSession, pairs: Collection[tuple[int, int]]) -> None:
    """Drop what still waits for some pairs of group and member ids."""
    by_group: dict[int, list[int]] = {}
    for group_id, member_id in pairs:
        by_group.setdefault(group_id, []).append(member_id)
    if by_group:
        these = [
            and_(Invitation.group_id == group_id, Invitation.member_id.in_(ids))
            for group_id, ids in by_group.items()
        ]
        await session.execute(
            delete(Invitation).where(Invitation.status == InvitationStatus.QUEUED, or_(*these))
        )


async def claim(
    session: AsyncSession, platform: str, owner: str, *, until: datetime, now: datetime, limit: int
) -> Batch | None:
    """Lease the oldest due invitations that one call can take: one group, one action, at most ``limit``."""
    free = and_(
        Invitation.platform == platform,
        Invitation.status == InvitationStatus.QUEUED,
        Invitation.due_at <= now,
        or_(Invitation.lease_until.is_(None), Invitation.lease_until < now),
    )
    reachable = (
        select(Invitation, GroupChannel.external_id, Identity.external_id)
        .join(Group, Group.id == Invitation.group_id)
        .join(
            GroupChannel,
            and_(GroupChannel.group_id == Invitation.group_id, GroupChannel.platform == Invitation.platform),
        )
        .join(
            Identity,
            and_(Identity.member_id == Invitation.member_id, Identity.platform == Invitation.platform),
        )
        .join(Member, Member.id == Invitation.member_id)
        .where(free, Identity.active.is_(True), Member.active.is_(True), Group.state == GroupState.ACTIVE)
        .order_by(Invitation.due_at, Invitation.group_id, Invitation.member_id)
        .with_for_update(skip_locked=True, of=Invitation)
    )
    first = (await session.execute(reachable.limit(1))).first()
    if first is None:
        return None
    head, channel = first[0], first[1]
    rows = await session.execute(
        reachable.where(Invitation.group_id == head.group_id, Invitation.action == head.action).limit(limit)
    )
    people: dict[int, str] = {}
    for invitation, _channel, external_id in rows:
        invitation.owner, invitation.lease_until = owner, until
        people[invitation.member_id] = external_id
    await session.flush()
    return Batch(head.group_id, platform, channel, InvitationAction(head.action), people)


async def settle(
    session: AsyncSession, batch: Batch, owner: str, member_id: int, status: InvitationStatus, *,
    reason: str = "", due_at: datetime, attempted: bool = True,
) -> bool:  # fmt: skip
    """Write down how one ended; ``QUEUED`` is due again. False when a newer wish has taken its place."""
    settled = await session.execute(
        update(Invitation)
        .where(
            Invitation.group_id == batch.group_id,
            Invitation.member_id == member_id,
            Invitation.platform == batch.platform,
            Invitation.action == batch.action,
            Invitation.owner == owner,
        )
        .values(
            status=status,
            reason=reason,
            attempts=Invitation.attempts + (1 if attempted else 0),
            due_at=due_at,
            settled_at=None if status is InvitationStatus.QUEUED else due_at,
            owner=None,
            lease_until=None,
        )
        .returning(Invitation.attempts)
    )
    return settled.first() is not None


async def attempts(session: AsyncSession, batch: Batch) -> dict[int, int]:
    """How often each person of a batch has been tried before, by member id."""
    rows = await session.execute(
        select(Invitation.member_id, Invitation.attempts).where(
            Invitation.group_id == batch.group_id,
            Invitation.platform == batch.platform,
            Invitation.member_id.in_(batch.people),
        )
    )
    return {row[0]: row[1] for row in rows}


async def failed(session: AsyncSession, group_id: int) -> list[tuple[Invitation, Member]]:
    """What a platform refused in a group, in order of name."""
    rows = await session.execute(
        select(Invitation, Member)
        .join(Member, Member.id == Invitation.member_id)
        .where(
            Invitation.group_id == group_id,
            Invitation.status == InvitationStatus.FAILED,
            Member.active.is_(True),
        )
        .order_by(Member.name, Member.id)
    )
    return [(invitation, member) for invitation, member in rows]


async def count_failed(session: AsyncSession, group_ids: Collection[int]) -> dict[int, int]:
    """How many people a platform refused in each of some groups; groups without any are left out."""
    rows = await session.execute(
        select(Invitation.group_id, func.count())
        .join(Member, Member.id == Invitation.member_id)
        .where(
            Invitation.group_id.in_(group_ids),
            Invitation.status == InvitationStatus.FAILED,
            Member.active.is_(True),
        )
        .group_by(Invitation.group_id)
    )
    return {row[0]: row[1] for row in rows}


async def retry(
    session: AsyncSession, group_id: int, now: datetime, *, reasons: Collection[str] | None = None
) -> int:
    """Queue a group's failed ones again, or those that failed for some reasons; returns how many."""
    failed = and_(Invitation.group_id == group_id, Invitation.status == InvitationStatus.FAILED)
    again = await session.execute(
        update(Invitation)
        .where(failed if reasons is None else and_(failed, Invitation.reason.in_(reasons)))
        .values(status=InvitationStatus.QUEUED, attempts=0, reason="", due_at=now, settled_at=None)
        .returning(Invitation.member_id)
    )
    return len(again.all())


async def drop_unreachable(session: AsyncSession, member_id: int | None = None) -> None:
    """Take waiting invitations out of the queue, of one person or of everybody, where the person is no
    longer active on the platform; once they are again, the rules invite them anew. Who is to be taken out
    of a channel stays in the queue for that day."""
    whose = [] if member_id is None else [Invitation.member_id == member_id]
    await session.execute(
        delete(Invitation)
        .where(
            *whose,
            Invitation.action == InvitationAction.INVITE,
            Invitation.status == InvitationStatus.QUEUED,
            ~_reachable(),
        )
        .execution_options(synchronize_session=False)
    )


async def waiting(session: AsyncSession) -> int:
    """How many wait for a platform, people who are deactivated left out."""
    return (
        await session.scalar(
            select(func.count())
            .select_from(Invitation)
            .where(Invitation.status == InvitationStatus.QUEUED, _reachable())
        )
    ) or 0


def _reachable() -> Exists:
    """Whether the person is active, and so on the platform."""
    return exists().where(
        Member.id == Invitation.member_id,
        Member.active.is_(True),
        Identity.member_id == Member.id,
        Identity.platform == Invitation.platform,
        Identity.active.is_(True),
    )
