"""Reading a question: its words in one plain form, and their stems."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import snowballstemmer

# A longer question is cut: nobody asks in more, and answering must not take long.
LONGEST_QUESTION = 1_000
_LONGEST_WORD = 40

_WORD = re.compile(r"[^\W_]+|£")
_NOT = re.compile(r"n't\b")
_SHORT = re.compile(r"'(re|ve|ll|m|d)\b")
_LONG = {"re": " are", "ve": " have", "ll": " will", "m": " am", "d": " would"}
# Only after these does 's stand for "is"; elsewhere it is the possessive, which the stemmer drops.
_IS = re.compile(r"\b(what|who|where|when|why|how|it|that|there|here|he|she)'?s\b")
_ODD = {
    "can't": "can not", "cannot": "can not", "won't": "will not", "shan't": "shall not", "let's": "let us",
}  # fmt: skip
# Written in haste without an apostrophe; only forms that are no other word.
_HASTY = {
    "dont": "do not", "doesnt": "does not", "didnt": "did not", "isnt": "is not", "arent": "are not",
    "wasnt": "was not", "havent": "have not", "hasnt": "has not", "cant": "can not", "couldnt": "could not",
    "wouldnt": "would not", "shouldnt": "should not", "im": "i am", "ive": "i have", "weve": "we have",
    "youre": "you are", "theyre": "they are",
}  # fmt: skip
_ODD_WORDS = re.compile(r"\b(" + "|".join([*_ODD, *_HASTY]) + r")\b")


def words(text: str) -> list[str]:
    """The words of a text: lower case, without accents, with contractions written out."""
    plain = unicodedata.normalize("NFKD", text[:LONGEST_QUESTION]).casefold().replace("’", "'")
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = _ODD_WORDS.sub(lambda found: _ODD.get(found[0]) or _HASTY[found[0]], plain)
    plain = _NOT.sub(" not", plain)
    plain = _SHORT.sub(lambda found: _LONG[found[1]], plain)
    plain = _IS.sub(r"\1 is", plain)
    return [word[:_LONGEST_WORD] for word in _WORD.findall(plain.replace("'s ", " "))]


class Stemmer:
    """Stems of English words, each worked out once."""

    def __init__(self) -> None:
        self._stemmer = snowballstemmer.stemmer("english")
        self._known: dict[str, str] = {}

    def learn(self, said: Sequence[str]) -> list[str]:
        """The stems of words, remembered; for texts that we keep, since what is learnt stays."""
        for word in said:
            if word not in self._known:
                self._known[word] = self._stemmer.stemWord(word)
        return [self._known[word] for word in said]

    def stems(self, said: Sequence[str]) -> list[str]:
        """The stems of words."""
        return [self._known.get(word) or self._stemmer.stemWord(word) for word in said]
