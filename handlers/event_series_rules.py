"""Rules by which events are held again: what people choose as an RRULE (RFC 5545), and the days it gives."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from store.events import Event
from store.local_times import NoSuchTime, at, local

MOST_DATES = 104
MOST_YEARS = 2
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class Frequency(StrEnum):
    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    MONTH_DAY = "month_day"
    MONTH_WEEKDAY = "month_weekday"
    QUARTERLY = "quarterly"


class TooLong(ValueError):
    """A rule that gives more dates, or goes on longer, than a series may."""


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when a date takes place, by the clocks of its place: so many days after the day of its
    rule it begins, and so many later it ends."""

    starts: time
    ends: time
    days: int
    zone: str
    shift: int = 0

    @classmethod
    def of(cls, event: Event) -> Span:
        start, end = local(event.starts_at, event.zone), local(event.ends_at, event.zone)
        shift = (start.date() - event.series_day).days if event.series_day else 0
        return cls(start.time(), end.time(), (end.date() - start.date()).days, event.zone, shift)

    def on(self, day: date) -> tuple[datetime, datetime]:
        """Start and end of the date of a day of the rule.

        :raises NoSuchTime: the clocks skip one of them.
        """
        day += timedelta(days=self.shift)
        starts_at = at(day, self.starts, self.zone)
        ends_at = at(day + timedelta(days=self.days), self.ends, self.zone)
        if ends_at <= starts_at:
            # The hour that the clocks show twice lies between: the end is the second of the two.
            ends_at += timedelta(hours=1)
        return starts_at, ends_at


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a rule comes to: the days on which it takes place, in order; the months that lack the day, by
    their first; and the days on which the clocks skip its hour."""

    days: tuple[date, ...]
    without_day: tuple[date, ...] = ()
    skipped: tuple[date, ...] = ()


def rule_of(
    frequency: Frequency, first: date, *, count: int | None, until: date | None, zone: str
) -> str:  # fmt: skip
    """The rule that begins on a day, for so many dates or until a day, that day included. The fifth of a
    weekday in its month is taken for the last."""
    match frequency:
        case Frequency.WEEKLY:
            parts = ["FREQ=WEEKLY"]
        case Frequency.FORTNIGHTLY:
            parts = ["FREQ=WEEKLY", "INTERVAL=2"]
        case Frequency.MONTH_DAY:
            parts = ["FREQ=MONTHLY", f"BYMONTHDAY={first.day}"]
        case Frequency.QUARTERLY:
            parts = ["FREQ=MONTHLY", "INTERVAL=3", f"BYMONTHDAY={first.day}"]
        case Frequency.MONTH_WEEKDAY:
            parts = ["FREQ=MONTHLY", f"BYDAY={place_in_month(first)}{_DAYS[first.weekday()]}"]
    return ";".join([*parts, _end(count, until, zone)])


def frequency_of(rule: str) -> Frequency:
    parts = dict(part.split("=") for part in rule.split(";"))
    if parts["FREQ"] == "WEEKLY":
        return Frequency.FORTNIGHTLY if parts.get("INTERVAL") == "2" else Frequency.WEEKLY
    if "BYDAY" in parts:
        return Frequency.MONTH_WEEKDAY
    return Frequency.QUARTERLY if parts.get("INTERVAL") == "3" else Frequency.MONTH_DAY


def place_in_month(day: date) -> int:
    """Which of its weekday in the month a day is: 1 to 4, and -1 for the fifth, which is the last."""
    place = (day.day - 1) // 7 + 1
    return -1 if place == 5 else place


def carried_on(
    rule: str, starts_at: datetime, zone: str, *, after: date, more: int | None, until: date | None
) -> str:
    """The same rule with so many dates more ``after`` a day, or until a later day."""
    parts = [part for part in rule.split(";") if not part.startswith(("COUNT=", "UNTIL="))]
    if more is not None:
        more += len(days_of(";".join([*parts, _end(None, after, zone)]), starts_at, zone))
    return ";".join([*parts, _end(more, until, zone)])


def expand(
    rule: str, starts_at: datetime, zone: str, span: Span, *, after: date | None = None, until: date
) -> Expansion:
    """The dates of a rule that begins at a time, or those ``after`` a day.

    :raises TooLong: they are more than a series may have, or go on beyond ``until``.
    """
    found = days_of(rule, starts_at, zone)
    wanted = [day for day in found if after is None or day > after]
    if len(wanted) > MOST_DATES or (wanted and wanted[-1] > until):
        raise TooLong
    days, skipped = [], []
    for day in wanted:
        try:
            span.on(day)
            days.append(day)
        except NoSuchTime:
            skipped.append(day)
    without = _without_day(rule, found) if "BYMONTHDAY" in rule else []
    unheld = tuple(month for month in without if after is None or month > after)
    return Expansion(tuple(days), unheld, tuple(skipped))


def days_of(rule: str, starts_at: datetime, zone: str) -> list[date]:
    """Every day of a rule that begins at a time, whatever the clocks do on it."""
    begins = starts_at.astimezone(ZoneInfo(zone)).replace(fold=0)
    # A series that was carried on may be longer than one that begins, but not without end.
    return [one.date() for one in islice(rrulestr(f"RRULE:{rule}", dtstart=begins), MOST_DATES * 20)]


def latest(day: date) -> date:
    """The last day of a series that begins on a day."""
    year = day.year + MOST_YEARS
    return date(year, day.month, min(day.day, calendar.monthrange(year, day.month)[1]))


def _end(count: int | None, until: date | None, zone: str) -> str:
    if until is None:
        return f"COUNT={count}"
    # With a start in a zone, the end of a rule is in UTC (RFC 5545, 3.3.10).
    return f"UNTIL={at(until, None, zone).astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _without_day(rule: str, found: list[date]) -> list[date]:
    """The months from the first to the last that the rule would be in, if they had the day."""
    if not found:
        return []
    step = 3 if frequency_of(rule) is Frequency.QUARTERLY else 1
    there = {(day.year, day.month) for day in found}
    first, last = found[0], found[-1]
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month, step)
    ahead = [date(month // 12, month % 12 + 1, 1) for month in months]
    return [one for one in ahead if (one.year, one.month) not in there]
