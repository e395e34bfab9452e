"""User groups, which a paid workspace has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.fakes.slack.api import Call, Method
from tests.fakes.slack.errors import SlackError
from tests.fakes.slack.workspace import Json, User, UserGroup


def usergroups_list(call: Call) -> Json:
    call.need("usergroups:read")
    disabled, users = call.flag("include_disabled"), call.flag("include_users")
    groups = [group for group in call.core.workspace.groups.values() if disabled or not group.is_disabled]
    return {"usergroups": [group.to_json(users=users) for group in groups]}


def usergroups_create(call: Call) -> Json:
    _writable(call)
    workspace = call.core.workspace
    name = call.required("name", "no_name_provided")
    handle = call.text("handle") or name.lower().replace(" ", "-")
    _refuse_taken(call, name, handle)
    group = UserGroup(workspace.new_id("S"), workspace.team_id, name, handle, call.text("description"))
    group.created_by = call.core.app.bot_user_id
    group.channels = call.listed("channels")
    workspace.groups[group.id] = group
    return {"usergroup": group.to_json()}


def usergroups_update(call: Call) -> Json:
    group = _group(call)
    name, handle = call.text("name", group.name), call.text("handle", group.handle)
    _refuse_taken(call, name, handle, but=group)
    group.name, group.handle = name, handle
    group.description = call.text("description", group.description)
    if "channels" in call.args:
        group.channels = call.listed("channels")
    return {"usergroup": group.to_json()}


def usergroups_disable(call: Call) -> Json:
    group = _group(call)
    group.is_disabled = True
    return {"usergroup": group.to_json()}


def usergroups_enable(call: Call) -> Json:
    group = _group(call)
    group.is_disabled = False
    return {"usergroup": group.to_json()}


def users_list(call: Call) -> Json:
    call.need("usergroups:read")
    group = call.core.workspace.groups.get(call.text("usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": group.users}


def users_update(call: Call) -> Json:
    """Replace everyone in the group; Slack does not take an empty list."""
    group = _group(call)
    users = call.listed("users")
    if not users:
        raise SlackError("no_users_provided")
    known = call.core.workspace.users
    if any(user in known and known[user].is_ultra_restricted for user in users):
        raise SlackError("single_channel_guests_cannot_be_added")
    if not all(user in known and _may_be_in(known[user]) for user in users):
        raise SlackError("invalid_users")
    group.users = list(dict.fromkeys(users))
    return {"usergroup": group.to_json()}


def _may_be_in(user: User) -> bool:
    return not (user.deleted or user.is_bot or user.is_restricted)


def _writable(call: Call) -> None:
    call.need("usergroups:write")
    if not call.core.workspace.is_paid:
        raise SlackError("paid_teams_only")
    if not call.core.workspace.user_groups_for_all:
        raise SlackError("permission_denied")


def _group(call: Call) -> UserGroup:
    _writable(call)
    group = call.core.workspace.groups.get(call.required("usergroup", "no_such_subteam"))
    if group is None:
        raise SlackError("no_such_subteam")
    return group


def _refuse_taken(call: Call, name: str, handle: str, but: UserGroup | None = None) -> None:
    """A handle is nobody else's: no person's, no channel's and no other user group's."""
    workspace = call.core.workspace
    names = {user.name for user in workspace.users.values()}
    names |= {channel.name for channel in workspace.channels.values() if channel.name}
    if handle in names and (but is None or but.handle != handle):
        raise SlackError("handle_already_exists")
    for group in workspace.groups.values():
        if group is but:
            continue
        if group.name == name:
            raise SlackError("name_already_exists")
        if group.handle == handle:
            raise SlackError("handle_already_exists")


METHODS: Final[Mapping[str, Method]] = {
    "usergroups.list": usergroups_list,
    "usergroups.create": usergroups_create,
    "usergroups.update": usergroups_update,
    "usergroups.disable": usergroups_disable,
    "usergroups.enable": usergroups_enable,
    "usergroups.users.list": users_list,
    "usergroups.users.update": users_update,
}
