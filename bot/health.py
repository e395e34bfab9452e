"""Health: whether the process lives, and whether it is ready to serve."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from bot.services import Services, Surface
from handlers.faq_knowledge import Knowledge
from store import schema

# The relay ticks every second; silent for longer, it is stuck.
RELAY_SILENCE = timedelta(seconds=20)
# Whoever asks gives up after some seconds: a database that says nothing by then is away.
PATIENCE_SECONDS = 3.0


class Health:
    def __init__(self, services: Services, surfaces: Sequence[Surface], knowledge: Knowledge) -> None:
        self._services = services
        self._knowledge = knowledge
        self._surfaces = surfaces
        self._current = False

    async def healthz(self, _request: web.Request) -> web.Response:
        """The process lives."""
        return web.json_response({"status": "ok"})

    async def readyz(self, _request: web.Request) -> web.Response:
        """Everything it needs to serve is there; else 503 and what is missing. Notes are no reason to
        take it out of service."""
        problems = await self.problems()
        said = {
            "status": "not ready" if problems else "ready", "problems": problems, "notes": self.notes()
        }  # fmt: skip
        return web.json_response(said, status=503 if problems else 200)

    def notes(self) -> list[str]:
        """What works less well than it was set up to, one sentence each."""
        problem = self._knowledge.problem
        notes = [f"Questions are matched by their words alone: {problem}."] if problem else []
        if not self._services.surroundings.vault.ready:
            notes.append("Dietary and access needs cannot be asked: ENCRYPTION_KEYS is empty.")
        notes += [note for surface in self._surfaces for note in surface.notes()]
        return notes

    async def problems(self) -> list[str]:
        """Why it is not ready, one sentence each."""
        services = self._services
        problems: list[str] = []
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await services.database.ping()
                # Once current, the schema stays so while this process lives.
                self._current = self._current or await schema.is_current(services.database)
            if not self._current:
                problems.append("The database is not at the newest version: run migrate.")
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            problems.append(f"The database cannot be reached ({type(error).__name__}).")
        ticked_at = services.relay.ticked_at
        if ticked_at is None or services.clock() - ticked_at > RELAY_SILENCE:
            problems.append("The relay that delivers messages is not running.")
        problems += [problem for surface in self._surfaces if (problem := surface.problem())]
        return problems
