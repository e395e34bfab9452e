"""The page of who comes to an event, for those who run it. What people need is on it for the organiser alone,
and stands nowhere else: a page is not kept, as messages are."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from bot.web.calendar import viewer_of
from bot.web.site import Site
from bot.web.visits import Visit
from handlers import people as people_words
from handlers.event_cards import when
from handlers.events import runs
from store import events, members, organisations, replies
from store.events import Event
from store.replies import DETAILS_FOR, Answer, EventReply

# In this order, with these words.
ORDER = (Answer.GOING, Answer.ONLINE, Answer.WAITING, Answer.MAYBE, Answer.CANNOT)


@dataclass(frozen=True, slots=True)
class Row:
    """One person's answer; ``needs`` is empty for everybody but the organiser."""

    name: str
    organisation: str
    answer: Answer
    guests: int
    guest_names: str
    needs: str


class EventPeoplePages:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/events/{slug}/people", self._site.serve(self.show))]

    async def show(self, visit: Visit) -> web.Response:
        if visit.member is None:
            raise web.HTTPSeeOther("/sign-in")
        async with self._site.services.database.read() as session:
            slug = visit.request.match_info["slug"]
            event = await events.visible_by_slug(session, slug, await viewer_of(session, visit))
            if event is None:
                raise web.HTTPNotFound
            if not await runs(session, visit.roles, visit.member.id, event):
                raise web.HTTPForbidden
            found = await replies.rows_of(session, event.id, tuple(Answer))
            ids = {member.organisation_id for member, _reply in found if member.organisation_id}
            councils = {one.id: one.shown for one in await organisations.by_ids(session, sorted(ids))}
            organiser = await members.by_id(session, event.created_by_id or 0)
        own = event.created_by_id == visit.member.id
        rows = [
            Row(
                name=people_words.name_of(member, visit.words),
                organisation=councils.get(member.organisation_id or 0, ""),
                answer=Answer(reply.answer),
                guests=reply.guests,
                guest_names=reply.guest_names,
                needs=self._needs(visit, reply) if own else "",
            )
            for member, reply in found
        ]
        rows.sort(key=lambda row: ORDER.index(row.answer))
        return self._site.page(
            visit,
            "event_people.html",
            event=event,
            when=when(visit.words, event),
            rows=rows,
            own=own,
            organiser=people_words.name_of(organiser, visit.words) if organiser else "",
            deleted_on=_deleted_on(visit, event),
        )

    def _needs(self, visit: Visit, reply: EventReply) -> str:
        if reply.needs is None:
            return ""
        opened = self._site.services.surroundings.vault.open(reply.needs)
        return opened or visit.words._("This cannot be read: the key that it was sealed with is gone.")


def _deleted_on(visit: Visit, event: Event) -> str:
    return visit.words.day(event.ends_at + DETAILS_FOR)
