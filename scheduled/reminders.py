"""Reminders: sends what the facts make due, once, and writes down what came too late."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.kit.context import Surroundings
from handlers.kit.platform import Clock
from handlers.quiet_hours import QuietHours
from handlers.reminder_planning import Due, brought_forward, due_at, plan
from scheduled import held_announcements
from scheduled.reminder_messages import Sending
from store import (
    announcement_holds,
    events,
    profiles,
    publicity,
    reminder_changes,
    reminders,
    rounds,
)
from store.database import Database
from store.events import Event, EventState
from store.local_times import HOME_ZONE, local
from store.reminder_changes import ReminderState
from store.reminders import Audience, Outcome, Reason, Subject
from store.rounds import FundingRound

# The facts of so long ago still matter: an outage that was longer has made everything useless.
LOOKED_BACK = timedelta(days=120)


def job(database: Database, clock: Clock, surroundings: Surroundings) -> Callable[[], Awaitable[None]]:
    """Reads what is due; each reminder is then written in a transaction of its own, with the facts read
    again, so that what was moved or called off meanwhile is left alone. While all announcements are on hold
    nothing is sent; afterwards it is late, or skipped."""

    async def run() -> None:
        async with database.read() as session:
            if await announcement_holds.current(session, clock()) is not None:
                return
            due, early = await _due(session, clock())
            held = await events.any_held(session) or await rounds.any_held(session)
        if held:
            async with database.write() as session:
                await held_announcements.announce(session, surroundings.catalogues, clock())
        for one in due:
            async with database.write() as session:
                await _carry_out(session, surroundings, one, clock())
        for one, hours in early:
            async with database.write() as session:
                await _carry_out_early(session, surroundings, one, hours, clock())

    return run


async def _due(session: AsyncSession, now: datetime) -> tuple[list[Due], list[tuple[Due, QuietHours]]]:
    """What is due, and what goes before its time to people whose quiet hours begin."""
    rules = await reminders.rules(session, enabled=True)
    if not rules:
        return [], []
    subjects: list[Event | FundingRound] = [
        *await events.to_remind(session, now - LOOKED_BACK),
        *await rounds.current(session, since=now - LOOKED_BACK),
    ]
    if not subjects:
        return [], []
    runs = await reminders.runs_since(session, now - 2 * LOOKED_BACK)
    quiet = [QuietHours(*pair) for pair in await profiles.quiet_hours(session)]
    changes = await reminder_changes.every(session)
    early = brought_forward(rules, subjects, runs, now, quiet, changes)
    return plan(rules, subjects, runs, now, changes), early


async def _carry_out(session: AsyncSession, surroundings: Surroundings, due: Due, now: datetime) -> None:
    subject = await _subject(session, due)
    if subject is None:
        return
    change = await reminder_changes.of_one(session, due.rule.id, subject.id)
    changes = {(due.rule.id, subject.id): change} if change else {}
    still = plan([due.rule], [subject], [], now, changes)
    fresh = next((one for one in still if one.due_at == due.due_at), None)
    if fresh is None:
        return
    if due.outcome is not Outcome.MERGED:
        due = replace(due, outcome=fresh.outcome, bodies=fresh.bodies, reason=fresh.reason)
    reason = due.reason
    if due.outcome in (Outcome.LATE, Outcome.SKIPPED) and not reason:
        if change is not None and change.changed_at > due.due_at:
            reason = Reason.PAUSED
        elif await announcement_holds.held_between(session, due.due_at, now):
            reason = Reason.HELD
        else:
            reason = Reason.AWAY
    run_id = await reminders.claim(
        session, due.rule.id, subject.id, due.due_at, due.outcome, now, reason=reason
    )
    if change is not None and change.state == ReminderState.NOW:
        # It has gone; where the event moves far away, it is planned as any other.
        change.state = ReminderState.PLANNED
    if run_id is None or due.outcome not in (Outcome.SENT, Outcome.LATE):
        return
    if isinstance(subject, Event) and subject.state(now) is not EventState.ANNOUNCED:
        return
    today = local(now, HOME_ZONE).date()
    if await publicity.on_day(session, subject.organisation_id, today) is not None:
        due = replace(due, audiences=due.audiences - {Audience.GROUPS})
    reached = await Sending(session, surroundings.catalogues, due, subject, now).everybody()
    (await session.get_one(reminders.ReminderRun, run_id)).reached = reached


async def _carry_out_early(
    session: AsyncSession, surroundings: Surroundings, due: Due, hours: QuietHours, now: datetime
) -> None:
    subject = await _subject(session, due)
    if subject is None or (isinstance(subject, Event) and subject.state(now) is not EventState.ANNOUNCED):
        return
    if due_at(due.rule, subject) == due.due_at:
        await Sending(session, surroundings.catalogues, due, subject, now).before_quiet_hours(hours)


async def _subject(session: AsyncSession, due: Due) -> Event | FundingRound | None:
    """What a reminder is of, read again and locked."""
    if due.rule.subject == Subject.EVENT:
        return await events.by_id(session, due.subject_id, lock=True)
    return await rounds.by_id(session, due.subject_id, lock=True)
