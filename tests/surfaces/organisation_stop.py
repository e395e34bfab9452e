"""The stop at organisations: one is edited, and its merger is planned, cancelled and planned again."""

from __future__ import annotations

from sqlalchemy import select

from handlers.kit.updates import RawAnswers
from handlers.organisation_changes import CancelChange, ChangeOrganisation, EditOrganisation
from store.organisation_changes import OrganisationChange
from store.organisations import Organisation
from tests.surfaces.touring import TouringBot


async def change_organisations(bot: TouringBot) -> None:
    async with bot.database.read() as session:
        ids = list(await session.scalars(select(Organisation.id).order_by(Organisation.id.desc()).limit(2)))
    old, new = ids
    right: RawAnswers = {
        "name": bot.cast.named("Fiddler’s Ferry Council"),
        "category": "full",
        "kind": "council",
        "region": "north",
        "domains": "ferry.example.org",
    }
    for answers in (right, right):
        await bot.fill_in("ada", await bot.press("ada", EditOrganisation(organisation_id=old)), answers)
    merge: RawAnswers = {
        "on_day": "2030-04-01", "successor": str(new), "second": str(new), "domains": "ferry.example.org",
    }  # fmt: skip
    for _time in range(2):
        await bot.fill_in("ada", await bot.press("ada", ChangeOrganisation(organisation_id=old)), dict(merge))
    await bot.command("ada", "ccin", "organisations ferry")
    async with bot.database.read() as session:
        change = await session.scalar(select(OrganisationChange.id))
    for _time in range(2):
        await bot.press("ada", CancelChange(change_id=change or 0))
    await bot.press("ada", EditOrganisation(organisation_id=10**6))
