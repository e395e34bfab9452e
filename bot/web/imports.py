"""Lists: administrators bring people and organisations in from files, and take them out as files."""

from __future__ import annotations

import base64
import binascii

from aiohttp import web

from bot.web.site import Refusal, Site
from bot.web.visits import Visit
from handlers import exports, imports
from handlers.import_plans import Kind, Plan

PURPOSE = "import"
# A page names so many lines of each sort; the rest is counted.
LINES_SHOWN = 200


class ImportPages:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[web.RouteDef]:
        serve = self._site.serve
        return [
            web.get("/admin/lists", serve(self.show)),
            web.post("/admin/lists", serve(self.look_over, takes_files=True)),
            web.post("/admin/lists/apply", serve(self.apply)),
            web.post("/admin/lists/export", serve(self.export)),
        ]

    async def show(self, visit: Visit) -> web.Response:
        _permit(visit)
        return self._site.page(visit, "admin_lists.html")

    async def look_over(self, visit: Visit) -> web.Response:
        """What the file would do; nothing is changed yet."""
        _permit(visit)
        kind, data = _kind(visit), visit.files.get("file", b"")
        async with self._site.services.database.read() as session:
            plan = await imports.look_over(session, kind, visit.words, data, visit.now)
        return self._checked(visit, plan, data)

    async def apply(self, visit: Visit) -> web.Response:
        """Do what was looked over, if it is that still."""
        _permit(visit)
        _ = visit.words._
        kind, member = _kind(visit), visit.member
        checked = self._site.signer.unseal(_purpose(visit), visit.typed.get("checked", ""))
        try:
            data = base64.urlsafe_b64decode(visit.typed.get("data", ""))
        except (binascii.Error, ValueError):
            checked, data = None, b""
        if checked is None or member is None:
            raise Refusal(
                400, _("This was not looked over"), _("Nothing was changed. Choose the file once more.")
            )
        async with self._site.services.database.write() as session:
            plan, done = await imports.bring_in(
                session, kind, visit.words, data, actor_id=member.id, now=visit.now, checked=checked
            )
        if not done:
            return self._checked(visit, plan, data, moved=True)
        said = [_("The list was brought in."), *imports.outcome(plan, visit.words)]
        return self._site.see_other("/admin/lists", " · ".join(said))

    async def export(self, visit: Visit) -> web.Response:
        _permit(visit)
        kind = visit.typed.get("kind", "")
        if kind not in exports.KINDS or visit.member is None:
            raise web.HTTPNotFound
        async with self._site.services.database.write() as session:
            data = await exports.write(session, kind, actor_id=visit.member.id, now=visit.now)
        name, type_ = (f"{kind}-{visit.now:%Y-%m-%d}.csv", "text/csv")
        if kind == "faq-toml":
            name, type_ = f"faq-{visit.now:%Y-%m-%d}.toml", "application/toml"
        return web.Response(
            body=data,
            content_type=type_,
            charset="utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def _checked(self, visit: Visit, plan: Plan, data: bytes, *, moved: bool = False) -> web.Response:
        status = 409 if moved else 422 if plan.problems else 200
        return self._site.page(
            visit,
            "admin_lists_checked.html",
            status=status,
            plan=plan,
            moved=moved,
            summary=imports.summary(plan, visit.words),
            shown=LINES_SHOWN,
            data=base64.urlsafe_b64encode(data).decode() if plan.does_something else "",
            checked=self._site.signer.seal(_purpose(visit), plan.fingerprint),
        )


def _permit(visit: Visit) -> None:
    if not visit.administers:
        raise web.HTTPForbidden


def _purpose(visit: Visit) -> str:
    """A look counts for whoever looked, and for nobody else."""
    return f"{PURPOSE}:{visit.member.id if visit.member else 0}"


def _kind(visit: Visit) -> Kind:
    kind = visit.typed.get("kind", "")
    if kind not in {one.value for one in Kind}:
        raise web.HTTPNotFound
    return Kind(kind)
