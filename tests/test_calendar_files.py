"""Calendar files: read back by a parser that did not write them, in every zone, around changes of clocks."""

from __future__ import annotations

import io
import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import vobject
from dateutil.tz import tzical
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from handlers import calendar_files, event_feed_reading
from handlers.calendar_files import Planned
from handlers.kit.signing import Signer
from handlers.kit.words import Catalogues
from store.event_series import EventSeries
from store.events import Event
from store.replies import Answer
from store.rounds import FundingRound
from tests.bot import NOW, ROOT

WORDS = Catalogues(ROOT / "locales")
LINK = "https://meet.example.org/secret"
BASE = "https://bot.example.org"
ZONES = (
    "Europe/London", "Europe/Dublin", "Europe/Madrid", "America/New_York", "America/St_Johns",
    "Australia/Lord_Howe", "Pacific/Auckland", "Asia/Kolkata", "Asia/Jerusalem", "Africa/Casablanca",
)  # fmt: skip
# Names that no other parser knows, so that it has to believe what the file says of the zone.
names = (f"Test/Zone-{number}" for number in itertools.count())


def event(**changed: Any) -> Event:
    values = {
        "uid": "0123@ccin-bot", "slug": "open-house", "title": "Open house", "kind": "webinar",
        "description": "Come and hear.", "starts_at": datetime(2027, 2, 18, 10, tzinfo=UTC),
        "ends_at": datetime(2027, 2, 18, 16, tzinfo=UTC), "zone": "Europe/London", "place": "", "link": LINK,
        "organiser": "events@example.org", "changed_at": NOW, "cancelled_at": None, "cancel_reason": "",
        "sequence": 2, "id": 1,
    }  # fmt: skip
    return Event(**(values | changed))


def closing(**changed: Any) -> FundingRound:
    values = {
        "id": 4, "name": "Policy Labs", "description": "Larger work.", "links": ["https://www.example.org/labs"],
        "closes_at": datetime(2027, 3, 31, 22, 59, tzinfo=UTC), "created_at": NOW, "announced_at": NOW,
        "revision": 1,
    }  # fmt: skip
    return FundingRound(**(values | changed))


def written(*planned: Planned, locale: str = "en", **how: Any) -> bytes:
    return calendar_files.write(WORDS.words(locale), planned, base_url=BASE, **how)


def read_back(body: bytes, zone: str = "") -> Any:
    """As the other parser understands it; a ``zone`` goes by another name, so that only the file says what
    it is."""
    text = body.decode()
    if zone:
        name = next(names)
        text = text.replace(zone, name)
        described = text[text.index("BEGIN:VTIMEZONE") : text.index("BEGIN:VEVENT")]
        vobject.icalendar.registerTzid(name, tzical(io.StringIO(described)).get(name))
    return vobject.readOne(text)


def test_an_event_is_read_back_as_it_was_written() -> None:
    body = written(Planned(event(), Answer.GOING, NOW + timedelta(hours=1)))
    read = read_back(body).vevent
    assert (read.uid.value, read.sequence.value, read.status.value) == ("0123@ccin-bot", "2", "CONFIRMED")
    assert read.dtstart.value.astimezone(UTC) == datetime(2027, 2, 18, 10, tzinfo=UTC)
    assert read.dtend.value.astimezone(UTC) == datetime(2027, 2, 18, 16, tzinfo=UTC)
    assert read.last_modified.value == NOW + timedelta(hours=1)
    assert (read.url.value, read.contact.value) == (f"{BASE}/events/open-house", "events@example.org")
    assert LINK in read.description.value
    assert read.location.value == LINK
    assert body == written(Planned(event(), Answer.GOING, NOW + timedelta(hours=1)))


@pytest.mark.parametrize("answer", [None, Answer.MAYBE, Answer.WAITING, Answer.CANNOT])
def test_the_link_stands_in_nobody_elses_file(answer: Answer | None) -> None:
    body = written(Planned(event(), answer, NOW))
    assert b"secret" not in body.replace(b"\r\n ", b"")
    read = read_back(body).vevent
    assert (read.location.value, read.transp.value) == ("Online", "TRANSPARENT")


def test_one_that_was_called_off_says_so_and_rings_for_nobody() -> None:
    off = event(cancelled_at=NOW, cancel_reason="The hall is flooded.", sequence=3)
    read = read_back(written(Planned(off, Answer.GOING, NOW), alarm=timedelta(hours=1))).vevent
    assert (read.status.value, read.sequence.value) == ("CANCELLED", "3")
    assert (read.summary.value, "flooded" in read.description.value) == ("Called off: Open house", True)
    assert LINK not in read.description.value
    assert "valarm" not in read.contents


def test_an_alarm_is_as_long_before_as_was_chosen() -> None:
    body = written(Planned(event(), Answer.GOING, NOW), alarm=timedelta(hours=1), name="Yours")
    read = read_back(body)
    assert read.vevent.valarm.trigger.value == timedelta(hours=-1)
    assert read.x_wr_calname.value == "Yours"
    assert "valarm" not in read_back(written(Planned(event()))).vevent.contents


