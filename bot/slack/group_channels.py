"""The channels of groups in Slack: bringing people in and out, reading who is there, making one."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack import limits
from bot.slack.api import PASSING, UNSURE, Refused
from bot.slack.turns import Turns
from handlers.kit.errors import DeliveryError
from handlers.kit.platform import ChannelPage, Invited, InviteOutcome, MemberPage, SeenChannel

log = structlog.get_logger(__name__)

Json = dict[str, Any]

# "We recommend no more than 200 results at a time", https://docs.slack.dev/apis/web-api/pagination/
PAGE = 200
# Until a channel is asked about again whose list of people came empty.
EMPTY_PAGE_SECONDS = 600.0
# The words of https://docs.slack.dev/reference/methods/conversations.invite/#errors that say of one
# person that they are in, and those that pass. After any other they stay out until somebody acts.
INSIDE = frozenset({"already_in_channel"})
AGAIN = PASSING | UNSURE
# https://docs.slack.dev/reference/methods/conversations.kick/#errors: nobody is there to be taken out.
NOBODY = frozenset({"user_not_found", "user_disabled"})


class GroupChannels(Turns):
    """What the Slack platform offers besides messages; people and channels are named by Slack's ids."""

    # Far below what Slack takes, so that one refusal it gives for all holds up few.
    invites_at_once = 30

    async def invite(self, channel: str, people: Sequence[str]) -> Sequence[Invited]:
        arguments = {"channel": channel, "users": ",".join(people), "force": True}
        try:
            told = await self._in_channel(channel, self._api.call, "conversations.invite", arguments)
            refused = _errors(told)
        except Refused as refusal:
            # Nobody could be brought in; where Slack says so of each, that is no fault of the channel's.
            refused = _errors(refusal.answer)
            if not refused and (len(people) > 1 or not _is_of_person(refusal.reason)):
                raise
            refused = refused or {people[0]: refusal.reason}
            refused = {one: refused.get(one, refusal.reason) for one in people}
        return [_invited(person, refused.get(person, "")) for person in people]

    async def kick(self, channel: str, person: str) -> None:
        try:
            await self._in_channel(
                channel, self._api.call, "conversations.kick", {"channel": channel, "user": person}
            )
        except DeliveryError as error:
            # In a public channel the bot has come back by now: so it is the person who is not there.
            if error.reason not in NOBODY | {"not_in_channel"}:
                raise

    async def members(self, channel: str, cursor: str | None = None) -> MemberPage:
        arguments: Json = {"channel": channel, "limit": PAGE} | ({"cursor": cursor} if cursor else {})
        told = await self._in_channel(channel, self._api.ask, "conversations.members", arguments)
        people = [str(one) for one in told.get("members") or []]
        if not people:
            # The bot is in every channel that is compared, so an empty page is no answer: taken for one,
            # everybody would count as having left.
            raise DeliveryError("no_members", retry_after=EMPTY_PAGE_SECONDS)
        return MemberPage(tuple(one for one in people if one != self.user), _next(told))

    async def join(self, channel: str) -> None:
        await self._turn(self._api.call, "conversations.join", {"channel": channel})

    async def create(self, name: str, *, private: bool, purpose: str) -> str:
        wanted = channel_name(name)
        try:
            told = await self._turn(
                self._api.call, "conversations.create", {"name": wanted, "is_private": private}
            )
        except DeliveryError as error:
            made = await self._made_before(wanted, private=private) if error.reason == "name_taken" else None
            if made is None:
                raise
            return made
        channel = str(told["channel"]["id"])
        if purpose:
            await self._describe(channel, purpose)
        return channel

    async def channels(self, cursor: str | None = None) -> ChannelPage:
        arguments: Json = {"types": "public_channel,private_channel", "limit": PAGE}
        told = await self._turn(
            self._api.ask, "conversations.list", arguments | ({"cursor": cursor} if cursor else {})
        )
        seen = tuple(_seen(one) for one in told.get("channels") or [])
        return ChannelPage(seen, _next(told))

    async def _made_before(self, name: str, *, private: bool) -> str | None:
        """A channel of this name that the bot itself made: an earlier attempt may have broken off."""
        cursor: str | None = ""
        while cursor is not None:
            arguments: Json = {"types": "private_channel" if private else "public_channel", "limit": PAGE}
            told = await self._turn(
                self._api.ask, "conversations.list", arguments | ({"cursor": cursor} if cursor else {})
            )
            for one in told.get("channels") or []:
                own = one.get("creator") == self.user and one.get("is_member") and not one.get("is_archived")
                if one.get("name") == name and own:
                    return str(one["id"])
            cursor = _next(told)
        return None

    async def _describe(self, channel: str, purpose: str) -> None:
        """Say what a channel is for, beside its name; a channel without that is a channel all the same."""
        said = limits.cut(purpose, limits.CHANNEL_PURPOSE)
        try:
            await self._turn(
                self._api.call, "conversations.setPurpose", {"channel": channel, "purpose": said}
            )
        except DeliveryError as error:
            log.warning("slack.channel.undescribed", channel=channel, reason=error.reason)

    async def _in_channel(
        self, channel: str, send: Callable[[str, Json], Awaitable[AsyncSlackResponse]], method: str,
        arguments: Json,
    ) -> AsyncSlackResponse:  # fmt: skip
        """Call a method that wants the bot in the channel; into a public one it goes where it is not."""
        try:
            return await self._turn(send, method, arguments)
        except DeliveryError as error:
            if error.reason != "not_in_channel":
                raise
            try:
                told = await self._turn(self._api.call, "conversations.join", {"channel": channel})
            except DeliveryError as refusal:
                if refusal.retry_after is not None:
                    raise refusal from None
                # It says less than that we are not in it, as of private channels.
                raise error from None
            if told.get("warning") == "already_in_channel":
                raise
            return await self._turn(send, method, arguments)


def channel_name(name: str) -> str:
    """A name as Slack takes it for a channel: small letters, figures, hyphens, at most 80 characters.

    https://docs.slack.dev/reference/methods/conversations.create/#naming
    """
    words = re.sub(r"[^\w]+", "-", name.lower()).strip("-_")
    return words[: limits.CHANNEL_NAME].rstrip("-_") or "group"


def _is_of_person(reason: str) -> bool:
    """Whether a refusal of one invitation is about the person, and not about the channel or the bot."""
    return reason in INSIDE or reason.startswith(("user_", "cant_invite", "ura_"))


def _invited(person: str, reason: str) -> Invited:
    if not reason or reason in INSIDE:
        return Invited(person, InviteOutcome.IN)
    return Invited(person, InviteOutcome.AGAIN if reason in AGAIN else InviteOutcome.NEVER, reason)


def _errors(told: Mapping[str, Any] | AsyncSlackResponse) -> dict[str, str]:
    """What Slack says of single people, by their ids."""
    errors = told.get("errors")
    if not isinstance(errors, list):
        return {}
    return {
        str(one["user"]): str(one.get("error") or "unknown_error")
        for one in errors
        if isinstance(one, dict) and one.get("user") and not one.get("ok")
    }


def _next(told: AsyncSlackResponse) -> str | None:
    return (told.get("response_metadata") or {}).get("next_cursor") or None


def _seen(told: Json) -> SeenChannel:
    return SeenChannel(
        id=str(told["id"]),
        name=str(told.get("name") or told["id"]),
        private=bool(told.get("is_private")),
        archived=bool(told.get("is_archived")),
        joined=bool(told.get("is_member")),
    )
