"""The fake Slack as a server."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.fakes.slack.acting import Acting
from tests.fakes.slack.api import WebApi
from tests.fakes.slack.control import Control
from tests.fakes.slack.delivery import Ack
from tests.fakes.slack.manifest import Manifest
from tests.fakes.slack.methods import all_methods
from tests.fakes.slack.ui.routes import Ui

MAX_BODY_BYTES = 4 * 1024 * 1024


class FakeSlack(Acting):
    """A workspace with one app, on a port of this machine.

    Use it as an asynchronous context manager, or call `start` and `close`.

    :param app_url: where the app listens for events; without it the app is to use Socket Mode. An
        open socket goes before it.
    :param port: 0 takes any free port.
    """

    def __init__(self, *, port: int = 0, **settings: Any) -> None:
        super().__init__(**settings)
        self.api = WebApi(self, all_methods())
        self.manifest = Manifest()
        self._port = port
        self._runner: web.AppRunner | None = None

    @property
    def api_url(self) -> str:
        """For the bot's SLACK_API_URL and slack_sdk's `base_url`."""
        return f"{self.url}/api/"

    @property
    def acks(self) -> list[Ack]:
        """How the app acknowledged everything so far, oldest first."""
        return list(self.delivery.acks)

    def install(self, manifest: Manifest) -> None:
        """Set the app up as its manifest says."""
        self.manifest = manifest
        self.app.name = self.workspace.bot.real_name = manifest.name
        self.app.home_tab = manifest.home_tab
        if manifest.scopes is not None:
            self.app.scopes = set(manifest.scopes)
        if manifest.events is not None:
            self.events.subscribed = set(manifest.events)

    async def start(self) -> None:
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        application.router.add_route("*", "/api/{method}", self.api.handle)
        application.router.add_get("/socket", self.sockets.handle)
        application.router.add_post("/response/{token}", self.answers.at_response_url)
        Control(self).add_routes(application.router)
        Ui(self, lambda: self.manifest).add_routes(application.router)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"

    async def close(self) -> None:
        await self.sockets.close()
        await self.delivery.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()