def test_a_round_stands_there_when_it_closes() -> None:
    read = read_back(written(rounds=[closing()])).vevent
    assert read.summary.value == "Policy Labs closes"
    assert f"{read.dtstart.value:%Y-%m-%d %H:%M %z}" == "2027-03-31 23:59 +0100"
    assert read.uid.value == read_back(written(rounds=[closing(revision=2, name="Labs")])).vevent.uid.value


def test_a_file_is_in_its_readers_language() -> None:
    read = read_back(written(Planned(event(place="Neuadd y Dref"), Answer.GOING, NOW), locale="cy")).vevent
    assert "Rydych chi'n mynd." in read.description.value
    assert read.location.value == "Neuadd y Dref, ac ar-lein"


@pytest.mark.parametrize(
    "text",
    [
        "Commas, semicolons; and back\\slashes: \\n is no new line, nor is \\N",
        "First line\n\nSecond; line\r\n third, line",
        "Cŵn a chathod ŵ ŷ â ê î ô û — “dyfynnod” " * 9,
        "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁷󠁬󠁳󠁿 🎉" * 20,
        "BEGIN:VEVENT\r\nEND:VCALENDAR\r\nX-EVIL:1",
        "a\x00b\x0bc\x1fd\u2028e",
    ],
)
def test_whatever_is_typed_stays_one_value(text: str) -> None:
    body = written(Planned(event(title=text, description=text, place=text, organiser=text)))
    lines = body.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert lines.count(b"BEGIN:VEVENT") == 1
    for line in lines:
        line.decode()
    kept = "\n".join("".join(one for one in line if one >= " ") for line in text.strip().splitlines())
    read = read_back(body).vevent
    assert read.description.value == f"{kept}\n\n{BASE}/events/open-house"
    assert "".join(read.summary.value.split()) == "".join(kept.split())
    (other,) = Calendar.from_ical(body).walk("VEVENT")
    assert str(other["description"]) == read.description.value


@given(
    text=st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=300),
    lines=st.lists(st.text(st.sampled_from('aâ,;\\:"n N🎉'), max_size=60), max_size=5),
)
def test_any_words_come_back(text: str, lines: list[str]) -> None:
    said = "\n".join([text, *lines])
    body = written(Planned(event(description=said)))
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    kept = "\n".join(said.strip().splitlines())
    assert read_back(body).vevent.description.value == "\n\n".join(
        part for part in (kept, f"{BASE}/events/open-house") if part
    )


def changes(zone: str) -> list[datetime]:
    """The hours in which the clocks of a zone change, over some years."""
    clock = ZoneInfo(zone)
    hours = [datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(24 * 365 * 5)]
    return [
        one
        for one in hours
        if one.astimezone(clock).utcoffset() != (one + timedelta(hours=1)).astimezone(clock).utcoffset()
    ]


CHANGES = {zone: changes(zone) or [datetime(2027, 3, 28, 1, tzinfo=UTC)] for zone in ZONES}


@given(data=st.data(), zone=st.sampled_from(ZONES), lasts=st.integers(min_value=1, max_value=60 * 24 * 200))
def test_every_moment_around_a_change_of_clocks_comes_back(data: Any, zone: str, lasts: int) -> None:
    near = data.draw(st.sampled_from(CHANGES[zone]))
    starts_at = near + timedelta(minutes=data.draw(st.integers(min_value=-180, max_value=180)))
    ends_at = starts_at + timedelta(minutes=lasts)
    body = written(Planned(event(zone=zone, starts_at=starts_at, ends_at=ends_at)))
    read = read_back(body, zone).vevent
    assert read.dtstart.value.astimezone(UTC) == starts_at
    assert read.dtend.value.astimezone(UTC) == ends_at


@pytest.mark.parametrize("zone", ZONES)
def test_events_of_many_years_share_one_zone(zone: str) -> None:
    every = [
        Planned(event(uid=f"{one}", zone=zone, starts_at=one, ends_at=one + timedelta(hours=3)))
        for near in CHANGES[zone]
        for one in (near - timedelta(days=1), near, near + timedelta(days=1))
    ]
    read = read_back(written(*every), zone)
    assert len(read.vtimezone_list) == 1
    assert [one.dtstart.value.astimezone(UTC) for one in read.vevent_list] == [
        one.event.starts_at for one in every
    ]


def test_a_path_is_one_persons_for_one_event() -> None:
    signer = Signer("a secret")
    path = calendar_files.path_of(signer, event(), 7)
    sealed = path.partition("?for=")[2]
    assert path.startswith("/events/open-house.ics?for=7.")
    assert calendar_files.reader_of(signer, 1, sealed) == 7
    assert calendar_files.reader_of(signer, 2, sealed) is None
    assert calendar_files.reader_of(signer, 1, "8" + sealed[1:]) is None
    assert calendar_files.reader_of(Signer("another"), 1, sealed) is None
    for nonsense in ("", "7", "7.", ".", "x.y", "²." + sealed, "9" * 30 + ".x"):
        assert calendar_files.reader_of(signer, 1, nonsense) is None


