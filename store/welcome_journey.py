"""The welcome journey: its steps, who is on it, and which step was decided for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    String,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import LARGEST_ID, Base
from store.groups import Group, GroupKind, GroupState
from store.members import Member
from store.memberships import Membership, MembershipState
from store.profiles import Capacity, MessageKind, Profile


class StepCondition(StrEnum):
    """To whom a step is sent, as it is on the day."""

    EVERYBODY = "everybody"
    NO_THEME = "no_theme"  # In no thematic group, and not on the way into one.
    NO_PROFILE = "no_profile"  # Has not filled in the profile.
    COUNCILLORS = "councillors"
    OFFICERS = "officers"


class JourneyStep(Base):
    """A message some days after joining. The greeting at joining is no step: it is the text “welcome”."""

    __tablename__ = "journey_steps"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Days after the day of joining, in London; at least 1.
    offset_days: Mapped[int]
    condition: Mapped[str] = mapped_column(String(20))
    # The words by language; English is always there.
    texts: Mapped[dict[str, str]] = mapped_column(JSON)
    # What its buttons do: commands as people type them, without the slash.
    commands: Mapped[list[str]] = mapped_column(JSON, default=list)
    active: Mapped[bool] = mapped_column(default=True)

    def text(self, locale: str) -> str:
        """The words in a reader's language, in English where there are none."""
        return self.texts.get(locale) or self.texts["en"]


class Journey(Base):
    """Somebody on the journey."""

    __tablename__ = "journeys"

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(index=True)
    # Was there before: gets the first step that fits, from ``started_at`` on, and no other.
    backfilled: Mapped[bool] = mapped_column(default=False)


class JourneyDecision(Base):
    """A step's turn came for somebody: it was sent, or did not fit them that day."""

    __tablename__ = "journey_decisions"

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    step_id: Mapped[int] = mapped_column(
        ForeignKey("journey_steps.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    decided_at: Mapped[datetime]
    sent: Mapped[bool]


@dataclass(frozen=True, slots=True)
class Turn:
    """One person's turn for one step."""

    member: Member
    fits: bool
    wants: dict[str, bool]

    @property
    def is_to_send(self) -> bool:
        return self.fits and self.wants.get(MessageKind.WELCOME.value, True)


async def steps(session: AsyncSession) -> list[JourneyStep]:
    """Every step, in the order of their days."""
    rows = await session.scalars(select(JourneyStep).order_by(JourneyStep.offset_days, JourneyStep.id))
    return list(rows)


async def step_by_id(session: AsyncSession, step_id: int) -> JourneyStep | None:
    return await session.get(JourneyStep, step_id) if 0 < step_id <= LARGEST_ID else None


async def sent_counts(session: AsyncSession) -> dict[int, int]:
    """To how many people each step has been sent, by the step's id."""
    rows = await session.execute(
        select(JourneyDecision.step_id, func.count())
        .where(JourneyDecision.sent.is_(True))
        .group_by(JourneyDecision.step_id)
    )
    return {row[0]: row[1] for row in rows}


async def start(session: AsyncSession, member_id: int, now: datetime) -> None:
    """Begin somebody's journey, once."""
    if await session.get(Journey, member_id) is None:
        session.add(Journey(member_id=member_id, started_at=now, backfilled=False))
        await session.flush()


async def turns(
    session: AsyncSession, step: JourneyStep, *, joined_before: datetime, day_began_at: datetime,
    now: datetime, limit: int,
) -> list[Turn]:  # fmt: skip
    """Whose turn it is for a step, locked: nobody gets two steps on one day, and nobody asleep is woken."""
    decided = exists().where(
        JourneyDecision.member_id == Journey.member_id, JourneyDecision.step_id == step.id
    )
    sent_since = exists().where(
        JourneyDecision.member_id == Journey.member_id,
        JourneyDecision.sent.is_(True),
        or_(Journey.backfilled.is_(True), JourneyDecision.decided_at >= day_began_at),
    )
    rows = await session.execute(
        select(Member, _fits(StepCondition(step.condition)), Profile.wants)
        .join(Journey, Journey.member_id == Member.id)
        .outerjoin(Profile, Profile.member_id == Member.id)
        .where(
            Member.active.is_(True),
            or_(
                and_(Journey.backfilled.is_(False), Journey.started_at < joined_before),
                and_(Journey.backfilled.is_(True), Journey.started_at <= now),
            ),
            or_(Profile.snoozed_until.is_(None), Profile.snoozed_until <= now),
            ~decided,
            ~sent_since,
        )
        .order_by(Journey.started_at, Member.id)
        .limit(limit)
        .with_for_update(of=Journey, skip_locked=True)
    )
    return [Turn(member, bool(fits), wants or {}) for member, fits, wants in rows]


async def decide(session: AsyncSession, step: JourneyStep, decided: list[Turn], now: datetime) -> None:
    """Note that a step's turn has come for people, whether it was sent to them or not."""
    if decided:
        rows = [
            {"member_id": turn.member.id, "step_id": step.id, "decided_at": now, "sent": turn.is_to_send}
            for turn in decided
        ]
        await session.execute(insert(JourneyDecision), rows)


async def remove(session: AsyncSession, step: JourneyStep) -> None:
    await session.execute(delete(JourneyDecision).where(JourneyDecision.step_id == step.id))
    await session.delete(step)
    await session.flush()


def _left_out() -> ColumnElement[bool]:
    """Who is active and was never on the journey."""
    return and_(Member.active.is_(True), ~exists().where(Journey.member_id == Member.id))


async def count_left_out(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(Member).where(_left_out())) or 0


async def count_fitting(session: AsyncSession, step: JourneyStep) -> int:
    """How many of those who were never on the journey a step fits today."""
    fitting = (
        select(func.count()).select_from(Member).where(_left_out(), _fits(StepCondition(step.condition)))
    )
    return await session.scalar(fitting) or 0


async def left_out(session: AsyncSession) -> list[int]:
    """The ids of those who were never on the journey, the longest here first."""
    rows = await session.scalars(select(Member.id).where(_left_out()).order_by(Member.created_at, Member.id))
    return list(rows)


async def backfill(session: AsyncSession, starts: dict[int, datetime]) -> None:
    """Put people who were there before on the journey, each from a day of their own."""
    rows = [
        {"member_id": member_id, "started_at": started_at, "backfilled": True}
        for member_id, started_at in starts.items()
    ]
    if rows:
        await session.execute(insert(Journey), rows)


def _fits(condition: StepCondition) -> ColumnElement[bool]:
    """Whether a step fits a member, as SQL."""
    match condition:
        case StepCondition.EVERYBODY:
            return literal(value=True)
        case StepCondition.NO_THEME:
            return ~_there_is(
                Membership.member_id == Member.id,
                Membership.state.in_([MembershipState.WANTED, MembershipState.CONFIRMED]),
                Membership.group_id == Group.id,
                Group.kind == GroupKind.THEMATIC,
                Group.state == GroupState.ACTIVE,
            )
        case StepCondition.NO_PROFILE:
            return ~_there_is(Profile.member_id == Member.id, Profile.capacity != "")
        case StepCondition.COUNCILLORS:
            return _there_is(Profile.member_id == Member.id, Profile.capacity == Capacity.COUNCILLOR)
        case StepCondition.OFFICERS:
            return _there_is(Profile.member_id == Member.id, Profile.capacity == Capacity.OFFICER)


def _there_is(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether there are rows about the member, whatever else the query around it has joined."""
    return exists().where(*conditions).correlate(Member)
