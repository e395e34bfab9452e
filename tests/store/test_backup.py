"""Backup and restore of SQLite: whole while others write, and nothing but a whole backup is put back."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.__main__ import cli
from store import choices
from store.backup import BackupError, backup, restore
from store.database import Database
from tests.bot import NOW


@pytest.fixture
def path(tmp_path: Path, sqlite_template: Path) -> Path:
    return Path(shutil.copy(sqlite_template, tmp_path / "bot.db"))


def numbers(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        return [
            int(row[0]) for row in connection.execute("SELECT value FROM choices ORDER BY chosen_at, name")
        ]


def write(path: Path, number: int) -> None:
    """Two rows in one transaction: a backup must hold both or neither."""
    with closing(sqlite3.connect(path, timeout=30)) as connection, connection:
        for half in ("a", "b"):
            connection.execute(
                "INSERT INTO choices (name, value, chosen_at) VALUES (?, ?, ?)",
                (f"{number:06}{half}", number, f"2026-11-21 10:00:{number:06}"),
            )


def test_a_backup_made_while_others_write_is_one_moment_of_theirs(path: Path, tmp_path: Path) -> None:
    stop, begun = threading.Event(), threading.Event()
    written = 0

    def keep_writing() -> None:
        nonlocal written
        while not stop.is_set():
            write(path, written)
            written += 1
            if written == 5:
                begun.set()

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        assert begun.wait(30)
        for copy in range(5):
            backup(path, tmp_path / f"{copy}.backup")
    finally:
        stop.set()
        writer.join()
    for copy in range(5):
        found = numbers(tmp_path / f"{copy}.backup")
        assert len(found) >= 10
        assert found == [number for number in range(len(found) // 2) for _half in "ab"]


def test_a_backup_is_one_file_for_its_owner_alone(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "copies" / "one.backup"
    target.parent.mkdir()
    backup(path, target)
    assert [found.name for found in target.parent.iterdir()] == ["one.backup"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_backup_never_overwrites(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "one.backup"
    target.write_text("something dear")
    with pytest.raises(BackupError, match="exists already"):
        backup(path, target)
    assert target.read_text() == "something dear"


def test_a_backup_that_cannot_be_written_leaves_nothing(path: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="could not be written"):
        backup(path, tmp_path / "no such folder" / "one.backup")
    with pytest.raises(BackupError, match="no database at"):
        backup(tmp_path / "none.db", tmp_path / "one.backup")
    assert [found.name for found in tmp_path.iterdir()] == ["bot.db"]


async def test_what_is_restored_is_seen_by_a_process_that_runs(path: Path, tmp_path: Path) -> None:
    running = Database(f"sqlite:///{path}")
    async with running.write() as session:
        await choices.put(session, "colour", "teal", now=NOW)
    backup(path, tmp_path / "one.backup")
    async with running.write() as session:
        await choices.put(session, "colour", "beige", now=NOW)
    async with running.read() as session:
        assert await choices.get(session, "colour") == "beige"
    restore(tmp_path / "one.backup", path)
    async with running.read() as session:
        assert await choices.get(session, "colour") == "teal"
    async with running.write() as session:
        await choices.put(session, "colour", "green", now=NOW)
    await running.close()


def test_a_backup_restores_to_where_there_is_no_database(path: Path, tmp_path: Path) -> None:
    write(path, 7)
    backup(path, tmp_path / "one.backup")
    restore(tmp_path / "one.backup", tmp_path / "new.db")
    assert numbers(tmp_path / "new.db") == [7, 7]


@pytest.mark.parametrize(
    "damage", ["cut short", "overwritten", "emptied", "of something else", "no database"]
)
def test_what_is_no_whole_backup_is_refused_and_changes_nothing(
    path: Path, tmp_path: Path, damage: str
) -> None:
    write(path, 7)
    spoilt = tmp_path / "spoilt.backup"
    backup(path, spoilt)
    whole = spoilt.read_bytes()
    match damage:
        case "cut short":
            spoilt.write_bytes(whole[: len(whole) // 2])
        case "overwritten":
            spoilt.write_bytes(whole[:4096] + b"\x5a" * 8192 + whole[12_288:])
        case "emptied":
            spoilt.write_bytes(b"")
        case "of something else":
            spoilt.unlink()
            with closing(sqlite3.connect(spoilt)) as connection:
                connection.execute("CREATE TABLE recipes (name TEXT)")
        case "no database":
            spoilt.write_text("Dear diary")
    with pytest.raises(BackupError, match=r"spoilt\.backup|could not be restored"):
        restore(spoilt, path)
    assert numbers(path) == [7, 7]


def test_the_commands_back_up_and_restore(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    write(path, 7)
    run = CliRunner().invoke
    assert run(cli, ["backup", "one.backup"]).stdout == "Backed up to one.backup.\n"
    write(path, 8)
    refused = run(cli, ["backup", "one.backup"])
    assert (refused.exit_code, refused.stderr) == (2, "one.backup exists already; choose another name\n")
    assert run(cli, ["restore", "one.backup"], input="n\n").exit_code == 1
    assert numbers(path) == [7, 7, 8, 8]
    assert run(cli, ["restore", "one.backup", "--yes"]).stdout == "Restored from one.backup.\n"
    assert numbers(path) == [7, 7]
    missing = run(cli, ["restore", "none.backup", "--yes"])
    assert (missing.exit_code, missing.stderr) == (
        2,
        "none.backup cannot be read: No such file or directory\n",
    )


def test_postgresql_has_tools_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", "postgresql://bot@127.0.0.1/bot")
    for command in (["backup", "one.backup"], ["restore", "one.backup", "--yes"]):
        refused = CliRunner().invoke(cli, command)
        assert refused.exit_code == 2
        assert "pg_dump" in refused.stderr
