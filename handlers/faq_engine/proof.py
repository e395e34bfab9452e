"""Proof: what measuring a model on its own examples promises for the whole, and says of each entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from handlers.faq_engine.calibration import Calibration, Trials, expected_right
from handlers.faq_engine.features import Floats

# From here on another entry is likelier than all the rest together, none at all included.
LIKELIER_THAN_NOT = 0.5


@dataclass(frozen=True, slots=True)
class Expected:
    """Shares from 0 to 1 that the thresholds are expected to keep, over the mixture of questions that
    calibration assumes."""

    # Of direct answers, how many are right.
    right: float
    # Of questions that are ours, how many are answered directly, and how many answered or offered.
    answered: float
    offered: float
    # Of questions that never were ours, how many are answered all the same.
    strange: float


@dataclass(frozen=True, slots=True)
class EntryProof:
    """How an entry did with its own examples, each judged by a model that had not seen it."""

    examples: int
    # How many would be answered with it directly.
    proven: int
    # Examples that would be taken for questions about another entry, with its slug.
    clashes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    expected: Expected
    entries: Mapping[str, EntryProof]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, held: Mapping[str, Any]) -> Self:
        entries = {
            slug: EntryProof(
                one["examples"],
                one["proven"],
                tuple((example, other) for example, other in one["clashes"]),
            )
            for slug, one in held["entries"].items()
        }
        return cls(Expected(**held["expected"]), entries)


def proof_of(
    slugs: Sequence[str], examples: Sequence[Sequence[str]], trials: Trials, calibration: Calibration
) -> Proof:
    """What the trials say under a calibration; ``examples`` are those of each slug, as they were tried."""
    chances = calibration.probabilities(trials.ours, trials.entries)
    top, best = chances.max(axis=1), chances.argmax(axis=1)
    sure = (top >= calibration.answer_from) & (best == trials.labels)
    entries, begin = {}, 0
    for slug, asked in zip(slugs, examples, strict=True):
        rows = range(begin, begin + len(asked))
        begin += len(asked)
        clashes = tuple(
            (example, slugs[int(best[row])])
            for row, example in zip(rows, asked, strict=True)
            if top[row] >= LIKELIER_THAN_NOT and slugs[int(best[row])] != slug
        )
        entries[slug] = EntryProof(len(asked), int(sure[rows.start : rows.stop].sum()), clashes)
    strange = calibration.probabilities(trials.strange, trials.entries).max(axis=1)
    expected = Expected(
        right=expected_right(trials, calibration),
        answered=_share(top, calibration.answer_from),
        offered=_share(top, calibration.offer_from),
        strange=_share(strange, calibration.answer_from),
    )
    return Proof(expected, entries)


def _share(top: Floats, bar: float) -> float:
    return float((top >= bar).mean()) if len(top) else 0.0
