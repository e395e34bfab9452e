"""What the workspace does with the app's answers: in acknowledgements and at response addresses."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from tests.fakes.slack.blocks import check_options, check_view
from tests.fakes.slack.core import Core
from tests.fakes.slack.delivery import Ack
from tests.fakes.slack.errors import SlackError
from tests.fakes.slack.methods.chat import content
from tests.fakes.slack.triggers import ResponseUrl
from tests.fakes.slack.views import View
from tests.fakes.slack.workspace import Json, Message, fill_ids

TROUBLE = "We had some trouble connecting. Try again?"


class Answers:
    def __init__(self, core: Core) -> None:
        self._core = core

    def to_command(self, ack: Ack, name: str, user_id: str, channel_id: str) -> None:
        """Show what a command's acknowledgement says, or Slack's own words when it failed."""
        if ack.status is None or not 200 <= ack.status < 300:
            word = "operation_timeout" if ack.reason == "http_timeout" else "dispatch_failed"
            self._note(ack, user_id, channel_id, f"{name} failed with the error “{word}”")
            return
        body = {"text": ack.body} if isinstance(ack.body, str) else ack.body
        if not body:
            return
        try:
            self._say(ResponseUrl(user_id, channel_id, 0), body)
        except SlackError as refusal:
            ack.problem = f"{refusal.error}: {'; '.join(refusal.problems)}"
            self._note(ack, user_id, channel_id, f"{name} failed with the error “{refusal.error}”")

    def to_submission(self, ack: Ack, view: View) -> None:
        """Do what the acknowledgement of a submitted modal asks: nothing said closes it."""
        view.errors, view.trouble = {}, ""
        if ack.status is None or not 200 <= ack.status < 300:
            view.trouble = TROUBLE
            return
        try:
            self._respond(ack.body, view)
        except SlackError as refusal:
            ack.problem = f"{refusal.error}: {'; '.join(refusal.problems)}"
            view.trouble = TROUBLE

    def to_search(self, ack: Ack) -> list[Json]:
        """The options found, in their groups' order; none when the answer would not be accepted."""
        if ack.status is None or not 200 <= ack.status < 300 or not isinstance(ack.body, dict):
            ack.problem = ack.problem or "no options in the answer"
            return []
        try:
            check_options(ack.body)
        except SlackError as refusal:
            ack.problem = "; ".join(refusal.problems)
            return []
        options: list[Json] = list(ack.body.get("options") or [])
        for group in ack.body.get("option_groups") or []:
            options += group["options"]
        return options

    async def at_response_url(self, request: web.Request) -> web.Response:
        try:
            body = json.loads(await request.read())
            url = self._core.response_urls.use(request.match_info["token"])
            self._say(url, body)
        except ValueError:
            return web.json_response({"ok": False, "error": "invalid_json"}, status=400)
        except SlackError as refusal:
            status = 404 if refusal.error in ("used_url", "expired_url") else 400
            return web.json_response(refusal.body(), status=status)
        return web.Response(text="ok")

    def _say(self, url: ResponseUrl, body: Any) -> None:
        if not isinstance(body, dict):
            raise SlackError("invalid_payload")
        core = self._core
        if body.get("delete_original") and url.message is not None:
            core.workspace.remove(url.message)
            core.changed()
            return
        text, blocks = content(body)
        if body.get("replace_original") and url.message is not None:
            _replace(url.message, text, blocks)
            core.changed()
            return
        public = body.get("response_type") == "in_channel"
        message = core.workspace.post(
            core.workspace.channels[url.channel_id],
            core.workspace.bot,
            text,
            blocks=blocks,
            thread_ts=body.get("thread_ts"),
            ephemeral_to=None if public else url.user_id,
        )
        if public:
            core.announce(core.workspace.channels[url.channel_id], message)
        core.changed()

    def _respond(self, body: Any, view: View) -> None:
        """:raises SlackError: Slack would not have done this."""
        views = self._core.views
        if not body:
            views.close(view)
            return
        action = body.get("response_action") if isinstance(body, dict) else None
        match action:
            case "clear":
                views.clear(view.user)
            case "errors":
                view.errors = _errors(body.get("errors"), view)
            case "update" | "push":
                check_view(body.get("view"))
                if action == "push":
                    views.push(view.user, body["view"])
                else:
                    views.update(view, body["view"])
            case _:
                raise SlackError("invalid_response_action")

    def _note(self, ack: Ack, user_id: str, channel_id: str, text: str) -> None:
        """Slackbot tells a person, and only that person, that something went wrong."""
        ack.problem = ack.problem or text
        channel = self._core.workspace.channels[channel_id]
        user = self._core.workspace.users[user_id]
        note = Message(self._core.workspace.new_ts(), channel.id, "USLACKBOT", text, ephemeral_to=user.id)
        self._core.workspace.ephemerals.append(note)
        self._core.changed()


def _replace(message: Message, text: str, blocks: list[Json]) -> None:
    fill_ids(blocks)
    message.text, message.blocks = text, blocks


def _errors(given: Any, view: View) -> dict[str, str]:
    """:raises SlackError: an error is not for an input block of this view."""
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(given, dict) or not given or not all(isinstance(each, str) for each in given.values()):
        raise SlackError("invalid_errors", problems=["errors must be an object of strings"])
    unknown = sorted(set(given) - inputs)
    if unknown:
        raise SlackError("invalid_errors", problems=[f"no input block {name}" for name in unknown])
    return given
