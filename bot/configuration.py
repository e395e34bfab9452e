"""Configuration as a TOML file, from the command line: written, compared, and applied whole or not at all."""

from __future__ import annotations

import tomllib
from collections.abc import Callable

import tomli_w
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError

from bot.app import open_database, prepare
from bot.settings import ROOT, Settings, SettingsError
from handlers import configuration
from handlers.configuration import BadConfiguration, Document
from handlers.configuration_differences import Difference
from handlers.kit.platform import Clock
from handlers.kit.words import Catalogues

HEADING = "# Groups, rules of engagement and texts, as `python -m bot config export` wrote them.\n\n"


async def export(settings: Settings, clock: Clock) -> str:
    """What the database holds, as TOML.

    :raises SettingsError: the database cannot be used.
    """
    database = open_database(settings)
    try:
        await prepare(database, settings, clock)
        async with database.read() as session:
            data = configuration.as_data(await configuration.read(session))
    finally:
        await database.close()
    text = tomli_w.dumps(data, multiline_strings=True)
    # A carriage return does not survive in a string of several lines.
    return HEADING + (text if tomllib.loads(text) == data else tomli_w.dumps(data))


def parse(text: str) -> Document:
    """:raises BadConfiguration: it is no TOML, or says something that cannot be."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration([str(error)]) from None
    try:
        return Document.model_validate(data)
    except ValidationError as error:
        raise BadConfiguration([_place(text, one["loc"], one["msg"]) for one in error.errors()]) from None


async def bring_in(
    settings: Settings, wanted: Document, clock: Clock, agree: Callable[[list[Difference]], bool]
) -> bool:
    """Apply a file in the transaction in which it was compared, if the operator agrees to the differences;
    whether it was applied.

    :raises BadConfiguration: something in it cannot be; nothing was changed.
    :raises SettingsError: the database cannot be used, or somebody changed the same things meanwhile.
    """
    words = Catalogues(ROOT / "locales").english
    database = open_database(settings)
    try:
        await prepare(database, settings, clock)
        async with database.read() as session:
            shown = await configuration.compare(session, wanted, words, clock())
        # Nobody else has to wait while the operator reads.
        if not shown or not agree(shown):
            return False
        async with database.write() as session:
            if await configuration.compare(session, wanted, words, clock()) != shown:
                raise SettingsError("something changed meanwhile; nothing was applied, look once more")
            await configuration.apply(session, wanted, clock())
        return True
    except IntegrityError:
        raise SettingsError("something changed meanwhile; nothing was applied, look once more") from None
    finally:
        await database.close()


def lines(differences: list[Difference]) -> list[str]:
    """What to print: + what comes, - what goes, ~ what becomes something else."""
    said: list[str] = []
    for one in differences:
        if one.old is None:
            said.append(f"+ {one.what}: {one.new}")
        elif one.new is None:
            said.append(f"- {one.what}: {one.old}")
        else:
            said += [f"~ {one.what}:", f"    - {_indented(one.old)}", f"    + {_indented(one.new)}"]
        if one.effect:
            said.append(f"    ({one.effect})")
    return said


def _indented(text: str) -> str:
    return text.replace("\n", "\n      ")


def _place(text: str, location: tuple[int | str, ...], message: str) -> str:
    """The field that is wrong, with the line where its group begins."""
    where = ".".join(str(part) for part in location)
    if location[:1] == ("group",) and len(location) > 1 and isinstance(location[1], int):
        starts = [number for number, line in enumerate(text.splitlines(), 1) if line.strip() == "[[group]]"]
        if location[1] < len(starts):
            where = f"line {starts[location[1]]}, {where}"
    return f"{where}: {message}"
