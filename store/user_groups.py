"""User groups: one mention for everybody in a group, on platforms that have such a thing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Select, String, cast, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store import choices
from store.database import Base
from store.groups import Group
from store.members import Identity, Member
from store.memberships import Membership, MembershipState

# What a platform last said of its user groups, as a choice: it allows them, or its word for why not.
ALLOWED = "allowed"


class UserGroup(Base):
    """The user group of a group on one platform, and how far it is as it should be."""

    __tablename__ = "user_groups"
    __table_args__ = (Index(None, "platform", "handle"),)

    group_id: Mapped[int] = mapped_column(
        ForeignKey("member_groups.id", ondelete="CASCADE"), primary_key=True
    )
    platform: Mapped[str] = mapped_column(String(20), primary_key=True)
    # What people type after the @.
    handle: Mapped[str] = mapped_column(String(40))
    # Whether it is to be there; where not, it is switched off on the platform and then deleted here.
    wanted: Mapped[bool] = mapped_column(default=True)
    # The platform's id; empty until it is made.
    external_id: Mapped[str] = mapped_column(String(80), default="")
    # Whether the platform has it switched on, as far as we know.
    enabled: Mapped[bool] = mapped_column(default=False)
    # Why the platform refused, in its own word; empty where it has not.
    problem: Mapped[str] = mapped_column(String(80), default="")
    # The mark of what the platform was last brought to; another mark is work to do.
    applied: Mapped[str] = mapped_column(String(200), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    # When it was last held against what the platform shows.
    compared_at: Mapped[datetime | None]
    # The attempt that is at it, and until when no other may be.
    owner: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]


class UserGroupRefusal(Base):
    """Somebody whom a platform does not take into a group's user group, such as a guest."""

    __tablename__ = "user_group_refusals"

    group_id: Mapped[int] = mapped_column(
        ForeignKey("member_groups.id", ondelete="CASCADE"), primary_key=True
    )
    platform: Mapped[str] = mapped_column(String(20), primary_key=True)
    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    reason: Mapped[str] = mapped_column(String(80))
    # Until when it is not tried again.
    until: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Standing:
    """A user group, its group, and a mark that differs once other people are in the group."""

    held: UserGroup
    group: Group
    people: str


async def allowed(session: AsyncSession) -> list[str]:
    """The platforms that allow user groups, in order of name."""
    rows = await session.execute(
        select(choices.Choice.name).where(
            choices.Choice.name.endswith(_SUFFIX), choices.Choice.value == ALLOWED
        )
    )
    return sorted(row[0].removesuffix(_SUFFIX) for row in rows)


async def note(session: AsyncSession, platform: str, said: str, now: datetime) -> None:
    """Write down what a platform says of its user groups: ``ALLOWED``, or its word for why not."""
    name = f"{platform}{_SUFFIX}"
    if await choices.get(session, name) != said:
        await choices.put(session, name, said, now=now)


async def note_handles(session: AsyncSession, platform: str, handles: Collection[str], now: datetime) -> None:
    """Write down the handles of user groups that somebody else made on a platform."""
    name, said = f"{platform}{_HANDLES_SUFFIX}", "\n".join(sorted(handles))
    if (await choices.get(session, name) or "") != said:
        await choices.put(session, name, said, now=now)


async def others_handles(session: AsyncSession, platform: str) -> frozenset[str]:
    said = await choices.get(session, f"{platform}{_HANDLES_SUFFIX}")
    return frozenset((said or "").split())


async def of_group(session: AsyncSession, group_id: int) -> list[UserGroup]:
    """Those of a group, in order of platform; also those that are being taken away."""
    rows = await session.scalars(
        select(UserGroup).where(UserGroup.group_id == group_id).order_by(UserGroup.platform)
    )
    return list(rows)


async def by_handle(
    session: AsyncSession, platform: str, handle: str, *, but: Collection[int] = ()
) -> UserGroup | None:
    """The user group that is to have this handle, those of the groups ``but`` left aside."""
    return await session.scalar(
        select(UserGroup)
        .where(
            UserGroup.platform == platform,
            UserGroup.handle == handle,
            UserGroup.wanted.is_(True),
            UserGroup.group_id.not_in(but),
        )
        .limit(1)
    )


async def handles(session: AsyncSession) -> dict[int, str]:
    """The handle that each group has or is about to get, by the group's id."""
    rows = await session.execute(
        select(UserGroup.group_id, UserGroup.handle)
        .where(UserGroup.wanted.is_(True))
        .order_by(UserGroup.platform.desc())
    )
    return {row[0]: row[1] for row in rows}


async def put(session: AsyncSession, group_id: int, platform: str, handle: str, now: datetime) -> bool:
    """Wish for a user group under a handle, or with an empty handle for none; False where it is so."""
    held = await session.get(UserGroup, (group_id, platform), with_for_update=True)
    if held is None:
        if handle:
            session.add(UserGroup(group_id=group_id, platform=platform, handle=handle, due_at=now))
            await session.flush()
        return bool(handle)
    if (held.handle if held.wanted else "") == handle:
        return False
    held.handle, held.wanted = handle or held.handle, bool(handle)
    held.problem, held.attempts, held.due_at = "", 0, now
    await session.flush()
    return True


