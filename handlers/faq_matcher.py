"""The matcher: which entries of the knowledge base a question may be about.

Cosine similarity of TF-IDF over stemmed words, pairs of words and short runs of letters, the last so that
a typing mistake does not hide a word. A question is as near to an entry as to its nearest phrasing.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import snowballstemmer

# A longer question is cut: nobody asks in more, and matching must not take long.
LONGEST_QUESTION = 1_000
_LETTERS = (3, 4, 5)
_WORD = re.compile(r"[a-z0-9£]+")
_CONTRACTIONS = {
    "what's": "what is",
    "who's": "who is",
    "where's": "where is",
    "how's": "how is",
    "when's": "when is",
    "i'm": "i am",
    "we're": "we are",
    "can't": "cannot",
    "don't": "do not",
    "isn't": "is not",
    "it's": "it is",
    "i've": "i have",
    "we've": "we have",
    "you're": "you are",
    "doesn't": "does not",
    "won't": "will not",
}


@dataclass(frozen=True, slots=True)
class Ranked:
    """An entry and how near the question is to it, from 0 to 1."""

    slug: str
    score: float


class Matcher:
    """Built from phrasings by slug; never changes afterwards."""

    def __init__(self, phrasings: Mapping[str, Iterable[str]]) -> None:
        self._stem = snowballstemmer.stemmer("english")
        self._slugs: list[str] = []
        counted: list[Counter[str]] = []
        for slug, texts in phrasings.items():
            for text in texts:
                self._slugs.append(slug)
                counted.append(Counter(self._features(text)))
        seen_in = Counter(feature for counts in counted for feature in counts)
        rows = len(counted)
        self._idf = {feature: math.log((1 + rows) / (1 + seen)) + 1 for feature, seen in seen_in.items()}
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for row, counts in enumerate(counted):
            for feature, weight in self._vector(counts).items():
                self._postings[feature].append((row, weight))

    def rank(self, question: str, *, most: int = 5) -> list[Ranked]:
        """The nearest entries, nearest first; none where nothing is in common."""
        scores: dict[int, float] = defaultdict(float)
        for feature, weight in self._vector(Counter(self._features(question[:LONGEST_QUESTION]))).items():
            for row, other in self._postings.get(feature, ()):
                scores[row] += weight * other
        best: dict[str, float] = {}
        for row, score in scores.items():
            slug = self._slugs[row]
            best[slug] = max(best.get(slug, 0.0), score)
        ranked = sorted(best.items(), key=lambda item: (-item[1], item[0]))[:most]
        return [Ranked(slug, round(min(score, 1.0), 4)) for slug, score in ranked]

    def _vector(self, counts: Counter[str]) -> dict[str, float]:
        """Weights of unit length. Features that no phrasing has count as common ones, so that a
        question full of unknown words is near to nothing."""
        unknown = max(self._idf.values(), default=1.0)
        weights = {
            feature: (1 + math.log(count)) * self._idf.get(feature, unknown)
            for feature, count in counts.items()
        }
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return {feature: weight / length for feature, weight in weights.items()}

    def _features(self, text: str) -> list[str]:
        words = _words(text)
        stems = self._stem.stemWords(words)
        features = [f"w:{stem}" for stem in stems]
        features += [f"p:{first} {second}" for first, second in pairwise(stems)]
        for word in words:
            framed = f"<{word[:30]}>"
            for size in _LETTERS:
                features += [f"c:{framed[at : at + size]}" for at in range(len(framed) - size + 1)]
        return features


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.lower()).replace("’", "'")
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    for short, whole in _CONTRACTIONS.items():
        plain = plain.replace(short, whole)
    return _WORD.findall(plain)
