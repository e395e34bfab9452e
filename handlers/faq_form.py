"""The form of an entry of the knowledge base: English, Welsh, and how people ask."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from handlers.faq_cards import COMMAND_LABELS, PAGE_LABELS
from handlers.faq_slots import SLOTS
from handlers.kit.answers import Answers
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import ChoiceField, DateField, Form, NumberField, Option, Step, TextField, YesNoField
from handlers.kit.updates import RawAnswers
from handlers.kit.words import LONDON, Words
from store.faq import REVIEWED_EVERY_MONTHS
from store.faq_changes import Content

FORM = "faq_change.form"
LONGEST_TITLE = 150
LONGEST_ANSWER = 1_500
LONGEST_SOURCE = 150
LONGEST_LABEL = 60
LONGEST_EXAMPLES = 3_000
LONGEST_EXAMPLE = 200
MOST_LINKS = 3
LINK = re.compile(rf"(?P<label>[^|]{{1,{LONGEST_LABEL}}})\|\s*(?P<url>(https?://|mailto:)\S{{3,500}})\s*")


def build(context: Context, *, new: bool) -> Form:
    _ = context._
    slots = context.words.listed([f"{{{slot}}}" for slot in SLOTS])
    return Form(
        name=FORM,
        title=_("New answer") if new else _("Change an answer"),
        submit=_("See how it reads"),
        steps=(
            Step(
                title=_("In English"),
                fields=(
                    TextField(
                        name="title",
                        label=_("The question, in its plainest form"),
                        min_length=3,
                        max_length=LONGEST_TITLE,
                    ),
                    TextField(
                        name="answer",
                        label=_("The answer"),
                        help=_("Under 80 words reads best. You may use %(slots)s.") % {"slots": slots},
                        long=True,
                        max_length=LONGEST_ANSWER,
                        placeholders=tuple(SLOTS),
                    ),
                    TextField(
                        name="source",
                        label=_("Where the answer comes from"),
                        min_length=3,
                        max_length=LONGEST_SOURCE,
                    ),
                    DateField(name="reviewed_on", label=_("Last checked against its source")),
                    NumberField(
                        name="review_months",
                        label=_("Check it again after how many months?"),
                        minimum=1,
                        maximum=60,
                    ),
                ),
            ),
            Step(
                title=_("In Welsh"),
                help=_("Welsh speakers read the English, with a line saying so, while this is empty."),
                fields=(
                    TextField(
                        name="cy_title",
                        label=_("Question in Welsh"),
                        required=False,
                        max_length=LONGEST_TITLE,
                    ),
                    TextField(
                        name="cy_answer",
                        label=_("Answer in Welsh"),
                        long=True,
                        required=False,
                        max_length=LONGEST_ANSWER,
                        placeholders=tuple(SLOTS),
                    ),
                    TextField(
                        name="cy_source",
                        label=_("Where it comes from, in Welsh"),
                        required=False,
                        max_length=LONGEST_SOURCE,
                    ),
                    TextField(
                        name="cy_link_labels",
                        label=_("What the links say in Welsh, one a line"),
                        help=_("The labels alone, in the order of the links on the next page."),
                        long=True,
                        required=False,
                        max_length=400,
                    ),
                    YesNoField(name="cy_reviewed", label=_("Has a Welsh speaker read it?"), required=False),
                ),
            ),
            Step(title=_("How people ask, and what comes next"), fields=_asked_and_next(context)),
        ),
    )


def _asked_and_next(context: Context) -> tuple[TextField | ChoiceField, ...]:
    _ = context._
    commands = tuple(
        Option(value=name, label=f"{_(label)} (/{name})")
        for name, label in COMMAND_LABELS.items()
        if name in context.router.commands
    )
    pages = tuple(Option(value=path, label=_(label)) for path, label in PAGE_LABELS.items())
    return (
        TextField(
            name="examples",
            label=_("How people ask, one a line"),
            help=_("At least five in different words: with fewer I offer the answer and never give it."),
            long=True,
            required=False,
            max_length=LONGEST_EXAMPLES,
        ),
        TextField(
            name="checks",
            label=_("Test questions, one a line"),
            help=_("I never learn these. Every change is tried against them before it is published."),
            long=True,
            required=False,
            max_length=LONGEST_EXAMPLES,
        ),
        TextField(
            name="links",
            label=_("Links, one a line"),
            help=_("A label, an upright stroke and the address: The network's website | https://…"),
            long=True,
            required=False,
            max_length=1_500,
        ),
        ChoiceField(
            name="commands", label=_("Offer these next"), options=commands, multiple=True, required=False
        ),
        ChoiceField(name="pages", label=_("Offer these pages"), options=pages, multiple=True, required=False),
        TextField(
            name="related",
            label=_("Related answers, by their short names, one a line"),
            long=True,
            required=False,
            max_length=800,
        ),
    )


def fresh(context: Context) -> RawAnswers:
    """What a new entry's form is filled with."""
    return {
        "reviewed_on": context.now.astimezone(LONDON).date().isoformat(),
        "review_months": str(REVIEWED_EVERY_MONTHS),
    }


