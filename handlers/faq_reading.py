"""Reading what was said: small talk, two questions in one message, and a question that follows another."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

# Longer questions than this are kept and shown cut.
LONGEST_KEPT = 1_000
# A shorter piece is no question of its own ("Right?", "Any ideas?").
WORDS_IN_A_QUESTION = 3
WORDS_IN_A_FOLLOW_UP = 8
# What is said to others and is longer than this tells of something, and does not only ask.
LONGEST_OVERHEARD = 300
ACCENTS_ON_A_LETTER = 2


class SmallTalk(StrEnum):
    GREETING = "greeting"
    THANKS = "thanks"
    FAREWELL = "farewell"
    # A yes, a no or an “all right” that no question of ours waits for.
    YES_OR_NO = "yes_or_no"


_PHRASES = {
    SmallTalk.GREETING: (
        "hi", "hello", "hello there", "hi there", "hey", "hiya", "good morning", "good afternoon",
        "good evening", "morning", "afternoon", "how are you", "helo", "shwmae", "sut mae", "bore da",
        "prynhawn da", "noswaith dda", "sut wyt ti", "sut ydych chi", "su mae", "s mae",
    ),
    SmallTalk.THANKS: (
        "thanks", "thank you", "many thanks", "thanks a lot", "thank you very much", "thanks very much",
        "thank you so much", "thanks so much", "cheers", "ta", "great", "brilliant", "perfect", "lovely",
        "that s great", "that s helpful", "that is helpful", "very helpful", "that helps", "got it",
        "diolch", "diolch yn fawr", "diolch yn fawr iawn", "diolch i ti", "diolch i chi", "gwych",
        "da iawn",
    ),
    SmallTalk.FAREWELL: (
        "bye", "goodbye", "bye bye", "see you", "see you later", "have a good day", "have a nice day",
        "good night", "hwyl", "hwyl fawr", "nos da",
    ),
    SmallTalk.YES_OR_NO: (
        "yes", "yes please", "yes thanks", "yes thank you", "yep", "yeah", "yup", "no", "no thanks",
        "no thank you", "nope", "not really", "ok", "okay", "ok then", "k", "sure", "all right", "alright",
        "fine", "right", "i see", "maybe", "ie", "ie plis", "oes", "ydy", "ydw", "na", "nage",
        "nac oes", "nac ydy", "nac ydw", "naddo", "dim diolch", "iawn", "iawn te", "efallai",
    ),
}  # fmt: skip
_KINDS = {phrase: kind for kind, phrases in _PHRASES.items() for phrase in phrases}
_ADDRESSED = r"(?:bot|all|everyone|everybody|team|there|again|bawb|eto)"
_PHRASE = "|".join(re.escape(phrase) for phrase in sorted(_KINDS, key=len, reverse=True))
_ONLY_PHRASES = re.compile(rf"(?:(?:{_PHRASE})(?: {_ADDRESSED})?(?: |$))+")
_FIRST_PHRASE = re.compile(rf"({_PHRASE})(?= |$)")

_QUESTION_WORD = (
    r"(?:who|what|when|where|why|which|how|can|could|do|does|is|are|will|would|should|may|"
    r"pwy|beth|pryd|ble|pam|sut|faint|oes|ydy|allwn|alla)"
)
# Two words with which a question begins, also where nobody types its mark; "When we met …" is none.
_BEGINS = re.compile(
    r"(?:who|what|when|where|which|how)(?:['’]s| is| are| can| do| does| should| will| much| many| long)\b"
    r"|(?:is|are) there\b|(?:can|could|do|does|should|will) (?:we|i|you|councils|members|anyone|somebody)\b"
    r"|(?:beth|pwy|pryd|ble|sut|faint|pa mor|sawl)(?: yw| yd[yi]| mae| sydd?| g?all| allwn| ydyn|['’]n)\b"
    r"|oes\b|ydy\b|ydi\b|a oes\b|allwn ni\b|alla i\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
_JOINT = re.compile(rf"[,;]?\s+(?:and|also|and also|a|ac|hefyd)\s+(?={_QUESTION_WORD}\b)", re.IGNORECASE)
_FOLLOWS = re.compile(
    r"^(?:and|but|also|or|what about|how about|what if|same for|and what about|ok and|okay and|"
    r"ac|ond|hefyd|beth am|a beth am|a i|neu)\b",
    re.IGNORECASE,
)


def clean(text: str) -> str:
    """One line without control characters, and without accents piled on a letter."""
    kept: list[str] = []
    accents = 0
    for letter in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(letter)
        accents = accents + 1 if kind in ("Mn", "Me") else 0
        if accents > ACCENTS_ON_A_LETTER or kind in ("Cc", "Cf", "Cs", "Co", "Cn"):
            kept.append(" " if letter in "\n\r\t" else "")
        else:
            kept.append(letter)
    return " ".join("".join(kept).split())


def kept(text: str) -> str:
    """What is kept of a question."""
    flat = clean(text)
    return flat if len(flat) <= LONGEST_KEPT else flat[: LONGEST_KEPT - 1] + "…"


def wordless(text: str) -> bool:
    """Whether there is nothing to read: no letter and no digit."""
    return not any(letter.isalnum() for letter in text)


def small_talk(text: str) -> SmallTalk | None:
    """The kind of pleasantry, where the message is nothing besides; the last one says what is meant."""
    said = " ".join(re.findall(r"[^\W_]+", text.lower()))
    if not said or len(said) > 100 or not _ONLY_PHRASES.fullmatch(said):
        return None
    return _KINDS[_FIRST_PHRASE.findall(said)[-1]]


def questions_in(text: str) -> list[str]:
    """The questions of a message that ends several sentences with a question mark; else the message.

    What stands before a question belongs to it, and what stands after the last one, too.
    """
    pieces = [piece.strip() for piece in re.findall(r"[^?]*\?+|[^?]+$", text) if piece.strip()]
    found: list[str] = []
    for piece in pieces:
        is_question = piece.endswith("?") and len(piece.split()) >= WORDS_IN_A_QUESTION
        if found and not is_question:
            found[-1] = f"{found[-1]} {piece}"
        else:
            found.append(piece)
    return found or [text]


def asks_one_thing(text: str) -> bool:
    """Whether it reads like one short question and nothing besides, rather than a part of a talk."""
    said = _ADDRESS.sub(" ", text).strip()
    if len(said) > LONGEST_OVERHEARD or len(re.findall(r"\?+", said)) > 1 or "\n\n" in said:
        return False
    return len(said.split()) >= WORDS_IN_A_QUESTION and (said.endswith("?") or bool(_BEGINS.match(said)))


def halves_of(text: str) -> list[str]:
    """Two questions that “and” may join; whether they are two is for the engine to judge."""
    if text.count("?") > 1 or len(text) > LONGEST_KEPT:
        return []
    halves = [half.strip() for half in _JOINT.split(text)]
    fits = len(halves) == 2 and all(len(half.split()) >= WORDS_IN_A_QUESTION for half in halves)
    return halves if fits else []


def follows(text: str) -> bool:
    """Whether it reads like the continuation of a question: “and for affiliates?”"""
    flat = text.strip()
    return bool(_FOLLOWS.match(flat)) and len(flat.split()) <= WORDS_IN_A_FOLLOW_UP
