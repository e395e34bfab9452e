"""The context of one update: who, when, in which language, in which transaction, and how to speak."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.kit.errors import UserError
from handlers.kit.messages import Message
from handlers.kit.network import Network
from handlers.kit.platform import Delivery
from handlers.kit.router import Router
from handlers.kit.signing import Signer
from handlers.kit.updates import Place, Update
from handlers.kit.words import Catalogues, Words
from store import audit, members, outbox
from store.members import Member
from store.roles import Role
from store.sealing import Vault

# A message made anew for each reader, in the reader's language.
Compose = Callable[[Words], Message]
# How long this process keeps a message to itself before another may deliver it.
LEASE = timedelta(seconds=30)
# More than this many messages of one update wait for the relay's next round instead.
DELIVERED_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class QuestionPeriods:
    """How long what people ask is kept, and within how many working days a person answers."""

    person_for: timedelta = timedelta(days=90)
    text_for: timedelta = timedelta(days=730)
    answered_within_days: int = 5


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is the same for every update; built once by the composition root."""

    catalogues: Catalogues
    network: Network
    base_url: str
    admin_emails: frozenset[str] = frozenset()
    questions: QuestionPeriods = QuestionPeriods()
    # Seals what is private before it is stored; without a key, nothing of the kind is asked.
    vault: Vault = field(default_factory=Vault)
    # Signs what travels in an address.
    signer: Signer = field(default_factory=Signer)
    # Fresh for each process: the name under which it leases messages.
    process: str = field(default_factory=lambda: uuid.uuid4().hex)


class Context:
    """Handed to every handler. All it writes stands or falls with the update's one transaction."""

    def __init__(
        self,
        surroundings: Surroundings,
        router: Router,
        session: AsyncSession,
        update: Update,
        now: datetime,
        member: Member | None,
        roles: frozenset[Role] = frozenset(),
        *,
        new: bool = False,
    ) -> None:
        self.surroundings = surroundings
        self.router = router
        self.session = session
        self.update = update
        self.now = now
        self.member = member
        self.roles = roles
        # Whether this update is the first we have of this person.
        self.new = new
        self.deliveries: list[Delivery] = []
        # Set by a handler whose reply is one more copy of a card, so that ``edit`` reaches it, too.
        self.reply_key: str | None = None

    @property
    def network(self) -> Network:
        return self.surroundings.network

    @property
    def person(self) -> Member:
        """The member who sent this; a visitor is asked to sign in."""
        if self.member is None:
            raise UserError(self._("Sign in first: this needs to know who you are."))
        return self.member

    @cached_property
    def words(self) -> Words:
        """The sender's language."""
        locale = self.member.locale if self.member else self.update.sender.locale
        return self.surroundings.catalogues.words(locale)

    def _(self, text: str) -> str:
        return self.words._(text)

    def become(self, member: Member, roles: frozenset[Role]) -> None:
        """Go on as the member that the sender turned out to be, in the language they turned out to speak."""
        self.member, self.roles = member, roles
        self.__dict__.pop("words", None)

    def speak(self, locale: str) -> None:
        """Go on in another language than the sender's, such as that of a question."""
        self.words = self.surroundings.catalogues.words(locale)

    def url(self, path: str) -> str:
        """The full address of a page of ours."""
        return self.surroundings.base_url.rstrip("/") + path

    async def send(
        self,
        to: Member | Place,
        message: Message | Compose,
        *,
        key: str | None = None,
        at: datetime | None = None,
        expires_at: datetime | None = None,
        kind: str | None = None,
    ) -> bool:
        """Owe somebody a message, delivered after the commit, or ``at`` a time.

        A member gets it on one surface, in their language where ``message`` composes it. False when
        this ``key`` has been sent to them before. A ``kind`` says what it is where nobody asked for it:
        it waits while all announcements are on hold.
        """
        if isinstance(to, Member):
            recipient, place, member_id = f"member:{to.id}", None, to.id
            words, priority = self.surroundings.catalogues.words(to.locale), outbox.Priority.PERSONAL
        else:
            recipient = f"place:{to.platform}:{to.kind}:{to.id}:{to.thread or ''}"
            place, member_id = to, None
            words, priority = self.surroundings.catalogues.english, outbox.Priority.BROADCAST
        said = message(words) if callable(message) else message
        now = kind is None and (at is None or at <= self.now)
        at_once = now and len(self.deliveries) < DELIVERED_AT_ONCE
        return await self.enqueue(
            said,
            key=key or uuid.uuid4().hex,
            recipient=recipient,
            place=place,
            member_id=member_id,
            due_at=at,
            expires_at=expires_at,
            priority=priority,
            at_once=at_once,
            kind=kind,
        )

    async def edit(self, key: str, message: Message | Compose) -> None:
        """Change every copy of what was sent under a key, delivered ones included, each in its
        reader's language."""
        rows = await outbox.copies(self.session, key)
        for row in rows:
            reader = await members.by_id(self.session, row.member_id) if row.member_id else None
            words = self.surroundings.catalogues.words(reader.locale if reader else None)
            said = message(words) if callable(message) else message
            outbox.change_row(row, said.model_dump(mode="json"), self.now)
        await self.session.flush()

    async def take_away(self, key: str) -> bool:
        """Take away every copy of what was sent under a key. False where there is none any more."""
        rows = await outbox.copies(self.session, key)
        taken = [outbox.take_away(row, self.now) for row in rows]
        await self.session.flush()
        return any(taken)

    async def audit(
        self, act: str, subject: str, subject_id: str | int, values: Mapping[str, str] | None = None,
        *, about: Member | None = None,
    ) -> None:  # fmt: skip
        """Record an administrative act of the sender; values that speak ``about`` a person are kept
        apart and erased with them."""
        await audit.record(
            self.session,
            act,
            subject,
            subject_id,
            actor_id=self.member.id if self.member else None,
            now=self.now,
            values=values,
            about_id=about.id if about else None,
        )

    async def enqueue(
        self, message: Message, *, key: str, recipient: str, place: Place | None, member_id: int | None,
        due_at: datetime | None, expires_at: datetime | None, priority: outbox.Priority, at_once: bool,
        kind: str | None = None,
    ) -> bool:  # fmt: skip
        """Write an outbox row; where ``at_once`` this process leases it and hands it to its relay."""
        lease = outbox.Lease(self.surroundings.process, self.now + LEASE) if at_once else None
        row_id = await outbox.add(
            self.session,
            key=key,
            recipient=recipient,
            message=message.model_dump(mode="json"),
            now=self.now,
            member_id=member_id,
            place=place.to_json() if place else None,
            due_at=due_at,
            expires_at=expires_at,
            priority=priority,
            lease=lease,
            kind=kind,
        )
        if row_id is None:
            return False
        if at_once:
            self.deliveries.append(
                Delivery(
                    id=row_id,
                    place=place,
                    message=message,
                    created_at=self.now,
                    member_id=member_id,
                    expires_at=expires_at,
                )
            )
        return True
