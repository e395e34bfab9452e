"""Modals and Home tabs that the app opens and changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tests.fakes.slack.api import Call, Method
from tests.fakes.slack.blocks import check_view
from tests.fakes.slack.errors import SlackError
from tests.fakes.slack.workspace import Json


def views_open(call: Call) -> Json:
    body = _view(call)
    user_id = call.core.triggers.exchange(call.required("trigger_id"))
    return {"view": call.core.views.open(user_id, body).to_json()}


def views_push(call: Call) -> Json:
    body = _view(call)
    user_id = call.core.triggers.exchange(call.required("trigger_id"))
    return {"view": call.core.views.push(user_id, body).to_json()}


def views_update(call: Call) -> Json:
    body = _view(call)
    view_id, external_id = call.text("view_id") or None, call.text("external_id") or None
    if not view_id and not external_id:
        raise SlackError("invalid_arguments", problems=["view_id or external_id is required"])
    view = call.core.views.find(view_id=view_id, external_id=external_id)
    return {"view": call.core.views.update(view, body, call.text("hash") or None).to_json()}


def views_publish(call: Call) -> Json:
    body = _view(call, home=True)
    if not call.core.app.home_tab:
        raise SlackError("not_enabled")
    user_id = call.required("user_id")
    user = call.core.workspace.users.get(user_id)
    if user is None or user.is_bot:
        raise SlackError("invalid_arguments", problems=[f"invalid `user_id`: {user_id}"])
    view = call.core.views.publish(user_id, body, call.text("hash") or None)
    return {"view": view.to_json()}


def _view(call: Call, *, home: bool = False) -> Json:
    body: Any = call.args.get("view")
    if body is None:
        raise SlackError("invalid_arguments", problems=["missing required field: view"])
    check_view(body, home=home)
    view: Json = body
    return view


METHODS: Final[Mapping[str, Method]] = {
    "views.open": views_open,
    "views.push": views_push,
    "views.update": views_update,
    "views.publish": views_publish,
}
