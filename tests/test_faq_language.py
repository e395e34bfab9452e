"""A question in Welsh is told from one in English, and found among the entries."""

from __future__ import annotations

import csv
import re
import tomllib

import pytest
from babel.messages.pofile import read_po

from handlers.faq_engine.language import language_of
from handlers.faq_knowledge import DecisionKind, Knowledge
from store.database import Database
from store.seed import seed
from tests.bot import NOW, ROOT

# Shorter texts are labels of buttons and not questions.
FEWEST_WORDS = 3


def sentences() -> list[tuple[str, str]]:
    """English sentences of the bot with their Welsh, none of which the lists of words were made from."""
    with (ROOT / "locales/cy/LC_MESSAGES/messages.po").open("rb") as file:
        found = [
            (re.sub(r"%\(\w+\)[sd]", "", message.id), re.sub(r"%\(\w+\)[sd]", "", message.string))
            for message in read_po(file)
            if isinstance(message.id, str) and isinstance(message.string, str) and message.string
        ]
    return [pair for pair in found if len(re.findall(r"[a-z]+", pair[0])) >= FEWEST_WORDS]


def questions() -> list[tuple[str, str]]:
    with (ROOT / "tests/data/questions_cy.csv").open(encoding="utf-8", newline="") as file:
        return [(row["question"], row["slug"]) for row in csv.DictReader(file)]


def test_the_language_of_sentences_is_recognised() -> None:
    held = sentences()
    assert len(held) > 400
    assert sum(language_of(english) == "en" for english, _ in held) / len(held) >= 0.99
    assert sum(language_of(welsh) == "cy" for _, welsh in held) / len(held) >= 0.95


def test_the_language_of_questions_is_recognised() -> None:
    with (ROOT / "data/faq.toml").open("rb") as file:
        entries = tomllib.load(file)["entry"]
    assert [text for text, _ in questions() if language_of(text) != "cy"] == []
    assert [one["title"] for one in entries if language_of(one["title"]) != "en"] == []
    assert [
        one["cy"]["title"] for one in entries if "cy" in one and language_of(one["cy"]["title"]) != "cy"
    ] == []


@pytest.mark.parametrize(
    "text", ["", "🐝", "CCIN", "What does Cymraeg mean?", "r u ok", "Cardiff", "hi", "DPS"]
)
def test_what_is_not_plainly_welsh_is_english(text: str) -> None:
    assert language_of(text) == "en"


async def test_welsh_questions_find_their_entries(database: Database) -> None:
    """Floors on questions that no example was written from."""
    await seed(database, ROOT / "data", NOW)
    knowledge = Knowledge(patient=True)
    near = wrong = strange = 0
    async with database.read() as session:
        for text, slug in questions():
            decision = await knowledge.decide(session, text)
            shown = [decision.entry] if decision.entry else list(decision.suggestions)
            near += bool(slug) and slug in [entry.slug for entry in shown]
            wrong += decision.kind is DecisionKind.ANSWER and shown[0].slug != slug
            strange += not slug and decision.kind is not DecisionKind.ABSTAIN
    assert (wrong, strange) == (0, 0)
    assert near >= 15
