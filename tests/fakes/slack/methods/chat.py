"""Posting, changing and removing messages, and reactions to them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from tests.fakes.slack import limits
from tests.fakes.slack.api import Call, Method
from tests.fakes.slack.blocks import check_message
from tests.fakes.slack.errors import SlackError
from tests.fakes.slack.workspace import Json, Message, fill_ids


def content(args: Json, *, longest_text: int = limits.MESSAGE_TEXT) -> tuple[str, list[Json]]:
    """Text and blocks as Slack would take them.

    :raises SlackError: `no_text`, `msg_too_long` or `invalid_blocks`.
    """
    text = str(args.get("text") or "")
    blocks: Any = args.get("blocks") or []
    if blocks:
        check_message(blocks)
    if not text and not blocks:
        raise SlackError("no_text")
    if len(text) > longest_text:
        raise SlackError("msg_too_long")
    return text, blocks


def post_message(call: Call) -> Json:
    call.need("chat:write")
    core = call.core
    channel = core.conversation(call.required("channel", "channel_not_found"), posting=True)
    text, blocks = content(call.args)
    thread_ts = call.text("thread_ts") or None
    if thread_ts and thread_ts not in channel.messages:
        raise SlackError("thread_not_found")
    message = core.workspace.post(
        channel,
        core.workspace.bot,
        text,
        blocks=blocks,
        thread_ts=thread_ts,
        metadata=_metadata(call.args.get("metadata")),
    )
    core.announce(channel, message)
    return {"channel": channel.id, "ts": message.ts, "message": message.to_json(metadata=True)}


def update(call: Call) -> Json:
    call.need("chat:write")
    core = call.core
    channel = core.conversation(call.required("channel", "channel_not_found"))
    message = core.message(channel, call.required("ts", "message_not_found"))
    _refuse_others(call, message, "cant_update_message")
    if channel.is_archived:
        raise SlackError("is_archived")
    text, blocks = content(call.args, longest_text=limits.UPDATE_TEXT)
    before = message.to_json()
    message.text = text
    # Slack keeps the blocks that an update does not mention; an empty list takes them away.
    if "blocks" in call.args:
        fill_ids(blocks)
        message.blocks = blocks
    message.edited_ts = core.workspace.new_ts()
    if "metadata" in call.args:
        message.metadata = _metadata(call.args["metadata"])
    if core.own_message_events:
        core.delivery.in_background(core.events.message_changed(channel, message, before))
    return {"channel": channel.id, "ts": message.ts, "text": text, "message": message.to_json(metadata=True)}


def delete(call: Call) -> Json:
    call.need("chat:write")
    core = call.core
    channel = core.conversation(call.required("channel", "channel_not_found"))
    message = core.message(channel, call.required("ts", "message_not_found"))
    _refuse_others(call, message, "cant_delete_message")
    core.workspace.remove(message)
    if core.own_message_events:
        core.delivery.in_background(core.events.message_deleted(channel, message))
    return {"channel": channel.id, "ts": message.ts}


def post_ephemeral(call: Call) -> Json:
    call.need("chat:write")
    core = call.core
    channel = core.conversation(call.required("channel", "channel_not_found"), posting=True)
    user_id = call.required("user", "user_not_found")
    if user_id not in core.workspace.users:
        raise SlackError("user_not_found")
    if core.app.bot_user_id not in channel.members:
        raise SlackError("not_in_channel")
    if user_id not in channel.members:
        raise SlackError("user_not_in_channel")
    text, blocks = content(call.args)
    message = core.workspace.post(
        channel,
        core.workspace.bot,
        text,
        blocks=blocks,
        thread_ts=call.text("thread_ts") or None,
        ephemeral_to=user_id,
    )
    return {"message_ts": message.ts}


def get_permalink(call: Call) -> Json:
    channel = call.core.conversation(call.required("channel", "channel_not_found"))
    message = call.core.message(channel, call.required("message_ts", "message_not_found"))
    link = f"{call.core.url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.in_thread:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def add_reaction(call: Call) -> Json:
    call.need("reactions:write")
    core = call.core
    channel = core.conversation(call.required("channel", "channel_not_found"))
    message = core.message(channel, call.required("timestamp", "no_item_specified"))
    name = call.required("name", "invalid_name")
    users = message.reactions.setdefault(name, [])
    if core.app.bot_user_id in users:
        raise SlackError("already_reacted")
    users.append(core.app.bot_user_id)
    return {}


def _refuse_others(call: Call, message: Message, error: str) -> None:
    if message.user != call.core.app.bot_user_id:
        raise SlackError(error)


def _metadata(given: Any) -> Json | None:
    """:raises SlackError: it is not an event type with a payload, or too large."""
    if not given:
        return None
    if not isinstance(given, dict) or set(given) != {"event_type", "event_payload"}:
        raise SlackError("invalid_metadata_format")
    if not isinstance(given["event_type"], str) or not isinstance(given["event_payload"], dict):
        raise SlackError("invalid_metadata_schema")
    if len(json.dumps(given).encode()) > limits.METADATA_BYTES:
        raise SlackError("metadata_too_large")
    return given


METHODS: Final[Mapping[str, Method]] = {
    "chat.postMessage": post_message,
    "chat.update": update,
    "chat.delete": delete,
    "chat.postEphemeral": post_ephemeral,
    "chat.getPermalink": get_permalink,
    "reactions.add": add_reaction,
}
