"""The site: what every page shares, from recognising a visitor to the page that says what went wrong."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import MultiDict, MultiDictProxy

from bot.services import Services
from bot.web import security
from bot.web.assets import Assets
from bot.web.streams import Streams
from bot.web.templates import Templates
from bot.web.tokens import csrf_holds
from bot.web.visits import Visit
from handlers.kit.errors import Unavailable
from handlers.kit.words import LOCALES
from store.database import is_unavailable
from store.web_sessions import LONGEST

log = structlog.get_logger(__name__)

FORM_TYPE = "application/x-www-form-urlencoded"
FILE_TYPE = "multipart/form-data"
NOTICE = "notice"
ANSWER = "answer"

PageHandler = Callable[[Visit], Awaitable[web.StreamResponse]]


class Refusal(Exception):
    """A page that says what happened, what was kept and what to do. Where ``kept``, what was typed is
    shown with a button to send it again."""

    def __init__(
        self, status: int, heading: str, text: str, *, kept: bool = False, retry_after: int | None = None
    ) -> None:
        super().__init__(heading)
        self.status = status
        self.heading = heading
        self.text = text
        self.kept = kept
        self.retry_after = retry_after


class Site:
    """Shared by the groups of pages; built by the surface."""

    def __init__(self, services: Services, streams: Streams) -> None:
        self.services = services
        self.streams = streams
        self.base_url = services.settings.address
        self.network = services.surroundings.network
        self.assets = Assets()
        self.signer = services.surroundings.signer
        self._templates = Templates(services.surroundings.catalogues, self.assets.url)
        self._secure = self.base_url.startswith("https://")
        # The prefix makes browsers keep the cookie to this one host, over TLS only.
        self._cookie_name = "__Host-session" if self._secure else "session"

    def serve(self, handler: PageHandler, *, takes_forms: bool = True, takes_files: bool = False) -> Handler:
        """A page of ours: the visitor is recognised, forms are checked, faults become pages."""

        async def serve(request: web.Request) -> web.StreamResponse:
            visit = self._visit(request)
            try:
                await self._recognise(visit)
                if request.method == "POST" and takes_forms:
                    await self._read(visit, FILE_TYPE if takes_files else FORM_TYPE)
                response = await handler(visit)
            except Exception as error:  # noqa: BLE001 (the edge: it is logged where it becomes a page)
                response = self._failure(visit, error)
            return self._finish(visit, response)

        return serve

    @web.middleware
    async def missing(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Addresses that nobody serves get a page as well."""
        error = request.match_info.http_exception
        if error is None or not isinstance(error, web.HTTPNotFound | web.HTTPMethodNotAllowed):
            return await handler(request)
        not_found = error

        async def raising(_visit: Visit) -> web.StreamResponse:
            raise not_found

        return await self.serve(raising, takes_forms=False)(request)

    def page(self, visit: Visit, template: str, *, status: int = 200, **values: Any) -> web.Response:
        return web.Response(
            text=self.render(visit, template, **values), status=status, content_type="text/html"
        )

    def render(self, visit: Visit, template: str, **values: Any) -> str:
        sealed = visit.request.query.get(NOTICE, "")
        return self._templates.render(
            template,
            visit.words,
            visit=visit,
            network=self.network,
            demo=self.services.settings.demo,
            languages=LOCALES,
            notice=self.signer.unseal(NOTICE, sealed) if sealed else None,
            # The page that a form or a question comes back to; empty where it is the chat.
            **{"origin": "", **values},
        )

    def see_other(self, location: str, notice: str = "") -> web.Response:
        """After a POST: go on to a page, which may say one sentence about what was done."""
        if notice:
            path, hash_, fragment = location.partition("#")
            path += f"{'&' if '?' in path else '?'}{NOTICE}={self.signer.seal(NOTICE, notice)}"
            location = path + hash_ + fragment
        return web.Response(status=303, headers={"Location": location})

    def _visit(self, request: web.Request) -> Visit:
        words = self.services.surroundings.catalogues.english
        return Visit(request, self.services, self.signer, self.services.clock(), words)

    async def _recognise(self, visit: Visit) -> None:
        if token := visit.request.cookies.get(self._cookie_name):
            await visit.recognise(token)
            asked = visit.request.query.get(ANSWER, "")
            if asked.isascii() and asked.isdigit() and len(asked) < 10:
                await visit.find_answer(int(asked))

    async def _read(self, visit: Visit, form_type: str) -> None:
        """Read a form and make sure that it is one of ours, made for this session."""
        _ = visit.words._
        request = visit.request
        if not security.comes_from_us(request, self.base_url):
            raise Refusal(
                403,
                _("This form did not come from our pages"),
                _("Nothing was changed. Open the page here and try again."),
            )
        if request.content_type != form_type:
            raise Refusal(
                415, _("We cannot read this"), _("Nothing was changed. Use the forms on our pages.")
            )
        try:
            sent = await request.post()
        except (ValueError, LookupError):
            raise Refusal(
                400, _("We cannot read this"), _("Nothing was changed. Use the forms on our pages.")
            ) from None
        typed: MultiDict[str] = MultiDict()
        for name, value in sent.items():
            if isinstance(value, str):
                typed.add(name, value)
            elif isinstance(value, web.FileField):
                visit.files[name] = value.file.read()
        visit.typed = MultiDictProxy(typed)
        if not csrf_holds(self.signer, visit.session, visit.typed.get("csrf", ""), visit.now):
            heading = _("You were signed out, or this page was open for long")
            text = _("Nothing was sent. What you typed is below: check it and send it again.")
            if visit.member is None:
                text += " " + _("If it needs you to be signed in, sign in first, in another tab.")
            raise Refusal(403, heading, text, kept=True)

    def _failure(self, visit: Visit, error: Exception) -> web.Response:
        """The page for what went wrong; only faults of ours are logged."""
        _ = visit.words._
        if isinstance(error, web.HTTPException) and error.status < 400:
            return web.Response(status=error.status, headers=error.headers)
        if isinstance(error, web.HTTPException):
            error = self._refusal_of(visit, error)
        if isinstance(error, Unavailable) or is_unavailable(error):
            log.warning("page.unavailable", error=type(error).__name__)
            error = Refusal(
                503,
                _("We cannot do this for a moment"),
                _("Nothing was changed, and what you typed is below. Wait a few seconds and try again."),
                kept=True,
                retry_after=5,
            )
        if not isinstance(error, Refusal):
            reference = secrets.token_hex(4)
            log.error("page.failed", reference=reference, exc_info=error)
            text = _(
                "Please try again; if it happens again, tell an administrator this reference: %(reference)s."
            )
            error = Refusal(
                500, _("Something went wrong on our side"), text % {"reference": reference}, kept=True
            )
        kept = []
        if error.kept and visit.request.method == "POST":
            kept = [(name, value) for name, value in visit.typed.items() if name not in ("csrf", "notice")]
        response = self.page(visit, "refusal.html", status=error.status, refusal=error, kept=kept)
        if error.retry_after is not None:
            response.headers["Retry-After"] = str(error.retry_after)
        return response

    def _refusal_of(self, visit: Visit, error: web.HTTPException) -> Refusal:
        _ = visit.words._
        match error.status:
            case 403:
                return Refusal(
                    403,
                    _("You may not see this page"),
                    _("It is for people with another role. An administrator of the network can help."),
                )
            case 404:
                return Refusal(
                    404,
                    _("There is no such page"),
                    _("The address may be mistyped, or what stood here was withdrawn."),
                )
            case 405:
                return Refusal(405, _("This page takes no forms"), _("Nothing was changed."))
            case 413:
                return Refusal(
                    413,
                    _("That is too much at once"),
                    _("We take up to 1 MB. Nothing was changed; go back, shorten it and send it again."),
                )
        return Refusal(error.status, _("We cannot read this"), _("Nothing was changed."))

    def _finish(self, visit: Visit, response: web.StreamResponse) -> web.StreamResponse:
        """Security headers and the cookie, unless a stream has sent its headers already."""
        if response.prepared:
            return response
        security.protect(response, self.base_url)
        if visit.cookie:
            response.set_cookie(
                self._cookie_name,
                visit.cookie,
                max_age=int(LONGEST.total_seconds()),
                httponly=True,
                samesite="Lax",
                secure=self._secure,
            )
        elif visit.cookie == "":
            response.del_cookie(self._cookie_name, httponly=True, samesite="Lax", secure=self._secure)
        return response
