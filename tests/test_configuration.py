"""Configuration as a file: compared before it is applied, whole or not at all, and back without a change."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from bot.__main__ import cli
from bot.settings import ROOT, Settings
from store import groups, rules_of_engagement, seed, texts, user_groups, welcome_journey
from store.audit import AuditRecord
from store.database import Database
from store.groups import GroupState
from store.organisations import Organisation
from tests.bot import NOW


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sqlite_template: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "var").mkdir()
    shutil.copy(sqlite_template, tmp_path / "var" / "bot.db")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Seeded, with a rule that names an organisation."""
    opened = Database(f"sqlite:///{tmp_path}/var/bot.db")
    await seed.seed(opened, ROOT / "data", NOW)
    async with opened.write() as session:
        oldham = await session.scalar(select(Organisation.id).where(Organisation.name == "Oldham Council"))
        food = await groups.by_slug(session, "food")
        assert food is not None
        food.rule = {"any": [{"not": {"organisation": [oldham]}}, {"interests": ["food"]}]}
    yield opened
    await opened.close()


async def run(*arguments: str, answer: str = "") -> Result:
    return await asyncio.to_thread(lambda: CliRunner().invoke(cli, list(arguments), input=answer))


async def exported(path: Path) -> str:
    written = await run("config", "export", str(path))
    assert written.exit_code == 0, written.output
    return await asyncio.to_thread(path.read_text, "utf-8")


async def test_an_export_imported_changes_nothing(database: Database, tmp_path: Path) -> None:
    text = await exported(tmp_path / "one.toml")
    assert '"Oldham Council"' in text
    again = await run("config", "import", str(tmp_path / "one.toml"), "--yes")
    assert (again.exit_code, again.stdout) == (0, "Nothing was changed.\n")
    refused = await run("config", "export", str(tmp_path / "one.toml"))
    assert refused.exit_code == 2
    async with database.read() as session:
        assert (await session.scalars(select(AuditRecord))).all() == []


async def test_a_file_is_compared_asked_for_and_applied(database: Database, tmp_path: Path) -> None:
    text = await exported(tmp_path / "one.toml")
    before, _, rest = text.partition('[[group]]\nslug = "announcements"')
    changed = before + rest.partition("[[group]]")[1] + rest.partition("[[group]]")[2]
    changed = changed.replace('"Oldham Council"', '"Cardiff Council"').replace("Hello {name}", "Dear {name}")
    changed = changed.replace("offers_answers = false", "offers_answers = true", 1)
    changed = changed.replace("grace_days = 14", "grace_days = 30")
    changed = changed.replace("days = 21", "days = 28").replace("Which themes matter to you?", "Themes?")
    changed = '[[group]]\nslug = "new"\nname = "New"\npurpose = "x"\nkind = "body"\n\n' + changed
    await asyncio.to_thread((tmp_path / "two.toml").write_text, changed, "utf-8")
    path = str(tmp_path / "two.toml")
    shown = (await run("config", "import", path, "--dry-run")).stdout
    for line in (
        "+ group “new”, name: New",
        "- group “announcements”: Announcements",
        ", offers_answers:",
        "~ group “food”, rule:",
        "Oldham Council",
        "Cardiff Council",
        "~ rules of engagement, grace_days:",
        "~ text “welcome”, en:",
        "~ welcome journey, day 2 (no_theme), en:",
        "- welcome journey, day 21 (everybody): there",
        "+ welcome journey, day 28 (everybody), days: 28",
        "0 fit, 0 join",
        "Nothing was changed.",
    ):
        assert line in shown
    assert "Nothing was changed." in (await run("config", "import", path, answer="n\n")).stdout
    applied = await run("config", "import", path, answer="y\n")
    assert applied.stdout.endswith("Applied.\n"), applied.output
    assert (await run("config", "import", path, "--yes")).stdout == "Nothing was changed.\n"
    async with database.read() as session:
        cardiff = await session.scalar(select(Organisation.id).where(Organisation.name == "Cardiff Council"))
        food = await groups.by_slug(session, "food")
        gone = await groups.by_slug(session, "announcements")
        rules = await rules_of_engagement.current(session)
        acts = {row.act for row in await session.scalars(select(AuditRecord))}
        steps = await welcome_journey.steps(session)
        welcome = await texts.body(session, "welcome", "en")
        assert await groups.by_slug(session, "new") is not None
    assert food is not None
    assert gone is not None
    assert rules is not None
    assert food.rule == {"any": [{"not": {"organisation": [cardiff]}}, {"interests": ["food"]}]}
    assert (food.evaluate_from, food.evaluate_removes) == (0, False)
    assert gone.state == GroupState.ARCHIVED
    assert (rules.version, rules.grace_days) == (2, 30)
    assert welcome.startswith("Dear {name}")
    assert {step.offset_days for step in steps} == {2, 7, 28}
    assert acts == {
        "group.create", "group.edit", "group.archive", "journey.edit", "journey.remove", "rules.publish",
        "text.edit",
    }  # fmt: skip


