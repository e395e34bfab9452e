"""Socket Mode: the connections that the app opens, and the envelopes that go down them."""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
from collections.abc import Callable
from typing import Any, Literal

from aiohttp import WSMsgType, web

from tests.fakes.slack import limits
from tests.fakes.slack.workspace import Json

APPROXIMATE_CONNECTION_SECONDS = 18060
CLOSE_SECONDS = 1.0
"""How long a closing connection waits for the app to say goodbye too."""


class Socket:
    """One connection."""

    def __init__(self, ws: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        self.ws = ws
        self.transport = transport
        self.waiting: dict[str, asyncio.Future[Json]] = {}


class Sockets:
    """Every connection of the app; each envelope goes down one of them."""

    def __init__(self, app_id: str, changed: Callable[[], None]) -> None:
        self.frozen = False
        """While true, nothing is read and no ping is answered: a connection that is open and dead."""
        self._app_id = app_id
        self._changed = changed
        self._tickets: set[str] = set()
        self._open: list[Socket] = []
        self._turn = itertools.count()

    def __len__(self) -> int:
        return len(self._open)

    def issue_ticket(self) -> str:
        ticket = secrets.token_urlsafe(12)
        self._tickets.add(ticket)
        return ticket

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it closes."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=404, text="unknown ticket")
        self._tickets.remove(ticket)
        ws = web.WebSocketResponse(autoping=False, timeout=CLOSE_SECONDS)
        await ws.prepare(request)
        if len(self._open) >= limits.SOCKETS:
            await ws.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await ws.close()
            return ws
        socket = Socket(ws, request.transport)
        self._open.append(socket)
        await ws.send_json(self._hello())
        self._changed()
        try:
            async for message in ws:
                if self.frozen:
                    continue
                if message.type is WSMsgType.PING:
                    await ws.pong(message.data)
                elif message.type is WSMsgType.TEXT:
                    self._acknowledged(socket, message.data)
        finally:
            self._open.remove(socket)
            for future in socket.waiting.values():
                if not future.done():
                    future.set_exception(ConnectionError("the socket closed before it acknowledged"))
            self._changed()
        return ws

    async def send(self, kind: str, payload: Json, *, attempt: int, reason: str, answers: bool) -> Any:
        """Send one envelope and wait for what its acknowledgement carries.

        :raises ConnectionError: no connection is open, or it broke off.
        :raises TimeoutError: no acknowledgement within three seconds.
        """
        live = [socket for socket in self._open if not socket.ws.closed]
        if not live or self.frozen:
            raise ConnectionError("no socket is open")
        socket = live[next(self._turn) % len(live)]
        envelope_id = secrets.token_hex(16)
        envelope: Json = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": answers,
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        socket.waiting[envelope_id] = future
        try:
            await socket.ws.send_str(json.dumps(envelope))
            async with asyncio.timeout(limits.ACK_SECONDS):
                return (await future).get("payload")
        finally:
            socket.waiting.pop(envelope_id, None)

    async def ask_to_refresh(
        self, reason: Literal["warning", "refresh_requested", "link_disabled"] = "refresh_requested"
    ) -> None:
        """Announce that every open connection will be replaced, as Slack does every few hours."""
        for socket in list(self._open):
            await socket.ws.send_json(
                {"type": "disconnect", "reason": reason, "debug_info": {"host": "fake"}}
            )

    async def ping(self) -> None:
        for socket in list(self._open):
            await socket.ws.ping(b"Ping from the fake")

    async def break_off(self) -> None:
        """Drop every connection without a close frame, as a broken network does."""
        for socket in list(self._open):
            if socket.transport is not None:
                socket.transport.abort()

    async def close(self) -> None:
        for socket in list(self._open):
            await socket.ws.close()

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._open),
            "connection_info": {"app_id": self._app_id},
            "debug_info": {
                "host": "fake",
                "build_number": 1,
                "approximate_connection_time": APPROXIMATE_CONNECTION_SECONDS,
            },
        }

    def _acknowledged(self, socket: Socket, text: str) -> None:
        answer = json.loads(text)
        future = socket.waiting.get(answer.get("envelope_id", ""))
        if future is not None and not future.done():
            future.set_result(answer)
