"""Organisations over time: one is merged into another or split to several on a day, and everything that
is to follow goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import JSON, Date, ForeignKey, Index, String, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store import groups, organisation_moves, organisations
from store.appointments import Appointment, Office
from store.case_studies import CaseStudy, CaseStudyPartner, State
from store.database import Base
from store.members import Member
from store.organisation_moves import Why
from store.organisations import MailDomain, Organisation
from store.profiles import Profile


class ChangeState(StrEnum):
    PLANNED = "planned"
    DONE = "done"
    CANCELLED = "cancelled"


class OrganisationChange(Base):
    """What becomes of an organisation when a day begins in London."""

    __tablename__ = "organisation_changes"
    __table_args__ = (Index(None, "state", "on_day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE"), index=True
    )
    # Where everybody goes whom no mail domain sends elsewhere.
    successor_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    # In a split: the successor's id by mail domain.
    by_domain: Mapped[dict[str, int]] = mapped_column(JSON)
    on_day: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(10))
    planned_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"))
    planned_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where somebody goes, by the successor's id, and what sends them there."""

    member: Member
    to: int
    why: Why


async def by_id(session: AsyncSession, change_id: int) -> OrganisationChange | None:
    return await session.get(OrganisationChange, change_id, with_for_update=True)


async def planned(session: AsyncSession) -> list[OrganisationChange]:
    """What is still to come, the earliest first."""
    rows = await session.scalars(
        select(OrganisationChange)
        .where(OrganisationChange.state == ChangeState.PLANNED)
        .order_by(OrganisationChange.on_day, OrganisationChange.id)
    )
    return list(rows)


async def due(session: AsyncSession, today: date) -> OrganisationChange | None:
    """A change whose day has come; on PostgreSQL, one that nobody else works on."""
    return await session.scalar(
        select(OrganisationChange)
        .where(OrganisationChange.state == ChangeState.PLANNED, OrganisationChange.on_day <= today)
        .order_by(OrganisationChange.on_day, OrganisationChange.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


async def successor_ids(session: AsyncSession, change: OrganisationChange) -> list[int]:
    """Everything it is split into, the one that takes the rest first."""
    chosen = await organisation_moves.chosen(session, change.id)
    return list(dict.fromkeys([change.successor_id, *change.by_domain.values(), *sorted(chosen.values())]))


async def destinations(session: AsyncSession, change: OrganisationChange) -> list[Destination]:
    """Everybody who belongs to the organisation now, with where they go."""
    chosen = await organisation_moves.chosen(session, change.id)
    by_address = await organisation_moves.by_address(session, change.organisation_id, change.by_domain)
    going: list[Destination] = []
    for member in await session.scalars(
        select(Member).where(Member.organisation_id == change.organisation_id)
    ):
        if member.id in chosen:
            going.append(Destination(member, chosen[member.id], Why.CHOSEN))
        elif member.id in by_address:
            going.append(Destination(member, by_address[member.id], Why.DOMAIN))
        else:
            going.append(Destination(member, change.successor_id, Why.REST))
    return going


async def carry_out(
    session: AsyncSession, change: OrganisationChange, now: datetime
) -> dict[int, list[Member]]:
    """People, claims, mail domains and case studies that wait go to the successors; offices of the old
    organisation end the day before; rules that name it name the successors. What was published stays
    under the old name. Returns who went where, by the successor's id."""
    old = await session.get_one(Organisation, change.organisation_id)
    to = {one: await _standing(session, one) for one in await successor_ids(session, change)}
    default = to[change.successor_id]
    by_domain = {domain: to[one] for domain, one in change.by_domain.items()}
    moved: dict[int, list[Member]] = {}
    for going in await destinations(session, change):
        going.member.organisation_id = to[going.to]
        moved.setdefault(to[going.to], []).append(going.member)
    await organisation_moves.forget(session, change.id)
    await session.execute(
        update(Profile)
        .where(Profile.pending_organisation_id == old.id)
        .values(pending_organisation_id=default)
    )
    for domain in await organisations.domains_of(session, old.id):
        await organisations.learn_domain(session, by_domain.get(domain, default), domain)
    await session.execute(delete(MailDomain).where(MailDomain.organisation_id == old.id))
    await _move_case_studies(session, old.id, default)
    await _end_offices(session, old.id, change.on_day)
    names = [one.name for one in await organisations.by_ids(session, sorted(set(to.values())))]
    old.ended_on, old.now_called = change.on_day, ", ".join(names)[:400]
    change.state, change.settled_at = ChangeState.DONE, now
    await groups.replace_organisation(session, old.id, sorted(set(to.values())))
    await groups.judge_everybody(session)
    await session.flush()
    return moved


async def _standing(session: AsyncSession, organisation_id: int) -> int:
    """The organisation, or what became of it if it has ended by now itself."""
    for _step in range(20):
        followed = await session.scalar(
            select(OrganisationChange.successor_id).where(
                OrganisationChange.organisation_id == organisation_id,
                OrganisationChange.state == ChangeState.DONE,
            )
        )
        if followed is None:
            break
        organisation_id = followed
    return organisation_id


async def _move_case_studies(session: AsyncSession, old_id: int, new_id: int) -> None:
    """Those that may still be published change hands, so that nobody decides on their own; where the old
    organisation takes part, the new one does."""
    await session.execute(
        update(CaseStudy)
        .where(
            CaseStudy.organisation_id == old_id,
            CaseStudy.state.in_([State.SUBMITTED, State.CHANGES_REQUESTED]),
        )
        .values(organisation_id=new_id)
    )
    there = select(CaseStudyPartner.case_study_id).where(CaseStudyPartner.organisation_id == new_id)
    leads = select(CaseStudy.id).where(CaseStudy.organisation_id == new_id)
    mine = CaseStudyPartner.organisation_id == old_id
    moved = CaseStudyPartner.case_study_id
    await session.execute(
        update(CaseStudyPartner)
        .where(mine, moved.not_in(list(await session.scalars(there))), moved.not_in(leads))
        .values(organisation_id=new_id)
        .execution_options(synchronize_session=False)
    )


async def _end_offices(session: AsyncSession, old_id: int, on_day: date) -> None:
    last = on_day - timedelta(days=1)
    rows = await session.scalars(
        select(Appointment).where(
            Appointment.office == Office.CABINET_CHAMPION, Appointment.scope == str(old_id)
        )
    )
    for office in rows:
        if office.from_on > last:
            await session.delete(office)
        elif office.until_on is None or office.until_on > last:
            office.until_on = last
