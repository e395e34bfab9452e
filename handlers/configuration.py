"""Configuration as one file: groups with their rules, the rules of engagement, the texts and the welcome
journey, read from the database and compared with what it would become."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handlers import configuration_groups, configuration_journey, texts
from handlers.configuration_differences import Difference, fields, record
from handlers.configuration_groups import GroupEntry
from handlers.configuration_journey import StepEntry
from handlers.enrolment_rules import Condition
from handlers.kit.words import Words
from handlers.rules_of_engagement import LONGEST_GRACE_DAYS, LONGEST_RULES
from store import rules_of_engagement
from store import texts as stored_texts
from store.texts import EditableText


class RulesEntry(BaseModel, extra="forbid"):
    grace_days: int = Field(ge=0, le=LONGEST_GRACE_DAYS)
    en: str = Field(min_length=1, max_length=LONGEST_RULES)
    cy: str = Field(default="", max_length=LONGEST_RULES)


class TextEntry(BaseModel, extra="forbid"):
    en: str = Field(min_length=1, max_length=texts.LONGEST_BODY)
    cy: str = Field(default="", max_length=texts.LONGEST_BODY)


class Document(BaseModel, extra="forbid"):
    """A file. A section that is not in it is left as it is."""

    group: list[GroupEntry] | None = None
    rules_of_engagement: RulesEntry | None = None
    texts: dict[str, TextEntry] | None = None
    welcome_journey: list[StepEntry] | None = None


class BadConfiguration(Exception):
    """A file that cannot be applied; each sentence names its place."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


async def read(session: AsyncSession) -> Document:
    """What the database holds now; archived groups are not in it."""
    rules = await rules_of_engagement.current(session)
    held: dict[str, dict[str, str]] = {}
    for row in await session.scalars(select(EditableText).order_by(EditableText.name)):
        held.setdefault(row.name, {})[row.locale] = row.body
    return Document.model_construct(
        group=await configuration_groups.read(session),
        rules_of_engagement=None if rules is None else RulesEntry.model_construct(
            grace_days=rules.grace_days, en=rules.texts["en"], cy=rules.texts.get("cy", "")
        ),
        texts={
            name: TextEntry.model_construct(en=bodies.get("en", ""), cy=bodies.get("cy", ""))
            for name, bodies in held.items()
        },
        welcome_journey=await configuration_journey.read(session),
    )  # fmt: skip


async def compare(session: AsyncSession, wanted: Document, words: Words, now: datetime) -> list[Difference]:
    """What a file would change.

    :raises BadConfiguration: something in it cannot be.
    """
    held = await read(session)
    rules = await _checked(session, held, wanted)
    found: list[Difference] = []
    if wanted.group is not None:
        found += await configuration_groups.compare(
            session, held.group or [], wanted.group, rules, words, now
        )
    if wanted.rules_of_engagement is not None:
        found += [
            replace(one, effect="everybody who accepted the earlier rules is asked")
            for one in fields("rules of engagement", held.rules_of_engagement, wanted.rules_of_engagement)
        ]
    if wanted.texts is not None:
        before = held.texts or {}
        for name in sorted(before.keys() | wanted.texts.keys()):
            found += fields(f"text “{name}”", before.get(name), wanted.texts.get(name))
    if wanted.welcome_journey is not None:
        steps = configuration_journey.keyed(held.welcome_journey or [])
        new = configuration_journey.keyed(wanted.welcome_journey)
        for key in sorted(steps.keys() | new.keys()):
            found += fields(configuration_journey.name_of(key), steps.get(key), new.get(key))
    return found


async def apply(session: AsyncSession, wanted: Document, now: datetime) -> None:
    """Make it so; rules are applied to people in the background, and nobody is taken out by them.

    :raises BadConfiguration: something in it cannot be.
    """
    held = await read(session)
    rules = await _checked(session, held, wanted)
    if wanted.group is not None:
        await configuration_groups.apply(session, held.group or [], wanted.group, rules, now)
    entry = wanted.rules_of_engagement
    if entry is not None and entry != held.rules_of_engagement:
        bodies = {"en": entry.en, "cy": entry.cy}
        version = await rules_of_engagement.write(
            session,
            {locale: body for locale, body in bodies.items() if body},
            grace_days=entry.grace_days,
            author_id=None,
            now=now,
        )
        version.published_at = now
        await record(session, "rules.publish", "rules", version.version, now)
    if wanted.texts is not None:
        for name in sorted((held.texts or {}).keys() | wanted.texts.keys()):
            text = wanted.texts.get(name)
            changed = [
                await stored_texts.put(session, name, locale, getattr(text, locale, ""), now=now)
                for locale in ("en", "cy")
            ]
            if any(changed):
                await record(session, "text.edit", "text", name, now)
    if wanted.welcome_journey is not None:
        for act, step_id in await configuration_journey.apply(session, wanted.welcome_journey):
            await record(session, act, "journey_step", step_id, now)
    await session.flush()


def as_data(document: Document) -> dict[str, Any]:
    """A document as TOML can hold it: what is empty is left out."""
    return document.model_dump(mode="json", exclude_none=True)


async def _checked(session: AsyncSession, held: Document, wanted: Document) -> dict[str, Condition | None]:
    """Every group's rule with ids for names.

    :raises BadConfiguration: something in the file cannot be, with every such thing.
    """
    problems: list[str] = []
    rules = await configuration_groups.checked_rules(session, held.group or [], wanted.group or [], problems)
    for name, text in (wanted.texts or {}).items():
        kind = texts.TEXTS.get(name)
        if kind is None:
            problems.append(f"text “{name}”: there is no such text")
            continue
        for locale in ("en", "cy"):
            problems += [
                f"text “{name}”, {locale}: there is no placeholder {{{one}}}"
                for one in texts.unknown_placeholders(kind.placeholders, getattr(text, locale))
            ]
    problems += configuration_journey.problems(wanted.welcome_journey or [])
    if problems:
        raise BadConfiguration(problems)
    return rules
