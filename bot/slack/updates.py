"""What Slack sends, as updates. Whatever is none of the bot's business becomes nothing at all."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.slack.buttons import LINK_ACTION
from bot.slack.fields import PREFIX, answers_in
from bot.slack.forms import form_name, held_by
from bot.slack.mrkdwn import without_mention
from bot.slack.people import SLACKBOT, is_bot, profile_of
from bot.slack.platform import NAME
from handlers.kit.updates import (
    Changed,
    Command,
    Content,
    Edited,
    Joined,
    Left,
    Lookup,
    Opened,
    Overheard,
    Place,
    PlaceKind,
    Press,
    Sender,
    Shortcut,
    Submission,
    Text,
    Update,
)

Json = dict[str, Any]
Readable = Callable[[object], Awaitable[str]]

# Kinds of message that are still somebody's own words; every other kind is an edit, a deletion or news
# of the channel. https://docs.slack.dev/reference/events/message/#subtypes
OWN_WORDS = frozenset({None, "file_share", "me_message", "thread_broadcast"})
# Who names a person, or a group of people, speaks to them.
_TO_OTHERS = ("<@", "<!subteam")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is, and where: its workspace, its user and its bot id."""

    team: str
    user: str
    bot: str | None = None


async def from_event(body: Json, identity: Identity, readable: Readable) -> Update | None:
    """An update of the Events API."""
    event = body["event"]
    update_id = f"{NAME}:event:{body['event_id']}"
    match event["type"]:
        case "message" | "app_mention":
            return await _said(event, identity, readable)
        case "team_join" if not is_bot(event["user"]):
            place = Place(NAME, PlaceKind.WORKSPACE, identity.team)
            joined = Joined(place, profile_of(event["user"], identity.team))
            return Update(update_id, _person(event["user"]["id"]), place, joined)
        case "user_change" if not is_bot(event["user"]):
            user = event["user"]["id"]
            changed = Changed(profile_of(event["user"], identity.team))
            return Update(update_id, _person(user), Place(NAME, PlaceKind.DIRECT, user), changed)
        case "member_joined_channel" | "member_left_channel":
            return _moved(event, update_id, identity)
        case "channel_left" | "group_left":
            # Said to whoever has left, or was taken out, and nobody else: to the bot.
            told = event.get("channel")
            channel = told["id"] if isinstance(told, dict) else told
            place = Place(NAME, PlaceKind.CHANNEL, channel)
            return Update(
                update_id, Sender(NAME, identity.user, visitor=True), place, Left(place, by_bot=True)
            )
        case "app_home_opened" if event.get("tab") == "home":
            user = event["user"]
            return Update(update_id, _person(user), Place(NAME, PlaceKind.HOME, user), Opened())
    return None


async def from_command(body: Json, readable: Readable) -> Update:
    content = Command(body["command"].removeprefix("/").lower(), await readable(body.get("text")))
    place = _place_of(body["channel_id"], body["user_id"], body.get("response_url"))
    return _triggered(body, body["user_id"], place, content)


async def from_shortcut(body: Json, readable: Readable) -> Update:
    """A shortcut on a message, or one of the whole workspace."""
    user, message = body["user"]["id"], body.get("message") or {}
    channel = (body.get("channel") or {}).get("id", "")
    content = Shortcut(body["callback_id"], await readable(message.get("text")))
    return _triggered(body, user, _place_of(channel, user, body.get("response_url")), content)


def from_actions(body: Json) -> Update | None:
    """A button or a menu that was used, or an input that changed; None for a link that was opened."""
    user, action = body["user"]["id"], body["actions"][0]
    if str(action.get("action_id", "")).startswith(PREFIX):
        return edit_in(body)
    chosen = action.get("selected_option") or {}
    value = chosen.get("value") if action.get("type") == "overflow" else action.get("value")
    if value == LINK_ACTION or str(action.get("action_id", "")).startswith(f"{LINK_ACTION}#"):
        return None
    return _triggered(body, user, _place_of_press(body, user), _press(value))


def edit_in(body: Json) -> Update:
    """The form that a payload comes from, as it stands."""
    user, view = body["user"]["id"], body["view"]
    held = held_by(view)
    content = Edited(form_name(view), held.draft_id, answers_in(view.get("state")), held.step)
    return Update(f"{NAME}:edit:{held.draft_id}", _person(user), Place(NAME, PlaceKind.DIRECT, user), content)


def from_submission(body: Json) -> Update:
    user, view = body["user"]["id"], body["view"]
    held = held_by(view)
    content = Submission(form_name(view), held.draft_id, answers_in(view.get("state")), held.step)
    place = Place(NAME, PlaceKind.DIRECT, user)
    return _triggered(body, user, place, content)


