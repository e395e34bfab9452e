"""The knowledge base is complete, short, dated, and promises nothing that does not exist."""

import csv
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from handlers.faq_engine import Entry as Lesson
from handlers.faq_engine import fit

ROOT = Path(__file__).parent.parent
DATA = ROOT / "data"
QUESTIONS = ROOT / "tests" / "data" / "questions.csv"

TOPICS = """
what-is-the-network values principles non-party-political who-are-the-members membership-categories
full-membership associate-membership affiliate-membership supporters how-to-join subscription-fee
member-benefits welcome-pack training template-motions cabinet-champion regional-leads officer-network
values-and-principles-board executive-oversight-committee policy-labs policy-prototypes lab-or-prototype
funding-amounts funding-eligibility funding-partners funding-deadline funding-how-to-apply
expression-of-interest-questions funding-decision leading-a-lab past-projects case-study-submit
case-study-contents culture-hub purchasing-system next-event annual-conference webinars study-visits
newsletter find-a-contact groups-join rules-of-engagement suggest-a-group awards social-media
contact-the-team welsh my-data what-can-you-do
"""
SLUGS = frozenset(TOPICS.split())
COMMANDS = {
    "ask", "ccin", "ccin web", "ccin help", "ccin rules", "ccin profile", "ccin welcome", "ccin leads",
    "ccin language", "ccin my-data", "case-study", "case-study mine", "groups", "groups mine",
    "groups suggest", "events", "events mine", "funding",
}  # fmt: skip
PAGES = {"/case-studies", "/events", "/funding"}
HOST = "www.councils.coop"
ADDRESSES = {HOST, f"{HOST}/how-can-i-join/"}
MAILBOXES = {"hello@councils.coop", "comms@councils.coop"}
KEYS = {
    "slug", "title", "answer", "source", "reviewed_on", "links", "commands", "related", "examples", "checks",
}  # fmt: skip
OPTIONAL_KEYS = {"pages", "cy"}
PLACEHOLDERS = {
    "who-are-the-members": ["member_counts"],
    "regional-leads": ["regional_leads"],
    "funding-amounts": ["funding_amounts"],
    "funding-deadline": ["funding_dates"],
    "next-event": ["next_events"],
}

MOST_WORDS = 80
FEWEST_EXAMPLES = 10
FEWEST_IN_WELSH = 20
FEWEST_NOT_OURS = 200
# Two phrasings that share this much of their words would measure the matcher on what it was taught.
TOO_ALIKE = 0.8
# Of all test questions, so many find their entry among the first three.
CHECKS_FOUND = 0.95

Entry = dict[str, Any]


def entries() -> list[Entry]:
    with (DATA / "faq.toml").open("rb") as file:
        found: list[Entry] = tomllib.load(file)["entry"]
    return found


