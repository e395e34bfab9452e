"""Pages of what is coming up: events, one event, and the funding rounds. The joining link is on none of
them for anybody who has not said yes."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from bot.web.public import page_of
from bot.web.site import Site
from bot.web.visits import Visit
from handlers import calendar_files, event_cards, round_cards
from handlers.calendar_files import Planned
from handlers.events import runs, viewer_as
from store import events, members, organisations, replies, roles, rounds
from store.events import EventState, Viewer
from store.organisations import Organisation
from store.replies import YES, Answer
from store.roles import Role

EVENTS_A_PAGE = 20
ROUNDS_LISTED_FOR = timedelta(days=90)


class CalendarPages:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[web.RouteDef]:
        serve = self._site.serve
        return [
            web.get("/events", serve(self.list_events)),
            web.get("/events/{slug}.ics", serve(self.download_event)),
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
            is_ahead=state is EventState.ANNOUNCED,
            takes_answers=event.takes_answers(visit.now),
            people=event_cards.people_path(event) if runs_it else "",
        )

    async def download_event(self, visit: Visit) -> web.Response:
        """The event for a calendar, with the joining link for whoever said yes: they are signed in, or the
        address is one that the bot made for them."""
        signer, slug = self._site.signer, visit.request.match_info["slug"]
        async with self._site.services.database.read() as session:
            event = await events.by_slug(session, slug)
            if event is None:
                raise web.HTTPNotFound
            member, words = visit.member, visit.words
            if sealed := visit.request.query.get("for"):
                reader_id = calendar_files.reader_of(signer, event.id, sealed)
                member = await members.by_id(session, reader_id) if reader_id else None
                if member is None or not member.active:
                    raise web.HTTPNotFound
                words = self._site.services.surroundings.catalogues.words(member.locale)
            held_roles = await roles.of_member(session, member.id) if member else frozenset[Role]()
            viewer = await viewer_as(session, member, held_roles)
            if event.announced_at is None or await events.visible(session, event.id, viewer) is None:
                raise web.HTTPNotFound
            held = await replies.of_member(session, event.id, member.id) if member else None
        planned = Planned(event, Answer(held.answer), held.since) if held else Planned(event)
        body = calendar_files.write(words, [planned], base_url=self._site.base_url)
        return calendar_response(body, f"{event.slug}.ics")

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
    return await viewer_as(session, visit.member, visit.roles)


async def _organisation(session: AsyncSession, visit: Visit) -> Organisation | None:
    return await organisations.by_id(session, (visit.member and visit.member.organisation_id) or 0)


def calendar_response(body: bytes, name: str) -> web.Response:
    """A calendar file to save."""
    return web.Response(
        body=body,
        content_type="text/calendar",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
