"""Profiles: what members tell the network about themselves beyond their name and language."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, Time, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base
from store.members import Member
from store.organisations import Organisation


class Capacity(StrEnum):
    """In what capacity somebody belongs; a permission is a role, which is another thing."""

    COUNCILLOR = "councillor"
    OFFICER = "officer"
    OTHER = "other"


class MessageKind(StrEnum):
    """Kinds of message that nobody asked for one by one, and that everybody may do without."""

    WELCOME = "welcome"
    GROUPS = "groups"
    EVENTS = "events"
    CASE_STUDIES = "case_studies"
    FUNDING = "funding"


class OrganisationStatus(StrEnum):
    NONE = "none"
    PENDING = "pending"  # Claimed, not proved: it counts as none until an administrator confirms it.
    CONFIRMED = "confirmed"


class Profile(Base):
    """Everything here is optional; a member without a row has told nothing."""

    __tablename__ = "profiles"
    # The newest change is asked for every few seconds.
    __table_args__ = (Index(None, "updated_at"),)

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    # Empty where nobody has said.
    capacity: Mapped[str] = mapped_column(String(20), default="")
    job: Mapped[str] = mapped_column(String(200), default="")
    # Slugs of themes.
    interests: Mapped[list[str]] = mapped_column(JSON, default=list)
    # By kind of message; a kind that is not named is wanted.
    wants: Mapped[dict[str, bool]] = mapped_column(JSON, default=dict)
    # By kind of message; a kind that is not named goes where the member is usually reached.
    platforms: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    # By the clocks of London, over midnight where the end is the earlier; both or none.
    quiet_from: Mapped[time | None] = mapped_column(Time)
    quiet_until: Mapped[time | None] = mapped_column(Time)
    snoozed_until: Mapped[datetime | None]
    # The organisation that the person says is theirs and that nothing has proved yet.
    pending_organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id", ondelete="SET NULL"), index=True
    )
    updated_at: Mapped[datetime]

    def wants_message(self, kind: MessageKind | None, now: datetime) -> bool:
        """Whether a message of this kind, or of none that can be turned down, may be sent now."""
        asleep = self.snoozed_until is not None and now < self.snoozed_until
        return not asleep and (kind is None or self.wants.get(kind.value, True))


async def of_member(session: AsyncSession, member_id: int) -> Profile | None:
    return await session.get(Profile, member_id)


async def wanting(
    session: AsyncSession, member_ids: Collection[int], kind: MessageKind | None, now: datetime
) -> frozenset[int]:
    """Those of some members who want messages of a kind now; who has said nothing does. Without a
    kind, those who are not away."""
    unwilling = {
        profile.member_id
        for profile in await session.scalars(select(Profile).where(Profile.member_id.in_(member_ids)))
        if not profile.wants_message(kind, now)
    }
    return frozenset(member_ids) - unwilling


async def quiet_hours(session: AsyncSession) -> list[tuple[time, time]]:
    """The quiet hours that somebody has, each once."""
    rows = await session.execute(
        select(Profile.quiet_from, Profile.quiet_until)
        .where(Profile.quiet_from.is_not(None), Profile.quiet_until.is_not(None))
        .distinct()
    )
    return [(begins, ends) for begins, ends in rows if begins and ends]


async def start(session: AsyncSession, member_id: int, *, now: datetime) -> Profile:
    """The member's profile, made if there is none."""
    profile = await session.get(Profile, member_id)
    if profile is None:
        profile = empty(member_id, now=now)
        session.add(profile)
        await session.flush()
    return profile


def empty(member_id: int, *, now: datetime) -> Profile:
    """The profile of somebody who has told nothing."""
    return Profile(
        member_id=member_id,
        capacity="",
        job="",
        interests=[],
        wants={},
        platforms={},
        quiet_from=None,
        quiet_until=None,
        snoozed_until=None,
        pending_organisation_id=None,
        updated_at=now,
    )


async def of_members(session: AsyncSession, ids: Collection[int]) -> list[Profile]:
    return list(await session.scalars(select(Profile).where(Profile.member_id.in_(ids))))


async def claims(session: AsyncSession, *, limit: int) -> list[tuple[Profile, Member, Organisation]]:
    """Active people who say they belong somewhere, while nobody has confirmed it; the oldest first."""
    rows = await session.execute(
        select(Profile, Member, Organisation)
        .join(Member, Member.id == Profile.member_id)
        .join(Organisation, Organisation.id == Profile.pending_organisation_id)
        .where(Member.active.is_(True))
        .order_by(Profile.updated_at, Member.id)
        .limit(limit)
    )
    return [(profile, member, organisation) for profile, member, organisation in rows]


def organisation_status(member: Member, profile: Profile | None) -> OrganisationStatus:
    """A claim that waits comes first, even of a member whose former organisation still counts."""
    if profile is not None and profile.pending_organisation_id is not None:
        return OrganisationStatus.PENDING
    return OrganisationStatus.NONE if member.organisation_id is None else OrganisationStatus.CONFIRMED
