"""The web as a platform: messages go into a conversation, which open pages show at once."""

from __future__ import annotations

from typing import Any

from bot.web.streams import Streams
from handlers.kit.errors import DeliveryError
from handlers.kit.messages import Message
from handlers.kit.platform import Clock, Delivered, Delivery
from handlers.kit.updates import Place, PlaceKind
from store import conversations
from store.conversations import PLATFORM, Author
from store.database import Database
from store.pacing import Pace

SIGN_IN_PATH = "/sign-in/"


class WebPlatform:
    """An entry carries the outbox row's id, so that a message delivered twice stands there once."""

    name = PLATFORM
    pace = Pace()

    def __init__(self, database: Database, clock: Clock, streams: Streams, base_url: str) -> None:
        self._database = database
        self._clock = clock
        self._streams = streams
        self._sign_in_url = base_url + SIGN_IN_PATH

    def lane(self, place: Place) -> str | None:
        return None

    async def deliver(self, delivery: Delivery, place: Place) -> Delivered:
        if place.kind is not PlaceKind.DIRECT:
            raise DeliveryError("the web pages have no channels", retry_after=None)
        async with self._database.write() as session:
            entry = await conversations.add(
                session,
                place.id,
                f"outbox:{delivery.id}",
                Author.BOT,
                self._clock(),
                message=self._without_links(delivery.message).model_dump(mode="json"),
            )
        if entry is None:
            raise DeliveryError("this conversation has been forgotten", retry_after=None)
        self._streams.notify(place.id)
        return _delivered(place.id, entry.id)

    async def edit(self, reference: dict[str, Any], message: Message) -> None:
        said = self._without_links(message).model_dump(mode="json")
        async with self._database.write() as session:
            changed = await conversations.change(session, int(reference["entry"]), said, self._clock())
        if changed is None:
            raise DeliveryError("this message has been forgotten", retry_after=None)
        self._streams.notify(changed)

    async def remove(self, reference: dict[str, Any]) -> None:
        raise DeliveryError("what stands in a conversation stays there", retry_after=None)

    async def find(self, delivery: Delivery, place: Place) -> Delivered | None:
        async with self._database.read() as session:
            entry = await conversations.by_key(session, place.id, f"outbox:{delivery.id}")
        return _delivered(place.id, entry.id) if entry else None

    def _without_links(self, message: Message) -> Message:
        """Whoever reads this is signed in, and a sign-in link must never stand in a conversation."""
        buttons = tuple(
            button
            for button in message.buttons
            if not button.sign_in and not (button.url or "").startswith(self._sign_in_url)
        )
        return message.model_copy(update={"buttons": buttons})


def _delivered(conversation_id: str, entry_id: int) -> Delivered:
    return Delivered({"platform": PLATFORM, "conversation": conversation_id, "entry": entry_id})
