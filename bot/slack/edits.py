"""What people type into an open form, kept as they type: the newest of each form, once a second."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog

from handlers.kit.dispatcher import Dispatcher
from handlers.kit.errors import Unavailable
from handlers.kit.updates import Edited, Update

log = structlog.get_logger(__name__)

GAP_SECONDS = 1.0


@dataclass(slots=True)
class _Form:
    """An open form: what waits to be kept, and the task that keeps it."""

    newest: Update | None
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Edits:
    """Slack tells of every letter. The first is kept at once, and then what came in the gap meanwhile:
    each telling holds the whole form, so only the newest counts."""

    def __init__(self, dispatcher: Dispatcher, *, gap_seconds: float = GAP_SECONDS) -> None:
        self._dispatcher = dispatcher
        self._gap_seconds = gap_seconds
        self._forms: dict[str, _Form] = {}

    def keep(self, update: Update) -> None:
        """Keep a form as it stands now."""
        if not isinstance(update.content, Edited):
            raise TypeError("not an edit")
        draft_id = update.content.draft_id
        if draft_id in self._forms:
            self._forms[draft_id].newest = update
            return
        form = self._forms[draft_id] = _Form(update)
        form.task = asyncio.create_task(self._work(draft_id, form))

    async def settle(self, draft_id: str) -> None:
        """Finish what is being kept of a form, and forget the rest: what comes now holds it all."""
        if form := self._forms.get(draft_id):
            form.newest = None
            await self._finish(form)

    async def finish(self, draft_id: str) -> None:
        """Keep at once what waits of a form."""
        if form := self._forms.get(draft_id):
            await self._finish(form)

    async def flush(self) -> None:
        """Keep at once whatever waits."""
        for form in list(self._forms.values()):
            await self._finish(form)

    async def _finish(self, form: _Form) -> None:
        form.hurry.set()
        if form.task is not None:
            await form.task

    async def _work(self, draft_id: str, form: _Form) -> None:
        while form.newest is not None:
            update, form.newest = form.newest, None
            try:
                await self._dispatcher.handle(update)
            except Unavailable:
                # The database is away; a later letter, or the submission, brings it all again.
                log.warning("slack.edit.lost")
            try:
                async with asyncio.timeout(self._gap_seconds):
                    await form.hurry.wait()
            except TimeoutError:
                continue
        self._forms.pop(draft_id, None)
