"""The administrators' dashboard: deliveries that failed, what was done, people and roles."""

from __future__ import annotations

import math
from collections.abc import Iterable
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from bot.web.presses import press
from bot.web.public import page_of
from bot.web.site import Site
from bot.web.visits import Visit
from handlers import refusals
from handlers.announcement_holds import line as announcement_holds_line
from handlers.outbox import RetryDelivery
from handlers.people import ROLE_NAMES, GrantRole, TakeRole
from store import announcement_holds, audit, members, organisations, outbox, roles
from store.audit import AuditRecord
from store.outbox import OutboxRow
from store.roles import Role

ROWS_A_PAGE = 25


class AdminPages:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[web.RouteDef]:
        serve = self._site.serve
        return [
            web.get("/admin", serve(self.show)),
            web.get("/admin/deliveries", serve(self.deliveries)),
            web.post("/admin/deliveries", serve(self.retry)),
            web.get("/admin/audit", serve(self.audit)),
            web.get("/admin/people", serve(self.people)),
            web.post("/admin/people", serve(self.change_role)),
        ]

    async def show(self, visit: Visit) -> web.Response:
        """How the bot is doing, in a few figures."""
        permit(visit)
        services = self._site.services
        async with services.database.read() as session:
            waiting, oldest = await outbox.depth(session)
            failed = await outbox.count_failures(session)
            hold = await announcement_holds.current(session, visit.now)
            people = await members.count(session)
            councils = await organisations.counts_by_category(session)
            records = await audit.recent(session, limit=5)
            names = await _names(session, records)
        return self._site.page(
            visit,
            "admin.html",
            waiting=waiting,
            oldest=oldest,
            failed=failed,
            hold_line=announcement_holds_line(visit.words, hold) if hold else "",
            people=people,
            organisations=sum(councils.values()),
            records=records,
            names=names,
            database="SQLite" if services.database.is_sqlite else "PostgreSQL",
            slack=services.settings.slack_configured,
            ticked_at=services.relay.ticked_at,
        )

    async def deliveries(self, visit: Visit) -> web.Response:
        permit(visit)
        page = page_of(visit.request.query.get("page", ""))
        async with self._site.services.database.read() as session:
            total = await outbox.count_failures(session)
            rows = await outbox.failures(session, limit=ROWS_A_PAGE, offset=(page - 1) * ROWS_A_PAGE)
            people = await members.by_ids(session, [row.member_id for row in rows if row.member_id])
        names = {member.id: member.name for member in people}
        older, newer = pager("/admin/deliveries?", page, total)
        return self._site.page(
            visit,
            "admin_deliveries.html",
            rows=[(row, _recipient(row, names)) for row in rows],
            explained=refusals.explained,
            total=total,
            page=page,
            older=older,
            newer=newer,
        )

    async def retry(self, visit: Visit) -> web.Response:
        permit(visit)
        action = RetryDelivery(row_id=visit.typed.get("row", ""))
        return await press(self._site, visit, action, "/admin/deliveries")

    async def audit(self, visit: Visit) -> web.Response:
        permit(visit)
        before = visit.request.query.get("before", "")
        before_id = int(before) if before.isdecimal() and len(before) < 10 else None
        async with self._site.services.database.read() as session:
            records = await audit.recent(session, limit=ROWS_A_PAGE + 1, before_id=before_id)
            names = await _names(session, records)
        shown = records[:ROWS_A_PAGE]
        older = f"/admin/audit?before={shown[-1].id}" if len(records) > ROWS_A_PAGE else ""
        newest = "/admin/audit" if before_id else ""
        return self._site.page(
            visit, "admin_audit.html", records=shown, names=names, older=older, newest=newest
        )

    async def people(self, visit: Visit) -> web.Response:
        permit(visit)
        query = visit.request.query.get("q", "").strip()[:100]
        page = page_of(visit.request.query.get("page", ""))
        async with self._site.services.database.read() as session:
            total = await members.count(session, query)
            found = await members.search(session, query, limit=ROWS_A_PAGE, offset=(page - 1) * ROWS_A_PAGE)
            ids = {member.organisation_id for member in found if member.organisation_id}
            councils = {one.id: one.name for one in await organisations.by_ids(session, sorted(ids))}
            held = await roles.of_members(session, [member.id for member in found])
        older, newer = pager(f"/admin/people?{urlencode({'q': query})}&", page, total)
        return self._site.page(
            visit,
            "admin_people.html",
            people=found,
            councils=councils,
            held=held,
            role_names=ROLE_NAMES,
            may_change=Role.OWNER in visit.roles,
            query=query,
            total=total,
            page=page,
            older=older,
            newer=newer,
        )

    async def change_role(self, visit: Visit) -> web.Response:
        """Give or take a role, by the same actions as in the chat; they check that the sender may."""
        permit(visit)
        member, role = visit.typed.get("member", ""), visit.typed.get("role", "")
        if not member.isdecimal() or len(member) > 9:
            raise web.HTTPNotFound
        kind = TakeRole if visit.typed.get("change") == "take" else GrantRole
        action = kind(member_id=int(member), role=role[:20])
        return await press(self._site, visit, action, "/admin/people")


def permit(visit: Visit) -> None:
    if not visit.administers:
        raise web.HTTPForbidden


async def _names(session: AsyncSession, records: Iterable[AuditRecord]) -> dict[int, str]:
    people = await members.by_ids(session, [record.actor_id for record in records if record.actor_id])
    return {member.id: member.name for member in people}


def _recipient(row: OutboxRow, names: dict[int, str]) -> str:
    """Whom a message was for, in a few words."""
    if row.member_id is not None:
        return names.get(row.member_id) or f"#{row.member_id}"
    place = row.place or {}
    return f"{place.get('platform', '')} {place.get('id', '')}".strip()


def pager(address: str, page: int, total: int) -> tuple[str, str]:
    """The addresses of the next page and the one before; empty where there is none."""
    pages = max(1, math.ceil(total / ROWS_A_PAGE))
    older = f"{address}page={page + 1}" if page < pages else ""
    return older, f"{address}page={page - 1}" if page > 1 else ""
