"""The app's manifest: what an administrator pastes into Slack to make the app, and nothing unused in it."""

from __future__ import annotations

from typing import Any

from bot.slack import limits
from bot.slack.limits import cut
from handlers.kit.router import Router
from handlers.kit.words import Words

Json = dict[str, Any]

PATH = "/slack/events"
COLOUR = "#0b5455"


def manifest(
    router: Router,
    url: str | None = None,
    socket: bool = False,
    *,
    name: str = "CCIN bot",
    words: Words | None = None,
) -> Json:
    """The manifest for an app that is reached at ``url``, or over a socket.

    https://docs.slack.dev/reference/app-manifest/
    """
    words = words or Words("en")
    address = None if socket or not url else url.rstrip("/").removesuffix(PATH) + PATH
    features: Json = {
        "app_home": {
            "home_tab_enabled": bool(router.opens),
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "bot_user": {"display_name": cut(name, limits.MANIFEST_NAME), "always_online": True},
    }
    if router.shortcuts:
        features["shortcuts"] = _shortcuts(router, words)
    if router.commands:
        features["slash_commands"] = _commands(router, words, address)
    events: Json = {"bot_events": sorted(_events(router))}
    interactivity: Json = {"is_enabled": True}
    if address:
        events["request_url"] = address
        interactivity |= {"request_url": address, "message_menu_options_url": address}
    return {
        "display_information": {
            "name": cut(name, limits.MANIFEST_NAME),
            "description": cut(
                words._("Welcomes members, answers questions, and takes what they send in."),
                limits.MANIFEST_DESCRIPTION,
            ),
            "background_color": COLOUR,
        },
        "features": features,
        "oauth_config": {"scopes": {"bot": sorted(needs(router))}},
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": False,
            "socket_mode_enabled": address is None,
            "token_rotation_enabled": False,
        },
    }


def needs(router: Router) -> dict[str, str]:
    """The scopes that the features in use need, each with what is blocked without it."""
    scopes = {
        "chat:write": "everything the bot says",
        "im:write": "finding out after a crash whether somebody got a message",
        "im:history": "finding out after a crash whether somebody got a message",
        "channels:history": "finding out after a crash whether a message stands in a channel",
        "groups:history": "finding out after a crash whether a message stands in a private channel",
        "users:read": "knowing who people are",
        "users:read.email": "recognising people's organisations and owners by their mail address",
        "channels:read": "choosing channels by name",
        "groups:read": "choosing private channels by name",
        "channels:join": "joining the channels that were chosen",
        "channels:manage": "bringing people into the channels of their groups, and making channels",
        "groups:write": "bringing people into private channels of their groups, and making such channels",
        "usergroups:read": "Slack user groups for groups",
        "usergroups:write": "Slack user groups for groups",
    }
    if router.texts:
        scopes["app_mentions:read"] = "answering when somebody names the bot in a channel"
        scopes["im:history"] = "answering direct messages"
    if router.overhears:
        scopes["channels:history"] = "offering answers in channels whose group wants that"
        scopes["groups:history"] = "offering answers in private channels whose group wants that"
    if router.commands or router.shortcuts:
        scopes["commands"] = "commands and shortcuts"
    return scopes


def _events(router: Router) -> set[str]:
    events = {
        f"{kind}_{what}"
        for kind in ("channel", "group")
        for what in ("archive", "unarchive", "rename", "deleted", "left")
    }
    # The bot has to know where it is, whatever the features.
    events |= {"channel_created", "member_joined_channel", "member_left_channel"}
    if router.joins:
        events.add("team_join")
    if router.changes:
        events.add("user_change")
    if router.texts:
        events |= {"app_mention", "message.im"}
    if router.overhears:
        # Everything said where the bot is; what no group wants handled is dropped at once.
        events |= {"message.channels", "message.groups"}
    if router.opens:
        events.add("app_home_opened")
    return events


def _shortcuts(router: Router, words: Words) -> list[Json]:
    return [
        {
            "type": "message",
            "callback_id": callback,
            "name": cut(words._(title), limits.SHORTCUT_NAME),
            "description": cut(words._(title), limits.SHORTCUT_DESCRIPTION),
        }
        for callback, (_handler, title) in sorted(router.shortcuts.items())
    ]


def _commands(router: Router, words: Words, address: str | None) -> list[Json]:
    """One command for each first word; its subcommands are its hint."""
    found: dict[str, Json] = {}
    for name, route in sorted(router.commands.items()):
        first, _mark, rest = name.partition(" ")
        command = found.setdefault(
            first,
            {
                "command": f"/{first}",
                "description": cut(words._(route.summary), limits.COMMAND_DESCRIPTION),
                "usage_hint": words._(route.usage) if route.usage and not rest else "",
                # People and channels come by their ids, with which their names are found.
                "should_escape": True,
                **({"url": address} if address else {}),
            },
        )
        if rest and route.listed and rest not in command["usage_hint"]:
            hint = f"{command['usage_hint']} | {rest}" if command["usage_hint"] else rest
            command["usage_hint"] = cut(hint, limits.USAGE_HINT)
    return [{key: value for key, value in command.items() if value != ""} for command in found.values()]
