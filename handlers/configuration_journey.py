"""The welcome journey in a configuration file: its messages, compared and applied as a whole."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from handlers.texts import unknown_placeholders
from handlers.welcome_journey_form import COMMANDS, LONGEST_OFFSET_DAYS, LONGEST_TEXT, PLACEHOLDERS
from store import welcome_journey
from store.welcome_journey import JourneyStep, StepCondition

# What tells one message from another: its day, for whom it is, and the how-manieth of these it is.
Key = tuple[int, str, int]


class StepEntry(BaseModel, extra="forbid"):
    """A message of the journey."""

    days: int = Field(ge=1, le=LONGEST_OFFSET_DAYS)
    condition: StepCondition
    en: str = Field(min_length=1, max_length=LONGEST_TEXT)
    cy: str = Field(default="", max_length=LONGEST_TEXT)
    buttons: list[str] = []
    active: bool = True


async def read(session: AsyncSession) -> list[StepEntry]:
    return [_entry(step) for step in await welcome_journey.steps(session)]


def problems(wanted: Iterable[StepEntry]) -> list[str]:
    """What types cannot say."""
    found = []
    for key, entry in keyed(wanted).items():
        for locale, body in (("en", entry.en), ("cy", entry.cy)):
            found += [
                f"{name_of(key)}, {locale}: there is no placeholder {{{one}}}"
                for one in unknown_placeholders(PLACEHOLDERS, body)
            ]
        unknown = [typed for typed in entry.buttons if typed not in COMMANDS]
        found += [f"{name_of(key)}, buttons: there is no button “{typed}”" for typed in unknown]
    return found


async def apply(session: AsyncSession, wanted: list[StepEntry]) -> list[tuple[str, int]]:
    """Make it so; returns what was done to which message, for the record."""
    held = dict(zip(keyed(await read(session)), await welcome_journey.steps(session), strict=True))
    done: list[tuple[str, int]] = []
    for key, entry in keyed(wanted).items():
        step = held.pop(key, None)
        if step is not None and _entry(step) == entry:
            continue
        step = step or JourneyStep(offset_days=entry.days, condition=entry.condition.value)
        bodies = {"en": entry.en, "cy": entry.cy}
        step.texts = {locale: body for locale, body in bodies.items() if body}
        step.commands, step.active = list(entry.buttons), entry.active
        session.add(step)
        await session.flush()
        done.append(("journey.edit", step.id))
    for step in held.values():
        done.append(("journey.remove", step.id))
        await welcome_journey.remove(session, step)
    return done


def keyed(entries: Iterable[StepEntry]) -> dict[Key, StepEntry]:
    found: dict[Key, StepEntry] = {}
    for entry in entries:
        number = 1
        while (entry.days, entry.condition.value, number) in found:
            number += 1
        found[entry.days, entry.condition.value, number] = entry
    return found


def name_of(key: Key) -> str:
    """“welcome journey, day 2 (no_theme)”"""
    days, condition, number = key
    return f"welcome journey, day {days} ({condition}{f', {number}' if number > 1 else ''})"


def _entry(step: JourneyStep) -> StepEntry:
    # What the database holds was checked when it was written.
    return StepEntry.model_construct(
        days=step.offset_days,
        condition=StepCondition(step.condition),
        en=step.texts.get("en", ""),
        cy=step.texts.get("cy", ""),
        buttons=list(step.commands),
        active=step.active,
    )
