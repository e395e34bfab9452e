"""Pages of what is coming up: events, one event, and the funding rounds. The joining link is on none of
them for anybody who has not said yes."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from bot.web.presses import press
from bot.web.public import LONGEST_QUERY, page_of
from bot.web.site import Site
from bot.web.visits import Visit
from handlers import calendar_files, event_buttons, event_cards, event_details_form, round_cards
from handlers.calendar_files import Planned
from handlers.event_actions import (
    AddDates,
    AnnounceEvent,
    AnswerDates,
    AnswerEvent,
    CancelEvent,
    EditDetails,
    EditEvent,
    EditLinks,
    GiveFeedback,
    RecordCame,
    RepeatEvent,
    ShowCode,
)
from handlers.events import count_line, may_add, runs, viewer_as
from handlers.kit.messages import Action, Button, Style
from handlers.kit.router import RunCommand
from store import event_series, events, members, organisations, replies, roles, rounds
from store.event_series import More
from store.events import Event, EventKind, EventState, Viewer
from store.local_times import local
from store.organisations import Organisation
from store.replies import YES, Answer
from store.roles import Role

EVENTS_A_PAGE = 20
ROUNDS_LISTED_FOR = timedelta(days=90)
# What people may do on an event's page besides answering, by what the button sends.
_ACTIONS: dict[str, type[Action]] = {
    one.wire_name: one
    for one in (
        EditDetails,
        AnnounceEvent,
        EditEvent,
        CancelEvent,
        EditLinks,
        RecordCame,
        GiveFeedback,
        ShowCode,
        RepeatEvent,
        AddDates,
    )
}
# The answers that a button gives, by what it sends.
_ANSWERS: dict[str, type[AnswerEvent | AnswerDates]] = {
    one.wire_name: one for one in (AnswerEvent, AnswerDates)
}
MOST_DATES_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Listed:
    """An event in the list, under its month, with what the visitor answered."""

    event: Event
    month: str
    lines: tuple[str, ...]
    answer: str
    is_draft: bool


class CalendarPages:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[web.RouteDef]:
        serve = self._site.serve
        return [
            web.get("/events", serve(self.list_events)),
            web.post("/events", serve(self.add_event)),
            web.get("/events/{slug}.ics", serve(self.download_event)),
            web.get("/events/{slug}", serve(self.show_event)),
            web.post("/events/{slug}", serve(self.act)),
            web.get("/funding", serve(self.list_rounds)),
        ]

    async def list_events(self, visit: Visit) -> web.Response:
        """What a visitor may see, or what is for the person who is signed in; searched and filtered by the
        address."""
        query = visit.request.query
        words = query.get("q", "").strip()[:LONGEST_QUERY]
        kind = query.get("kind", "") if query.get("kind") in set(EventKind) else ""
        past = query.get("past") == "yes"
        mine = visit.member is not None and query.get("mine") == "yes" and not past
        page = page_of(query.get("page", ""))
        member_id = visit.member.id if visit.member else 0
        async with self._site.services.database.read() as session:
            found, total = await events.upcoming(
                session,
                await viewer_of(session, visit),
                visit.now,
                limit=EVENTS_A_PAGE,
                offset=(page - 1) * EVENTS_A_PAGE,
                kind=kind,
                query=words,
                ids=replies.events_of(member_id) if mine else None,
                past=past,
            )
            ids = [event.id for event in found]
            counts = await replies.counts(session, ids)
            given = await replies.answers_of(session, member_id, ids)
            more = {} if past else await event_series.more_dates(session, found, visit.now)
            adds = visit.member is not None and await may_add(session, visit.roles, member_id)
        kept = {"q": words, "kind": kind, "mine": "yes" if mine else "", "past": "yes" if past else ""}
        pages = max(1, math.ceil(total / EVENTS_A_PAGE))

        def address(number: int) -> str:
            chosen = {name: value for name, value in kept.items() if value}
            return f"/events?{urlencode({**chosen, 'page': number})}"

        if page > pages:
            raise web.HTTPSeeOther(address(pages))
        shown = [_listed(visit, one, counts[one.id], given.get(one.id), more.get(one.id)) for one in found]
        return self._site.page(
            visit,
            "events.html",
            months=[(month, list(those)) for month, those in groupby(shown, key=lambda one: one.month)],
            count=visit.words._("The latest first.").rstrip(".") if past else count_line(visit.words, total),
            kinds=event_cards.KIND_NAMES,
            kept=kept,
            mine=mine,
            past=past,
            filtered=bool(words or kind),
            adds=adds,
            page=page,
            pages=pages,
            older=address(page + 1) if page < pages else "",
            newer=address(page - 1) if page > 1 else "",
        )

    async def add_event(self, visit: Visit) -> web.Response:
        """The form of a new event, for those who may."""
        if visit.member is None:
            raise web.HTTPForbidden
        return await press(self._site, visit, RunCommand(command="events", text="new"), "/events")

    async def show_event(self, visit: Visit) -> web.Response:
        async with self._site.services.database.read() as session:
            slug = visit.request.match_info["slug"]
            viewer = await viewer_of(session, visit)
            event = await events.visible_by_slug(session, slug, viewer)
            if event is None:
                raise web.HTTPNotFound
            dates = await self._dates(session, viewer, event, visit)
            more = (await event_series.more_dates(session, [event], visit.now)).get(event.id)
            counts = (await replies.counts(session, [event.id]))[event.id]
            held = await replies.of_member(session, event.id, visit.member.id) if visit.member else None
            runs_it = visit.member is not None and await runs(session, visit.roles, visit.member.id, event)
            given = Answer(held.answer) if held else None
            open_dates = await event_series.unanswered(session, event, viewer, given, visit.now)
            may_judge = visit.member is not None and await event_buttons.may_say_what_they_think(
                session, event, visit.member.id, held, visit.now
            )
        state = event.state(visit.now)
        full = event_cards.is_full(event, counts)
        buttons: list[Button] = []
        if visit.member is not None:
            buttons += event_cards.answer_buttons(visit.words, event, given, visit.now, full=full)
        if held is not None:
            vault = self._site.services.surroundings.vault
            asked = event_details_form.asked_by(vault, event, held, visit.now)
            if label := event_details_form.label_of(visit.words, asked):
                buttons.append(Button.to(label, EditDetails(event_id=event.id)))
        if visit.member is not None:
            buttons += [
                one
                for one in event_buttons.for_dates(visit.words, event, given, len(open_dates), visit.now)
                if _pressed(one)
            ]
        if may_judge:
            judge = GiveFeedback(event_id=event.id)
            buttons.append(Button.to(visit.words._("Say how it was"), judge, style=Style.PRIMARY))
        running = event_buttons.for_runner(visit.words, event, visit.now) if runs_it else []
        return self._site.page(
            visit,
            "event.html",
            buttons=[(one, _pressed(one)) for one in buttons],
            running=[(one, _pressed(one)) for one in running if _pressed(one)],
            event=event,
            facts=event_cards.facts(visit.words, event, counts, more=more),
            dates=dates,
            answer=event_cards.ANSWER_LINES[given] if given else "",
            joining_link=event.link if given in YES and state is EventState.ANNOUNCED else "",
            is_off=state is EventState.CANCELLED,
            is_ahead=state is EventState.ANNOUNCED,
            is_draft=state is EventState.DRAFT,
            is_over=state is EventState.PAST,
            takes_answers=event.takes_answers(visit.now),
            people=event_cards.people_path(event) if runs_it else "",
        )

    async def _dates(
        self, session: AsyncSession, viewer: Viewer, event: Event, visit: Visit
    ) -> list[tuple[Event, str, str]]:
        """The other dates to come of its series: each with when it is and what the visitor answered."""
        if event.series_id is None:
            return []
        found, _total = await events.upcoming(
            session, viewer, visit.now, limit=MOST_DATES_SHOWN, series_id=event.series_id
        )
        member_id = visit.member.id if visit.member else 0
        given = await replies.answers_of(session, member_id, [one.id for one in found])
        return [
            (
                one,
                event_cards.when(visit.words, one),
                visit.words._(event_cards.ANSWER_LINES[given[one.id]]) if one.id in given else "",
            )
            for one in found
            if one.id != event.id
        ]

    async def act(self, visit: Visit) -> web.Response:
        """Answer, or run the event, by the same actions as in the chat."""
        slug = visit.request.match_info["slug"]
        async with self._site.services.database.read() as session:
            event = await events.visible_by_slug(session, slug, await viewer_of(session, visit))
        if event is None:
            raise web.HTTPNotFound
        if visit.member is None:
            raise web.HTTPForbidden
        name, _colon, answer = visit.typed.get("do", "").partition(":")
        action: Action
        if name in _ANSWERS:
            action = _ANSWERS[name](event_id=event.id, answer=answer[:20])
        elif name in _ACTIONS:
            action = _ACTIONS[name].model_validate({"event_id": event.id})
        else:
            raise web.HTTPNotFound
        return await press(self._site, visit, action, f"/events/{slug}")

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
            series = await event_series.of_events(session, [event])
        planned = Planned(event, Answer(held.answer), held.since) if held else Planned(event)
        body = calendar_files.write(words, [planned], base_url=self._site.base_url, series=series)
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


def _listed(
    visit: Visit, event: Event, counts: Counter[Answer], given: Answer | None, more: More | None
) -> Listed:
    words = visit.words
    lines = [event_cards.when(words, event), event_cards.more_line(words, more) if more else ""]
    lines.append(event_cards.where(words, event))
    if line := event_cards.counts_line(words, event, counts):
        lines.append(line)
    return Listed(
        event=event,
        month=words.month(local(event.starts_at, event.zone).date()),
        lines=tuple(line for line in lines if line),
        answer=words._(event_cards.ANSWER_LINES[given]) if given else "",
        is_draft=event.state(visit.now) is EventState.DRAFT,
    )


def _pressed(button: Button) -> str:
    """What a button on an event's page sends; empty for one that leads elsewhere."""
    if button.action is None:
        return ""
    if button.action.name in _ANSWERS:
        return f"{button.action.name}:{button.action.data['answer']}"
    return button.action.name if button.action.name in _ACTIONS else ""


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
