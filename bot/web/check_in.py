"""Checking in: the page behind the code at the door. Opening it does nothing; its button does."""

from __future__ import annotations

from aiohttp import web

from bot.web.calendar import viewer_of
from bot.web.site import Site
from bot.web.visits import Visit
from handlers.event_actions import CheckIn
from handlers.event_cards import when, where
from handlers.kit.messages import Message
from handlers.kit.replies import Outcome
from handlers.kit.updates import Press
from store import attendance, events
from store.events import Event


class CheckInPages:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[web.RouteDef]:
        serve = self._site.serve
        return [
            web.get("/check-in/{code}", serve(self.show)),
            web.post("/check-in/{code}", serve(self.check_in)),
        ]

    async def show(self, visit: Visit) -> web.Response:
        """The same page for every code that does not work, whatever the reason."""
        if visit.member is None:
            raise web.HTTPSeeOther(f"/sign-in?next={visit.request.path}")
        return await self._page(visit)

    async def check_in(self, visit: Visit) -> web.Response:
        if visit.member is None:
            raise web.HTTPForbidden
        code = _code(visit)
        data = CheckIn(code=code).model_dump(mode="json")
        handled = await visit.dispatch(
            Press(CheckIn.wire_name, data), visit.update_id(CheckIn.wire_name, data)
        )
        event = await self._event(visit)
        if handled.outcome is not Outcome.HANDLED or event is None:
            return await self._page(visit, status=422)
        said = handled.reply.text if isinstance(handled.reply, Message) else ""
        return self._site.see_other(f"/events/{event.slug}", said.partition("\n\n")[0])

    async def _page(self, visit: Visit, *, status: int = 200) -> web.Response:
        event = await self._event(visit)
        return self._site.page(
            visit,
            "check_in.html",
            status=status if event else 404,
            event=event,
            when=when(visit.words, event) if event else "",
            where=where(visit.words, event) if event else "",
        )

    async def _event(self, visit: Visit) -> Event | None:
        """The event that the code opens now, for this person."""
        async with self._site.services.database.read() as session:
            found = await attendance.event_of_code(session, _code(visit))
            if found is None or not attendance.is_open(found, visit.now):
                return None
            return await events.visible(session, found.id, await viewer_of(session, visit))


def _code(visit: Visit) -> str:
    return attendance.read_code(visit.request.match_info["code"])
