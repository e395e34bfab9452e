"""Backup and restore of an SQLite database while the bot runs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

# Every SQLite file begins with these bytes: https://www.sqlite.org/fileformat.html#magic_header_string
_MAGIC = b"SQLite format 3\x00"


class BackupError(Exception):
    """A backup that cannot be made or used; the text says why."""


def backup(database: Path, target: Path) -> None:
    """Copy a database as it stands at one moment; others may go on writing meanwhile.

    The copy appears whole or not at all.
    """
    if not database.exists():
        raise BackupError(f"there is no database at {database}")
    if target.exists():
        raise BackupError(f"{target} exists already; choose another name")
    partial = target.with_name(target.name + ".partial")
    try:
        # Nobody else may read it, not even while it grows.
        partial.touch(mode=0o600)
        with closing(_open(database)) as source, closing(_open(partial)) as copy:
            source.backup(copy)
            # A backup is one file: no journal has to travel with it.
            copy.execute("PRAGMA journal_mode = DELETE")
        partial.rename(target)
    except (sqlite3.Error, OSError) as error:
        raise BackupError(f"the backup could not be written: {error}") from error
    finally:
        partial.unlink(missing_ok=True)


def restore(source: Path, database: Path) -> None:
    """Put a backup in place of a database, in one transaction that running processes see whole."""
    try:
        with source.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise BackupError(f"{source} is no backup of a database")
    except OSError as error:
        raise BackupError(f"{source} cannot be read: {error.strerror}") from None
    try:
        with closing(_open(source)) as copy:
            found = copy.execute("PRAGMA integrity_check").fetchone()
            if found != ("ok",):
                raise BackupError(f"{source} is damaged")
            if copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone() is None:
                raise BackupError(f"{source} is a database of something else")
            with closing(_open(database)) as target:
                copy.backup(target)
    except sqlite3.Error as error:
        raise BackupError(f"the backup could not be restored: {error}") from error


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=30)
