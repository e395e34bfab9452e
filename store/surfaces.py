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


async def of_members(
    session: AsyncSession, wanted: Collection[tuple[int, str]], connected: Collection[str]
) -> dict[tuple[int, str], dict[str, Any]]:
    """The place to reach each member at, as JSON, by member id and kind of message: on the platform they
    chose for that kind, else the one they prefer, else the one they were last seen on. Whom no connected
    platform knows, and who is no longer active, is left out."""
    rows = await session.execute(
        select(Identity, Member.preferred_platform, Profile.platforms)
        .join(Member, Member.id == Identity.member_id)
        .outerjoin(Profile, Profile.member_id == Identity.member_id)
        .where(
            Identity.member_id.in_({member_id for member_id, _kind in wanted}),
            Identity.active.is_(True),
            Member.active.is_(True),
        )
    )
    reachable: dict[int, list[tuple[Identity, str | None, dict[str, str]]]] = {}
    for identity, preferred, chosen in rows:
        if identity.platform in connected:
            reachable.setdefault(identity.member_id, []).append((identity, preferred, chosen or {}))
    found = {}
    for member_id, kind in wanted:
        known = reachable.get(member_id)
        if known:
            identity = max(known, key=lambda row: _order(row[0], row[1], row[2].get(kind)))[0]
            found[member_id, kind] = {
                "platform": identity.platform,
                "kind": "direct",
                "id": identity.external_id,
            }
    return found


def _order(identity: Identity, preferred: str | None, chosen: str | None) -> tuple[bool, bool, bool, float]:
    seen = identity.last_used_at.timestamp() if identity.last_used_at else 0.0
    notifies = identity.platform != PASSIVE_PLATFORM
    return (identity.platform == chosen, identity.platform == preferred, notifies, seen)


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
