"""The workspace's channels, as far as Slack shows them: kept so that people can choose one by name."""

from __future__ import annotations

from typing import Any

from bot.services import Services
from bot.slack.api import Api
from bot.slack.platform import NAME
from store import channels

Json = dict[str, Any]

PAGE = 200
# The events that change what is known of a channel; the ones of private channels begin with "group".
EVENTS = frozenset(
    {
        f"{kind}_{what}"
        for kind in ("channel", "group")
        for what in ("archive", "unarchive", "rename", "deleted")
    }
    | {"channel_created", "channel_left", "group_left"}
)

# Those that say that the bot itself is out.
LEFT = frozenset({"channel_left", "group_left"})


class Channels:
    def __init__(self, services: Services, api: Api) -> None:
        self._services = services
        self._api = api

    async def heard(self, event: Json) -> None:
        """Keep up with a channel that was made, renamed, put away, brought back, deleted or left."""
        told = event.get("channel")
        channel_id = told.get("id") if isinstance(told, dict) else told
        if not isinstance(channel_id, str):
            return
        kind, _mark, what = event["type"].partition("_")
        async with self._services.database.write() as session:
            known = await channels.by_id(session, NAME, channel_id)
            name = str(told.get("name") or "") if isinstance(told, dict) else ""
            if known is None and what in ("created", "rename") and name:
                await channels.save(session, NAME, channel_id, name=name, is_private=kind == "group")
            elif known is not None:
                known.name = name or known.name
                known.joined = known.joined and what not in ("left", "deleted")
                known.is_archived = what in ("archive", "deleted") or (
                    known.is_archived and what != "unarchive"
                )

    async def moved(self, channel_id: str, *, joined: bool) -> None:
        """The bot came to a channel, or left it; one it never saw is asked about in ``look_at``."""
        async with self._services.database.write() as session:
            known = await channels.by_id(session, NAME, channel_id)
            if known is not None:
                known.joined = joined

    async def look_at(self, channel_id: str) -> None:
        """Ask Slack about one channel.

        :raises DeliveryError: Slack did not say.
        """
        answer = await self._api.ask("conversations.info", {"channel": channel_id})
        await self._save([answer["channel"]])

    async def sync(self) -> dict[str, Json]:
        """Read every channel that can be seen, by id.

        :raises DeliveryError: Slack did not say.
        """
        arguments = {"types": "public_channel,private_channel", "limit": PAGE}
        found = {
            str(one["id"]): one async for one in self._api.pages("conversations.list", arguments, "channels")
        }
        await self._save(list(found.values()))
        return found

    async def _save(self, told: list[Json]) -> None:
        async with self._services.database.write() as session:
            for one in told:
                await channels.save(
                    session,
                    NAME,
                    str(one["id"]),
                    name=str(one.get("name") or one["id"])[:200],
                    is_private=bool(one.get("is_private")),
                    is_archived=bool(one.get("is_archived")),
                    joined=bool(one.get("is_member")),
                )
