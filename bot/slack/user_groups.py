"""User groups in Slack: finding out whether the workspace allows them, making, filling and switching them."""

from __future__ import annotations

from collections.abc import Sequence
from html import unescape
from typing import Any

from bot.slack import limits
from bot.slack.turns import Turns
from handlers.kit.errors import DeliveryError
from handlers.kit.platform import USER_GROUPS_DENIED, SeenUserGroup

Json = dict[str, Any]

# Reading is allowed where changing is not, so a change is tried that cannot change anything.
NO_USER_GROUP = "S00000000000"


class UserGroups(Turns):
    """What the Slack platform offers of https://docs.slack.dev/reference/methods?filter=usergroups"""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        # Slack's word for why there are no user groups; empty where there are, None before it was asked.
        self.user_groups_denied: str | None = None

    async def user_groups_allowed(self) -> None:
        try:
            await self._turn(self._api.ask, "usergroups.list", {"include_disabled": True})
            await self._turn(self._api.call, "usergroups.disable", {"usergroup": NO_USER_GROUP})
        except DeliveryError as error:
            if error.reason in USER_GROUPS_DENIED:
                self.user_groups_denied = error.reason
                raise
            if error.retry_after is not None:
                raise
        self.user_groups_denied = ""

    async def user_groups(self) -> Sequence[SeenUserGroup]:
        told = await self._turn(
            self._api.ask, "usergroups.list", {"include_disabled": True, "include_users": True}
        )
        return [self._seen(one) for one in told.get("usergroups") or []]

    async def create_user_group(self, handle: str, *, name: str, purpose: str) -> str:
        told = await self._turn(
            self._api.call, "usergroups.create", {"handle": handle, **_described(name, purpose)}
        )
        return str(told["usergroup"]["id"])

    async def change_user_group(self, user_group: str, *, handle: str, name: str, purpose: str) -> None:
        arguments = {"usergroup": user_group, "handle": handle, **_described(name, purpose)}
        await self._turn(self._api.call, "usergroups.update", arguments)

    async def fill_user_group(self, user_group: str, people: Sequence[str]) -> None:
        arguments = {"usergroup": user_group, "users": ",".join(people)}
        await self._turn(self._api.call, "usergroups.users.update", arguments)

    async def switch_user_group(self, user_group: str, *, on: bool) -> None:
        method = "usergroups.enable" if on else "usergroups.disable"
        await self._turn(self._api.call, method, {"usergroup": user_group})

    def _seen(self, told: Json) -> SeenUserGroup:
        return SeenUserGroup(
            id=str(told["id"]),
            handle=str(told.get("handle") or ""),
            name=unescape(str(told.get("name") or "")),
            people=frozenset(str(one) for one in told.get("users") or []),
            enabled=not told.get("date_delete"),
            own=told.get("created_by") == self.user,
        )


def _described(name: str, purpose: str) -> Json:
    return {"name": name, "description": limits.cut(" ".join(purpose.split()), limits.USER_GROUP_DESCRIPTION)}
