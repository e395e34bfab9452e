"""The port to a platform: everything the bot may ask of Slack, of WhatsApp or of the web pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from handlers.kit.messages import Message
from handlers.kit.updates import Place

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The time now, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way. ``place`` is None until a member's surface has been chosen."""

    id: str
    place: Place | None
    message: Message
    created_at: datetime
    member_id: int | None = None
    attempts: int = 1
    # An earlier attempt ended without a word: ask the platform before sending again.
    uncertain: bool = False
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """Where a platform put a message; ``reference`` is its own and comes back for edits."""

    reference: dict[str, Any] = field(default_factory=dict)


class Platform(Protocol):
    """What a surface offers to the relay. Every method may raise ``DeliveryError``."""

    name: str

    def wait(self, place: Place) -> float:
        """Seconds until this platform's limits allow a message to this place; taking a turn is
        ``deliver``'s business."""

    async def deliver(self, delivery: Delivery, place: Place) -> Delivered: ...

    async def edit(self, reference: dict[str, Any], message: Message) -> None: ...

    async def find(self, delivery: Delivery, place: Place) -> Delivered | None:
        """Look for a message that may have been taken already; None when it was not, or nobody can tell."""
