"""Words: dates, times, money and lists as readers of each language write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from handlers.kit.words import LOCALES, Catalogues, Words

ENGLISH, WELSH = Words("en"), Words("cy")
MARCH = datetime(2026, 3, 16, 23, 59, tzinfo=UTC)

CATALOGUE = """
msgid ""
msgstr ""
"Language: cy\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=6; plural=(n==0) ? 0 : (n==1) ? 1 : (n==2) ? 2 : (n==3) ? 3 : (n==6) ? 4 : 5;\\n"

msgid "Sign in"
msgstr "Mewngofnodi"

#, fuzzy
msgid "Sign out"
msgstr "Allgofnodi"

msgid "%(count)s dog"
msgid_plural "%(count)s dogs"
msgstr[0] "dim ci"
msgstr[1] "un ci"
msgstr[2] "dau gi"
msgstr[3] "tri chi"
msgstr[4] "chwe chi"
msgstr[5] "%(count)s ci"
"""


@pytest.fixture
def catalogues(tmp_path: Path) -> Catalogues:
    folder = tmp_path / "cy" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text(CATALOGUE, encoding="utf-8")
    return Catalogues(tmp_path)


def test_dates_are_written_in_full() -> None:
    assert ENGLISH.day(MARCH) == "Monday 16 March 2026"
    assert ENGLISH.moment(MARCH) == "Monday 16 March 2026, 23:59"
    assert (ENGLISH.month(MARCH), ENGLISH.time(MARCH)) == ("March 2026", "23:59")
    assert WELSH.day(MARCH) == "Dydd Llun 16 Mawrth 2026"
    assert WELSH.moment(MARCH) == "Dydd Llun 16 Mawrth 2026, 23:59"
    assert WELSH.month(MARCH) == "Mawrth 2026"


def test_a_day_without_a_time_stays_that_day() -> None:
    assert ENGLISH.day(date(2026, 7, 1)) == "Wednesday 1 July 2026"


def test_times_are_londons_before_and_after_the_clocks_change() -> None:
    spring = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
    assert ENGLISH.time(spring) == "00:59"
    assert ENGLISH.time(spring + timedelta(minutes=1)) == "02:00"
    autumn = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert ENGLISH.time(autumn) == ENGLISH.time(autumn + timedelta(hours=1)) == "01:30"
    assert ENGLISH.day(datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) == "Wednesday 1 July 2026"


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (0, "£0"),
        (20_000, "£20,000"),
        (Decimal("20000.00"), "£20,000"),
        (Decimal("12.5"), "£12.50"),
        (Decimal("0.05"), "£0.05"),
        (Decimal("1234567.89"), "£1,234,567.89"),
        (-5, "-£5"),
    ],
)
def test_money_shows_pence_only_where_there_are_any(amount: Decimal | int, written: str) -> None:
    assert ENGLISH.money(amount) == WELSH.money(amount) == written


def test_numbers_and_lists_are_grouped() -> None:
    assert ENGLISH.number(1_234_567) == "1,234,567"
    assert ENGLISH.listed(["Ann", "Bob", "Cat"]) == "Ann, Bob and Cat"
    assert (ENGLISH.listed(["Ann"]), ENGLISH.listed([])) == ("Ann", "")


def test_a_welsh_list_says_ac_before_a_vowel() -> None:
    assert WELSH.listed(["Ann", "Bob", "Cat"]) == "Ann, Bob a Cat"
    assert WELSH.listed(["Slack", "e-bost"]) == "Slack ac e-bost"
    assert (WELSH.listed(["Ann"]), WELSH.listed([])) == ("Ann", "")


def test_how_long_ago_is_told_in_the_readers_language() -> None:
    assert ENGLISH.ago(MARCH - timedelta(hours=2), MARCH) == "2 hours ago"
    assert ENGLISH.ago(MARCH + timedelta(days=1), MARCH) == "in 1 day"
    for seconds in (-59, -1, 0, 1, 59):
        assert ENGLISH.ago(MARCH + timedelta(seconds=seconds), MARCH) == "just now"
    assert WELSH.ago(MARCH - timedelta(hours=2), MARCH) == "2 awr yn ôl"


def test_welsh_is_read_from_its_catalogue_with_its_six_plurals(catalogues: Catalogues) -> None:
    words = catalogues.words("cy")
    assert words._("Sign in") == "Mewngofnodi"
    counted = [
        words.ngettext("%(count)s dog", "%(count)s dogs", n) % {"count": n} for n in (0, 1, 2, 3, 6, 11)
    ]
    assert counted == ["dim ci", "un ci", "dau gi", "tri chi", "chwe chi", "11 ci"]


def test_what_is_not_translated_is_said_in_english(catalogues: Catalogues) -> None:
    words = catalogues.words("cy")
    assert words._("Not in the catalogue") == "Not in the catalogue"
    assert words.ngettext("%(n)s cat", "%(n)s cats", 2) == "%(n)s cats"


def test_a_language_we_do_not_speak_is_answered_in_english(catalogues: Catalogues) -> None:
    assert catalogues.words("fr") is catalogues.words(None) is catalogues.english
    assert {catalogues.words(locale).locale for locale in LOCALES} == {"en", "cy"}
