"""Typing mistakes: an unknown word becomes the nearest known one before matching."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from handlers.faq_engine.text import Stemmer

SHORTEST = 4
# From this length on a word may be two edits away from what was meant.
_LONG = 8
# Nobody mistypes more words in a question; the bound keeps nonsense from costing time.
_MOST_REPAIRS = 8


NO_WORDS: Mapping[str, int] = {}


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
                word = self._nearest(word) or word
            found.append(word)
        return found

    def _knows(self, word: str) -> bool:
        """Whether a text has the word, in this form or in another of the same stem, or the language has."""
        return word in self.counts or word in self._language or self._stemmer.stems([word])[0] in self._stems

    def _nearest(self, word: str) -> str | None:
        """The fewest edits away; of those, one that the texts have, then one with the same beginning, then
        the most common."""
        edits = 2 if len(word) >= _LONG else 1
        near = [
            (
                distance,
                candidate not in self.counts,
                candidate[0] != word[0],
                -self.counts.get(candidate, 0),
                self._language.get(candidate, 0),
                candidate,
            )
            for length in range(len(word) - edits, len(word) + edits + 1)
            for candidate, distance, _ in extract(
                word, self._by_length.get(length, ()), scorer=OSA.distance, score_cutoff=edits, limit=None
            )
        ]
        return min(near)[-1] if near else None
