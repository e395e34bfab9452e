"""Pages of what is coming up: events, one event, and the funding rounds. The joining link is on none of
them for anybody who has not said yes."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from bot.web.public import page_of
from bot.web.site import Site
from bot.web.visits import Visit
from handlers import event_cards, round_cards
from handlers.events import runs
from store import events, organisations, replies, rounds
from store.events import EventState, Viewer
from store.organisations import Organisation
from store.replies import YES, Answer

EVENTS_A_PAGE = 20
ROUNDS_LISTED_FOR = timedelta(days=90)


class CalendarPages:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[web.RouteDef]:
        serve = self._site.serve
        return [
            web.get("/events", serve(self.list_events)),
            web.get("/events/{slug}", serve(self.show_event)),
            web.get("/funding", serve(self.list_rounds)),
        ]

    async def list_events(self, visit: Visit) -> web.Response:
        """What a visitor may see, or what is for the person who is signed in."""
        page = page_of(visit.request.query.get("page", ""))
        async with self._site.services.database.read() as session:
            found, total = await events.upcoming(
                session,
                await viewer_of(session, visit),
                visit.now,
                limit=EVENTS_A_PAGE,
                offset=(page - 1) * EVENTS_A_PAGE,
            )
            counts = await replies.counts(session, [event.id for event in found])
        shown = [
            (event, event_cards.list_item(visit.words, event, counts[event.id], None, visit.now))
            for event in found
        ]
        return self._site.page(
            visit,
            "events.html",
            shown=shown,
            older=f"/events?page={page + 1}" if page * EVENTS_A_PAGE < total else "",
            newer=f"/events?page={page - 1}" if page > 1 else "",
        )

    async def show_event(self, visit: Visit) -> web.Response:
        async with self._site.services.database.read() as session:
            slug = visit.request.match_info["slug"]
            event = await events.visible_by_slug(session, slug, await viewer_of(session, visit))
            if event is None:
                raise web.HTTPNotFound
            counts = (await replies.counts(session, [event.id]))[event.id]
            held = await replies.of_member(session, event.id, visit.member.id) if visit.member else None
            runs_it = visit.member is not None and await runs(session, visit.roles, visit.member.id, event)
        given = Answer(held.answer) if held else None
        state = event.state(visit.now)
        return self._site.page(
            visit,
            "event.html",
            event=event,
            facts=event_cards.facts(visit.words, event, counts),
            answer=event_cards.ANSWER_LINES[given] if given else "",
            joining_link=event.link if given in YES and state is EventState.ANNOUNCED else "",
            is_off=state is EventState.CANCELLED,
            takes_answers=event.takes_answers(visit.now),
            people=event_cards.people_path(event) if runs_it else "",
        )

    async def list_rounds(self, visit: Visit) -> web.Response:
        async with self._site.services.database.read() as session:
            found = await rounds.current(session, since=visit.now - ROUNDS_LISTED_FOR)
            organisation = await _organisation(session, visit)
        shown = [
            (
                one,
                visit.words._(round_cards.STATE_NAMES[one.state(visit.now)]),
                round_cards.when_line(visit.words, one, visit.now),
                round_cards.next_step(visit.words, one, organisation, visit.now) if visit.member else "",
                round_cards.facts(visit.words, one),
            )
            for one in found
        ]
        return self._site.page(visit, "funding.html", shown=shown)


async def viewer_of(session: AsyncSession, visit: Visit) -> Viewer:
    if visit.member is None:
        return Viewer()
    organisation = await _organisation(session, visit)
    return Viewer(
        member_id=visit.member.id,
        category=organisation.category if organisation else "",
        everything=visit.administers,
    )


async def _organisation(session: AsyncSession, visit: Visit) -> Organisation | None:
    return await organisations.by_id(session, (visit.member and visit.member.organisation_id) or 0)
