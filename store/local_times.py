"""Local times: from what a clock on a wall shows to points in time, and back by days and by hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

HOME_ZONE = "Europe/London"
# A deadline that names a day alone is the end of that day: "midnight on the 16th" could be either end.
END_OF_DAY = time(23, 59)


class NoSuchTime(ValueError):
    """A local time that the clocks skip when they go forward."""


@cache
def zone_names() -> frozenset[str]:
    """The zones that people may choose: places, without the abbreviations and offsets of old."""
    return frozenset(
        name
        for name in available_timezones()
        if "/" in name and not name.startswith(("Etc/", "posix", "right", "US/"))
    )


def is_zone(name: str) -> bool:
    return name in zone_names()


def at(day: date, hour: time | None, zone: str) -> datetime:
    """The point in time, in UTC, of a local day and hour; without an hour, the end of the day.

    A time that the clocks show twice is the first of the two.

    :raises NoSuchTime: the clocks never show it.
    """
    local = datetime.combine(day, hour or END_OF_DAY, tzinfo=ZoneInfo(zone))
    moment = local.astimezone(UTC)
    if moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise NoSuchTime(f"{local:%Y-%m-%d %H:%M} does not exist in {zone}")
    return moment


def local(moment: datetime, zone: str) -> datetime:
    """What the clocks of a zone show."""
    return moment.astimezone(ZoneInfo(zone))


def days_before(moment: datetime, days: int, zone: str) -> datetime:
    """The same local time of day so many days earlier. Where the clocks skip that time, it is the time
    that they show an hour later; where they show it twice, the first. Negative days are days after."""
    there = local(moment, zone)
    shifted = datetime.combine(there.date() - timedelta(days=days), there.time(), tzinfo=ZoneInfo(zone))
    return shifted.replace(fold=0).astimezone(UTC)


def hours_before(moment: datetime, hours: int) -> datetime:
    """So many hours of elapsed time earlier, whatever the clocks do in between."""
    return moment - timedelta(hours=hours)


def half_way(earlier: datetime, later: datetime) -> datetime:
    return earlier + (later - earlier) / 2
