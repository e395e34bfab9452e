"""What the buttons of answers do: their payloads."""

from __future__ import annotations

from handlers.kit.messages import Action


class ShowEntry(Action, name="faq.show"):
    """Show the answer of one entry, in a language that may be another than the reader's own.

    With a question, it is what its asker chose.
    """

    slug: str
    locale: str = ""
    question_id: int = 0


class NotThis(Action, name="faq.not_this"):
    """The answer is not to what was asked: show the next choices."""

    question_id: int


class TakeAwayAnswer(Action, name="faq.take_away"):
    """Take an answer away that the bot offered by itself, because it does not help."""

    question_id: int


class SayHelpful(Action, name="faq.helpful"):
    """Say whether an answer helped; saying it again replaces it."""

    question_id: int
    helpful: bool
