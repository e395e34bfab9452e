"""The job runner: calls jobs by the clock, one instance at a time, and never skips a tick."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

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
    """Runs jobs until stopped. A job that fails is logged and runs again at its next tick."""

    def __init__(self, jobs: list[Job]) -> None:
        self._jobs = jobs
        self._scheduler: AsyncIOScheduler | None = None

    def start(self) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone="UTC",
            # The default grace of one second would skip ticks on a busy machine.
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        for job in self._jobs:
            self._scheduler.add_job(
                _guarded, IntervalTrigger(seconds=job.every.total_seconds()), args=[job], id=job.name
            )
        self._scheduler.start()

    def stop(self) -> None:
        """Begin no more jobs; those that run are their owners' to finish."""
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None


async def _guarded(job: Job) -> None:
    try:
        await job.run()
    except Exception as error:
        if is_unavailable(error):
            log.warning("job.waits", job=job.name, error=type(error).__name__)
        else:
            log.error("job.failed", job=job.name, exc_info=error)
