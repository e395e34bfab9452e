"""What every command shares: the settings, running to the end, and failing with one sentence."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, NoReturn

import typer
import uvloop

from bot import settings
from bot.settings import SettingsError


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end; what the operator can put right ends in one sentence, not in a traceback."""
    try:
        uvloop.run(work)
    except SettingsError as error:
        fail(str(error))


def read_settings() -> settings.Settings:
    """The settings, or the end of the command with what is wrong in them."""
    try:
        return settings.read()
    except SettingsError as error:
        fail(str(error))


def fail(sentence: str) -> NoReturn:
    """End the command with a sentence on standard error and status 2."""
    typer.echo(sentence, err=True)
    raise typer.Exit(2)
