"""Lists as files, from the command line: looked over, brought in, written."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy.exc import IntegrityError

from bot.app import open_database, prepare
from bot.settings import ROOT, Settings, SettingsError
from handlers import exports, imports
from handlers.import_plans import Change, Kind, Plan
from handlers.kit.platform import Clock
from handlers.kit.words import Catalogues


async def bring_in(
    settings: Settings, kind: Kind, data: bytes, clock: Clock, *, apply: bool
) -> tuple[Plan, bool]:
    """What a file would do, and whether it was done: looked over and brought in within one transaction.

    :raises SettingsError: the database cannot be used.
    """
    words = Catalogues(ROOT / "locales").english
    database = open_database(settings)
    try:
        await prepare(database, settings, clock)
        if not apply:
            async with database.read() as session:
                return await imports.look_over(session, kind, words, data, clock()), False
        async with database.write() as session:
            return await imports.bring_in(session, kind, words, data, actor_id=None, now=clock())
    except IntegrityError:
        raise SettingsError("somebody else changed the same things meanwhile; nothing was changed") from None
    finally:
        await database.close()


async def export(settings: Settings, kind: str, file: Path, clock: Clock) -> None:
    """Write a file that is not there yet, for its owner alone.

    :raises SettingsError: the file or the database cannot be used.
    """
    database = open_database(settings)
    try:
        await prepare(database, settings, clock)
        async with database.write() as session:
            data = await exports.write(session, kind, actor_id=None, now=clock())
            try:
                # It is full of what people told the network.
                with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
                    written.write(data)
            except OSError as error:
                raise SettingsError(f"{file}: {error.strerror}") from None
    finally:
        await database.close()


def report(plan: Plan, *, done: bool) -> list[str]:
    """What to print: every problem by line, or every change."""
    words = Catalogues(ROOT / "locales").english
    lines = [f"line {one.line}: {one.text}" for one in plan.problems]
    lines += [f"line {one.line}: add {one.name}" for one in plan.added]
    lines += [f"line {one.line}: change {one.name}: {_details(one)}" for one in plan.changed]
    lines += imports.summary(plan, words)
    if plan.problems:
        lines.append("Nothing was changed. Put the lines right and try again.")
    elif done:
        lines.append("Done.")
    elif plan.does_something:
        lines.append("Nothing was changed yet: run it again with --apply.")
    else:
        lines.append("There is nothing to change.")
    return lines


def _details(change: Change) -> str:
    return ", ".join(f"{column} “{old}” → “{new}”" for column, old, new in change.details)
