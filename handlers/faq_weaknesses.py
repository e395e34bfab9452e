"""Weak entries of the knowledge base: what keeps them from being answered with, or from being relied on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from handlers.faq_engine import missing_examples
from handlers.faq_engine.clashes import Clash
from store.faq import FaqEntry

# One example that sounds like another entry is an odd example; from here on the entries overlap.
OVERLAP_FROM = 2


class WeaknessKind(StrEnum):
    FEW_EXAMPLES = "few-examples"
    OVERLAPPING = "overlapping"
    OVERDUE = "overdue"
    NO_WELSH = "no-welsh"


@dataclass(frozen=True, slots=True)
class Weakness:
    """One weakness of one entry, in a sentence for its editor."""

    slug: str
    kind: WeaknessKind
    sentence: str
    # The entry it overlaps with, and the examples that would be taken for that one.
    other: str | None = None
    examples: tuple[str, ...] = ()


def weaknesses(entries: Sequence[FaqEntry], clashes: Sequence[Clash], today: date) -> list[Weakness]:
    """Of all entries, in their order."""
    shared: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for clash in clashes:
        shared[clash.slug][clash.other].append(clash.example)
    return [found for entry in entries for found in _of(entry, shared[entry.slug], today)]


def _of(entry: FaqEntry, shared: dict[str, list[str]], today: date) -> Iterator[Weakness]:
    if missing := missing_examples(entry.examples):
        yield Weakness(
            entry.slug,
            WeaknessKind.FEW_EXAMPLES,
            f"has {len(entry.examples)} examples and is only offered; "
            f"with {missing} more it can be answered with directly",
        )
    for other, examples in shared.items():
        if len(examples) >= OVERLAP_FROM:
            quoted = ", ".join(f"“{example}”" for example in examples)
            yield Weakness(
                entry.slug,
                WeaknessKind.OVERLAPPING,
                f"overlaps with {other}: without knowing better, the bot would take {quoted} for it",
                other,
                tuple(examples),
            )
    if today > entry.due_on:
        yield Weakness(
            entry.slug,
            WeaknessKind.OVERDUE,
            f"was last checked on {entry.reviewed_on} and was to be checked again by {entry.due_on}",
        )
    if entry.in_locale("cy") is None:
        yield Weakness(entry.slug, WeaknessKind.NO_WELSH, "is not there in Welsh")
