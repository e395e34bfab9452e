"""Planning reminders: what is due by now, computed from the facts alone. Pure: no clock, no database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from handlers.quiet_hours import EARLIER_BY, LONGEST, QuietHours
from store.events import Event
from store.local_times import HOME_ZONE, days_before, half_way, hours_before
from store.reminder_changes import Changes, ReminderChange, ReminderState
from store.reminder_readers import PERSONAL
from store.reminders import Anchor, Outcome, Quiet, Reason, ReminderRule, ReminderRun, Subject, Unit
from store.rounds import FundingRound

# Reminders of one round that are closer to each other become one.
MERGED_WITHIN = timedelta(hours=24)
NO_CHANGES: Changes = MappingProxyType({})
# A tick that comes a little after the time is on time.
ON_TIME = timedelta(minutes=10)
# A reminder that has gone out goes again only where it has moved by more than this, or by its own offset.
SAME_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Due:
    """A reminder that something has to become of now."""

    rule: ReminderRule
    subject_id: int
    due_at: datetime
    outcome: Outcome
    audiences: frozenset[str]
    # What an administrator made of this one: the words are empty where it has those of its rule.
    state: ReminderState = ReminderState.PLANNED
    bodies: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""

    @property
    def key(self) -> str:
        return key_of(self.rule, self.subject_id, self.due_at)


def key_of(rule: ReminderRule, subject_id: int, due_at: datetime) -> str:
    """The outbox key of a reminder's posts and messages."""
    return f"reminder:{rule.subject}:{subject_id}:{rule.id}:{due_at:%Y%m%d%H%M}"


def due_at(rule: ReminderRule, subject: Event | FundingRound) -> datetime | None:
    """When a reminder of something is due, from when it takes place; None where it lacks what the
    reminder counts from."""
    zone = HOME_ZONE
    match subject, rule.anchor:
        case Event(), Anchor.REPLY_BY:
            if subject.reply_by is None:
                return None
            anchor, zone = subject.reply_by, subject.zone
        case Event(), _:
            anchor, zone = subject.starts_at, subject.zone
        case FundingRound(), Anchor.OPENS:
            anchor = subject.opens_at
        case FundingRound(), Anchor.HALF:
            anchor = half_way(subject.opens_at, subject.closes_at)
        case _:
            anchor = subject.closes_at
    if rule.unit == Unit.DAYS:
        return days_before(anchor, rule.amount, zone)
    return hours_before(anchor, rule.amount)


def plan(
    rules: Sequence[ReminderRule], subjects: Iterable[Event | FundingRound], runs: Iterable[ReminderRun],
    now: datetime, changes: Changes = NO_CHANGES,
) -> list[Due]:  # fmt: skip
    """Everything that is due and has not been dealt with, the longest due first."""
    done = _by_reminder(runs)
    found: list[Due] = []
    for subject in subjects:
        for rule, when, audiences, merged in _of(subject, rules, changes):
            change = changes.get((rule.id, subject.id))
            state = _state(change)
            if (
                (when > now and state is not ReminderState.NOW)
                or subject.announced_at is None
                or when <= max(subject.announced_at, rule.changed_at)
            ):
                continue
            if any(_same(rule, run, when) for run in done.get((rule.id, subject.id), ())):
                continue
            outcome, reason = Outcome.MERGED if merged else _outcome(rule, subject, when, now), ""
            if state is ReminderState.CANCELLED:
                outcome = Outcome.CANCELLED
            elif state is ReminderState.PAUSED:
                if now < useful_until(rule, subject, when):
                    continue
                outcome, reason = Outcome.SKIPPED, Reason.PAUSED
            bodies = change.bodies if change else {}
            found.append(Due(rule, subject.id, when, outcome, audiences, state, bodies, reason))
    return sorted(found, key=lambda one: (one.due_at, one.rule.id, one.subject_id))


def brought_forward(
    rules: Sequence[ReminderRule], subjects: Iterable[Event | FundingRound], runs: Iterable[ReminderRun],
    now: datetime, quiet: Iterable[QuietHours], changes: Changes = NO_CHANGES,
) -> list[tuple[Due, QuietHours]]:  # fmt: skip
    """Personal reminders that go now to people with certain quiet hours, since they would fall into
    them."""
    soon = [one for one in quiet if one.begin_soon(now)]
    if not soon:
        return []
    found = []
    until = now + EARLIER_BY + LONGEST
    # With every rule: which of a round's reminders are one shows only among all of them.
    for due in upcoming(rules, subjects, now, until, changes=changes, runs=runs):
        personal = due.rule.quiet == Quiet.BEFORE and PERSONAL & due.audiences
        if due.state is not ReminderState.PLANNED or not personal:
            continue
        for hours in soon:
            held = hours.around(due.due_at)
            if held is not None and held[0] <= now + EARLIER_BY:
                found.append((due, hours))
    return found


