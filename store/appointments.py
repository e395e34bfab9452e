"""Appointments: dated offices, held by one person at a time for an organisation or a region."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Date, ForeignKey, Index, String, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base


class Office(StrEnum):
    CABINET_CHAMPION = "cabinet_champion"  # One for each organisation.
    REGIONAL_LEAD = "regional_lead"  # One for each region.


class Appointment(Base):
    """Who held which office from when until when; the last day counts, None is open."""

    __tablename__ = "appointments"
    __table_args__ = (Index(None, "office", "scope"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    office: Mapped[str] = mapped_column(String(20))
    # The organisation's id for a Cabinet champion, the region for a regional lead.
    scope: Mapped[str] = mapped_column(String(40))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    from_on: Mapped[date] = mapped_column(Date)
    until_on: Mapped[date | None] = mapped_column(Date)
    recorded_at: Mapped[datetime]

    def overlaps(self, from_on: date, until_on: date | None) -> bool:
        return (until_on is None or self.from_on <= until_on) and (
            self.until_on is None or from_on <= self.until_on
        )


async def by_id(session: AsyncSession, appointment_id: int) -> Appointment | None:
    return await session.get(Appointment, appointment_id)


async def of_scope(session: AsyncSession, office: Office, scope: str) -> list[Appointment]:
    """Every appointment to one office, past ones included, the earliest first."""
    rows = await session.scalars(
        select(Appointment)
        .where(Appointment.office == office, Appointment.scope == scope)
        .order_by(Appointment.from_on, Appointment.id)
    )
    return list(rows)


async def on_day(session: AsyncSession, day: date) -> list[Appointment]:
    """What stands on a day, by office and scope."""
    rows = await session.scalars(
        select(Appointment)
        .where(Appointment.from_on <= day, or_(Appointment.until_on.is_(None), Appointment.until_on >= day))
        .order_by(Appointment.office, Appointment.scope)
    )
    return list(rows)


async def ended_before(session: AsyncSession, day: date, *, limit: int) -> list[Appointment]:
    """What had ended by a day, the newest first."""
    rows = await session.scalars(
        select(Appointment)
        .where(Appointment.until_on < day)
        .order_by(Appointment.until_on.desc(), Appointment.id.desc())
        .limit(limit)
    )
    return list(rows)


async def holder(session: AsyncSession, office: Office, scope: str, day: date) -> int | None:
    """The id of the member who holds an office on a day."""
    for appointment in await of_scope(session, office, scope):
        if appointment.overlaps(day, day):
            return appointment.member_id
    return None


async def clashing(
    session: AsyncSession, office: Office, scope: str, from_on: date, until_on: date | None
) -> list[Appointment]:
    """The appointments that a new one would share a day with."""
    return [one for one in await of_scope(session, office, scope) if one.overlaps(from_on, until_on)]


async def appoint(
    session: AsyncSession, office: Office, scope: str, member_id: int, *,
    from_on: date, until_on: date | None, now: datetime,
) -> Appointment | None:  # fmt: skip
    """None when somebody holds the office on one of the days: that appointment has to end first."""
    if await clashing(session, office, scope, from_on, until_on):
        return None
    appointment = Appointment(
        office=office,
        scope=scope,
        member_id=member_id,
        from_on=from_on,
        until_on=until_on,
        recorded_at=now,
    )
    session.add(appointment)
    await session.flush()
    return appointment
