"""Events from a file: each line is a draft. A line that was brought in before, or whose event is there
already, adds nothing, and no event is ever changed or called off by a file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handlers import spreadsheets
from handlers.event_form import LARGEST_CAPACITY, LONGEST_DESCRIPTION, LONGEST_TITLE
from handlers.import_plans import Change, Importer, Kind, Plan
from handlers.kit.answers import is_link
from handlers.kit.words import LOCALES, Words
from handlers.rule_sentences import CATEGORY_NAMES
from handlers.spreadsheets import Problem, Row
from store import audit, event_audiences, events, groups
from store.events import Event, EventKind
from store.local_times import HOME_ZONE, NoSuchTime, at, is_zone
from store.slugs import slug_of

COLUMNS = (
    "title", "kind", "description", "organiser", "language", "starts_on", "starts_time", "ends_on",
    "ends_time", "zone", "place", "link", "capacity", "reply_on", "groups", "categories", "everyone",
    "public",
)  # fmt: skip
REQUIRED = ("title", "starts_on", "starts_time", "ends_time")
_LONGEST = {"title": LONGEST_TITLE, "description": LONGEST_DESCRIPTION, "organiser": 200, "place": 200}
_DEFAULTS = {"kind": "other", "language": "en", "zone": HOME_ZONE, "everyone": "no", "public": "no"}
_CHOICES: dict[str, list[str]] = {
    "kind": [one.value for one in EventKind],
    "language": list(LOCALES),
    "everyone": ["yes", "no"],
    "public": ["yes", "no"],
}
_DAY = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)|(\d\d?)/(\d\d?)/(\d{4})")
_TIME = re.compile(r"(\d\d?)[:.](\d\d)(:00)?")


@dataclass(frozen=True, slots=True)
class _Times:
    starts_at: datetime
    ends_at: datetime
    reply_by: datetime | None


class _Unclear(Exception):
    """A line whose times are no times; its text says which and why."""


async def plan(session: AsyncSession, words: Words, data: bytes, now: datetime) -> Plan:
    """What a file of events would add; every problem of every line."""
    sheet = spreadsheets.read(data, words, known=COLUMNS, required=REQUIRED)
    slugs = frozenset(group.slug for group in await groups.active(session))
    problems = list(sheet.problems)
    read: list[tuple[Row, dict[str, str], _Times]] = []
    seen: dict[str, int] = {}
    for row in sheet.rows:
        cells = _cells(row)
        wrong = _problems(cells, words, slugs)
        times = None
        if not any(not cells[column] for column in REQUIRED) and is_zone(cells["zone"]):
            try:
                times = _times(cells, words, now)
            except _Unclear as error:
                wrong.append(str(error))
        if times is not None and (first := seen.setdefault(_uid(cells, times), row.line)) != row.line:
            wrong.append(words._("The same event stands in line %(line)s already.") % {"line": first})
        problems += [Problem(row.line, text) for text in wrong]
        if times is not None and not wrong:
            read.append((row, cells, times))
    known = await _known(session, read)
    added = [
        Change(row.line, cells["title"], None, tuple((one, "", cells[one]) for one in COLUMNS if cells[one]))
        for row, cells, times in read
        if not known & {_uid(cells, times), _same(cells["title"], times.starts_at)}
    ]
    problems.sort(key=lambda one: one.line)
    return Plan(Kind.EVENTS, tuple(problems), tuple(added), (), len(read) - len(added), data)


async def apply(session: AsyncSession, made: Plan, actor_id: int | None, now: datetime) -> None:
    """Add the drafts of a plan that was made in the same transaction."""
    by_slug = {group.slug: group.id for group in await groups.active(session)}
    lines = [dict.fromkeys(COLUMNS, "") | change.values for change in made.added]
    slugs = await events.free_slugs(session, [slug_of(values["title"]) or "event" for values in lines])
    new = []
    for values, slug in zip(lines, slugs, strict=True):
        times = _times(values, Words("en"), now)
        event = events.draft(uid=_uid(values, times), created_by_id=actor_id, now=now)
        event.title, event.kind, event.description = values["title"], values["kind"], values["description"]
        event.organiser, event.language = values["organiser"], values["language"]
        event.starts_at, event.ends_at, event.reply_by = times.starts_at, times.ends_at, times.reply_by
        event.zone, event.place, event.link = values["zone"], values["place"], values["link"]
        event.capacity = int(values["capacity"]) if values["capacity"] else None
        event.everyone, event.public = values["everyone"] == "yes", values["public"] == "yes"
        event.slug = slug
        new.append(event)
    session.add_all(new)
    await session.flush()
    for event, values in zip(new, lines, strict=True):
        invited = [by_slug[slug] for slug in values["groups"].split()]
        event_audiences.add(session, [event.id], invited, values["categories"].split())
    noted = [(event.id, {"title": event.title}) for event in new]
    await audit.record_many(session, "event.import", "event", noted, actor_id=actor_id, now=now)


async def _known(session: AsyncSession, read: list[tuple[Row, dict[str, str], _Times]]) -> set[str]:
    """The marks of events that are there: by the line they came from, and by title and start."""
    if not read:
        return set()
    uids = [_uid(cells, times) for _row, cells, times in read]
    starts = [times.starts_at for _row, _cells, times in read]
    rows = await session.execute(
        select(Event.uid, Event.title, Event.starts_at).where(
            Event.uid.in_(uids) | Event.starts_at.between(min(starts), max(starts))
        )
    )
    return {mark for uid, title, start in rows for mark in (uid, _same(title, start))}


def _cells(row: Row) -> dict[str, str]:
    held = {column: " ".join(row.cells.get(column, "").split()) for column in COLUMNS}
    held["description"] = row.cells.get("description", "").replace("\r\n", "\n").strip()
    for column in (*_CHOICES, "groups", "categories"):
        held[column] = held[column].lower()
    for column in ("groups", "categories"):
        held[column] = " ".join(dict.fromkeys(held[column].split()))
    return {column: cell or _DEFAULTS.get(column, "") for column, cell in held.items()}


def _problems(cells: Mapping[str, str], words: Words, slugs: frozenset[str]) -> list[str]:
    """What is wrong with a line, apart from its times."""
    _ = words._
    found = [_("The column “%(column)s” is empty.") % {"column": one} for one in REQUIRED if not cells[one]]
    for column, most in _LONGEST.items():
        if len(cells[column]) > most:
            said = _("“%(column)s” has more than %(most)s characters.")
            found.append(said % {"column": column, "most": words.number(most)})
    for column, allowed in _CHOICES.items():
        if cells[column] not in allowed:
            named = {"value": cells[column][:40], "column": column, "choices": words.either(allowed)}
            found.append(_("“%(value)s” is no %(column)s. Write %(choices)s.") % named)
    if not is_zone(cells["zone"]):
        found.append(_("We do not know the clocks of “%(zone)s”. Write a zone such as Europe/London.")
                     % {"zone": cells["zone"][:40]})  # fmt: skip
    if cells["link"] and not is_link(cells["link"]):
        found.append(_("“link” is a web address that begins with https:// or http://."))
    places = cells["capacity"]
    if places and not (places.isascii() and places.isdecimal() and 0 < int(places[:9]) <= LARGEST_CAPACITY):
        found.append(_("“capacity” is a number from 1 to %(most)s.")
                     % {"most": words.number(LARGEST_CAPACITY)})  # fmt: skip
    unknown = _("There is no group “%(slug)s”. Write the short name from its address.")
    found += [unknown % {"slug": slug[:60]} for slug in sorted(set(cells["groups"].split()) - slugs)]
    for one in sorted(set(cells["categories"].split()) - {str(name) for name in CATEGORY_NAMES}):
        named = {"value": one[:40], "choices": words.listed([str(name) for name in CATEGORY_NAMES])}
        found.append(_("“%(value)s” is no category. There are: %(choices)s.") % named)
    if not cells["groups"] and not cells["categories"] and cells["everyone"] != "yes":
        found.append(_("It says for nobody. Name groups or categories, or write yes under “everyone”."))
    return found


def _times(cells: Mapping[str, str], words: Words, now: datetime) -> _Times:
    """:raises _Unclear: a day or time is none, does not exist, or they are in no order."""
    _ = words._
    day = _day(cells, "starts_on", words)
    ends_on = _day(cells, "ends_on", words) if cells["ends_on"] else day
    starts_at = _moment(day, _time(cells, "starts_time", words), cells["zone"], words)
    ends_at = _moment(ends_on, _time(cells, "ends_time", words), cells["zone"], words)
    if ends_at <= starts_at:
        raise _Unclear(_("It has to end after it starts."))
    if starts_at <= now:
        raise _Unclear(_("It has begun already. Leave the line out."))
    if starts_at > now + timedelta(days=3660):
        raise _Unclear(_("It is more than ten years ahead."))
    if not cells["reply_on"]:
        return _Times(starts_at, ends_at, None)
    reply_on = _day(cells, "reply_on", words)
    if reply_on > day:
        raise _Unclear(_("People have to answer before it starts."))
    return _Times(starts_at, ends_at, _moment(reply_on, None, cells["zone"], words))


def _day(cells: Mapping[str, str], column: str, words: Words) -> date:
    found = _DAY.fullmatch(cells[column])
    try:
        if found is None:
            raise ValueError
        year, month, day = found.group(1, 2, 3) if found[1] else found.group(6, 5, 4)
        return date(int(year), int(month), int(day))
    except ValueError:
        said = words._("“%(value)s” is no day. Write “%(column)s” like 2027-03-31 or 31/03/2027.")
        raise _Unclear(said % {"value": cells[column][:40], "column": column}) from None


def _time(cells: Mapping[str, str], column: str, words: Words) -> time:
    found = _TIME.fullmatch(cells[column])
    try:
        if found is None:
            raise ValueError
        return time(int(found[1]), int(found[2]))
    except ValueError:
        said = words._("“%(value)s” is no time. Write “%(column)s” like 09:30 or 14:00.")
        raise _Unclear(said % {"value": cells[column][:40], "column": column}) from None


def _moment(day: date, hour: time | None, zone: str, words: Words) -> datetime:
    try:
        return at(day, hour, zone)
    except NoSuchTime:
        said = words._("%(hour)s on %(day)s does not exist: the clocks go forward that night.")
        raise _Unclear(said % {"hour": f"{hour:%H:%M}", "day": words.day(day)}) from None


def _uid(cells: Mapping[str, str], times: _Times) -> str:
    """The same for the same line, so that a file brought in again finds what was moved since."""
    return f"{hashlib.sha256(_same(cells['title'], times.starts_at).encode()).hexdigest()[:32]}@ccin-bot"


def _same(title: str, starts_at: datetime) -> str:
    return f"{title.casefold()}\n{starts_at:%Y-%m-%dT%H:%MZ}"


IMPORTER = Importer(plan, apply)
