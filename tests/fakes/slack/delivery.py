"""How the fake reaches the app: signed HTTP requests or Socket Mode, acknowledgements and retries."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

import aiohttp

from tests.fakes.slack import limits
from tests.fakes.slack.sockets import Sockets
from tests.fakes.slack.workspace import App, Json

Kind = Literal["events_api", "slash_commands", "interactive"]
ACKS_KEPT = 50_000
USER_AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"


@dataclass
class Ack:
    """How the app answered one delivery."""

    kind: Kind
    name: str
    """The event's type, the command, or the kind of interaction."""
    id: str
    """The event id; for the others the trigger id, if any."""
    attempt: int
    status: int | None
    """The HTTP status; 200 for an acknowledged envelope; None when nothing came back."""
    body: Any
    """Parsed JSON, else text; None when empty."""
    seconds: float
    reason: str = ""
    """`http_timeout`, `http_error` or `connection_failed`, as Slack names it in a retry."""
    retry: bool = True
    """False when the app asked not to be sent this again."""
    problem: str = ""
    """What Slack would not have accepted in the answer, such as invalid blocks."""

    @property
    def ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300 and not self.problem


class Delivery:
    def __init__(
        self,
        app: App,
        sockets: Sockets,
        changed: Callable[[], None],
        *,
        app_url: str | None,
        retry_delays: Sequence[float] = limits.RETRY_DELAYS,
    ) -> None:
        self.app_url = app_url
        self.retry_delays = retry_delays
        self.signing_clock: Callable[[], float] = time.time
        self.acks: deque[Ack] = deque(maxlen=ACKS_KEPT)
        self._app = app
        self._sockets = sockets
        self._changed = changed
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def in_background(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def event(self, payload: Json) -> Ack:
        """Deliver an event; retries after a failed first attempt go on in the background."""
        ack = await self._attempt("events_api", payload["event"]["type"], payload["event_id"], payload)
        if not ack.ok and ack.retry:
            self.in_background(self._retry(payload, ack.reason))
        return ack

    async def once(self, kind: Kind, name: str, payload: Json) -> Ack:
        """Deliver what Slack does not repeat: a command or an interaction."""
        return await self._attempt(kind, name, payload.get("trigger_id", ""), payload)

    def signed_headers(self, body: bytes, timestamp: float | None = None) -> dict[str, str]:
        """The headers that prove a request to come from Slack."""
        sent_at = str(int(self.signing_clock() if timestamp is None else timestamp))
        base = b"v0:" + sent_at.encode() + b":" + body
        digest = hmac.new(self._app.signing_secret.encode(), base, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": sent_at, "X-Slack-Signature": f"v0={digest}"}

    async def _retry(self, payload: Json, reason: str) -> None:
        for number, delay in enumerate(self.retry_delays, 1):
            await asyncio.sleep(delay)
            name, event_id = payload["event"]["type"], payload["event_id"]
            ack = await self._attempt("events_api", name, event_id, payload, number, reason)
            if ack.ok or not ack.retry:
                return
            reason = ack.reason

    async def _attempt(
        self, kind: Kind, name: str, about: str, payload: Json, attempt: int = 0, reason: str = ""
    ) -> Ack:
        started = time.perf_counter()
        ack = Ack(kind, name, about, attempt, None, None, 0.0)
        try:
            if self.app_url is not None and not len(self._sockets):
                await self._over_http(kind, payload, ack, reason)
            else:
                answers = kind != "events_api"
                ack.body = await self._sockets.send(
                    kind, payload, attempt=attempt, reason=reason, answers=answers
                )
                ack.status = 200
        except TimeoutError:
            ack.reason = "http_timeout"
        except (aiohttp.ClientError, OSError):
            ack.reason = "connection_failed"
        ack.seconds = time.perf_counter() - started
        self.acks.append(ack)
        self._changed()
        return ack

    async def _over_http(self, kind: Kind, payload: Json, ack: Ack, reason: str) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        body, content_type = encode(kind, payload)
        headers = {**self.signed_headers(body), "Content-Type": content_type, "User-Agent": USER_AGENT}
        if ack.attempt:
            headers |= {"X-Slack-Retry-Num": str(ack.attempt), "X-Slack-Retry-Reason": reason}
        timeout = aiohttp.ClientTimeout(total=limits.ACK_SECONDS)
        assert self.app_url is not None
        async with self._session.post(self.app_url, data=body, headers=headers, timeout=timeout) as response:
            text = await response.text()
            ack.status = response.status
            ack.retry = response.headers.get("X-Slack-No-Retry") != "1"
        ack.body = _parsed(text)
        if not 200 <= ack.status < 300:
            ack.reason = "http_error"


def encode(kind: Kind, payload: Json) -> tuple[bytes, str]:
    """A payload as Slack puts it into an HTTP request: its body and content type."""
    match kind:
        case "events_api":
            return json.dumps(payload).encode(), "application/json"
        case "slash_commands":
            return urlencode(payload).encode(), "application/x-www-form-urlencoded"
        case "interactive":
            form = urlencode({"payload": json.dumps(payload)})
            return form.encode(), "application/x-www-form-urlencoded"


def _parsed(text: str) -> Any:
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text
