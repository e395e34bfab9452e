"""A bot for tests: the dispatcher and every feature on a real database, with a platform that notes."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from handlers import all_routers
from handlers.faq_knowledge import Knowledge
from handlers.kit import network
from handlers.kit.context import Surroundings
from handlers.kit.dispatcher import Dispatcher
from handlers.kit.errors import DeliveryError
from handlers.kit.messages import Action, Message
from handlers.kit.platform import Delivered, Delivery
from handlers.kit.replies import FormView, Handled
from handlers.kit.router import Router
from handlers.kit.updates import (
    Command,
    Content,
    Place,
    PlaceKind,
    Press,
    RawAnswers,
    Sender,
    Submission,
    Text,
    Update,
)
from handlers.kit.words import Catalogues
from scheduled.outbox_relay import OutboxRelay
from store import members, roles
from store.database import Database
from store.members import Member
from store.pacing import Pace
from store.roles import Role
from store.sealing import Vault, new_key

ROOT = Path(__file__).parent.parent
# A Saturday morning in London, outside summer time.
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


class TestClock:
    """Stands still until told to go on."""

    __test__ = False

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


class NotingPlatform:
    """Takes every message and notes where it went; ``fails`` are raised first, in order."""

    pace = Pace()

    def __init__(self, name: str) -> None:
        self.name = name
        self.delivered: list[tuple[Place, Message]] = []
        self.edits: list[tuple[dict[str, Any], Message]] = []
        self.removed: list[dict[str, Any]] = []
        self.found: dict[str, Delivered] = {}
        self.fails: list[DeliveryError] = []
        self._ids = itertools.count(1)

    def lane(self, place: Place) -> str | None:
        return None

    async def deliver(self, delivery: Delivery, place: Place) -> Delivered:
        if self.fails:
            raise self.fails.pop(0)
        self.delivered.append((place, delivery.message))
        delivered = Delivered({"platform": self.name, "place": place.id, "number": next(self._ids)})
        self.found[delivery.id] = delivered
        return delivered

    async def edit(self, reference: dict[str, Any], message: Message) -> None:
        self.edits.append((reference, message))

    async def remove(self, reference: dict[str, Any]) -> None:
        self.removed.append(reference)

    async def find(self, delivery: Delivery, place: Place) -> Delivered | None:
        return self.found.get(delivery.id)

    def said_to(self, external_id: str) -> list[Message]:
        """Everything delivered to one person or channel, in order."""
        return [message for place, message in self.delivered if place.id == external_id]


class TestBot:
    """Speaks updates and shows outcomes. People are on the platform ``test`` under ids of their own."""

    __test__ = False

    def __init__(
        self,
        database: Database,
        clock: TestClock,
        router: Router | None = None,
        *,
        admin_emails: frozenset[str] = frozenset(),
    ) -> None:
        self.database = database
        self.clock = clock
        self.platform = NotingPlatform("test")
        self.surroundings = Surroundings(
            catalogues=Catalogues(ROOT / "locales"),
            network=network.read(ROOT / "data"),
            base_url="https://bot.example.org",
            admin_emails=admin_emails,
            vault=Vault([new_key()]),
        )
        self.router = router or Router("all").include(*all_routers(Knowledge(patient=True)))
        self.relay = OutboxRelay(
            database, {"test": self.platform}, clock, self.surroundings.process, mint_link=self._mint
        )
        self.dispatcher = Dispatcher(
            database, self.router, self.surroundings, clock, after_commit=self._after_commit
        )
        # False holds leased messages back, as if the process died between commit and delivery.
        self.delivering = True
        self._ids = itertools.count(1)
        self._leased: list[Delivery] = []

    async def handle(
        self, external_id: str, content: Content, *, place: Place | None = None, update_id: str | None = None
    ) -> Handled:
        """Handle what a person did, and deliver what came of it."""
        update = Update(
            id=update_id or f"test:{next(self._ids)}",
            sender=Sender("test", external_id),
            place=place or Place("test", PlaceKind.DIRECT, external_id),
            content=content,
        )
        handled = await self.dispatcher.handle(update)
        await self.deliver()
        return handled

    async def deliver(self) -> None:
        """Deliver everything that is due."""
        leased, self._leased = self._leased, []
        if self.delivering:
            await self.relay.deliver(leased)
            await self.relay.tick()
            await self.relay.wait()

    async def say(self, external_id: str, text: str) -> Message:
        return _message(await self.handle(external_id, Text(text)))

    async def command(self, external_id: str, name: str, text: str = "") -> Handled:
        return await self.handle(external_id, Command(name, text))

    async def press(self, external_id: str, action: Action) -> Handled:
        return await self.handle(external_id, Press(action.wire_name, action.model_dump(mode="json")))

    async def submit(
        self, external_id: str, view: FormView, answers: RawAnswers, *, send: bool = True
    ) -> Handled:
        """Fill in the step that is shown and go on."""
        content = Submission(view.form.name, view.draft_id, answers, view.step, send)
        return await self.handle(external_id, content)

    async def add_member(self, external_id: str, *held: Role, name: str = "", **values: Any) -> Member:
        """A member who was here before, with the roles named and any other columns."""
        async with self.database.write() as session:
            member = await members.add(session, name=name or external_id.title(), now=self.clock())
            member.greeted_at = self.clock()
            for column, value in values.items():
                setattr(member, column, value)
            await members.add_identity(session, member, "test", external_id, profiled=True)
            for role in held:
                await roles.grant(session, member.id, role, by_id=None, now=self.clock())
        return member

    def _after_commit(self, deliveries: tuple[Delivery, ...]) -> None:
        self._leased += deliveries

    async def _mint(self, member_id: int) -> str:
        return f"https://bot.example.org/sign-in/test-{member_id}"


def form_of(handled: Handled) -> FormView:
    """The form that an update was answered with."""
    assert isinstance(handled.reply, FormView)
    return handled.reply


def message_of(handled: Handled) -> Message:
    """The message that an update was answered with."""
    return _message(handled)


def _message(handled: Handled) -> Message:
    assert isinstance(handled.reply, Message)
    return handled.reply
