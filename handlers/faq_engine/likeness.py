"""Likeness: texts put into groups that say nearly the same, with nothing learnt beforehand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from handlers.faq_engine.features import Features, similarities
from handlers.faq_engine.text import Stemmer, words

# From here on half of the pairs in our evaluation set are questions about the same entry.
ALIKE_FROM = 0.4


def grouped(texts: Sequence[str]) -> list[list[int]]:
    """The places of the texts, in groups: the largest first, and in each the most typical text first.

    Whoever has the most neighbours among those that are left makes a group of them, so no chain of
    neighbours ties together what is not alike.
    """
    if not texts:
        return []
    said = [words(text) for text in texts]
    features = Features.learn(said, Stemmer())
    rows = features.rows(said)
    near = similarities(rows, rows, len(features.names)) >= ALIKE_FROM
    # Signs alone have no features and are like nothing, not even themselves.
    np.fill_diagonal(near, val=True)
    left = np.ones(len(texts), np.bool_)
    groups = []
    while left.any():
        neighbours = np.where(left, (near & left).sum(axis=1), 0)
        middle = int(neighbours.argmax())
        members = np.flatnonzero(near[middle] & left)
        groups.append([middle, *(int(one) for one in members if one != middle)])
        left[members] = False
    return groups
