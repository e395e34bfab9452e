"""The stop at welcoming: offices, the journey's messages, the pack, and a hello to a newcomer."""

from __future__ import annotations

from sqlalchemy import select

from handlers.appointment_form import Appoint, EndAppointment
from handlers.appointments import ShowPast
from handlers.greetings import SayHello, WriteHello
from handlers.kit.updates import Joined, Place, PlaceKind, Profile, RawAnswers
from handlers.texts import TryText
from handlers.welcome_journey import RemoveStep, StopJourney
from handlers.welcome_journey_backfill import Backfill, PreviewBackfill
from handlers.welcome_journey_form import AddStep, EditStep, TryStep
from store.appointments import Appointment
from store.members import Member
from store.organisations import MailDomain, Organisation
from store.welcome_journey import JourneyStep
from tests.surfaces.touring import TouringBot

WORKSPACE = Place("test", PlaceKind.WORKSPACE, "T1")
DOMAIN = "nia.example.org"


async def welcome_people(bot: TouringBot) -> None:
    await _appoint(bot)
    await _write_the_journey(bot)
    await _greet(bot)
    await bot.command("ann", "ccin", "welcome")
    for text in ("pack_benefits", "nothing"):
        await bot.press("ada", TryText(text=text))


async def _appoint(bot: TouringBot) -> None:
    """Rita leads the region of the council that Nia comes to."""
    async with bot.database.write() as session:
        cardiff = (
            await session.scalars(select(Organisation).where(Organisation.name == "Cardiff Council"))
        ).one()
        cardiff.region = "wales-midlands"
        session.add(MailDomain(organisation_id=cardiff.id, domain=DOMAIN))
        member = await session.scalar(select(Member.id).where(Member.name == bot.cast.named("Rita")))
    right: RawAnswers = {
        "member": str(member),
        "office": "regional_lead",
        "region": "wales-midlands",
        "organisation": "",
        "from_on": "2026-11-21",
        "until_on": "",
    }
    # The second meets the first in office.
    for _time in range(2):
        await bot.fill_in("ada", await bot.press("ada", Appoint()), right)
    for who, query in (("ann", "leads"), ("ada", "leads cardiff"), ("ann", "leads zzz")):
        await bot.command(who, "ccin", query)


async def _write_the_journey(bot: TouringBot) -> None:
    right: RawAnswers = {
        "offset_days": "2",
        "condition": "everybody",
        "active": "yes",
        "en": bot.cast.typed("A word of welcome."),
        "cy": bot.cast.typed("Gair o groeso."),
        "commands": ["groups", "ccin profile"],
    }
    await bot.command("ada", "ccin", "journey")
    await bot.fill_in("ada", await bot.press("ada", AddStep()), right)
    async with bot.database.read() as session:
        step = await session.scalar(select(JourneyStep.id).order_by(JourneyStep.id.desc()))
    assert step is not None
    await bot.fill_in("ada", await bot.press("ada", EditStep(step_id=step)), {**right, "active": "no"})
    for action in (TryStep(step_id=step), PreviewBackfill(), Backfill(), PreviewBackfill()):
        await bot.press("ada", action)
    await bot.command("ada", "ccin", "journey")
    await bot.press("ann", StopJourney())
    for _time in range(2):
        await bot.press("ada", RemoveStep(step_id=step))


async def _greet(bot: TouringBot) -> None:
    nia = Profile(bot.cast.named("Nia"), f"nia@{DOMAIN}", email_verified=True, locale=bot.cast.locale)
    await bot.handle("nia", Joined(WORKSPACE, nia), place=WORKSPACE)
    async with bot.database.read() as session:
        newcomer = await session.scalar(select(Member.id).where(Member.name == bot.cast.named("Nia")))
        office = await session.scalar(select(Appointment.id))
    assert newcomer is not None
    assert office is not None
    for who in ("rita", "rita", "ann"):
        await bot.press(who, SayHello(member_id=newcomer))
    hello: RawAnswers = {"hello": bot.cast.typed("Welcome. Shall we talk on Tuesday?")}
    await bot.fill_in("rita", await bot.press("rita", WriteHello(member_id=newcomer)), hello)
    bot.clock.advance(seconds=10)
    await bot.deliver()
    ended: RawAnswers = {"until_on": "2026-11-30"}
    await bot.fill_in("ada", await bot.press("ada", EndAppointment(appointment_id=office)), ended)
    await bot.press("ada", ShowPast())
