"""The web surface over a whole bot, and a browser without a screen that speaks HTTP to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from bot.app import LARGEST_BODY_BYTES
from bot.services import Services
from bot.settings import Settings
from bot.web import demo
from bot.web.sign_in import minter
from bot.web.surface import WebSurface
from handlers import all_routers
from handlers.faq_knowledge import Knowledge
from handlers.kit import network
from handlers.kit.context import Surroundings
from handlers.kit.dispatcher import Dispatcher
from handlers.kit.platform import Platform
from handlers.kit.router import Router
from handlers.kit.words import Catalogues
from scheduled.outbox_relay import OutboxRelay
from store import members, organisations, roles
from store.database import Database
from store.members import Member
from store.organisations import Organisation
from store.roles import Role
from store.sealing import Vault, new_key
from tests.bot import ROOT, TestClock
from tests.web import gallery
from tests.web.pages import Page, PageForm, read


class WebBot:
    """The bot with its web surface, as the composition root puts it together."""

    def __init__(self, database: Database, clock: TestClock, base_url: str = "") -> None:
        self.database = database
        self.clock = clock
        self.settings = Settings(
            _env_file=None,
            base_url=base_url,
            secret_key=SecretStr("a secret of the tests alone, long enough"),
        )
        platforms: dict[str, Platform] = {}
        surroundings = Surroundings(
            catalogues=Catalogues(ROOT / "locales"),
            network=network.read(ROOT / "data"),
            base_url=self.settings.address,
            vault=Vault([new_key()]),
        )
        self.mint = minter(database, clock, self.settings.address)
        self.relay = OutboxRelay(database, platforms, clock, surroundings.process, mint_link=self.mint)
        self.knowledge = Knowledge(patient=True)
        router = Router("all").include(*all_routers(self.knowledge), gallery.router)
        self.dispatcher = Dispatcher(database, router, surroundings, clock, after_commit=self.relay.take)
        self.services = Services(
            self.settings, database, self.dispatcher, self.relay, surroundings, clock, self.knowledge
        )
        self.surface = WebSurface(self.services)
        platforms["web"] = self.surface.platform

    def application(self) -> web.Application:
        app = web.Application(client_max_size=LARGEST_BODY_BYTES)
        self.surface.add_routes(app)
        return app

    async def deliver(self) -> None:
        """Deliver everything that is due."""
        await self.relay.tick()
        await self.relay.wait()

    async def add_member(self, name: str, *held: Role, locale: str = "en") -> Member:
        async with self.database.write() as session:
            member = await members.add(session, name=name, now=self.clock(), locale=locale)
            member.greeted_at = self.clock()
            for role in held:
                await roles.grant(session, member.id, role, by_id=None, now=self.clock())
        return member


class Browser:
    """Follows redirects, keeps cookies, and fills in the forms it is shown. It runs no script."""

    def __init__(self, bot: WebBot, client: TestClient[web.Request, web.Application]) -> None:
        self.bot = bot
        self.client = client

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> Page:
        async with self.client.get(path, headers=headers) as response:
            return read(response.status, str(response.url), await response.text())

    async def post(
        self, path: str, fields: Mapping[str, str] | Sequence[tuple[str, str]],
        headers: Mapping[str, str] | None = None,
    ) -> Page:  # fmt: skip
        async with self.client.post(path, data=fields, headers=headers) as response:
            return read(response.status, str(response.url), await response.text())

    async def send(
        self, form: PageForm, typed: Mapping[str, str | list[str]] | None = None, *, button: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Page:  # fmt: skip
        """Fill in a form over what it holds, and press a button of it."""
        return await self.post(form.action, filled(form, typed, button=button), headers)

    async def say(self, text: str) -> Page:
        """Type into the composer."""
        page = await self.get("/")
        return await self.send(composer(page), {"say": text})

    async def press(self, page: Page, button: str) -> Page:
        return await self.send(page.form("/chat/press", button=button), button=button)

    async def sign_in(self, member: Member) -> Page:
        link = await self.bot.mint(member.id)
        path = "/sign-in/" + link.rpartition("/")[2]
        return await self.send((await self.get(path)).form(path))

    def cookie(self) -> str:
        return next((one.value for one in self.client.session.cookie_jar), "")


def composer(page: Page) -> PageForm:
    return page.form("/chat", button="Send")


def filled(
    form: PageForm, typed: Mapping[str, str | list[str]] | None = None, *, button: str = ""
) -> list[tuple[str, str]]:
    """What a browser would send."""
    fields = [(name, value) for name, value in form.fields if name not in (typed or {})]
    for name, value in (typed or {}).items():
        fields += [(name, one) for one in ([value] if isinstance(value, str) else value)]
    pressed = next((one for one in form.buttons if one[2].startswith(button)), None) if button else None
    if pressed and pressed[0]:
        fields.append((pressed[0], pressed[1]))
    return fields


@pytest.fixture
async def web_bot(database: Database, clock: TestClock) -> WebBot:
    """In demo mode, with its people seeded and one council more."""
    await demo.claim(database, clock(), demo=True)
    async with database.write() as session:
        session.add(Organisation(name="Ambleford Council", category="full", kind="council", region="north"))
        session.add(organisations.Organisation(name="Ambleside Trust", category="affiliate", kind="charity"))
    return WebBot(database, clock)


@pytest.fixture
async def server(web_bot: WebBot) -> AsyncIterator[TestServer]:
    started = TestServer(web_bot.application())
    await started.start_server()
    yield started
    await web_bot.surface.stop()
    await started.close()


@pytest.fixture
async def browser(web_bot: WebBot, server: TestServer) -> AsyncIterator[Browser]:
    async with TestClient(server) as client:
        yield Browser(web_bot, client)


@pytest.fixture
async def other_browser(web_bot: WebBot, server: TestServer) -> AsyncIterator[Browser]:
    async with TestClient(server) as client:
        yield Browser(web_bot, client)
