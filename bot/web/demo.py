"""Demo mode: fictional people to sign in as, and a mark that keeps demo databases and real ones apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.settings import SettingsError
from handlers.kit.words import N_
from store import choices, conversations, members, roles
from store.database import Database
from store.members import Member
from store.organisations import Category, MailDomain, Organisation
from store.roles import Role

# The names end in "Demo" things nobody could mistake for members of the network.
COUNCIL = "Demo Borough Council"
COUNCIL_DOMAIN = "demo-council.example.org"
# Nobody decides what their own organisation submits, so that those who decide belong to another.
PARTNER = "Demo Co-operative Trust"
PARTNER_DOMAIN = "demo-trust.example.org"
IDENTITY = "demo"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    key: str
    name: str
    email: str
    # What this person can be used to try; translated where it is shown.
    purpose: str
    roles: tuple[Role, ...] = ()


PEOPLE = (
    DemoPerson(
        "councillor",
        "Demo councillor",
        f"councillor@{COUNCIL_DOMAIN}",
        N_("Asks questions and submits case studies for Demo Borough Council."),
    ),
    DemoPerson(
        "officer",
        "Demo officer",
        f"officer@{COUNCIL_DOMAIN}",
        N_("Works for the same council as the councillor."),
    ),
    DemoPerson(
        "reviewer",
        "Demo reviewer",
        f"reviewer@{PARTNER_DOMAIN}",
        N_("Reviews case studies of others, and belongs to Demo Co-operative Trust."),
        (Role.REVIEWER,),
    ),
    DemoPerson(
        "owner",
        "Demo owner",
        f"owner@{PARTNER_DOMAIN}",
        N_("Sees the dashboard, and gives people their roles."),
        (Role.OWNER,),
    ),
)


async def claim(database: Database, now: datetime, *, demo: bool) -> None:
    """Mark a new database as demo mode's own and put its people in; later only compare.

    :raises SettingsError: when the database is of the other kind.
    """
    async with database.write() as session:
        marked = await choices.get(session, choices.DEMO) is not None
        if marked and not demo:
            raise SettingsError(
                "DATABASE_URL: this database was made in demo mode; take another one for real people"
            )
        if marked or not demo:
            return
        if await members.anybody(session):
            raise SettingsError(
                "DATABASE_URL: this database holds real people, and demo mode would let anybody on this "
                "machine in; configure a platform, or take another database"
            )
        await choices.put(session, choices.DEMO, now.isoformat(), now=now)
        await _seed(session, now)


async def member_of(session: AsyncSession, person: DemoPerson) -> Member | None:
    found = await members.by_identity(session, IDENTITY, person.key)
    return found[0] if found else None


async def _seed(session: AsyncSession, now: datetime) -> None:
    for name, domain, category, kind in (
        (COUNCIL, COUNCIL_DOMAIN, Category.FULL, "council"),
        (PARTNER, PARTNER_DOMAIN, Category.AFFILIATE, "charity_or_cooperative"),
    ):
        organisation = Organisation(name=name, category=category, kind=kind, region="")
        session.add(organisation)
        await session.flush()
        session.add(MailDomain(organisation_id=organisation.id, domain=domain))
    for person in PEOPLE:
        member = await members.add(session, name=person.name, now=now)
        await members.add_identity(
            session, member, IDENTITY, person.key, email=person.email, email_verified=True, profiled=True
        )
        for role in person.roles:
            await roles.grant(session, member.id, role, by_id=None, now=now)
        # They can be written to before anybody has been them.
        await conversations.of_member(session, member, now)
