"""Quality on the dashboard: how good the answers are, how the bot decides, and what needs attention."""

from __future__ import annotations

from collections import Counter

from aiohttp import web

from bot.web.admin import permit
from bot.web.site import Site
from bot.web.visits import Visit
from handlers import faq_entry_cards, faq_quality
from handlers.kit.words import LONDON
from store import faq


class QualityPages:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._measured = faq_quality.measured(site.services.settings.data_dir)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/admin/quality", self._site.serve(self.show))]

    async def show(self, visit: Visit) -> web.Response:
        permit(visit)
        knowledge = self._site.services.knowledge
        async with self._site.services.database.read() as session:
            entries = await faq.all_entries(session)
        today = visit.now.astimezone(LONDON).date()
        weak = [faq_entry_cards.marks_of(entry, today, knowledge.proof_of(entry)) for entry in entries]
        model = knowledge.in_use
        return self._site.page(
            visit,
            "admin_quality.html",
            measured=self._measured,
            figure_names=faq_quality.FIGURE_NAMES,
            rules=faq_quality.rules(visit.words, model, knowledge.aims),
            expected=faq_quality.expected(visit.words, model),
            by_meaning=model is not None and model.meanings is not None,
            problem=knowledge.problem,
            total=len(entries),
            examples=sum(len(entry.examples) for entry in entries),
            mark_names=faq_entry_cards.MARK_NAMES,
            weak=Counter(mark for marks in weak for mark in marks).most_common(),
            weak_total=sum(map(bool, weak)),
        )