def upcoming(
    rules: Sequence[ReminderRule], subjects: Iterable[Event | FundingRound], now: datetime,
    until: datetime, *, changes: Changes = NO_CHANGES, runs: Iterable[ReminderRun] = (),
) -> list[Due]:  # fmt: skip
    """What will be due in a span of time and has not been dealt with, as the facts stand, the next first.
    What was paused or cancelled is among it, and says so."""
    done = _by_reminder(runs)
    found = []
    for subject in subjects:
        for rule, when, audiences, merged in _of(subject, rules, changes):
            change = changes.get((rule.id, subject.id))
            state = _state(change)
            paused = state is ReminderState.PAUSED and when <= now < useful_until(rule, subject, when)
            if not (now < when <= until or paused) or merged or _ends(rule, subject) <= when:
                continue
            if any(_same(rule, run, when) for run in done.get((rule.id, subject.id), ())):
                continue
            bodies = change.bodies if change else {}
            found.append(Due(rule, subject.id, when, Outcome.SENT, audiences, state, bodies))
    return sorted(found, key=lambda one: (one.due_at, one.rule.id, one.subject_id))


def next_due(
    rules: Sequence[ReminderRule], subjects: Iterable[Event | FundingRound], now: datetime,
    until: datetime, changes: Changes = NO_CHANGES,
) -> datetime:  # fmt: skip
    """The next point in time at which the clock alone adds something to the plan, and not after ``until``:
    a reminder's time, or the end of the use of one that is paused."""
    moments = [until]
    for subject in subjects:
        for rule, when, _audiences, _merged in _of(subject, rules, changes):
            moments.append(when)
            if _state(changes.get((rule.id, subject.id))) is ReminderState.PAUSED:
                moments.append(useful_until(rule, subject, when))
    return min(moment for moment in moments if moment > now)


def _of(
    subject: Event | FundingRound, rules: Sequence[ReminderRule], changes: Changes
) -> list[tuple[ReminderRule, datetime, frozenset[str], bool]]:
    """Each rule with its time, its audiences and whether an earlier one of the round takes it in. One that
    does not go as planned takes in no other."""
    kind = Subject.EVENT if isinstance(subject, Event) else Subject.ROUND
    timed = sorted(
        (
            (when, rule)
            for rule in rules
            if rule.subject == kind and (when := due_at(rule, subject)) is not None
        ),
        key=lambda one: (one[0], one[1].id),
    )
    if isinstance(subject, Event):
        return [(rule, when, frozenset(rule.audiences), False) for when, rule in timed]
    planned: list[tuple[ReminderRule, datetime, frozenset[str], bool]] = []
    kept: int | None = None
    for when, rule in timed:
        apart = _state(changes.get((rule.id, subject.id))) is not ReminderState.PLANNED
        closing = when >= subject.closes_at
        if apart:
            planned.append((rule, when, frozenset(rule.audiences), False))
            continue
        if kept is not None and not closing and when - planned[kept][1] < MERGED_WITHIN:
            first = planned[kept]
            planned[kept] = (first[0], first[1], first[2] | frozenset(rule.audiences), False)
            planned.append((rule, when, frozenset(), True))
            continue
        planned.append((rule, when, frozenset(rule.audiences), False))
        kept = None if closing else len(planned) - 1
    return planned


def useful_until(rule: ReminderRule, subject: Event | FundingRound, when: datetime) -> datetime:
    """From then on a reminder that was due at a time is of no use any more."""
    return max(when + ON_TIME, min(when + timedelta(minutes=rule.late_minutes), _ends(rule, subject)))


def _outcome(rule: ReminderRule, subject: Event | FundingRound, when: datetime, now: datetime) -> Outcome:
    if now - when <= ON_TIME:
        return Outcome.SENT
    return Outcome.LATE if now < useful_until(rule, subject, when) else Outcome.SKIPPED


def _ends(rule: ReminderRule, subject: Event | FundingRound) -> datetime:
    """From when on a reminder before something is of no use; one after it is of use for as long as its
    rule says."""
    if rule.amount < 0:
        return datetime.max.replace(tzinfo=subject.created_at.tzinfo)
    if isinstance(subject, FundingRound):
        return subject.closes_at
    if rule.anchor == Anchor.REPLY_BY and subject.reply_by is not None:
        return min(subject.reply_by, subject.starts_at)
    return subject.starts_at


def _state(change: ReminderChange | None) -> ReminderState:
    return ReminderState(change.state) if change is not None else ReminderState.PLANNED


def _by_reminder(runs: Iterable[ReminderRun]) -> dict[tuple[int, int], list[ReminderRun]]:
    found: dict[tuple[int, int], list[ReminderRun]] = {}
    for run in runs:
        found.setdefault((run.rule_id, run.subject_id), []).append(run)
    return found


def _same(rule: ReminderRule, run: ReminderRun, when: datetime) -> bool:
    """Whether a run was this reminder: at the same time, or close to it and sent already."""
    if run.due_at == when:
        return True
    offset = timedelta(days=1) if rule.unit == Unit.DAYS else timedelta(hours=abs(rule.amount))
    sent = run.outcome in (Outcome.SENT, Outcome.LATE)
    return sent and abs(run.due_at - when) < min(SAME_WITHIN, offset)
