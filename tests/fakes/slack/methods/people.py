"""Who the app is and who the people are: api, auth, users, bots, team, apps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.fakes.slack.api import Call, Method
from tests.fakes.slack.errors import SlackError
from tests.fakes.slack.workspace import Json


def api_test(call: Call) -> Json:
    if "error" in call.args:
        raise SlackError(call.text("error"), args=call.args)
    return {"args": call.args}


def auth_test(call: Call) -> Json:
    workspace = call.core.workspace
    return {
        "url": f"{call.core.url}/",
        "team": workspace.name,
        "user": workspace.bot.name,
        "team_id": workspace.team_id,
        "user_id": workspace.bot.id,
        "bot_id": workspace.app.bot_id,
        "is_enterprise_install": False,
    }


def users_list(call: Call) -> Json:
    call.need("users:read")
    shown, following = call.page(list(call.core.workspace.users.values()))
    email = "users:read.email" in call.core.app.scopes
    members = [user.to_json(email=email, locale=call.flag("include_locale")) for user in shown]
    return {
        "members": members,
        "cache_ts": int(call.core.clock()),
        "response_metadata": following,
    }


def users_info(call: Call) -> Json:
    call.need("users:read")
    user = call.core.workspace.users.get(call.required("user", "user_not_found"))
    if user is None:
        raise SlackError("user_not_found")
    email = "users:read.email" in call.core.app.scopes
    return {"user": user.to_json(email=email, locale=call.flag("include_locale"))}


def bots_info(call: Call) -> Json:
    call.need("users:read")
    for user in call.core.workspace.users.values():
        if user.is_bot and user.bot_id == call.text("bot"):
            app_id = call.core.app.id if user.id == call.core.app.bot_user_id else ""
            bot = {"id": user.bot_id, "deleted": False, "name": user.real_name, "user_id": user.id}
            return {"bot": {**bot, "app_id": app_id}}
    raise SlackError("bot_not_found")


def team_info(call: Call) -> Json:
    call.need("team:read")
    workspace = call.core.workspace
    return {"team": {"id": workspace.team_id, "name": workspace.name, "domain": workspace.domain}}


def connections_open(call: Call) -> Json:
    ticket = call.core.sockets.issue_ticket()
    return {"url": f"{call.core.url.replace('http', 'ws', 1)}/socket?ticket={ticket}"}


METHODS: Final[Mapping[str, Method]] = {
    "api.test": api_test,
    "auth.test": auth_test,
    "users.list": users_list,
    "users.info": users_info,
    "bots.info": bots_info,
    "team.info": team_info,
    "apps.connections.open": connections_open,
}
