"""Answers: every kind of field takes what people type, or says in a sentence what to change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.kit.answers import (
    LARGEST_NUMBER,
    LONGEST_LINK,
    Answers,
    Value,
    check_step,
    cut_to_fit,
    read_form,
    read_step,
)
from handlers.kit.forms import (
    AnyCheck,
    AnyField,
    ChoiceField,
    DateField,
    DateTimeField,
    EmailField,
    Form,
    InOrder,
    LinkField,
    MoneyField,
    NumberField,
    OneOf,
    Option,
    SearchField,
    Step,
    SumsTo,
    TextField,
    TimeField,
    YesNoField,
)
from handlers.kit.updates import RawAnswer, RawAnswers
from handlers.kit.words import LONDON, Words

ENGLISH = Words("en")
OPTIONS = tuple(Option(value=value, label=value.title()) for value in ("north", "south", "wales"))
NEEDED = "Fill this in: it is needed."
EMAIL = "Enter an e-mail address like name@example.org."
LINK = "Enter a web address that begins with https:// or http://."
POUNDS = "Enter an amount in pounds, like 1,500 or 1,500.50."
DAY = "Enter a date that exists, like 2026-03-16."
HOUR = "Enter a time of day, like 14:30."

text = TextField(name="x", label="X", min_length=3, max_length=10)
long = TextField(name="x", label="X", long=True, max_length=3_000)
number = NumberField(name="x", label="X", minimum=2, maximum=10)
money = MoneyField(name="x", label="X", maximum=20_000)
email = EmailField(name="x", label="X")
link = LinkField(name="x", label="X")
day = DateField(name="x", label="X")
hour = TimeField(name="x", label="X")
moment = DateTimeField(name="x", label="X")
yes_no = YesNoField(name="x", label="X")
consent = YesNoField(name="x", label="X", must_accept=True)
one = ChoiceField(name="x", label="X", options=OPTIONS)
several = ChoiceField(name="x", label="X", options=OPTIONS, multiple=True, most=2)
found = SearchField(name="x", label="X", source="organisations")
found_several = SearchField(name="x", label="X", source="organisations", multiple=True, most=2)
EVERY_FIELD = (
    text, long, number, money, email, link, day, hour, moment, yes_no, consent, one, several, found,
    found_several,
)  # fmt: skip


def form_of(*fields: AnyField, checks: tuple[AnyCheck, ...] = ()) -> Form:
    return Form(name="f", title="F", submit="Send", steps=(Step(title="One", fields=fields),), checks=checks)


def read(item: AnyField, raw: RawAnswer) -> Value:
    """The value; fails with the sentence where there is a problem."""
    values, problems = read_step(form_of(item), 0, {"x": raw}, ENGLISH)
    assert problems == {}, problems
    return values["x"]


def problem(item: AnyField, raw: RawAnswer) -> str:
    values, problems = read_step(form_of(item), 0, {"x": raw}, ENGLISH)
    assert "x" not in values, values
    return problems["x"]


@pytest.mark.parametrize(
    ("item", "raw", "value"),
    [
        (text, "abc", "abc"),
        (text, "  abc  ", "abc"),
        (text, "a\x00b\x1bc\x7f", "abc"),
        (text, "abcdefghij", "abcdefghij"),
        (text, "ŵŷ…", "ŵŷ…"),
        (long, "one\r\ntwo\tthree", "one\ntwo\tthree"),
        (long, "x" * 3_000, "x" * 3_000),
        (number, "2", 2),
        (number, " 10 ", 10),
        (NumberField(name="x", label="X"), "-1,234", -1234),
        (NumberField(name="x", label="X"), str(LARGEST_NUMBER), LARGEST_NUMBER),
        (money, "1500", Decimal("1500.00")),
        (money, "£1,500.5", Decimal("1500.50")),
        (money, "£ 20 000", Decimal("20000.00")),
        (money, "0", Decimal("0.00")),
        (MoneyField(name="x", label="X", minimum=-5), "-5", Decimal("-5.00")),
        (email, "Ann.Archer@Example.org", "Ann.Archer@example.org"),
        (link, "https://www.example.org/a?b=c#d", "https://www.example.org/a?b=c#d"),
        (link, "http://example.org:8080", "http://example.org:8080"),
        (day, "2026-03-16", date(2026, 3, 16)),
        (day, "2028-02-29", date(2028, 2, 29)),
        (hour, "9:30", time(9, 30)),
        (hour, "23:59", time(23, 59)),
        (moment, "2026-01-16T09:30", datetime(2026, 1, 16, 9, 30, tzinfo=UTC)),
        (moment, "2026-07-16T9:30", datetime(2026, 7, 16, 8, 30, tzinfo=UTC)),
        (yes_no, "yes", True),
        (yes_no, "no", False),
        (consent, "yes", True),
        (one, "north", "north"),
        (one, ["south"], "south"),
        (several, ["north", "wales", "north"], ("north", "wales")),
        (several, "south", ("south",)),
        (found, "12", "12"),
        (found_several, ["12", "13"], ("12", "13")),
    ],
)
def test_what_people_type_becomes_a_value(item: AnyField, raw: RawAnswer, value: Value) -> None:
    assert read(item, raw) == value


@pytest.mark.parametrize(
    ("item", "raw", "sentence"),
    [
        (text, "ab", "Write at least 3 characters."),
        (text, "  ab ", "Write at least 3 characters."),
        (text, "abcdefghijk", "Shorten this to 10 characters; it has 11 now."),
        (long, "x" * 3_001, "Shorten this to 3,000 characters; it has 3,001 now."),
        (text, " \x00 ", NEEDED),
        (number, "1", "Enter 2 or more."),
        (number, "11", "Enter 10 or less."),
        (number, "two", "Enter a whole number, like 12."),
        (number, "2.5", "Enter a whole number, like 12."),
        (number, "1_0", "Enter a whole number, like 12."),
        (number, "9" * 5_000, "Enter a whole number, like 12."),
        (NumberField(name="x", label="X"), str(LARGEST_NUMBER + 1), f"Enter {LARGEST_NUMBER} or less."),
        (money, "1.505", POUNDS),
        (money, "twenty", POUNDS),
        (money, "1e5", POUNDS),
        (money, "9" * 13, POUNDS),
        (money, "£", POUNDS),
        (money, "-1", "Enter £0 or more."),
        (money, "20000.01", "Enter £20,000 or less."),
        (email, "ann", EMAIL),
        (email, "ann@", EMAIL),
        (email, "ann@example.org, bob@example.org", EMAIL),
        (email, "Ann <ann@example.org>", EMAIL),
        (link, "example.org", LINK),
        (link, "javascript:alert(1)", LINK),
        (link, "ftp://example.org", LINK),
        (link, "https://", LINK),
        (link, "https://localhost/", LINK),
        (link, "https://example.org/a b", LINK),
        (link, "https://example.org/<script>", LINK),
        (link, "https://example.org|Click", LINK),
        (link, "https://council.example.org@evil.example", LINK),
        (link, "https://[::1", LINK),
        (link, "https://example.org:99999/", LINK),
        (link, "https://..", LINK),
        (link, "https://example.org/" + "x" * LONGEST_LINK, LINK),
        (day, "2026-02-29", DAY),
        (day, "16/03/2026", DAY),
        (day, "1899-12-31", DAY),
        (day, "2201-01-01", DAY),
        (hour, "24:00", HOUR),
        (hour, "12:60", HOUR),
        (hour, "half past two", HOUR),
        (hour, "14:30:05", HOUR),
        (moment, "2026-03-16T", "Enter the time as well as the date."),
        (moment, "2026-03-16", "Enter the time as well as the date."),
        (moment, "T09:30", "Enter the date as well as the time."),
        (moment, "T", NEEDED),
        (moment, "2026-02-30T09:30", DAY),
        (moment, "2026-03-16T25:00", HOUR),
        (yes_no, "perhaps", "Choose yes or no."),
        (yes_no, "", "Choose yes or no."),
        (consent, "no", "Tick this box to go on."),
        (consent, "", "Tick this box to go on."),
        (one, "", "Choose one."),
        (one, "east", "Choose from the list."),
        (one, ["north", "south"], "Choose only one."),
        (several, [], "Choose at least one."),
        (several, ["north", "south", "wales"], "Choose at most 2."),
        (several, ["north", "east"], "Choose from the list."),
        (found, ["1", "2"], "Choose only one."),
        (found_several, ["1", "2", "3"], "Choose at most 2."),
    ],
)
def test_what_cannot_be_read_gets_a_sentence_beside_it(item: AnyField, raw: RawAnswer, sentence: str) -> None:
    assert problem(item, raw) == sentence


@pytest.mark.parametrize("item", EVERY_FIELD, ids=lambda item: f"{item.type}-{item.name}")
def test_every_field_asks_for_an_answer_unless_it_is_optional(item: AnyField) -> None:
    assert problem(item, "")
    if item is not consent:
        optional = item.model_copy(update={"required": False})
        assert read(optional, "") in ("", None, ())
        assert read(optional, []) in ("", None, ())


@pytest.mark.parametrize("item", EVERY_FIELD, ids=lambda item: f"{item.type}-{item.name}")
@given(raw=st.one_of(st.text(), st.lists(st.text(), max_size=4)))
def test_no_answer_whatever_is_an_error_of_ours(item: AnyField, raw: RawAnswer) -> None:
    values, problems = read_step(form_of(item), 0, {"x": raw}, ENGLISH)
    assert values.keys() ^ problems.keys() == {"x"}


@given(raw=st.text(st.characters(codec=None), max_size=50))
def test_no_text_keeps_what_a_database_cannot_hold(raw: str) -> None:
    values, _ = read_step(form_of(long), 0, {"x": raw}, ENGLISH)
    kept = str(values.get("x", ""))
    kept.encode("utf-8")
    assert "\x00" not in kept


@given(amount=st.decimals(0, 20_000, places=2))
def test_an_amount_as_we_write_it_is_read_as_the_same_amount(amount: Decimal) -> None:
    assert read(money, ENGLISH.money(amount)) == amount


@given(local=st.builds(datetime.combine, st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.times()))
def test_a_time_typed_in_london_is_that_time_in_london_or_does_not_exist(local: datetime) -> None:
    local = local.replace(second=0, microsecond=0)
    values, problems = read_step(form_of(moment), 0, {"x": local.isoformat(timespec="minutes")}, ENGLISH)
    if problems:
        assert "clocks go forward" in problems["x"]
        assert (local.month, local.hour) == (3, 1)
        return
    value = values["x"]
    assert isinstance(value, datetime)
    assert value.astimezone(LONDON).replace(tzinfo=None) == local


@pytest.mark.parametrize("typed", ["01:00", "01:30", "01:59"])
def test_an_hour_that_the_clocks_skip_is_refused(typed: str) -> None:
    assert problem(moment, f"2026-03-29T{typed}").startswith("That time does not exist")


def test_the_minutes_around_the_skipped_hour_are_an_instant_apart() -> None:
    before, after = read(moment, "2026-03-29T00:59"), read(moment, "2026-03-29T02:00")
    assert isinstance(before, datetime)
    assert isinstance(after, datetime)
    assert after - before == timedelta(minutes=1)


def test_an_hour_that_comes_twice_is_the_first_of_the_two() -> None:
    assert read(moment, "2026-10-25T01:30") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert read(moment, "2026-10-25T02:00") == datetime(2026, 10, 25, 2, 0, tzinfo=UTC)


LINES = (
    MoneyField(name="staff", label="Staff", required=False),
    MoneyField(name="venue", label="Venue", required=False),
    MoneyField(name="total", label="Total", required=False),
)
ADDS_UP = SumsTo(parts=("staff", "venue"), total="total")


@pytest.mark.parametrize(
    ("raw", "problems"),
    [
        ({"staff": "10", "venue": "5.50", "total": "15.50"}, {}),
        ({"staff": "10", "total": "10"}, {}),
        ({"staff": "10", "venue": "5"}, {}),
        (
            {"staff": "10", "venue": "5", "total": "16"},
            {"total": "The lines add up to £15, but “Total” says £16."},
        ),
        ({"staff": "ten", "venue": "5", "total": "16"}, {"staff": POUNDS}),
    ],
)
def test_the_lines_of_a_budget_must_add_up(raw: RawAnswers, problems: dict[str, str]) -> None:
    assert read_form(form_of(*LINES, checks=(ADDS_UP,)), raw, ENGLISH)[1] == problems


def test_what_comes_later_must_not_come_before() -> None:
    form = form_of(
        DateField(name="opens", label="Opens on"),
        DateField(name="closes", label="Closes on", required=False),
        checks=(InOrder(earlier="opens", later="closes"),),
    )
    wrong: RawAnswers = {"opens": "2026-03-16", "closes": "2026-03-15"}
    assert read_form(form, wrong, ENGLISH)[1] == {"closes": "This must not come before “Opens on”."}
    for closes in ("2026-03-16", "2026-03-17", ""):
        assert read_form(form, wrong | {"closes": closes}, ENGLISH)[1] == {}


def test_one_of_several_may_be_enough() -> None:
    form = form_of(
        LinkField(name="link", label="Link", required=False),
        EmailField(name="mail", label="Contact", required=False),
        checks=(OneOf(fields=("link", "mail")),),
    )
    assert read_form(form, {}, ENGLISH)[1] == {"link": "Answer at least one of “Link” and “Contact”."}
    assert read_form(form, {"mail": "ann@example.org"}, ENGLISH)[1] == {}


def test_a_check_across_steps_is_made_at_the_last_of_them() -> None:
    form = Form(
        name="f",
        title="F",
        submit="Send",
        steps=(Step(title="One", fields=LINES[:2]), Step(title="Two", fields=LINES[2:])),
        checks=(ADDS_UP,),
    )
    raw: RawAnswers = {"staff": "10", "venue": "5", "total": "16"}
    assert check_step(form, 0, raw, ENGLISH) == {}
    assert list(check_step(form, 1, raw, ENGLISH)) == ["total"]


def test_what_is_carried_in_is_cut_to_fit_and_strange_names_are_left_out() -> None:
    form = form_of(text, DateField(name="day", label="Day"))
    kept, shortened = cut_to_fit(form, {"x": "abcdefghijklm", "day": "2026-03-16", "role": "owner"})
    assert kept == {"x": "abcdefghi…", "day": "2026-03-16"}
    assert shortened == ["X"]
    assert cut_to_fit(form, {"x": "abcdefghij"}) == ({"x": "abcdefghij"}, [])


def test_answers_are_read_as_what_they_are() -> None:
    answers = Answers({"n": 7, "m": Decimal("1.50"), "t": ("a",), "y": True, "d": date(2026, 3, 16)})
    assert (answers.number("n"), answers.money("m"), answers.several("t")) == (7, Decimal("1.50"), ("a",))
    assert (answers.yes("y"), answers.day("d")) == (True, date(2026, 3, 16))
    assert (answers.text("none"), answers.several("none"), answers.moment("none")) == ("", (), None)
    assert (answers.yes("none"), answers.time("none")) == (False, None)
    with pytest.raises(TypeError, match="the answer to n is no str"):
        answers.text("n")
