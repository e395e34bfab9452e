"""The control room's facts: what goes out next, to whom and in which words, and what became of the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from handlers import announcing, reminder_words
from handlers.events import key_of as event_key_of
from handlers.kit.messages import Message
from handlers.kit.words import LOCALES, Catalogues, Words
from handlers.reminder_planning import Due, due_at, key_of, upcoming
from handlers.reminder_words import Wording
from handlers.rounds import key_of as round_key_of
from store import (
    event_audiences,
    events,
    outbox,
    reminder_changes,
    reminder_readers,
    reminders,
    replies,
    rounds,
)
from store.events import Event
from store.outbox import Status
from store.reminder_readers import PERSONAL
from store.reminders import Audience, Outcome, ReminderRule, ReminderRun, Subject
from store.replies import YES, Answer
from store.rounds import FundingRound

SHOWN_AHEAD = timedelta(days=30)

# Something to remind of, and how many gave each answer where it is an event.
WithAnswers = tuple[Event | FundingRound, Counter[Answer]]


@dataclass(frozen=True, slots=True)
class Planned:
    """One reminder that is to go out, what it is of, and how an event is answered."""

    due: Due
    subject: Event | FundingRound
    answers: Counter[Answer]

    @property
    def title(self) -> str:
        return name_of(self.subject)


@dataclass(frozen=True, slots=True)
class Reach:
    """To how many channels and people something would go as things stand."""

    channels: int = 0
    people: int = 0


@dataclass(frozen=True, slots=True)
class Past:
    """What became of one reminder; ``counts`` are its messages by how far they are."""

    run: ReminderRun
    rule: ReminderRule
    title: str
    counts: dict[str, int]


def name_of(subject: Event | FundingRound) -> str:
    return subject.title if isinstance(subject, Event) else subject.name


async def planned(
    session: AsyncSession, now: datetime, *, subject: str = "", query: str = "",
    until: datetime | None = None,
) -> list[Planned]:  # fmt: skip
    """What goes out in the next 30 days as the facts stand, the next first: of events, of rounds or of
    both, and of those whose title has some words."""
    rules = await reminders.rules(session, enabled=True)
    subjects: list[Event | FundingRound] = []
    if subject != Subject.ROUND:
        subjects += await events.to_remind(session, now - SHOWN_AHEAD)
    if subject != Subject.EVENT:
        subjects += await rounds.current(session, since=now - SHOWN_AHEAD)
    wanted = query.lower().split()
    known = {
        (_subject_of(one), one.id): one
        for one in subjects
        if all(word in name_of(one).lower() for word in wanted)
    }
    due = upcoming(
        rules,
        known.values(),
        now,
        until or now + SHOWN_AHEAD,
        changes=await reminder_changes.every(session),
        runs=await reminders.runs_since(session, now - SHOWN_AHEAD),
    )
    found = [known[Subject(one.rule.subject), one.subject_id] for one in due]
    return [Planned(one, *each) for one, each in zip(due, await _with_answers(session, found), strict=True)]


async def reach(session: AsyncSession, shown: Sequence[Planned]) -> list[Reach]:
    """To how many each would go, in the same order."""
    event_ids = [one.subject.id for one in shown if isinstance(one.subject, Event)]
    round_ids = [one.subject.id for one in shown if isinstance(one.subject, FundingRound)]
    groups_of_events = await event_audiences.groups_of(session, event_ids)
    groups_of_rounds = await rounds.groups_of(session, round_ids)
    wishers = await rounds.counts_of_wishers(session, round_ids)
    unanswered = await reminder_readers.count_unanswered(
        session,
        {
            one.subject.id: one.subject
            for one in shown
            if isinstance(one.subject, Event) and Audience.UNANSWERED in one.due.audiences
        }.values(),
    )
    boards = await announcing.boards_of(session, [*groups_of_events.values(), *groups_of_rounds.values()])
    found = []
    for one in shown:
        audiences, people = one.due.audiences, 0
        if isinstance(one.subject, Event):
            groups, counts = groups_of_events[one.subject.id], one.answers
            if Audience.GOING in audiences:
                people += sum(counts[answer] for answer in YES)
            if Audience.MAYBE in audiences:
                people += counts[Answer.MAYBE]
            if Audience.UNANSWERED in audiences:
                people += unanswered.get(one.subject.id, 0)
        else:
            groups = groups_of_rounds[one.subject.id]
            people = wishers.get(one.subject.id, 0) if Audience.ASKED in audiences else 0
        channels = boards[tuple(groups)] if Audience.GROUPS in audiences else 0
        found.append(Reach(channels, people))
    return found


def reach_line(words: Words, reached: Reach, audiences: Collection[str]) -> str:
    """“2 channels · 14 people”; what it is not for is left out."""
    parts = []
    if Audience.GROUPS in audiences:
        said = words.ngettext("%(count)s channel", "%(count)s channels", reached.channels)
        parts.append(said % {"count": words.number(reached.channels)})
    if PERSONAL & set(audiences):
        said = words.ngettext("%(count)s person", "%(count)s people", reached.people)
        parts.append(said % {"count": words.number(reached.people)})
    return " · ".join(parts)


def previews(catalogues: Catalogues, one: Planned, now: datetime) -> list[tuple[str, list[Message]]]:
    """How it reads in each language: to a channel, to a person, or both. Nobody's joining link is shown."""
    return [(name, preview(catalogues.words(locale), one, now)) for locale, name in LOCALES.items()]


