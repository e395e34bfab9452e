"""Calendar files: events and closing dates as iCalendar, for one person or for everybody."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Timezone, vRecur, vText
from icalendar import Event as Entry

from handlers import calendar_zones, event_cards, event_series_rules
from handlers.kit.signing import Signer
from handlers.kit.words import Words
from store.event_series import EventSeries
from store.events import Event, EventKind
from store.local_times import HOME_ZONE, local
from store.replies import YES, Answer
from store.rounds import FundingRound

# How often a program that follows a calendar is asked to look again.
REFRESHED_EVERY = timedelta(hours=1)
_PURPOSE = "event-file"


@dataclass(frozen=True, slots=True)
class Planned:
    """An event in somebody's calendar, with what they answered and since when; None is no answer."""

    event: Event
    answer: Answer | None = None
    since: datetime | None = None


def path_of(signer: Signer, event: Event, member_id: int) -> str:
    """Where one person finds an event's file without being signed in, as from a chat. The path is theirs:
    it cannot be guessed, and what they find is what they may see when they open it."""
    return f"/events/{event.slug}.ics?for={member_id}.{signer.sign(_PURPOSE, f'{event.id}.{member_id}')}"


def reader_of(signer: Signer, event_id: int, sealed: str) -> int | None:
    """The id of the member for whom such a path was made; None where we did not make it."""
    member_id, _dot, signature = sealed.partition(".")
    if not member_id.isascii() or not member_id.isdigit() or len(member_id) > 10:
        return None
    return int(member_id) if signer.holds(_PURPOSE, f"{event_id}.{member_id}", signature) else None


