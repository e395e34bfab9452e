"""The Slack surface: connects, listens by HTTP or by socket, and stops in order."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncBoltRequest
from sqlalchemy.exc import SQLAlchemyError

from bot.services import Services
from bot.slack import checkup
from bot.slack.api import Api
from bot.slack.checkup import Severity
from bot.slack.listeners import MISSHAPEN, Listeners
from bot.slack.platform import SlackPlatform
from bot.slack.sockets import PING_SECONDS, Socket
from handlers.kit.errors import DeliveryError, Unavailable
from handlers.kit.platform import Platform
from scheduled.runner import Job

log = structlog.get_logger(__name__)

PATH = "/slack/events"
LARGEST_BODY_BYTES = 1024 * 1024
# What Bolt can compare: seconds since 1970, and a signature in plain letters.
# https://docs.slack.dev/authentication/verifying-requests-from-slack/
_READABLE = {
    "X-Slack-Request-Timestamp": re.compile(r"[0-9]{1,12}"),
    "X-Slack-Signature": re.compile(r"[\x21-\x7e]{1,200}"),
}
# Between attempts to connect: doubling, up to this.
LONGEST_WAIT_SECONDS = 60.0
# How long work begun before the stop may take to end.
FINISHED_WITHIN_SECONDS = 3.0


class SlackSurface:
    """Slack's side of the bot, for one workspace."""

    def __init__(self, services: Services, *, ping_seconds: float = PING_SECONDS) -> None:
        settings = services.settings
        self._services = services
        self._api = Api(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
        self._platform = SlackPlatform(
            self._api, settings.slack_messages_per_minute, services.surroundings.base_url
        )
        self.platform: Platform = self._platform
        self.listeners = Listeners(services, self._api, settings.slack_signing_secret.get_secret_value())
        self._socket: Socket | None = None
        if settings.socket_mode:
            token = settings.slack_app_token.get_secret_value()
            self._socket = Socket(self.listeners.bolt, token, ping_seconds=ping_seconds)
        self._trouble: str | None = "Slack has not answered yet."
        self._connecting: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._requests = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def add_routes(self, app: web.Application) -> None:
        if self._socket is None:
            app.router.add_post(PATH, self._receive)

    async def start(self) -> None:
        self._connecting = asyncio.create_task(self._connect())

    async def stop(self) -> None:
        self._stopping.set()
        self.listeners.people.stopping = True
        if self._connecting is not None:
            await asyncio.wait([self._connecting], timeout=FINISHED_WITHIN_SECONDS)
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        if self._socket is not None:
            await self._socket.stop()
        await self._idle.wait()
        await self.listeners.edits.flush()
        await self.listeners.background.finish(within=FINISHED_WITHIN_SECONDS)
        await self._api.close()

    def jobs(self) -> list[Job]:
        if self._socket is None:
            return []
        return [Job("slack.socket", timedelta(seconds=10), self._socket.watch)]

    def problem(self) -> str | None:
        if self._trouble is not None:
            return self._trouble
        if self._api.refused is not None:
            return f"Slack refuses the bot's token ({self._api.refused})."
        return self._socket.problem() if self._socket is not None else None

    def notes(self) -> list[str]:
        denied = self._platform.user_groups_denied
        return [checkup.no_user_groups(denied)] if denied else []

    async def _receive(self, request: web.Request) -> web.Response:
        """One request of Slack's, answered when what it asks is done."""
        if self._stopping.is_set():
            return web.Response(status=503)
        self._requests += 1
        self._idle.clear()
        try:
            return await self._answer(request)
        finally:
            self._requests -= 1
            if not self._requests:
                self._idle.set()

    async def _answer(self, request: web.Request) -> web.Response:
        if not _proves_itself(request):
            return web.Response(status=400)
        if (request.content_length or 0) > LARGEST_BODY_BYTES:
            return web.Response(status=413)
        # A body without a length is stopped while it is read, by the application's own limit.
        raw = await request.read()
        if len(raw) > LARGEST_BODY_BYTES:
            return web.Response(status=413)
        try:
            read = AsyncBoltRequest(
                body=raw.decode(), query=request.query_string, headers=dict(request.headers)
            )
        except (*MISSHAPEN, RecursionError):
            return web.Response(status=400)
        try:
            answer = await self.listeners.bolt.async_dispatch(read)
        except MISSHAPEN:
            # Bolt itself stumbles over an event that is no object.
            return web.Response(status=400)
        return await to_aiohttp_response(answer)

    async def _connect(self) -> None:
        """Learn who we are and listen; then look over what an administrator set up, and who is there."""
        try:
            if await self._persist(self._identify):
                if self._socket is not None:
                    self._socket.start()
                await self._persist(self._look_over)
        except Exception as error:
            log.error("slack.connecting.failed", exc_info=error)
            self._trouble = self._trouble and "The connection to Slack failed by a fault of the bot's."

    async def _identify(self) -> bool:
        identity = await checkup.identify(self._api)
        refusal = await checkup.pin(self._services, identity)
        if refusal is not None:
            log.error("slack.refused", reason=refusal)
            self._trouble = refusal
            return False
        self.listeners.identity = identity
        self._platform.user = identity.user
        self._platform.connected = True
        self._trouble = None
        return True

    async def _look_over(self) -> bool:
        identity = self.listeners.identity
        if identity is None:
            return False
        findings = await checkup.examine(self._services, self._api, self.listeners.channels)
        findings.append(await checkup.examine_user_groups(self._services, self._platform))
        for finding in findings:
            if finding.severity is not Severity.OK:
                log.warning("slack.checkup", finding=finding.sentence, severity=finding.severity.value)
        await self.listeners.people.sync(identity.team)
        return True

    async def _persist(self, attempt: Callable[[], Awaitable[bool]]) -> bool:
        """Try until Slack and the database answer; what they answer then stands."""
        wait = 1.0
        while not self._stopping.is_set():
            try:
                return await attempt()
            except DeliveryError as error:
                wait = max(wait, min(error.retry_after or LONGEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS))
                reason = error.reason
            except (SQLAlchemyError, Unavailable):
                reason = "the database is away"
            if self.listeners.identity is None:
                self._trouble = f"Slack does not answer ({reason})."
            log.warning("slack.waiting", reason=reason, seconds=wait)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._stopping.wait()
            wait = min(wait * 2, LONGEST_WAIT_SECONDS)
        return False


def _proves_itself(request: web.Request) -> bool:
    """Whether the headers that prove where a request comes from can be read at all; one that is not there
    is for Bolt to refuse."""
    return all(
        pattern.fullmatch(value)
        for name, pattern in _READABLE.items()
        for value in request.headers.getall(name, [])
    )
