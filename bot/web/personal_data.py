"""My data: everything held about whoever is signed in, on a page and as files."""

from __future__ import annotations

from aiohttp import web

from bot.web.site import Site
from bot.web.visits import Visit
from handlers import personal_data as said
from store import personal_data
from store.personal_data import Row

# A page shows so many rows of a part, the newest; the files hold them all.
ROWS_SHOWN = 20


class PersonalDataPages:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[web.RouteDef]:
        serve = self._site.serve
        return [
            web.get("/my-data", serve(self.show)),
            web.get("/my-data.json", serve(self.as_json)),
            web.get("/my-data.csv", serve(self.as_csv)),
        ]

    async def show(self, visit: Visit) -> web.Response:
        held = await self._held(visit)
        parts = [
            (
                said.name_of(part, visit.words),
                len(rows),
                [
                    (
                        said.summary(row, visit.words),
                        [(name.replace("_", " "), said.shown(value)) for name, value in row.items()],
                    )
                    for row in reversed(rows[-ROWS_SHOWN:])
                ],
            )
            for part, rows in said.in_order(held)
        ]  # fmt: skip
        return self._site.page(
            visit,
            "my_data.html",
            parts=parts,
            rows_shown=ROWS_SHOWN,
            whom_to_ask=said.whom_to_ask(visit.words, self._site.network.general_mail),
        )

    async def as_json(self, visit: Visit) -> web.Response:
        body = said.as_json(await self._held(visit), visit.now)
        return _file(body, "application/json", "my-data.json")

    async def as_csv(self, visit: Visit) -> web.Response:
        return _file(said.as_csv(await self._held(visit)), "text/csv", "my-data.csv")

    async def _held(self, visit: Visit) -> dict[str, list[Row]]:
        if visit.member is None:
            raise web.HTTPSeeOther("/sign-in")
        async with self._site.services.database.read() as session:
            return await personal_data.of_member(
                session, visit.member.id, self._site.services.surroundings.vault
            )


def _file(body: bytes, kind: str, name: str) -> web.Response:
    disposition = f'attachment; filename="{name}"'
    return web.Response(
        body=body, content_type=kind, charset="utf-8", headers={"Content-Disposition": disposition}
    )
