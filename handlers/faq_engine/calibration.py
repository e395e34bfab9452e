"""Calibration: how far a probability can be trusted, learnt from the knowledge base alone.

Each example is judged by a model that never saw it (five folds), and by a model that never saw its
entry (a tenth of the entries hidden at a time), which makes it a question that is not ours. The
latter are nearer to our own questions than strangers' usually are, so they count as few.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handlers.faq_engine.features import Floats, Integers
from handlers.faq_engine.training import train

FOLDS = 5
HIDDEN_PARTS = 10
# Of all questions asked, how many are about a topic that no entry has yet, and how many are nothing
# to do with us. The rest are ours.
UNWRITTEN_SHARE = 0.1
STRANGE_SHARE = 0.2
# Of the hidden entries' questions, so many times as many may be answered as of strangers': most are
# about something that a neighbouring entry all but answers.
UNWRITTEN_ODDS = 2.0
# A threshold that no probability reaches.
NEVER = 2.0
_SCALES = np.geomspace(0.15, 4, 34)
_NONES = np.linspace(-6, 24, 121)
# Half a wrong answer more than was seen, so that a handful of examples promises nothing.
_UNSEEN_WRONG = 0.5


@dataclass(frozen=True, slots=True)
class Aims:
    """What the thresholds are set for, in words that a person understands."""

    # At most one direct answer in so many may be wrong.
    wrong_one_in: int = 50
    # Of ten questions that we could answer, how many get an answer or a choice.
    offered_in_ten: int = 9


@dataclass(frozen=True, slots=True)
class Calibration:
    """Turns logits into probabilities, and says from which one on to answer or to offer."""

    # Logits are divided by this; ``none`` is the logit of "no entry at all".
    scale: float
    none: float
    answer_from: float
    offer_from: float

    def probabilities(self, logits: Floats) -> Floats:
        """Of each entry, along the last axis. They add up to less than one: the rest is for none."""
        scaled = logits / self.scale
        peak = np.maximum(scaled.max(axis=-1, keepdims=True), self.none)
        powers = np.exp(scaled - peak)
        chances: Floats = powers / (powers.sum(axis=-1, keepdims=True) + np.exp(self.none - peak))
        return chances


# Before anything was measured: everything may be offered, nothing answered.
UNMEASURED = Calibration(scale=0.5, none=4.0, answer_from=NEVER, offer_from=0.1)


@dataclass(frozen=True, slots=True)
class Trials:
    """Logits of questions whose truth is known. ``labels`` are of ``ours``; the others have none."""

    ours: Floats
    labels: Integers
    unwritten: Floats
    strange: Floats

    def shares(self) -> tuple[float, float, float]:
        """How much of all questions each kind stands for."""
        unwritten = UNWRITTEN_SHARE if len(self.unwritten) else 0.0
        strange = STRANGE_SHARE if len(self.strange) else 0.0
        return 1 - unwritten - strange, unwritten, strange


def try_out(
    kernel: Floats, labels: Integers, asked: NDArray[np.bool_], strange: Floats, penalty: float
) -> Trials:
    """Judge every row that is ``asked`` (the rest, titles and answers, are always known) by models that
    did not see it. ``strange`` are logits of questions that are not ours."""
    classes = int(labels.max(initial=-1)) + 1
    turns = _turns(labels, asked)
    ours = np.zeros((len(labels), classes), np.float32)
    for fold in range(FOLDS):
        held = turns == fold
        if held.any():
            seen = ~held
            ours[held] = kernel[np.ix_(held, seen)] @ train(
                kernel[np.ix_(seen, seen)], labels[seen], classes, penalty
            )
    hidden = np.full((len(labels), classes), -1e4, np.float32)
    parts = _neighbourhoods(kernel, labels, classes) if classes > 1 else []
    for part in parts:
        kept = np.setdiff1d(np.arange(classes), part)
        seen = np.isin(labels, kept)
        held = ~seen & asked
        if held.any() and len(kept):
            names = np.searchsorted(kept, labels[seen]).astype(np.int32)
            hidden[np.ix_(held, kept)] = kernel[np.ix_(held, seen)] @ train(
                kernel[np.ix_(seen, seen)], names, len(kept), penalty
            )
    return Trials(ours[asked], labels[asked], hidden[asked] if parts else hidden[:0], strange)


def calibrate(trials: Trials, aims: Aims) -> Calibration:
    """The likeliest scale, and the lowest thresholds that keep to the aims."""
    if not len(trials.ours):
        return UNMEASURED
    scale, none = _likeliest(trials)
    measured = Calibration(scale, none, NEVER, 0.0)
    chances = measured.probabilities(trials.ours)
    top, right = chances.max(axis=1), chances.argmax(axis=1) == trials.labels
    own = chances[np.arange(len(top)), trials.labels]
    among_three = (chances > own[:, None]).sum(axis=1) < 3
    offered = np.sort(top[among_three])
    refused = int(len(offered) * (10 - aims.offered_in_ten) / 10)
    offer_from = float(offered[refused]) if len(offered) else UNMEASURED.offer_from
    wrong_at_most = 1 / aims.wrong_one_in
    answer_from = max(
        offer_from,
        _lowest(top, right, wrong_at_most),
        _passed_by(measured.probabilities(trials.unwritten), UNWRITTEN_ODDS * wrong_at_most),
        _passed_by(measured.probabilities(trials.strange), wrong_at_most),
    )
    return Calibration(scale, none, answer_from, offer_from)


def _neighbourhoods(kernel: Floats, labels: Integers, classes: int) -> list[list[int]]:
    """The entries in parts of neighbours, so that hiding a part hides a topic and not one of twins:
    mistaking one twin for the other is what the folds measure."""
    member = np.zeros((len(labels), classes), np.float32)
    member[np.arange(len(labels)), labels] = 1
    member /= np.maximum(member.sum(axis=0), 1)
    nearness = member.T @ kernel @ member
    size = max(1, math.ceil(classes / HIDDEN_PARTS))
    left, parts = list(range(classes)), []
    while left:
        first = left[0]
        part = sorted(left, key=lambda other: (other != first, -nearness[first, other]))[:size]
        parts.append(part)
        left = [other for other in left if other not in part]
    return parts


def _turns(labels: Integers, asked: NDArray[np.bool_]) -> Integers:
    """The fold of each row, spread evenly over each entry; -1 for rows that are always seen."""
    turns = np.full(len(labels), -1, np.int32)
    shuffle = np.random.default_rng(0)
    for label in np.unique(labels):
        rows = np.flatnonzero((labels == label) & asked)
        turns[shuffle.permutation(rows)] = (np.arange(len(rows)) + label) % FOLDS
    return turns


def _likeliest(trials: Trials) -> tuple[float, float]:
    """The scale and the logit of none under which what was seen is likeliest."""
    ours, *others = trials.shares()
    best = (-math.inf, 1.0, 0.0)
    for scale in _SCALES:
        own = trials.ours[np.arange(len(trials.labels)), trials.labels] / scale
        sums = np.logaddexp(_log_sums(trials.ours / scale)[:, None], _NONES)
        likelihood = ours * (own[:, None] - sums).mean(axis=0)
        for share, logits in zip(others, (trials.unwritten, trials.strange), strict=True):
            if share:
                sums = np.logaddexp(_log_sums(logits / scale)[:, None], _NONES)
                likelihood = likelihood + share * (_NONES - sums).mean(axis=0)
        at = int(likelihood.argmax())
        best = max(best, (float(likelihood[at]), float(scale), float(_NONES[at])))
    return best[1], best[2]


def _lowest(chances: Floats, right: NDArray[np.bool_], wrong_at_most: float) -> float:
    """The lowest threshold from which on no more than a share of the direct answers is wrong."""
    order = np.argsort(-chances, kind="stable")
    wrong = np.cumsum(~right[order]) + _UNSEEN_WRONG
    kept = np.flatnonzero(wrong <= wrong_at_most * np.arange(1, len(order) + 1))
    return float(chances[order][kept[-1]]) if len(kept) else NEVER


def _passed_by(chances: Floats, share: float) -> float:
    """The threshold that a share of questions passes, none of which is ours."""
    return float(np.quantile(chances.max(axis=1), 1 - share)) if len(chances) else 0.0


def _log_sums(logits: Floats) -> Floats:
    peak = logits.max(axis=1)
    sums: Floats = peak + np.log(np.exp(logits - peak[:, None]).sum(axis=1))
    return sums
