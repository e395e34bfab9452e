"""Exports: people, organisations, groups' people and answers as files, ready to be imported."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handlers import faq_import, organisations_import, people_import, spreadsheets
from store import audit, organisations
from store.groups import Group
from store.members import IMPORTED, Identity, Member
from store.memberships import Membership
from store.organisations import Organisation
from store.profiles import Profile

KINDS = ("people", "organisations", "groups", "faq", "faq-toml")
_GROUP_COLUMNS = ("group", "name", "email", "organisation", "state", "how", "since")


async def write(session: AsyncSession, kind: str, *, actor_id: int | None, now: datetime) -> bytes:
    """The file of one of ``KINDS``, with a record of who took it."""
    match kind:
        case "people":
            data, rows = await _people(session)
        case "organisations":
            data, rows = await _organisations(session)
        case "faq":
            data, rows = await faq_import.as_csv(session)
        case "faq-toml":
            data, rows = await faq_import.as_toml(session)
        case _:
            data, rows = await _groups(session)
    await audit.record(
        session, f"{kind}.export", "export", kind, actor_id=actor_id, now=now, values={"lines": str(rows)}
    )
    return data


async def _people(session: AsyncSession) -> tuple[bytes, int]:
    emails = await _emails(session)
    found = await session.execute(
        select(Member, Organisation.name, Profile.capacity, Profile.job, Profile.interests)
        .outerjoin(Organisation, Organisation.id == Member.organisation_id)
        .outerjoin(Profile, Profile.member_id == Member.id)
        .where(Member.active.is_(True))
        .order_by(Member.name, Member.id)
    )
    rows = [
        {
            "name": member.name,
            "email": emails.get(member.id, ""),
            "organisation": organisation or "",
            "capacity": capacity or "",
            "job": job or "",
            "interests": " ".join(sorted(interests or ())),
            "language": member.locale,
        }
        for member, organisation, capacity, job, interests in found
    ]
    return spreadsheets.write(people_import.COLUMNS, rows), len(rows)


async def _organisations(session: AsyncSession) -> tuple[bytes, int]:
    domains = await organisations.domains(session)
    rows = [
        {
            "name": one.name,
            "category": one.category,
            "kind": one.kind,
            "region": one.region,
            "email_domains": " ".join(sorted(domains.get(one.id, ()))),
        }
        for one in await session.scalars(
            select(Organisation).where(Organisation.ended_on.is_(None)).order_by(Organisation.name)
        )
    ]
    return spreadsheets.write(organisations_import.COLUMNS, rows), len(rows)


async def _groups(session: AsyncSession) -> tuple[bytes, int]:
    emails = await _emails(session)
    found = await session.execute(
        select(Group.name, Member, Organisation.name, Membership)
        .join(Membership, Membership.group_id == Group.id)
        .join(Member, Member.id == Membership.member_id)
        .outerjoin(Organisation, Organisation.id == Member.organisation_id)
        .where(Member.active.is_(True))
        .order_by(Group.name, Member.name, Member.id)
    )
    rows = [
        {
            "group": group,
            "name": member.name,
            "email": emails.get(member.id, ""),
            "organisation": organisation or "",
            "state": membership.state,
            "how": membership.how,
            "since": membership.since.date().isoformat(),
        }
        for group, member, organisation, membership in found
    ]
    return spreadsheets.write(_GROUP_COLUMNS, rows), len(rows)


async def _emails(session: AsyncSession) -> dict[int, str]:
    """One address a member: a verified one before the one that they were imported with."""
    rows = await session.execute(
        select(Identity.member_id, Identity.email, Identity.platform)
        .where(Identity.email.is_not(None))
        .where(Identity.email_verified.is_(True) | (Identity.platform == IMPORTED))
        .order_by(Identity.email_verified, Identity.id.desc())
    )
    return {member_id: email or "" for member_id, email, _platform in rows}
