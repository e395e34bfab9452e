"""What the FAQ engine is compared with: simpler ways to find the entry that a question is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from rapidfuzz.fuzz import token_sort_ratio
from rapidfuzz.process import cdist

from handlers.faq_engine import Entry
from handlers.faq_engine.features import Features, Floats, similarities
from handlers.faq_engine.text import Stemmer, words

# Scores of questions, by questions and texts.
Scores = Callable[[Sequence[str], Sequence[str]], Floats]

# The usual constants of Okapi BM25.
_SATURATION = 1.2
_LENGTH = 0.75


def bm25(texts: Sequence[str], questions: Sequence[str]) -> Floats:
    """Okapi BM25 on stems."""
    stemmer = Stemmer()
    said = [stemmer.learn(words(text)) for text in texts]
    columns = {stem: at for at, stem in enumerate(sorted({stem for stems in said for stem in stems}))}
    counts = np.zeros((len(texts), len(columns)), np.float32)
    for row, stems in enumerate(said):
        for stem in stems:
            counts[row, columns[stem]] += 1
    lengths = counts.sum(axis=1, keepdims=True)
    held = (counts > 0).sum(axis=0)
    rarity = np.log(1 + (len(texts) - held + 0.5) / (held + 0.5))
    damped = counts + _SATURATION * (1 - _LENGTH + _LENGTH * lengths / lengths.mean())
    weights = rarity * counts * (_SATURATION + 1) / damped
    scores = np.zeros((len(questions), len(texts)), np.float32)
    for row, question in enumerate(questions):
        known = [columns[stem] for stem in stemmer.learn(words(question)) if stem in columns]
        scores[row] = weights[:, known].sum(axis=1)
    return scores


def fuzzy(texts: Sequence[str], questions: Sequence[str]) -> Floats:
    """The likeness of the characters, whatever the order of the words."""
    plain = [[" ".join(words(text)) for text in part] for part in (questions, texts)]
    scores: Floats = cdist(plain[0], plain[1], scorer=token_sort_ratio, dtype=np.float32)
    return scores


def nearest(texts: Sequence[str], questions: Sequence[str]) -> Floats:
    """TF-IDF over the very features of the engine: the nearest text decides."""
    stemmer = Stemmer()
    said = [words(text) for text in texts]
    features = Features.learn(said, stemmer)
    asked = features.rows(words(question) for question in questions)
    return similarities(asked, features.rows(said), len(features.names))


RIVALS: dict[str, Scores] = {"BM25": bm25, "fuzzy match": fuzzy, "TF-IDF nearest neighbour": nearest}


def first_three(scores: Scores, entries: Sequence[Entry], questions: Sequence[str]) -> list[list[str]]:
    """The three best entries for each question: an entry is as good as its best text."""
    texts = [text for entry in entries for text in (*entry.texts, *entry.examples)]
    starts = np.cumsum([0, *(len(entry.texts) + len(entry.examples) for entry in entries)])[:-1]
    best = np.maximum.reduceat(scores(texts, questions), starts, axis=1)
    return [[entries[at].slug for at in row] for row in np.argsort(-best, axis=1, kind="stable")[:, :3]]
