"""The composition root: builds everything once, starts it, and stops it in order."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from functools import partial

import structlog
from aiohttp import web
from alembic.util.exc import CommandError
from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from bot.health import Health
from bot.keys import open_vault
from bot.metrics import Metrics
from bot.services import Services, Surface
from bot.settings import ROOT, Settings, SettingsError
from bot.slack.surface import SlackSurface
from bot.web import demo
from bot.web.sign_in import minter
from bot.web.surface import WebSurface
from handlers import all_routers
from handlers.faq_knowledge import Knowledge
from handlers.kit import network
from handlers.kit.context import Surroundings
from handlers.kit.dispatcher import Dispatcher
from handlers.kit.network import Network
from handlers.kit.platform import Clock, Platform, system_clock
from handlers.kit.router import Router
from handlers.kit.signing import Signer
from handlers.kit.words import Catalogues
from scheduled import all_jobs
from scheduled.outbox_relay import OutboxRelay
from scheduled.runner import Job, JobRunner
from store import schema
from store.database import Database
from store.seed import SeedError, seed

log = structlog.get_logger(__name__)

LARGEST_BODY_BYTES = 1024 * 1024
STOPPED_WITHIN = timedelta(seconds=10)
# What an administrator has just taught is learnt before anybody asks for it.
LEARN_EVERY = timedelta(seconds=5)


class App:
    """The bot. Nothing of it is global: two can live in one process."""

    def __init__(self, settings: Settings, clock: Clock = system_clock) -> None:
        self.settings = settings
        self.clock = clock
        self.database = open_database(settings)
        self.metrics = Metrics(self.database, clock)
        self.platforms: dict[str, Platform] = {}
        surroundings = Surroundings(
            catalogues=Catalogues(ROOT / "locales"),
            network=read_network(settings),
            base_url=settings.address,
            admin_emails=settings.owner_emails,
            questions=settings.question_periods,
            vault=open_vault(settings, self.database),
            signer=Signer(settings.secret_key.get_secret_value()),
        )
        self.relay = OutboxRelay(
            self.database,
            self.platforms,
            clock,
            surroundings.process,
            mint_link=minter(self.database, clock, settings.address),
            observe=self.metrics.observe_delivery,
        )
        self.knowledge = Knowledge(aims=settings.faq_aims, model_folder=settings.faq_model_dir)
        dispatcher = Dispatcher(
            self.database,
            Router("all").include(*all_routers(self.knowledge)),
            surroundings,
            clock,
            after_commit=self.relay.take,
            observe=self.metrics.observe_update,
        )
        self.services = Services(
            settings, self.database, dispatcher, self.relay, surroundings, clock, self.knowledge
        )
        self.surfaces = _surfaces(self.services)
        self.platforms |= {surface.platform.name: surface.platform for surface in self.surfaces}
        self.health = Health(self.services, self.surfaces, self.knowledge)
        jobs = all_jobs(self.database, clock, self.relay, self.platforms, surroundings)
        jobs.append(Job("faq.learn", LEARN_EVERY, partial(self.knowledge.start, self.database)))
        self.jobs = [*jobs, *(job for surface in self.surfaces for job in surface.jobs())]
        self._jobs = JobRunner(self.jobs)
        self._server: web.AppRunner | None = None
        self._serving = False

    async def start(self) -> None:
        """Migrate, seed, connect and serve.

        :raises SettingsError: when a file of ``DATA_DIR`` is wrong, the port is taken, or the database is
            one of demo mode outside it.
        """
        await prepare(self.database, self.settings, self.clock)
        await demo.claim(self.database, self.clock(), demo=self.settings.demo)
        await self.knowledge.start(self.database)
        app = web.Application(client_max_size=LARGEST_BODY_BYTES)
        app.router.add_get("/healthz", self.health.healthz)
        app.router.add_get("/readyz", self.health.readyz)
        app.router.add_get("/metrics", self.metrics.page)
        for surface in self.surfaces:
            surface.add_routes(app)
        self._server = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=3.0)
        await self._server.setup()
        try:
            await web.TCPSite(self._server, self.settings.host, self.settings.port).start()
        except OSError as error:
            await self._server.cleanup()
            where = f"{self.settings.host}:{self.settings.port}"
            reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
            raise SettingsError(f"HOST and PORT: cannot listen on {where} ({reason})") from None
        self._serving = True
        await asyncio.gather(*(surface.start() for surface in self.surfaces))
        self._jobs.start()
        log.info("bot.started", address=self.settings.address, demo=self.settings.demo)

    async def stop(self) -> None:
        """Accept nothing more, finish what runs, hand back what was not begun; within ten seconds."""
        try:
            if self._serving:
                await self._wind_down()
        finally:
            await self.knowledge.stop()
            await self.database.close()

    async def _wind_down(self) -> None:
        log.info("bot.stopping")
        try:
            async with asyncio.timeout(STOPPED_WITHIN.total_seconds() / 2):
                await asyncio.gather(*(surface.stop() for surface in self.surfaces))
                if self._server is not None:
                    await self._server.cleanup()
        except TimeoutError:
            log.warning("bot.stopping.slow")
        self.relay.drain()
        await self._jobs.stop(within=STOPPED_WITHIN / 10)
        await self.relay.stop(within=STOPPED_WITHIN / 4)
        log.info("bot.stopped")


def read_network(settings: Settings) -> Network:
    """:raises SettingsError: when the network's own file is missing or wrong."""
    try:
        return network.read(settings.data_dir)
    except OSError as error:
        reason = error.strerror or "it cannot be read"
    except ValidationError as error:
        first = error.errors()[0]
        reason = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    except ValueError as error:
        reason = str(error)
    raise SettingsError(f"DATA_DIR: {settings.data_dir / 'network.toml'}: {reason}")


def open_database(settings: Settings) -> Database:
    """:raises SettingsError: when ``DATABASE_URL`` names no database we know."""
    try:
        database = Database(settings.database_url)
    except ArgumentError:
        raise SettingsError("DATABASE_URL: this is no address of a database") from None
    except ValueError as error:
        raise SettingsError(f"DATABASE_URL: {error}") from None
    if database.path is not None:
        try:
            # What people told the bot is for the account that runs it, and for nobody else.
            database.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"DATABASE_URL: {database.path.parent}: {error.strerror}") from None
    return database


async def prepare(database: Database, settings: Settings, clock: Clock) -> None:
    """Bring a database to the newest version and fill it if it is new."""
    try:
        await schema.migrate(database)
    except CommandError as error:
        reason = str(error).rstrip(".")
        raise SettingsError(
            f"DATABASE_URL: it was written by a newer version of the bot ({reason})"
        ) from None
    except (SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise SettingsError(f"DATABASE_URL: the database cannot be used ({reason})") from None
    try:
        await seed(database, settings.data_dir, clock())
    except SeedError as error:
        raise SettingsError(f"DATA_DIR: {error}") from None


def _surfaces(services: Services) -> list[Surface]:
    """Every surface that the settings ask for."""
    surfaces: list[Surface] = [WebSurface(services)]
    if services.settings.slack_configured:
        surfaces.append(SlackSurface(services))
    return surfaces
