"""The knowledge base on the dashboard: a list with what is weak, and each answer with its history."""

from __future__ import annotations

from aiohttp import web

from bot.web.site import Refusal, Site
from bot.web.visits import Visit
from handlers import faq_entry_cards
from handlers.faq_entries import matching, titles_of
from handlers.faq_entry_actions import ArchiveEntry, ConfirmEntry, EditEntry, RestoreVersion
from handlers.kit.messages import Action, Message
from handlers.kit.replies import FormView, Outcome
from handlers.kit.router import RunCommand
from handlers.kit.updates import Press
from handlers.kit.words import LONDON
from store import faq, faq_changes, members

# What the list can be narrowed down to: whatever needs attention, or one reason for it.
WEAK_OPTIONS = frozenset({"yes", *faq_entry_cards.Mark})


class FaqPages:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[web.RouteDef]:
        serve = self._site.serve
        return [
            web.get("/admin/faq", serve(self.show)),
            web.post("/admin/faq", serve(self.new)),
            web.get("/admin/faq/{slug}", serve(self.entry)),
            web.post("/admin/faq/{slug}", serve(self.act)),
        ]

    async def show(self, visit: Visit) -> web.Response:
        _permit(visit)
        query = visit.request.query.get("q", "").strip()[:100]
        weak = visit.request.query.get("weak", "")
        today = visit.now.astimezone(LONDON).date()
        async with self._site.services.database.read() as session:
            entries = [*await faq.all_entries(session), *await faq.all_entries(session, archived=True)]
        proof_of = self._site.services.knowledge.proof_of
        locale = visit.words.locale
        found = [
            (entry, faq_entry_cards.marks_of(entry, today, proof_of(entry)))
            for entry in sorted(matching(entries, query), key=lambda entry: entry.title_in(locale).casefold())
        ]
        shown = [
            (entry, marks)
            for entry, marks in found
            if weak in marks or (weak == "yes" and marks) or weak not in WEAK_OPTIONS
        ]
        return self._site.page(
            visit,
            "admin_faq.html",
            entries=shown,
            query=query,
            weak=weak,
            mark_names=faq_entry_cards.MARK_NAMES,
        )

    async def new(self, visit: Visit) -> web.Response:
        _permit(visit)
        return await self._press(visit, RunCommand(command="ccin", text="faq-new"), "/admin/faq")

    async def entry(self, visit: Visit) -> web.Response:
        """An answer in its languages side by side, and every version of it."""
        _permit(visit)
        slug = visit.request.match_info["slug"]
        async with self._site.services.database.read() as session:
            entry = await faq.by_slug(session, slug)
            if entry is None:
                raise web.HTTPNotFound
            versions = await faq_changes.history(session, slug)
            authors = await members.by_ids(session, [one.author_id for one in versions if one.author_id])
            proof = self._site.services.knowledge.proof_of(entry)
            titles = await titles_of(session, proof, visit.words.locale)
        today = visit.now.astimezone(LONDON).date()
        return self._site.page(
            visit,
            "admin_faq_entry.html",
            entry=entry,
            welsh=entry.in_locale(faq_changes.WELSH),
            weak=faq_entry_cards.marks(visit.words, entry, today, proof),
            notes=faq_entry_cards.why_offered(visit.words, entry.examples, proof, titles),
            proven=faq_entry_cards.proven(visit.words, proof) if proof else "",
            versions=versions,
            current=versions[0].number if versions else 0,
            authors={member.id: member.name for member in authors},
            act_names=faq_entry_cards.ACT_NAMES,
        )

    async def act(self, visit: Visit) -> web.Response:
        """What the page's buttons do, by the same actions as in the chat; they check who may."""
        _permit(visit)
        slug, number = visit.request.match_info["slug"], visit.typed.get("number", "")
        action: Action
        match visit.typed.get("act", ""):
            case "edit":
                action = EditEntry(slug=slug)
            case "archive":
                action = ArchiveEntry(slug=slug)
            case "reopen":
                action = ArchiveEntry(slug=slug, archived=False)
            case "reviewed":
                action = ConfirmEntry(slug=slug)
            case "restore" if number.isdecimal() and len(number) < 9:
                action = RestoreVersion(slug=slug, number=int(number))
            case _:
                raise web.HTTPNotFound
        restored = isinstance(action, RestoreVersion)
        return await self._press(visit, action, "/#latest" if restored else f"/admin/faq/{slug}")

    async def _press(self, visit: Visit, action: Action, page: str) -> web.Response:
        data = action.model_dump(mode="json")
        handled = await visit.dispatch(Press(action.wire_name, data), visit.update_id(action.wire_name, data))
        match handled.reply:
            case FormView() as shown:
                return self._site.see_other(f"/forms/{shown.draft_id}")
            case Message() as said if handled.outcome is Outcome.REFUSED:
                raise Refusal(422, visit.words._("Nothing was changed"), said.text)
        return self._site.see_other(page, visit.words._("Done.") if page != "/#latest" else "")


def _permit(visit: Visit) -> None:
    if not visit.administers:
        raise web.HTTPForbidden
