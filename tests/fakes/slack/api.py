"""The Web API's front door: reads the arguments, checks token, scopes and limits, calls the method."""

from __future__ import annotations

import asyncio
import json
import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from tests.fakes.slack.core import Core
from tests.fakes.slack.errors import RateLimited, SlackError
from tests.fakes.slack.faults import Fault, FaultHook
from tests.fakes.slack.workspace import Json

CALLS_KEPT: Final = 50_000
# Faults of the way back: what was asked has been done.
DONE: Final = frozenset({"drop_after", "slow"})
# Arguments that hold JSON, also where the rest is a form.
_STRUCTURED: Final = frozenset({"blocks", "attachments", "metadata", "view"})
_TRUE: Final = frozenset({True, "1", "true", "True"})


@dataclass(frozen=True)
class Call:
    """One call of a method."""

    core: Core
    method: str
    args: Json

    def text(self, name: str, default: str = "") -> str:
        value = self.args.get(name)
        return default if value is None else str(value)

    def required(self, name: str, error: str = "invalid_arguments") -> str:
        """:raises SlackError: the argument is missing."""
        value = self.text(name)
        if not value:
            problems = [f"missing required field: {name}"] if error == "invalid_arguments" else []
            raise SlackError(error, problems=problems)
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        return self.args[name] in _TRUE if name in self.args else default

    def number(self, name: str, default: int) -> int:
        try:
            return int(self.args.get(name, default))
        except ValueError:
            raise SlackError("invalid_arguments", problems=[f"{name} must be an integer"]) from None

    def listed(self, name: str) -> list[str]:
        """A list that arrives as JSON or with commas."""
        value = self.args.get(name) or []
        each = value.split(",") if isinstance(value, str) else value
        return [str(item).strip() for item in each if str(item).strip()]

    def need(self, *scopes: str) -> None:
        """:raises SlackError: `missing_scope`, unless one of these was granted."""
        granted = self.core.app.scopes
        if not granted.intersection(scopes):
            raise SlackError("missing_scope", needed=",".join(scopes), provided=",".join(sorted(granted)))

    def page(self, everything: list[Any], *, default: int = 100) -> tuple[list[Any], Json]:
        """One page of a list, and the `response_metadata` that leads to the next."""
        cursor = self.text("cursor")
        if cursor and not cursor.startswith("page:"):
            raise SlackError("invalid_cursor")
        start = int(cursor.removeprefix("page:") or 0)
        end = start + max(1, min(self.number("limit", default), 1000))
        following = f"page:{end}" if end < len(everything) else ""
        return everything[start:end], {"next_cursor": following}


Method = Callable[[Call], Json]


class WebApi:
    def __init__(self, core: Core, methods: Mapping[str, Method]) -> None:
        self.fault: FaultHook | None = None
        self.calls: deque[tuple[str, Json]] = deque(maxlen=CALLS_KEPT)
        """Every call with its arguments, the token left out."""
        self._core = core
        self._methods = methods

    async def handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        try:
            args = await _arguments(request)
        except SlackError as refusal:
            return self._answer(refusal.body())
        token = args.pop("token", "") or request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.calls.append((method, args))
        fault = self.fault(method, args) if self.fault else None
        if fault is not None and fault.kind not in DONE:
            return await self._commit(fault, request)
        try:
            body = {"ok": True, **self._call(method, token, args)}
        except RateLimited as refusal:
            headers = {"Retry-After": str(refusal.retry_after_seconds)}
            return self._answer(refusal.body(), status=429, headers=headers)
        except SlackError as refusal:
            body = refusal.body()
        self._core.changed()
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        elif fault is not None:
            return await self._commit(fault, request)
        return self._answer(body)

    def _call(self, method: str, token: str, args: Json) -> Json:
        core, function = self._core, self._methods.get(method)
        if function is None:
            raise SlackError("unknown_method", req_method=method)
        if method != "api.test":
            self._authenticate(method, token)
        if core.rate_limits is not None:
            core.rate_limits.count(method, str(args.get("channel", "")))
        return function(Call(core, method, args))

    def _authenticate(self, method: str, token: str) -> None:
        app = self._core.app
        if not token:
            raise SlackError("not_authed")
        if token not in (app.bot_token, app.app_token):
            raise SlackError("invalid_auth")
        if app.token_error:
            raise SlackError(app.token_error)
        if (token == app.app_token) != (method == "apps.connections.open"):
            raise SlackError("not_allowed_token_type")

    async def _commit(self, fault: Fault, request: web.Request) -> web.StreamResponse:
        match fault.kind:
            case "status":
                return web.Response(status=fault.status, text="")
            case "rate_limit":
                refusal = RateLimited(math.ceil(fault.seconds))
                headers = {"Retry-After": str(refusal.retry_after_seconds)}
                return self._answer(refusal.body(), status=429, headers=headers)
            case "hang":
                await asyncio.sleep(fault.seconds)
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)

    def _answer(
        self, body: Json, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> web.Response:
        scopes = ",".join(sorted(self._core.app.scopes))
        return web.Response(
            body=json.dumps(body).encode(),
            status=status,
            content_type="application/json",
            headers={"X-OAuth-Scopes": scopes, **(headers or {})},
        )


async def _arguments(request: web.Request) -> Json:
    """:raises SlackError: the body is no JSON object, or an argument that should hold JSON does not."""
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.read() or b"{}")
        except ValueError:
            raise SlackError("invalid_json") from None
        if not isinstance(body, dict):
            raise SlackError("json_not_object")
        args |= body
    elif request.method == "POST":
        args |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    for name in _STRUCTURED & args.keys():
        if isinstance(args[name], str):
            try:
                args[name] = json.loads(args[name])
            except ValueError:
                raise SlackError(f"invalid_{name}_format") from None
    return args