async def test_every_problem_is_named_with_its_place_and_nothing_is_changed(
    database: Database, tmp_path: Path
) -> None:
    before = await exported(tmp_path / "before.toml")
    wrong = {
        "x = y": "line 1",
        "[[group]]\nslug = 'a b'\nname = 'A'\npurpose = 'x'\nkind = 'club'\n": "line 1, group.0.kind",
        "[rules_of_engagement]\ngrace_days = -1\nen = ''\n": "rules_of_engagement.grace_days",
        "[texts.goodbye]\nen = 'x'\n": "there is no such text",
        "[texts.welcome]\nen = '{nmae}'\n": "no placeholder {nmae}",
        "[[group]]\nslug = 'a'\nname = 'A'\npurpose = 'x'\nkind = 'body'\n"
        "rule = { organisation = ['Atlantis'] }\n": "do not know an organisation “Atlantis”",
        "[[group]]\nslug = 'a'\nname = 'A'\npurpose = 'x'\nkind = 'body'\nrule = { shoe = [9] }\n": "rule",
    }
    for text, said in wrong.items():
        await asyncio.to_thread((tmp_path / "wrong.toml").write_text, text, "utf-8")
        result = await run("config", "import", str(tmp_path / "wrong.toml"), "--yes")
        assert result.exit_code == 2, text
        assert said in result.stderr
        assert result.stderr.endswith("Nothing was changed.\n")
    assert await exported(tmp_path / "after.toml") == before


async def test_the_handles_of_user_groups_are_carried_over_and_checked(
    database: Database, tmp_path: Path
) -> None:
    async with database.write() as session:
        await user_groups.note(session, "slack", user_groups.ALLOWED, NOW)
        await user_groups.note_handles(session, "slack", ["everybody"], NOW)
        food = await groups.by_slug(session, "food")
        housing = await groups.by_slug(session, "housing")
        assert food is not None
        assert housing is not None
        await user_groups.put(session, food.id, "slack", "food-group", NOW)
    text = await exported(tmp_path / "one.toml")
    assert text.count('user_group = "food-group"') == 1
    assert (await run("config", "import", str(tmp_path / "one.toml"), "--yes")).stdout == (
        "Nothing was changed.\n"
    )
    # One group gives its handle to another.
    before, _, after = text.partition('slug = "housing"')
    assert "food-group" in before
    moved = before.replace("food-group", "") + 'slug = "housing"'
    moved += after.replace('user_group = ""', 'user_group = "food-group"', 1)
    await asyncio.to_thread((tmp_path / "two.toml").write_text, moved, "utf-8")
    applied = await run("config", "import", str(tmp_path / "two.toml"), "--yes")
    assert "~ group “housing”, user_group:" in applied.stdout, applied.output
    async with database.read() as session:
        assert await user_groups.handles(session) == {housing.id: "food-group"}
    for handle, said in {
        "here": "means something else",
        "Food group": "small letters",
        "everybody": "There is a user group @everybody in Slack already",
        "food-group": "another group has the handle “food-group” too",
    }.items():
        wrong = moved.replace('user_group = ""', f'user_group = "{handle}"', 1)
        await asyncio.to_thread((tmp_path / "wrong.toml").write_text, wrong, "utf-8")
        result = await run("config", "import", str(tmp_path / "wrong.toml"), "--yes")
        assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
    # Where the plan no longer has them, what is there stays, and nothing new is promised.
    async with database.write() as session:
        await user_groups.note(session, "slack", "plan_upgrade_required", NOW)
    assert (await run("config", "import", str(tmp_path / "two.toml"), "--yes")).exit_code == 0
    result = await run("config", "import", str(tmp_path / "one.toml"), "--yes")
    assert "no platform here is known to allow user groups" in result.stderr
    async with database.read() as session:
        assert await user_groups.handles(session) == {housing.id: "food-group"}
