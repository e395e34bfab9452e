"""Roles: what a person is permitted to do."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base
from store.members import Identity, Member


class Role(StrEnum):
    """A permission. Capacity (councillor, officer) and a group's lead are other things."""

    OWNER = "owner"
    ADMINISTRATOR = "administrator"
    REVIEWER = "reviewer"
    PANEL = "panel"


class RoleGrant(Base):
    __tablename__ = "role_grants"

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)
    granted_at: Mapped[datetime]
    # None: named as an owner in the settings, or a demo person.
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))


async def of_member(session: AsyncSession, member_id: int) -> frozenset[Role]:
    rows = await session.scalars(select(RoleGrant.role).where(RoleGrant.member_id == member_id))
    return frozenset(Role(row) for row in rows)


async def of_members(session: AsyncSession, ids: Collection[int]) -> dict[int, frozenset[Role]]:
    """The roles of several members by id; those without one are left out."""
    held: dict[int, set[Role]] = {}
    rows = await session.execute(
        select(RoleGrant.member_id, RoleGrant.role).where(RoleGrant.member_id.in_(ids))
    )
    for member_id, role in rows:
        held.setdefault(member_id, set()).add(Role(role))
    return {member_id: frozenset(several) for member_id, several in held.items()}


async def of_identity(
    session: AsyncSession, platform: str, external_id: str
) -> tuple[Member, Identity, frozenset[Role]] | None:
    """Whoever a platform knows under an id, with the roles they hold, in one query."""
    rows = (
        await session.execute(
            select(Member, Identity, RoleGrant.role)
            .join(Identity, Identity.member_id == Member.id)
            .outerjoin(RoleGrant, RoleGrant.member_id == Member.id)
            .where(Identity.platform == platform, Identity.external_id == external_id)
        )
    ).all()
    if not rows:
        return None
    member, identity, _role = rows[0]
    return member, identity, frozenset(Role(role) for _, _, role in rows if role)


async def holders(session: AsyncSession, role: Role) -> list[Member]:
    """Active members who hold a role, in order of name."""
    rows = await session.scalars(
        select(Member)
        .join(RoleGrant, RoleGrant.member_id == Member.id)
        .where(RoleGrant.role == role, Member.active.is_(True))
        .order_by(Member.name, Member.id)
    )
    return list(rows)


async def granted(session: AsyncSession) -> list[tuple[Member, frozenset[Role]]]:
    """Everybody who holds a role, active or not, in order of name, with the roles they hold."""
    grants = await all_grants(session)
    rows = await session.scalars(select(Member).where(Member.id.in_(grants)).order_by(Member.name, Member.id))
    return [(member, grants[member.id]) for member in rows]


async def administrators(session: AsyncSession) -> list[Member]:
    """Active members who may do what administrators may, owners included, in order of name."""
    rows = await session.scalars(
        select(Member)
        .where(
            Member.active.is_(True),
            Member.id.in_(
                select(RoleGrant.member_id).where(RoleGrant.role.in_([Role.ADMINISTRATOR, Role.OWNER]))
            ),
        )
        .order_by(Member.name, Member.id)
    )
    return list(rows)


async def all_grants(session: AsyncSession) -> dict[int, frozenset[Role]]:
    """Every member's roles by member id; members without one are left out."""
    grants: dict[int, set[Role]] = {}
    for member_id, role in await session.execute(select(RoleGrant.member_id, RoleGrant.role)):
        grants.setdefault(member_id, set()).add(Role(role))
    return {member_id: frozenset(roles) for member_id, roles in grants.items()}


async def grant(
    session: AsyncSession, member_id: int, role: Role, *, by_id: int | None, now: datetime
) -> bool:
    """False when the member holds the role already."""
    if await session.get(RoleGrant, (member_id, role.value)) is not None:
        return False
    session.add(RoleGrant(member_id=member_id, role=role.value, granted_at=now, granted_by_id=by_id))
    await session.flush()
    return True


async def take(session: AsyncSession, member_id: int, role: Role) -> bool:
    """False when the member does not hold the role."""
    held = await session.get(RoleGrant, (member_id, role.value))
    if held is None:
        return False
    await session.execute(
        delete(RoleGrant).where(RoleGrant.member_id == member_id, RoleGrant.role == role.value)
    )
    return True


async def is_by_setting(session: AsyncSession, member_id: int, role: Role) -> bool:
    """Whether nobody gave a member the role they hold: the settings did."""
    held = await session.get(RoleGrant, (member_id, role.value))
    return held is not None and held.granted_by_id is None


async def others_hold(session: AsyncSession, role: Role, member_id: int) -> bool:
    """Whether an active member besides this one holds a role. It waits for whoever is giving or taking
    the role at this moment, so that two people cannot each take it from the other."""
    rows = await session.scalars(select(RoleGrant).where(RoleGrant.role == role).with_for_update())
    holding = [row.member_id for row in rows if row.member_id != member_id]
    found = await session.scalar(
        select(func.count()).select_from(Member).where(Member.id.in_(holding), Member.active.is_(True))
    )
    return bool(found)


async def count(session: AsyncSession, role: Role) -> int:
    """How many active members hold a role."""
    found = await session.scalar(
        select(func.count())
        .select_from(RoleGrant)
        .join(Member, Member.id == RoleGrant.member_id)
        .where(RoleGrant.role == role, Member.active.is_(True))
    )
    return found or 0
