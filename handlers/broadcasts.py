"""Broadcasts on their way: how many messages of each are left, and by when the last of them goes out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from handlers import reminder_names
from handlers.kit.words import N_, Words
from store import events, outbox, reminders, rounds
from store.reminders import ReminderRule, Subject

# What is said of an event or a round, by the third part of its outbox key.
_NEWS = {
    "announced": N_("announcement"),
    "moved": N_("news of the new time"),
    "cancelled": N_("news that it is called off"),
}
_OTHER_NEWS = N_("news")


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One reminder or announcement that is going out. ``ahead`` counts the messages that go before its last
    one, and that one; ``rule`` is None where it is no reminder."""

    subject: Subject
    subject_id: int
    news: str
    left: int
    ahead: int
    rule: ReminderRule | None = None
    title: str = ""


async def on_their_way(session: AsyncSession, now: datetime) -> tuple[int, list[Broadcast]]:
    """How many messages are due and not delivered, and the broadcasts among them in the order in which they
    end: what is urgent goes first, and else what was due first."""
    ahead = 0
    found: dict[tuple[str, ...], Broadcast] = {}
    for key, count in await outbox.waiting(session, now):
        ahead += count
        name = _name_of(key)
        if name is None:
            continue
        # An announcement has a key for each language, and its posts and its messages to people differ
        # in their urgency: it has gone out when the last of them has.
        earlier = found.pop(name, None)
        found[name] = Broadcast(
            Subject(name[0]), int(name[1]), name[2], count + (earlier.left if earlier else 0), ahead
        )
    rules = {str(rule.id): rule for rule in await reminders.rules(session)} if found else {}
    titles = await _titles(session, list(found.values()))
    named = [
        replace(one, title=titles[one.subject, one.subject_id], rule=rules.get(name[3]))
        for name, one in found.items()
        if (one.subject, one.subject_id) in titles
    ]
    return ahead, named


def lines(words: Words, found: list[Broadcast], now: datetime, per_minute: int) -> list[str]:
    """“Open house (announcement): about 120 left, done by about 14:05”; without a time where nobody knows
    how fast it goes (``per_minute`` is 0)."""
    _ = words._
    said = []
    for one in found:
        what = reminder_names.when(words, one.rule) if one.rule else _(_NEWS.get(one.news, _OTHER_NEWS))
        facts = {"title": one.title, "what": what, "count": words.number(one.left)}
        if not per_minute:
            said.append(_("%(title)s (%(what)s): about %(count)s left") % facts)
            continue
        done_at = finished_at(one.ahead, now, per_minute)
        facts["when"] = words.time(done_at) if words.day(done_at) == words.day(now) else words.moment(done_at)
        said.append(_("%(title)s (%(what)s): about %(count)s left, done by about %(when)s") % facts)
    return said


def finished_at(ahead: int, now: datetime, per_minute: int) -> datetime:
    """When so many messages will have gone, to the full minute after."""
    done_at = now + timedelta(minutes=ahead / per_minute)
    return done_at.replace(second=0, microsecond=0) + timedelta(minutes=1)


def _name_of(key: str) -> tuple[str, str, str, str] | None:
    """Subject, its id, what is said of it, and the rule of a reminder; None for what is no broadcast."""
    match key.split(":"):
        case ["reminder", ("event" | "round") as subject, number, rule, _due]:
            return subject, number, "reminder", rule
        case [("event" | "round") as subject, number, news, *_rest] if number.isdigit():
            return subject, number, news, ""
    return None


async def _titles(session: AsyncSession, found: list[Broadcast]) -> dict[tuple[Subject, int], str]:
    ids = {subject: {one.subject_id for one in found if one.subject is subject} for subject in Subject}
    titles = {(Subject.EVENT, one.id): one.title for one in await events.by_ids(session, ids[Subject.EVENT])}
    return titles | {
        (Subject.ROUND, one.id): one.name for one in await rounds.by_ids(session, ids[Subject.ROUND])
    }
