"""Trigger ids, which open one view within three seconds, and the addresses for later answers."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from tests.fakes.slack import limits
from tests.fakes.slack.errors import SlackError
from tests.fakes.slack.workspace import Message


@dataclass
class _Trigger:
    user_id: str
    expires_at: float
    used: bool = False


class Triggers:
    def __init__(self, clock: Callable[[], float], seconds: float = limits.TRIGGER_SECONDS) -> None:
        self.seconds = seconds
        self._clock = clock
        self._triggers: dict[str, _Trigger] = {}

    def issue(self, user_id: str) -> str:
        now = self._clock()
        if len(self._triggers) > 10_000:
            self._triggers = {key: each for key, each in self._triggers.items() if each.expires_at > now - 60}
        trigger_id = f"{len(self._triggers) + 1}.{int(now)}.{secrets.token_hex(16)}"
        self._triggers[trigger_id] = _Trigger(user_id, now + self.seconds)
        return trigger_id

    def exchange(self, trigger_id: str) -> str:
        """The id of the person who pressed or typed.

        :raises SlackError: the trigger is unknown, too old or already used.
        """
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self._clock() > trigger.expires_at:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger.user_id


@dataclass
class ResponseUrl:
    """Where an answer may be posted after a command or a press, a few times and for a while."""

    user_id: str
    channel_id: str
    expires_at: float
    message: Message | None = None
    """The message whose button was pressed, which `replace_original` replaces."""
    uses: int = 0


class ResponseUrls:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._urls: dict[str, ResponseUrl] = {}

    def issue(self, user_id: str, channel_id: str, message: Message | None = None) -> str:
        """A token for the last part of the address."""
        now = self._clock()
        if len(self._urls) > 10_000:
            self._urls = {key: each for key, each in self._urls.items() if each.expires_at > now}
        token = secrets.token_urlsafe(16)
        self._urls[token] = ResponseUrl(user_id, channel_id, now + limits.RESPONSE_URL_SECONDS, message)
        return token

    def use(self, token: str) -> ResponseUrl:
        """:raises SlackError: `used_url` or `expired_url`."""
        url = self._urls.get(token)
        if url is None or self._clock() > url.expires_at:
            raise SlackError("expired_url")
        if url.uses >= limits.RESPONSE_URL_USES:
            raise SlackError("used_url")
        url.uses += 1
        return url
