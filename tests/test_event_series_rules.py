"""Rules of series: every kind, around the ends of months, leap days and changes of clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from handlers.event_series_rules import (
    Expansion,
    Frequency,
    Span,
    TooLong,
    carried_on,
    days_of,
    expand,
    latest,
    rule_of,
)
from store.events import Event

LONDON = "Europe/London"


def wall(*parts: int) -> datetime:
    """What a clock on a wall shows."""
    return datetime(*parts, tzinfo=ZoneInfo(LONDON))  # type: ignore[misc, arg-type]


def event(start: datetime, hours: int = 1) -> Event:
    starts_at = start.astimezone(UTC)
    return Event(
        starts_at=starts_at, ends_at=starts_at + timedelta(hours=hours), zone=LONDON, series_day=None
    )


def expanded(
    frequency: Frequency, start: datetime, *, count: int | None = None, until: date | None = None
) -> Expansion:
    one = event(start)
    rule = rule_of(frequency, start.date(), count=count, until=until, zone=LONDON)
    return expand(rule, one.starts_at, LONDON, Span.of(one), until=latest(start.date()))


@pytest.mark.parametrize(
    ("frequency", "rule", "days"),
    [
        (Frequency.WEEKLY, "FREQ=WEEKLY;COUNT=3", ["2027-01-12", "2027-01-19", "2027-01-26"]),
        (Frequency.FORTNIGHTLY, "FREQ=WEEKLY;INTERVAL=2;COUNT=3", ["2027-01-12", "2027-01-26", "2027-02-09"]),
        (
            Frequency.MONTH_DAY,
            "FREQ=MONTHLY;BYMONTHDAY=12;COUNT=3",
            ["2027-01-12", "2027-02-12", "2027-03-12"],
        ),
        (
            Frequency.MONTH_WEEKDAY,
            "FREQ=MONTHLY;BYDAY=2TU;COUNT=3",
            ["2027-01-12", "2027-02-09", "2027-03-09"],
        ),
        (
            Frequency.QUARTERLY,
            "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=12;COUNT=3",
            ["2027-01-12", "2027-04-12", "2027-07-12"],
        ),
    ],
)
def test_every_kind_of_rule_has_its_days(frequency: Frequency, rule: str, days: list[str]) -> None:
    assert rule_of(frequency, date(2027, 1, 12), count=3, until=None, zone=LONDON) == rule
    found = expanded(frequency, wall(2027, 1, 12, 10), count=3)
    assert [day.isoformat() for day in found.days] == days


def test_until_a_day_that_day_is_one_of_them() -> None:
    found = expanded(Frequency.WEEKLY, wall(2027, 6, 1, 23, 30), until=date(2027, 6, 15))
    assert [day.day for day in found.days] == [1, 8, 15]


def test_the_fifth_of_a_weekday_is_the_last_of_the_month() -> None:
    found = expanded(Frequency.MONTH_WEEKDAY, wall(2027, 3, 30, 10), count=4)
    assert [(day.month, day.day) for day in found.days] == [(3, 30), (4, 27), (5, 25), (6, 29)]


def test_a_month_without_the_31st_is_left_out_and_named() -> None:
    found = expanded(Frequency.MONTH_DAY, wall(2027, 1, 31, 10), until=date(2027, 7, 31))
    assert [day.month for day in found.days] == [1, 3, 5, 7]
    assert [month.month for month in found.without_day] == [2, 4, 6]


def test_the_29th_is_in_february_of_a_leap_year_alone() -> None:
    found = expanded(Frequency.MONTH_DAY, wall(2027, 1, 29, 10), until=date(2028, 3, 29))
    assert date(2028, 2, 29) in found.days
    assert found.without_day == (date(2027, 2, 1),)
    leap = expanded(Frequency.QUARTERLY, wall(2028, 2, 29, 10), count=4)
    assert [(day.month, day.day) for day in leap.days] == [(2, 29), (5, 29), (8, 29), (11, 29)]
    assert latest(date(2028, 2, 29)) == date(2030, 2, 28)


def test_ten_oclock_stays_ten_oclock_across_both_changes_of_clocks() -> None:
    start = wall(2027, 3, 14, 10)
    found = expanded(Frequency.WEEKLY, start, until=date(2027, 11, 14))
    span = Span.of(event(start))
    moments = [span.on(day)[0] for day in found.days]
    assert {one.astimezone(ZoneInfo(LONDON)).hour for one in moments} == {10}
    assert {one.hour for one in moments} == {9, 10}


def test_a_date_whose_hour_the_clocks_skip_is_named_and_left_out() -> None:
    found = expanded(Frequency.WEEKLY, wall(2027, 3, 14, 1, 30), count=4)
    assert found.skipped == (date(2027, 3, 28),)
    assert [day.day for day in found.days] == [14, 21, 4]


def test_an_hour_that_the_clocks_show_twice_is_the_first() -> None:
    span = Span.of(event(wall(2027, 10, 24, 1, 30), hours=2))
    starts_at, ends_at = span.on(date(2027, 10, 31))
    assert starts_at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert ends_at == datetime(2027, 10, 31, 3, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("frequency", "end"),
    [
        (Frequency.WEEKLY, {"count": 105}),
        (Frequency.MONTH_DAY, {"count": 26}),
        (Frequency.QUARTERLY, {"until": date(2029, 4, 12)}),
    ],
)
def test_no_series_is_longer_than_two_years(frequency: Frequency, end: dict[str, int | date]) -> None:
    with pytest.raises(TooLong):
        expanded(frequency, wall(2027, 1, 12, 10), **end)  # type: ignore[arg-type]


def test_the_longest_series_are_taken() -> None:
    assert len(expanded(Frequency.WEEKLY, wall(2027, 1, 12, 10), count=104).days) == 104
    assert len(expanded(Frequency.MONTH_DAY, wall(2027, 1, 12, 10), count=25).days) == 25


def test_a_rule_is_carried_on_from_its_last_day_or_from_today() -> None:
    one = event(wall(2027, 1, 12, 10))
    rule = "FREQ=WEEKLY;COUNT=3"
    longer = carried_on(rule, one.starts_at, LONDON, after=date(2027, 1, 26), more=2, until=None)
    assert longer == "FREQ=WEEKLY;COUNT=5"
    later = carried_on(rule, one.starts_at, LONDON, after=date(2027, 2, 10), more=2, until=None)
    assert [day.isoformat() for day in days_of(later, one.starts_at, LONDON)][-2:] == [
        "2027-02-16",
        "2027-02-23",
    ]
    until = carried_on(
        rule, one.starts_at, LONDON, after=date(2027, 1, 26), more=None, until=date(2027, 6, 1)
    )
    assert until == "FREQ=WEEKLY;UNTIL=20270601T225900Z"
