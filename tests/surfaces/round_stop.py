"""The stop at funding rounds: preparing, announcing, moving, being reminded of and deciding one."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from handlers.kit.updates import RawAnswers
from handlers.round_actions import AnnounceRound, DecideRound, EditRound, RemindOfRound, ShowRound
from store.rounds import FundingRound
from tests.surfaces.touring import TouringBot

CLOSES = "2026-12-16"


async def run_a_round(bot: TouringBot) -> None:
    cast = bot.cast
    right: RawAnswers = {
        "name": cast.named("Policy Labs"),
        "kind": "other",
        "other_kind": cast.named("Study visit"),
        "description": cast.typed("Larger work that members do together."),
        "opens_on": "2026-12-01",
        "opens_time": "09:00",
        "closes_on": CLOSES,
        "decision_on": "2027-01-20",
        "maximum": "20,000",
        "pot": "60,000",
        "lead": ["full", "associate"],
        "partners": "3",
        "months": "24",
        "contact": cast.named("The team"),
        "link_1": "https://example.org/labs",
        "link_2": "https://example.org/terms",
        "groups": [],
        "organisation": "",
    }
    await bot.fill_in("ada", await bot.anew("ada", await bot.command("ada", "funding", "new")), right)
    async with bot.database.read() as session:
        one = (await session.scalars(select(FundingRound))).one()
    for who in ("ann", "ada"):
        await bot.press(who, ShowRound(round_id=one.id))
        await bot.press(who, DecideRound(round_id=one.id))
    for _time in range(2):
        await bot.press("ada", AnnounceRound(round_id=one.id))
    for on in (True, False, True):
        await bot.press("ann", RemindOfRound(round_id=one.id, on=on))
    moved = right | {"closes_on": "2026-12-18", "opens_on": "2026-12-02"}
    await bot.fill_in("ada", await bot.anew("ada", await bot.press("ada", EditRound(round_id=one.id))), moved)
    now = bot.clock.now
    for day in (14, 40, 40):
        bot.clock.now = now + timedelta(days=day)
        for who in ("ann", "rita", "ada"):
            await bot.command(who, "funding")
            await bot.press(who, ShowRound(round_id=one.id))
        await bot.press("ann", RemindOfRound(round_id=one.id))
        await bot.press("ada", DecideRound(round_id=one.id))
    bot.clock.now = now
