"""Seeding: the files of ``DATA_DIR`` fill empty tables once; from then on the database is the truth."""

from __future__ import annotations

import csv
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from store import choices
from store.database import Database
from store.organisations import Category, MailDomain, Organisation


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


# Each reads its file into its tables, in this order.
SEEDS: tuple[Callable[[AsyncSession, Path, datetime], Awaitable[None]], ...] = (organisations,)


async def seed(database: Database, data_dir: Path, now: datetime) -> bool:
    """Fill a new database in one transaction; False when it has been filled before."""
    async with database.write() as session:
        if await choices.get(session, choices.SEEDED_AT) is not None:
            return False
        for fill in SEEDS:
            await fill(session, data_dir, now)
        await choices.put(session, choices.SEEDED_AT, now.isoformat(), now=now)
        return True
