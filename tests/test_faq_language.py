"""A question in Welsh is told from one in English, and found among the entries."""

from __future__ import annotations

import csv
import re
from collections import Counter

import pytest
from babel.messages.pofile import read_po

from handlers.faq_engine.language import language_of
from handlers.faq_knowledge import DecisionKind, Knowledge
from store.database import Database
from store.seed import seed
from tests.bot import NOW, ROOT
from tests.test_faq_content import all_examples, entries, near_duplicates, not_ours

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
    assert [text for text, _ in questions() if language_of(text) != "cy"] == []
    assert [one["title"] for one in entries() if language_of(one["title"]) != "en"] == []
    assert [
        one["cy"]["title"] for one in entries() if "cy" in one and language_of(one["cy"]["title"]) != "cy"
    ] == []


def test_the_questions_ask_about_every_welsh_entry_and_are_nearly_no_example() -> None:
    welsh = {entry["slug"] for entry in entries() if "cy" in entry}
    asked = Counter(slug for _text, slug in questions() if slug)
    assert asked.keys() == welsh
    assert asked.total() >= 60
    assert min(asked.values()) >= 2
    texts = [text for text, _slug in questions()]
    assert near_duplicates([*all_examples(), *not_ours()], texts) == []


@pytest.mark.parametrize(
    "text", ["", "🐝", "CCIN", "What does Cymraeg mean?", "r u ok", "Cardiff", "hi", "DPS"]
)
def test_what_is_not_plainly_welsh_is_english(text: str) -> None:
    assert language_of(text) == "en"


@pytest.mark.parametrize(
    "text",
    [
        "Combien coûte l'adhésion ?", "Y a-t-il des formations ?", "Êtes-vous une coopérative ?",
        "¿Cuánto cuesta y quién puede unirse?", "Wie viel kostet die Mitgliedschaft, und für wen?",
        "Cé mhéad a chosnaíonn sé?", "Quem pode aderir à rede, e porquê?", "Ile kosztuje członkostwo?",
        "كم تكلفة العضوية؟", "会员费是多少？",
    ],
)  # fmt: skip
def test_another_language_is_not_taken_for_welsh(text: str) -> None:
    assert language_of(text) == "en"


async def test_welsh_questions_find_their_entries(database: Database) -> None:
    """Floors on questions that were written before the examples, and that none of them is nearly."""
    await seed(database, ROOT / "data", NOW)
    knowledge = Knowledge(patient=True)
    near = right = wrong = strange = offered = 0
    async with database.read() as session:
        for text, slug in questions():
            decision = await knowledge.decide(session, text)
            shown = [decision.entry] if decision.entry else list(decision.suggestions)
            near += bool(slug) and slug in [entry.slug for entry in shown]
            direct = decision.kind is DecisionKind.ANSWER
            right += direct and shown[0].slug == slug
            wrong += direct and bool(slug) and shown[0].slug != slug
            strange += direct and not slug
            offered += not slug and decision.kind is DecisionKind.SUGGEST
    assert (wrong, strange) == (0, 0)
    assert (near >= 50, right >= 17, offered <= 3) == (True, True, True), (near, right, offered)
