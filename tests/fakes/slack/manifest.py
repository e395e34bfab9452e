"""Setting the workspace up from the app's manifest: its commands, shortcuts, events and scopes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.fakes.slack.workspace import Json


@dataclass(frozen=True)
class Manifest:
    """What the app would have in Slack after an administrator pasted its manifest."""

    name: str = "Member bot"
    commands: list[Json] = field(default_factory=list)
    shortcuts: list[Json] = field(default_factory=list)
    events: frozenset[str] | None = None
    scopes: frozenset[str] | None = None
    home_tab: bool = True

    @classmethod
    def parsed(cls, manifest: Any) -> Manifest:
        """:raises KeyError: this is no app manifest."""
        features, settings = manifest["features"], manifest.get("settings", {})
        scopes = manifest["oauth_config"]["scopes"]["bot"]
        return cls(
            name=manifest["display_information"]["name"],
            commands=features.get("slash_commands", []),
            shortcuts=features.get("shortcuts", []),
            events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", [])),
            scopes=frozenset(scopes),
            home_tab=features.get("app_home", {}).get("home_tab_enabled", False),
        )