def preview(words: Words, one: Planned, now: datetime) -> list[Message]:
    wording = Wording(one.due.rule, one.due.bodies)
    if isinstance(one.subject, FundingRound):
        return [reminder_words.round_message(words, wording, one.subject, now)]
    said = []
    if Audience.GROUPS in one.due.audiences:
        said.append(reminder_words.event_post(words, wording, one.subject, one.answers, now))
    if PERSONAL & one.due.audiences:
        answer = None if Audience.UNANSWERED in one.due.audiences else Answer.MAYBE
        said.append(reminder_words.event_message(words, wording, one.subject, one.answers, answer, now))
    return said


async def coming(session: AsyncSession, now: datetime) -> list[WithAnswers]:
    """What could be reminded of, for examples: events that are to start and rounds that have not closed."""
    found = sorted(await events.to_remind(session, now), key=lambda one: one.starts_at)
    return await _with_answers(session, [*found, *await rounds.current(session, since=now)])


def example(words: Words, rule: ReminderRule, coming: Sequence[WithAnswers], now: datetime) -> Message | None:
    """A rule's reminder of the first thing that fits; None where nothing does."""
    for one, answers in coming:
        if _subject_of(one) == rule.subject and due_at(rule, one) is not None:
            due = Due(rule, one.id, now, Outcome.SENT, frozenset(rule.audiences))
            return preview(words, Planned(due, one, answers), now)[0]
    return None


async def announcements(
    session: AsyncSession, since: datetime, *, limit: int
) -> list[tuple[str, datetime, dict[str, int]]]:
    """What was announced since a time, the newest first: title, when, and its posts by how far they are."""
    found: list[Event | FundingRound] = [
        *await events.announced_since(session, since, limit=limit),
        *await rounds.announced_since(session, since, limit=limit),
    ]
    told = sorted(
        ((one.announced_at, one) for one in found if one.announced_at), key=lambda pair: pair[0], reverse=True
    )[:limit]
    keys = {(one, locale): f"{_announced_key(one)}:{locale}" for _at, one in told for locale in LOCALES}
    counts = await outbox.counts(session, list(keys.values()))
    shown = []
    for at, one in told:
        added: Counter[str] = Counter()
        for locale in LOCALES:
            added.update(counts.get(keys[one, locale], {}))
        shown.append((name_of(one), at, dict(added)))
    return shown


def states(words: Words, counts: Mapping[str, int]) -> str:
    """“12 delivered, 3 waiting”: how far the messages of something are."""
    _ = words._
    waiting = counts.get(Status.QUEUED, 0) + counts.get(Status.CLAIMED, 0)
    named = (
        (counts.get(Status.SENT, 0), _("%(count)s delivered")),
        (waiting, _("%(count)s waiting")),
        (counts.get(Status.FAILED, 0), _("%(count)s could not be delivered")),
        (counts.get(Status.SKIPPED, 0), _("%(count)s left out in quiet hours")),
        (counts.get(Status.EXPIRED, 0), _("%(count)s too late to be of use")),
        (counts.get(Status.WITHDRAWN, 0), _("%(count)s taken back")),
    )
    said = [text % {"count": words.number(count)} for count, text in named if count]
    return ", ".join(said) or _("None")


async def past(
    session: AsyncSession, *, outcomes: Collection[Outcome], limit: int, offset: int = 0
) -> tuple[list[Past], int]:
    """A page of what became of reminders, the newest first, and how many there are."""
    runs, total = await reminders.history(session, outcomes=outcomes, limit=limit, offset=offset)
    titles = await _titles(session, runs)
    keys = {run.id: key_of(rule, run.subject_id, run.due_at) for run, rule in runs}
    counts = await outbox.counts(session, list(keys.values()))
    shown = [
        Past(run, rule, titles.get((rule.subject, run.subject_id), ""), counts.get(keys[run.id], {}))
        for run, rule in runs
    ]
    return shown, total


async def _titles(
    session: AsyncSession, runs: Sequence[tuple[ReminderRun, ReminderRule]]
) -> dict[tuple[str, int], str]:
    event_ids = {run.subject_id for run, rule in runs if rule.subject == Subject.EVENT}
    round_ids = {run.subject_id for run, rule in runs if rule.subject == Subject.ROUND}
    found: dict[tuple[str, int], str] = {
        (Subject.EVENT, one.id): one.title for one in await events.by_ids(session, event_ids)
    }
    return found | {(Subject.ROUND, one.id): one.name for one in await rounds.by_ids(session, round_ids)}


async def _with_answers(session: AsyncSession, subjects: Sequence[Event | FundingRound]) -> list[WithAnswers]:
    """Some subjects with their answers, in the same order."""
    counts = await replies.counts(session, {one.id for one in subjects if isinstance(one, Event)})
    return [(one, counts[one.id] if isinstance(one, Event) else Counter()) for one in subjects]


def _announced_key(one: Event | FundingRound) -> str:
    return event_key_of(one) if isinstance(one, Event) else round_key_of(one)


def _subject_of(one: Event | FundingRound) -> Subject:
    return Subject.EVENT if isinstance(one, Event) else Subject.ROUND
