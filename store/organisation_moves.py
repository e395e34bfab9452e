"""Who goes where when an organisation is split: people who were chosen one by one, and those whom their
mail address sends somewhere."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base
from store.members import Identity, Member


class Why(StrEnum):
    """What sends somebody to a successor."""

    CHOSEN = "chosen"
    DOMAIN = "domain"
    REST = "rest"  # Nothing else does.


class OrganisationMove(Base):
    """One person's successor in a change that is still to come."""

    __tablename__ = "organisation_moves"

    change_id: Mapped[int] = mapped_column(
        ForeignKey("organisation_changes.id", ondelete="CASCADE"), primary_key=True
    )
    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    successor_id: Mapped[int] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))


async def choose(session: AsyncSession, change_id: int, member_ids: Iterable[int], successor_id: int) -> None:
    """Send people to a successor, whatever was chosen for them before."""
    held = {one.member_id: one for one in await _of_change(session, change_id)}
    for member_id in member_ids:
        if member_id in held:
            held[member_id].successor_id = successor_id
        else:
            move = OrganisationMove(change_id=change_id, member_id=member_id, successor_id=successor_id)
            session.add(move)
    await session.flush()


async def leave(session: AsyncSession, change_id: int, member_id: int) -> bool:
    """Choose nothing for somebody any more; False when nothing was."""
    gone = await session.execute(
        delete(OrganisationMove)
        .where(OrganisationMove.change_id == change_id, OrganisationMove.member_id == member_id)
        .returning(OrganisationMove.member_id)
    )
    return gone.first() is not None


async def chosen(session: AsyncSession, change_id: int) -> dict[int, int]:
    """The successor's id by member id."""
    return {one.member_id: one.successor_id for one in await _of_change(session, change_id)}


async def forget(session: AsyncSession, change_id: int) -> None:
    """Once a change is settled, who went where stands with the people themselves."""
    await session.execute(delete(OrganisationMove).where(OrganisationMove.change_id == change_id))


async def by_address(
    session: AsyncSession, organisation_id: int, by_domain: dict[str, int]
) -> dict[int, int]:
    """Where people go whose verified address says so, by member id."""
    if not by_domain:
        return {}
    rows = await session.execute(
        select(Identity.member_id, Identity.email)
        .join(Member, Member.id == Identity.member_id)
        .where(Member.organisation_id == organisation_id, Identity.email_verified.is_(True))
    )
    found: dict[int, int] = {}
    for member_id, email in rows:
        domain = (email or "").rpartition("@")[2]
        for known, successor_id in by_domain.items():
            if domain == known or domain.endswith("." + known):
                found[member_id] = successor_id
    return found


async def _of_change(session: AsyncSession, change_id: int) -> list[OrganisationMove]:
    rows = await session.scalars(select(OrganisationMove).where(OrganisationMove.change_id == change_id))
    return list(rows)
