"""Typing mistakes: an unknown word becomes the nearest known one before matching."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from handlers.faq_engine.text import Stemmer

SHORTEST = 4
# From this length on a word may be two edits away from what was meant.
LONG = 8
# Nobody mistypes more words in a question; the bound keeps nonsense from costing time.
_MOST_REPAIRS = 8


_OF_ONE_LETTER = ("a", "i")
NO_WORDS: Mapping[str, int] = {}


class _Near(NamedTuple):
    """A word that may have been meant; the least is the likeliest."""

    edits: int
    # Whether no text has it, only the language.
    foreign: bool
    begins_otherwise: bool
    rareness: int
    rank: int
    word: str


class Repair:
    """The known words, and how common each is."""

    def __init__(
        self, counts: Mapping[str, int], stemmer: Stemmer, language: Mapping[str, int] = NO_WORDS
    ) -> None:
        """``counts`` says how often the texts have each of their words. ``language`` may name many more
        words that are right, with the rank of each, the most common first."""
        self.counts = counts
        self._language = language
        self._stemmer = stemmer
        self._stems = frozenset(stemmer.learn(list(counts)))
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for word in sorted({*counts, *language}):
            if len(word) >= SHORTEST - 1 and word.isalpha():
                self._by_length[len(word)].append(word)
        self._letters = {
            length: np.array([_letters(word) for word in held], np.uint32)
            for length, held in self._by_length.items()
        }

    @classmethod
    def learn(
        cls, texts: Sequence[Sequence[str]], stemmer: Stemmer, language: Mapping[str, int] = NO_WORDS
    ) -> Repair:
        """From the words of each text."""
        return cls(Counter(word for said in texts for word in said), stemmer, language)

    def words(self, said: Sequence[str]) -> list[str]:
        """The words with each mistyped one put right."""
        left = _MOST_REPAIRS
        found = []
        for word in said:
            if left and len(word) >= SHORTEST and word.isalpha() and not self._knows(word):
                left -= 1
                found += self._repaired(word)
            else:
                found.append(word)
        return found

    def _repaired(self, word: str) -> list[str]:
        near = self._nearest(word)
        if near and near.edits == 1 and not near.foreign:
            return [near.word]
        return self._parted(word) or [near.word if near else word]

    def _parted(self, word: str) -> list[str]:
        """Two words of the texts whose space was left out, the most common two; none where it is not so."""
        pairs = [(word[:at], word[at:]) for at in range(1, len(word))]
        whole = [(min(self.counts[part] for part in pair), pair) for pair in pairs if self._both(pair)]
        return list(max(whole)[1]) if whole else []

    def _both(self, pair: tuple[str, str]) -> bool:
        return all(part in self.counts and (len(part) > 1 or part in _OF_ONE_LETTER) for part in pair)

    def _knows(self, word: str) -> bool:
        """Whether a text has the word, in this form or in another of the same stem, or the language has."""
        return word in self.counts or word in self._language or self._stemmer.stems([word])[0] in self._stems

    def _nearest(self, word: str) -> _Near | None:
        edits = 2 if len(word) >= LONG else 1
        near = [
            _Near(
                distance,
                candidate not in self.counts,
                candidate[0] != word[0],
                -self.counts.get(candidate, 0),
                self._language.get(candidate, 0),
                candidate,
            )
            for length in range(len(word) - edits, len(word) + edits + 1)
            for candidate, distance, _ in extract(
                word, self._like(word, length, edits), scorer=OSA.distance, score_cutoff=edits, limit=None
            )
        ]
        return min(near, default=None)

    def _like(self, word: str, length: int, edits: int) -> list[str]:
        """The known words of a length whose letters are nearly the same: an edit changes two at most. Most
        words fall away here, where looking costs next to nothing."""
        held = self._by_length.get(length)
        if not held:
            return []
        unlike = np.bitwise_count(self._letters[length] ^ np.uint32(_letters(word)))
        return [held[at] for at in np.flatnonzero(unlike <= 2 * edits)]


def _letters(word: str) -> int:
    """Which letters a word has, a bit each; beyond the alphabet several share one."""
    found = 0
    for letter in set(word):
        found |= 1 << ord(letter) % 32
    return found
