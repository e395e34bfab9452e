"""What an operator types to set Slack up: the app's manifest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.__main__ import cli


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No .env of the developer's, and no setting of their shell."""
    monkeypatch.chdir(tmp_path)
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_the_manifest_is_printed_as_json() -> None:
    result = CliRunner().invoke(cli, ["slack-manifest", "--url", "https://bot.example.org"])
    printed = json.loads(result.stdout)
    assert result.exit_code == 0
    assert printed["display_information"]["name"] == "CCIN bot"
    assert printed["settings"]["event_subscriptions"]["request_url"] == "https://bot.example.org/slack/events"
    result = CliRunner().invoke(cli, ["slack-manifest", "--socket"])
    assert json.loads(result.stdout)["settings"]["socket_mode_enabled"] is True


@pytest.mark.parametrize(
    "arguments", [[], ["--socket", "--url", "https://bot.example.org"], ["--url", "http://bot.example.org"]]
)
def test_a_manifest_needs_one_way_in(arguments: list[str]) -> None:
    result = CliRunner().invoke(cli, ["slack-manifest", *arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.strip().splitlines()) == 1
