"""The stop at one's own calendar: making its address, choosing what stands in it, and taking it back."""

from __future__ import annotations

from handlers.calendar_feeds import ChooseFeed, MakeFeed, RevokeFeed
from handlers.kit.updates import RawAnswers
from tests.surfaces.touring import TouringBot


async def follow_events(bot: TouringBot) -> None:
    right: RawAnswers = {"contents": "all", "rounds": "no", "alarm": "hour"}
    await bot.press("ann", RevokeFeed())
    await bot.fill_in("ann", await bot.anew("ann", await bot.press("ann", ChooseFeed())), right)
    await bot.command("ann", "events", "calendar")
    for action in (MakeFeed(), RevokeFeed()):
        await bot.press("ann", action)
        await bot.command("ann", "events", "calendar")
