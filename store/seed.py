"""Seeding: the files of ``DATA_DIR`` fill empty tables once; from then on the database is the truth."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from pathlib import Path

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from store import choices
from store.database import Database
from store.faq import FaqEntry, FaqTranslation
from store.organisations import Category, MailDomain, Organisation
from store.tags import Tag, TagKind


class SeedError(Exception):
    """A file of ``DATA_DIR`` that cannot be read, named with its line."""


async def organisations(session: AsyncSession, data_dir: Path, now: datetime) -> None:
    """``organisations.csv``: name, category, kind, region, email_domains (parted by blanks)."""
    with (data_dir / "organisations.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["category"] not in {category.value for category in Category}:
                raise SeedError(f"organisations.csv: {row['name']} has no known category")
            organisation = Organisation(
                name=row["name"].strip(),
                category=row["category"],
                kind=row["kind"].strip(),
                region=row["region"].strip(),
            )
            session.add(organisation)
            await session.flush()
            session.add_all(
                MailDomain(organisation_id=organisation.id, domain=domain.lower())
                for domain in row["email_domains"].split()
            )


class _FaqLink(BaseModel, extra="forbid"):
    label: str
    url: str


class _FaqWords(BaseModel, extra="forbid"):
    title: str
    answer: str
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
    cy: _FaqWords | None = None


class _FaqFile(BaseModel, extra="forbid"):
    entry: list[_FaqEntry]


async def knowledge_base(session: AsyncSession, data_dir: Path, now: datetime) -> None:
    """``faq.toml``: the form of an entry stands at the top of the file."""
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
            reviewed=entry.cy.welsh_reviewed,
        )
        for entry in found.entry
        if entry.cy is not None
    )


async def tags(session: AsyncSession, data_dir: Path, now: datetime) -> None:
    """``themes.toml`` and ``principles.toml``: tables of ``slug``, ``name`` and ``name_cy``."""
    for kind in TagKind:
        path = data_dir / f"{kind}s.toml"
        with path.open("rb") as file:
            rows = tomllib.load(file).get(kind.value, [])
        for position, row in enumerate(rows):
            if not row.get("slug") or not row.get("name"):
                raise SeedError(f"{path.name}: table {position + 1} needs a slug and a name")
            session.add(
                Tag(
                    kind=kind,
                    slug=row["slug"],
                    name=row["name"],
                    name_cy=row.get("name_cy", ""),
                    position=position,
                )
            )
    await session.flush()


# Each reads its file into its tables, in this order.
SEEDS: tuple[Callable[[AsyncSession, Path, datetime], Awaitable[None]], ...] = (
    organisations,
    tags,
    knowledge_base,
)


async def seed(database: Database, data_dir: Path, now: datetime) -> bool:
    """Fill a new database in one transaction; False when it has been filled before."""
    async with database.write() as session:
        if await choices.get(session, choices.SEEDED_AT) is not None:
            return False
        for fill in SEEDS:
            await fill(session, data_dir, now)
        await choices.put(session, choices.SEEDED_AT, now.isoformat(), now=now)
        return True
