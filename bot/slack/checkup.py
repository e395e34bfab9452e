"""The check-up: whether Slack lets the bot do what its features need, said in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.services import Services
from bot.slack.api import Api
from bot.slack.channels import Channels
from bot.slack.manifest import needs
from bot.slack.platform import NAME
from bot.slack.updates import Identity
from bot.slack.user_groups import UserGroups
from handlers.kit.errors import DeliveryError
from handlers.kit.platform import USER_GROUPS_DENIED
from store import choices, user_groups

# The channels an administrator chooses in the product, and what is said in each.
CHANNELS = {
    choices.REVIEW_CHANNEL: "case studies to review",
    choices.ANNOUNCEMENT_CHANNEL: "announcements",
    choices.HANDOVER_CHANNEL: "questions handed over to people",
}


class Severity(StrEnum):
    ERROR = "error"  # The bot cannot serve Slack.
    WARNING = "warning"  # A feature is blocked; the rest runs.
    OK = "ok"


@dataclass(frozen=True, slots=True)
class Finding:
    severity: Severity
    sentence: str


async def check(services: Services) -> list[Finding]:
    """Everything, for an operator who asks; what is well is said as well."""
    settings = services.settings
    api = Api(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
    try:
        identity = await identify(api)
        if refusal := await pin(services, identity):
            return [Finding(Severity.ERROR, refusal)]
        findings = await examine(services, api, Channels(services, api))
        asking = UserGroups(api)
        asking.connected, asking.user = True, identity.user
        of_user_groups = await examine_user_groups(services, asking)
    except DeliveryError as error:
        return [Finding(Severity.ERROR, f"Slack does not accept the bot's token or cannot be reached "
                        f"({error.reason}): check SLACK_BOT_TOKEN and SLACK_API_URL.")]  # fmt: skip
    finally:
        await api.close()
    connected = Finding(Severity.OK, f"Slack: connected to the workspace {identity.team}.")
    return [*(findings or [connected]), of_user_groups]


async def identify(api: Api) -> Identity:
    """Who the token belongs to.

    :raises DeliveryError: Slack is away, or does not know the token.
    """
    told = await api.call("auth.test")
    return Identity(team=told["team_id"], user=told["user_id"], bot=told.get("bot_id"))


async def pin(services: Services, identity: Identity) -> str | None:
    """Hold on to the first workspace ever seen; a sentence where this is another one."""
    async with services.database.write() as session:
        pinned = await choices.get(session, choices.SLACK_TEAM)
        if pinned is None:
            await choices.put(session, choices.SLACK_TEAM, identity.team, now=services.clock())
    if pinned in (None, identity.team):
        return None
    return (
        f"This database belongs to the Slack workspace {pinned}, but SLACK_BOT_TOKEN is for {identity.team}: "
        "use the token of the first, or a new database."
    )


async def examine(services: Services, api: Api, channels: Channels) -> list[Finding]:
    """What is missing, and which feature each missing thing blocks. Public channels that were chosen are
    joined on the way.

    :raises DeliveryError: Slack is away.
    """
    findings = _scopes(await api.call("auth.test"), services)
    try:
        seen = await channels.sync()
    except DeliveryError as error:
        if error.reason != "missing_scope":
            raise
        return findings
    async with services.database.read() as session:
        chosen = {name: await choices.get(session, name) for name in CHANNELS}
    for name, value in chosen.items():
        if value and value.startswith(f"{NAME}:"):
            channel = value.removeprefix(f"{NAME}:")
            told = seen.get(channel)
            if problem := await _unreachable(api, channels, channel, told):
                findings.append(Finding(Severity.WARNING, f"{problem} This blocks {CHANNELS[name]}."))
    return findings


async def examine_user_groups(services: Services, platform: UserGroups) -> Finding:
    """Whether the workspace lets the bot manage user groups; forms offer them only where it does."""
    try:
        await platform.user_groups_allowed()
    except DeliveryError as error:
        if error.reason not in USER_GROUPS_DENIED:
            said = f"Slack did not say whether user groups can be offered ({error.reason})."
            return Finding(Severity.WARNING, said)
        said = error.reason
    else:
        said = user_groups.ALLOWED
    async with services.database.write() as session:
        await user_groups.note(session, NAME, said, services.clock())
    if said == user_groups.ALLOWED:
        return Finding(Severity.OK, "Slack user groups: offered to administrators in a group's form.")
    return Finding(Severity.OK, no_user_groups(said))


def no_user_groups(reason: str) -> str:
    """Why groups can have no Slack user groups, for an operator."""
    why = {
        "paid_teams_only": "the workspace's plan has none",
        "plan_upgrade_required": "the workspace's plan has none",
        "missing_scope": "the app lacks the permissions usergroups:read and usergroups:write",
        "permission_denied": "the workspace's settings let only some people manage them",
    }.get(reason, "the workspace's settings do not allow it")
    return f"Slack user groups: not offered, because {why} ({reason})."


def _scopes(told: AsyncSlackResponse, services: Services) -> list[Finding]:
    """What the token may not do. Slack names the token's scopes in a header of every answer."""
    header = told.headers.get("x-oauth-scopes") or told.headers.get("X-OAuth-Scopes")
    if header is None:
        return []
    granted = {scope.strip() for scope in header.split(",")}
    return [
        Finding(
            Severity.WARNING,
            f"The Slack app lacks the permission {scope}. This blocks {blocked}. Add it on the app's page "
            "under OAuth & Permissions, and install the app again.",
        )
        for scope, blocked in needs(services.dispatcher.router).items()
        if scope not in granted
    ]


async def _unreachable(
    api: Api, channels: Channels, channel: str, told: dict[str, object] | None
) -> str | None:
    """Why nothing can be said in a channel; None where it can."""
    if told is None:
        return f"The bot cannot see the Slack channel {channel}: invite it there, or choose another."
    name = f"#{told.get('name')}"
    if told.get("is_archived"):
        return f"The Slack channel {name} is archived: choose another."
    if told.get("is_member"):
        return None
    if told.get("is_private"):
        return f"The bot is not in the private Slack channel {name}: invite it there."
    try:
        await api.call("conversations.join", {"channel": channel})
    except DeliveryError as error:
        return f"The bot could not join the Slack channel {name} ({error.reason}): invite it there."
    await channels.moved(channel, joined=True)
    return None
