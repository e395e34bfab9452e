"""The stop at profiles: saying who one is, and what an administrator makes of a claim."""

from __future__ import annotations

from sqlalchemy import select

from handlers.kit.updates import Joined, Place, PlaceKind, Profile, RawAnswers
from handlers.organisation_claims import ConfirmClaim, DeclineClaim, LearnDomain
from store.members import Identity, Member
from store.organisations import Organisation
from tests.surfaces.touring import TouringBot

WORKSPACE = Place("test", PlaceKind.WORKSPACE, "T1")
DOMAIN = "mal.example.org"


async def keep_profiles(bot: TouringBot) -> None:
    """One whose council is proved, and one whose claim is declined, then confirmed."""
    cast = bot.cast
    mal = Profile(cast.named("Mal"), f"mal@{DOMAIN}", email_verified=True, locale=cast.locale)
    await bot.handle("mal", Joined(WORKSPACE, mal), place=WORKSPACE)
    async with bot.database.write() as session:
        cardiff = await session.scalar(select(Organisation.id).where(Organisation.name == "Cardiff Council"))
        member = await session.scalar(select(Member.id).where(Member.name == cast.named("Mal")))
        assert cardiff is not None
        assert member is not None
        # Two platforms, so that one is asked where to write.
        session.add(Identity(member_id=member, platform="whatsapp", external_id="mal"))
    right: RawAnswers = {
        "organisation": str(cardiff),
        "capacity": "councillor",
        "job": cast.named("Cabinet member"),
        "interests": ["housing"],
        "language": cast.locale,
        "messages": ["events"],
        "platform": "test",
        "platform_events": "whatsapp",
        "quiet_from": "21:00",
        "quiet_until": "08:00",
        "snooze": "2026-12-24",
    }
    for decide in (DeclineClaim, ConfirmClaim):
        claim = {"member_id": member, "organisation_id": cardiff, "claimed_at": int(bot.clock().timestamp())}
        await bot.fill_in("mal", await bot.command("mal", "ccin", "profile"), right)
        for _time in range(2):
            await bot.press("ada", decide(**claim))
        bot.clock.advance(seconds=10)
        await bot.deliver()
    for domain in (DOMAIN, DOMAIN, "gmail.com"):
        await bot.press("ada", LearnDomain(organisation_id=cardiff, domain=domain))
    await bot.command("mal", "ccin", "me")
    await bot.fill_in("mal", await bot.command("mal", "ccin", "profile"), right)
