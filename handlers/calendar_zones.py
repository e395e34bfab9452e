"""Time zones as calendars are told them: when the clocks of a place change, by a rule where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# A rule is believed when so many changes follow it.
_FOLLOWED = 3


@dataclass(frozen=True, slots=True)
class Change:
    """The clocks of a zone change: ``at`` is what they showed then by the offset before."""

    at: datetime
    before: timedelta
    after: timedelta
    name: str

    @property
    def kind(self) -> tuple[timedelta, timedelta, str]:
        """What changes of the same kind have in common."""
        return (self.before, self.after, self.name)


def component(zone: str, first_year: int, last_year: int) -> Timezone:
    """A VTIMEZONE that is right from the beginning of one year to the end of another."""
    changes = _changes(zone, first_year - 1, last_year + 1)
    made = Timezone()
    made.add("tzid", zone)
    later = sorted(changes[1:], key=lambda one: (one.kind, one.at))
    kinds = [list(group) for _kind, group in groupby(later, key=lambda one: one.kind)]
    rules = [_rule(group) for group in kinds]
    if kinds and all(rules):
        for group, rule in zip(kinds, rules, strict=True):
            made.add_component(_observance(group[0], rule))
    else:
        for change in changes:
            made.add_component(_observance(change))
    return made


@lru_cache(maxsize=256)
def _changes(zone: str, first_year: int, last_year: int) -> tuple[Change, ...]:
    """Every change in these years; before them one that is none, for how the clocks stood at first."""
    clock = ZoneInfo(zone)
    moment, end = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year + 1, 1, 1, tzinfo=UTC)
    found = [_change(clock, moment, _offset(clock, moment))]
    while moment < end:
        if _offset(clock, moment) != _offset(clock, moment + _DAY):
            low, high = moment, moment + _DAY
            while high - low > _SECOND:
                middle = (low + (high - low) / 2).replace(microsecond=0)
                same = _offset(clock, middle) == _offset(clock, low)
                low, high = (middle, high) if same else (low, middle)
            found.append(_change(clock, high, _offset(clock, low)))
        moment += _DAY
    return tuple(found)


def _change(clock: ZoneInfo, moment: datetime, before: timedelta) -> Change:
    shown = (moment + before).replace(tzinfo=None)
    return Change(shown, before, _offset(clock, moment), moment.astimezone(clock).tzname() or "")


def _offset(clock: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(clock).utcoffset() or timedelta()


def _observance(change: Change, rule: dict[str, object] | None = None) -> TimezoneDaylight | TimezoneStandard:
    # Forward is summer time wherever it is, even in Ireland, whose law has it the other way round.
    made = TimezoneDaylight() if change.after > change.before else TimezoneStandard()
    made.add("dtstart", change.at)
    made.add("tzoffsetfrom", change.before)
    made.add("tzoffsetto", change.after)
    made.add("tzname", change.name)
    if rule:
        made.add("rrule", rule)
    return made


def _rule(changes: list[Change]) -> dict[str, object] | None:
    """The one yearly rule that changes of a kind follow, such as the last Sunday of March; None where there
    is none."""
    years = [change.at.year for change in changes]
    same = {(change.at.month, change.at.weekday(), change.at.time()) for change in changes}
    if len(changes) < _FOLLOWED or years != list(range(years[0], years[-1] + 1)) or len(same) > 1:
        return None
    month, weekday, _time = same.pop()
    if all((change.at + 7 * _DAY).month != month for change in changes):
        which = -1
    elif len({_week_of_month(change) for change in changes}) == 1:
        which = _week_of_month(changes[0])
    else:
        return None
    return {"freq": "yearly", "bymonth": month, "byday": f"{which}{_WEEKDAYS[weekday]}"}


def _week_of_month(change: Change) -> int:
    return (change.at.day + 6) // 7
