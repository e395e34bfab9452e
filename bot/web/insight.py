"""Insight on the dashboard: what is asked, what found no answer, and whether answers help."""

from __future__ import annotations

from aiohttp import web

from bot.web.admin import permit
from bot.web.presses import press
from bot.web.site import Site
from bot.web.visits import Visit
from handlers.handover_cards import PAGE as QUEUE
from handlers.insight import HELPED_NAMES, PAGE, WORDINGS, WriteAnswer, group_size
from handlers.insight_figures import (
    GROUPED_AT_MOST,
    PERIOD_NAMES,
    Sheet,
    examples_of,
    period_of,
    read,
    write,
)

# What is beyond stands in the files.
GROUPS_SHOWN = 12
ENTRIES_SHOWN = 15


class InsightPages:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[web.RouteDef]:
        serve = self._site.serve
        return [
            web.get(PAGE, serve(self.show)),
            web.post(PAGE, serve(self.write_answer)),
            web.post(f"{PAGE}/export", serve(self.export)),
        ]

    async def show(self, visit: Visit) -> web.Response:
        permit(visit)
        async with self._site.services.database.read() as session:
            period = period_of(visit.request.query.get("period", ""))
            found = await read(session, period, visit.now, visit.words.locale)
        groups = [
            (group, examples_of(group, WORDINGS), group_size(visit.words, group))
            for group in found.groups[:GROUPS_SHOWN]
        ]
        return self._site.page(
            visit,
            "admin_insight.html",
            found=found,
            groups=groups,
            entries=found.entries[:ENTRIES_SHOWN],
            periods=PERIOD_NAMES,
            helped_names=HELPED_NAMES,
            grouped_at_most=GROUPED_AT_MOST,
            open_total=sum(map(len, found.groups)),
            groups_left=len(found.groups) - len(groups),
            entries_left=max(0, len(found.entries) - ENTRIES_SHOWN),
            queue=QUEUE,
        )

    async def write_answer(self, visit: Visit) -> web.Response:
        permit(visit)
        typed = visit.typed.get("questions", "").split()[:GROUPED_AT_MOST]
        if not typed or not all(one.isascii() and one.isdigit() and len(one) < 10 for one in typed):
            raise web.HTTPNotFound
        return await press(self._site, visit, WriteAnswer(question_ids=tuple(map(int, typed))), PAGE)

    async def export(self, visit: Visit) -> web.Response:
        permit(visit)
        sheet, period = visit.typed.get("sheet", ""), period_of(visit.typed.get("period", ""))
        if sheet not in set(Sheet) or visit.member is None:
            raise web.HTTPNotFound
        async with self._site.services.database.write() as session:
            data = await write(session, Sheet(sheet), period, actor_id=visit.member.id, now=visit.now)
        name = f"{sheet}-{period.value}-{visit.now:%Y-%m-%d}.csv"
        return web.Response(
            body=data,
            content_type="text/csv",
            charset="utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
