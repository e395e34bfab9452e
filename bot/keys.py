"""Keys that what is private is sealed with: from the settings, or from a file made beside the database."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from bot.settings import Settings, SettingsError
from store.database import Database
from store.sealing import Vault, new_key

FILE_NAME = "encryption.key"


def open_vault(settings: Settings, database: Database) -> Vault:
    """With the keys of ``ENCRYPTION_KEYS``. Without one, an SQLite database has a key file beside it, made
    when it is first wanted; on PostgreSQL, which several machines may share, there is no key.

    :raises SettingsError: the key file cannot be read, written or understood.
    """
    if keys := settings.encryption_key_list:
        return Vault(keys)
    path = key_file(database)
    if path is None:
        return Vault()
    try:
        if not path.exists():
            _make(path)
        return Vault(path.read_text(encoding="ascii").split())
    except OSError as error:
        raise SettingsError(f"ENCRYPTION_KEYS: {path}: {error.strerror}") from None
    except ValueError:
        raise SettingsError(f"ENCRYPTION_KEYS: {path} holds no key; put back the file it was") from None


def key_file(database: Database) -> Path | None:
    """Where the key of an SQLite database is; None on PostgreSQL."""
    return database.path.parent / FILE_NAME if database.path else None


def _make(path: Path) -> None:
    """Whole from the first moment, and never over another: two processes may start at once."""
    made = path.with_name(f".{FILE_NAME}.{secrets.token_hex(4)}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(new_key() + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(made, path)
    except FileExistsError:
        pass
    finally:
        made.unlink()
