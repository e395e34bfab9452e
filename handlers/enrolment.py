"""Enrolment: bringing people into the groups that the rules name, and never back where they left.

What may happen to one membership is decided in one place, ``next_step``; the rest applies it to one
person and every group, or to one group and everybody.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import structlog
from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from handlers import enrolment_rules
from handlers.enrolment_rules import BadRule, Condition
from store import facts, group_channels, groups, invitations, memberships, rules_of_engagement, surfaces
from store.group_channels import GroupChannel
from store.groups import Group, Visibility
from store.invitations import InvitationAction, Wish
from store.members import Member
from store.memberships import Admission, How, Membership, MembershipState
from store.rules_of_engagement import RulesAcceptance
from store.surfaces import PASSIVE_PLATFORM

log = structlog.get_logger(__name__)

# How many people one transaction looks at after a rule changed: short enough for others to get a turn.
CHUNK = 500

_OUTSIDE = (MembershipState.LAPSED, MembershipState.DECLINED, MembershipState.REQUESTED)


class Step(StrEnum):
    ADMIT = "admit"
    FORGET = "forget"  # It never came about, and the rule no longer asks for it.
    LAPSE = "lapse"
    INVITE = "invite"  # They came within reach of a platform that has the group.


@dataclass(frozen=True, slots=True)
class Preview:
    """What saving a rule would do: whom it fits, who would come in, whom it no longer fits."""

    fitting: int
    joining: int
    leaving: int


@dataclass(frozen=True, slots=True)
class Held:
    """As much of a membership as the next step depends on."""

    state: str
    how: str
    confirmed_on: str | None


def next_step(held: Held | None, *, fits: bool, may: bool, reach: bool, remove: bool) -> Step | None:
    """What a rule does about one person in one group.

    ``may``: nothing stands in the way of enrolling them (the rules of engagement, a proved
    organisation). ``reach``: a platform that has the group's channel knows them. ``remove``: an
    administrator asked that those whom the rule had brought in go if it no longer fits.
    """
    if held is None or held.state in _OUTSIDE:
        return Step.ADMIT if fits and may else None
    if held.state == MembershipState.WANTED:
        if not fits and held.how == How.RULE:
            return Step.FORGET
        return Step.INVITE if reach else None
    if held.state == MembershipState.CONFIRMED:
        if remove and not fits and held.how == How.RULE:
            return Step.LAPSE
        return Step.INVITE if reach and held.confirmed_on == PASSIVE_PLATFORM else None
    # Who left or was removed stays out, whatever a rule says.
    return None


def rule_of(group: Group) -> Condition | None:
    """The group's rule; one that cannot be read enrols nobody, and the log says so."""
    if group.rule is None:
        return None
    try:
        return enrolment_rules.read(group.rule)
    except BadRule as error:
        log.warning("enrolment.bad_rule", group=group.id, error=str(error))
        return None


def may_enrol(group: Group, *, accepted: bool, proved: bool) -> bool:
    """Whether a rule may bring somebody in: the rules of engagement are accepted where they are asked
    for, and a group that is not open takes only people whose organisation is certain."""
    return (accepted or not group.requires_rules) and (proved or group.visibility == Visibility.OPEN)


async def evaluate(session: AsyncSession, member_id: int, now: datetime) -> list[Group]:
    """Judge one person by every group's rule, after they joined or a fact about them changed; returns
    the groups they come into. At most a dozen queries, however many groups there are."""
    person = await facts.of_member(session, member_id)
    if person is None:
        return []
    platforms = await surfaces.platforms_of(session, [member_id])
    channels = await group_channels.by_group(session)
    held = await memberships.of_member(session, member_id)
    accepted = await rules_of_engagement.allows(session, member_id, now)
    admitted: list[Group] = []
    invited: list[Wish] = []
    again: list[int] = []
    forgotten: list[int] = []
    for group in await groups.active(session):
        rule = rule_of(group)
        membership = held.get(group.id)
        shared = _shared(channels.get(group.id, ()), platforms.get(member_id, frozenset()))
        fits = rule is not None and enrolment_rules.matches(rule, person)
        may = may_enrol(group, accepted=accepted, proved=person.organisation_id is not None)
        step = next_step(_held(membership), fits=fits, may=may, reach=bool(shared), remove=False)
        if step is Step.ADMIT:
            admitted.append(group)
        elif step is Step.FORGET:
            forgotten.append(group.id)
        elif step is Step.INVITE and membership is not None:
            invited += [Wish(group.id, member_id, platform) for platform in shared]
            if membership.state == MembershipState.CONFIRMED:
                again.append(group.id)
    await _admit(session, [(group.id, member_id) for group in admitted], channels, platforms, How.RULE, now)
    for group_id in again:
        await memberships.want_again(session, group_id, [member_id])
    await invitations.queue(session, invited, now, only_new=True)
    if forgotten:
        await memberships.forget(session, member_id, forgotten)
        await invitations.withdraw(session, [(group_id, member_id) for group_id in forgotten])
    return admitted


