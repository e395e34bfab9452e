"""Calls of Slack's Web API: one pool of connections, and errors in the relay's words."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from handlers.kit.errors import DeliveryError

Json = dict[str, Any]

CALL_SECONDS = 10
CONNECTIONS = 64
RATE_LIMITED = "ratelimited"
# How long the calls under way may take to end when the bot stops.
LAST_CALLS_SECONDS = 3.0
RETRY_SECONDS = 5.0
# Only an administrator can mend these, and then everything that waited goes out.
OPERATOR_SECONDS = 300.0
# The errors of https://docs.slack.dev/reference/methods/chat.postMessage/#errors that an operator puts
# right, those that pass by themselves, and those after which it may have been done all the same. Any
# other stays as it is however often one asks.
REFUSED = frozenset(
    {"account_inactive", "invalid_auth", "not_allowed_token_type", "not_authed", "token_expired",
     "token_revoked"}
)  # fmt: skip
NOT_PERMITTED = frozenset({"access_denied", "ekm_access_denied", "missing_scope", "no_permission"})
PASSING = frozenset(
    {"message_limit_exceeded", "org_login_required", "rate_limited", "ratelimited", "service_unavailable",
     "team_added_to_org"}
)  # fmt: skip
UNSURE = frozenset({"fatal_error", "internal_error", "request_timeout"})


def library_logger() -> logging.Logger:
    """The logger of Slack's libraries, silent: they write out what people say, and what goes wrong comes
    to us as errors."""
    logger = logging.getLogger("bot.slack.library")
    logger.setLevel(logging.CRITICAL)
    return logger


class Refused(DeliveryError):
    """Slack answered, and said no; ``answer`` is all that it said."""

    def __init__(self, reason: str, answer: Json, *, retry_after: float | None, started: bool = False):
        super().__init__(reason, retry_after=retry_after, started=started)
        self.answer = answer


class Api:
    """Calls Slack. ``refused`` is Slack's word for why it takes nothing from us any more."""

    def __init__(
        self, token: str, url: str, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        # A call that broke off may have been heard: whether to try again is the relay's decision.
        self.client = AsyncWebClient(
            token=token, base_url=url, timeout=CALL_SECONDS, retry_handlers=[], logger=library_logger()
        )
        self.refused: str | None = None
        self._sleep = sleep
        self._calls = 0
        self._idle = asyncio.Event()
        self._closed = False

    async def call(self, method: str, arguments: Json | None = None) -> AsyncSlackResponse:
        """:raises DeliveryError: saying whether and when to try again."""
        async with self._calling():
            try:
                answer = await self.client.api_call(method, json=arguments or {})
            except SlackApiError as error:
                raise self._refusal(error) from None
        self.refused = None
        return answer

    async def ask(self, method: str, arguments: Json | None = None) -> AsyncSlackResponse:
        """Call a method that only reads and takes its arguments in the address.

        :raises DeliveryError: saying whether and when to try again.
        """
        async with self._calling():
            try:
                answer = await self.client.api_call(method, http_verb="GET", params=arguments or {})
            except SlackApiError as error:
                raise self._refusal(error) from None
        self.refused = None
        return answer

    async def pages(self, method: str, arguments: Json, key: str) -> AsyncIterator[Json]:
        """Everything that a method lists, page by page; where Slack asks to wait, the page is waited for.

        :raises DeliveryError: saying whether and when to begin again.
        """
        cursor = ""
        while True:
            try:
                answer = await self.ask(method, arguments | ({"cursor": cursor} if cursor else {}))
            except DeliveryError as error:
                if error.reason != RATE_LIMITED or error.retry_after is None:
                    raise
                await self._sleep(error.retry_after)
                continue
            for one in answer.get(key) or []:
                yield one
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    async def post(self, url: str, body: Json) -> None:
        """Answer at an address that Slack gave for a while.

        :raises DeliveryError: saying whether and when to try again.
        """
        async with self._calling() as session:
            timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
            async with session.post(url, json=body, timeout=timeout, proxy=self.client.proxy) as answer:
                status, wait = answer.status, answer.headers.get("Retry-After", "")
        if status == 429:
            raise DeliveryError(RATE_LIMITED, retry_after=_seconds(wait), paced=True)
        if status >= 500:
            raise DeliveryError(f"status {status}", retry_after=RETRY_SECONDS, started=True)
        if status >= 300:
            raise DeliveryError(f"status {status}", retry_after=None)

    async def close(self) -> None:
        """Let go of the connections once the calls under way have ended; a call after this makes a
        connection for itself alone."""
        self._closed = True
        session, self.client.session = self.client.session, None
        if session is None:
            return
        if self._calls:
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_CALLS_SECONDS):
                    await self._idle.wait()
        await session.close()

    @asynccontextmanager
    async def _calling(self) -> AsyncIterator[aiohttp.ClientSession]:
        """A connection for one call, whose faults become errors of delivery."""
        own = self._closed
        session = self.client.session or self._connect()
        self._calls += 1
        self._idle.clear()
        try:
            yield session
        except aiohttp.ClientConnectorError as error:
            raise DeliveryError(type(error).__name__, retry_after=RETRY_SECONDS) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise DeliveryError(type(error).__name__, retry_after=RETRY_SECONDS, started=True) from None
        finally:
            self._calls -= 1
            if not self._calls:
                self._idle.set()
            if own:
                await session.close()

    def _connect(self) -> aiohttp.ClientSession:
        session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS))
        if not self._closed:
            self.client.session = session
        return session

    def _refusal(self, error: SlackApiError) -> DeliveryError:
        response = error.response
        word = str(response.get("error") or "") if isinstance(response.data, dict) else ""
        if response.status_code == 429:
            wait = _seconds(response.headers.get("Retry-After", ""))
            return DeliveryError(RATE_LIMITED, retry_after=wait, paced=True)
        if not word or response.status_code >= 500:
            reason = word or f"status {response.status_code}"
            return DeliveryError(reason, retry_after=RETRY_SECONDS, started=True)
        if word in REFUSED:
            self.refused = word
        answer: Json = response.data
        if word in REFUSED or word in NOT_PERMITTED:
            return Refused(word, answer, retry_after=OPERATOR_SECONDS)
        if word in PASSING or word in UNSURE:
            return Refused(word, answer, retry_after=RETRY_SECONDS, started=word in UNSURE)
        return Refused(word, answer, retry_after=None)


def _seconds(retry_after: str) -> float:
    """Slack's Retry-After in seconds."""
    try:
        return max(1.0, float(retry_after))
    except ValueError:
        return RETRY_SECONDS
