"""Open pages: which wait for news of a conversation, and how they are woken."""

from __future__ import annotations

import asyncio

# Another process may have written: look by ourselves after so long.
LOOKED_EVERY_SECONDS = 2.0
# More pages than this on one conversation are answered without a stream.
MOST_STREAMS = 8


class Streams:
    """Wakes pages when this process changes a conversation; ``close`` sends them all home."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self.closed = False

    def notify(self, conversation_id: str) -> None:
        for event in self._waiting.get(conversation_id, ()):
            event.set()

    def close(self) -> None:
        self.closed = True
        for events in self._waiting.values():
            for event in events:
                event.set()

    def open(self, conversation_id: str) -> asyncio.Event | None:
        """An event that is set at each change; None where too many pages are open."""
        events = self._waiting.setdefault(conversation_id, set())
        if self.closed or len(events) >= MOST_STREAMS:
            return None
        event = asyncio.Event()
        events.add(event)
        return event

    def leave(self, conversation_id: str, event: asyncio.Event) -> None:
        events = self._waiting.get(conversation_id, set())
        events.discard(event)
        if not events:
            self._waiting.pop(conversation_id, None)

    async def wait(self, event: asyncio.Event) -> None:
        """Until something changed, or it is time to look."""
        try:
            async with asyncio.timeout(LOOKED_EVERY_SECONDS):
                await event.wait()
        except TimeoutError:
            pass
        event.clear()
