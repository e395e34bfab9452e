"""Quality: the README, the documentation and the dashboard say the same; an editor hears why an answer is
only offered."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from handlers import faq_entry_cards, faq_quality
from handlers.faq_engine import Aims, Entry, fit, fit_calibrated
from handlers.faq_engine.artefact import pack, unpack
from handlers.faq_engine.proof import EntryProof
from handlers.faq_entry_actions import ManageEntry
from handlers.kit.words import Catalogues
from store.database import Database
from store.roles import Role
from store.seed import seed
from tests.bot import ROOT, TestBot, TestClock, message_of
from tests.test_faq_content import entries, questions

WORDS = Catalogues(ROOT / "locales").english
FIGURES = faq_quality.measured(ROOT / "data")


def percents(*shares: float) -> list[str]:
    return [f"{share * 100:.1f}".removesuffix(".0") for share in shares]


def test_the_readme_says_what_was_measured() -> None:
    assert FIGURES is not None
    assert FIGURES.semantic is not None
    text = " ".join((ROOT / "README.md").read_text("utf-8").split())
    found = re.search(
        r"Of (\d+) questions that it had never seen, (\d+)% are answered directly and (\d+)% answered or "
        r"offered with a choice; ([\d.]+)% of the direct answers are right "
        r"\(\[(\d+)%, (\d+)% and ([\d.]+)% with",
        text,
    )
    assert found is not None
    said = [str(FIGURES.questions)]
    for one in (FIGURES.lexical, FIGURES.semantic):
        said += [f"{one.answered * 100:.0f}", f"{one.offered * 100:.0f}", *percents(one.right)]
    assert list(found.groups()) == said


def test_the_documentation_says_what_was_measured() -> None:
    assert FIGURES is not None
    assert FIGURES.semantic is not None
    text = (ROOT / "docs" / "faq-engine.md").read_text("utf-8")
    both = (FIGURES.lexical, FIGURES.semantic)
    for row, cells in (
        (
            "our own set | accuracy / recall at 3",
            [f"{one.first:.3f} / {one.among_three:.3f}" for one in both],
        ),
        (
            "our own set: precision / out of scope answered",
            [f"{one.right:.3f} / {one.strange_answered:.3f}" for one in both],
        ),
        (
            "answered directly / answered or offered; out of scope offered something",
            [f"{one.answered:.3f} / {one.offered:.3f}; {one.strange_offered:.3f}" for one in both],
        ),
    ):
        assert f"{row} | {' | '.join(cells)} |" in text, row


def test_what_was_measured_is_what_there_is() -> None:
    assert FIGURES is not None
    ours = [row for row in questions() if row["slug"]]
    assert (FIGURES.entries, FIGURES.questions) == (len(entries()), len(ours))
    assert FIGURES.out_of_scope == len(questions()) - len(ours)
    assert FIGURES.measured_on >= date(2026, 11, 21)


def test_a_network_that_has_measured_nothing_has_no_figures(tmp_path: Path) -> None:
    assert faq_quality.measured(tmp_path) is None
    (tmp_path / faq_quality.FILE).write_text("measured_on = yesterday")
    assert faq_quality.measured(tmp_path) is None


TWINS = (
    Entry("fees", ("What does it cost?",), ("how much", "the price", "what we pay", "cost", "fee")),
    Entry("join", ("How do we join?",), ("be a member", "how to join", "price to join", "sign up", "apply")),
    Entry("tea", ("Is there tea?",), ("tea", "cup of tea")),
)  # fmt: skip


def test_a_model_knows_how_each_entry_did_and_keeps_it() -> None:
    model = fit_calibrated(TWINS, ("hello", "good morning", "what is the time"))
    assert model.proof is not None
    assert {slug: one.examples for slug, one in model.proof.entries.items()} == {
        "fees": 5,
        "join": 5,
        "tea": 2,
    }
    assert 0 <= model.proof.expected.right <= 1
    assert unpack(pack(model)).proof == model.proof
    assert unpack(pack(fit(TWINS))).proof is None


def test_before_it_is_measured_there_is_one_sentence_and_after_it_two() -> None:
    assert len(faq_quality.rules(WORDS, None, Aims())) == 1
    assert faq_quality.expected(WORDS, fit(TWINS)) == ()
    assert "only offer" in faq_quality.rules(WORDS, fit(TWINS), Aims())[0]


@pytest.mark.parametrize(
    ("examples", "proof", "said"),
    [
        (["a"] * 4, None, "too few examples"),
        (["a"] * 5, None, ""),
        (["a"] * 5, EntryProof(5, 3), ""),
        (["a"] * 5, EntryProof(5, 0), "Add about ten plain ways of asking."),
        (
            ["a"] * 5,
            EntryProof(5, 2, (("tea?", "tea"), ("a cup", "tea"))),
            "“tea?” and “a cup” sound like “Is there tea?”",
        ),
        (["a"] * 5, EntryProof(5, 2, (("tea?", "tea"), ("bus?", "bus"))), ""),
    ],
)
def test_an_editor_is_told_why_an_answer_is_only_offered(
    examples: list[str], proof: EntryProof | None, said: str
) -> None:
    told = faq_entry_cards.why_offered(WORDS, examples, proof, {"tea": "Is there tea?"})
    assert said in " ".join(told)
    assert bool(told) is bool(said)


async def test_the_card_of_an_answer_says_how_it_did(database: Database, clock: TestClock) -> None:
    await seed(database, ROOT / "data", clock())
    bot = TestBot(database, clock)
    await bot.add_member("ada", Role.ADMINISTRATOR)
    before = message_of(await bot.press("ada", ManageEntry(slug="groups-join")))
    assert "Sure enough to give it" not in [fact.label for fact in before.facts]
    await bot.say("ada", "What is a Policy Lab?")
    card = message_of(await bot.press("ada", ManageEntry(slug="groups-join")))
    facts = {fact.label: fact.value for fact in card.facts}
    assert re.fullmatch(r"for \d+ of its \d+ examples", facts["Sure enough to give it"])
    assert "Sounds like another answer" in facts["Needs attention"]
    assert "sound like “How do I propose a new group?”." in card.small_print[0]
