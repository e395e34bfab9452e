"""The port to a platform: everything the bot may ask of Slack, of WhatsApp or of the web pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from handlers.kit.messages import Message
from handlers.kit.updates import Place
from store.pacing import Pace

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The time now, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way. ``place`` is None until a member's surface has been chosen."""

    id: str
    place: Place | None
    message: Message
    created_at: datetime
    member_id: int | None = None
    attempts: int = 1
    # An earlier attempt ended without a word: ask the platform before sending again.
    uncertain: bool = False
    expires_at: datetime | None = None
    # What it is where nobody asked for it: a member may want that on another surface.
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Delivered:
    """Where a platform put a message; ``reference`` is its own and comes back for edits."""

    reference: dict[str, Any] = field(default_factory=dict)


class Platform(Protocol):
    """What a surface offers to the relay. Every method may raise ``DeliveryError``."""

    name: str
    # How fast it takes messages; the relay keeps to it, for all processes together.
    pace: Pace

    def lane(self, place: Place) -> str | None:
        """The place by which messages wait for one another, such as a channel; None for those that wait
        for nobody's turn."""

    async def deliver(self, delivery: Delivery, place: Place) -> Delivered: ...

    async def edit(self, reference: dict[str, Any], message: Message) -> None: ...

    async def remove(self, reference: dict[str, Any]) -> None:
        """Take a message away; one that is gone is away already."""

    async def find(self, delivery: Delivery, place: Place) -> Delivered | None:
        """Look for a message that may have been taken already; None when it was not, or nobody can tell."""


class InviteOutcome(StrEnum):
    IN = "in"  # They are in now, or were already.
    AGAIN = "again"  # Not now; trying again can help.
    NEVER = "never"  # Not unless somebody changes something.


@dataclass(frozen=True, slots=True)
class Invited:
    """What came of inviting one person. ``reason`` is the platform's own word, such as
    ``user_is_restricted``; empty where they are in."""

    person: str
    outcome: InviteOutcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MemberPage:
    """Some of a channel's people; ``next`` is the cursor of the page after, None on the last."""

    people: tuple[str, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class SeenChannel:
    """A channel as the bot sees it; ``joined`` says whether the bot is in it."""

    id: str
    name: str
    private: bool = False
    archived: bool = False
    joined: bool = False


@dataclass(frozen=True, slots=True)
class ChannelPage:
    """Some of the channels that the bot sees; ``next`` is the cursor of the page after, None on the last."""

    channels: tuple[SeenChannel, ...]
    next: str | None = None


@runtime_checkable
class Channels(Protocol):
    """What a platform offers besides where groups are channels; a platform without it has none.

    Channels and people are named by the platform's own ids. Every method may raise ``DeliveryError``:
    ``retry_after`` says when the same call may be made again (a rate limit, an outage), None that it
    never helps (the channel is archived, the bot is not in it, a scope is missing). Every method may be
    called again after it succeeded, and then changes nothing.
    """

    name: str
    # How many people one call of ``invite`` takes.
    invites_at_once: int

    async def invite(self, channel: str, people: Sequence[str]) -> Sequence[Invited]:
        """Bring people in, and say for each what came of it. A refusal of one does not keep out others."""

    async def kick(self, channel: str, person: str) -> None:
        """Take somebody out; somebody who is not in is out already."""

    async def members(self, channel: str, cursor: str | None = None) -> MemberPage:
        """One page of who is in a channel, the bot left out; ``cursor`` is where the page before ended."""

    async def join(self, channel: str) -> None:
        """The bot goes in itself; into a private channel only its people can invite it."""

    async def create(self, name: str, *, private: bool, purpose: str) -> str:
        """Make a channel with the bot in it; returns its id. A name that somebody else's channel has is
        refused as ``name_taken``; one that the bot itself made under this name is returned again."""

    async def channels(self, cursor: str | None = None) -> ChannelPage:
        """One page of the channels that the bot sees: every public one, and private ones it is in."""


@dataclass(frozen=True, slots=True)
class SeenUserGroup:
    """A user group as the platform shows it; ``own`` says whether the bot made it."""

    id: str
    handle: str
    name: str
    people: frozenset[str] = frozenset()
    enabled: bool = True
    own: bool = False


@runtime_checkable
class UserGroups(Protocol):
    """What a platform offers where one mention can reach everybody in a group.

    The errors are those of ``Channels``. Where one of ``USER_GROUPS_DENIED`` is the reason, the platform
    allows none of it at all.
    """

    name: str

    async def user_groups_allowed(self) -> None:
        """Find out whether the plan and the settings let the bot manage user groups.

        :raises DeliveryError: they do not, or nobody can tell now.
        """

    async def user_groups(self) -> Sequence[SeenUserGroup]:
        """Every user group there is, with its people, also those that are switched off."""

    async def create_user_group(self, handle: str, *, name: str, purpose: str) -> str:
        """Make one without anybody in it; returns its id. What is taken is refused as
        ``handle_already_exists`` or ``name_already_exists``."""

    async def change_user_group(self, user_group: str, *, handle: str, name: str, purpose: str) -> None: ...

    async def fill_user_group(self, user_group: str, people: Sequence[str]) -> None:
        """Have exactly these people in it, at least one. Where somebody cannot be in it, it is refused as a
        whole, for one of ``NOT_IN_USER_GROUPS``."""

    async def switch_user_group(self, user_group: str, *, on: bool) -> None: ...


# The reasons for which a platform allows the bot no user groups at all: the plan, the settings, the scopes.
USER_GROUPS_DENIED = frozenset(
    {"paid_teams_only", "plan_upgrade_required", "permission_denied", "missing_scope", "no_permission",
     "access_denied", "not_allowed_token_type"}
)  # fmt: skip
# The reasons for which somebody among several cannot be in a user group.
NOT_IN_USER_GROUPS = frozenset(
    {"invalid_users", "invalid_user", "user_not_found", "failed_for_some_users",
     "single_channel_guests_cannot_be_added"}
)  # fmt: skip
