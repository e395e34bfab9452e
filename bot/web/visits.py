"""One request: who makes it, in which language, and how what they do reaches the dispatcher."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web
from multidict import MultiDict, MultiDictProxy

from bot.services import Services
from bot.web.tokens import csrf_token
from handlers.kit.replies import Handled
from handlers.kit.signing import Signer
from handlers.kit.updates import Content, Place, PlaceKind, Sender, Update
from handlers.kit.words import DEFAULT_LOCALE, Words
from store import conversations, roles, web_sessions
from store.conversations import PLATFORM, Author, Entry
from store.members import Member
from store.roles import Role
from store.web_sessions import NOTED_EVERY, WebSession

_FORM_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


@dataclass(slots=True)
class Visit:
    """Made for each request by ``Site``. ``cookie`` is the token to give the browser; "" takes it away."""

    request: web.Request
    services: Services
    signer: Signer
    now: datetime
    words: Words
    session: WebSession | None = None
    member: Member | None = None
    roles: frozenset[Role] = frozenset()
    typed: MultiDictProxy[str] = field(default_factory=lambda: MultiDictProxy(MultiDict()))
    cookie: str | None = None
    # What the bot answered to something done on this page, shown at its top.
    answer: Entry | None = None
    # Files that came with a form, by the name of their field.
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def csrf(self) -> str:
        return csrf_token(self.signer, self.session, self.now)

    @property
    def conversation_id(self) -> str | None:
        return self.session.conversation_id if self.session else None

    @property
    def administers(self) -> bool:
        return bool(self.roles & {Role.OWNER, Role.ADMINISTRATOR})

    @property
    def wants_json(self) -> bool:
        """The page's own script asks for its news as data."""
        return self.request.headers.get("Accept") == "application/json"

    @staticmethod
    def form_id() -> str:
        """A fresh id for a form about to be rendered: sent twice, it acts once."""
        return secrets.token_urlsafe(12)

    async def recognise(self, token: str) -> None:
        """Find out whose cookie this is."""
        async with self.services.database.read() as session:
            found = await web_sessions.by_token(session, token, self.now)
            if found is None:
                self.cookie = ""
                return
            self.session, self.member = found
            if self.member is not None:
                self.roles = await roles.of_member(session, self.member.id)
        locale = self.member.locale if self.member else self.session.locale
        self.words = self.services.surroundings.catalogues.words(locale)
        if self.now - self.session.used_at > NOTED_EVERY:
            async with self.services.database.write() as session:
                await web_sessions.use(session, self.session.id, self.now)

    async def begin(self) -> WebSession:
        """The session; a visitor's starts with the first thing they do."""
        if self.session is None:
            async with self.services.database.write() as session:
                conversation = await conversations.start(session, self.now)
                self.cookie, self.session = await web_sessions.begin(
                    session, conversation.id, self.now, locale=self.words.locale
                )
        return self.session

    async def sign_in(self, member: Member) -> None:
        """Give this browser a new session, of a member; what it had before ends. Who chose Welsh as a
        visitor goes on in Welsh, unless they have chosen a language as a member."""
        spoken = (self.session and self.session.locale) or DEFAULT_LOCALE
        async with self.services.database.write() as session:
            if self.session is not None:
                await web_sessions.end(session, self.session.id)
            if spoken != DEFAULT_LOCALE and not member.locale_chosen:
                member = await session.merge(member)
                member.speak(spoken)
            held = await conversations.of_member(session, member, self.now)
            self.cookie, self.session = await web_sessions.begin(
                session, held.id, self.now, member_id=member.id
            )
            self.roles = await roles.of_member(session, member.id)
        self.member = member
        self.words = self.services.surroundings.catalogues.words(member.locale)

    async def sign_out(self) -> None:
        if self.session is not None:
            async with self.services.database.write() as session:
                await web_sessions.end(session, self.session.id)
        self.session, self.member, self.roles, self.cookie = None, None, frozenset(), ""

    def update(self, content: Content, update_id: str = "") -> Update:
        """What was done, as an update of this person's conversation."""
        conversation_id = self.conversation_id or ""
        return Update(
            id=f"{PLATFORM}:{conversation_id}:{update_id}",
            sender=Sender(PLATFORM, conversation_id, visitor=self.member is None, locale=self.words.locale),
            place=Place(PLATFORM, PlaceKind.DIRECT, conversation_id),
            content=content,
        )

    def update_id(self, *parts: object) -> str:
        """The id of the form that was sent, with what it said: a page found again by "back" and filled
        in anew is a new thing, the same thing sent twice is not."""
        sent = self.typed.get("id", "")
        if not _FORM_ID.fullmatch(sent):
            sent = self.form_id()
        # Keyed, so that nobody who reads the ids can try out what somebody may have typed.
        said = self.signer.sign("update", json.dumps(parts, default=str))[:16]
        return f"{sent}:{said}"

    async def say(self, text: str, update_id: str) -> None:
        """Write down what the person did, where their conversation shows it."""
        begun = await self.begin()
        async with self.services.database.write() as session:
            await conversations.add(
                session, begun.conversation_id, f"said:{update_id}", Author.PERSON, self.now, text=text
            )

    async def find_answer(self, entry_id: int) -> None:
        """The entry of this visitor's own conversation that the address asks to show."""
        if self.conversation_id:
            async with self.services.database.read() as session:
                self.answer = await conversations.entry_of(session, self.conversation_id, entry_id)

    async def entry_of(self, handled: Handled) -> Entry | None:
        """Where the answer stands in the conversation."""
        begun = await self.begin()
        async with self.services.database.read() as session:
            for one in handled.deliveries:
                entry = await conversations.by_key(session, begun.conversation_id, f"outbox:{one.id}")
                if entry is not None:
                    return entry
        return None

    async def dispatch(self, content: Content, update_id: str) -> Handled:
        """Hand it to the dispatcher; what it answers here stands in the conversation when this returns."""
        await self.begin()
        update = self.update(content, update_id)
        handled = await self.services.dispatcher.handle(update)
        here = [one for one in handled.deliveries if one.place == update.place]
        await self.services.relay.deliver(here)
        return handled
