"""A bot that greets, and people who come to it, for the tests of joining and of recognition."""

from __future__ import annotations

from sqlalchemy import select

from handlers.kit.messages import Message
from handlers.kit.replies import Handled
from handlers.kit.updates import Changed, Joined, Place, PlaceKind, Profile
from handlers.recognition import ChooseOrganisation
from store import members, roles, seed
from store.database import Database
from store.members import Member
from store.organisations import MailDomain, Organisation
from store.roles import Role
from tests.bot import ROOT, TestBot, TestClock

WORKSPACE = Place("test", PlaceKind.WORKSPACE, "T1")
ANN = Profile(name="Ann Archer", email="Ann@Oldham.example.org", email_verified=True)
OLIVE = Profile(name="Olive", email="olive@example.org", email_verified=True)


async def greeting_bot(database: Database, clock: TestClock) -> TestBot:
    """A bot whose texts are there, and four organisations, two of which share a domain."""
    async with database.write() as session:
        await seed.texts(session, ROOT / "data", clock())
        for name, domain in (
            ("Oldham Council", "oldham.example.org"),
            ("East Council", "shared.example.org"),
            ("West Council", "shared.example.org"),
            ("North Council", "north.example.org"),
        ):
            council = Organisation(name=name, category="full", kind="council", region="north")
            session.add(council)
            await session.flush()
            session.add(MailDomain(organisation_id=council.id, domain=domain))
    return TestBot(database, clock, admin_emails=frozenset({"olive@example.org"}))


async def join(bot: TestBot, who: str, profile: Profile | None) -> Handled:
    return await bot.handle(who, Joined(WORKSPACE, profile), place=WORKSPACE)


async def change(bot: TestBot, who: str, profile: Profile, *, known: bool = False) -> Handled:
    return await bot.handle(who, Changed(profile, known), place=WORKSPACE)


async def member_of(bot: TestBot, who: str) -> Member:
    async with bot.database.read() as session:
        found = await members.by_identity(session, "test", who)
    assert found is not None
    return found[0]


async def organisation_of(bot: TestBot, who: str) -> str | None:
    member = await member_of(bot, who)
    async with bot.database.read() as session:
        return await session.scalar(
            select(Organisation.name).where(Organisation.id == member.organisation_id)
        )


async def roles_of(bot: TestBot, who: str) -> frozenset[Role]:
    member = await member_of(bot, who)
    async with bot.database.read() as session:
        return await roles.of_member(session, member.id)


def offered(message: Message) -> dict[str, int]:
    """The organisations that a card offers, by the label of its button."""
    return {
        button.label: int(str(button.action.data["organisation_id"]))
        for button in message.buttons
        if button.action is not None and button.action.name == ChooseOrganisation.wire_name
    }
