"""The command line: what each command prints, and the one sentence when something is wrong."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.main import get_command
from typer.testing import CliRunner, Result

from bot.__main__ import cli
from bot.settings import ROOT, Settings
from handlers.kit.platform import system_clock
from store import choices, members, roles, schema, sign_in
from store.audit import AuditRecord
from store.database import Database
from store.members import Identity, Member
from store.roles import Role
from tests.bot import NOW
from tests.fakes.slack import FakeSlack

KEY = "k" * 32
LINK = re.compile(r"http://127\.0\.0\.1:8080/sign-in/(\S+)\n")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sqlite_template: Path) -> None:
    """Only the settings that a test names, and a database of its own."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "var").mkdir()
    shutil.copy(sqlite_template, tmp_path / "var" / "bot.db")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """The database that the commands use, too."""
    opened = Database(f"sqlite:///{tmp_path}/var/bot.db")
    yield opened
    await opened.close()


async def run(*arguments: str) -> Result:
    """Run a command in a thread, since it has an event loop of its own."""
    return await asyncio.to_thread(lambda: CliRunner().invoke(cli, list(arguments)))


def test_every_command_says_what_it_does() -> None:
    commands = getattr(get_command(cli), "commands")  # noqa: B009 (typer says less of its type than it is)
    assert len(commands) >= 9
    for name in commands:
        result = CliRunner().invoke(cli, [name, "--help"])
        assert result.exit_code == 0
        assert commands[name].help, name


def test_no_command_lists_them_all() -> None:
    result = CliRunner().invoke(cli, [])
    assert "sign-in-link" in result.output


async def test_a_first_check_makes_the_database_and_finds_all_well(tmp_path: Path) -> None:
    (tmp_path / "var" / "bot.db").unlink()
    result = await run("check")
    assert result.exit_code == 0, result.output
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == ["ok"] * 4
    assert "demo mode" in result.stdout


async def test_a_check_leaves_an_older_database_as_it_is(database: Database) -> None:
    await schema.downgrade(database, "0001")
    result = await run("check")
    assert result.exit_code == 2
    assert "error:   Database: it is of another version" in result.stdout
    assert not await schema.is_current(database)


async def test_a_check_says_what_a_missing_setting_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BASE_URL", "http://bot.example.org")
    monkeypatch.setenv("SECRET_KEY", KEY)
    result = await run("check")
    assert result.exit_code == 1
    assert "warning: Settings: ADMIN_EMAILS is empty. This blocks everything that needs an owner." in (
        result.stdout
    )
    assert "does not begin with https://" in result.stdout


