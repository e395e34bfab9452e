"""Public sets of questions with known intents, for measuring the FAQ engine."""

from __future__ import annotations

import csv
import json
import random
import string
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from handlers.faq_engine import Entry

SOURCES = """\
BANKING77 (Casanueva et al., 2020; PolyAI, task-specific-datasets; CC BY 4.0):
  BENCH_DATA_DIR/banking77/train.csv and test.csv, columns text and category
CLINC150 (Larson et al., 2019; oos-eval; CC BY 3.0):
  BENCH_DATA_DIR/clinc150/data_full.json, as published"""

Question = tuple[str, str]


@dataclass(frozen=True)
class Intents:
    """Questions with their intents, to learn from and to be tested with; ``strange`` have none."""

    name: str
    train: Sequence[Question]
    test: Sequence[Question]
    strange: Sequence[str] = field(default=())

    def only(self, intents: set[str]) -> Intents:
        """The part about some intents."""
        return Intents(
            self.name,
            [question for question in self.train if question[1] in intents],
            [question for question in self.test if question[1] in intents],
            self.strange,
        )

    def some(self, count: int, seed: int) -> Intents:
        """The part about so many intents, drawn by chance."""
        names = sorted({intent for _, intent in self.train})
        return self.only(set(random.Random(seed).sample(names, count)))

    def entries(self, examples: int | None, seed: int = 0, *, titled: bool) -> list[Entry]:
        """One for each intent with so many examples drawn by chance, or all; the intent's name is its
        title where ``titled``."""
        texts: dict[str, list[str]] = defaultdict(list)
        for text, intent in self.train:
            texts[intent].append(text)
        draw = random.Random(seed)
        return [
            Entry(
                intent,
                (intent.replace("_", " "),) if titled else (),
                tuple(draw.sample(held, min(examples, len(held))) if examples else held),
            )
            for intent, held in sorted(texts.items())
        ]


def banking77(folder: Path) -> Intents:
    def rows(name: str) -> list[Question]:
        with (folder / "banking77" / name).open(encoding="utf-8", newline="") as file:
            return [(row["text"], row["category"]) for row in csv.DictReader(file)]

    return Intents("BANKING77", rows("train.csv"), rows("test.csv"))


def clinc150(folder: Path) -> Intents:
    held = json.loads((folder / "clinc150" / "data_full.json").read_text(encoding="utf-8"))

    def rows(name: str) -> list[Question]:
        return [(text, intent) for text, intent in held[name]]

    return Intents("CLINC150", rows("train"), rows("test"), [text for text, _ in held["oos_test"]])


def mistyped(text: str, draw: random.Random) -> str:
    """One character left out, put in, changed, or swapped with the next."""
    at = draw.randrange(len(text))
    letter = draw.choice(string.ascii_lowercase)
    match draw.randrange(4):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[:at] + letter + text[at:]
        case 2:
            return text[:at] + letter + text[at + 1 :]
        case _:
            return text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :]
