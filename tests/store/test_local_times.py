"""Local times are what the clocks show: refused where they skip, the first where they repeat."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import local_times
from store.local_times import HOME_ZONE, NoSuchTime


def test_a_day_alone_means_its_last_minute() -> None:
    assert local_times.at(date(2026, 3, 16), None, HOME_ZONE) == datetime(2026, 3, 16, 23, 59, tzinfo=UTC)
    assert local_times.at(date(2026, 7, 16), None, HOME_ZONE) == datetime(2026, 7, 16, 22, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day"), [(HOME_ZONE, date(2026, 3, 29)), ("America/New_York", date(2026, 3, 8))]
)
def test_a_time_that_the_clocks_skip_is_refused(zone: str, day: date) -> None:
    hour = time(1, 30) if zone == HOME_ZONE else time(2, 30)
    with pytest.raises(NoSuchTime):
        local_times.at(day, hour, zone)


def test_a_time_that_the_clocks_show_twice_is_the_first() -> None:
    first = local_times.at(date(2026, 10, 25), time(1, 30), HOME_ZONE)
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_days_before_keep_the_local_time_of_day_across_both_changes() -> None:
    for day, days in ((date(2026, 3, 30), 3), (date(2026, 10, 26), 3), (date(2028, 3, 1), 1)):
        start = local_times.at(day, time(10, 0), HOME_ZONE)
        earlier = local_times.local(local_times.days_before(start, days, HOME_ZONE), HOME_ZONE)
        assert (earlier.time(), earlier.date()) == (time(10, 0), day - timedelta(days=days))
    assert local_times.local(
        local_times.days_before(local_times.at(date(2028, 3, 1), time(9), HOME_ZONE), 1, HOME_ZONE), HOME_ZONE
    ).date() == date(2028, 2, 29)


def test_hours_before_are_elapsed_time() -> None:
    start = local_times.at(date(2026, 3, 29), time(3, 0), HOME_ZONE)
    assert local_times.local(local_times.hours_before(start, 2), HOME_ZONE).time() == time(0, 0)


def test_a_reminder_at_a_time_that_is_skipped_comes_an_hour_later_by_the_clock() -> None:
    start = local_times.at(date(2026, 3, 30), time(1, 30), HOME_ZONE)
    earlier = local_times.local(local_times.days_before(start, 1, HOME_ZONE), HOME_ZONE)
    assert (earlier.date(), earlier.time()) == (date(2026, 3, 29), time(2, 30))


@given(
    st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    st.times().map(lambda one: one.replace(second=0, microsecond=0, fold=0)),
    st.sampled_from([HOME_ZONE, "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
)
def test_what_exists_comes_back_as_it_was_typed(day: date, hour: time, zone: str) -> None:
    try:
        moment = local_times.at(day, hour, zone)
    except NoSuchTime:
        return
    there = local_times.local(moment, zone)
    assert (there.date(), there.time(), there.fold) == (day, hour, 0)


def test_places_are_zones_and_offsets_are_not() -> None:
    assert local_times.is_zone("Europe/Madrid")
    assert not local_times.is_zone("Etc/GMT+3")
    assert not local_times.is_zone("Nowhere/Land")
