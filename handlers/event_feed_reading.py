"""Reading iCalendar files of other programs: every event that is to come, each date of a rule by itself.

Nothing here waits or looks around: bytes and the time in, what they say out. It is called in a process of its
own (``event_feed_process``), because a file may be made to keep a reader busy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar

from handlers import event_feed_texts as texts
from handlers.event_form import LONGEST_DESCRIPTION, LONGEST_TITLE
from handlers.kit.answers import is_link
from store.local_times import HOME_ZONE, is_zone

# What a property holds depends on its parameters, so the parser promises nothing of it.
Component = Any

LARGEST_FEED_BYTES = 5 * 1024 * 1024
MOST_INSTANCES = 1_000
MOST_EVENTS = 2_000
AHEAD = timedelta(days=731)
# Rules are worked out for so many days at a time.
_WINDOW_DAYS = 61
_MOST_TIMES_A_DAY = 12
_LONGEST_PLACE = 200
_LONGEST_UID = 500
_WITHOUT_END = timedelta(hours=1)
_MEETING_PROPERTIES = ("X-MICROSOFT-SKYPETEAMSMEETINGURL", "X-GOOGLE-CONFERENCE", "CONFERENCE")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One date of an event. ``recurrence`` is the day, as the rule has it, of a date of a series, and empty
    for an event of its own: with ``uid`` it stays the same when the event is moved."""

    uid: str
    recurrence: str
    title: str
    description: str
    place: str
    link: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    cancelled: bool


@dataclass(frozen=True, slots=True)
class Note:
    """What was left out or taken as something else: a name for the reason, and what it is about."""

    code: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    occurrences: tuple[Occurrence, ...]
    notes: tuple[Note, ...] = ()


