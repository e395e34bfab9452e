"""The stop at organisations: one is edited, and its merger is planned, cancelled and planned again."""

from __future__ import annotations

from sqlalchemy import select

from handlers.kit.updates import RawAnswers
from handlers.organisation_changes import CancelChange, ChangeOrganisation, EditOrganisation
from handlers.organisation_moves import ChooseMoves, LeaveMove, ShowMoves
from store.members import Member
from store.organisation_changes import OrganisationChange
from store.organisations import Organisation
from tests.surfaces.touring import TouringBot


async def change_organisations(bot: TouringBot) -> None:
    async with bot.database.read() as session:
        ids = list(await session.scalars(select(Organisation.id).order_by(Organisation.id.desc()).limit(3)))
    old, new, third = ids
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
    await _send_people(bot, third, new)


async def _send_people(bot: TouringBot, old: int, new: int) -> None:
    """One of its people is sent to a successor by name, and left with the rest again."""
    async with bot.database.write() as session:
        member = (await session.scalars(select(Member).where(Member.active.is_(True)).limit(1))).one()
        place, member.organisation_id = member.organisation_id, old
        member_id = member.id
    merge: RawAnswers = {"on_day": "2030-05-01", "successor": str(new), "second": "", "domains": ""}
    planned = await bot.press("ada", ChangeOrganisation(organisation_id=old))
    card = await bot.fill_in("ada", planned, {**merge, "people": []})
    chosen: RawAnswers = {"people": [str(member_id)], "successor": str(new)}
    card = await bot.fill_in("ada", await bot.follow("ada", card, ChooseMoves), chosen)
    async with bot.database.read() as session:
        change = await session.scalar(select(OrganisationChange.id).order_by(OrganisationChange.id.desc()))
    await bot.press("ada", ShowMoves(change_id=change or 0))
    for _time in range(2):
        await bot.press("ada", LeaveMove(change_id=change or 0, member_id=member_id))
    await bot.press("ada", CancelChange(change_id=change or 0))
    async with bot.database.write() as session:
        (await session.get_one(Member, member_id)).organisation_id = place
