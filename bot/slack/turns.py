"""Turns: calls that the bot makes of its own accord wait until Slack is ready for them."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.api import RATE_LIMITED, Api
from handlers.kit.errors import DeliveryError

Json = dict[str, Any]

NOT_CONNECTED_SECONDS = 2.0


class Turns:
    """Calls Slack once we know who we are, and not before the time that Slack named for a method."""

    def __init__(self, api: Api, *, now: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        # Until Slack has said who we are, and that we are where we belong, nothing is done.
        self.connected = False
        # The bot's own id among the people of a channel.
        self.user = ""
        self._now = now
        self._held: dict[str, float] = {}

    async def _turn(
        self, send: Callable[[str, Json], Awaitable[AsyncSlackResponse]], method: str, arguments: Json
    ) -> AsyncSlackResponse:
        """Call a method, unless Slack has asked not to for a while yet."""
        if not self.connected:
            raise DeliveryError("not connected to Slack", retry_after=NOT_CONNECTED_SECONDS)
        wait = self._held.get(method, 0.0) - self._now()
        if wait > 0:
            raise DeliveryError(RATE_LIMITED, retry_after=wait)
        try:
            return await send(method, arguments)
        except DeliveryError as error:
            if error.reason == RATE_LIMITED and error.retry_after:
                self._held[method] = self._now() + error.retry_after
            raise