def write(
    words: Words, planned: Sequence[Planned], *, base_url: str, name: str = "",
    rounds: Sequence[FundingRound] = (), alarm: timedelta | None = None,
    series: Mapping[int, EventSeries] = MappingProxyType({}),
) -> bytes:  # fmt: skip
    """An iCalendar file in a reader's language. A ``name`` makes it one to follow; ``alarm`` is how long
    before. Each joining link stands in it for whoever said yes alone. A date of a series, which stands in
    ``series`` by its id, has the series' UID and its RECURRENCE-ID; one to follow holds the rule as well,
    without the dates that are not in it."""
    calendar = Calendar()
    calendar.add("prodid", "-//ccin-bot//events//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    if name:
        calendar.add("name", _text(name))
        calendar.add("x-wr-calname", _text(name))
        calendar.add("refresh-interval", REFRESHED_EVERY, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", "PT1H")
    moments = [
        _moment(moment, one.event.zone)
        for one in planned
        for moment in (one.event.starts_at, one.event.ends_at)
    ]
    repeated = _by_series(planned, series)
    moments += [one for held, _those in repeated for one in _rule_moments(held)]
    for zone in _zones([*moments, *(_moment(one.closes_at, HOME_ZONE) for one in rounds)]):
        calendar.add_component(zone)
    if name:
        for held, those in repeated:
            calendar.add_component(_rule(held, those, base_url))
    for one in planned:
        calendar.add_component(_event(words, one, base_url, alarm, series.get(one.event.series_id or 0)))
    for closing in rounds:
        calendar.add_component(_closing(words, closing, base_url, alarm))
    made: bytes = calendar.to_ical()
    return made


def _by_series(
    planned: Sequence[Planned], series: Mapping[int, EventSeries]
) -> list[tuple[EventSeries, list[Event]]]:
    """The series that have dates in a file, each with these."""
    found: dict[int, list[Event]] = {}
    for one in planned:
        if one.event.series_id in series:
            found.setdefault(one.event.series_id or 0, []).append(one.event)
    return [(series[series_id], those) for series_id, those in found.items()]


def _rule_moments(series: EventSeries) -> list[datetime]:
    """When the rule has its dates, by the clocks of the place: one that the clocks skip is written as it
    would be read."""
    hour, zone = local(series.starts_at, series.zone).time(), ZoneInfo(series.zone)
    days = event_series_rules.days_of(series.rule, series.starts_at, series.zone)
    return [datetime.combine(day, hour, zone) for day in days]


def _rule(series: EventSeries, those: Sequence[Event], base_url: str) -> Entry:
    """The rule that the dates of a series are exceptions to: programs take no date without it. Each date in
    the file stands there by itself, so that this is never shown."""
    event = those[0]
    changed_at = max([series.changed_at, *(one.changed_at for one in those)])
    page = f"{base_url.rstrip('/')}/events/{event.slug}"
    entry = _entry(series.uid, series.sequence, changed_at, event.title, page)
    moments = _rule_moments(series)
    entry.add("dtstart", moments[0])
    entry.add("duration", event.ends_at - event.starts_at)
    entry.add("rrule", vRecur.from_ical(series.rule))
    days = {one.series_day for one in those}
    if elsewhere := [one for one in moments if one.date() not in days]:
        entry.add("exdate", elsewhere)
    entry.add("url", page)
    entry.add("status", "CONFIRMED")
    entry.add("transp", "TRANSPARENT")
    return entry


def _event(
    words: Words, planned: Planned, base_url: str, alarm: timedelta | None, series: EventSeries | None
) -> Entry:
    _ = words._
    event, page = planned.event, f"{base_url.rstrip('/')}/events/{planned.event.slug}"
    is_off = event.cancelled_at is not None
    link = event.link if planned.answer in YES and not is_off else ""
    changed_at = max(event.changed_at, planned.since) if planned.since else event.changed_at
    title = _("Called off: %(title)s") % {"title": event.title} if is_off else event.title
    said = [
        _(event_cards.ANSWER_LINES[planned.answer]) if planned.answer and not is_off else "",
        event.cancel_reason if is_off else event.description,
        _("Joining link: %(link)s") % {"link": link} if link else "",
        page,
    ]
    uid = event.uid if series is None else series.uid
    entry = _entry(uid, event.sequence, changed_at, title, _paragraphs(said))
    if series is not None and event.series_day is not None:
        hour = local(series.starts_at, series.zone).time()
        entry.add("recurrence-id", datetime.combine(event.series_day, hour, ZoneInfo(series.zone)))
    entry.add("dtstart", _moment(event.starts_at, event.zone))
    entry.add("dtend", _moment(event.ends_at, event.zone))
    entry.add("location", _text(event_cards.where(words, event) if event.place or not link else link))
    if event.organiser:
        entry.add("contact", _text(event.organiser))
    entry.add("categories", [_(event_cards.KIND_NAMES[EventKind(event.kind)])])
    entry.add("url", page)
    comes = planned.answer in YES
    if is_off:
        entry.add("status", "CANCELLED")
    else:
        entry.add("status", "CONFIRMED" if comes or planned.answer is None else "TENTATIVE")
        _alarm(entry, alarm, title)
    # An event that one has not said yes to does not take up one's time.
    entry.add("transp", "OPAQUE" if comes and not is_off else "TRANSPARENT")
    return entry


def _closing(words: Words, one: FundingRound, base_url: str, alarm: timedelta | None) -> Entry:
    """The last minute in which a round takes bids."""
    title = words._("%(name)s closes") % {"name": one.name}
    page = f"{base_url.rstrip('/')}/funding"
    said = _paragraphs([one.description, *one.links, page])
    uid = f"round-{one.id}-{one.created_at:%Y%m%d%H%M%S}@ccin-bot"
    entry = _entry(uid, one.revision, one.announced_at or one.created_at, title, said)
    entry.add("dtstart", _moment(one.closes_at, HOME_ZONE))
    entry.add("categories", [words._("Funding")])
    entry.add("url", page)
    entry.add("status", "CONFIRMED")
    entry.add("transp", "TRANSPARENT")
    _alarm(entry, alarm, title)
    return entry


def _entry(uid: str, sequence: int, changed_at: datetime, title: str, description: str) -> Entry:
    entry = Entry()
    entry.add("uid", uid)
    entry.add("sequence", sequence)
    # The same file makes the same bytes, so that programs can ask whether anything is new.
    entry.add("dtstamp", changed_at)
    entry.add("last-modified", changed_at)
    entry.add("summary", _text(" ".join(title.split())))
    entry.add("description", _text(description))
    return entry


def _alarm(entry: Entry, before: timedelta | None, title: str) -> None:
    if before is not None:
        made = Alarm()
        made.add("action", "DISPLAY")
        made.add("description", _text(title))
        made.add("trigger", -before)
        entry.add_component(made)


def _moment(moment: datetime, zone: str) -> datetime:
    """By the clocks of the place; in UTC for the hour that they show a second time, which no calendar can
    tell from the first."""
    there = moment.astimezone(ZoneInfo(zone))
    return moment.astimezone(UTC) if there.fold or zone == "UTC" else there


def _zones(moments: Iterable[datetime]) -> list[Timezone]:
    """What local times need to be understood."""
    years: dict[str, list[int]] = {}
    for moment in moments:
        if isinstance(moment.tzinfo, ZoneInfo):
            years.setdefault(moment.tzinfo.key, []).append(moment.year)
    return [calendar_zones.component(zone, min(held), max(held)) for zone, held in sorted(years.items())]


def _paragraphs(parts: Iterable[str]) -> str:
    return "\n\n".join(part.strip() for part in parts if part.strip())


class _Text(vText):
    """Escaped as it stands; the library would take a typed backslash before an N for a new line."""

    def to_ical(self) -> bytes:
        said = str(self)
        for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
            said = said.replace(plain, escaped)
        return said.encode()


def _text(text: str) -> _Text:
    """Without what no calendar takes: control characters, and breaks other than a new line."""
    lines = ("".join(one for one in line if unicodedata.category(one) != "Cc") for line in text.splitlines())
    return _Text("\n".join(lines))
