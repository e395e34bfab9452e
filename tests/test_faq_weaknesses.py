"""Weak entries are found, with the reason and what would help."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from handlers.faq_engine import Entry
from handlers.faq_engine.clashes import clashes
from handlers.faq_weaknesses import Weakness, WeaknessKind, weaknesses
from store.faq import FaqEntry, FaqTranslation
from tests.bot import NOW
from tests.test_command_line import bare_environment, run

__all__ = ["bare_environment"]

TODAY = NOW.date()
LABS = (
    "tell me about policy labs",
    "how do labs work",
    "a lab for councils",
    "explain the labs",
    "what is the annual subscription",
    "how much is the annual fee",
)
FEES = (
    "how much is the annual subscription",
    "what is the subscription a year",
    "what is the annual fee",
    "how much is the fee a year",
    "the annual subscription for a parish",
    "what would the annual fee be",
)


def entry(slug: str, examples: tuple[str, ...] = LABS, *, welsh: bool = True, age_days: int = 0) -> FaqEntry:
    return FaqEntry(
        slug=slug,
        examples=list(examples),
        reviewed_on=TODAY - timedelta(days=age_days),
        review_months=12,
        translations=[FaqTranslation(locale="cy")] if welsh else [],
    )


def kinds(found: list[Weakness]) -> list[tuple[str, WeaknessKind]]:
    return [(one.slug, one.kind) for one in found]


def test_a_strong_entry_has_no_weakness() -> None:
    assert weaknesses([entry("labs", age_days=365)], [], TODAY) == []


def test_each_weakness_is_named_with_what_would_help() -> None:
    held = [entry("few", LABS[:3]), entry("old", age_days=366), entry("english", welsh=False)]
    found = weaknesses(held, [], TODAY)
    assert kinds(found) == [
        ("few", WeaknessKind.FEW_EXAMPLES),
        ("old", WeaknessKind.OVERDUE),
        ("english", WeaknessKind.NO_WELSH),
    ]
    assert found[0].sentence == (
        "has 3 examples and is only offered; with 2 more it can be answered with directly"
    )


def test_examples_that_sound_like_another_entry_are_listed() -> None:
    entries = [Entry("fees", ("What does membership cost?",), FEES), Entry("labs", ("What is a lab?",), LABS)]
    found = [one for one in clashes(entries) if one.slug == "labs"]
    assert {(one.example, one.other) for one in found} == {(example, "fees") for example in LABS[-2:]}
    (weak,) = weaknesses([entry("fees", FEES), entry("labs")], found, TODAY)
    assert (weak.slug, weak.kind, weak.other) == ("labs", WeaknessKind.OVERLAPPING, "fees")
    assert set(weak.examples) == set(LABS[-2:])
    assert weaknesses([entry("labs")], found[:1], TODAY) == []


def test_no_entries_clash_in_an_empty_knowledge_base() -> None:
    assert clashes([]) == []
    assert clashes([Entry("one", ("One?",), ())]) == []


@pytest.mark.usefixtures("bare_environment")
async def test_the_command_lists_them_for_people_and_for_scripts() -> None:
    listed = await run("faq", "check")
    assert listed.exit_code == 1
    assert "newsletter is not there in Welsh." in listed.stdout.splitlines()
    scripted = [json.loads(line) for line in (await run("faq", "check", "--json")).stdout.splitlines()]
    assert len(scripted) == len(listed.stdout.splitlines())
    assert {"slug": "newsletter", "weakness": "no-welsh", "other": None, "examples": []}.items() <= next(
        one for one in scripted if one["slug"] == "newsletter" and one["weakness"] == "no-welsh"
    ).items()
