"""Acts of people as HTTP calls, for the page in the browser and for programs in other processes."""

from __future__ import annotations

import html
import re
from collections.abc import Awaitable, Callable

from aiohttp import web

from tests.fakes.slack.acting import Acting, Where
from tests.fakes.slack.delivery import Ack
from tests.fakes.slack.errors import NotSubmitted, SlackError
from tests.fakes.slack.workspace import Json, Message

_MENTION = re.compile(r"@([\w.-]*\w)")
_CHANNEL = re.compile(r"(?<!&)#([\w-]+)")

Act = Callable[[Json], Awaitable[Json]]


class Control:
    """`POST /control/<act>` with JSON; `as` names the person who acts, by id or by name."""

    def __init__(self, slack: Acting) -> None:
        self._slack = slack
        self._acts: dict[str, Act] = {
            "say": self._say,
            "press": self._press,
            "fill": self._fill,
            "submit": self._submit,
            "close": self._close,
            "shortcut": self._shortcut,
            "options": self._options,
            "home": self._home,
            "join": self._join,
            "leave": self._leave,
            "join_team": self._join_team,
            "change_user": self._change_user,
            "add_user": self._add_user,
            "add_channel": self._add_channel,
            "messages": self._messages,
            "acks": self._acks,
        }

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_post("/control/{act}", self._handle)

    async def _handle(self, request: web.Request) -> web.Response:
        act = self._acts.get(request.match_info["act"])
        if act is None:
            return web.json_response({"error": "unknown act"}, status=404)
        try:
            return web.json_response(await act(await request.json()))
        except (KeyError, LookupError, TypeError, ValueError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)
        except SlackError as refusal:
            return web.json_response({"error": refusal.error}, status=400)

    async def _say(self, body: Json) -> Json:
        """Say something or, with a slash in front, give a command; `typed` text is escaped first."""
        slack, text = self._slack, str(body["text"])
        if body.get("typed") and text.startswith("/"):
            name, _, rest = text.partition(" ")
            return _told(await slack.command(body["as"], name, rest.strip(), body["channel"]))
        if body.get("typed"):
            text = self._as_sent(text)
        message = await slack.say(body["as"], body["channel"], text, body.get("thread_ts"))
        return {"ts": message.ts}

    async def _press(self, body: Json) -> Json:
        where = self._where(body)
        return _told(
            await self._slack.press(
                body["as"], where, body["action_id"], body.get("value"), block_id=body.get("block_id")
            )
        )

    async def _fill(self, body: Json) -> Json:
        """Fill in a field; a `quiet` one is only kept, as while the form is being sent."""
        slack, action_id, block_id = self._slack, body["action_id"], body["block_id"]
        view = slack.views.find(view_id=body["view"], external_id=None)
        if body.get("quiet"):
            slack.put(view, action_id, body.get("value"), block_id)
            return {}
        ack = await slack.fill(body["as"], view, action_id, body.get("value"), block_id=block_id)
        return {} if ack is None else _told(ack)

    async def _submit(self, body: Json) -> Json:
        slack = self._slack
        view = slack.views.find(view_id=body["view"], external_id=None)
        try:
            return _told(await slack.submit_view(body["as"], view))
        except NotSubmitted as refusal:
            view.errors = refusal.problems
            slack.changed()
            return {"problems": refusal.problems}

    async def _close(self, body: Json) -> Json:
        ack = await self._slack.close_view(
            body["as"], body.get("view"), everything=bool(body.get("everything"))
        )
        return {} if ack is None else _told(ack)

    async def _shortcut(self, body: Json) -> Json:
        message = self._where(body) if "ts" in body else None
        if message is not None and not isinstance(message, Message):
            raise TypeError("a shortcut is of a message")
        return _told(await self._slack.shortcut(body["as"], body["callback_id"], message))

    async def _options(self, body: Json) -> Json:
        found = await self._slack.options(
            body["as"],
            self._where(body),
            body["action_id"],
            body.get("query", ""),
            block_id=body.get("block_id"),
        )
        return {"options": found}

    async def _home(self, body: Json) -> Json:
        acks = await self._slack.open_home(body["as"], body.get("tab", "home"))
        return {"acks": [_told(ack) for ack in acks]}

    async def _join(self, body: Json) -> Json:
        await self._slack.join_channel(body["as"], body["channel"])
        return {}

    async def _leave(self, body: Json) -> Json:
        await self._slack.leave_channel(body["as"], body["channel"])
        return {}

    async def _join_team(self, body: Json) -> Json:
        name = str(body["name"]).strip()
        known = {user.name for user in self._slack.workspace.users.values()}
        handle = re.sub(r"[^a-z0-9]+", ".", name.lower()).strip(".")
        if not handle or handle in known:
            raise ValueError("a person needs a name that nobody else has")
        user = await self._slack.join_team(handle, real_name=name, **body.get("details", {}))
        return {"id": user.id}

    async def _change_user(self, body: Json) -> Json:
        user = await self._slack.change_user(body["as"], **body["changes"])
        return {"id": user.id}

    async def _add_user(self, body: Json) -> Json:
        return {"id": self._slack.add_user(body.pop("name"), **body).id}

    async def _add_channel(self, body: Json) -> Json:
        members = [self._slack.user(each) for each in body.pop("members", ())]
        return {"id": self._slack.add_channel(body.pop("name"), *members, **body).id}

    async def _messages(self, body: Json) -> Json:
        found = self._slack.channel(body["channel"]).messages.values()
        return {"messages": [message.to_json(metadata=True) for message in found]}

    async def _acks(self, body: Json) -> Json:
        """What was delivered, from the one with this number on; `total` is where to go on next time."""
        acks = self._slack.delivery.acks
        told = [{"name": ack.name, **_told(ack)} for ack in list(acks)[int(body.get("since", 0)) :]]
        return {"acks": told, "total": len(acks)}

    def _where(self, body: Json) -> Where:
        slack = self._slack
        if body.get("view"):
            return slack.views.find(view_id=body["view"], external_id=None)
        channel = slack.channel(body["channel"])
        for message in slack.workspace.ephemerals:
            if (message.ts, message.channel) == (body["ts"], channel.id):
                return message
        return channel.messages[body["ts"]]

    def _as_sent(self, text: str) -> str:
        """What Slack's client makes of typed text: escaped, with names as mentions."""
        users = {user.name: user.id for user in self._slack.workspace.users.values()}
        channels = {channel.name: channel.id for channel in self._slack.workspace.channels.values()}

        def user(match: re.Match[str]) -> str:
            return f"<@{users[match[1]]}>" if match[1] in users else match[0]

        def channel(match: re.Match[str]) -> str:
            return f"<#{channels[match[1]]}|{match[1]}>" if match[1] in channels else match[0]

        return _CHANNEL.sub(channel, _MENTION.sub(user, html.escape(text, quote=False)))


def _told(ack: Ack) -> Json:
    return {"status": ack.status, "seconds": ack.seconds, "reason": ack.reason, "problem": ack.problem}
