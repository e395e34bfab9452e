"""What an operator types to set Slack up: the manifest, and the check-up."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.__main__ import cli
from store.database import Database
from tests.slack.workspace import workspace


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


def test_a_database_that_is_not_there_yet_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/new.db")
    result = CliRunner().invoke(cli, ["check"])
    assert result.exit_code == 2
    assert result.stderr == "The database is not at the newest version: run migrate.\n"


async def test_the_check_up_says_what_is_missing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async with workspace(database) as place:
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{database.path}")
        monkeypatch.setenv("SECRET_KEY", "x" * 32)
        monkeypatch.setenv("SLACK_BOT_TOKEN", place.slack.app.bot_token)
        monkeypatch.setenv("SLACK_SIGNING_SECRET", place.slack.app.signing_secret)
        monkeypatch.setenv("SLACK_API_URL", place.slack.api_url)
        place.slack.app.scopes.discard("channels:join")
        result = await asyncio.to_thread(CliRunner().invoke, cli, ["check"])
        assert result.exit_code == 0
        assert result.stdout.splitlines()[0] == "The database is reachable and at the newest version."
        assert "lacks the permission channels:join" in result.stdout
        place.slack.app.token_error = "invalid_auth"
        result = await asyncio.to_thread(CliRunner().invoke, cli, ["check"])
        assert result.exit_code == 1
        assert "(invalid_auth)" in result.stdout