@pytest.fixture
def slack_settings(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("SECRET_KEY", KEY)
    monkeypatch.setenv("BASE_URL", "https://bot.example.org")
    monkeypatch.setenv("ADMIN_EMAILS", "olive@example.org")
    return monkeypatch


async def test_a_check_asks_slack(slack_settings: pytest.MonkeyPatch, database: Database) -> None:
    async with FakeSlack() as slack:
        slack_settings.setenv("SLACK_BOT_TOKEN", slack.app.bot_token)
        slack_settings.setenv("SLACK_APP_TOKEN", slack.app.app_token)
        slack_settings.setenv("SLACK_API_URL", slack.api_url)
        well = await run("check")
        slack.app.scopes -= {"users:read.email"}
        blocked = await run("check")
        slack.app.token_error = "token_revoked"
        refused = await run("check")
    assert (well.exit_code, "ok:      Slack: connected to the workspace" in well.stdout) == (0, True)
    assert (blocked.exit_code, "users:read.email. This blocks" in blocked.stdout) == (1, True)
    assert (refused.exit_code, "error:   Slack does not accept" in refused.stdout) == (2, True)
    assert slack.app.bot_token not in well.output + blocked.output + refused.output


async def test_a_demo_database_is_refused_for_real_people(
    slack_settings: pytest.MonkeyPatch, database: Database
) -> None:
    async with database.write() as session:
        await choices.put(session, choices.DEMO, "yes", now=NOW)
    for command in (["check"], ["sign-in-link", "ann@example.org"]):
        result = await run(*command)
        assert result.exit_code == 2
        assert "demo mode" in result.output


async def test_a_manifest_is_for_one_way_into_the_bot() -> None:
    socket = json.loads((await run("slack-manifest", "--socket")).stdout)
    http = json.loads((await run("slack-manifest", "--url", "https://bot.example.org/")).stdout)
    assert socket["settings"]["socket_mode_enabled"]
    address = http["settings"]["event_subscriptions"]["request_url"]
    assert address == "https://bot.example.org/slack/events"
    both = await run("slack-manifest", "--socket", "--url", "https://bot.example.org")
    neither = await run("slack-manifest")
    for wrong in (both, neither):
        assert (wrong.exit_code, wrong.stdout, len(wrong.stderr.splitlines())) == (2, "", 1)


async def test_a_manifest_takes_its_address_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BASE_URL", "https://bot.example.org")
    monkeypatch.setenv("SECRET_KEY", KEY)
    assert "https://bot.example.org/slack/events" in (await run("slack-manifest")).stdout


async def test_a_link_makes_a_member_of_somebody_new(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADMIN_EMAILS", "olive.owner@example.org")
    result = await run("sign-in-link", "Olive.Owner@Example.org")
    assert result.exit_code == 0, result.output
    assert "once, within 10 minutes" in result.stderr
    found = LINK.fullmatch(result.stdout)
    assert found
    async with database.write() as session:
        member = (await session.scalars(select(Member).where(Member.name == "Olive Owner"))).one()
        identity = (await session.scalars(select(Identity).where(Identity.member_id == member.id))).one()
        assert (identity.platform, identity.external_id, identity.email) == (
            "email", "olive.owner@example.org", "olive.owner@example.org",
        )  # fmt: skip
        assert identity.email_verified
        assert await roles.of_member(session, member.id) == {Role.OWNER}
        acts = await session.scalars(select(AuditRecord.act).where(AuditRecord.subject_id == str(member.id)))
        assert acts.all() == ["sign_in.vouched"]
        held = (await session.scalars(select(sign_in.SignInLink.id))).all()
        assert found[1] not in held
        assert await sign_in.redeem(session, found[1], system_clock()) == member.id


async def test_a_link_is_for_the_member_whom_a_platform_knows_by_the_address(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.write() as session:
        ann = await members.add(session, name="Ann", now=NOW)
        await members.add_identity(
            session, ann, "slack", "U1", email="ann@example.org", email_verified=True, profiled=True
        )
        bob = await members.add(session, name="Bob", now=NOW)
        await members.add_identity(session, bob, "slack", "U2", email="bob@example.org", profiled=True)
    # A database with real people is not for demo mode.
    monkeypatch.setenv("BASE_URL", "https://bot.example.org")
    monkeypatch.setenv("SECRET_KEY", KEY)
    for address in ("ann@example.org", "bob@example.org", "bob@example.org"):
        result = await run("sign-in-link", address)
        assert result.exit_code == 0, result.output
    async with database.read() as session:
        linked = (await session.scalars(select(sign_in.SignInLink.member_id))).all()
        third = await members.by_identity(session, "email", "bob@example.org")
    assert third is not None
    assert sorted(linked) == [ann.id, third[0].id, third[0].id]
    assert third[0].id not in (ann.id, bob.id)


async def test_a_link_is_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        result = await run("sign-in-link", "ann@example.org")
    found = LINK.fullmatch(result.stdout)
    assert found
    assert found[1] not in caplog.text + result.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sign-in-link", "nonsense"], "“nonsense” is no mail address\n"),
        (["restore", "none.backup", "--yes"], "none.backup cannot be read: No such file or directory\n"),
        (["backup", "var/bot.db"], "var/bot.db exists already; choose another name\n"),
    ],
)
async def test_what_the_operator_can_put_right_is_one_sentence(arguments: list[str], sentence: str) -> None:
    result = await run(*arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", sentence)


async def test_asking_with_a_broken_folder_of_data_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    data = shutil.copytree(ROOT / "data", Path("data"))
    (data / "network.toml").write_text("name = 7", encoding="utf-8")
    monkeypatch.setenv("DATA_DIR", str(data))
    result = await run("ask", "hello")
    assert result.exit_code == 2
    assert re.fullmatch(r"DATA_DIR: \S+network\.toml: \w+: .*\n", result.stderr)
