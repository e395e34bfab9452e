"""The manifest holds what is used, and nothing else."""

from __future__ import annotations

from bot.slack.manifest import manifest
from handlers import all_routers
from handlers.kit.router import Router
from tests.slack.feature import router as small_feature


def test_the_manifest_of_a_small_feature() -> None:
    small = Router("all").include(small_feature)
    assert manifest(small, "https://bot.example.org/", name="Example bot") == {
        "display_information": {
            "name": "Example bot",
            "description": "Welcomes members, answers questions, and takes what they send in.",
            "background_color": "#0b5455",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Example bot", "always_online": True},
            "shortcuts": [
                {
                    "type": "message",
                    "callback_id": "small.keep",
                    "name": "Keep this message",
                    "description": "Keep this message",
                }
            ],
            "slash_commands": [
                command("apply", "Fill in a form"),
                command("change", "Change what was said"),
                command("everything", "See every field"),
                command("wave", "Wave at somebody") | {"usage_hint": "[name] | all"},
            ],
        },
        "oauth_config": {
            "scopes": {
                "bot": [
                    "app_mentions:read",
                    "channels:history",
                    "channels:join",
                    "channels:manage",
                    "channels:read",
                    "chat:write",
                    "commands",
                    "groups:history",
                    "groups:read",
                    "groups:write",
                    "im:history",
                    "im:write",
                    "usergroups:read",
                    "usergroups:write",
                    "users:read",
                    "users:read.email",
                ]
            }
        },
        "settings": {
            "event_subscriptions": {
                "bot_events": [
                    "app_home_opened",
                    "app_mention",
                    "channel_archive",
                    "channel_created",
                    "channel_deleted",
                    "channel_left",
                    "channel_rename",
                    "channel_unarchive",
                    "group_archive",
                    "group_deleted",
                    "group_left",
                    "group_rename",
                    "group_unarchive",
                    "member_joined_channel",
                    "member_left_channel",
                    "message.im",
                    "team_join",
                    "user_change",
                ],
                "request_url": "https://bot.example.org/slack/events",
            },
            "interactivity": {
                "is_enabled": True,
                "request_url": "https://bot.example.org/slack/events",
                "message_menu_options_url": "https://bot.example.org/slack/events",
            },
            "org_deploy_enabled": False,
            "socket_mode_enabled": False,
            "token_rotation_enabled": False,
        },
    }


def test_over_a_socket_there_are_no_addresses() -> None:
    found = manifest(Router("all").include(small_feature), socket=True)
    assert found["settings"]["socket_mode_enabled"] is True
    assert "http" not in str(found)


def test_what_is_not_used_is_not_asked_for() -> None:
    found = manifest(Router("nothing"), socket=True)
    assert found["features"].keys() == {"app_home", "bot_user"}
    assert "commands" not in found["oauth_config"]["scopes"]["bot"]
    assert "app_mentions:read" not in found["oauth_config"]["scopes"]["bot"]
    assert not {"app_mention", "message.im", "team_join"} & set(
        found["settings"]["event_subscriptions"]["bot_events"]
    )


def test_the_manifest_of_the_bot_names_every_command_once() -> None:
    everything = Router("all").include(*all_routers())
    commands = [one["command"] for one in manifest(everything, socket=True)["features"]["slash_commands"]]
    assert sorted(commands) == sorted({f"/{name.split()[0]}" for name in everything.commands})


def command(name: str, description: str) -> dict[str, object]:
    return {
        "command": f"/{name}",
        "description": description,
        "should_escape": True,
        "url": "https://bot.example.org/slack/events",
    }
