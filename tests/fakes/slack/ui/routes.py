"""The page's addresses: the whole page, its parts when something happened, and the deliveries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from tests.fakes.slack.acting import Acting
from tests.fakes.slack.manifest import Manifest
from tests.fakes.slack.ui.mrkdwn import mrkdwn, plain
from tests.fakes.slack.ui.page import Page, chosen, offered, picked

HERE = Path(__file__).parent
POLL_SECONDS = 20.0
DELIVERIES_SHOWN = 200
PARTS = ("sidebar", "main", "thread", "modal")


class Ui:
    def __init__(self, slack: Acting, manifest: Callable[[], Manifest]) -> None:
        self._slack = slack
        self._manifest = manifest
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        self._templates.filters |= {
            "chosen": chosen,
            "mrkdwn": self._marked,
            "offered": offered,
            "picked": picked,
            "plain": plain,
        }

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/", self._whole)
        router.add_get("/state", self._state)
        router.add_get("/deliveries", self._deliveries)
        router.add_get("/archives/{channel}/p{ts}", self._permalink)
        router.add_static("/static", HERE / "static")

    async def _whole(self, request: web.Request) -> web.Response:
        page = self._page(request)
        return self._html(self._templates.get_template("page.html").render(page=page))

    async def _state(self, request: web.Request) -> web.Response:
        """Wait until something is new, then send the parts as they are now."""
        seen = int(request.query.get("version", "0"))
        try:
            await self._slack.until(lambda: self._slack.version > seen, seconds=POLL_SECONDS)
        except TimeoutError:
            return web.json_response({"version": seen})
        page = self._page(request)
        parts = self._templates.get_template("parts.html").make_module()
        drawn: dict[str, Any] = {name: str(getattr(parts, name)(page)) for name in PARTS}
        return web.json_response({"version": page.version, "modal_key": page.modal_key, **drawn})

    async def _deliveries(self, _request: web.Request) -> web.Response:
        delivery = self._slack.delivery
        acks = list(reversed(delivery.acks))[:DELIVERIES_SHOWN]
        page = self._templates.get_template("deliveries.html")
        return self._html(page.render(acks=acks, app_url=delivery.app_url, sockets=len(self._slack.sockets)))

    async def _permalink(self, request: web.Request) -> web.Response:
        digits = request.match_info["ts"]
        place = f"/?in={request.match_info['channel']}"
        thread = request.query.get("thread_ts", "")
        raise web.HTTPFound(f"{place}&thread={thread}#m{digits[:-6]}.{digits[-6:]}")

    def _page(self, request: web.Request) -> Page:
        query = request.query
        try:
            return Page(
                self._slack,
                self._manifest(),
                query.get("as", ""),
                query.get("in", ""),
                query.get("thread", ""),
            )
        except (KeyError, IndexError):
            raise web.HTTPNotFound(text="There is no such person or conversation.") from None

    def _marked(self, text: str) -> Markup:
        return mrkdwn(text, self._slack.name_of)

    def _html(self, text: str) -> web.Response:
        return web.Response(text=text, content_type="text/html")
