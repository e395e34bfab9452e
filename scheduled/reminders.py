"""Reminders: sends what the facts make due, once, and writes down what came too late."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.kit.context import Surroundings
from handlers.kit.platform import Clock
from handlers.quiet_hours import QuietHours
from handlers.reminder_planning import Due, brought_forward, due_at, next_due, plan
from scheduled import held_announcements
from scheduled.reminder_messages import Sending
from store import (
    announcement_holds,
    events,
    profiles,
    publicity,
    reminder_changes,
    reminder_facts,
    reminders,
    rounds,
)
from store.database import Database
from store.events import Event, EventState
from store.local_times import HOME_ZONE, at, local
from store.reminder_changes import ReminderState
from store.reminders import Audience, Outcome, Reason, Subject
from store.rounds import FundingRound

# The facts of so long ago still matter: an outage that was longer has made everything useless.
LOOKED_BACK = timedelta(days=120)
# What the fingerprint of the facts may miss is found after so long.
READ_AGAIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Foresight:
    """That nothing is due before a time, as long as the facts stay as they were."""

    facts: reminder_facts.Facts
    made_at: datetime
    nothing_before: datetime

    def holds(self, facts: reminder_facts.Facts, now: datetime) -> bool:
        return self.facts == facts and self.made_at <= now < self.nothing_before


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is due, what goes before its time to people whose quiet hours begin, whether an announcement
    waits for the end of a hold, and until when there is nothing else by the clock alone."""

    due: list[Due]
    early: list[tuple[Due, QuietHours]]
    held: bool
    nothing_before: datetime


def job(database: Database, clock: Clock, surroundings: Surroundings) -> Callable[[], Awaitable[None]]:
    """Reads what is due; each reminder is then written in a transaction of its own, with the facts read
    again, so that what was moved or called off meanwhile is left alone. While all announcements are on hold
    nothing is sent; afterwards it is late, or skipped.

    Most ticks find the facts as they were and nothing due before long, and read no more than that."""
    foresight: _Foresight | None = None

    async def run() -> None:
        nonlocal foresight
        now = clock()
        async with database.read() as session:
            if await announcement_holds.current(session, now) is not None:
                return
            # Before everything else: what changes while the rest is read shows at the next tick.
            facts = await reminder_facts.fingerprint(session, now - LOOKED_BACK)
            if foresight is not None and foresight.holds(facts, now):
                return
            reading = await _read(session, now)
        if reading.held:
            async with database.write() as session:
                await held_announcements.announce(session, surroundings.catalogues, clock())
        for one in reading.due:
            async with database.write() as session:
                await _carry_out(session, surroundings, one, clock())
        for one, hours in reading.early:
            async with database.write() as session:
                await _carry_out_early(session, surroundings, one, hours, clock())
        # Before somebody's quiet hours each tick looks again who has said yes meanwhile.
        quiet = not reading.due and not reading.early
        foresight = _Foresight(facts, now, reading.nothing_before) if quiet else None

    return run


async def _read(session: AsyncSession, now: datetime) -> _Reading:
    held = await events.any_held(session) or await rounds.any_held(session)
    until = now + READ_AGAIN
    if held:
        tomorrow = local(now, HOME_ZONE).date() + timedelta(days=1)
        until = min(until, at(tomorrow, time(), HOME_ZONE))
    rules = await reminders.rules(session, enabled=True)
    if not rules:
        return _Reading([], [], held, until)
    subjects: list[Event | FundingRound] = [
        *await events.to_remind(session, now - LOOKED_BACK),
        *await rounds.current(session, since=now - LOOKED_BACK),
    ]
    if not subjects:
        return _Reading([], [], held, until)
    runs = await reminders.runs_since(session, now - 2 * LOOKED_BACK)
    quiet = [QuietHours(*pair) for pair in await profiles.quiet_hours(session)]
    changes = await reminder_changes.every(session)
    due = plan(rules, subjects, runs, now, changes)
    early = brought_forward(rules, subjects, runs, now, quiet, changes)
    until = min(
        next_due(rules, subjects, now, until, changes), *(hours.next_early(now) for hours in quiet), until
    )
    return _Reading(due, early, held, until)


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
