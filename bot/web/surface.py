"""The web surface: its pages, its platform and its jobs, put together."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from bot.services import Services
from bot.web.admin import AdminPages
from bot.web.admin_groups import AdminGroupPages
from bot.web.calendar import CalendarPages
from bot.web.calendar_feeds import CalendarFeedPages
from bot.web.chat import ChatPages
from bot.web.check_in import CheckInPages
from bot.web.event_feeds import EventFeedPages
from bot.web.event_figures import EventFigurePages
from bot.web.event_people import EventPeoplePages
from bot.web.faq import FaqPages
from bot.web.form_pages import FormPages
from bot.web.groups import GroupPages
from bot.web.handovers import HandoverPages
from bot.web.imports import ImportPages
from bot.web.insight import InsightPages
from bot.web.personal_data import PersonalDataPages
from bot.web.platform import WebPlatform
from bot.web.public import PublicPages
from bot.web.quality import QualityPages
from bot.web.reminders import ReminderPages
from bot.web.sign_in import SignInPages
from bot.web.site import Site
from bot.web.streams import Streams
from handlers.kit.platform import Platform
from scheduled.runner import Job
from store import conversations, sign_in, web_sessions

# What visitors said is of use while they are here; members find their conversation for a year.
VISITORS_FOR = timedelta(days=7)
ENTRIES_FOR = timedelta(days=365)
# A link that is opened late is told apart from one that never was for so long.
LINKS_FOR = timedelta(days=1)


class WebSurface:
    """Chat, forms, public pages and the dashboard."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._streams = Streams()
        self._site = Site(services, self._streams)
        self.platform: Platform = WebPlatform(
            services.database, services.clock, self._streams, services.settings.address
        )

    def add_routes(self, app: web.Application) -> None:
        site = self._site
        app.middlewares.append(site.missing)
        app.router.add_get("/static/{name}", site.assets.serve)
        app.router.add_get("/favicon.ico", site.assets.favicon)
        for pages in (
            ChatPages(site),
            FormPages(site),
            SignInPages(site),
            PublicPages(site),
            CalendarPages(site),
            CalendarFeedPages(site),
            EventPeoplePages(site),
            EventFigurePages(site),
            EventFeedPages(site),
            CheckInPages(site),
            GroupPages(site),
            AdminPages(site),
            AdminGroupPages(site),
            HandoverPages(site),
            ReminderPages(site),
            FaqPages(site),
            InsightPages(site),
            QualityPages(site),
            ImportPages(site),
            PersonalDataPages(site),
        ):
            app.router.add_routes(pages.routes())

    async def start(self) -> None:
        """Nothing to connect to: browsers come by themselves."""

    async def stop(self) -> None:
        """Close the streams of open pages; browsers open them again where the bot goes on."""
        self._streams.close()

    def jobs(self) -> list[Job]:
        return [Job("web.retention", timedelta(hours=1), self._forget)]

    def problem(self) -> str | None:
        return None

    def notes(self) -> list[str]:
        return []

    async def _forget(self) -> None:
        now = self._services.clock()
        async with self._services.database.write() as session:
            await web_sessions.forget_ended(session, now)
            await sign_in.forget_before(session, now - LINKS_FOR)
            await conversations.forget_before(session, now - VISITORS_FOR, now - ENTRIES_FOR)
