"""The errors the bot means: what a member can mend, what will pass, and what a platform refused."""

from __future__ import annotations


class BotError(Exception):
    """The root of every error that is ours."""


class UserError(BotError):
    """Something the member can put right; ``text`` is the sentence they read, in their language.

    ``field`` names the form field it stands beside, where there is one.
    """

    def __init__(self, text: str, field: str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.field = field


class Unavailable(BotError):
    """Nothing was written and nothing may be acknowledged: the platform should deliver it again."""


class DeliveryError(BotError):
    """A platform did not take a message.

    ``retry_after`` is in seconds; None means never. ``started`` is False when the platform certainly
    does not have it, so that trying again cannot double it. ``paced`` says that it would have been taken
    at another time, which the platform named: that was no failure.
    """

    def __init__(
        self, reason: str, *, retry_after: float | None, started: bool = False, paced: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        self.started = started
        self.paced = paced
