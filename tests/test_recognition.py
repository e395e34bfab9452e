"""Recognition: what is vouched for says who somebody is, and nothing else does."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from handlers import enrolment
from handlers.kit.replies import Outcome
from handlers.kit.updates import Profile
from handlers.recognition import ChooseOrganisation
from store import invitations, members, roles, sign_in, web_sessions
from store.audit import AuditRecord
from store.conversations import of_member as conversation_of
from store.database import Database
from store.group_channels import GroupChannel
from store.invitations import Invitation
from store.members import Identity, Member
from store.memberships import How
from store.organisations import MailDomain, Organisation
from store.roles import Role
from tests.bot import NOW, TestBot, TestClock, message_of
from tests.network import add_group
from tests.newcomers import (
    ANN,
    OLIVE,
    change,
    greeting_bot,
    join,
    member_of,
    offered,
    organisation_of,
    roles_of,
)


@pytest.fixture
async def bot(database: Database, clock: TestClock) -> TestBot:
    return await greeting_bot(database, clock)


@pytest.mark.parametrize(
    "profile",
    [
        Profile(name="Guest", email="guest@oldham.example.org", email_verified=False),
        Profile(name="Guest", email="olive@example.org", email_verified=False),
        Profile(name="Guest", email=None, email_verified=True),
        Profile(name="Guest", email="oldham.example.org", email_verified=True),
        Profile(name="Guest", email="guest@gmail.com", email_verified=True),
        Profile(name="Guest", email="guest@notoldham.example.org", email_verified=True),
    ],
)
async def test_what_is_not_vouched_for_gives_no_organisation_and_no_right(
    bot: TestBot, profile: Profile
) -> None:
    said = message_of(await join(bot, "guest", profile))
    assert "You are here for" not in said.text
    assert "I could not tell which organisation you belong to. Please say it in your profile." in said.text
    assert said.buttons[0].label == "Fill in my profile"
    assert (await organisation_of(bot, "guest"), await roles_of(bot, "guest")) == (None, frozenset())


async def test_a_public_mail_domain_never_speaks_for_an_organisation(bot: TestBot) -> None:
    async with bot.database.write() as session:
        council = (await session.scalars(select(Organisation))).first()
        assert council is not None
        session.add(MailDomain(organisation_id=council.id, domain="gmail.com"))
    await join(bot, "guest", Profile(name="Guest", email="guest@gmail.com", email_verified=True))
    assert await organisation_of(bot, "guest") is None


async def test_a_subdomain_speaks_for_its_organisation(bot: TestBot) -> None:
    await join(bot, "ann", Profile(name="Ann", email="a@mail.oldham.example.org", email_verified=True))
    assert await organisation_of(bot, "ann") == "Oldham Council"


async def test_a_domain_that_several_share_asks_and_takes_the_answer(bot: TestBot) -> None:
    sam = Profile(name="Sam", email="sam@shared.example.org", email_verified=True)
    greeting = message_of(await join(bot, "sam", sam))
    assert "could not tell" not in greeting.text
    card = next(message for message in bot.platform.said_to("sam") if offered(message))
    assert list(offered(card)) == ["East Council", "West Council"]
    assert await organisation_of(bot, "sam") is None
    for name in ("East Council", "West Council", "West Council"):
        handled = await bot.press("sam", ChooseOrganisation(organisation_id=offered(card)[name]))
        assert message_of(handled).text == f"Thank you. You are here for {name}."
    assert await organisation_of(bot, "sam") == "West Council"
    said = len(bot.platform.delivered)
    await change(bot, "sam", sam)
    assert len(bot.platform.delivered) == said


async def test_a_forged_choice_is_refused_and_changes_nothing(bot: TestBot) -> None:
    sam = Profile(name="Sam", email="sam@shared.example.org", email_verified=True)
    await join(bot, "sam", sam)
    card = next(message for message in bot.platform.said_to("sam") if offered(message))
    await join(bot, "mallory", Profile(name="Mallory", email="m@shared.example.org"))
    async with bot.database.read() as session:
        north = await session.scalar(select(Organisation.id).where(Organisation.name == "North Council"))
    assert north is not None
    for who, organisation_id in (
        ("sam", north),
        ("sam", 10**30),
        ("sam", -1),
        ("mallory", offered(card)["East Council"]),
    ):
        handled = await bot.press(who, ChooseOrganisation(organisation_id=organisation_id))
        assert handled.outcome is Outcome.REFUSED
        assert await organisation_of(bot, who) is None


async def test_a_choice_is_checked_again_when_the_button_is_pressed(bot: TestBot) -> None:
    await join(bot, "sam", Profile(name="Sam", email="sam@shared.example.org", email_verified=True))
    card = next(message for message in bot.platform.said_to("sam") if offered(message))
    await change(bot, "sam", Profile(name="Sam", email="sam@elsewhere.example.org", email_verified=True))
    late = await bot.press("sam", ChooseOrganisation(organisation_id=offered(card)["East Council"]))
    assert late.outcome is Outcome.REFUSED
    assert await organisation_of(bot, "sam") is None


async def test_an_address_in_the_settings_makes_an_owner_and_is_recorded(bot: TestBot) -> None:
    await join(bot, "olive", OLIVE)
    await change(bot, "olive", OLIVE)
    assert await roles_of(bot, "olive") == {Role.OWNER}
    async with bot.database.read() as session:
        rows = (await session.scalars(select(AuditRecord))).all()
    assert [(row.act, row.actor_id) for row in rows] == [("role.grant", None)]


STOPPED = [
    Profile(name="Olive", email="olive@example.org", email_verified=False),
    Profile(name="Olive", email="olive@elsewhere.example.org", email_verified=True),
    Profile(name="Olive", email="olive@example.org", email_verified=True, active=False),
    Profile(name="Olive", email=None),
]


@pytest.mark.parametrize("profile", STOPPED)
async def test_ownership_and_sessions_end_when_the_address_stops_holding(
    bot: TestBot, profile: Profile
) -> None:
    await join(bot, "olive", OLIVE)
    async with bot.database.write() as session:
        found = await members.by_identity(session, "test", "olive")
        assert found is not None
        conversation = await conversation_of(session, found[0], NOW)
        token, _row = await web_sessions.begin(session, conversation.id, NOW, member_id=found[0].id)
        link = await sign_in.mint(session, found[0].id, NOW)
    await change(bot, "olive", profile)
    assert await roles_of(bot, "olive") == frozenset()
    async with bot.database.write() as session:
        assert await web_sessions.by_token(session, token, NOW) is None
        assert await sign_in.redeem(session, link, NOW) is None
    assert (await member_of(bot, "olive")).active is profile.active
    await change(bot, "olive", OLIVE)
    assert await roles_of(bot, "olive") == {Role.OWNER}
    assert (await member_of(bot, "olive")).active


async def test_ownership_that_an_owner_gave_outlives_a_new_address_but_not_an_unverified_one(
    bot: TestBot,
) -> None:
    await join(bot, "olive", OLIVE)
    await join(bot, "ann", ANN)
    giver, ann = await member_of(bot, "olive"), await member_of(bot, "ann")
    async with bot.database.write() as session:
        await roles.grant(session, ann.id, Role.OWNER, by_id=giver.id, now=NOW)
        await roles.grant(session, ann.id, Role.REVIEWER, by_id=giver.id, now=NOW)
    await change(bot, "ann", Profile(name="Ann", email="ann@north.example.org", email_verified=True))
    assert await roles_of(bot, "ann") == {Role.OWNER, Role.REVIEWER}
    await change(bot, "ann", Profile(name="Ann", email="ann@north.example.org"))
    assert await roles_of(bot, "ann") == {Role.REVIEWER}


async def test_an_organisation_follows_the_address_unless_an_administrator_said_so(bot: TestBot) -> None:
    north = Profile(name="Ann Archer", email="ann@north.example.org", email_verified=True)
    await join(bot, "ann", ANN)
    await change(bot, "ann", north)
    assert await organisation_of(bot, "ann") == "North Council"
    await change(bot, "ann", Profile(name="Ann Archer", email="ann@gmail.com", email_verified=True))
    assert await organisation_of(bot, "ann") is None
    await change(bot, "ann", north)
    async with bot.database.write() as session:
        member = (await session.scalars(select(Member))).one()
        member.organisation_fixed = True
    await change(bot, "ann", ANN)
    assert await organisation_of(bot, "ann") == "North Council"


async def test_one_person_known_by_a_verified_address_elsewhere_is_one_member(bot: TestBot) -> None:
    async with bot.database.write() as session:
        first = await members.add(session, name="ann@oldham.example.org", now=NOW)
        first.greeted_at = NOW
        await members.add_identity(
            session, first, "email", "ann@oldham.example.org",
            email="ann@oldham.example.org", email_verified=True, profiled=True,
        )  # fmt: skip
        await roles.grant(session, first.id, Role.REVIEWER, by_id=None, now=NOW)
    handled = await join(bot, "ann", ANN)
    assert handled.reply is None
    member = await member_of(bot, "ann")
    assert (member.id, member.name) == (first.id, "Ann Archer")
    assert await roles_of(bot, "ann") == {Role.REVIEWER}
    async with bot.database.read() as session:
        assert len((await session.scalars(select(Member))).all()) == 1
        assert {one.platform for one in await members.identities(session, first.id)} == {"test", "email"}
    assert message_of(await bot.command("ann", "ccin", "me")).facts[0].value == "Ann Archer"


async def test_an_unverified_address_links_nobody(bot: TestBot) -> None:
    async with bot.database.write() as session:
        owner = await members.add(session, name="Olive", now=NOW)
        await members.add_identity(
            session, owner, "email", "olive@example.org", email="olive@example.org", email_verified=True
        )
        await roles.grant(session, owner.id, Role.OWNER, by_id=None, now=NOW)
    await join(bot, "mallory", Profile(name="Mallory", email="olive@example.org", email_verified=False))
    assert (await member_of(bot, "mallory")).id != owner.id
    assert await roles_of(bot, "mallory") == frozenset()


async def test_an_address_that_goes_ends_what_the_operator_vouched_for(bot: TestBot) -> None:
    async with bot.database.write() as session:
        owner = await members.add(session, name="Olive", now=NOW)
        await members.add_identity(
            session, owner, "email", "olive@example.org", email="olive@example.org", email_verified=True
        )
    await join(bot, "olive", OLIVE)
    await change(bot, "olive", Profile(name="Olive", email="olive@example.org", active=False))
    assert (await member_of(bot, "olive")).active is False
    assert await roles_of(bot, "olive") == frozenset()
    async with bot.database.read() as session:
        assert set(await session.scalars(select(Identity.email_verified))) == {False}


async def test_a_language_once_chosen_stays_whatever_the_platform_says(bot: TestBot) -> None:
    await join(bot, "ann", ANN)
    await bot.command("ann", "ccin", "language cymraeg")
    await change(bot, "ann", Profile(name="Ann", locale="en-GB"))
    assert (await member_of(bot, "ann")).locale == "cy"


async def test_names_and_addresses_of_any_length_are_taken(bot: TestBot) -> None:
    await join(
        bot, "ann", Profile(name="A" * 500, email="a" * 400 + "@oldham.example.org", email_verified=True)
    )
    assert len((await member_of(bot, "ann")).name) == 200
    assert await organisation_of(bot, "ann") is None


async def test_who_is_deactivated_waits_for_no_channel_until_they_are_back(bot: TestBot) -> None:
    profile = Profile(name="Ann", email="ann@example.org", email_verified=True)
    await join(bot, "ann", profile)
    ann = await member_of(bot, "ann")
    group = await add_group(bot, "Housing")
    async with bot.database.write() as session:
        session.add(GroupChannel(group_id=group.id, platform="test", external_id="C1", joined=True))
        await enrolment.admit(session, group, [ann.id], How.OWN, bot.clock())

    async def waiting() -> list[str]:
        async with bot.database.read() as session:
            counted = await invitations.waiting(session)
            rows = [row.status for row in await session.scalars(select(Invitation))]
        assert counted == len(rows)
        return rows

    assert await waiting() == ["queued"]
    await change(bot, "ann", Profile(active=False))
    assert await waiting() == []
    await change(bot, "ann", profile)
    assert await waiting() == ["queued"]
    async with bot.database.write() as session:
        (await session.get_one(Member, ann.id)).active = False
        await session.flush()
        assert await invitations.waiting(session) == 0
        await invitations.drop_unreachable(session)
    assert await waiting() == []
