"""Calendars to follow: everybody's own at an address that cannot be guessed, and the public events."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from functools import partial

from aiohttp import web

from bot.web.calendar import calendar_response
from bot.web.limits import RateLimit, address_of
from bot.web.presses import press
from bot.web.site import Refusal, Site
from bot.web.visits import Visit
from handlers import calendar_feeds as said
from handlers import calendar_files
from handlers.calendar_feeds import KEPT_FOR, PAGE, ChooseFeed, MakeFeed, RevokeFeed
from handlers.calendar_files import Planned
from handlers.kit.messages import Action
from handlers.kit.words import LOCALES
from store import calendar_feeds, event_series, events
from store.calendar_feeds import NOTED_EVERY
from store.events import Viewer

PUBLIC_PATH = "/events.ics"
# Programs look every hour or so, some people's from several devices; whoever guesses has fewer tries.
READINGS, READ_WITHIN = 60, timedelta(minutes=5)
GUESSES = 20
_ACTIONS: dict[str, type[Action]] = {one.wire_name: one for one in (MakeFeed, ChooseFeed, RevokeFeed)}


class CalendarFeedPages:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._readings = RateLimit(READINGS, READ_WITHIN)
        self._guesses = RateLimit(GUESSES, READ_WITHIN)

    def routes(self) -> list[web.RouteDef]:
        serve = self._site.serve
        return [
            web.get(PAGE, serve(self.show)),
            web.post(PAGE, serve(self.act)),
            web.get(PAGE + "/{token}.ics", serve(self.read)),
            web.get(PUBLIC_PATH, serve(self.read_public)),
        ]

    async def show(self, visit: Visit) -> web.Response:
        """One's own address, made again from its seed, and what to do with it."""
        feed = None
        if visit.member is not None:
            async with self._site.services.database.read() as session:
                feed = await calendar_feeds.of_member(session, visit.member.id)
        path = said.path_of(self._site.signer, feed) if feed else ""
        language = "" if visit.words.locale == "en" else f"?language={visit.words.locale}"
        return self._site.page(
            visit,
            "calendar.html",
            feed=feed,
            facts=said.facts(visit.words, feed, visit.now) if feed else (),
            address=self._site.base_url + path if path else "",
            public=self._site.base_url + PUBLIC_PATH + language,
        )

    async def act(self, visit: Visit) -> web.Response:
        if visit.member is None:
            raise web.HTTPForbidden
        kind = _ACTIONS.get(visit.typed.get("do", ""))
        if kind is None:
            raise web.HTTPNotFound
        return await press(self._site, visit, kind(), PAGE)

    async def read(self, visit: Visit) -> web.Response:
        """Whoever has the address is let in, while its person is active and has not taken it back."""
        token = visit.request.match_info["token"]
        async with self._site.services.database.read() as session:
            found = await calendar_feeds.by_token(session, token)
            if found is None:
                self._limit(visit, self._guesses, address_of(visit.request))
                raise web.HTTPNotFound
            feed, member = found
            self._limit(visit, self._readings, feed.token_hash)
            planned, rounds = await said.contents(session, feed, member, visit.now)
            series = await event_series.of_events(session, [one.event for one in planned])
        if feed.used_at is None or visit.now - feed.used_at >= NOTED_EVERY:
            async with self._site.services.database.write() as session:
                await calendar_feeds.use(session, feed.token_hash, visit.now)
        words = self._site.services.surroundings.catalogues.words(member.locale)
        name = words._("%(network)s: my events") % {"network": self._site.network.short_name}
        write = partial(
            calendar_files.write, words, planned, base_url=self._site.base_url, name=name, rounds=rounds,
            alarm=feed.alarm, series=series,
        )  # fmt: skip
        response = _unless_known(visit, await asyncio.to_thread(write), "events.ics")
        response.headers["Cache-Control"] = "private, no-store"
        return response

    async def read_public(self, visit: Visit) -> web.Response:
        """What anybody may read of, without joining links."""
        self._limit(visit, self._readings, address_of(visit.request))
        asked = visit.request.query.get("language", "")
        words = self._site.services.surroundings.catalogues.words(asked if asked in LOCALES else None)
        async with self._site.services.database.read() as session:
            found = await events.in_calendar(session, Viewer(), visit.now - KEPT_FOR)
            series = await event_series.of_events(session, found)
        planned = [Planned(event) for event in found]
        name = words._("%(network)s: events") % {"network": self._site.network.short_name}
        write = partial(
            calendar_files.write, words, planned, base_url=self._site.base_url, name=name, series=series
        )
        response = _unless_known(visit, await asyncio.to_thread(write), "events.ics")
        response.headers["Cache-Control"] = "public, max-age=600"
        return response

    def _limit(self, visit: Visit, limit: RateLimit, sender: str) -> None:
        if wait := limit.take(sender, visit.now):
            _ = visit.words._
            text = _("Calendars are read once an hour or so. Wait a few minutes.")
            raise Refusal(429, _("That was too often"), text, retry_after=wait)


def _unless_known(visit: Visit, body: bytes, name: str) -> web.Response:
    """The file with its tag; nothing but the tag where the program has that file already."""
    tag = hashlib.sha256(body).hexdigest()[:32]
    known = visit.request.if_none_match or ()
    response = calendar_response(body, name)
    if any(one.value in (tag, "*") for one in known):
        response = web.Response(status=304)
    response.etag = tag
    return response