def a_series(**changed: Any) -> EventSeries:
    """Weekly at 10:00 in London across the end of summer time, from Thursday 14 October 2027."""
    values = {
        "id": 7, "uid": "series@ccin-bot", "rule": "FREQ=WEEKLY;COUNT=5", "zone": "Europe/London",
        "starts_at": datetime(2027, 10, 14, 9, tzinfo=UTC), "left_out": ["2027-10-28"], "sequence": 1,
        "changed_at": NOW,
    }  # fmt: skip
    return EventSeries(**(values | changed))


def dates_of_series() -> list[Event]:
    """All but the one that is left out; the last but one was moved by a day and an hour."""
    starts = [
        ("2027-10-14", datetime(2027, 10, 14, 9, tzinfo=UTC)),
        ("2027-10-21", datetime(2027, 10, 21, 9, tzinfo=UTC)),
        ("2027-11-04", datetime(2027, 11, 5, 11, tzinfo=UTC)),
        ("2027-11-11", datetime(2027, 11, 11, 10, tzinfo=UTC)),
    ]
    return [
        event(
            id=number, uid=f"{number}@ccin-bot", series_id=7, series_day=date.fromisoformat(day),
            starts_at=start, ends_at=start + timedelta(hours=1), slug=f"open-house-{day}",
        )
        for number, (day, start) in enumerate(starts)
    ]  # fmt: skip


def test_a_series_to_follow_is_its_rule_and_the_dates_that_stand_there() -> None:
    those = dates_of_series()
    body = written(
        *(Planned(one, Answer.GOING if one.id == 1 else None, NOW) for one in those[1:]),
        name="Yours", series={7: a_series()},
    )  # fmt: skip
    read = read_back(body, "Europe/London")
    entries = read.vevent_list
    assert {one.uid.value for one in entries} == {"series@ccin-bot"}
    rule = next(one for one in entries if "rrule" in one.contents)
    zone = ZoneInfo("Europe/London")
    # As another parser works the rule out, the dates that are not in the file are left out of it.
    worked_out = [one.replace(tzinfo=None).isoformat() for one in rule.getrruleset(addRDate=True)]
    assert worked_out == ["2027-10-21T10:00:00", "2027-11-04T10:00:00", "2027-11-11T10:00:00"]
    exceptions = {
        one.recurrence_id.value.astimezone(zone).replace(tzinfo=None).isoformat(): one
        for one in entries
        if "recurrence-id" in one.contents
    }
    assert list(exceptions) == worked_out
    starts = [one.dtstart.value.astimezone(UTC) for one in exceptions.values()]
    assert starts == [one.starts_at for one in those[1:]]
    assert [LINK in one.description.value for one in exceptions.values()] == [True, False, False]


def test_a_series_is_read_back_by_us_as_the_dates_that_it_has() -> None:
    those = dates_of_series()
    body = written(*(Planned(one) for one in those), name="All", series={7: a_series()})
    reading = event_feed_reading.read(body, NOW)
    assert reading.notes == ()
    assert [(one.recurrence, one.starts_at) for one in reading.occurrences] == [
        (f"{one.series_day}", one.starts_at) for one in those
    ]


def test_one_date_of_a_series_has_its_place_in_it_and_no_rule() -> None:
    moved = dates_of_series()[2]
    read = read_back(written(Planned(moved, Answer.GOING, NOW), series={7: a_series()})).vevent
    assert (read.uid.value, read.sequence.value) == ("series@ccin-bot", "2")
    assert f"{read.recurrence_id.value:%Y-%m-%d %H:%M %z}" == "2027-11-04 10:00 +0000"
    assert f"{read.dtstart.value:%Y-%m-%d %H:%M}" == "2027-11-05 11:00"
    assert "rrule" not in read.contents


def test_a_date_that_the_clocks_skip_is_left_out_of_the_rule() -> None:
    starts = datetime(2027, 3, 21, 1, 30, tzinfo=UTC)
    series = a_series(rule="FREQ=WEEKLY;COUNT=3", starts_at=starts)
    those = [
        event(
            id=1, series_id=7, series_day=date(2027, 3, 21), starts_at=starts,
            ends_at=starts + timedelta(hours=1),
        ),
        event(
            id=2, series_id=7, series_day=date(2027, 4, 4), starts_at=datetime(2027, 4, 4, 0, 30, tzinfo=UTC),
            ends_at=datetime(2027, 4, 4, 1, 30, tzinfo=UTC),
        ),
    ]  # fmt: skip
    body = written(*(Planned(one) for one in those), name="All", series={7: series})
    assert b"EXDATE;TZID=Europe/London:20270328T013000" in body.replace(b"\r\n ", b"")
    assert [one.starts_at for one in event_feed_reading.read(body, NOW).occurrences] == [
        one.starts_at for one in those
    ]
