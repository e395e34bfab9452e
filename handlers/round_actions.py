"""What the buttons of funding rounds say on the wire."""

from __future__ import annotations

from handlers.kit.messages import Action


class ShowRound(Action, name="funding.show"):
    round_id: int


class RemindOfRound(Action, name="funding.remind"):
    """Ask to be reminded of a round, or where ``on`` is False no longer to be."""

    round_id: int
    on: bool = True


class EditRound(Action, name="funding.edit"):
    round_id: int


class AnnounceRound(Action, name="funding.announce"):
    round_id: int


class DecideRound(Action, name="funding.decide"):
    """Note that the bids of a round have been decided."""

    round_id: int
