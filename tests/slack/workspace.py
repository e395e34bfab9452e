"""A bot on the Slack surface beside a local Slack, in one process, with a small feature."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
from aiohttp import web
from pydantic import SecretStr
from sqlalchemy import update

from bot.services import Services
from bot.settings import Settings
from bot.slack.sockets import PING_SECONDS
from bot.slack.surface import SlackSurface
from handlers.faq_knowledge import Knowledge
from handlers.kit import network
from handlers.kit.context import Surroundings
from handlers.kit.dispatcher import Dispatcher
from handlers.kit.platform import Platform, system_clock
from handlers.kit.router import Router
from handlers.kit.words import Catalogues
from scheduled.outbox_relay import OutboxRelay
from store.database import Database
from store.outbox import OutboxRow
from store.sealing import Vault, new_key
from tests.bot import ROOT
from tests.fakes.slack import FakeSlack, Message, View
from tests.fakes.slack.workspace import Json
from tests.slack.feature import router as small_feature


class Bot:
    """The bot's side: its services, its surface and the address it listens at."""

    def __init__(
        self, database: Database, slack: FakeSlack, router: Router, *, socket: bool, per_minute: int = 0,
        ping_seconds: float = PING_SECONDS,
    ) -> None:  # fmt: skip
        settings = Settings(
            _env_file=None,
            base_url="https://bot.example.org",
            secret_key=SecretStr("x" * 32),
            slack_bot_token=SecretStr(slack.app.bot_token),
            slack_app_token=SecretStr(slack.app.app_token if socket else ""),
            slack_signing_secret=SecretStr("" if socket else slack.app.signing_secret),
            slack_api_url=slack.api_url,
            slack_messages_per_minute=per_minute,
        )
        surroundings = Surroundings(
            catalogues=Catalogues(ROOT / "locales"),
            network=network.read(ROOT / "data"),
            base_url=settings.address,
            vault=Vault([new_key()]),
        )
        platforms: dict[str, Platform] = {}
        self.database = database
        self.relay = OutboxRelay(database, platforms, system_clock, surroundings.process)
        dispatcher = Dispatcher(database, router, surroundings, system_clock, after_commit=self.relay.take)
        self.services = Services(
            settings, database, dispatcher, self.relay, surroundings, system_clock, Knowledge()
        )
        self.surface = SlackSurface(self.services, ping_seconds=ping_seconds)
        platforms["slack"] = self.surface.platform
        self.address = ""
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application(client_max_size=2**22)
        self.surface.add_routes(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port = self._runner.addresses[0][1]
        self.address = f"http://127.0.0.1:{port}/slack/events"
        await self.surface.start()

    async def stop(self) -> None:
        await self.surface.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        await self.relay.stop(within=timedelta(seconds=3))

    async def connected(self) -> None:
        """Wait until the bot has read who and what is there."""
        assert self.surface._connecting is not None
        await self.surface._connecting

    async def settle(self) -> None:
        """Wait until everything that was begun is done and delivered."""
        await self.surface.listeners.background.idle()
        await self.relay.tick()
        await self.relay.wait()


class Workspace:
    """A workspace with the bot in it. Ann and Bob are in the channel general."""

    def __init__(self, slack: FakeSlack, bot: Bot) -> None:
        self.slack = slack
        self.bot = bot
        self.ann = slack.user("ann")
        self.bob = slack.user("bob")
        self.general = slack.channel("general")

    async def settle(self) -> None:
        await self.bot.settle()

    async def connected(self) -> None:
        """Wait until the bot has read who and what is there."""
        await self.bot.connected()

    async def again(self) -> None:
        """Make everything that waits for another attempt due now."""
        async with self.bot.database.write() as session:
            await session.execute(update(OutboxRow).values(due_at=OutboxRow.created_at))

    def said(self, channel: Any = None) -> list[Message]:
        """What the bot said in a channel, to everybody there."""
        place = self.slack.channel(channel or self.general)
        return [message for message in place.messages.values() if message.user == self.slack.app.bot_user_id]

    def whispered(self) -> list[Message]:
        """What the bot said to one person alone."""
        return list(self.slack.workspace.ephemerals)

    def modal(self) -> View:
        """The modal that Ann has open."""
        view = self.slack.views.top(self.ann.id)
        assert view is not None
        return view

    async def post(self, body: Json | str | bytes, **headers: str) -> tuple[int, str]:
        """Send a signed request; headers take the place of the right ones."""
        raw = (
            body
            if isinstance(body, bytes)
            else (body if isinstance(body, str) else json.dumps(body)).encode()
        )
        # What is large is sent from a file, as aiohttp asks for.
        data = raw if len(raw) < 2**20 else io.BytesIO(raw)
        sent = {
            "Content-Type": "application/json",
            **self.slack.delivery.signed_headers(raw),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.bot.address, data=data, headers=sent) as answer,
        ):
            return answer.status, await answer.text()

    def calls(self, method: str) -> list[Json]:
        return [arguments for name, arguments in self.slack.api.calls if name == method]


@asynccontextmanager
async def workspace(
    database: Database, *, router: Router | None = None, socket: bool = False, connected: bool = True,
    people: tuple[str, ...] = ("ann", "bob"), **settings: Any,
) -> AsyncIterator[Workspace]:  # fmt: skip
    """A running workspace, with the bot connected to it."""
    of_bot = {name: settings.pop(name) for name in ("per_minute", "ping_seconds") if name in settings}
    slack = FakeSlack(**settings)
    slack.add_channel("general", *(slack.add_user(name) for name in people))
    await slack.start()
    bot = Bot(database, slack, router or Router("all").include(small_feature), socket=socket, **of_bot)
    await bot.start()
    if not socket:
        slack.delivery.app_url = bot.address
    try:
        if connected:
            await bot.connected()
            await slack.until(lambda: not socket or len(slack.sockets) > 0)
        yield Workspace(slack, bot)
    finally:
        await bot.stop()
        await slack.close()
