"""People of the workspace: what Slack says of them, judged, and told to the dispatcher."""

from __future__ import annotations

from typing import Any

import structlog

from bot.services import Services
from bot.slack.api import Api
from bot.slack.mrkdwn import plain
from bot.slack.platform import NAME
from handlers.kit.errors import DeliveryError
from handlers.kit.updates import Changed, Joined, Place, PlaceKind, Profile, Sender, Update
from handlers.kit.words import LOCALES
from store import channels, choices, members

log = structlog.get_logger(__name__)

Json = dict[str, Any]

SLACKBOT = "USLACKBOT"
PAGE = 200


def is_bot(user: Json) -> bool:
    """Whether this is no person at all."""
    return bool(user.get("is_bot")) or user.get("id") == SLACKBOT or bool(user.get("is_workflow_bot"))


def profile_of(user: Json, team: str) -> Profile:
    """What we believe of what Slack says. An address is verified only where Slack says that the person
    confirmed it and the person is a full member of our own workspace: strangers of shared channels and
    guests have addresses that our workspace did not vouch for."""
    held = user.get("profile")
    profile: Json = held if isinstance(held, dict) else {}
    ours = user.get("team_id") == team and not user.get("is_stranger")
    guest = bool(user.get("is_restricted") or user.get("is_ultra_restricted"))
    deleted = bool(user.get("deleted"))
    email = _text(profile.get("email")).lower() or None
    sound = ours and not guest and not deleted and not is_bot(user)
    return Profile(
        name=(_text(profile.get("real_name")) or _text(user.get("real_name")) or _text(user.get("name")))[
            :200
        ],
        email=email,
        email_verified=bool(email) and sound and user.get("is_email_confirmed") is True,
        locale=_locale(user.get("locale")),
        active=not deleted,
    )


class People:
    """Keeps what we know of people as Slack knows it."""

    def __init__(self, services: Services, api: Api) -> None:
        self._services = services
        self._api = api
        self._asking: set[str] = set()
        # Set when the bot stops: a list half read is read again at the next start.
        self.stopping = False
        # Programs that Slack has told this process of: they are nobody's members.
        self.bots: set[str] = {SLACKBOT}

    def note(self, user: Json) -> bool:
        """Whether a user object is of a person; programs are remembered."""
        if is_bot(user):
            self.bots.add(_text(user.get("id")))
            return False
        return True

    async def ask_about(self, user_id: str, team: str) -> None:
        """Ask Slack who somebody is of whom we know only the id."""
        if user_id in self._asking:
            return
        self._asking.add(user_id)
        try:
            answer = await self._api.ask("users.info", {"user": user_id, "include_locale": True})
            user = answer["user"]
            # A program that slipped in as a person is one no more.
            profile = profile_of(user, team) if self.note(user) else Profile(active=False)
            await self._tell(user_id, Changed(profile))
        except DeliveryError as error:
            # The next thing they do asks again.
            log.warning("slack.profile.unread", reason=error.reason)
        finally:
            self._asking.discard(user_id)

    async def sync(self, team: str) -> None:
        """Read who is there. At the first connection they all were there before the bot; later, only what
        changed since is told, and somebody unknown has joined while the bot was away.

        :raises DeliveryError: Slack is away; nothing is marked as read.
        """
        began = self._services.clock()
        async with self._services.database.read() as session:
            known_at = await choices.get(session, choices.SLACK_KNOWN_AT)
            synced_at = await choices.get(session, choices.SLACK_SYNCED_AT)
            known = await members.external_ids(session, NAME)
        since = float(synced_at or 0)
        count = 0
        async for user in self._api.pages("users.list", {"limit": PAGE, "include_locale": True}, "members"):
            if self.stopping:
                return
            is_known = _text(user.get("id")) in known
            is_old = known_at is not None and is_known and float(user.get("updated") or since) < since
            if self.note(user) and not is_old:
                await self._tell_of(user, team, known=is_known, first=known_at is None)
                count += 1
        async with self._services.database.write() as session:
            if known_at is None:
                await choices.put(session, choices.SLACK_KNOWN_AT, began.isoformat(), now=began)
            await choices.put(session, choices.SLACK_SYNCED_AT, f"{began.timestamp():.0f}", now=began)
        log.info("slack.people.read", people=count, first=known_at is None)

    async def _tell_of(self, user: Json, team: str, *, known: bool, first: bool) -> None:
        user_id, profile = _text(user.get("id")), profile_of(user, team)
        ours = user.get("team_id") == team and not user.get("is_stranger")
        if first:
            # Those who left before the bot came are no concern of it.
            if (ours and profile.active) or known:
                await self._tell(user_id, Changed(profile, known=True))
        elif known:
            await self._tell(user_id, Changed(profile))
        elif ours and profile.active:
            place = Place(NAME, PlaceKind.WORKSPACE, team)
            await self._tell(user_id, Joined(place, profile), update_id=f"{NAME}:joined:{user_id}")

    async def _tell(self, user_id: str, content: Changed | Joined, *, update_id: str = "") -> None:
        sender = Sender(NAME, user_id)
        place = content.place if isinstance(content, Joined) else Place(NAME, PlaceKind.DIRECT, user_id)
        update = Update(update_id or f"{NAME}:person:{user_id}", sender, place, content)
        await self._services.dispatcher.handle(update)


async def readable(text: object, services: Services) -> str:
    """What somebody wrote, with the names of the people and channels it speaks of."""

    async def name_of(external_id: str) -> str | None:
        async with services.database.read() as session:
            if external_id.startswith(("C", "G")):
                channel = await channels.by_id(session, NAME, external_id)
                return channel.name if channel else None
            known = await members.by_identity(session, NAME, external_id)
            return known[0].name or None if known else None

    return await plain(text, name_of)


def _locale(locale: object) -> str | None:
    """Slack's "en-GB" as one of ours; None for a language we do not speak."""
    language = _text(locale).partition("-")[0]
    return language if language in LOCALES else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
