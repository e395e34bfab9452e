"""A platform with channels, for tests: keeps who is in which, and refuses whom it is told to."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from handlers.kit.errors import DeliveryError
from handlers.kit.platform import ChannelPage, Invited, InviteOutcome, MemberPage, SeenChannel


class FakeChannels:
    """``refuses`` holds what is said of a person instead of letting them in; ``fails`` are raised first,
    in order, unless ``before``, given the name of the call, raises. ``calls`` notes what came through."""

    def __init__(self, name: str = "test", *, invites_at_once: int = 30, page: int = 2) -> None:
        self.name = name
        self.invites_at_once = invites_at_once
        self.channels_in: dict[str, list[str]] = {}
        # What is known of a channel where it is not a public one with the bot in it.
        self.about: dict[str, SeenChannel] = {}
        self.refuses: dict[str, tuple[InviteOutcome, str]] = {}
        self.before: Callable[[str], None] | None = None
        self.fails: list[DeliveryError] = []
        self.calls: list[tuple[str, str, tuple[str, ...]]] = []
        self._page = page
        self._ids = itertools.count(1)

    async def invite(self, channel: str, people: Sequence[str]) -> Sequence[Invited]:
        self._call("invite", channel, people)
        outcomes: list[Invited] = []
        for person in people:
            outcome, reason = self.refuses.get(person, (InviteOutcome.IN, ""))
            if outcome is InviteOutcome.IN and person not in self.channels_in[channel]:
                self.channels_in[channel].append(person)
            outcomes.append(Invited(person, outcome, reason))
        return outcomes

    async def kick(self, channel: str, person: str) -> None:
        self._call("kick", channel, [person])
        if person in self.channels_in[channel]:
            self.channels_in[channel].remove(person)

    async def members(self, channel: str, cursor: str | None = None) -> MemberPage:
        self._call("members", channel, [])
        start = int(cursor or 0)
        people = self.channels_in[channel]
        rest = start + self._page
        return MemberPage(tuple(people[start:rest]), str(rest) if rest < len(people) else None)

    async def join(self, channel: str) -> None:
        self._call("join", channel, [])
        self.about.pop(channel, None)

    async def create(self, name: str, *, private: bool, purpose: str) -> str:
        channel = f"C{next(self._ids)}"
        self._call("create", channel, [name])
        self.channels_in[channel] = []
        return channel

    async def channels(self, cursor: str | None = None) -> ChannelPage:
        self._call("channels", "", [])
        seen = {one: SeenChannel(one, one.lower(), joined=True) for one in self.channels_in} | self.about
        start = int(cursor or 0)
        rest = start + self._page
        page = tuple(list(seen.values())[start:rest])
        return ChannelPage(page, str(rest) if rest < len(seen) else None)

    def _call(self, call: str, channel: str, people: Sequence[str]) -> None:
        if self.before is not None:
            self.before(call)
        if self.fails:
            raise self.fails.pop(0)
        if channel:
            self.channels_in.setdefault(channel, [])
        self.calls.append((call, channel, tuple(people)))
