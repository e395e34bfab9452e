"""What surfaces are given to work with, and what the application asks of a surface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from bot.settings import Settings
from handlers.faq_knowledge import Knowledge
from handlers.kit.context import Surroundings
from handlers.kit.dispatcher import Dispatcher
from handlers.kit.platform import Clock, Platform
from scheduled.outbox_relay import OutboxRelay
from scheduled.runner import Job
from store.database import Database


@dataclass(frozen=True, slots=True)
class Services:
    """Built once by the composition root."""

    settings: Settings
    database: Database
    dispatcher: Dispatcher
    relay: OutboxRelay
    surroundings: Surroundings
    clock: Clock
    knowledge: Knowledge


class Surface(Protocol):
    """A platform's side of the bot: it turns events into updates and messages into calls."""

    platform: Platform

    def add_routes(self, app: web.Application) -> None:
        """Add what it serves over HTTP."""

    async def start(self) -> None:
        """Connect; runs in the background, so that a platform that is away stops nothing else."""

    async def stop(self) -> None:
        """Accept nothing more and finish what was accepted."""

    def jobs(self) -> list[Job]:
        """What it does by the clock."""

    def problem(self) -> str | None:
        """Why it is not ready; None when it is."""

    def notes(self) -> list[str]:
        """What it could offer and does not, one sentence each."""
