"""Figures of events: of one for those who run it, and over a period for administrators."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from aiohttp import web

from bot.web.admin import permit
from bot.web.event_people import event_run_by
from bot.web.site import Site
from bot.web.visits import Visit
from handlers.event_figures import as_csv
from handlers.rule_sentences import REGION_NAMES
from store import event_figures
from store.event_figures import By, Counts, Figures
from store.local_times import HOME_ZONE, at, local

SHOWN_FOR = timedelta(days=365)
# A mistyped year is no reason to add up a century.
LONGEST_PERIOD = timedelta(days=3 * 366)


class EventFigurePages:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[web.RouteDef]:
        serve = self._site.serve
        return [
            web.get("/admin/events", serve(self.of_period)),
            web.get("/admin/events.csv", serve(self.period_as_csv)),
            web.get("/events/{slug}/figures", serve(self.of_event)),
            web.get("/events/{slug}/figures.csv", serve(self.event_as_csv)),
        ]

    async def of_period(self, visit: Visit) -> web.Response:
        permit(visit)
        start, end, problem = _period(visit)
        found: dict[By, list[Figures]] = {}
        async with self._site.services.database.read() as session:
            for by in (By.EVENT, By.ORGANISATION, By.REGION):
                found[by] = await event_figures.of_period(session, _midnight(start), _after(end), by)
        query = f"from={start.isoformat()}&to={end.isoformat()}"
        return self._site.page(
            visit,
            "admin_events.html",
            status=422 if problem else 200,
            start=start.isoformat(),
            end=end.isoformat(),
            problem=problem,
            by_event=found[By.EVENT],
            by_organisation=sorted(found[By.ORGANISATION], key=lambda one: not one.organisation),
            by_region=_with_names(visit, found[By.REGION]),
            total=sum((one.counts for one in found[By.EVENT]), Counts()),
            file=f"/admin/events.csv?{query}",
            day=lambda one: visit.words.day(local(one.starts_at, one.zone).date()),
        )

    async def period_as_csv(self, visit: Visit) -> web.Response:
        permit(visit)
        start, end, _problem = _period(visit)
        async with self._site.services.database.read() as session:
            found = await event_figures.of_period(session, _midnight(start), _after(end), By.EVERYTHING)
        return _file(as_csv(found), f"events-{start.isoformat()}-{end.isoformat()}.csv")

    async def of_event(self, visit: Visit) -> web.Response:
        found: dict[By, list[Figures]] = {}
        async with self._site.services.database.read() as session:
            event = await event_run_by(session, visit)
            for by in (By.EVENT, By.ORGANISATION, By.REGION):
                found[by] = await event_figures.of_event(session, event.id, by)
        return self._site.page(
            visit,
            "event_figures.html",
            event=event,
            total=sum((one.counts for one in found[By.EVENT]), Counts()),
            by_organisation=sorted(found[By.ORGANISATION], key=lambda one: not one.organisation),
            by_region=_with_names(visit, found[By.REGION]),
            file=f"/events/{event.slug}/figures.csv",
        )

    async def event_as_csv(self, visit: Visit) -> web.Response:
        async with self._site.services.database.read() as session:
            event = await event_run_by(session, visit)
            found = await event_figures.of_event(session, event.id, By.EVERYTHING)
        return _file(as_csv(found), f"{event.slug}.csv")


def _period(visit: Visit) -> tuple[date, date, str]:
    """The days asked for, both included, and what is wrong with them; the last year without any."""
    _ = visit.words._
    today = local(visit.now, HOME_ZONE).date()
    usual = (today - SHOWN_FOR, today)
    query = visit.request.query
    if not query.get("from") and not query.get("to"):
        return *usual, ""
    try:
        start = date.fromisoformat(query.get("from", "") or usual[0].isoformat())
        end = date.fromisoformat(query.get("to", "") or today.isoformat())
    except ValueError:
        return *usual, _("Enter days that exist, like 2026-03-16. These are the figures of the last year.")
    if end < start or not 2000 <= start.year <= end.year <= 2200:
        return *usual, _("The first day comes before the last. These are the figures of the last year.")
    if end - start > LONGEST_PERIOD:
        return *usual, _("Choose at most three years. These are the figures of the last year.")
    return start, end, ""


def _midnight(day: date) -> datetime:
    return at(day, time(0), HOME_ZONE)


def _after(day: date) -> datetime:
    return _midnight(day + timedelta(days=1))


def _with_names(visit: Visit, found: list[Figures]) -> list[Figures]:
    """By the letter, what is not known last."""

    def name_of(region: str) -> str:
        name = visit.words._(REGION_NAMES.get(region, region)) if region else ""
        return name[:1].upper() + name[1:]

    named = [replace(one, region=name_of(one.region)) for one in found]
    return sorted(named, key=lambda one: (not one.region, one.region))


def _file(data: bytes, name: str) -> web.Response:
    return web.Response(
        body=data,
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
