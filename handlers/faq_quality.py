"""Quality of the answers: what was measured on questions of our own, and what calibration expects now."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from handlers.faq_engine.calibration import NEVER, Aims
from handlers.faq_engine.model import Model
from handlers.kit.messages import Fact
from handlers.kit.words import N_, Words

FILE = "faq_quality.toml"


class Figures(BaseModel):
    """Of one strength of the engine; shares from 0 to 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # Of questions about an entry: it is the likeliest, or among the three likeliest.
    first: float
    among_three: float
    # Of direct answers, how many are right.
    right: float
    # Of questions about an entry: answered directly, and answered or offered.
    answered: float
    offered: float
    # Of questions that are not ours: answered directly, and offered something.
    strange_answered: float
    strange_offered: float


class Measured(BaseModel):
    """What ``make bench-faq`` wrote: when, on how much, and what came of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    measured_on: date
    entries: int
    questions: int
    out_of_scope: int
    lexical: Figures
    semantic: Figures | None = None


FIGURE_NAMES = {
    "first": N_("The likeliest answer is the right one"),
    "among_three": N_("The right one is among the three likeliest"),
    "answered": N_("Answered directly"),
    "offered": N_("Answered, or offered among up to three"),
    "right": N_("Of the direct answers, right"),
    "strange_answered": N_("About something else, and answered all the same"),
    "strange_offered": N_("About something else, and offered an answer"),
}


def measured(data_dir: Path) -> Measured | None:
    """The figures of the answers that came with the bot; None where a network has measured none."""
    try:
        with (data_dir / FILE).open("rb") as file:
            return Measured.model_validate(tomllib.load(file))
    except (OSError, tomllib.TOMLDecodeError, ValidationError):
        return None


def rules(words: Words, model: Model | None, aims: Aims) -> list[str]:
    """The two thresholds in words; one sentence where there is none yet."""
    _ = words._
    if model is None or model.calibration.answer_from >= NEVER:
        return [_("I am still measuring myself, or have too few examples: for now I only offer.")]
    held = {
        "answer": words.percent(model.calibration.answer_from),
        "offer": words.percent(model.calibration.offer_from),
        "wrong": words.number(aims.wrong_one_in),
        "ten": words.number(aims.offered_in_ten),
    }
    return [
        _(
            "I give an answer by myself when I hold it for %(answer)s likely or more. That is set so that at "
            "most 1 direct answer in %(wrong)s is wrong."
        )
        % held,
        _(
            "Below that, down to %(offer)s, I offer up to three. That is set so that of 10 questions that "
            "the answers cover, %(ten)s get an answer or the right choice."
        )
        % held,
    ]


def expected(words: Words, model: Model | None) -> tuple[Fact, ...]:
    """What calibration expects of the present answers, from their own examples; empty before it."""
    if model is None or model.proof is None:
        return ()
    _, found = words._, model.proof.expected
    return (
        Fact(label=_("Of the direct answers, right"), value=words.percent(found.right)),
        Fact(label=_("Answered directly"), value=words.percent(found.answered)),
        Fact(label=_("Answered, or offered among up to three"), value=words.percent(found.offered)),
        Fact(label=_("About something else, and answered all the same"), value=words.percent(found.strange)),
    )
