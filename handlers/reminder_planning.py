"""Planning reminders: what is due by now, computed from the facts alone. Pure: no clock, no database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from store.events import Event
from store.local_times import HOME_ZONE, days_before, half_way, hours_before
from store.reminders import Anchor, Outcome, ReminderRule, ReminderRun, Subject, Unit
from store.rounds import FundingRound

# Reminders of one round that are closer to each other become one.
MERGED_WITHIN = timedelta(hours=24)
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


def due_at(rule: ReminderRule, subject: Event | FundingRound) -> datetime:
    """When a reminder of something is due, from when it takes place."""
    zone = HOME_ZONE
    match subject, rule.anchor:
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
    now: datetime,
) -> list[Due]:  # fmt: skip
    """Everything that is due and has not been dealt with, the longest due first."""
    done: dict[tuple[int, int], list[ReminderRun]] = {}
    for run in runs:
        done.setdefault((run.rule_id, run.subject_id), []).append(run)
    found: list[Due] = []
    for subject in subjects:
        kind = Subject.EVENT if isinstance(subject, Event) else Subject.ROUND
        for rule, when, audiences, merged in _of(subject, [one for one in rules if one.subject == kind]):
            if (
                when > now
                or subject.announced_at is None
                or when <= max(subject.announced_at, rule.changed_at)
            ):
                continue
            if any(_same(rule, run, when) for run in done.get((rule.id, subject.id), ())):
                continue
            outcome = Outcome.MERGED if merged else _outcome(rule, subject, when, now)
            found.append(Due(rule, subject.id, when, outcome, audiences))
    return sorted(found, key=lambda one: (one.due_at, one.rule.id, one.subject_id))


def upcoming(
    rules: Sequence[ReminderRule], subjects: Iterable[Event | FundingRound], now: datetime, until: datetime
) -> list[Due]:
    """What will be due in a span of time, as the facts stand, the next first."""
    found = []
    for subject in subjects:
        kind = Subject.EVENT if isinstance(subject, Event) else Subject.ROUND
        for rule, when, audiences, merged in _of(subject, [one for one in rules if one.subject == kind]):
            if now < when <= until and not merged and _ends(rule, subject) > when:
                found.append(Due(rule, subject.id, when, Outcome.SENT, audiences))
    return sorted(found, key=lambda one: (one.due_at, one.rule.id, one.subject_id))


def _of(
    subject: Event | FundingRound, rules: Sequence[ReminderRule]
) -> list[tuple[ReminderRule, datetime, frozenset[str], bool]]:
    """Each rule with its time, its audiences and whether an earlier one of the round takes it in."""
    timed = sorted(((due_at(rule, subject), rule) for rule in rules), key=lambda one: (one[0], one[1].id))
    if isinstance(subject, Event):
        return [(rule, when, frozenset(rule.audiences), False) for when, rule in timed]
    planned: list[tuple[ReminderRule, datetime, frozenset[str], bool]] = []
    kept: int | None = None
    for when, rule in timed:
        closing = when >= subject.closes_at
        if kept is not None and not closing and when - planned[kept][1] < MERGED_WITHIN:
            first = planned[kept]
            planned[kept] = (first[0], first[1], first[2] | frozenset(rule.audiences), False)
            planned.append((rule, when, frozenset(), True))
            continue
        planned.append((rule, when, frozenset(rule.audiences), False))
        kept = None if closing else len(planned) - 1
    return planned


def _outcome(rule: ReminderRule, subject: Event | FundingRound, when: datetime, now: datetime) -> Outcome:
    if now - when <= ON_TIME:
        return Outcome.SENT
    useful = now - when <= timedelta(minutes=rule.late_minutes) and now < _ends(rule, subject)
    return Outcome.LATE if useful else Outcome.SKIPPED


def _ends(rule: ReminderRule, subject: Event | FundingRound) -> datetime:
    """From when on a reminder before something is of no use; one after it is of use for as long as its
    rule says."""
    if rule.amount < 0:
        return datetime.max.replace(tzinfo=subject.created_at.tzinfo)
    return subject.starts_at if isinstance(subject, Event) else subject.closes_at


def _same(rule: ReminderRule, run: ReminderRun, when: datetime) -> bool:
    """Whether a run was this reminder: at the same time, or close to it and sent already."""
    if run.due_at == when:
        return True
    offset = timedelta(days=1) if rule.unit == Unit.DAYS else timedelta(hours=abs(rule.amount))
    sent = run.outcome in (Outcome.SENT, Outcome.LATE)
    return sent and abs(run.due_at - when) < min(SAME_WITHIN, offset)
