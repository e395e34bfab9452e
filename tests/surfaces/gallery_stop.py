"""The stop at the gallery: a message with every part, and a form with every kind of field."""

from __future__ import annotations

from sqlalchemy import select

from handlers.kit.updates import RawAnswers
from store.organisations import Organisation
from tests.surfaces.touring import VISITOR, TouringBot
from tests.web.gallery import Remove


async def fill_in_every_field(bot: TouringBot) -> None:
    cast = bot.cast
    for who in (VISITOR, "ann"):
        await bot.command(who, "gallery", cast.typed("hello"))
        await bot.press(who, Remove(what=cast.typed("it")))
    async with bot.database.read() as session:
        organisation = cast.named("Oldham Council")
        council = str(await session.scalar(select(Organisation.id).where(Organisation.name == organisation)))
    right: RawAnswers = {
        "title": "A title",
        "story": cast.typed("A story."),
        "mail": "ann@example.org",
        "link": "https://example.org/a?b=1&c=2",
        "year": "2026",
        "amount": "1,500.50",
        "day": "2026-03-16",
        "hour": "14:30",
        "moment": "2026-03-16T23:59",
        "sure": "no",
        "colour": "r",
        "themes": ["0", "3"],
        "council": council,
        "others": [council],
        "consent": "yes",
    }
    await bot.fill_in(
        "ann", await bot.command("ann", "everything", cast.typed("carried in ") * 9), dict(right)
    )
