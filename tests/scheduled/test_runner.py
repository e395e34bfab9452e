"""The job runner: jobs run by the clock, one of a kind at a time, and a failure stops nothing."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest
import structlog

from scheduled.runner import Job, JobRunner

OFTEN = timedelta(milliseconds=5)


async def within(event: asyncio.Event) -> None:
    async with asyncio.timeout(5):
        await event.wait()


async def test_jobs_run_at_the_start_and_again_and_again() -> None:
    ran: dict[str, int] = {"often": 0, "hourly": 0}
    thrice = asyncio.Event()

    async def often() -> None:
        ran["often"] += 1
        if ran["often"] == 3:
            thrice.set()

    async def hourly() -> None:
        ran["hourly"] += 1

    runner = JobRunner([Job("often", OFTEN, often), Job("hourly", timedelta(hours=1), hourly)])
    runner.start()
    await within(thrice)
    await runner.stop(within=timedelta(seconds=5))
    assert ran["hourly"] == 1


async def test_a_job_that_fails_is_logged_and_runs_again() -> None:
    twice = asyncio.Event()
    count = 0

    async def fail() -> None:
        nonlocal count
        count += 1
        if count == 2:
            twice.set()
        raise RuntimeError("a fault of ours")

    runner = JobRunner([Job("failing", OFTEN, fail)])
    with structlog.testing.capture_logs() as logs:
        runner.start()
        await within(twice)
        await runner.stop(within=timedelta(seconds=5))
    assert {(entry["event"], entry["job"]) for entry in logs} == {("job.failed", "failing")}


async def test_a_job_never_runs_twice_at_once() -> None:
    at_once = most = ticks = 0
    ended = asyncio.Event()
    many = asyncio.Event()

    async def slow() -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await ended.wait()
        at_once -= 1

    async def quick() -> None:
        nonlocal ticks
        ticks += 1
        if ticks == 10:
            many.set()

    runner = JobRunner([Job("slow", OFTEN, slow), Job("quick", OFTEN, quick)])
    runner.start()
    await within(many)
    ended.set()
    await runner.stop(within=timedelta(seconds=5))
    assert most == 1


async def test_stopping_lets_what_runs_come_to_its_end() -> None:
    begun, go_on, ended = asyncio.Event(), asyncio.Event(), []

    async def slow() -> None:
        begun.set()
        await go_on.wait()
        ended.append("slow")

    runner = JobRunner([Job("slow", OFTEN, slow)])
    runner.start()
    await within(begun)
    stopping = asyncio.create_task(runner.stop(within=timedelta(seconds=5)))
    await asyncio.sleep(0)
    go_on.set()
    await stopping
    assert ended == ["slow"]


async def test_stopping_cancels_what_takes_too_long_and_logs_no_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun, cancelled = asyncio.Event(), []

    async def endless() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append("endless")
            raise

    runner = JobRunner([Job("endless", OFTEN, endless)])
    with caplog.at_level(logging.WARNING):
        runner.start()
        await within(begun)
        await runner.stop(within=timedelta(0))
        await runner.stop(within=timedelta(0))
    assert cancelled == ["endless"]
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
