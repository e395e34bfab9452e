"""The dashboard's queue: questions that wait for a person, and what to do with each."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from bot.web.site import Site
from bot.web.visits import Visit
from handlers.handover_actions import AnswerHandover, ClaimHandover, ReleaseHandover
from handlers.handover_cards import PAGE
from handlers.kit.messages import Message
from handlers.kit.replies import FormView
from handlers.kit.updates import Press
from store import faq, handovers, members, roles

ACTS: Final = {"claim": ClaimHandover, "release": ReleaseHandover, "answer": AnswerHandover}


class HandoverPages:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[web.RouteDef]:
        serve = self._site.serve
        return [web.get(PAGE, serve(self.show)), web.post(PAGE, serve(self.act))]

    async def show(self, visit: Visit) -> web.Response:
        _permit(visit)
        async with self._site.services.database.read() as session:
            rows = await handovers.waiting(session)
            ids = {one for row in rows for one in (row.member_id, row.claimed_by_id) if one}
            people = {member.id: member for member in await members.by_ids(session, sorted(ids))}
            slugs = sorted({slug for row in rows for slug in row.closest})
            near = await faq.titled(session, slugs)
            titles = {entry.slug: entry.title_in(visit.words.locale) for entry in near}
            team = {member.id for member in await roles.administrators(session)}
        return self._site.page(
            visit, "admin_questions.html", rows=rows, people=people, titles=titles, team=team
        )

    async def act(self, visit: Visit) -> web.Response:
        """The same actions as in the chat; they check who has it."""
        _permit(visit)
        number, act = visit.typed.get("question", ""), visit.typed.get("act", "")
        if not number.isdecimal() or len(number) > 9 or act not in ACTS:
            raise web.HTTPNotFound
        action = ACTS[act](handover_id=int(number))
        data = action.model_dump(mode="json")
        handled = await visit.dispatch(Press(action.wire_name, data), visit.update_id(action.wire_name, data))
        if isinstance(handled.reply, FormView):
            return self._site.see_other(f"/forms/{handled.reply.draft_id}?step={handled.reply.step}")
        return self._site.see_other(PAGE, handled.reply.text if isinstance(handled.reply, Message) else "")


def _permit(visit: Visit) -> None:
    if not visit.administers:
        raise web.HTTPForbidden
