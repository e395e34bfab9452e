"""Facts: what enrolment rules can ask about a person, drawn together from the tables that hold it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from store.members import Member
from store.organisations import Organisation
from store.profiles import Profile


@dataclass(frozen=True, slots=True)
class Facts:
    """One person. Without a confirmed organisation, what it would say is empty; a pending one is none."""

    member_id: int
    joined_at: datetime
    active: bool = True
    language: str = "en"
    organisation_id: int | None = None
    category: str = ""
    organisation_kind: str = ""
    region: str = ""
    capacity: str = ""
    interests: frozenset[str] = field(default_factory=frozenset)


def of_people(statement: Any) -> Any:
    """Join to a selection of members, whatever it selects, the tables that facts come from."""
    return (
        statement.select_from(Member)
        .outerjoin(Organisation, Organisation.id == Member.organisation_id)
        .outerjoin(Profile, Profile.member_id == Member.id)
    )


async def of_member(session: AsyncSession, member_id: int) -> Facts | None:
    row = (
        await session.execute(
            of_people(
                select(
                    Member.created_at,
                    Member.active,
                    Member.locale,
                    Organisation.id,
                    Organisation.category,
                    Organisation.kind,
                    Organisation.region,
                    Profile.capacity,
                    Profile.interests,
                )
            ).where(Member.id == member_id)
        )
    ).first()
    if row is None:
        return None
    joined_at, active, language, organisation_id, category, kind, region, capacity, interests = row
    return Facts(
        member_id=member_id,
        joined_at=joined_at,
        active=active,
        language=language,
        organisation_id=organisation_id,
        category=category or "",
        organisation_kind=kind or "",
        region=region or "",
        capacity=capacity or "",
        interests=frozenset(interests or ()),
    )
