"""The check-up that ``python -m bot check`` runs: settings, database, and every surface's findings."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.exc import SQLAlchemyError

from bot.app import App, prepare
from bot.keys import key_file
from bot.settings import Settings, SettingsError
from bot.slack import checkup as slack
from bot.web import demo
from handlers.faq_engine.learner import open_encoder
from handlers.faq_engine.model_files import ModelFilesError
from store import schema


class Severity(StrEnum):
    """How much a finding matters; the worst of them is the command's exit status."""

    OK = "ok"
    WARNING = "warning"  # A feature is blocked; the rest runs.
    ERROR = "error"  # The bot cannot start or serve.


@dataclass(frozen=True, slots=True)
class Finding:
    severity: Severity
    sentence: str


async def look_over(settings: Settings) -> list[Finding]:
    """What is well and what is not, in the order in which an operator would put it right."""
    try:
        app = App(settings)
    except SettingsError as error:
        return [Finding(Severity.ERROR, str(error))]
    try:
        findings = [
            *_settings(settings), *await _database(app), *_encryption(app), *await _sentence_model(settings)
        ]  # fmt: skip
        if settings.slack_configured and not any(one.severity is Severity.ERROR for one in findings):
            findings += [
                Finding(Severity(one.severity.value), one.sentence) for one in await slack.check(app.services)
            ]
        return findings
    finally:
        for surface in app.surfaces:
            await surface.stop()
        await app.stop()


def _settings(settings: Settings) -> list[Finding]:
    found = [Finding(Severity.OK, f"Settings: people find the bot at {settings.address}.")]
    if settings.demo:
        text = "Settings: no platform is set up, so the bot runs in demo mode, for this machine alone."
        return [*found, Finding(Severity.OK, text)]
    if not settings.owner_emails:
        text = "Settings: ADMIN_EMAILS is empty. This blocks everything that needs an owner."
        found.append(Finding(Severity.WARNING, text))
    if not settings.address.startswith("https://"):
        text = "Settings: BASE_URL does not begin with https://. What people type can be read on its way."
        found.append(Finding(Severity.WARNING, text))
    return found


def _encryption(app: App) -> list[Finding]:
    """Whether there is a key for what is private, and whether a key file is for the bot alone."""
    if not app.services.surroundings.vault.ready:
        text = (
            "ENCRYPTION_KEYS is empty. Until it holds a key, events cannot ask for dietary and access needs."
        )
        return [Finding(Severity.WARNING, text)]
    path = key_file(app.database)
    if app.settings.encryption_key_list or path is None:
        return [Finding(Severity.OK, "Encryption: with the keys of ENCRYPTION_KEYS.")]
    if path.stat().st_mode & 0o077:
        text = f"Encryption: others on this machine can read {path}; chmod 600 it."
        return [Finding(Severity.WARNING, text)]
    return [Finding(Severity.OK, f"Encryption: with the key in {path}. Keep a copy of it elsewhere.")]


async def _sentence_model(settings: Settings) -> list[Finding]:
    """The packages and files of the FAQ engine's semantic strength, if it is set up."""
    folder = settings.faq_model_dir
    if folder is None:
        return []
    try:
        await asyncio.to_thread(open_encoder, folder)
    except ModelFilesError as error:
        text = f"FAQ_MODEL_DIR: {error}. Until then questions are matched by their words alone."
        return [Finding(Severity.WARNING, text)]
    return [Finding(Severity.OK, f"Questions: matched by meaning, with the sentence model in {folder}.")]


async def _database(app: App) -> list[Finding]:
    """A new database is made and filled; an older one is left for ``serve`` or ``migrate``."""
    database = app.database
    try:
        if await schema.is_new(database):
            await prepare(database, app.settings, app.clock)
        if not await schema.is_current(database):
            text = "Database: it is of another version; `serve` and `migrate` bring it to the newest."
            return [Finding(Severity.ERROR, text)]
        await demo.claim(database, app.clock(), demo=app.settings.demo)
    except SettingsError as error:
        return [Finding(Severity.ERROR, str(error))]
    except (SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        return [Finding(Severity.ERROR, f"DATABASE_URL: the database cannot be used ({reason})")]
    kind = f"SQLite in {database.path}" if database.is_sqlite else "PostgreSQL"
    return [Finding(Severity.OK, f"Database: {kind}, at the newest version.")]
