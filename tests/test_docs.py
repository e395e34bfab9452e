"""What is written down agrees with what there is: settings, commands, pages, and no trace of a machine."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from typer.main import get_command

from bot.__main__ import cli
from bot.settings import Settings
from handlers import all_routers
from handlers.kit.router import Router
from tests.bot import ROOT

DOCS = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [*DOCS, ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
# What would tell of the machine that something was written on, or of an address that packages come from.
TRACES = re.compile(r"(?<![\w.])/(?:root|home|Users)/\w|file:///|/simple/|\bindex-url\b")
TEXTS = {".md", ".py", ".toml", ".yaml", ".yml", ".sh", ".html", ".css", ".js", ".po", ".csv", ".lock", ""}
MOST_BYTES_OF_A_PICTURE = 200_000


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for line in listed.stdout.splitlines() if (path := ROOT / line).is_file()]


def targets(page: Path) -> set[Path]:
    """The files of ours that a page links to."""
    found = LINK.findall(page.read_text(encoding="utf-8"))
    return {(page.parent / target).resolve() for target in found if "://" not in target}


def test_every_setting_stands_in_the_readme_with_what_it_is_for() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.+) \|$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(name.upper() for name in Settings.model_fields)


def test_every_chat_command_stands_in_the_list_of_commands() -> None:
    router = Router("all").include(*all_routers())
    documented = set(
        re.findall(r"^\| `/([a-z -]+?)(?: …)?` \|", (ROOT / "docs/commands.md").read_text("utf-8"), re.M)
    )
    missing = set(router.commands) - documented
    assert not missing, f"docs/commands.md needs a row for: {sorted(missing)}"
    assert documented <= set(router.commands), "docs/commands.md names commands that are not there"


def test_every_command_of_the_command_line_has_a_heading_of_its_own() -> None:
    commands = getattr(get_command(cli), "commands")  # noqa: B009 (typer says less of its type than it is)
    page = (ROOT / "docs/command-line.md").read_text("utf-8")
    assert set(re.findall(r"^## (\S+)$", page, re.MULTILINE)) == set(commands)


def test_every_page_is_linked_from_the_index() -> None:
    missing = set(DOCS) - targets(ROOT / "docs/index.md") - {ROOT / "docs/index.md"}
    assert not missing, (
        f"docs/index.md needs a link to: {sorted(str(page.relative_to(ROOT)) for page in missing)}"
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_leads_nowhere(page: Path) -> None:
    assert {target for target in targets(page) if not target.exists()} == set()


def test_decisions_are_numbered_in_a_row_and_say_what_was_weighed() -> None:
    records = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert [record.name[:4] for record in records] == [
        f"{number:04}" for number in range(1, len(records) + 1)
    ]
    for record in records:
        headings = re.findall(r"^## (.+)$", record.read_text("utf-8"), re.MULTILINE)
        assert headings == ["Context", "Choice", "Consequences"], record.name


def test_pictures_are_small() -> None:
    pictures = [path for path in tracked() if path.suffix in (".png", ".jpg", ".gif")]
    assert [path.name for path in pictures if path.stat().st_size > MOST_BYTES_OF_A_PICTURE] == []


def test_nothing_tells_of_the_machine_it_was_written_on_and_nothing_is_left_to_do() -> None:
    left = "TO" + "DO"
    found = []
    for path in tracked():
        if path.suffix not in TEXTS or path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8")
        if TRACES.search(text) or re.search(rf"\b({left}|FIX{''}ME)\b", text):
            found.append(str(path.relative_to(ROOT)))
    assert found == []
