"""The model: fitted to the entries, it ranks them for a question with calibrated probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from handlers.faq_engine.calibration import UNMEASURED, Aims, Calibration, Trials, calibrate, try_out
from handlers.faq_engine.features import Features, Floats, Integers, Rows, similarities
from handlers.faq_engine.proof import Proof, proof_of
from handlers.faq_engine.repair import Repair
from handlers.faq_engine.text import Stemmer, words
from handlers.faq_engine.training import train

# How closely the classifier follows the examples: by words, and by meaning.
PENALTY = 30.0
MEANING_PENALTY = 10.0
# Beside the likeness of meanings, likeness of words counts this much.
WORDS_SHARE = 0.25
# How much the repaired reading of a question counts beside the one as it stands. An encoder knows which
# words there are, so what it has repaired was seldom right.
REPAIR_TRUST = 0.5
MEANING_REPAIR_TRUST = 0.8
# An entry with fewer examples is offered, never answered with directly.
FEWEST_EXAMPLES = 5


class Encoder(Protocol):
    """What turns a text into a vector of length one that stands for its meaning."""

    # The words it knows whole, with their ranks, the most common first.
    words: Mapping[str, int]

    def vectors(self, texts: Sequence[str]) -> Floats:
        """A row for each text."""
        ...

    def together(self, texts: Sequence[str]) -> Floats:
        """As ``vectors``, and quicker for a few texts."""
        ...


@dataclass(frozen=True, slots=True)
class Meanings:
    """The semantic strength of a model."""

    encoder: Encoder
    # As the features have theirs: the vector's width by entries.
    weights: Floats

    def parts(self, texts: Sequence[str]) -> Floats:
        """What the meaning of each text adds to its logits, a row for each."""
        found: Floats = self.encoder.together(texts) @ self.weights
        return found


@dataclass(frozen=True, slots=True)
class Entry:
    """What the engine knows of an entry: its titles and its answer, and how people ask."""

    slug: str
    texts: tuple[str, ...]
    examples: tuple[str, ...]


def missing_examples(examples: Sequence[str]) -> int:
    """How many more an entry needs before it is answered with directly; none when it has enough."""
    return max(0, FEWEST_EXAMPLES - len(examples))


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
    # None in the lexical strength.
    meanings: Meanings | None = None
    calibration: Calibration = UNMEASURED
    # What measuring found; None before it.
    proof: Proof | None = None

    def rank(self, question: str, *, most: int = 5) -> list[Ranked]:
        """The likeliest entries, likeliest first; none where the question has no known feature."""
        logits = self.logits(question)
        if logits is None:
            return []
        chances = self.calibration.probabilities(logits, len(self.slugs))
        order = np.argsort(-chances, kind="stable")[:most]
        return [Ranked(self.slugs[at], float(chances[at])) for at in order]

    def guesses(self, question: str) -> bool:
        """Whether no word of a question is known as it stands: what is read into it is a guess."""
        said = words(question)
        return not set(said) & set(self.repair.words(said))

    def logits(self, question: str) -> Floats | None:
        """One for each entry, or None where nothing is in common with any.

        A question with mistyped words is read both ways: a word may look mistyped and be right.
        """
        if not self.slugs:
            return None
        said = words(question)
        meant = self.repair.words(said)
        readings = [(question, said)] if meant == said else [(question, said), (" ".join(meant), meant)]
        rows = [(text, self.features.row(read)) for text, read in readings]
        known = [(text, columns, weights) for text, (columns, weights) in rows if len(columns)]
        if not known:
            return None
        logits: Floats = np.stack([weights @ self.weights[columns] for _, columns, weights in known])
        if self.meanings:
            logits += self.meanings.parts([text for text, _, _ in known])
        trust = REPAIR_TRUST if self.meanings is None else MEANING_REPAIR_TRUST
        found: Floats = logits[0] if len(known) == 1 else (1 - trust) * logits[0] + trust * logits[1]
        return found


def fit(entries: Sequence[Entry], not_ours: Sequence[str] = (), *, encoder: Encoder | None = None) -> Model:
    """A model that can rank but has not been measured: it offers and answers nothing directly.
    Questions that are ``not_ours`` are learnt like an entry, one that is never shown. It is lexical
    without an ``encoder``."""
    return _Lesson(entries, not_ours, encoder).model()


def fit_calibrated(
    entries: Sequence[Entry],
    not_ours: Sequence[str] = (),
    aims: Aims | None = None,
    *,
    encoder: Encoder | None = None,
) -> Model:
    """A model with probabilities and thresholds measured on the entries themselves and on questions
    that are ``not_ours``. Takes some ten times as long as ``fit``."""
    lesson = _Lesson(entries, not_ours, encoder)
    model = lesson.model()
    if not entries:
        return model
    trials = try_out(lesson.kernel, lesson.labels, lesson.asked, len(entries), lesson.penalty)
    calibration = calibrate(trials, aims or Aims())
    proof = proof_of(model.slugs, [entry.examples for entry in entries], trials, calibration)
    return replace(model, calibration=calibration, proof=proof if len(trials.ours) else None)


def trials_of(
    entries: Sequence[Entry], not_ours: Sequence[str] = (), *, encoder: Encoder | None = None
) -> Trials:
    """Every example judged by a model that has not seen it, entries and examples in their order."""
    lesson = _Lesson(entries, not_ours, encoder)
    return try_out(lesson.kernel, lesson.labels, lesson.asked, len(entries), lesson.penalty)


class _Lesson:
    """The entries as rows of features, and how alike each two of the rows are."""

    def __init__(self, entries: Sequence[Entry], not_ours: Sequence[str], encoder: Encoder | None) -> None:
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
        self.repair = Repair.learn(said, stemmer, encoder.words if encoder else {})
        self.rows = self.features.rows(said)
        self.kernel = similarities(self.rows, self.rows, len(self.features.names))
        self.encoder = encoder if rows else None
        if self.encoder:
            self.vectors = self.encoder.vectors([text for _, text, _ in rows])
            self.kernel = self.vectors @ self.vectors.T + WORDS_SHARE * self.kernel
        self.words_share, self.penalty = (WORDS_SHARE, MEANING_PENALTY) if self.encoder else (1.0, PENALTY)

    def model(self) -> Model:
        classes = int(self.labels.max(initial=len(self.entries) - 1)) + 1
        weights = np.zeros((len(self.features.names), classes), np.float32)
        meanings = None
        if len(self.labels):
            coefficients = train(self.kernel, self.labels, classes, self.penalty)
            _gather(weights, self.rows, self.words_share * coefficients)
            if self.encoder:
                meanings = Meanings(self.encoder, self.vectors.T @ coefficients)
        return Model(
            slugs=tuple(entry.slug for entry in self.entries),
            offered_only=frozenset(entry.slug for entry in self.entries if missing_examples(entry.examples)),
            features=self.features,
            repair=self.repair,
            weights=weights,
            meanings=meanings,
        )


def _gather(weights: Floats, rows: Rows, coefficients: Floats) -> None:
    """Add up the rows' coefficients into the weights of their features. The kernel is linear in the
    features, so this loses nothing, and a question then needs no look at the examples."""
    for row in range(len(rows)):
        part = slice(rows.starts[row], rows.starts[row + 1])
        weights[rows.columns[part]] += np.outer(rows.weights[part], coefficients[row])
