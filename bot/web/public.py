"""Pages for everybody: the published case studies, and help."""

from __future__ import annotations

import math
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from bot.web.site import Refusal, Site
from bot.web.visits import Visit
from store import case_studies, tags
from store.tags import TagKind

STUDIES_A_PAGE = 12
LONGEST_QUERY = 100


class PublicPages:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[web.RouteDef]:
        serve = self._site.serve
        return [
            web.get("/case-studies", serve(self.list_studies)),
            web.get("/case-studies/{slug}", serve(self.show_study)),
            web.get("/about", serve(self.about)),
        ]

    async def list_studies(self, visit: Visit) -> web.Response:
        """Searched and filtered by the address, so that a list can be shared."""
        query = visit.request.query
        words = query.get("q", "").strip()[:LONGEST_QUERY]
        theme, principle = query.get("theme") or None, query.get("principle") or None
        page = page_of(query.get("page", ""))
        async with self._site.services.database.read() as session:
            themes = await tags.of_kind(session, TagKind.THEME)
            principles = await tags.of_kind(session, TagKind.PRINCIPLE)
            total = await case_studies.count_published(session, theme=theme, principle=principle, query=words)
            studies = await case_studies.published(
                session,
                theme=theme,
                principle=principle,
                query=words,
                limit=STUDIES_A_PAGE,
                offset=(page - 1) * STUDIES_A_PAGE,
            )
        pages = max(1, math.ceil(total / STUDIES_A_PAGE))
        kept = {"q": words, "theme": theme or "", "principle": principle or ""}

        def address(number: int) -> str:
            chosen = {name: value for name, value in kept.items() if value}
            return f"/case-studies?{urlencode({**chosen, 'page': number})}"

        return self._site.page(
            visit,
            "case_studies.html",
            studies=studies,
            themes=themes,
            principles=principles,
            total=total,
            page=page,
            pages=pages,
            kept=kept,
            filtered=any(kept.values()),
            older=address(page + 1) if page < pages else "",
            newer=address(page - 1) if page > 1 else "",
            labels=tags.labels,
        )

    async def show_study(self, visit: Visit) -> web.Response:
        _ = visit.words._
        async with self._site.services.database.read() as session:
            study = await case_studies.by_slug(session, visit.request.match_info["slug"])
            if study is None or not (study.is_public or study.is_gone):
                raise web.HTTPNotFound
            if study.is_gone:
                raise Refusal(
                    410,
                    _("This case study was withdrawn"),
                    _("Its author or the network took it back. Others may help you all the same."),
                )
            partners = (await case_studies.partners_of(session, [study.id]))[study.id]
            themes = await tags.of_kind(session, TagKind.THEME)
            principles = await tags.of_kind(session, TagKind.PRINCIPLE)
        return self._site.page(
            visit,
            "case_study.html",
            study=study,
            partners=partners,
            themes=[tag for tag in themes if tag.slug in study.themes],
            principles=[tag for tag in principles if tag.slug in study.principles],
            links=[link for link in study.links if urlsplit(link).scheme in ("http", "https")],
        )

    async def about(self, visit: Visit) -> web.Response:
        router = self._site.services.dispatcher.router
        commands = router.commands_for(visit.roles if visit.member else None)
        return self._site.page(visit, "about.html", commands=commands)


def page_of(text: str) -> int:
    """The number of a page in an address, from 1."""
    return max(1, int(text)) if text.isdecimal() and len(text) < 6 else 1
