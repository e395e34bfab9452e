"""Surfaces: where a member is reached. One person, one surface, never two."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from store.members import Identity, Member
from store.profiles import Profile

# A web page cannot call for attention: it is chosen only where somebody asked for it or has nothing else.
PASSIVE_PLATFORM = "web"


async def of_member(
    session: AsyncSession, member_id: int, connected: set[str], kind: str = ""
) -> dict[str, Any] | None:
    """The place to reach a member at, as JSON: on the platform they chose for a kind of message, else the
    one they prefer, else the one they were last seen on. None when no connected platform knows them or
    they are no longer active."""
    rows = await session.execute(
        select(Identity, Member.preferred_platform, Profile.platforms)
        .join(Member, Member.id == Identity.member_id)
        .outerjoin(Profile, Profile.member_id == Identity.member_id)
        .where(Identity.member_id == member_id, Identity.active.is_(True), Member.active.is_(True))
    )
    reachable = [
        (identity, preferred, (chosen or {}).get(kind))
        for identity, preferred, chosen in rows
        if identity.platform in connected
    ]
    if not reachable:
        return None

    def order(row: tuple[Identity, str | None, str | None]) -> tuple[bool, bool, bool, float]:
        identity, preferred, chosen = row
        seen = identity.last_used_at.timestamp() if identity.last_used_at else 0.0
        notifies = identity.platform != PASSIVE_PLATFORM
        return (identity.platform == chosen, identity.platform == preferred, notifies, seen)

    identity = max(reachable, key=order)[0]
    return {"platform": identity.platform, "kind": "direct", "id": identity.external_id}


async def platforms_of(session: AsyncSession, member_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """The platforms that know some members as live people, by member id."""
    rows = await session.execute(
        select(Identity.member_id, Identity.platform).where(
            Identity.member_id.in_(member_ids), Identity.active.is_(True)
        )
    )
    found: dict[int, frozenset[str]] = {}
    for member_id, platform in rows:
        found[member_id] = found.get(member_id, frozenset()) | {platform}
    return found
