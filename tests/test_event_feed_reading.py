"""Calendars of Outlook, Google and Apple: every date, by the clocks they mean, and nothing secret in what all
may read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import vobject

from handlers.event_feed_process import read_elsewhere
from handlers.event_feed_reading import LARGEST_FEED_BYTES, Occurrence, Reading, Unreadable, read
from handlers.event_feed_texts import plain, public
from tests.bot import NOW

CALENDARS = Path(__file__).parent / "data" / "calendars"


def of(name: str) -> Reading:
    return read((CALENDARS / f"{name}.ics").read_bytes(), NOW)


def named(reading: Reading, title: str) -> list[Occurrence]:
    return [one for one in reading.occurrences if one.title.startswith(title)]


def calendar(*lines: str, head: str = "") -> bytes:
    body = "\r\n".join(lines)
    said = (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{head}BEGIN:VEVENT\r\n{body}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    return said.encode()


def starts(occurrences: list[Occurrence]) -> list[str]:
    return [f"{one.starts_at:%m-%d %H:%M}" for one in occurrences]


def test_outlook_with_its_windows_names_a_dropped_date_and_a_moved_one() -> None:
    reading = of("outlook")
    housing = named(reading, "Officer Network")
    assert starts(housing[:4]) == ["01-12 10:00", "03-09 10:00", "04-14 13:30", "05-11 09:00"]
    assert starts(housing[4:]) == ["06-08 09:00", "07-13 09:00", "08-10 09:00"]
    # The moved one is still known by the day that the rule gave it.
    assert [one.recurrence for one in housing][1:3] == ["2027-03-09", "2027-04-13"]
    assert {one.zone for one in housing} == {"Europe/London"}
    assert housing[0].description == "What each council does about damp homes, and what works."
    assert housing[0].link.startswith("https://teams.microsoft.com/l/meetup-join/19%3ameeting_EXAMPLE/0")
    assert housing[0].place == ""
    (conference,) = named(reading, "Annual conference")
    # Half past nine by clocks that its own VTIMEZONE describes, two hours ahead in summer.
    assert starts([conference]) == ["07-01 07:30"]
    said = "Two days of ideas.\nWith a programme https://www.example.org/programme & lunch."
    assert (conference.description, conference.place) == (said, "Town Hall, Ambleford")
    assert [one.cancelled for one in named(reading, "Canceled")] == [True]
    assert [(note.code, note.about) for note in reading.notes] == [("private", "Appraisal")]


def test_google_with_moved_and_cancelled_dates_whole_days_and_times_of_the_world() -> None:
    reading = of("google")
    lunch = named(reading, "Lunchtime")
    assert starts(lunch) == ["03-03 12:30", "03-11 12:30", "03-24 12:30", "03-31 11:30", "04-14 11:30"]
    assert [one.cancelled for one in lunch] == [False, False, True, False, False]
    assert (lunch[0].description, lunch[0].link) == (
        "Bring your lunch.\nAll welcome.", "https://meet.google.com/abc-defg-hij",
    )  # fmt: skip
    (visit,) = named(reading, "Study visit")
    assert (visit.starts_at, visit.ends_at) == (
        datetime(2027, 5, 9, 23, 0, tzinfo=UTC), datetime(2027, 5, 11, 22, 59, tzinfo=UTC),
    )  # fmt: skip
    (call,) = named(reading, "Morning call")
    assert (call.place, call.link) == ("", "https://example.zoom.us/j/123456?pwd=secret")
    assert starts([call]) == ["06-01 08:30"]


def test_apple_with_this_and_all_later_floating_times_and_single_dates() -> None:
    reading = of("apple")
    board = named(reading, "Board meeting")
    assert starts(board) == [
        "01-27 16:00", "02-24 16:00", "03-31 15:00", "04-29 16:30", "05-27 16:30", "07-01 16:30",
    ]  # fmt: skip
    days = ["2027-01-27", "2027-02-24", "2027-03-31", "2027-04-28", "2027-05-26", "2027-06-30"]
    assert [one.recurrence for one in board] == days
    assert board[0].place == "Council House, Northgate, Ambleford"
    assert starts(named(reading, "Away day")) == ["06-16 08:00"]
    assert starts(named(reading, "Surgery")) == ["02-01 10:00", "02-15 10:00", "03-15 14:00"]


@pytest.mark.parametrize(("name", "uids"), [("outlook", 4), ("google", 3), ("apple", 3)])
def test_another_parser_finds_the_same_events_in_the_fixtures(name: str, uids: int) -> None:
    """The fixtures are sound calendars, and are not written to suit one parser."""
    text = (CALENDARS / f"{name}.ics").read_text("utf-8").replace("GMT Standard Time", "Europe/London")
    parsed = vobject.readOne(text)
    assert len({one.uid.value for one in parsed.vevent_list}) == uids


def test_clocks_that_nobody_knows_are_those_of_the_calendar_and_that_is_said() -> None:
    lines = ("UID:a", "SUMMARY:Call", "DTSTART;TZID=Nowhere/Land:20270701T100000")
    paris = read(calendar(*lines, head="X-WR-TIMEZONE:Europe/Paris\r\n"), NOW)
    assert (starts(list(paris.occurrences)), paris.occurrences[0].zone) == (["07-01 08:00"], "Europe/Paris")
    assert starts(list(read(calendar(*lines), NOW).occurrences)) == ["07-01 09:00"]
    assert [note.code for note in paris.notes] == ["unknown_clocks"]


def test_a_rule_gives_a_thousand_dates_and_two_years_at_most() -> None:
    daily = ("UID:a", "SUMMARY:Call", "DTSTART:20200101T100000Z", "DTEND:20200101T110000Z")
    found = read(calendar(*daily, "RRULE:FREQ=DAILY"), NOW).occurrences
    assert 725 < len(found) <= 731
    assert found[-1].starts_at <= NOW + timedelta(days=731)
    thrice = read(calendar(*daily, "RRULE:FREQ=DAILY;BYHOUR=9,12,15"), NOW)
    assert (len(thrice.occurrences), [note.code for note in thrice.notes]) == (1000, ["too_many_dates"])


@pytest.mark.parametrize("often", ["SECONDLY", "MINUTELY", "HOURLY", "DAILY;BYHOUR=1,2,3;BYMINUTE=1,2,3,4,5"])
def test_a_rule_that_repeats_without_pause_is_left_out(often: str) -> None:
    found = read(calendar("UID:a", "SUMMARY:Trap", "DTSTART:20200101T100000Z", f"RRULE:FREQ={often}"), NOW)
    assert (found.occurrences, [note.code for note in found.notes]) == ((), ["too_often"])


async def test_a_rule_without_any_date_keeps_nobody_waiting() -> None:
    trap = calendar(
        "UID:a", "SUMMARY:Trap", "DTSTART:20200101T100000Z", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"
    )
    try:
        dates = len((await read_elsewhere(trap, NOW)).occurrences)
    except Unreadable:
        dates = 0
    assert dates == 0


async def test_what_takes_too_long_is_given_up() -> None:
    with pytest.raises(Unreadable) as raised:
        await read_elsewhere((CALENDARS / "google.ics").read_bytes(), NOW, longest=timedelta(microseconds=1))
    assert raised.value.code == "too_long"


async def test_another_process_reads_the_same() -> None:
    assert await read_elsewhere((CALENDARS / "google.ics").read_bytes(), NOW) == of("google")
    with pytest.raises(Unreadable) as raised:
        await read_elsewhere(b"<html>", NOW)
    assert raised.value.code == "no_calendar"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no_calendar"),
        (b"<!doctype html><title>Sign in</title>", "no_calendar"),
        (b"\x00\xff\xfe", "no_calendar"),
        ((CALENDARS / "google.ics").read_bytes()[:1500], "cut_off"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nnonsense\r\nEND:VCALENDAR\r\n", "broken_file"),
        (b"BEGIN:VCALENDAR\r\n" + b"x" * LARGEST_FEED_BYTES, "too_large"),
    ],
)
def test_a_file_that_is_no_calendar_says_why(data: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as raised:
        read(data, NOW)
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (("UID:a", "SUMMARY:Call", "DTSTART:garbage"), "broken"),
        (("UID:a", "SUMMARY:Call", "DTSTART:20270101T100000Z", "RRULE:FREQ=FORTNIGHTLY"), "broken"),
        (("UID:a", "DTSTART:20270101T100000Z"), "no_title"),
        (("SUMMARY:Call", "DTSTART:20270101T100000Z"), "no_uid"),
    ],
)
def test_a_broken_event_is_left_out_and_named(lines: tuple[str, ...], code: str) -> None:
    reading = read(calendar(*lines), NOW)
    assert (reading.occurrences, [note.code for note in reading.notes]) == ((), [code])


def test_what_lets_people_in_is_taken_out_of_what_all_read() -> None:
    said = (
        "Agenda below.\n1. Bids\nJoin Zoom Meeting\nhttps://us02web.zoom.us/j/8123?pwd=abc\n"
        "Meeting ID: 812 3456\nPasscode: 999999\nOne tap mobile\n+442034815237,,8123# UK\nBring your papers."
    )
    assert public(said) == "Agenda below.\n1. Bids\nBring your papers."
    fenced = "Hello\n" + "_" * 40 + "\nMicrosoft Teams\nJoin: https://teams.live.com/meet/1\n" + "_" * 40
    assert public(fenced) == "Hello"
    assert plain("<p>One</p><script>alert(1)</script><p>Two &lt;3</p>") == "One\nTwo <3"
    assert plain("a < b and c > d") == "a < b and c > d"
