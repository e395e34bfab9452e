"""Settings: each stands in ``.env.example``, and a wrong one is named in one sentence."""

from __future__ import annotations

import itertools
import re
import tomllib
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from bot import settings
from bot.__main__ import cli
from bot.settings import ROOT, Settings, SettingsError

EXAMPLE = ROOT / ".env.example"
KEY = "k" * 32
TOKENS = {
    "SLACK_BOT_TOKEN": "xoxb-secret-bot",
    "SLACK_APP_TOKEN": "xapp-secret-app",
    "SLACK_SIGNING_SECRET": "secret-signing",
    "SECRET_KEY": "secret-key-" + KEY,
    "DATABASE_URL": "postgresql://bot:secret-password@127.0.0.1:1/bot",
}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of this machine and no ``.env`` reaches a test."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def set_all(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_every_setting_stands_in_the_example_and_nothing_else_does() -> None:
    named = re.findall(r"^([A-Z_]+)=", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)


def test_every_setting_in_the_example_has_a_comment_above_it() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    bare = [
        line
        for above, line in itertools.pairwise(lines)
        if "=" in line and not line.startswith("#") and not above.startswith("# ")
    ]
    assert bare == []


def test_the_example_says_what_is_used_when_a_setting_is_left_out(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    from_the_example = settings.read()
    (tmp_path / ".env").unlink()
    assert from_the_example == settings.read()


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=9001\nHOST=localhost\n", encoding="utf-8")
    monkeypatch.setenv("PORT", "9002")
    assert (settings.read().port, settings.read().host) == (9002, "localhost")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"PORT": "abc"}, "PORT: "),
        ({"PORT": "0"}, "PORT: "),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL: "),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT: "),
        ({"BASE_URL": "bot.example.org"}, "BASE_URL: must begin with http:// or https://"),
        ({"BASE_URL": "https://"}, "BASE_URL: must begin with http:// or https://"),
        ({"SLACK_API_URL": "slack.example.org"}, "SLACK_API_URL: must begin"),
        ({"SLACK_MESSAGES_PER_MINUTE": "-1"}, "SLACK_MESSAGES_PER_MINUTE: "),
        ({"ADMIN_EMAILS": "ann@example.org; bob@example.org"}, "ADMIN_EMAILS: “ann@example.org; bob"),
        ({"HOST": "0.0.0.0", "SECRET_KEY": "short"}, "SECRET_KEY needs at least 32 characters"),
        ({"SLACK_BOT_TOKEN": "xoxb-1", "SECRET_KEY": KEY}, "SLACK_BOT_TOKEN needs SLACK_APP_TOKEN"),
        ({"SLACK_APP_TOKEN": "xapp-1"}, "SLACK_APP_TOKEN and SLACK_SIGNING_SECRET need SLACK_BOT_TOKEN"),
        ({"SLACK_SIGNING_SECRET": "s"}, "SLACK_APP_TOKEN and SLACK_SIGNING_SECRET need SLACK_BOT_TOKEN"),
        ({"DATABASE_URL": "mysql://127.0.0.1/bot"}, "DATABASE_URL: must begin with sqlite://"),
        ({"DATABASE_URL": "rubbish"}, "DATABASE_URL: this is no address of a database"),
        ({"DATABASE_URL": "sqlite://"}, "DATABASE_URL: must name a file"),
        ({"DATABASE_URL": "sqlite:////proc/none/bot.db"}, "DATABASE_URL: /proc/none: "),
        ({"DATABASE_URL": "postgresql://bot@127.0.0.1:1/bot"}, "DATABASE_URL: the database cannot be used"),
        ({"DATA_DIR": "/nowhere"}, "DATA_DIR: "),
        ({"ENCRYPTION_KEYS": "short"}, "ENCRYPTION_KEYS: each of them is 32 bytes"),
    ],
)
@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_a_wrong_setting_is_one_sentence_and_not_a_traceback(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], sentence: str, command: str
) -> None:
    monkeypatch.setattr("bot.logs.configure", lambda *_: None)
    set_all(monkeypatch, **values)
    result = CliRunner().invoke(cli, [command])
    assert isinstance(result.exception, SystemExit)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(sentence), result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_an_env_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"HOST=\xff\xfe")
    with pytest.raises(SettingsError, match=r"^\.env: it must be text in UTF-8$"):
        settings.read()


@pytest.mark.parametrize(
    ("values", "demo"),
    [
        ({}, True),
        ({"HOST": "::1"}, True),
        ({"HOST": "localhost", "BASE_URL": "http://127.0.0.1:9000"}, True),
        ({"HOST": "0.0.0.0"}, False),
        ({"HOST": "192.0.2.1"}, False),
        ({"HOST": ""}, True),
        ({"BASE_URL": "https://bot.example.org"}, False),
        ({"BASE_URL": "https://localhost.example.org"}, False),
        ({"BASE_URL": "https://127.0.0.1.example.org"}, False),
        ({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}, False),
    ],
)
def test_demo_mode_is_for_this_machine_alone(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], demo: bool
) -> None:
    set_all(monkeypatch, **values, SECRET_KEY=KEY)
    assert settings.read().demo is demo


def test_either_way_into_slack_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, SECRET_KEY=KEY, SLACK_BOT_TOKEN="xoxb-1", SLACK_SIGNING_SECRET="s")
    assert not settings.read().socket_mode
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1")
    assert settings.read().socket_mode


def test_owners_are_read_whatever_their_case_and_spacing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_EMAILS", " Ann@Example.org, ,bob@example.org ")
    assert settings.read().owner_emails == {"ann@example.org", "bob@example.org"}


def test_the_address_of_links_is_the_base_url_or_where_it_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.read().address == "http://127.0.0.1:8080"
    monkeypatch.setenv("HOST", "::1")
    assert settings.read().address == "http://[::1]:8080"
    set_all(monkeypatch, BASE_URL="https://bot.example.org/", SECRET_KEY=KEY)
    assert settings.read().address == "https://bot.example.org"


def test_no_secret_shows_where_the_settings_do(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, **TOKENS)
    configured = settings.read()
    shown = f"{configured!r} {configured}"
    assert "secret" not in re.sub(r"\b(secret_key|slack_signing_secret)=SecretStr", "", shown)


@pytest.mark.parametrize(
    "wrong", [{"PORT": "abc"}, {"LOG_LEVEL": "loud"}, {"SECRET_KEY": "secret-short"}, {}]
)
def test_no_secret_shows_in_what_goes_wrong(monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]) -> None:
    monkeypatch.setattr("bot.logs.configure", lambda *_: None)
    set_all(monkeypatch, **TOKENS | wrong)
    result = CliRunner().invoke(cli, ["serve"])
    assert result.exit_code == 2
    assert "secret-" not in result.output


def test_every_setting_that_holds_a_secret_is_typed_as_one() -> None:
    secret = {name for name, field in Settings.model_fields.items() if field.annotation is SecretStr}
    assert secret == {
        "secret_key",
        "encryption_keys",
        "slack_bot_token",
        "slack_app_token",
        "slack_signing_secret",
    }


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    result = CliRunner().invoke(cli, ["version"])
    assert (result.exit_code, result.stdout) == (0, f"{project['version']}\n")
