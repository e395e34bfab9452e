"""Following another calendar: what is new there is added here, what changed or was called off there changes
or is called off here, found by UID and day of the series."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from handlers import event_changes
from handlers.event_feed_reading import AHEAD, Occurrence, Reading
from handlers.kit.context import Context
from store import event_audiences, event_feeds, events
from store.event_feeds import EventFeed, ImportedEvent
from store.events import Event
from store.slugs import slug_of

FILE = "file"
# An event is called off when it has been missing this long, so that one bad reading calls nothing off.
MISSING_FOR = timedelta(minutes=30)
# So many may go at once; more only where they are less than half of what is to come.
MAY_GO = 3
# Notes after which what is missing may be there all the same.
_INCOMPLETE = frozenset({"broken", "too_many_dates"})


@dataclass(frozen=True, slots=True)
class Target:
    """What the events of one calendar become."""

    source: str
    feed_id: int | None
    kind: str
    language: str
    organiser: str
    everyone: bool
    public: bool
    group_ids: tuple[int, ...]
    categories: tuple[str, ...]
    # New ones are announced; ``quietly`` without a post, as when a whole calendar arrives at once.
    announces: bool = False
    quietly: bool = False


@dataclass(slots=True)
class Comparison:
    """What a calendar holds beside what is here."""

    new: list[Occurrence] = field(default_factory=list)
    changed: list[tuple[Occurrence, ImportedEvent, Event]] = field(default_factory=list)
    called_off: list[tuple[Occurrence, ImportedEvent, Event]] = field(default_factory=list)
    missing: list[tuple[ImportedEvent, Event]] = field(default_factory=list)
    left: int = 0
    back: list[ImportedEvent] = field(default_factory=list)
    known: list[ImportedEvent] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Followed:
    """What was done, in numbers; ``held_back`` are missing ones of which too many went at once."""

    added: int = 0
    changed: int = 0
    called_off: int = 0
    held_back: int = 0
    # Missing for the first time: the next reading decides.
    waiting: int = 0


def target_of(feed: EventFeed, group_ids: list[int]) -> Target:
    return Target(
        source=feed.source, feed_id=feed.id, kind=feed.kind, language=feed.language,
        organiser=feed.organiser, everyone=feed.everyone, public=feed.public, group_ids=tuple(group_ids),
        categories=tuple(feed.categories), announces=feed.announces, quietly=feed.succeeded_at is None,
    )  # fmt: skip


async def compare(session: AsyncSession, source: str, reading: Reading) -> Comparison:
    """What would be done; nothing is changed."""
    held = await event_feeds.imported(session, source)
    found = Comparison()
    for one in reading.occurrences:
        pair = held.pop(_key(one), None)
        if pair is None:
            if not one.cancelled:
                found.new.append(one)
            continue
        row, event = pair
        found.known.append(row)
        if row.missing_since is not None:
            found.back.append(row)
        if event.cancelled_at is not None or row.fingerprint == _fingerprint(one):
            found.left += 1
        elif one.cancelled:
            found.called_off.append((one, row, event))
        else:
            found.changed.append((one, row, event))
    found.missing = [pair for pair in held.values() if pair[1].cancelled_at is None]
    return found


async def follow(context: Context, target: Target, reading: Reading) -> Followed:
    """Do here what was done there. A file says nothing of what it does not hold; a feed does."""
    found = await compare(context.session, target.source, reading)
    for row in found.back:
        row.missing_since = None
    for row in found.known:
        row.feed_id = target.feed_id
    await _add(context, target, found.new)
    for one, row, event in found.changed:
        old = event_changes.before(context, event)
        _fill(event, one)
        row.fingerprint = _fingerprint(one)
        await event_changes.follow_up(context, event, old)
    for one, row, event in found.called_off:
        row.fingerprint = _fingerprint(one)
        words = context.surroundings.catalogues.words(event.language)
        await event_changes.call_off(
            context, event, words._("It was called off in the calendar that it comes from.")
        )
    gone, held_back, waiting = 0, 0, 0
    if target.feed_id is not None and not any(note.code in _INCOMPLETE for note in reading.notes):
        gone, held_back, waiting = await _let_go(context, found)
    return Followed(len(found.new), len(found.changed), len(found.called_off) + gone, held_back, waiting)


async def _add(context: Context, target: Target, new: list[Occurrence]) -> None:
    session = context.session
    slugs = await events.free_slugs(session, [slug_of(one.title) or "event" for one in new])
    made = []
    for one, slug in zip(new, slugs, strict=True):
        uid = f"{secrets.token_hex(16)}@ccin-bot"
        author = context.member.id if context.member else None
        event = events.draft(uid=uid, created_by_id=author, now=context.now)
        event.slug, event.kind, event.language = slug, target.kind, target.language
        event.organiser, event.everyone, event.public = target.organiser, target.everyone, target.public
        event.capacity, event.reply_by = None, None
        _fill(event, one)
        made.append(event)
    session.add_all(made)
    await session.flush()
    event_audiences.add(session, [event.id for event in made], target.group_ids, target.categories)
    for event, one in zip(made, new, strict=True):
        session.add(
            ImportedEvent(
                event_id=event.id, feed_id=target.feed_id, source=target.source, uid_hash=_key(one)[0],
                recurrence=one.recurrence, fingerprint=_fingerprint(one), missing_since=None,
            )
        )  # fmt: skip
    await session.flush()
    if target.announces:
        posted: set[str] = set()
        for event, one in zip(made, new, strict=True):
            # One post for a series: its reminders bring up each later date in turn.
            if target.quietly or one.uid in posted:
                event.announced_at = context.now
            else:
                await event_changes.announce(context, event)
            posted.add(one.uid)


async def _let_go(context: Context, found: Comparison) -> tuple[int, int, int]:
    """Call off what is no longer there: how many, how many not because they are too many, and how many wait
    for the next reading."""
    now = context.now
    window = now + AHEAD - timedelta(days=2)
    missing = [(row, event) for row, event in found.missing if now < event.starts_at < window]
    there = found.left + len(found.changed) + len(found.called_off)
    if len(missing) > MAY_GO and len(missing) >= there:
        return 0, len(missing), 0
    gone, waiting = 0, 0
    for row, event in missing:
        if row.missing_since is None:
            row.missing_since = now
            waiting += 1
        elif now - row.missing_since >= MISSING_FOR:
            words = context.surroundings.catalogues.words(event.language)
            reason = words._("It is no longer in the calendar that it comes from.")
            await event_changes.call_off(context, event, reason)
            gone += 1
        else:
            waiting += 1
    return gone, 0, waiting


def _fill(event: Event, one: Occurrence) -> None:
    event.title, event.description = one.title, one.description
    event.starts_at, event.ends_at, event.zone = one.starts_at, one.ends_at, one.zone
    event.place, event.link = one.place, one.link


def _key(one: Occurrence) -> tuple[str, str]:
    return hashlib.sha256(one.uid.encode()).hexdigest(), one.recurrence


def _fingerprint(one: Occurrence) -> str:
    said = json.dumps(asdict(one), default=str, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()