def questions() -> list[dict[str, str]]:
    with QUESTIONS.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def normalised(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def words_of(text: str) -> frozenset[str]:
    # Signs alone have no words to compare: they stand for themselves.
    return frozenset(normalised(text).split() or [text])


def share_words(first: frozenset[str], second: frozenset[str]) -> bool:
    return len(first & second) / len(first | second) >= TOO_ALIKE


def alike(first: str, second: str) -> bool:
    return share_words(words_of(first), words_of(second))


def near_duplicates(texts: Iterable[str], others: Iterable[str]) -> list[tuple[str, str]]:
    kept = [(other, words_of(other)) for other in others]
    return [(text, other) for text in texts for other, words in kept if share_words(words_of(text), words)]


def all_examples() -> list[str]:
    return [example for entry in entries() for example in entry["examples"]]


def not_ours() -> list[str]:
    return (DATA / "out_of_scope.txt").read_text("utf-8").splitlines()


def texts_of(entry: Entry) -> Iterator[str]:
    yield entry["answer"]
    if "cy" in entry:
        yield entry["cy"]["answer"]


def test_every_topic_is_answered_exactly_once() -> None:
    assert Counter(entry["slug"] for entry in entries()) == Counter(SLUGS)


def test_the_evaluation_set_asks_about_every_entry_and_no_other() -> None:
    assert {row["slug"] for row in questions() if row["slug"]} == SLUGS


def test_an_entry_has_the_agreed_keys() -> None:
    for entry in entries():
        assert KEYS <= set(entry) <= KEYS | OPTIONAL_KEYS, entry["slug"]
        assert entry["title"].endswith("?"), entry["slug"]
        assert entry["source"].strip(), entry["slug"]
        assert entry["answer"] == entry["answer"].strip(), entry["slug"]


def test_an_answer_is_under_eighty_words() -> None:
    lengths = {entry["slug"]: max(len(text.split()) for text in texts_of(entry)) for entry in entries()}
    assert {slug: length for slug, length in lengths.items() if length >= MOST_WORDS} == {}


def test_only_answers_about_what_changes_have_a_slot() -> None:
    for entry in entries():
        for text in texts_of(entry):
            assert re.findall(r"\{(\w+)", text) == PLACEHOLDERS.get(entry["slug"], []), entry["slug"]


def test_an_entry_has_ten_distinct_examples() -> None:
    for entry in entries():
        examples = {normalised(example) for example in entry["examples"]} - {""}
        assert len(examples) == len(entry["examples"]) >= FEWEST_EXAMPLES, entry["slug"]


def test_related_entries_exist_and_are_others() -> None:
    for entry in entries():
        assert set(entry["related"]) <= SLUGS - {entry["slug"]}, entry["slug"]
        assert len(set(entry["related"])) == len(entry["related"]), entry["slug"]


def test_only_existing_commands_and_pages_are_offered_or_named() -> None:
    for entry in entries():
        assert set(entry["commands"]) <= COMMANDS, entry["slug"]
        assert set(entry.get("pages", [])) <= PAGES, entry["slug"]
        named = {name for text in texts_of(entry) for name in re.findall(r"(?<![\w/])/([a-z][a-z-]*)", text)}
        assert named <= COMMANDS, entry["slug"]


def test_every_answer_says_what_to_do_next() -> None:
    """As a button or a link; related questions are none."""
    stuck = [
        entry["slug"]
        for entry in entries()
        if not (entry["links"] or entry["commands"] or entry.get("pages"))
    ]
    assert stuck == []


def test_links_lead_only_to_the_network() -> None:
    for entry in entries():
        for link in entry["links"]:
            assert set(link) == {"label", "url"}, entry["slug"]
            address = urlsplit(link["url"])
            if address.scheme == "mailto":
                assert address.path in MAILBOXES, entry["slug"]
            else:
                assert address.scheme == "https", entry["slug"]
                assert address.netloc + address.path in ADDRESSES, entry["slug"]


def test_an_address_in_an_answer_is_ours_and_stands_among_the_links() -> None:
    for entry in entries():
        linked = {urlsplit(link["url"]).path for link in entry["links"] if link["url"].startswith("mailto:")}
        for text in texts_of(entry):
            assert set(re.findall(r"[\w.]+@[\w.]+\w", text)) <= linked & MAILBOXES, entry["slug"]
            assert set(re.findall(r"(?<![\w@])(?:www|https?)[\w.:/-]*[\w/]", text)) <= ADDRESSES, entry[
                "slug"
            ]


def test_no_review_date_is_later_than_the_files_own() -> None:
    header = re.search(r"^# Last reviewed: (\S+)$", (DATA / "faq.toml").read_text("utf-8"), re.MULTILINE)
    assert header is not None
    assert max(entry["reviewed_on"] for entry in entries()) == date.fromisoformat(header[1])


def test_the_most_asked_entries_are_in_welsh() -> None:
    in_welsh = [entry for entry in entries() if "cy" in entry]
    assert len(in_welsh) >= FEWEST_IN_WELSH
    for entry in in_welsh:
        welsh = entry["cy"]
        assert set(welsh) >= {"title", "answer", "source", "welsh_reviewed"}
        assert isinstance(welsh["welsh_reviewed"], bool)
        assert len(welsh.get("link_labels", [])) == len(entry["links"])


def test_no_example_stands_under_two_entries() -> None:
    examples = Counter(map(normalised, all_examples()))
    assert [example for example, count in examples.items() if count > 1] == []


def test_no_example_is_nearly_a_question_of_the_evaluation_set() -> None:
    assert near_duplicates(all_examples(), (row["question"] for row in questions())) == []


def test_every_entry_has_test_questions_that_nothing_is_learnt_from() -> None:
    checks = [check for entry in entries() for check in entry["checks"]]
    assert [entry["slug"] for entry in entries() if not entry["checks"]] == []
    assert len(set(map(normalised, checks))) == len(checks)
    learnt = [*all_examples(), *not_ours(), *(entry["title"] for entry in entries())]
    assert near_duplicates(checks, learnt) == []
    assert near_duplicates(checks, (row["question"] for row in questions())) == []


def test_a_test_question_finds_its_entry_among_the_first_three() -> None:
    lessons = [
        Lesson(
            entry["slug"],
            tuple(
                told[key].strip() for told in (entry, entry.get("cy")) if told for key in ("title", "answer")
            ),
            tuple(entry["examples"]),
        )
        for entry in sorted(entries(), key=lambda entry: str(entry["slug"]))
    ]
    model = fit(lessons, not_ours())
    missed = {
        check: entry["slug"]
        for entry in entries()
        for check in entry["checks"]
        if entry["slug"] not in [one.slug for one in model.rank(check, most=3)]
    }
    asked = sum(len(entry["checks"]) for entry in entries())
    assert 1 - len(missed) / asked >= CHECKS_FOUND, missed


def test_what_is_not_ours_is_nearly_no_question_of_the_evaluation_set() -> None:
    lines = not_ours()
    assert len(lines) >= FEWEST_NOT_OURS
    assert len(set(lines)) == len(lines)
    assert near_duplicates(lines, (row["question"] for row in questions())) == []


def test_what_is_not_ours_is_no_example_of_an_entry() -> None:
    assert near_duplicates(not_ours(), all_examples()) == []


def test_phrasings_count_as_alike_by_the_words_they_share() -> None:
    assert alike("What's a Policy Lab?", "what s a policy lab")
    assert alike("who may lead a policy lab", "who may lead a policy lab now")
    assert not alike("who may lead a lab", "who may lead a prototype")
    assert not alike("???", "!!!")


@pytest.mark.parametrize(
    ("file", "table", "count"), [("principles.toml", "principle", 10), ("themes.toml", "theme", 12)]
)
def test_tags_have_a_slug_and_a_name_in_both_languages(file: str, table: str, count: int) -> None:
    with (DATA / file).open("rb") as lines:
        tags = tomllib.load(lines)[table]
    assert len(tags) == count
    for tag in tags:
        assert set(tag) == {"slug", "name", "name_cy"}
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", tag["slug"])
    for key in ("slug", "name", "name_cy"):
        assert len({tag[key] for tag in tags}) == count
