"""The model: fitted to the entries, it ranks them for a question with calibrated probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from handlers.faq_engine.calibration import UNMEASURED, Aims, Calibration, calibrate, try_out
from handlers.faq_engine.features import Features, Floats, Integers, Rows, similarities
from handlers.faq_engine.repair import Repair
from handlers.faq_engine.text import Stemmer, words
from handlers.faq_engine.training import train

# How closely the classifier follows the examples.
PENALTY = 30.0
# An entry with fewer examples is offered, never answered with directly.
FEWEST_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """What the engine knows of an entry: its titles and its answer, and how people ask."""

    slug: str
    texts: tuple[str, ...]
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ranked:
    """An entry, and how probable it is that the question is about it."""

    slug: str
    probability: float


@dataclass(frozen=True, slots=True)
class Model:
    """Never changes once made; safe to use from several tasks."""

    slugs: tuple[str, ...]
    # Entries with too few examples to answer with.
    offered_only: frozenset[str]
    features: Features
    repair: Repair
    # Features by entries, and a last column for what is not ours where that was learnt: a question's
    # logits are the weighted sum of its features' rows.
    weights: Floats
    calibration: Calibration = UNMEASURED

    def rank(self, question: str, *, most: int = 5) -> list[Ranked]:
        """The likeliest entries, likeliest first; none where the question has no known feature."""
        logits = self.logits(question)
        if logits is None:
            return []
        chances = self.calibration.probabilities(logits, len(self.slugs))
        order = np.argsort(-chances, kind="stable")[:most]
        return [Ranked(self.slugs[at], float(chances[at])) for at in order]

    def logits(self, question: str) -> Floats | None:
        """One for each entry, or None where nothing is in common with any.

        A question with mistyped words is read both ways: a word may look mistyped and be right.
        """
        said = words(question)
        meant = self.repair.words(said)
        readings = [self.features.row(reading) for reading in ([said] if meant == said else [said, meant])]
        if not self.slugs or not any(len(columns) for columns, _ in readings):
            return None
        found = sum(weights @ self.weights[columns] for columns, weights in readings)
        return np.asarray(found / len(readings), np.float32)


def fit(entries: Sequence[Entry], not_ours: Sequence[str] = ()) -> Model:
    """A model that can rank but has not been measured: it offers and answers nothing directly.
    Questions that are ``not_ours`` are learnt like an entry, one that is never shown."""
    return _Lesson(entries, not_ours).model()


def fit_calibrated(entries: Sequence[Entry], not_ours: Sequence[str] = (), aims: Aims | None = None) -> Model:
    """A model with probabilities and thresholds measured on the entries themselves and on questions
    that are ``not_ours``. Takes some ten times as long as ``fit``."""
    lesson = _Lesson(entries, not_ours)
    model = lesson.model()
    if not entries:
        return model
    trials = try_out(lesson.kernel, lesson.labels, lesson.asked, len(entries), PENALTY)
    return replace(model, calibration=calibrate(trials, aims or Aims()))


class _Lesson:
    """The entries as rows of features, and how alike each two of the rows are."""

    def __init__(self, entries: Sequence[Entry], not_ours: Sequence[str]) -> None:
        self.entries = entries
        rows = [
            (label, text, asked)
            for label, entry in enumerate(entries)
            for asked, texts in ((False, entry.texts), (True, entry.examples))
            for text in texts
        ]
        rows += [(len(entries), text, True) for text in not_ours if entries]
        said = [words(text) for _, text, _ in rows]
        self.labels: Integers = np.array([label for label, _, _ in rows], np.int32)
        self.asked = np.array([asked for _, _, asked in rows], np.bool_)
        stemmer = Stemmer()
        self.features = Features.learn(said, stemmer)
        self.repair = Repair.learn(said, stemmer)
        self.rows = self.features.rows(said)
        self.kernel = similarities(self.rows, self.rows, len(self.features.names))

    def model(self) -> Model:
        classes = int(self.labels.max(initial=len(self.entries) - 1)) + 1
        weights = np.zeros((len(self.features.names), classes), np.float32)
        if len(self.labels):
            _gather(weights, self.rows, train(self.kernel, self.labels, classes, PENALTY))
        return Model(
            slugs=tuple(entry.slug for entry in self.entries),
            offered_only=frozenset(
                entry.slug for entry in self.entries if len(entry.examples) < FEWEST_EXAMPLES
            ),
            features=self.features,
            repair=self.repair,
            weights=weights,
        )


def _gather(weights: Floats, rows: Rows, coefficients: Floats) -> None:
    """Add up the rows' coefficients into the weights of their features. The kernel is linear in the
    features, so this loses nothing, and a question then needs no look at the examples."""
    for row in range(len(rows)):
        part = slice(rows.starts[row], rows.starts[row + 1])
        weights[rows.columns[part]] += np.outer(rows.weights[part], coefficients[row])
