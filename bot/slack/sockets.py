"""Socket Mode: a connection that the bot opens to Slack, and whether anything is heard on it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog
from aiohttp import WSMessage
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.slack.api import library_logger

log = structlog.get_logger(__name__)

PING_SECONDS = 5.0
# Silence of this many pings is a socket that hears nothing; the library begins anew before that.
SILENT_PINGS = 8
# And of this many, a library that does not: then everything is built anew.
LOST_PINGS = 24


class _Handler(AsyncSocketModeHandler):
    """Bolt's handler, which counts what it has begun and takes nothing more once it is to end."""

    def __init__(
        self, bolt: AsyncApp, app_token: str, heard: Callable[[], None], ping_seconds: float
    ) -> None:
        super().__init__(bolt, app_token, logger=library_logger(), ping_interval=ping_seconds)
        self._heard = heard
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self.ending = False
        self.client.on_message_listeners.append(self._note)

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        # What is not acknowledged, Slack sends again: to another process, or to this one's successor.
        if self.ending:
            return
        self._under_way += 1
        self._idle.clear()
        try:
            await super().handle(client, req)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()

    async def end(self) -> None:
        self.ending = True
        await self._idle.wait()
        await self.close_async()  # type: ignore[no-untyped-call]

    async def _note(self, _message: WSMessage) -> None:
        self._heard()


class Socket:
    """The connection, made anew when it falls silent for long."""

    def __init__(self, bolt: AsyncApp, app_token: str, *, ping_seconds: float = PING_SECONDS) -> None:
        self._bolt = bolt
        self._app_token = app_token
        self._ping_seconds = ping_seconds
        self._handler: _Handler | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._heard_at: float | None = None
        self._began_at = 0.0

    def start(self) -> None:
        """Connect in the background, and keep trying."""
        handler = _Handler(self._bolt, self._app_token, self._hear, self._ping_seconds)
        self._handler = handler
        self._began_at = time.time()
        self._connecting = asyncio.create_task(
            handler.connect_async()  # type: ignore[no-untyped-call]
        )

    async def stop(self) -> None:
        """Accept nothing more, and let what was accepted be acknowledged."""
        handler, self._handler = self._handler, None
        if handler is None:
            return
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        await handler.end()

    async def watch(self) -> None:
        """Begin anew where the library has not managed to."""
        if self._handler is None:
            return
        if time.time() - max(self._last_heard() or 0.0, self._began_at) > LOST_PINGS * self._ping_seconds:
            log.warning("slack.socket.lost")
            await self.stop()
            self.start()

    def problem(self) -> str | None:
        heard = self._last_heard()
        if heard is None:
            return "Slack's socket is not connected yet."
        if time.time() - heard > SILENT_PINGS * self._ping_seconds:
            return "Slack's socket is open but nothing is heard on it."
        return None

    def _last_heard(self) -> float | None:
        """When a message or the answer to a ping last came."""
        if self._heard_at is None or self._handler is None:
            return None
        return max(self._heard_at, self._handler.client.last_ping_pong_time or 0.0)

    def _hear(self) -> None:
        self._heard_at = time.time()
