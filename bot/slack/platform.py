"""Slack as the relay's platform: where a message goes, and how it is found again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.slack import limits, messages
from bot.slack.api import NOT_PERMITTED, Api
from bot.slack.group_channels import GroupChannels
from bot.slack.turns import NOT_CONNECTED_SECONDS
from bot.slack.user_groups import UserGroups
from handlers.kit.errors import DeliveryError
from handlers.kit.messages import Message
from handlers.kit.platform import Delivered, Delivery
from handlers.kit.updates import Place, PlaceKind
from store.pacing import Pace

Json = dict[str, Any]

NAME = "slack"
# What our messages carry, so that a message can be found again after a crash.
METADATA_TYPE = "ccin_outbox"
# Clocks differ: a message is looked for from a little before it was written.
CLOCK_SLACK = timedelta(minutes=2)
# Somebody else has deleted it already.
GONE = "message_not_found"
PAGE = 200
PAGES = 5


class SlackPlatform(GroupChannels, UserGroups):
    """Delivers to people, channels, threads, response addresses and Home tabs."""

    name = NAME

    def __init__(self, api: Api, per_minute: int, base_url: str) -> None:
        """``per_minute`` is the ceiling of the bot's posts in the whole workspace; 0 is none."""
        super().__init__(api)
        self.pace = Pace(
            per_minute=per_minute,
            burst=limits.WORKSPACE_BURST,
            lane_seconds=limits.CHANNEL_SECONDS,
            lane_burst=limits.CHANNEL_BURST,
        )
        self._base_url = base_url

    def lane(self, place: Place) -> str | None:
        """Posts to a channel or a person; a private answer or a Home tab waits for nobody's turn."""
        posted = not place.reply_url and place.kind in (PlaceKind.DIRECT, PlaceKind.CHANNEL)
        return place.id if posted else None

    async def deliver(self, delivery: Delivery, place: Place) -> Delivered:
        if not self.connected:
            raise DeliveryError("not connected to Slack", retry_after=NOT_CONNECTED_SECONDS)
        if place.reply_url:
            return await self._reply(delivery.message, place, place.reply_url)
        match place.kind:
            case PlaceKind.HOME:
                return await self._publish(delivery.message, place.id)
            case PlaceKind.DIRECT | PlaceKind.CHANNEL:
                return await self._post(delivery, place)
        raise DeliveryError(f"nothing can be said to a {place.kind}", retry_after=None)

    async def edit(self, reference: Json, message: Message) -> None:
        if not self.connected:
            raise DeliveryError("not connected to Slack", retry_after=NOT_CONNECTED_SECONDS)
        if user := reference.get("home"):
            await self._publish(message, user)
            return
        if not reference.get("ts"):
            raise DeliveryError("an answer that only one person sees cannot be changed", retry_after=None)
        said = messages.message(message, self._base_url)
        await self._api.call("chat.update", {"channel": reference["channel"], "ts": reference["ts"], **said})

    async def remove(self, reference: Json) -> None:
        if not self.connected:
            raise DeliveryError("not connected to Slack", retry_after=NOT_CONNECTED_SECONDS)
        if not reference.get("ts"):
            raise DeliveryError("an answer that only one person sees cannot be taken away", retry_after=None)
        try:
            await self._api.call("chat.delete", {"channel": reference["channel"], "ts": reference["ts"]})
        except DeliveryError as error:
            if error.reason != GONE:
                raise

    async def find(self, delivery: Delivery, place: Place) -> Delivered | None:
        """Look through what was said there since, for our own mark."""
        if place.reply_url or place.kind not in (PlaceKind.DIRECT, PlaceKind.CHANNEL):
            return None
        try:
            return await self._look_for(delivery, place)
        except DeliveryError as error:
            # Where we may not look, nobody can tell; that it is said twice is better than never.
            if error.retry_after is None or error.reason in NOT_PERMITTED:
                return None
            raise

    async def _look_for(self, delivery: Delivery, place: Place) -> Delivered | None:
        channel = place.id
        if place.kind is PlaceKind.DIRECT:
            opened = await self._api.call("conversations.open", {"users": place.id})
            channel = opened["channel"]["id"]
        arguments: Json = {
            "channel": channel,
            "oldest": f"{(delivery.created_at - CLOCK_SLACK).timestamp():.6f}",
            "include_all_metadata": True,
            "limit": PAGE,
        }
        method = "conversations.history"
        if place.thread:
            method, arguments = "conversations.replies", arguments | {"ts": place.thread}
        for _page in range(PAGES):
            answer = await self._api.ask(method, arguments)
            for one in answer.get("messages") or []:
                if _mark_of(one) == delivery.id:
                    return _posted(channel, one["ts"])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
            arguments = arguments | {"cursor": cursor}
        return None

    async def _post(self, delivery: Delivery, place: Place) -> Delivered:
        arguments: Json = {
            "channel": place.id,
            **messages.message(delivery.message, self._base_url),
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": {"event_type": METADATA_TYPE, "event_payload": {"id": delivery.id}},
        }
        if place.thread:
            arguments["thread_ts"] = place.thread
        answer = await self._api.call("chat.postMessage", arguments)
        return _posted(answer["channel"], answer["ts"])

    async def _reply(self, message: Message, place: Place, url: str) -> Delivered:
        """Answer one person where they are; a press leaves the message it came from as it is."""
        body: Json = {
            "response_type": "ephemeral",
            "replace_original": False,
            **messages.message(message, self._base_url),
        }
        if place.thread:
            body["thread_ts"] = place.thread
        await self._api.post(url, body)
        return Delivered({"platform": NAME})

    async def _publish(self, message: Message, user: str) -> Delivered:
        await self._api.call(
            "views.publish", {"user_id": user, "view": messages.home(message, self._base_url)}
        )
        return Delivered({"platform": NAME, "home": user})


def _posted(channel: str, ts: str) -> Delivered:
    return Delivered({"platform": NAME, "channel": channel, "ts": ts})


def _mark_of(message: object) -> str | None:
    """The outbox id that a message carries, if it is ours."""
    metadata = message.get("metadata") if isinstance(message, dict) else None
    if not isinstance(metadata, dict) or metadata.get("event_type") != METADATA_TYPE:
        return None
    payload = metadata.get("event_payload")
    return str(payload.get("id")) if isinstance(payload, dict) else None