class Unreadable(Exception):
    """A file of which nothing is used; ``code`` names why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read(data: bytes, now: datetime) -> Reading:
    """What starts after ``now`` and within two years.

    :raises Unreadable: it is no calendar, or holds more than is read.
    """
    calendar = _parse(data)
    floating = _floating_zone(calendar)
    by_uid: dict[str, list[Component]] = {}
    for component in calendar.walk("VEVENT"):
        by_uid.setdefault(str(component.get("UID", ""))[:_LONGEST_UID], []).append(component)
    found: list[Occurrence] = []
    notes: list[Note] = []
    for uid, components in by_uid.items():
        try:
            found += _of_series(uid, components, floating, now, notes)
        except Unreadable as error:
            notes.append(Note(error.code, _title(components[0])))
        except Exception:  # noqa: BLE001 (a broken event is left out, whatever the parser makes of it)
            notes.append(Note("broken", _title(components[0])))
        if len(found) > MOST_EVENTS:
            raise Unreadable("too_many_events")
    found.sort(key=lambda one: (one.starts_at, one.uid, one.recurrence))
    return Reading(tuple(found), tuple(dict.fromkeys(notes)))


def _parse(data: bytes) -> Component:
    if len(data) > LARGEST_FEED_BYTES:
        raise Unreadable("too_large")
    text = data.decode("utf-8-sig", errors="replace").lstrip()
    if not text.upper().startswith("BEGIN:VCALENDAR"):
        raise Unreadable("no_calendar")
    if "END:VCALENDAR" not in text[-2_000:].upper():
        raise Unreadable("cut_off")
    try:
        calendars: list[Component] = Calendar.from_ical(text, multiple=True)
    except Exception:  # noqa: BLE001 (the parser raises errors of many kinds for what is broken)
        raise Unreadable("broken_file") from None
    if not calendars:
        raise Unreadable("broken_file")
    first = calendars[0]
    for other in calendars[1:]:
        first.subcomponents.extend(other.subcomponents)
    return first


def _floating_zone(calendar: Component) -> str:
    """Whose clocks are meant where an event names none."""
    named = str(calendar.get("X-WR-TIMEZONE", ""))
    return named if is_zone(named) else HOME_ZONE


def _of_series(
    uid: str, components: list[Component], floating: str, now: datetime, notes: list[Note]
) -> Iterator[Occurrence]:
    """All dates of one UID."""
    first = components[0]
    if any(str(one.get("CLASS", "")).upper() in ("PRIVATE", "CONFIDENTIAL") for one in components):
        raise Unreadable("private")
    if not uid:
        raise Unreadable("no_uid")
    if not _title(first):
        raise Unreadable("no_title")
    repeats = any("RRULE" in one or "RDATE" in one or "RECURRENCE-ID" in one for one in components)
    for one in components:
        _check_rule(one)
        if tzid := _unknown_zone(one):
            notes.append(Note("unknown_clocks", tzid))
    holder: Component = Calendar()
    # Without a component of their own, zones are known by the parsed values already.
    holder.subcomponents = list(components)
    shifts = {_day(one): _shift(one) for one in components if _reaches_on(one)}
    seen: set[str] = set()
    taken: set[tuple[datetime, str]] = set()
    for component in _dates(holder, now):
        starts_at, ends_at, zone = _times(component, floating)
        one = (starts_at, str(component.get("RECURRENCE-ID", "")))
        # What lasts from one window into the next is met twice.
        if not now < starts_at <= now + AHEAD or one in taken:
            continue
        if len(taken) == MOST_INSTANCES:
            notes.append(Note("too_many_dates", _title(first)))
            break
        taken.add(one)
        recurrence = _recurrence(component, shifts) if repeats else ""
        if recurrence in seen:
            recurrence = f"{recurrence}T{starts_at:%H%MZ}"
        seen.add(recurrence)
        yield _occurrence(uid, recurrence, component, starts_at, ends_at, zone)


def _dates(holder: Component, now: datetime) -> Iterator[Component]:
    """Every date, window by window, so that a rule with too many is left in time."""
    query = recurring_ical_events.of(holder)
    for start in range(-1, AHEAD.days, _WINDOW_DAYS):
        yield from query.between(now + timedelta(days=start), timedelta(days=_WINDOW_DAYS))


def _check_rule(component: Component) -> None:
    rules = component.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        if {str(one).upper() for one in rule.get("FREQ", [])} & {"SECONDLY", "MINUTELY", "HOURLY"}:
            raise Unreadable("too_often")
        times_a_day = 1
        for part in ("BYHOUR", "BYMINUTE", "BYSECOND"):
            times_a_day *= max(1, len(rule.get(part, [])))
        if times_a_day > _MOST_TIMES_A_DAY:
            raise Unreadable("too_often")


def _unknown_zone(component: Component) -> str:
    start = component.get("DTSTART")
    tzid = str(start.params.get("TZID", "")) if start is not None else ""
    naive = isinstance(getattr(start, "dt", None), datetime) and start.dt.tzinfo is None
    return tzid[:80] if tzid and naive else ""


def _reaches_on(component: Component) -> bool:
    """Whether it changes its date and all later ones."""
    at = component.get("RECURRENCE-ID")
    return at is not None and str(at.params.get("RANGE", "")).upper() == "THISANDFUTURE"


def _day(component: Component) -> str:
    at = component["RECURRENCE-ID"].dt
    return f"{at:%Y-%m-%d}"


def _shift(component: Component) -> timedelta:
    """By how much it moves the dates of the rule, in days and hours of the clock."""
    return _clock(component["DTSTART"].dt) - _clock(component["RECURRENCE-ID"].dt)


def _clock(moment: Any) -> datetime:
    if isinstance(moment, datetime):
        return moment.replace(tzinfo=None)
    return datetime.combine(moment, time())


def _recurrence(component: Component, shifts: dict[str, timedelta]) -> str:
    at = component.get("RECURRENCE-ID")
    if at is None:
        return f"{_clock(component['DTSTART'].dt):%Y-%m-%d}"
    if _reaches_on(component):
        # Every later date carries the id of the first: the rule's own day follows from the shift.
        shifted = _clock(component["DTSTART"].dt) - shifts.get(_day(component), timedelta())
        return f"{shifted:%Y-%m-%d}"
    return _day(component)


def _times(component: Component, floating: str) -> tuple[datetime, datetime, str]:
    """Start and end in UTC, and whose clocks they are shown by. A whole day is from 00:00 to 23:59."""
    start = component["DTSTART"].dt
    end = component["DTEND"].dt if "DTEND" in component else start
    if not isinstance(start, datetime):
        last = end - timedelta(days=1) if isinstance(end, date) and end > start else start
        zone = ZoneInfo(floating)
        return (
            datetime.combine(start, time(), zone).astimezone(UTC),
            datetime.combine(last, time(23, 59), zone).astimezone(UTC),
            floating,
        )
    named = getattr(start.tzinfo, "key", "") or floating
    zone_name = named if is_zone(named) else floating
    starts_at, ends_at = (
        (one if one.tzinfo else one.replace(tzinfo=ZoneInfo(floating))).astimezone(UTC)
        for one in (start, end if isinstance(end, datetime) else start)
    )
    return starts_at, ends_at if ends_at > starts_at else starts_at + _WITHOUT_END, zone_name


def _title(component: Component) -> str:
    return " ".join(texts.plain(str(component.get("SUMMARY", ""))).split())[:LONGEST_TITLE]


def _occurrence(
    uid: str, recurrence: str, component: Component, starts_at: datetime, ends_at: datetime, zone: str
) -> Occurrence:
    description = texts.plain(str(component.get("DESCRIPTION", "")))
    if not description:
        # A property that the parser does not know keeps the backslashes of the file.
        kept = str(component.get("X-ALT-DESC", ""))
        description = texts.plain(re.sub(r"\\([\\;,nN])", _unescaped, kept))
    place = ", ".join(texts.plain(str(component.get("LOCATION", ""))).split("\n"))
    links = [str(component[name]) for name in _MEETING_PROPERTIES if name in component]
    links += texts.meeting_links(f"{place}\n{description}\n{component.get('URL', '')}")
    link = next((one for one in links if is_link(one)), "")
    if texts.only_links(place):
        link = link or next((one for one in place.replace(";", " ").split() if is_link(one)), "")
        place = ""
    elif texts.meeting_links(place):
        place = texts.public(place.replace(";", "\n")).replace("\n", " ")
    return Occurrence(
        uid=uid,
        recurrence=recurrence,
        title=_title(component),
        description=_shortened(texts.public(description), LONGEST_DESCRIPTION),
        place=_shortened(place, _LONGEST_PLACE),
        link=link,
        starts_at=starts_at,
        ends_at=ends_at,
        zone=zone,
        cancelled=str(component.get("STATUS", "")).upper() == "CANCELLED",
    )


def _unescaped(found: re.Match[str]) -> str:
    return "\n" if found[1] in "nN" else found[1]


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