def begun(context: Context, questions: Sequence[str]) -> RawAnswers:
    """The form of a new answer to what was asked: the first question is its title, all are its examples."""
    examples = [" ".join(text.split())[:LONGEST_EXAMPLE] for text in questions]
    return fresh(context) | {
        "title": examples[0][:LONGEST_TITLE],
        "examples": "\n".join(dict.fromkeys(examples)),
    }


def initial(content: Content) -> RawAnswers:
    """The form filled from an entry as it is."""
    welsh: dict[str, Any] = {"title": "", "answer": "", "source": "", "link_labels": [], "reviewed": False}
    welsh |= content["cy"] or {}
    return {
        "title": content["title"],
        "answer": content["answer"],
        "source": content["source"],
        "reviewed_on": content["reviewed_on"],
        "review_months": str(content["review_months"]),
        "cy_title": welsh["title"],
        "cy_answer": welsh["answer"],
        "cy_source": welsh["source"],
        "cy_link_labels": "\n".join(welsh["link_labels"]),
        "cy_reviewed": "yes" if welsh["reviewed"] else "no",
        "examples": "\n".join(content["examples"]),
        "checks": "\n".join(content["checks"]),
        "links": "\n".join(f"{label} | {url}" for label, url in content["links"]),
        "commands": list(content["commands"]),
        "pages": list(content["pages"]),
        "related": "\n".join(content["related"]),
    }


def read(context: Context, answers: Answers, known: frozenset[str]) -> Content:
    """What was answered, as an entry says it; ``known`` are the entries there are.

    :raises UserError: something cannot be said so.
    """
    _ = context._
    day = answers.day("reviewed_on") or date.min
    if day > context.now.astimezone(LONDON).date():
        raise UserError(_("That day has not come yet."), field="reviewed_on")
    if bool(answers.text("cy_title")) != bool(answers.text("cy_answer")):
        missing = "cy_answer" if answers.text("cy_title") else "cy_title"
        raise UserError(_("Give both the question and the answer in Welsh, or neither."), field=missing)
    links = _links(context, lines(answers.text("links")))
    labels = flat_lines(answers.text("cy_link_labels"))
    if said := wrong_labels(context.words, labels, len(links)):
        raise UserError(said, field="cy_link_labels")
    for name in ("cy_source", "cy_link_labels"):
        if answers.text(name) and not answers.text("cy_title"):
            raise UserError(_("Give the question and the answer in Welsh first."), field="cy_title")
    related = lines(answers.text("related"))
    for slug in related:
        if slug not in known:
            raise UserError(_("There is no answer called “%(slug)s”.") % {"slug": slug[:80]}, field="related")
    return {
        "title": " ".join(answers.text("title").split()),
        "answer": answers.text("answer").strip(),
        "source": " ".join(answers.text("source").split()),
        "reviewed_on": day.isoformat(),
        "review_months": answers.number("review_months") or REVIEWED_EVERY_MONTHS,
        "links": links,
        "commands": list(answers.several("commands")),
        "pages": list(answers.several("pages")),
        "related": related,
        "examples": _asked(context, answers, "examples"),
        "checks": _asked(context, answers, "checks"),
        "cy": {
            "title": " ".join(answers.text("cy_title").split()),
            "answer": answers.text("cy_answer").strip(),
            "source": " ".join(answers.text("cy_source").split()),
            "link_labels": labels,
            "reviewed": answers.yes("cy_reviewed"),
        }
        if answers.text("cy_title")
        else None,
    }


def lines(text: str) -> list[str]:
    """Its lines without blanks and repetitions, in their order."""
    return list(dict.fromkeys(flat_lines(text)))


def flat_lines(text: str) -> list[str]:
    """The same with repetitions: two links may say the same."""
    return [flat for line in text.splitlines() if (flat := " ".join(line.split()))]


def wrong_labels(words: Words, labels: list[str], links: int) -> str:
    """What is wrong with the labels of an entry's links in another language; empty where nothing is."""
    if labels and len(labels) != links:
        return words._("Give as many labels in Welsh as there are links, one a line, or none.")
    if any(len(label) > LONGEST_LABEL for label in labels):
        most = {"most": words.number(LONGEST_LABEL)}
        return words._("A label has more than %(most)s characters. Shorten it.") % most
    return ""


def _asked(context: Context, answers: Answers, name: str) -> list[str]:
    found = lines(answers.text(name))
    if any(len(line) > LONGEST_EXAMPLE for line in found):
        most = {"most": context.words.number(LONGEST_EXAMPLE)}
        raise UserError(context._("A line has more than %(most)s characters. Shorten it.") % most, field=name)
    if name == "checks" and set(found) & set(lines(answers.text("examples"))):
        text = context._(
            "A test question is also an example, so it would test nothing. Take out one of them."
        )
        raise UserError(text, field=name)
    return found


def _links(context: Context, typed: list[str]) -> list[list[str]]:
    _ = context._
    if len(typed) > MOST_LINKS:
        most = {"most": context.words.number(MOST_LINKS)}
        raise UserError(_("There may be %(most)s links at most.") % most, field="links")
    found = []
    for line in typed:
        match = LINK.fullmatch(line)
        if match is None:
            said = _(
                "Write “%(line)s” as a label, an upright stroke | and an address that begins with https://."
            )
            raise UserError(said % {"line": line[:60]}, field="links")
        found.append([match["label"].strip(), match["url"]])
    return found
