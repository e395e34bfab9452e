"""Signing in and out: by a one-time link, or as a demo person."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from bot.web import security
from bot.web.demo import PEOPLE, DemoPerson, member_of
from bot.web.limits import RateLimit, address_of
from bot.web.site import Refusal, Site
from bot.web.visits import Visit
from handlers.kit.platform import Clock
from handlers.kit.updates import Joined, Place, PlaceKind, Profile
from handlers.kit.words import LOCALES
from scheduled.outbox_relay import MintLink
from store import members, sign_in, web_sessions
from store.conversations import PLATFORM
from store.database import Database
from store.sign_in import LinkState

ATTEMPTS = 20
ATTEMPTED_WITHIN = timedelta(minutes=5)


def minter(database: Database, clock: Clock, base_url: str) -> MintLink:
    """Makes one-time sign-in links, for the relay and the command line."""

    async def mint(member_id: int) -> str:
        async with database.write() as session:
            token = await sign_in.mint(session, member_id, clock())
        return f"{base_url}/sign-in/{token}"

    return mint


class SignInPages:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._attempts = RateLimit(ATTEMPTS, ATTEMPTED_WITHIN)

    def routes(self) -> list[web.RouteDef]:
        serve = self._site.serve
        return [
            web.get("/sign-in", serve(self.show)),
            web.post("/sign-in/demo", serve(self.sign_in_demo)),
            web.get("/sign-in/{token}", serve(self.show_link)),
            web.post("/sign-in/{token}", serve(self.use_link)),
            web.post("/sign-out", serve(self.sign_out)),
            web.post("/language", serve(self.speak)),
        ]

    async def show(self, visit: Visit) -> web.Response:
        people = PEOPLE if self._may_demo(visit) else ()
        go_on = security.local_path(visit.request.query.get("next", "/"))
        return self._site.page(visit, "sign_in.html", people=people, go_on=go_on)

    async def show_link(self, visit: Visit) -> web.Response:
        """Opening a link signs nobody in: mail programs and chats open links to preview them."""
        async with self._site.services.database.read() as session:
            state = await sign_in.state(session, visit.request.match_info["token"], visit.now)
        status = 200 if state is LinkState.GOOD else 410
        go_on = security.local_path(visit.request.query.get("next", "/"))
        return self._site.page(visit, "sign_in_link.html", status=status, state=state, go_on=go_on)

    async def use_link(self, visit: Visit) -> web.Response:
        self._limit(visit)
        token = visit.request.match_info["token"]
        async with self._site.services.database.write() as session:
            member_id = await sign_in.redeem(session, token, visit.now)
            member = await members.by_id(session, member_id) if member_id is not None else None
        if member is None or not member.active:
            async with self._site.services.database.read() as session:
                state = await sign_in.state(session, token, visit.now)
            return self._site.page(visit, "sign_in_link.html", status=410, state=state, go_on="/")
        await visit.sign_in(member)
        return self._site.see_other(security.local_path(visit.typed.get("next", "/")))

    async def sign_in_demo(self, visit: Visit) -> web.Response:
        """Become a demo person, who joins the network the first time somebody does so."""
        if not self._may_demo(visit):
            raise web.HTTPNotFound
        self._limit(visit)
        person = next((one for one in PEOPLE if one.key == visit.typed.get("person")), None)
        if person is None:
            raise web.HTTPNotFound
        async with self._site.services.database.read() as session:
            member = await member_of(session, person)
        if member is None:
            raise web.HTTPNotFound
        await visit.sign_in(member)
        if member.greeted_at is None:
            await self._join(visit, person)
        return self._site.see_other(security.local_path(visit.typed.get("next", "/")))

    async def sign_out(self, visit: Visit) -> web.Response:
        words = visit.words
        await visit.sign_out()
        return self._site.see_other("/", words._("You are signed out."))

    async def speak(self, visit: Visit) -> web.Response:
        """Choose the language: a member's for everything the bot says, a visitor's for the pages."""
        locale = visit.typed.get("locale", "")
        if locale not in LOCALES:
            raise web.HTTPNotFound
        session_id = (await visit.begin()).id
        async with self._site.services.database.write() as session:
            if visit.member is not None and (member := await members.by_id(session, visit.member.id)):
                member.speak(locale)
            else:
                await web_sessions.speak(session, session_id, locale)
        return self._site.see_other(security.local_path(visit.typed.get("next", "/")))

    def _may_demo(self, visit: Visit) -> bool:
        return self._site.services.settings.demo and security.is_local(visit.request)

    async def _join(self, visit: Visit, person: DemoPerson) -> None:
        profile = Profile(name=person.name, email=person.email, email_verified=True)
        place = Place(PLATFORM, PlaceKind.WORKSPACE, "demo")
        await visit.dispatch(Joined(place, profile), "joined")

    def _limit(self, visit: Visit) -> None:
        wait = self._attempts.take(address_of(visit.request), visit.now)
        if wait:
            _ = visit.words._
            text = _("Wait a few minutes, then open your link again or ask for a new one.")
            raise Refusal(429, _("Too many attempts to sign in"), text, retry_after=wait)
