"""Measures for Prometheus: updates, handler seconds, the outbox and deliveries."""

from __future__ import annotations

import asyncio
import math

from aiohttp import web
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from sqlalchemy.exc import SQLAlchemyError

from handlers.kit.platform import Clock
from handlers.kit.replies import Outcome
from handlers.kit.updates import Update
from store import outbox
from store.database import Database

PATIENCE_SECONDS = 3.0


class Metrics:
    """The measures of one process. Labels are kinds and outcomes, never people or channels."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.registry = CollectorRegistry()
        self.updates = Counter(
            "bot_updates", "Updates handled", ["platform", "kind", "outcome"], registry=self.registry
        )
        self.seconds = Histogram(
            "bot_handler_seconds",
            "Seconds from an update to its commit",
            ["platform", "kind"],
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
            registry=self.registry,
        )
        self.deliveries = Counter(
            "bot_deliveries", "Messages handed to platforms", ["platform", "outcome"], registry=self.registry
        )
        self.depth = Gauge("bot_outbox_depth", "Messages waiting to be delivered", registry=self.registry)
        self.oldest = Gauge(
            "bot_outbox_oldest_due_seconds",
            "Seconds that the oldest waiting message has been due",
            registry=self.registry,
        )

    def observe_update(self, update: Update, outcome: Outcome, seconds: float) -> None:
        self.updates.labels(update.platform, update.kind, outcome.value).inc()
        self.seconds.labels(update.platform, update.kind).observe(seconds)

    def observe_delivery(self, platform: str, outcome: str) -> None:
        self.deliveries.labels(platform, outcome).inc()

    async def page(self, _request: web.Request) -> web.Response:
        """``/metrics`` in the text format of Prometheus. With the database away, the outbox is unknown."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._database.read() as session:
                depth, oldest = await outbox.depth(session)
            self.depth.set(depth)
            late = (self._clock() - oldest).total_seconds() if oldest else 0.0
            self.oldest.set(max(0.0, late))
        except (SQLAlchemyError, OSError, TimeoutError):
            self.depth.set(math.nan)
            self.oldest.set(math.nan)
        return web.Response(
            body=generate_latest(self.registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )
