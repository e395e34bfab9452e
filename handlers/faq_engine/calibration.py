"""Calibration: how far a probability can be trusted, learnt from the knowledge base alone.

Each example is judged by a model that never saw it (five folds), and by a model that never saw its
entry nor the entries near to it (a tenth of them hidden at a time), which makes it a question that is
not ours. One mixture of these, and of lines that never were ours, stands for all that people will ask.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from handlers.faq_engine.features import Floats, Integers
from handlers.faq_engine.training import train

Doubles = NDArray[np.float64]

FOLDS = 5
HIDDEN_PARTS = 10
# Of all questions asked, how many are not ours: two of three have nothing to do with us, one is about
# something that nobody has written an answer to yet. A guess, and on the safe side for a bot inside a
# members' workspace; probabilities and thresholds both follow from it.
NOT_OURS_SHARE = 0.3
STRANGE_PART = 2 / 3
# A threshold that no probability reaches.
NEVER = 2.0
_SCALES = np.geomspace(0.15, 4, 34)
_NONES = np.linspace(-6, 24, 121)
_CURVE_STEPS = 50


@dataclass(frozen=True, slots=True)
class Aims:
    """What the thresholds are set for, in words that a person understands."""

    # At most one direct answer in so many may be wrong.
    wrong_one_in: int = 50
    # Of ten questions that we could answer, how many get an answer or a choice.
    offered_in_ten: int = 9
    # The same for answers to questions that nobody put to the bot; where this is laxer than the first, the
    # first holds.
    unasked_wrong_one_in: int = 200


@dataclass(frozen=True, slots=True)
class Calibration:
    """Turns logits into probabilities, and says from which one on to answer or to offer."""

    # Logits are divided by this; ``none`` is the logit of "no entry at all".
    scale: float
    none: float
    answer_from: float
    offer_from: float
    # To answer what nobody put to the bot.
    unasked_from: float = NEVER

    def probabilities(self, logits: Floats, entries: int) -> Floats:
        """Of each entry, along the last axis; a column beyond the entries is what is not ours. They add
        up to less than one: the rest is for none of them."""
        scaled = logits / self.scale
        peak = np.maximum(scaled.max(axis=-1, keepdims=True), self.none)
        powers = np.exp(scaled - peak)
        chances: Floats = powers / (powers.sum(axis=-1, keepdims=True) + np.exp(self.none - peak))
        return chances[..., :entries]


# Before anything was measured: everything may be offered, nothing answered.
UNMEASURED = Calibration(scale=0.5, none=4.0, answer_from=NEVER, offer_from=0.1)


@dataclass(frozen=True, slots=True)
class Trials:
    """Logits of questions whose truth is known. ``labels`` are of ``ours``; the others have none. All have
    a column for each of the ``entries``, and one for what is not ours where that was learnt."""

    entries: int
    ours: Floats
    labels: Integers
    unwritten: Floats
    strange: Floats

    def shares(self) -> tuple[float, float, float]:
        """How much of all questions each kind stands for; a kind that is not there leaves its part to
        the other that is not ours."""
        if not len(self.unwritten) and not len(self.strange):
            return 1.0, 0.0, 0.0
        part = STRANGE_PART if len(self.strange) else 0.0
        part = part if len(self.unwritten) else 1.0
        return 1 - NOT_OURS_SHARE, NOT_OURS_SHARE * (1 - part), NOT_OURS_SHARE * part


def try_out(
    kernel: Floats, labels: Integers, asked: NDArray[np.bool_], entries: int, penalty: float
) -> Trials:
    """Judge every row that is ``asked`` (the rest, titles and answers, are always known) by models that
    did not see it. Labels beyond the ``entries`` are of what is not ours."""
    classes = int(labels.max(initial=-1)) + 1
    turns = _turns(labels, asked)
    found = np.zeros((len(labels), classes), np.float32)
    for fold in range(FOLDS):
        held = turns == fold
        if held.any():
            seen = ~held
            found[held] = kernel[np.ix_(held, seen)] @ train(
                kernel[np.ix_(seen, seen)], labels[seen], classes, penalty
            )
    hidden = np.full((len(labels), classes), -1e4, np.float32)
    parts = _neighbourhoods(kernel, labels, entries) if entries > 1 else []
    for part in parts:
        kept = np.setdiff1d(np.arange(classes), part)
        seen = np.isin(labels, kept)
        held = ~seen & asked
        if held.any() and len(kept):
            names = np.searchsorted(kept, labels[seen]).astype(np.int32)
            hidden[np.ix_(held, kept)] = kernel[np.ix_(held, seen)] @ train(
                kernel[np.ix_(seen, seen)], names, len(kept), penalty
            )
    ours = asked & (labels < entries)
    return Trials(
        entries=entries,
        ours=found[ours],
        labels=labels[ours],
        unwritten=hidden[ours] if parts else hidden[:0],
        strange=found[labels >= entries],
    )


def calibrate(trials: Trials, aims: Aims) -> Calibration:
    """The likeliest scale, and the lowest thresholds that keep to the aims."""
    if not len(trials.ours):
        return UNMEASURED
    probable = measured(trials)
    chances = probable.probabilities(trials.ours, trials.entries)
    top, right = chances.max(axis=1), chances.argmax(axis=1) == trials.labels
    own = chances[np.arange(len(top)), trials.labels]
    among_three = (chances > own[:, None]).sum(axis=1) < 3
    offered = np.sort(top[among_three])
    refused = int(len(offered) * (10 - aims.offered_in_ten) / 10)
    offer_from = float(offered[refused]) if len(offered) else UNMEASURED.offer_from
    unwritten = probable.probabilities(trials.unwritten, trials.entries).max(axis=1)
    strange = probable.probabilities(trials.strange, trials.entries).max(axis=1)
    asked, answered_right, weights = _mixture(trials, top, right, unwritten, strange)

    def wrong_at_most(one_in: int) -> float:
        """The threshold from which on at most one answer in so many is wrong."""
        return max(
            _lowest(asked, answered_right, weights, 1 / one_in),
            # However often people ask what is not ours, few of those questions are answered.
            float(np.quantile(strange, 1 - 1 / one_in)) if len(strange) else 0.0,
        )

    answer_from = max(offer_from, wrong_at_most(aims.wrong_one_in))
    unasked_from = max(answer_from, wrong_at_most(aims.unasked_wrong_one_in))
    return replace(probable, answer_from=answer_from, offer_from=offer_from, unasked_from=unasked_from)


def expected_right(trials: Trials, calibration: Calibration) -> float:
    """Of direct answers, the share that is expected to be right, by the curve that set the threshold."""
    chances, unwritten, strange = (
        calibration.probabilities(logits, trials.entries)
        for logits in (trials.ours, trials.unwritten, trials.strange)
    )
    asked, right, weights = _mixture(
        trials,
        chances.max(axis=1),
        chances.argmax(axis=1) == trials.labels,
        unwritten.max(axis=1),
        strange.max(axis=1),
    )
    answered = asked >= calibration.answer_from
    probable = _curve(asked, right, weights)[answered]
    return float(np.average(probable, weights=weights[answered])) if answered.any() else 0.0


def _mixture(
    trials: Trials, top: Floats, right: NDArray[np.bool_], unwritten: Floats, strange: Floats
) -> tuple[Floats, NDArray[np.bool_], Doubles]:
    """All trials together: how sure each was, whether it was right, and how much it counts."""
    kinds = (len(top), len(unwritten), len(strange))
    weights = np.repeat(
        [share / max(1, count) for share, count in zip(trials.shares(), kinds, strict=True)], kinds
    )
    none_right = np.zeros(len(unwritten) + len(strange), np.bool_)
    return np.concatenate([top, unwritten, strange]), np.concatenate([right, none_right]), weights


def measured(trials: Trials) -> Calibration:
    """The likeliest probabilities, before any threshold is set."""
    scale, none = _likeliest(trials)
    return Calibration(scale, none, NEVER, 0.0)


def _neighbourhoods(kernel: Floats, labels: Integers, entries: int) -> list[list[int]]:
    """The entries in parts of neighbours, so that hiding a part hides a topic and not one of twins:
    mistaking one twin for the other is what the folds measure."""
    member = (labels[:, None] == np.arange(entries)).astype(np.float32)
    member /= np.maximum(member.sum(axis=0), 1)
    nearness = member.T @ kernel @ member
    size = max(1, math.ceil(entries / HIDDEN_PARTS))
    left, parts = list(range(entries)), []
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
                none = _NONES[None, :]
                if logits.shape[1] > trials.entries:
                    none = np.logaddexp(none, logits[:, trials.entries :] / scale)
                sums = np.logaddexp(_log_sums(logits / scale)[:, None], _NONES)
                likelihood = likelihood + share * (none - sums).mean(axis=0)
        at = int(likelihood.argmax())
        best = max(best, (float(likelihood[at]), float(scale), float(_NONES[at])))
    return best[1], best[2]


def _lowest(chances: Floats, right: NDArray[np.bool_], weights: Doubles, wrong_at_most: float) -> float:
    """The lowest threshold from which on no more than a share of the direct answers is wrong.

    Not the wrong answers themselves are counted, a handful at best, but how probable they are by a
    curve through all of them: the threshold then hardly depends on single examples.
    """
    wrong = 1 - _curve(chances, right, weights)
    order = np.argsort(-chances, kind="stable")
    kept = np.flatnonzero(np.cumsum((weights * wrong)[order]) <= wrong_at_most * np.cumsum(weights[order]))
    return float(chances[order][kept[-1]]) if len(kept) else NEVER


def _curve(chances: Floats, right: NDArray[np.bool_], weights: Doubles) -> Doubles:
    """How probable it is that each is right: a logistic curve over the log odds (Platt, 1999). His
    targets, just short of one and of none, keep a few examples from promising much."""
    chance = np.clip(chances.astype(np.float64), 1e-6, 1 - 1e-6)
    across = np.stack([np.ones_like(chance), np.log(chance / (1 - chance))])
    good = int(right.sum())
    target = np.where(right, (good + 1) / (good + 2), 1 / (len(right) - good + 2))
    weights = weights * len(right)
    place = np.array([0.0, 1.0])
    for _ in range(_CURVE_STEPS):
        probable = 1 / (1 + np.exp(-(place @ across)))
        slope = across @ (weights * (probable - target))
        bend = (across * (weights * probable * (1 - probable))) @ across.T + 1e-6 * np.eye(2)
        step = np.linalg.solve(bend, slope)
        # No further than a stride at a time: far from the best place the curve is flat.
        place = place - step / max(1.0, float(np.abs(step).max()))
    found: Doubles = 1 / (1 + np.exp(-(place @ across)))
    return found


def _log_sums(logits: Floats) -> Floats:
    peak = logits.max(axis=1)
    sums: Floats = peak + np.log(np.exp(logits - peak[:, None]).sum(axis=1))
    return sums
