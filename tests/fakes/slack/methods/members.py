"""Who is in a channel: joining, inviting, removing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.fakes.slack import limits
from tests.fakes.slack.api import Call, Method
from tests.fakes.slack.errors import SlackError
from tests.fakes.slack.methods.conversations import seen
from tests.fakes.slack.workspace import Channel, Json


def conversations_members(call: Call) -> Json:
    channel = seen(call)
    shown, following = call.page(list(channel.members))
    return {"members": shown, "response_metadata": following}


def conversations_join(call: Call) -> Json:
    call.need("channels:join")
    core = call.core
    channel = core.conversation(call.required("channel", "channel_not_found"))
    if channel.kind != "channel":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    bot = core.app.bot_user_id
    if bot in channel.members:
        return {"channel": channel.to_json(bot), "warning": "already_in_channel"}
    channel.members[bot] = None
    core.delivery.in_background(core.events.joined(channel, core.workspace.bot, None))
    return {"channel": channel.to_json(bot)}


def conversations_invite(call: Call) -> Json:
    """With `force`, those who can be invited are, and the answer says who could not."""
    core = call.core
    channel = _managed(call, invite=True)
    users = call.listed("users")
    if not users:
        raise SlackError("no_user")
    if len(users) > limits.INVITE_USERS:
        raise SlackError("too_many_users")
    errors = [
        {"user": user_id, "ok": False, "error": error}
        for user_id in users
        if (error := _cannot_invite(call, channel, user_id))
    ]
    refused = {error["user"] for error in errors}
    welcome = [user_id for user_id in dict.fromkeys(users) if user_id not in refused]
    if errors and (not call.flag("force") or not welcome):
        raise SlackError(str(errors[0]["error"]), errors=errors)
    for user_id in welcome:
        channel.members[user_id] = None
        user = core.workspace.users[user_id]
        core.delivery.in_background(core.events.joined(channel, user, core.app.bot_user_id))
    answer: Json = {"channel": channel.to_json(core.app.bot_user_id)}
    return answer | ({"errors": errors} if errors else {})


def conversations_kick(call: Call) -> Json:
    core = call.core
    channel = _managed(call)
    user_id = call.required("user", "user_not_found")
    if user_id == core.app.bot_user_id:
        raise SlackError("cant_kick_self")
    if user_id not in core.workspace.users:
        raise SlackError("user_not_found")
    if channel.is_general:
        raise SlackError("cant_kick_from_general")
    if user_id not in channel.members:
        raise SlackError("not_in_channel")
    del channel.members[user_id]
    core.delivery.in_background(core.events.left(channel, core.workspace.users[user_id]))
    return {"errors": {}}


def _managed(call: Call, *, invite: bool = False) -> Channel:
    """The channel of the call, if the app may change who is in it."""
    channel = call.core.conversation(call.required("channel", "channel_not_found"))
    if channel.kind == "im":
        raise SlackError("method_not_supported_for_channel_type")
    manage = "channels:manage" if channel.kind == "channel" else "groups:write"
    call.need(manage, *([f"{manage.split(':')[0]}:write.invites"] if invite else []))
    if channel.is_archived:
        raise SlackError("is_archived")
    if call.core.app.bot_user_id not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def _cannot_invite(call: Call, channel: Channel, user_id: str) -> str:
    """Slack's word for why, or nothing."""
    user = call.core.workspace.users.get(user_id)
    if user_id == call.core.app.bot_user_id:
        return "cant_invite_self"
    if user is None:
        return "user_not_found"
    if user_id in channel.members:
        return "already_in_channel"
    if user.is_ultra_restricted:
        return "ura_max_channels"
    if user.deleted or user.is_stranger:
        return "cant_invite"
    return ""


def conversations_set_purpose(call: Call) -> Json:
    channel = _managed(call)
    purpose = call.text("purpose")
    if len(purpose) > limits.CHANNEL_PURPOSE:
        raise SlackError("too_long")
    channel.purpose = purpose
    return {"channel": channel.to_json(call.core.app.bot_user_id)}


METHODS: Final[Mapping[str, Method]] = {
    "conversations.members": conversations_members,
    "conversations.join": conversations_join,
    "conversations.invite": conversations_invite,
    "conversations.kick": conversations_kick,
    "conversations.setPurpose": conversations_set_purpose,
}
