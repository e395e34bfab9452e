"""Channels and what was said in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from tests.fakes.slack import limits
from tests.fakes.slack.api import Call, Method
from tests.fakes.slack.errors import SlackError
from tests.fakes.slack.workspace import Channel, Json

_READ: Final = {"channel": "channels:read", "private": "groups:read", "im": "im:read"}
_HISTORY: Final = {"channel": "channels:history", "private": "groups:history", "im": "im:history"}
_KINDS: Final = {"public_channel": "channel", "private_channel": "private", "im": "im"}


def seen(call: Call) -> Channel:
    """The channel of the call, with the scope to read about it."""
    channel = call.core.conversation(call.required("channel", "channel_not_found"))
    call.need(_READ[channel.kind])
    return channel


def conversations_list(call: Call) -> Json:
    kinds = [_KINDS.get(kind, "") for kind in call.listed("types") or ["public_channel"]]
    for kind in kinds:
        if kind:
            call.need(_READ[kind])
    bot = call.core.app.bot_user_id
    found = [
        channel
        for channel in call.core.workspace.channels.values()
        if channel.kind in kinds
        and (channel.kind == "channel" or bot in channel.members)
        and not (channel.is_archived and call.flag("exclude_archived"))
    ]
    shown, following = call.page(found)
    return {"channels": [channel.to_json(bot) for channel in shown], "response_metadata": following}


def conversations_info(call: Call) -> Json:
    channel = seen(call)
    info = channel.to_json(call.core.app.bot_user_id)
    if not call.flag("include_num_members"):
        info.pop("num_members", None)
    return {"channel": info}


def conversations_create(call: Call) -> Json:
    private = call.flag("is_private")
    call.need("groups:write" if private else "channels:manage")
    name = call.text("name").removeprefix("#")
    if not name:
        raise SlackError("invalid_name_required")
    if len(name) > limits.CHANNEL_NAME:
        raise SlackError("invalid_name_maxlength")
    if not re.fullmatch(r"[\w-]+", name) or name != name.lower():
        raise SlackError("invalid_name_specials")
    workspace = call.core.workspace
    if any(channel.name == name for channel in workspace.channels.values()):
        raise SlackError("name_taken")
    bot = call.core.app.bot_user_id
    channel = Channel(
        workspace.new_id("C"),
        name,
        "private" if private else "channel",
        {bot: None},
        creator=bot,
        created=int(call.core.clock()),
    )
    workspace.channels[channel.id] = channel
    return {"channel": channel.to_json(bot)}


def conversations_open(call: Call) -> Json:
    call.need("im:write")
    users = call.listed("users")
    if not users and call.text("channel"):
        channel = call.core.conversation(call.text("channel"))
        return {"channel": {"id": channel.id}, "no_op": True, "already_open": True}
    if not users:
        raise SlackError("users_list_not_supplied")
    if len(users) > 1:
        raise SlackError("method_not_supported_for_channel_type")
    user = call.core.workspace.users.get(users[0])
    if user is None:
        raise SlackError("user_not_found")
    if user.is_bot:
        raise SlackError("cannot_dm_bot")
    if user.deleted:
        raise SlackError("user_disabled")
    channel = call.core.workspace.im(user.id)
    if call.flag("return_im"):
        return {"channel": channel.to_json(call.core.app.bot_user_id)}
    return {"channel": {"id": channel.id}}


def conversations_history(call: Call) -> Json:
    """Newest first; replies in threads are not among them."""
    channel = _read_in(call)
    latest, oldest = call.text("latest"), call.text("oldest", "0")
    inclusive = call.flag("inclusive")
    found = [
        message
        for message in reversed(channel.messages.values())
        if not message.in_thread and _within(message.ts, oldest, latest, inclusive=inclusive)
    ]
    shown, following = call.page(found)
    metadata = call.flag("include_all_metadata")
    return {
        "messages": [message.to_json(metadata=metadata) for message in shown],
        "has_more": bool(following["next_cursor"]),
        "pin_count": 0,
        "response_metadata": following,
    }


def conversations_replies(call: Call) -> Json:
    """A thread's first message and its replies, oldest first."""
    channel = _read_in(call)
    parent = channel.messages.get(call.required("ts", "thread_not_found"))
    if parent is None:
        raise SlackError("thread_not_found")
    if parent.in_thread:
        thread = [parent]
    else:
        latest, oldest = call.text("latest"), call.text("oldest", "0")
        inclusive = call.flag("inclusive")
        replies = (channel.messages[ts] for ts in parent.reply_ts)
        within = [each for each in replies if _within(each.ts, oldest, latest, inclusive=inclusive)]
        thread = [parent, *within]
    shown, following = call.page(thread, default=1000)
    metadata = call.flag("include_all_metadata")
    return {
        "messages": [message.to_json(metadata=metadata) for message in shown],
        "has_more": bool(following["next_cursor"]),
        "response_metadata": following,
    }


def _read_in(call: Call) -> Channel:
    channel = call.core.conversation(call.required("channel", "channel_not_found"))
    call.need(_HISTORY[channel.kind])
    if call.core.app.bot_user_id not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def _within(ts: str, oldest: str, latest: str, *, inclusive: bool) -> bool:
    at = float(ts)
    if inclusive:
        return at >= float(oldest) and (not latest or at <= float(latest))
    return at > float(oldest) and (not latest or at < float(latest))


METHODS: Final[Mapping[str, Method]] = {
    "conversations.list": conversations_list,
    "conversations.info": conversations_info,
    "conversations.create": conversations_create,
    "conversations.open": conversations_open,
    "conversations.history": conversations_history,
    "conversations.replies": conversations_replies,
}
