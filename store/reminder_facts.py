"""The facts that reminders are planned from, in one row: while it is the same, so is the plan."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from store.database import UTCDateTime
from store.events import Event
from store.profiles import Profile
from store.reminder_changes import ReminderChange
from store.reminders import ReminderRule
from store.rounds import FundingRound

Facts = Row[Any]


async def fingerprint(session: AsyncSession, since: datetime) -> Facts:
    """Differs from the row of before when something has changed that may change when a reminder is due:
    an event or a round that ends after a time, a rule, a change of one reminder, somebody's quiet hours.

    Who answered, asked or is away is not among it: that is read when a reminder goes out. Nor is what became
    of reminders, since it only ever takes something off the plan. Two changes at the same moment that undo
    each other in every count may be missed: whoever compares reads everything again after a while.
    """
    facts: Facts = (await session.execute(_statement(), {"since": since})).one()
    return facts


@cache
def _statement() -> Select[Any]:
    """Made once: making it takes longer than the answer."""
    since = bindparam("since", type_=UTCDateTime())
    events = (
        select(
            func.count().label("events"),
            func.count(Event.announced_at).label("events_announced"),
            func.count(Event.cancelled_at).label("events_cancelled"),
            func.count(Event.held_until).label("events_held"),
            func.sum(Event.sequence).label("events_sequence"),
            func.max(Event.changed_at).label("events_changed"),
        )
        .where(Event.starts_at > since)
        .subquery()
    )
    rounds = (
        select(
            func.count().label("rounds"),
            func.count(FundingRound.announced_at).label("rounds_announced"),
            func.count(FundingRound.held_until).label("rounds_held"),
            func.sum(FundingRound.revision).label("rounds_revision"),
            func.max(FundingRound.announced_at).label("rounds_changed"),
        )
        .where(or_(FundingRound.closes_at >= since, FundingRound.announced_at.is_(None)))
        .subquery()
    )
    rules = (
        select(func.count().label("rules"), func.max(ReminderRule.changed_at).label("rules_changed"))
        .where(ReminderRule.enabled.is_(True))
        .subquery()
    )
    changes = select(
        func.count().label("changes"), func.max(ReminderChange.changed_at).label("changes_changed")
    ).subquery()
    # Whoever wants no quiet hours any more has changed something, and whoever leaves changes nothing.
    quiet = select(func.max(Profile.updated_at).label("quiet_changed")).subquery()
    joined = events.join(rounds, true()).join(rules, true()).join(changes, true()).join(quiet, true())
    return select(joined)
