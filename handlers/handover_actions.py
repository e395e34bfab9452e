"""What the buttons around a hand-over do: their payloads."""

from __future__ import annotations

from handlers.kit.messages import Action


class TalkToPerson(Action, name="handovers.talk"):
    """Ask the network's team; with a question, that one. 0 is none."""

    question_id: int = 0


class WithdrawHandover(Action, name="handovers.withdraw"):
    """The asker needs no answer any more."""

    handover_id: int


class ClaimHandover(Action, name="handovers.claim"):
    """Take it on: the first one has it."""

    handover_id: int


class ReleaseHandover(Action, name="handovers.release"):
    """Give it back to the queue."""

    handover_id: int


class AnswerHandover(Action, name="handovers.answer"):
    """Write the answer; what nobody has taken yet is taken by it."""

    handover_id: int


class TeachExample(Action, name="handovers.teach"):
    """Add an answered question to an entry's examples."""

    handover_id: int
    slug: str


class WriteEntry(Action, name="handovers.write_entry"):
    """Make a new entry of an answered question."""

    handover_id: int