async def reevaluate(session: AsyncSession, group: Group, now: datetime, *, limit: int = CHUNK) -> bool:
    """Judge the next people by a group's changed rule; True when nobody is left to look at."""
    if group.evaluate_from is None:
        return True
    rule = rule_of(group)
    fits: ColumnElement[bool] = enrolment_rules.condition(rule) if rule else literal(value=False)
    rows = (
        await session.execute(
            facts.of_people(
                select(
                    Member.id,
                    fits,
                    await _accepted(session, now, required=group.requires_rules),
                    Member.organisation_id,
                    Membership.state,
                    Membership.how,
                    Membership.confirmed_on,
                )
            )
            .outerjoin(Membership, _of(group.id))
            .where(Member.id > group.evaluate_from)
            .order_by(Member.id)
            .limit(limit)
        )
    ).all()
    steps: dict[Step, list[int]] = {step: [] for step in Step}
    for member_id, fit, accepted, organisation_id, state, how, confirmed_on in rows:
        held = Held(state, how, confirmed_on) if state else None
        may = may_enrol(group, accepted=accepted, proved=organisation_id is not None)
        step = next_step(held, fits=fit, may=may, reach=False, remove=group.evaluate_removes)
        if step is not None:
            steps[step].append(member_id)
    await admit(session, group, steps[Step.ADMIT], How.RULE, now)
    await memberships.forget_people(session, group.id, steps[Step.FORGET])
    await invitations.withdraw(session, [(group.id, member_id) for member_id in steps[Step.FORGET]])
    await memberships.lapse(session, group.id, steps[Step.LAPSE], now)
    await take_out(session, group, steps[Step.LAPSE], now)
    group.evaluate_from = rows[-1][0] if len(rows) == limit else None
    await session.flush()
    return group.evaluate_from is None


async def preview(
    session: AsyncSession, group: Group | None, rule: Condition | None, now: datetime, *,
    requires_rules: bool = False, open_to_all: bool = True,
) -> Preview:  # fmt: skip
    """Count what a rule would do to a group, or to a new one, without doing it."""
    fits: ColumnElement[bool] = enrolment_rules.condition(rule) if rule else literal(value=False)
    may = await _accepted(session, now, required=requires_rules)
    if not open_to_all:
        may = and_(may, Member.organisation_id.is_not(None))
    outside = or_(Membership.state.is_(None), Membership.state.in_(_OUTSIDE))
    leaving = and_(
        Membership.state.in_([MembershipState.CONFIRMED, MembershipState.WANTED]),
        Membership.how == How.RULE,
        ~fits,
        Member.active.is_(True),
    )
    counted = facts.of_people(
        select(_count(fits), _count(and_(fits, outside, may)), _count(leaving))
    ).outerjoin(Membership, _of(group.id if group else 0))
    fitting, joining, gone = (await session.execute(counted)).one()
    return Preview(fitting or 0, joining or 0, gone or 0)


def change_rule(group: Group, rule: Condition | None, *, remove: bool) -> None:
    """Give a group another rule, to be applied to everybody by ``reevaluate``."""
    group.rule = None if rule is None else enrolment_rules.data_of(rule)
    group.evaluate_from = 0
    group.evaluate_removes = remove


async def admit(
    session: AsyncSession, group: Group, member_ids: Sequence[int], how: How, now: datetime
) -> None:
    """Bring people into a group: at once, or as soon as the platform of its channel has them."""
    if member_ids:
        channels = {group.id: await group_channels.of_group(session, group.id)}
        platforms = await surfaces.platforms_of(session, member_ids)
        pairs = [(group.id, member_id) for member_id in member_ids]
        await _admit(session, pairs, channels, platforms, how, now)


async def take_out(session: AsyncSession, group: Group, member_ids: Sequence[int], now: datetime) -> None:
    """Have the platforms of a group's channels take people out; what waited to invite them is dropped."""
    if not member_ids:
        return
    await invitations.withdraw(session, [(group.id, member_id) for member_id in member_ids])
    platforms = await surfaces.platforms_of(session, member_ids)
    channels = await group_channels.of_group(session, group.id)
    wishes = [
        Wish(group.id, member_id, platform, InvitationAction.REMOVE)
        for member_id in member_ids
        for platform in _shared(channels, platforms.get(member_id, frozenset()))
    ]
    await invitations.queue(session, wishes, now)


async def _admit(
    session: AsyncSession, pairs: Sequence[tuple[int, int]], channels: dict[int, list[GroupChannel]],
    platforms: dict[int, frozenset[str]], how: How, now: datetime,
) -> None:  # fmt: skip
    admissions: list[Admission] = []
    wishes: list[Wish] = []
    for group_id, member_id in pairs:
        shared = _shared(channels.get(group_id, ()), platforms.get(member_id, frozenset()))
        admissions.append(Admission(group_id, member_id, None if shared else PASSIVE_PLATFORM))
        wishes += [Wish(group_id, member_id, platform) for platform in shared]
    await memberships.admit(session, admissions, how, now)
    await invitations.queue(session, wishes, now)


async def _accepted(session: AsyncSession, now: datetime, *, required: bool) -> ColumnElement[bool]:
    """Whether somebody may be enrolled as far as the rules of engagement go, as SQL."""
    in_force = await rules_of_engagement.current(session)
    if in_force is None or not required:
        return true()
    ends_at = in_force.grace_ends_at
    oldest = 1 if ends_at is not None and now < ends_at else in_force.version
    return exists().where(RulesAcceptance.member_id == Member.id, RulesAcceptance.version >= oldest)


def _of(group_id: int) -> ColumnElement[bool]:
    return and_(Membership.member_id == Member.id, Membership.group_id == group_id)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _shared(channels: Collection[GroupChannel], platforms: frozenset[str]) -> list[str]:
    return [channel.platform for channel in channels if channel.platform in platforms]


def _held(membership: Membership | None) -> Held | None:
    return Held(membership.state, membership.how, membership.confirmed_on) if membership else None
