"""Publicity holds: the days on which an organisation may not be announced, as before an election."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base
from store.organisations import Organisation


class PublicityHold(Base):
    """One for each organisation; the last day counts."""

    __tablename__ = "publicity_holds"

    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True
    )
    from_on: Mapped[date] = mapped_column(Date)
    until_on: Mapped[date] = mapped_column(Date)


async def on_day(session: AsyncSession, organisation_id: int | None, day: date) -> PublicityHold | None:
    """The hold that an organisation is under on a day."""
    hold = await session.get(PublicityHold, organisation_id) if organisation_id else None
    return hold if hold is not None and hold.from_on <= day <= hold.until_on else None


async def put(session: AsyncSession, organisation_id: int, from_on: date, until_on: date) -> None:
    """Set an organisation's hold, in place of the one it had."""
    held = await session.get(PublicityHold, organisation_id)
    if held is None:
        session.add(PublicityHold(organisation_id=organisation_id, from_on=from_on, until_on=until_on))
    else:
        held.from_on, held.until_on = from_on, until_on
    await session.flush()


async def not_over(session: AsyncSession, day: date) -> list[tuple[PublicityHold, Organisation]]:
    """Every hold that lasts or is to come, the one that ends next first."""
    rows = await session.execute(
        select(PublicityHold, Organisation)
        .join(Organisation, Organisation.id == PublicityHold.organisation_id)
        .where(PublicityHold.until_on >= day)
        .order_by(PublicityHold.until_on, Organisation.name)
    )
    return [(hold, organisation) for hold, organisation in rows]
