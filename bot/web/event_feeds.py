"""Calendars of others on the dashboard: which are followed and how each is doing, and files brought in as
drafts after a look at what they hold."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Final

from aiohttp import web

from bot.web.admin import permit
from bot.web.presses import number_of, press
from bot.web.site import Refusal, Site
from bot.web.visits import Visit
from handlers import event_feed_cards, event_following
from handlers.event_feed_actions import AddFeed, EditFeed, PauseFeed, ReadFeed, RemoveFeed
from handlers.event_feed_process import read_elsewhere
from handlers.event_feed_reading import Reading, Unreadable
from handlers.kit.context import Context
from handlers.kit.messages import Action
from handlers.kit.router import Router
from handlers.kit.updates import Opened, Place, PlaceKind, Sender, Update
from store import event_feeds
from store.events import EventKind

PAGE = "/admin/feeds"
PURPOSE = "calendar file"
LARGEST_FILE_BYTES = 500_000
# A page names so many events; the rest is counted.
EVENTS_SHOWN = 200
_ACTS: Final[dict[str, type[Action]]] = {
    "edit": EditFeed, "pause": PauseFeed, "resume": PauseFeed, "read": ReadFeed, "remove": RemoveFeed,
}  # fmt: skip


class EventFeedPages:
    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[web.RouteDef]:
        serve = self._site.serve
        return [
            web.get(PAGE, serve(self.show)),
            web.post(PAGE, serve(self.act)),
            web.post(f"{PAGE}/file", serve(self.look_over, takes_files=True)),
            web.post(f"{PAGE}/file/apply", serve(self.apply)),
        ]

    async def show(self, visit: Visit) -> web.Response:
        permit(visit)
        async with self._site.services.database.read() as session:
            feeds = await event_feeds.every(session)
            counts = await event_feeds.counts(session, visit.now)
        rows = [
            (
                feed,
                event_feed_cards.host_of(feed),
                event_feed_cards.state_lines(visit.words, feed, counts.get(feed.id, 0)),
                event_feed_cards.note_lines(visit.words, feed.notes),
            )
            for feed in feeds
        ]
        return self._site.page(visit, "admin_feeds.html", rows=rows)

    async def act(self, visit: Visit) -> web.Response:
        """The same actions as in the chat."""
        permit(visit)
        act = visit.typed.get("act", "")
        if act == "add":
            return await press(self._site, visit, AddFeed(), PAGE)
        if act not in _ACTS:
            raise web.HTTPNotFound
        values = {"feed_id": number_of(visit, "feed")} | ({"on": False} if act == "resume" else {})
        return await press(self._site, visit, _ACTS[act].model_validate(values), PAGE)

    async def look_over(self, visit: Visit) -> web.Response:
        """What the file holds; nothing is changed yet."""
        permit(visit)
        return await self._checked(visit, visit.files.get("file", b""))

    async def apply(self, visit: Visit) -> web.Response:
        """Bring in what was looked over. Events that were brought in before follow the file."""
        permit(visit)
        _ = visit.words._
        checked = self._site.signer.unseal(_purpose(visit), visit.typed.get("checked", ""))
        try:
            data = base64.urlsafe_b64decode(visit.typed.get("data", ""))
        except (binascii.Error, ValueError):
            data = b""
        member = visit.member
        if checked is None or member is None or checked != hashlib.sha256(data).hexdigest():
            raise Refusal(
                400, _("This was not looked over"), _("Nothing was changed. Choose the file once more.")
            )
        try:
            reading = await read_elsewhere(data, visit.now)
        except Unreadable:
            return await self._checked(visit, data)
        services = self._site.services
        place = Place("web", PlaceKind.WORKSPACE, "calendar-file")
        update = Update(
            f"calendar_file:{checked[:32]}:{visit.now:%Y%m%d%H%M%S}", Sender("web", ""), place, Opened()
        )
        target = event_following.Target(
            source=event_following.FILE, feed_id=None, kind=EventKind.OTHER.value, language="en",
            organiser=member.name, everyone=False, public=False, group_ids=(), categories=(),
        )  # fmt: skip
        async with services.database.write() as session:
            context = Context(services.surroundings, Router("files"), session, update, visit.now, member)
            done = await event_following.follow(context, target, reading)
            await context.audit(
                "calendar_file.import", "calendar_file", checked[:12], {"added": str(done.added)}
            )
        services.relay.take(context.deliveries)
        said = [
            _("The file was brought in."),
            _("Drafts added: %(count)s") % {"count": visit.words.number(done.added)},
            _("Changed: %(count)s") % {"count": visit.words.number(done.changed)},
            _("Called off: %(count)s") % {"count": visit.words.number(done.called_off)},
        ]
        return self._site.see_other(PAGE, " · ".join(said))

    async def _checked(self, visit: Visit, data: bytes) -> web.Response:
        problem, reading, found = "", Reading(()), event_following.Comparison()
        if len(data) > LARGEST_FILE_BYTES:
            problem = visit.words._("The file is larger than 500 kB. Export fewer months.")
        else:
            try:
                reading = await read_elsewhere(data, visit.now)
                async with self._site.services.database.read() as session:
                    found = await event_following.compare(session, event_following.FILE, reading)
            except Unreadable as error:
                problem = event_feed_cards.problem_line(visit.words, error.code)
        return self._site.page(
            visit,
            "admin_feeds_checked.html",
            status=422 if problem else 200,
            problem=problem,
            found=found,
            notes=event_feed_cards.note_lines(visit.words, [[one.code, one.about] for one in reading.notes]),
            shown=EVENTS_SHOWN,
            data=base64.urlsafe_b64encode(data).decode() if not problem else "",
            checked=self._site.signer.seal(_purpose(visit), hashlib.sha256(data).hexdigest()),
        )


def _purpose(visit: Visit) -> str:
    """A look counts for whoever looked, and for nobody else."""
    return f"{PURPOSE}:{visit.member.id if visit.member else 0}"
