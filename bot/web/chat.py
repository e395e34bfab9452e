"""The chat page: the conversation, the composer, and what its buttons do."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

from aiohttp import web
from aiohttp_sse import sse_response

from bot.web.limits import RateLimit, address_of
from bot.web.presses import answer_on, page_of_origin
from bot.web.site import Refusal, Site
from bot.web.templates import buttons_of, digest
from bot.web.visits import Visit
from handlers.kit.errors import UserError
from handlers.kit.messages import Button, Message
from handlers.kit.replies import FormView, Handled
from handlers.kit.router import CommandRoute
from handlers.kit.updates import Command, Opened, Press, Text
from store import conversations, drafts, web_sessions
from store.conversations import Entry
from store.web_sessions import WebSession

LONGEST_TEXT = 3_000
SHOWN_AT_ONCE = 40
DRAFTS_SHOWN = 3
# Visitors may ask so often; whoever asks more can sign in.
VISITOR_QUESTIONS = 20
ADDRESS_QUESTIONS = 100
ASKED_WITHIN = timedelta(minutes=5)


class ChatPages:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._by_visitor = RateLimit(VISITOR_QUESTIONS, ASKED_WITHIN)
        self._by_address = RateLimit(ADDRESS_QUESTIONS, ASKED_WITHIN)

    def routes(self) -> list[web.RouteDef]:
        serve = self._site.serve
        return [
            web.get("/", serve(self.show)),
            web.post("/chat", serve(self.say)),
            web.get("/chat/stream", serve(self.stream)),
            web.get("/chat/confirm", serve(self.confirm)),
            web.post("/chat/press", serve(self.press)),
        ]

    async def show(self, visit: Visit) -> web.Response:
        return await self._show(visit, visit.request.query.get("say", "")[:LONGEST_TEXT])

    async def say(self, visit: Visit) -> web.Response:
        """A question, or a command where it begins with a slash."""
        _ = visit.words._
        said = visit.typed.get("say", "").strip()
        if not said:
            return await self._show(visit, "", problem=_("Type a question or a command first."))
        if len(said) > LONGEST_TEXT:
            problem = _("Shorten this to %(most)s characters; it has %(length)s now.") % {
                "most": visit.words.number(LONGEST_TEXT),
                "length": visit.words.number(len(said)),
            }
            return await self._show(visit, said, problem=problem)
        await self._limit(visit)
        update_id = visit.update_id("say", said)
        await visit.say(said, update_id)
        return await self._answer(visit, await visit.dispatch(_content(said), update_id))

    async def press(self, visit: Visit) -> web.Response:
        """A button of a message in this person's own conversation."""
        entry_id, wanted = visit.typed.get("entry", ""), visit.typed.get("button", "")
        button = await self._button(visit, entry_id, wanted)
        origin = page_of_origin(visit.typed.get("from", ""))
        if button.confirm is not None and visit.typed.get("sure") != "yes":
            came = f"&from={origin}" if origin else ""
            return self._go_on(visit, f"/chat/confirm?entry={entry_id}&button={wanted}{came}")
        await self._limit(visit)
        update_id = visit.update_id("press", entry_id, wanted)
        await visit.say(button.label, update_id)
        payload = button.action
        if payload is None:
            raise web.HTTPNotFound
        handled = await visit.dispatch(Press(payload.name, dict(payload.data)), update_id)
        if origin:
            return await answer_on(self._site, visit, handled, origin)
        return await self._answer(visit, handled)

    async def confirm(self, visit: Visit) -> web.Response:
        """The question before a button acts."""
        query = visit.request.query
        button = await self._button(visit, query.get("entry", ""), query.get("button", ""))
        if button.confirm is None:
            return self._site.see_other("/")
        return self._site.page(
            visit,
            "confirm.html",
            button=button,
            entry=query["entry"],
            wanted=query["button"],
            origin=page_of_origin(query.get("from", "")),
        )

    async def stream(self, visit: Visit) -> web.StreamResponse:
        """News of the conversation, as they come. 204 tells a browser not to ask again."""
        session, streams = visit.session, self._site.streams
        event = streams.open(session.conversation_id) if session else None
        if session is None or event is None:
            return web.Response(status=204)
        try:
            return await self._tell(visit, session, event)
        finally:
            streams.leave(session.conversation_id, event)

    async def _tell(self, visit: Visit, session: WebSession, event: asyncio.Event) -> web.StreamResponse:
        database, streams = self._site.services.database, self._site.streams
        asked = visit.request.headers.get("Last-Event-ID") or visit.request.query.get("after", "")
        revision = _number(asked)
        async with sse_response(visit.request) as response:
            while response.is_connected() and not streams.closed:
                async with database.read() as read:
                    if not await web_sessions.alive(read, session.id, self._site.services.clock()):
                        break
                    news = await conversations.since(read, session.conversation_id, revision)
                try:
                    for entry in news:
                        revision = entry.revision
                        await response.send(
                            json.dumps(self._as_json(visit, entry)), id=str(revision), event="entry"
                        )
                except (ConnectionResetError, TimeoutError):
                    # The browser went away.
                    break
                await streams.wait(event)
        return response

    async def _show(self, visit: Visit, typed: str, *, problem: str = "") -> web.Response:
        if visit.wants_json:
            return web.json_response({"problem": problem}, status=422)
        before = visit.request.query.get("before", "")
        entries: list[Entry] = []
        revision = 0
        if visit.conversation_id:
            async with self._site.services.database.read() as session:
                conversation = await conversations.by_id(session, visit.conversation_id)
                revision = conversation.revision if conversation else 0
                entries = await conversations.latest(
                    session,
                    visit.conversation_id,
                    limit=SHOWN_AT_ONCE + 1,
                    before_id=_number(before) or None,
                )
        return self._site.page(
            visit,
            "chat.html",
            status=422 if problem else 200,
            entries=entries[-SHOWN_AT_ONCE:],
            earlier=len(entries) > SHOWN_AT_ONCE,
            is_latest=not before,
            revision=revision,
            commands=self._commands(visit),
            waiting=await self._waiting(visit) if not before else [],
            typed=typed,
            problem=problem,
            longest=LONGEST_TEXT,
        )

    async def _waiting(self, visit: Visit) -> list[FormView]:
        """Forms that this person began and has not sent."""
        if visit.member is None:
            return []
        async with self._site.services.database.read() as session:
            held = await drafts.waiting(session, visit.member.id, limit=DRAFTS_SHOWN)
        views = []
        for draft in held:
            # A form that they may not send any more is not offered.
            with suppress(UserError):
                views.append(await self._site.services.dispatcher.form(visit.update(Opened()), draft.id))
        return views

    def _commands(self, visit: Visit) -> list[CommandRoute]:
        router = self._site.services.dispatcher.router
        return router.commands_for(visit.roles if visit.member else None)

    async def _limit(self, visit: Visit) -> None:
        if visit.member is not None:
            return
        _ = visit.words._
        wait = self._by_address.take(address_of(visit.request), visit.now)
        if not wait:
            begun = await visit.begin()
            wait = self._by_visitor.take(begun.conversation_id, visit.now)
        if wait:
            minutes = -(-wait // 60)
            text = visit.words.ngettext(
                "What you typed is below. Send it again in about %(count)s minute, or sign in to ask now.",
                "What you typed is below. Send it again in about %(count)s minutes, or sign in to ask now.",
                minutes,
            ) % {"count": minutes}
            raise Refusal(429, _("That was a lot of questions at once"), text, kept=True, retry_after=wait)

    async def _button(self, visit: Visit, entry_id: str, wanted: str) -> Button:
        """The button of that name, where the message still has it."""
        _ = visit.words._
        if visit.conversation_id and (number := _number(entry_id)):
            async with self._site.services.database.read() as session:
                entry = await conversations.entry_of(session, visit.conversation_id, number)
            if entry is not None and entry.message is not None:
                for button in buttons_of(Message.model_validate(entry.message)):
                    if button.action is not None and digest(button.action) == wanted:
                        return button
        raise Refusal(
            409,
            _("That button is no longer there"),
            _("The message has changed since this page was shown. Nothing was done: look at it again."),
        )

    async def _answer(self, visit: Visit, handled: Handled) -> web.Response:
        """Show a form on its page; everything else stands in the conversation by now."""
        if isinstance(handled.reply, FormView):
            view = handled.reply
            return self._go_on(visit, f"/forms/{view.draft_id}?step={view.step}", " ".join(view.notes))
        if not visit.wants_json:
            return self._go_on(visit, "/#latest")
        begun = await visit.begin()
        async with self._site.services.database.read() as session:
            after = _number(visit.typed.get("after", ""))
            news = await conversations.since(session, begun.conversation_id, after)
        return web.json_response(
            {
                "entries": [self._as_json(visit, entry) for entry in news],
                "id": visit.form_id(),
                "csrf": visit.csrf,
            }
        )

    def _go_on(self, visit: Visit, location: str, notice: str = "") -> web.Response:
        response = self._site.see_other(location, notice)
        if visit.wants_json:
            return web.json_response({"location": response.headers["Location"]})
        return response

    def _as_json(self, visit: Visit, entry: Entry) -> dict[str, Any]:
        return {
            "id": entry.id,
            "revision": entry.revision,
            "html": self._site.render(visit, "entry.html", entry=entry),
        }


def _number(text: str) -> int:
    """A number from an address or a form; 0 where it is none that a database holds."""
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _content(said: str) -> Command | Text:
    if not said.startswith("/"):
        return Text(said)
    name, _, rest = said[1:].partition(" ")
    return Command(name.lower(), rest.strip())
