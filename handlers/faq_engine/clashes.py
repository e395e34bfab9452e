"""Clashes: examples that the engine would take for questions about another entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handlers.faq_engine.calibration import measured
from handlers.faq_engine.model import Encoder, Entry, trials_of
from handlers.faq_engine.proof import LIKELIER_THAN_NOT


@dataclass(frozen=True, slots=True)
class Clash:
    """An example that, were it not an example, would be taken for a question about another entry."""

    slug: str
    example: str
    other: str
    # How sure the engine would be of the other, from 0 to 1.
    probability: float


def clashes(
    entries: Sequence[Entry], not_ours: Sequence[str] = (), *, encoder: Encoder | None = None
) -> list[Clash]:
    """The surest first. Each example is judged by a model that has not seen it, so this takes as long as
    measuring a model."""
    examples = [(entry.slug, example) for entry in entries for example in entry.examples]
    if not examples:
        return []
    trials = trials_of(entries, not_ours, encoder=encoder)
    chances = measured(trials).probabilities(trials.ours, len(entries))
    found = [
        Clash(slug, example, entries[int(row.argmax())].slug, float(row.max()))
        for (slug, example), row in zip(examples, chances, strict=True)
        if row.max() >= LIKELIER_THAN_NOT and entries[int(row.argmax())].slug != slug
    ]
    return sorted(found, key=lambda one: -one.probability)
