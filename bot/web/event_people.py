"""The page of who comes to an event, for those who run it. What people need is on it for the organiser alone,
and stands nowhere else: a page is not kept, as messages are."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from bot.web.calendar import viewer_of
from bot.web.presses import press
from bot.web.site import Site
from bot.web.visits import Visit
from handlers import people as people_words
from handlers.event_actions import EditLinks, RecordCame, ShowCode
from handlers.event_cards import when
from handlers.event_feedback import SCORES
from handlers.events import runs
from handlers.kit.messages import Action
from store import attendance, events, feedback, members, organisations, replies
from store.attendance import OPENS_BEFORE
from store.events import Event, EventState
from store.replies import DETAILS_FOR, Answer, EventReply

_ACTS: dict[str, type[Action]] = {one.wire_name: one for one in (RecordCame, ShowCode, EditLinks)}
# In this order, with these words.
ORDER = (*(Answer.GOING, Answer.ONLINE, Answer.WAITING, Answer.MAYBE, Answer.CANNOT), "")


@dataclass(frozen=True, slots=True)
class Row:
    """One person: their answer, empty where they came without one; ``needs`` is empty for everybody but the
    organiser."""

    name: str
    organisation: str
    answer: str
    guests: int
    guest_names: str
    needs: str
    came: bool


async def event_run_by(session: AsyncSession, visit: Visit) -> Event:
    """The event of the address, for those who run it; who is not signed in is asked to."""
    if visit.member is None:
        raise web.HTTPSeeOther("/sign-in")
    slug = visit.request.match_info["slug"]
    event = await events.visible_by_slug(session, slug, await viewer_of(session, visit))
    if event is None:
        raise web.HTTPNotFound
    if not await runs(session, visit.roles, visit.member.id, event):
        raise web.HTTPForbidden
    return event


class EventPeoplePages:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[web.RouteDef]:
        serve = self._site.serve
        return [
            web.get("/events/{slug}/people", serve(self.show)),
            web.post("/events/{slug}/people", serve(self.act)),
        ]

    async def show(self, visit: Visit) -> web.Response:
        async with self._site.services.database.read() as session:
            event = await event_run_by(session, visit)
            found = await replies.rows_of(session, event.id, tuple(Answer))
            came = await attendance.of_event(session, event.id)
            missing = set(came) - {member.id for member, _reply in found}
            others = await members.by_ids(session, sorted(missing))
            everybody = [*others, *(member for member, _reply in found)]
            ids = {member.organisation_id for member in everybody if member.organisation_id}
            score = await feedback.score_of(session, event.id)
            said = await feedback.of_event(session, event.id)
            councils = {one.id: one.shown for one in await organisations.by_ids(session, sorted(ids))}
            organiser = await members.by_id(session, event.created_by_id or 0)
        own = visit.member is not None and event.created_by_id == visit.member.id
        rows = [
            Row(
                name=people_words.name_of(member, visit.words),
                organisation=councils.get(member.organisation_id or 0, ""),
                answer=reply.answer,
                guests=reply.guests,
                guest_names=reply.guest_names,
                needs=self._needs(visit, reply) if own else "",
                came=member.id in came,
            )
            for member, reply in found
        ]
        rows += [
            Row(
                name=people_words.name_of(member, visit.words),
                organisation=councils.get(member.organisation_id or 0, ""),
                answer="", guests=0, guest_names="", needs="", came=True,
            )
            for member in others
        ]  # fmt: skip
        rows.sort(key=lambda row: (ORDER.index(row.answer), row.name.casefold()))
        return self._site.page(
            visit,
            "event_people.html",
            event=event,
            when=when(visit.words, event),
            rows=rows,
            own=own,
            organiser=people_words.name_of(organiser, visit.words) if organiser else "",
            deleted_on=_deleted_on(visit, event),
            begun=event.state(visit.now) in (EventState.ANNOUNCED, EventState.PAST)
            and visit.now >= event.starts_at - OPENS_BEFORE,
            is_open=event.state(visit.now) is EventState.ANNOUNCED or attendance.is_open(event, visit.now),
            came=len(came),
            score=score,
            scores=SCORES,
            said=[(one, people_words.name_of(member, visit.words) if member else "") for one, member in said],
        )

    async def act(self, visit: Visit) -> web.Response:
        """What those who run it do here, by the actions of the chat; they check who may."""
        async with self._site.services.database.read() as session:
            event = await event_run_by(session, visit)
        kind = _ACTS.get(visit.typed.get("do", ""))
        if kind is None:
            raise web.HTTPNotFound
        action = kind.model_validate({"event_id": event.id})
        return await press(self._site, visit, action, f"/events/{event.slug}/people")

    def _needs(self, visit: Visit, reply: EventReply) -> str:
        if reply.needs is None:
            return ""
        opened = self._site.services.surroundings.vault.open(reply.needs)
        return opened or visit.words._("This cannot be read: the key that it was sealed with is gone.")


def _deleted_on(visit: Visit, event: Event) -> str:
    return visit.words.day(event.ends_at + DETAILS_FOR)
