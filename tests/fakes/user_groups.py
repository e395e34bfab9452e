"""A platform with user groups, for tests: keeps who is in which, and takes no guests."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

from handlers.kit.errors import DeliveryError
from handlers.kit.platform import SeenUserGroup


class FakeUserGroups:
    """``guests`` cannot be in any; ``denied`` is why there are none; ``fails`` are raised first, by call.
    ``calls`` notes every change."""

    def __init__(self, name: str = "slack") -> None:
        self.name = name
        self.made: dict[str, SeenUserGroup] = {}
        self.guests: set[str] = set()
        self.denied = ""
        self.fails: dict[str, list[DeliveryError]] = {}
        self.calls: list[str] = []
        self.looks = 0
        self._ids = itertools.count(1)

    def named(self, handle: str) -> SeenUserGroup:
        return next(one for one in self.made.values() if one.handle == handle)

    def add(self, handle: str, name: str, *, own: bool = False) -> SeenUserGroup:
        seen = SeenUserGroup(f"S{next(self._ids)}", handle, name, own=own)
        self.made[seen.id] = seen
        return seen

    async def user_groups_allowed(self) -> None:
        if self.denied:
            raise DeliveryError(self.denied, retry_after=None)

    async def user_groups(self) -> Sequence[SeenUserGroup]:
        self.looks += 1
        return list(self.made.values())

    async def create_user_group(self, handle: str, *, name: str, purpose: str) -> str:
        self._call("create", handle)
        for one in self.made.values():
            if one.name == name:
                raise DeliveryError("name_already_exists", retry_after=None)
        return self.add(handle, name, own=True).id

    async def change_user_group(self, user_group: str, *, handle: str, name: str, purpose: str) -> None:
        self._call("change", handle, name)
        self.made[user_group] = replace(self.made[user_group], handle=handle, name=name)

    async def fill_user_group(self, user_group: str, people: Sequence[str]) -> None:
        self._call("fill", *sorted(people))
        assert people
        if self.guests & set(people):
            raise DeliveryError("invalid_users", retry_after=None)
        self.made[user_group] = replace(self.made[user_group], people=frozenset(people))

    async def switch_user_group(self, user_group: str, *, on: bool) -> None:
        self._call("on" if on else "off")
        self.made[user_group] = replace(self.made[user_group], enabled=on)

    def _call(self, call: str, *said: str) -> None:
        if self.denied:
            raise DeliveryError(self.denied, retry_after=None)
        if self.fails.get(call):
            raise self.fails[call].pop(0)
        self.calls.append(" ".join([call, *said]))