def from_search(body: Json) -> Update:
    """A search among options; what is typed comes as plain text."""
    user, field = body["user"]["id"], body["action_id"].removeprefix(PREFIX)
    view = body.get("view")
    content = Lookup(form_name(view), field, str(body.get("value") or ""), held_by(view).draft_id)
    return Update(f"{NAME}:search:{user}", _person(user), Place(NAME, PlaceKind.DIRECT, user), content)


async def _said(event: Json, identity: Identity, readable: Readable) -> Update | None:
    """Something that a person said to the bot, by name or in their direct messages; or what is
    said in a channel to nobody by name."""
    user = event.get("user")
    if not user or event.get("bot_id") or user in (identity.user, SLACKBOT) or event.get("hidden"):
        return None
    if event.get("subtype") not in OWN_WORDS or "edited" in event:
        return None
    channel, ts, text = event["channel"], event["ts"], str(event.get("text") or "")
    direct = event.get("channel_type") == "im" or channel.startswith("D")
    mentioned = event["type"] == "app_mention" or f"<@{identity.user}" in text
    thread = event.get("thread_ts")
    update_id = f"{NAME}:msg:{identity.team}:{channel}:{ts}"
    if not direct and not mentioned:
        if event.get("subtype") or any(mark in text for mark in _TO_OTHERS):
            return None
        place = Place(NAME, PlaceKind.CHANNEL, channel, thread=thread or ts)
        said_at = datetime.fromtimestamp(float(ts), UTC)
        overheard = Overheard(await readable(text), said_at, in_thread=bool(thread))
        return Update(update_id, _person(user), place, overheard)
    if direct:
        place = Place(NAME, PlaceKind.DIRECT, user, thread=thread)
    else:
        place = Place(NAME, PlaceKind.CHANNEL, channel, thread=thread or ts)
    content = Text(await readable(without_mention(text, identity.user)), mentioned=mentioned)
    return Update(update_id, _person(user), place, content)


def _moved(event: Json, update_id: str, identity: Identity) -> Update:
    """Somebody came to a channel or left it. When it is the bot, the sender is who brought it; where
    nobody did, there is no person behind it."""
    place = Place(NAME, PlaceKind.CHANNEL, event["channel"])
    by_bot = event["user"] == identity.user
    content: Content
    if event["type"] == "member_joined_channel":
        content = Joined(place, by_bot=by_bot)
    else:
        content = Left(place, by_bot=by_bot)
    sender = _person(event["user"])
    if by_bot:
        inviter = event.get("inviter")
        sender = _person(inviter) if inviter else Sender(NAME, identity.user, visitor=True)
    return Update(update_id, sender, place, content)


def _press(value: object) -> Press:
    """A button's payload; one that nobody can read is a button that no longer works."""
    try:
        payload = json.loads(value) if isinstance(value, str) else {}
        name, data = payload["name"], payload["data"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return Press("")
    return Press(name, data) if isinstance(name, str) and isinstance(data, dict) else Press("")


def _place_of_press(body: Json, user: str) -> Place:
    container = body.get("container") or {}
    if container.get("type") == "view":
        kind = PlaceKind.HOME if (body.get("view") or {}).get("type") == "home" else PlaceKind.DIRECT
        return Place(NAME, kind, user)
    channel = (body.get("channel") or {}).get("id") or container.get("channel_id") or ""
    thread = container.get("thread_ts") or (body.get("message") or {}).get("thread_ts")
    if thread == container.get("message_ts"):
        # The message begins a thread, and stands in the channel itself.
        thread = None
    # In their own conversation with the bot an answer can stay; elsewhere it is for their eyes alone.
    if channel.startswith("D") and not container.get("is_ephemeral"):
        return Place(NAME, PlaceKind.DIRECT, user, thread=thread)
    return _place_of(channel, user, body.get("response_url"), thread)


def _place_of(channel: str, user: str, reply_url: str | None, thread: str | None = None) -> Place:
    if not channel or channel.startswith("D"):
        return Place(NAME, PlaceKind.DIRECT, user, thread=thread, reply_url=reply_url)
    return Place(NAME, PlaceKind.CHANNEL, channel, thread=thread, reply_url=reply_url)


def _triggered(body: Json, user: str, place: Place, content: Content) -> Update:
    return Update(f"{NAME}:trigger:{body['trigger_id']}", _person(user), place, content)


def _person(user: str) -> Sender:
    return Sender(NAME, user)