async def standing(session: AsyncSession, platform: str) -> list[Standing]:
    """Every user group of a platform with the mark of its people, in one query."""
    counted = (
        _people(platform)
        .with_only_columns(
            Membership.group_id.label("group_id"),
            func.count().label("count"),
            func.sum(Identity.id).label("sum"),
            func.sum(cast(Identity.id, BigInteger) * Identity.id).label("squares"),
        )
        .group_by(Membership.group_id)
        .subquery()
    )
    rows = await session.execute(
        select(UserGroup, Group, counted.c.count, counted.c.sum, counted.c.squares)
        .join(Group, Group.id == UserGroup.group_id)
        .outerjoin(counted, counted.c.group_id == UserGroup.group_id)
        .where(UserGroup.platform == platform)
        .order_by(UserGroup.due_at, UserGroup.group_id)
    )
    return [
        Standing(held, group, f"{count or 0}:{total or 0}:{squares or 0}")
        for held, group, count, total, squares in rows
    ]


async def people(session: AsyncSession, platform: str, group_id: int) -> dict[str, int]:
    """Whom a user group is to hold: the platform's ids of everybody confirmed in the group who is active,
    with their member ids."""
    rows = await session.execute(
        _people(platform)
        .with_only_columns(Identity.external_id, Identity.member_id)
        .where(Membership.group_id == group_id)
        .order_by(Identity.id)
    )
    return {row[0]: row[1] for row in rows}


async def lease(
    session: AsyncSession, held: UserGroup, owner: str, *, until: datetime, now: datetime
) -> bool:
    """Take a user group for an attempt; False where another has it, or has done it since it was read."""
    taken = await session.execute(
        update(UserGroup)
        .where(
            UserGroup.group_id == held.group_id,
            UserGroup.platform == held.platform,
            UserGroup.external_id == held.external_id,
            UserGroup.due_at == held.due_at,
            UserGroup.compared_at.is_not_distinct_from(held.compared_at),
            or_(UserGroup.lease_until.is_(None), UserGroup.lease_until < now),
        )
        .values(owner=owner, lease_until=until)
        .returning(UserGroup.group_id)
        .execution_options(synchronize_session=False)
    )
    return taken.first() is not None


async def leased(session: AsyncSession, group_id: int, platform: str, owner: str) -> UserGroup | None:
    """One that this attempt has; None when another attempt has taken its place."""
    return await session.scalar(
        select(UserGroup)
        .where(UserGroup.group_id == group_id, UserGroup.platform == platform, UserGroup.owner == owner)
        .with_for_update()
    )


async def refusals(session: AsyncSession, group_id: int) -> list[tuple[UserGroupRefusal, Member]]:
    """Whom platforms do not take into a group's user groups, in order of name."""
    rows = await session.execute(
        select(UserGroupRefusal, Member)
        .join(Member, Member.id == UserGroupRefusal.member_id)
        .where(UserGroupRefusal.group_id == group_id, Member.active.is_(True))
        .order_by(Member.name, Member.id)
    )
    return [(refusal, member) for refusal, member in rows]


async def refused(session: AsyncSession, group_id: int, platform: str, now: datetime) -> frozenset[int]:
    """The member ids of those who are not tried again yet."""
    rows = await session.scalars(
        select(UserGroupRefusal.member_id).where(
            UserGroupRefusal.group_id == group_id,
            UserGroupRefusal.platform == platform,
            UserGroupRefusal.until > now,
        )
    )
    return frozenset(rows)


async def keep_refusals(
    session: AsyncSession, group_id: int, platform: str, new: Mapping[int, str], still: Collection[int],
    until: datetime,
) -> None:  # fmt: skip
    """Write down who was refused now; of the older ones only those ``still`` to be left alone stay."""
    of_group = (UserGroupRefusal.group_id == group_id, UserGroupRefusal.platform == platform)
    await session.execute(delete(UserGroupRefusal).where(*of_group, UserGroupRefusal.member_id.not_in(still)))
    for member_id, reason in new.items():
        await session.merge(
            UserGroupRefusal(
                group_id=group_id, platform=platform, member_id=member_id, reason=reason, until=until
            )
        )
    await session.flush()


async def broken(session: AsyncSession, group_ids: Collection[int]) -> dict[int, int]:
    """How much is wrong with the user groups of some groups, people they do not take included; groups
    with nothing wrong are left out."""
    found: dict[int, int] = {}
    wrong = select(UserGroup.group_id).where(UserGroup.group_id.in_(group_ids), UserGroup.problem != "")
    left_out = (
        select(UserGroupRefusal.group_id)
        .join(Member, Member.id == UserGroupRefusal.member_id)
        .where(UserGroupRefusal.group_id.in_(group_ids), Member.active.is_(True))
    )
    for statement in (wrong, left_out):
        for group_id in await session.scalars(statement):
            found[group_id] = found.get(group_id, 0) + 1
    return found


async def retry(session: AsyncSession, group_id: int, now: datetime) -> int:
    """Have everything that was refused about a group's user groups tried again now; returns how much."""
    count = (await broken(session, [group_id])).get(group_id, 0)
    await session.execute(delete(UserGroupRefusal).where(UserGroupRefusal.group_id == group_id))
    await session.execute(
        update(UserGroup)
        .where(UserGroup.group_id == group_id)
        .values(applied="", attempts=0, due_at=now, problem="")
        .execution_options(synchronize_session=False)
    )
    return count


_SUFFIX = ".user_groups"
_HANDLES_SUFFIX = ".user_group_handles"


def _people(platform: str) -> Select[Identity]:
    return (
        select(Identity)
        .select_from(Identity)
        .join(Member, Member.id == Identity.member_id)
        .join(Membership, Membership.member_id == Member.id)
        .where(
            Membership.state == MembershipState.CONFIRMED,
            Member.active.is_(True),
            Identity.platform == platform,
            Identity.active.is_(True),
        )
    )
