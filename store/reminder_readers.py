"""Readers of personal reminders: the people of an audience, with their profile and their answer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import time

from sqlalchemy import ColumnElement, and_, false, func, literal, or_, select, true, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from store.event_audiences import EventCategory, EventGroup
from store.events import Event
from store.groups import GroupLead
from store.members import Member
from store.memberships import Membership, MembershipState
from store.organisations import Organisation
from store.profiles import Profile
from store.reminders import Audience
from store.replies import YES, Answer, EventReply
from store.rounds import RoundWish

PERSONAL = frozenset({Audience.GOING, Audience.MAYBE, Audience.UNANSWERED, Audience.ASKED})


@dataclass(frozen=True, slots=True)
class Reader:
    """An active member; ``answer`` is theirs to the event, None where they gave none."""

    member: Member
    profile: Profile | None
    answer: Answer | None = None


async def of_event(
    session: AsyncSession, event: Event, audiences: Collection[str], *,
    quiet: tuple[time, time] | None = None,
) -> list[Reader]:  # fmt: skip
    """The people of some audiences, each once; ``quiet`` narrows it to those with such quiet hours."""
    statement = (
        select(Member, Profile, EventReply.answer)
        .outerjoin(Profile, Profile.member_id == Member.id)
        .outerjoin(EventReply, and_(EventReply.member_id == Member.id, EventReply.event_id == event.id))
        .where(Member.active.is_(True), _in_audience(event, audiences), _has_quiet(quiet))
        .order_by(Member.id)
    )
    rows = await session.execute(statement)
    return [Reader(member, profile, Answer(given) if given else None) for member, profile, given in rows]


async def of_round(
    session: AsyncSession, round_id: int, *, quiet: tuple[time, time] | None = None
) -> list[Reader]:
    """Those who asked to be reminded of a round."""
    statement = (
        select(Member, Profile)
        .join(RoundWish, RoundWish.member_id == Member.id)
        .outerjoin(Profile, Profile.member_id == Member.id)
        .where(RoundWish.round_id == round_id, Member.active.is_(True), _has_quiet(quiet))
        .order_by(Member.id)
    )
    rows = await session.execute(statement)
    return [Reader(member, profile) for member, profile in rows]


async def count_unanswered(session: AsyncSession, asked: Collection[Event]) -> dict[int, int]:
    """How many are invited to each event and have not answered, by event id."""
    if not asked:
        return {}
    counted = union_all(
        *(
            select(literal(event.id), func.count())
            .select_from(Member)
            .outerjoin(EventReply, and_(EventReply.member_id == Member.id, EventReply.event_id == event.id))
            .where(Member.active.is_(True), _in_audience(event, [Audience.UNANSWERED]))
            for event in asked
        )
    )
    rows = await session.execute(counted)
    return dict(rows.all())


def _in_audience(event: Event, audiences: Collection[str]) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [false()]
    if Audience.GOING in audiences:
        conditions.append(EventReply.answer.in_(YES))
    if Audience.MAYBE in audiences:
        conditions.append(EventReply.answer == Answer.MAYBE)
    if Audience.UNANSWERED in audiences:
        conditions.append(and_(EventReply.answer.is_(None), _invited(event)))
    return or_(*conditions)


def _invited(event: Event) -> ColumnElement[bool]:
    if event.everyone:
        return true()
    groups = select(EventGroup.group_id).where(EventGroup.event_id == event.id)
    categories = select(EventCategory.category).where(EventCategory.event_id == event.id)
    inside = [MembershipState.WANTED, MembershipState.CONFIRMED]
    return or_(
        Member.id.in_(
            select(Membership.member_id).where(Membership.group_id.in_(groups), Membership.state.in_(inside))
        ),
        Member.id.in_(select(GroupLead.member_id).where(GroupLead.group_id.in_(groups))),
        Member.organisation_id.in_(select(Organisation.id).where(Organisation.category.in_(categories))),
    )


def _has_quiet(quiet: tuple[time, time] | None) -> ColumnElement[bool]:
    if quiet is None:
        return true()
    return and_(Profile.quiet_from == quiet[0], Profile.quiet_until == quiet[1])
