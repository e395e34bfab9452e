"""A fake workspace with a few people, a client of Slack's own library, and a small Bolt app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack import Channel, FakeSlack, User


@dataclass
class Clock:
    """Seconds since 1970 that pass only when told to."""

    seconds: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Office:
    """The fake with the people and channels of these tests."""

    slack: FakeSlack
    clock: Clock
    councillor: User
    officer: User
    general: Channel


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    clock = Clock()
    slack = FakeSlack(clock=clock, retry_delays=(0.0, 0.0, 0.0))
    councillor = slack.add_user("councillor", real_name="Demo Councillor")
    officer = slack.add_user("officer", real_name="Demo Officer")
    general = slack.add_channel("general", councillor, officer, is_general=True)
    async with slack:
        yield Office(slack, clock, councillor, officer, general)


@pytest.fixture
async def client(office: Office) -> AsyncWebClient:
    return AsyncWebClient(token=office.slack.app.bot_token, base_url=office.slack.api_url)


@pytest.fixture
async def bolt(office: Office, client: AsyncWebClient) -> AsyncApp:
    """A Bolt app with nothing on it yet."""
    app = office.slack.app

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None,
            team_id=office.slack.workspace.team_id,
            bot_token=app.bot_token,
            bot_id=app.bot_id,
            bot_user_id=app.bot_user_id,
        )

    return AsyncApp(
        client=client,
        signing_secret=app.signing_secret,
        authorize=authorize,
        process_before_response=True,
    )


@pytest.fixture
async def over_http(office: Office, bolt: AsyncApp) -> AsyncIterator[AsyncApp]:
    """The Bolt app, reached by signed requests."""
    runner = web.AppRunner(bolt.server(port=0, path="/slack/events").web_app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    office.slack.delivery.app_url = f"http://127.0.0.1:{port}/slack/events"
    yield bolt
    await runner.cleanup()


@pytest.fixture
async def over_socket(office: Office, bolt: AsyncApp) -> AsyncIterator[AsyncSocketModeHandler]:
    """The Bolt app, connected by Socket Mode."""
    handler = AsyncSocketModeHandler(bolt, office.slack.app.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await office.slack.until(lambda: len(office.slack.sockets))
    yield handler
    await handler.close_async()  # type: ignore[no-untyped-call]
