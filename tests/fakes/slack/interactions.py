"""What a command, a press, a submission or an option search looks like on its way to the app."""

from __future__ import annotations

from typing import Any

from tests.fakes.slack.core import Core
from tests.fakes.slack.views import STATE_KEYS, View, state_values
from tests.fakes.slack.workspace import Channel, Json, Message, User


def command(core: Core, user: User, channel: Channel, name: str, text: str) -> Json:
    token = core.response_urls.issue(user.id, channel.id)
    return {
        "token": core.app.verification_token,
        "team_id": core.workspace.team_id,
        "team_domain": core.workspace.domain,
        "channel_id": channel.id,
        "channel_name": "directmessage" if channel.kind == "im" else channel.name,
        "user_id": user.id,
        "user_name": user.name,
        "command": name,
        "text": text,
        "api_app_id": core.app.id,
        "is_enterprise_install": "false",
        "response_url": f"{core.url}/response/{token}",
        "trigger_id": core.triggers.issue(user.id),
    }


def block_actions(core: Core, user: User, where: Message | View, action: Json) -> Json:
    payload = _envelope(core, user, "block_actions") | {"actions": [action]}
    if isinstance(where, View):
        payload["view"] = where.to_json()
        payload["container"] = {"type": "view", "view_id": where.id}
        return payload
    channel = core.workspace.channels[where.channel]
    token = core.response_urls.issue(user.id, channel.id, where)
    payload |= {
        "container": {
            "type": "message",
            "message_ts": where.ts,
            "channel_id": channel.id,
            "is_ephemeral": where.ephemeral_to is not None,
        },
        "channel": _place(channel),
        "state": {"values": state_values(where.blocks, where.state)},
        "response_url": f"{core.url}/response/{token}",
    }
    if where.thread_ts:
        payload["container"]["thread_ts"] = where.thread_ts
    if where.ephemeral_to is None:
        payload["message"] = where.to_json(metadata=True)
    return payload


def view_submission(core: Core, user: User, view: View) -> Json:
    return _envelope(core, user, "view_submission") | {"view": view.to_json(), "response_urls": []}


def view_closed(core: Core, user: User, view: View, *, is_cleared: bool) -> Json:
    payload = _envelope(core, user, "view_closed") | {"view": view.to_json(), "is_cleared": is_cleared}
    del payload["trigger_id"]
    return payload


def message_action(core: Core, user: User, callback_id: str, message: Message) -> Json:
    channel = core.workspace.channels[message.channel]
    token = core.response_urls.issue(user.id, channel.id, message)
    return _envelope(core, user, "message_action") | {
        "callback_id": callback_id,
        "action_ts": core.workspace.new_ts(),
        "message_ts": message.ts,
        "channel": _place(channel),
        "message": message.to_json(),
        "response_url": f"{core.url}/response/{token}",
    }


def global_shortcut(core: Core, user: User, callback_id: str) -> Json:
    return _envelope(core, user, "shortcut") | {
        "callback_id": callback_id,
        "action_ts": core.workspace.new_ts(),
    }


def block_suggestion(
    core: Core, user: User, where: Message | View, block_id: str, action_id: str, query: str
) -> Json:
    payload = _envelope(core, user, "block_suggestion")
    del payload["trigger_id"]
    payload |= {"block_id": block_id, "action_id": action_id, "value": query}
    if isinstance(where, View):
        return payload | {"view": where.to_json(), "container": {"type": "view", "view_id": where.id}}
    channel = core.workspace.channels[where.channel]
    container = {"type": "message", "message_ts": where.ts, "channel_id": channel.id}
    return payload | {"container": container, "channel": _place(channel), "message": where.to_json()}


def action(core: Core, block: Json, element: Json, state: Json | None) -> Json:
    """What was pressed or chosen, as it stands in `actions`."""
    kind = element["type"]
    pressed: Json = {
        "type": kind,
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": core.workspace.new_ts(),
    }
    for key in ("text", "value", "style", "url", "placeholder"):
        if key in element and kind not in STATE_KEYS | {"overflow": ()}:
            pressed[key] = element[key]
    return pressed | (state or {})


def state_of(element: Json, value: Any) -> Json:
    """The state of an element in which this was typed or chosen.

    A menu takes the value of an option, or a list of them where several may be chosen; a whole
    option object is taken as it is, which an external menu needs.

    :raises KeyError: the menu does not offer this option.
    """
    kind = element["type"]
    key = STATE_KEYS[kind][0] if kind in STATE_KEYS else "selected_option"
    match key:
        case "selected_option":
            chosen: Any = None if value in (None, "") else _offered(element, value)
        case "selected_options":
            chosen = [_offered(element, each) for each in value or []]
        case _:
            chosen = None if value == "" else value
    if kind == "number_input" and chosen is not None:
        chosen = str(chosen)
    return {"type": kind, key: chosen}


def _offered(element: Json, value: Any) -> Json:
    if isinstance(value, dict):
        return value
    options = list(element.get("options", ()))
    for group in element.get("option_groups", ()):
        options += group["options"]
    for option in options:
        if option["value"] == value:
            found: Json = option
            return found
    raise KeyError(f"{element['action_id']} does not offer {value!r}")


def _envelope(core: Core, user: User, kind: str) -> Json:
    return {
        "type": kind,
        "token": core.app.verification_token,
        "team": {"id": core.workspace.team_id, "domain": core.workspace.domain},
        "enterprise": None,
        "is_enterprise_install": False,
        "user": {
            "id": user.id,
            "username": user.name,
            "name": user.name,
            "team_id": user.team_id,
        },
        "api_app_id": core.app.id,
        "trigger_id": core.triggers.issue(user.id),
    }


def _place(channel: Channel) -> Json:
    names = {"im": "directmessage", "private": "privategroup", "channel": channel.name}
    return {"id": channel.id, "name": names[channel.kind]}
