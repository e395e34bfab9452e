"""Batches: what several tasks ask for in one moment is done together, in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batches(Generic[Item, Result]):
    """What comes while a batch is under way makes up the next. ``work`` gives one result for each item, in
    order; when it fails, everybody whose item was in the batch hears of it."""

    def __init__(self, work: Callable[[list[Item]], Awaitable[Sequence[Result]]], *, most: int) -> None:
        self._work = work
        self._most = most
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._working: asyncio.Task[None] | None = None

    async def add(self, item: Item) -> Result:
        """What came of an item, once its batch is done."""
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._run())
        return await done

    async def finish(self) -> None:
        """Wait until nothing is under way."""
        if self._working is not None:
            await self._working

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            (came,) = await asyncio.gather(
                self._work([item for item, _done in batch]), return_exceptions=True
            )
            for number, (_item, done) in enumerate(batch):
                # Whoever asked may have been cancelled meanwhile.
                if done.done():
                    continue
                if isinstance(came, BaseException):
                    done.set_exception(came)
                else:
                    done.set_result(came[number])
