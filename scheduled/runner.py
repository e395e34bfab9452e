"""The job runner: calls jobs by the clock, one instance at a time, and never skips a tick."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from store.database import is_unavailable

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do every so often. Every process runs it: claims and unique keys keep it correct."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[None]]


class JobRunner:
    """Runs jobs now and then by the clock, until stopped. One that fails is logged and runs again."""

    def __init__(self, jobs: list[Job]) -> None:
        self._jobs = jobs
        self._scheduler: AsyncIOScheduler | None = None
        self._running: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone="UTC",
            # The default grace of one second would skip ticks on a busy machine.
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        for job in self._jobs:
            self._scheduler.add_job(
                self._run,
                IntervalTrigger(seconds=job.every.total_seconds()),
                args=[job],
                id=job.name,
                next_run_time=datetime.now(UTC),
            )
        self._scheduler.start()

    async def stop(self, *, within: timedelta) -> None:
        """Begin no more jobs; those that run may end, and are cancelled when their time is up."""
        if self._scheduler is None:
            return
        self._scheduler.shutdown(wait=False)
        self._scheduler = None
        if self._running:
            await asyncio.wait(self._running, timeout=within.total_seconds())
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _run(self, job: Job) -> None:
        task = asyncio.create_task(_guarded(job))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        # A scheduler that shuts down cancels what it waits for: the job itself goes on.
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(task)


async def _guarded(job: Job) -> None:
    try:
        await job.run()
    except Exception as error:
        if is_unavailable(error):
            log.warning("job.waits", job=job.name, error=type(error).__name__)
        else:
            log.error("job.failed", job=job.name, exc_info=error)
