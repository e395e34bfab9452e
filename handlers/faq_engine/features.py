"""What of a text is compared: words, pairs of words, and short runs of letters, weighed by TF-IDF."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from handlers.faq_engine.text import Stemmer

Floats = NDArray[np.float32]
Integers = NDArray[np.int32]

# The share that each kind of feature has in how alike two texts are.
WORDS_WEIGHT = 0.3
LETTERS_WEIGHT = 0.7
_RUNS = (2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Rows:
    """Texts as sparse rows of unit length: row ``i`` holds ``columns`` and ``weights`` from
    ``starts[i]`` to ``starts[i + 1]``."""

    starts: Integers
    columns: Integers
    weights: Floats

    def __len__(self) -> int:
        return len(self.starts) - 1


class Features:
    """The known features, their columns and their weights; made by ``learn``, then unchanged."""

    def __init__(self, names: Sequence[str], rarities: Floats, texts: int, stemmer: Stemmer) -> None:
        self.names = names
        self.rarities = rarities
        self.texts = texts
        self._stemmer = stemmer
        self._columns = {name: column for column, name in enumerate(names)}
        # Features that no text has weigh as much as those that one text has: a question full of
        # unknown words is near to nothing.
        self._unknown = _rarity(1, texts)

    @classmethod
    def learn(cls, texts: Sequence[Sequence[str]], stemmer: Stemmer) -> Features:
        """From the words of each text."""
        seen: Counter[str] = Counter()
        for said in texts:
            seen.update(_counted(said, stemmer.learn(said)).keys())
        names = sorted(seen)
        rarities = np.array([_rarity(seen[name], len(texts)) for name in names], np.float32)
        return cls(names, rarities, len(texts), stemmer)

    def row(self, said: Sequence[str]) -> tuple[Integers, Floats]:
        """The columns and weights of one text, given its words. Never longer than one."""
        columns: list[int] = []
        weights: list[float] = []
        squares = {"w": 0.0, "c": 0.0}
        for name, count in _counted(said, self._stemmer.stems(said)).items():
            column = self._columns.get(name)
            weight = (1 + math.log(count)) * (
                self._unknown if column is None else float(self.rarities[column])
            )
            squares[name[0]] += weight * weight
            if column is not None:
                columns.append(column)
                weights.append(weight)
        scale = {
            "w": math.sqrt(WORDS_WEIGHT / (squares["w"] or 1.0)),
            "c": math.sqrt(LETTERS_WEIGHT / (squares["c"] or 1.0)),
        }
        kinds = [self.names[column][0] for column in columns]
        scaled = [weight * scale[kind] for weight, kind in zip(weights, kinds, strict=True)]
        return np.array(columns, np.int32), np.array(scaled, np.float32)

    def rows(self, texts: Iterable[Sequence[str]]) -> Rows:
        """Many texts, given the words of each."""
        pairs = [self.row(said) for said in texts]
        lengths = [len(columns) for columns, _ in pairs]
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        columns = np.concatenate([columns for columns, _ in pairs] or [np.empty(0, np.int32)])
        weights = np.concatenate([weights for _, weights in pairs] or [np.empty(0, np.float32)])
        return Rows(starts, columns, weights)


def similarities(left: Rows, right: Rows, features: int) -> Floats:
    """How alike each row of ``left`` is to each of ``right``: the cosine, from 0 to 1."""
    order = np.argsort(right.columns, kind="stable")
    owners = np.repeat(np.arange(len(right), dtype=np.int32), np.diff(right.starts))[order]
    weights = right.weights[order]
    begins = np.searchsorted(right.columns[order], np.arange(features + 1)).astype(np.int64)
    found = np.empty((len(left), len(right)), np.float32)
    for row in range(len(left)):
        part = slice(left.starts[row], left.starts[row + 1])
        columns = left.columns[part]
        lengths = begins[columns + 1] - begins[columns]
        # The places of all postings of this row's columns, one list after the other.
        shifts = begins[columns] - np.concatenate([[0], np.cumsum(lengths)[:-1]])
        places = np.arange(lengths.sum()) + np.repeat(shifts, lengths)
        shares = weights[places] * np.repeat(left.weights[part], lengths)
        found[row] = np.bincount(owners[places], shares, len(right))
    return found


def _counted(said: Sequence[str], stems: Sequence[str]) -> Counter[str]:
    """How often each feature stands in a text; ``w`` names words and pairs, ``c`` runs of letters."""
    counts = Counter(["w" + stem for stem in stems])
    counts.update(f"w{first} {second}" for first, second in pairwise(stems))
    for word in said:
        framed = f" {word} "
        for size in _RUNS:
            if len(framed) <= size:
                counts["c" + framed] += 1
                break
            counts.update(["c" + framed[at : at + size] for at in range(len(framed) - size + 1)])
    return counts


def _rarity(texts_with: int, texts: int) -> float:
    return math.log((1 + texts) / (1 + texts_with)) + 1
