"""Seeding: the files of ``DATA_DIR`` fill empty tables once; from then on the database is the truth."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from store import choices, rules_of_engagement, schema
from store import groups as stored_groups
from store import texts as stored_texts
from store.database import Database
from store.faq import REVIEWED_EVERY_MONTHS, FaqEntry, FaqTranslation
from store.groups import GroupKind, Visibility
from store.organisations import Category, MailDomain, Organisation
from store.reminders import Anchor, Audience, Quiet, ReminderRule, Subject, Unit
from store.tags import Tag, TagKind
from store.welcome_journey import JourneyStep, StepCondition


class SeedError(Exception):
    """A file of ``DATA_DIR`` that cannot be read, named with the place where it is wrong."""


class _Organisation(BaseModel, extra="forbid"):
    name: str = Field(min_length=1, max_length=200)
    category: Category
    kind: str
    region: str
    email_domains: str


async def organisations(session: AsyncSession, data_dir: Path, now: datetime) -> None:
    """``organisations.csv``: name, category, kind, region, email_domains (parted by blanks)."""
    with (data_dir / "organisations.csv").open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file, restkey="one column too many", strict=True)
        for found in rows:
            try:
                row = _Organisation.model_validate(found)
            except ValidationError as error:
                raise SeedError(f"organisations.csv, line {rows.line_num}: {_reason(error)}") from None
            organisation = Organisation(
                name=row.name.strip(),
                category=row.category.value,
                kind=row.kind.strip(),
                region=row.region.strip(),
            )
            session.add(organisation)
            await session.flush()
            session.add_all(
                MailDomain(organisation_id=organisation.id, domain=domain.lower())
                for domain in row.email_domains.split()
            )
    await session.flush()


class _FaqLink(BaseModel, extra="forbid"):
    label: str
    url: str


class _FaqWords(BaseModel, extra="forbid"):
    title: str
    answer: str
    source: str = ""
    link_labels: list[str] = []
    welsh_reviewed: bool = False


class _FaqEntry(BaseModel, extra="forbid"):
    slug: str
    title: str
    answer: str
    source: str
    reviewed_on: date
    links: list[_FaqLink] = []
    commands: list[str] = []
    pages: list[str] = []
    related: list[str] = []
    examples: list[str]
    checks: list[str] = []
    review_months: int = Field(default=REVIEWED_EVERY_MONTHS, ge=1, le=60)
    cy: _FaqWords | None = None


class _FaqFile(BaseModel, extra="forbid"):
    entry: list[_FaqEntry]


async def knowledge_base(session: AsyncSession, data_dir: Path, now: datetime) -> None:
    """``faq.toml``: the form of an entry stands at the top of the file. ``out_of_scope.txt``, which may
    be missing: a question a line that no entry is to answer."""
    with (data_dir / "faq.toml").open("rb") as file:
        found = _FaqFile.model_validate(tomllib.load(file))
    for entry in found.entry:
        session.add(
            FaqEntry(
                slug=entry.slug,
                title=entry.title,
                answer=entry.answer.strip(),
                source=entry.source,
                reviewed_on=entry.reviewed_on,
                links=[[link.label, link.url] for link in entry.links],
                commands=entry.commands,
                pages=entry.pages,
                related=entry.related,
                examples=entry.examples,
                checks=entry.checks,
                review_months=entry.review_months,
                updated_at=now,
            )
        )
    await session.flush()
    session.add_all(
        FaqTranslation(
            slug=entry.slug,
            locale="cy",
            title=entry.cy.title,
            answer=entry.cy.answer.strip(),
            source=entry.cy.source,
            link_labels=entry.cy.link_labels,
            reviewed=entry.cy.welsh_reviewed,
        )
        for entry in found.entry
        if entry.cy is not None
    )
    strange = data_dir / "out_of_scope.txt"
    if strange.exists():
        await choices.put(session, choices.FAQ_NOT_OURS, strange.read_text("utf-8").strip(), now=now)


class _Tag(BaseModel, extra="forbid"):
    slug: str = Field(min_length=1)
    name: str = Field(min_length=1)
    name_cy: str = ""


async def tags(session: AsyncSession, data_dir: Path, now: datetime, *, kind: TagKind) -> None:
    """``themes.toml`` and ``principles.toml``: tables of ``slug``, ``name`` and ``name_cy``."""
    with (data_dir / f"{kind}s.toml").open("rb") as file:
        rows = TypeAdapter(list[_Tag]).validate_python(tomllib.load(file).get(kind.value, []))
    session.add_all(
        Tag(kind=kind, slug=row.slug, name=row.name, name_cy=row.name_cy, position=position)
        for position, row in enumerate(rows)
    )
    await session.flush()


class _Group(BaseModel, extra="forbid"):
    slug: str = Field(min_length=1, max_length=80)
    name: str = Field(min_length=1, max_length=120)
    purpose: str = Field(min_length=1)
    name_cy: str = Field("", max_length=120)
    purpose_cy: str = ""
    kind: GroupKind
    language: str = "en"
    visibility: Visibility = Visibility.OPEN
    requires_rules: bool = True
    rule: dict[str, Any] | None = None


async def groups(session: AsyncSession, data_dir: Path, now: datetime) -> None:
    """``groups.toml``: the form of a group stands at the top of the file."""
    with (data_dir / "groups.toml").open("rb") as file:
        rows = TypeAdapter(list[_Group]).validate_python(tomllib.load(file).get("group", []))
    for row in rows:
        await stored_groups.add(session, now=now, **row.model_dump())


class _Rules(BaseModel, extra="forbid"):
    grace_days: int = Field(ge=0, le=365)
    en: str = Field(min_length=1)
    cy: str = ""


async def rules(session: AsyncSession, data_dir: Path, now: datetime) -> None:
    """``rules_of_engagement.toml``: the first version, in force from the start."""
    with (data_dir / "rules_of_engagement.toml").open("rb") as file:
        found = _Rules.model_validate(tomllib.load(file))
    texts = {"en": found.en.strip(), "cy": found.cy.strip()}
    version = await rules_of_engagement.write(
        session,
        {language: text for language, text in texts.items() if text},
        grace_days=found.grace_days,
        author_id=None,
        now=now,
    )
    version.published_at = now
    await session.flush()


class _Text(BaseModel, extra="forbid"):
    en: str = Field(min_length=1)
    cy: str = ""


async def texts(session: AsyncSession, data_dir: Path, now: datetime) -> None:
    """``texts.toml``: a table for each text, with its words by language."""
    with (data_dir / "texts.toml").open("rb") as file:
        found = TypeAdapter(dict[str, _Text]).validate_python(tomllib.load(file))
    for name, text in found.items():
        for locale, body in text.model_dump().items():
            await stored_texts.put(session, name, locale, body.strip(), now=now)


class _Step(BaseModel, extra="forbid"):
    days: int = Field(ge=1, le=365)
    condition: StepCondition
    buttons: list[str] = []
    en: str = Field(min_length=1)
    cy: str = ""


async def journey(session: AsyncSession, data_dir: Path, now: datetime) -> None:
    """``welcome_journey.toml``: the form of a step stands at the top of the file."""
    with (data_dir / "welcome_journey.toml").open("rb") as file:
        rows = TypeAdapter(list[_Step]).validate_python(tomllib.load(file).get("step", []))
    for row in rows:
        texts = {"en": row.en.strip(), "cy": row.cy.strip()}
        session.add(
            JourneyStep(
                offset_days=row.days,
                condition=row.condition.value,
                texts={locale: body for locale, body in texts.items() if body},
                commands=row.buttons,
                active=True,
            )
        )
    await session.flush()


class _Reminder(BaseModel, extra="forbid"):
    subject: Subject
    anchor: Anchor
    amount: int
    unit: Unit
    audiences: list[Audience] = Field(min_length=1)
    late_minutes: int = Field(ge=0)
    quiet: Quiet = Quiet.BEFORE
    en: str = Field(min_length=1)
    cy: str = ""


async def reminders(session: AsyncSession, data_dir: Path, now: datetime) -> None:
    """``reminders.toml``: the form of a reminder stands at the top of the file."""
    with (data_dir / "reminders.toml").open("rb") as file:
        rows = TypeAdapter(list[_Reminder]).validate_python(tomllib.load(file).get("reminder", []))
    session.add_all(
        ReminderRule(
            subject=row.subject.value,
            anchor=row.anchor.value,
            amount=row.amount,
            unit=row.unit.value,
            audiences=[one.value for one in row.audiences],
            bodies={"en": row.en.strip()} | ({"cy": row.cy.strip()} if row.cy.strip() else {}),
            late_minutes=row.late_minutes,
            quiet=row.quiet.value,
            enabled=True,
            changed_at=now,
        )
        for row in rows
    )
    await session.flush()


# Each reads its file into its tables, in this order.
SEEDS: tuple[tuple[str, Callable[[AsyncSession, Path, datetime], Awaitable[None]]], ...] = (
    ("organisations.csv", organisations),
    *((f"{kind}s.toml", partial(tags, kind=kind)) for kind in TagKind),
    ("faq.toml", knowledge_base),
    ("groups.toml", groups),
    ("rules_of_engagement.toml", rules),
    ("texts.toml", texts),
    ("welcome_journey.toml", journey),
    ("reminders.toml", reminders),
)


async def seed(database: Database, data_dir: Path, now: datetime) -> bool:
    """Fill a new database in one transaction; False when it has been filled before.

    :raises SeedError: a file is missing or wrong; then nothing was filled.
    """
    async with database.write() as session:
        if not database.is_sqlite:
            await schema.lock(session)
        if await choices.get(session, choices.SEEDED_AT) is not None:
            return False
        for name, fill in SEEDS:
            try:
                await fill(session, data_dir, now)
            except (OSError, ValueError, csv.Error, IntegrityError) as error:
                raise SeedError(f"{name}: {_reason(error)}") from None
        await choices.put(session, choices.SEEDED_AT, now.isoformat(), now=now)
        return True


def _reason(error: Exception) -> str:
    """What is wrong, in one line."""
    match error:
        case ValidationError():
            first = error.errors()[0]
            return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
        case IntegrityError():
            return "something that may stand in it once stands there twice"
        case OSError(strerror=str(reason)):
            return reason
    return str(error)
