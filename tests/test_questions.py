"""The evaluation set holds enough questions of each kind to measure the answers by."""

import csv
from collections import Counter
from pathlib import Path

QUESTIONS = Path(__file__).parent / "data" / "questions.csv"
COLUMNS = ["question", "slug"]
LEAST_IN_SCOPE = 320
LEAST_OUT_OF_SCOPE = 160
LEAST_PER_SLUG = 6
TOPICS = 52


def rows() -> list[dict[str, str]]:
    with QUESTIONS.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, strict=True))


def test_the_file_has_the_two_columns_and_no_empty_question() -> None:
    with QUESTIONS.open(encoding="utf-8", newline="") as lines:
        assert next(csv.reader(lines)) == COLUMNS
    for row in rows():
        assert list(row) == COLUMNS
        assert row["question"] == row["question"].strip() != ""
        assert row["slug"] == row["slug"].strip()


def test_there_are_enough_questions_of_every_topic() -> None:
    per_slug = Counter(row["slug"] for row in rows() if row["slug"])
    assert per_slug.total() >= LEAST_IN_SCOPE
    assert len(per_slug) == TOPICS
    assert not {slug: count for slug, count in per_slug.items() if count < LEAST_PER_SLUG}


def test_there_are_enough_questions_that_are_not_ours_to_answer() -> None:
    assert sum(not row["slug"] for row in rows()) >= LEAST_OUT_OF_SCOPE


def test_no_question_is_asked_twice() -> None:
    questions = Counter(row["question"].casefold() for row in rows())
    assert [question for question, count in questions.items() if count > 1] == []
