"""Roles are given and taken by owners alone, and the last owner stays."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from handlers.kit.messages import Action
from handlers.kit.replies import Outcome
from handlers.kit.updates import Lookup
from handlers.people import ChooseWhom, GrantRole, ListRoles, TakeRole
from store import members, roles
from store.audit import AuditRecord, AuditValue
from store.database import Database
from store.organisations import Organisation
from store.roles import Role
from tests.bot import TestBot, TestClock, form_of, message_of


async def held_by(bot: TestBot, member_id: int) -> set[Role]:
    async with bot.database.read() as session:
        return set(await roles.of_member(session, member_id))


async def acts(bot: TestBot) -> list[tuple[str, int | None, str]]:
    async with bot.database.read() as session:
        rows = await session.scalars(select(AuditRecord).order_by(AuditRecord.id))
        return [(row.act, row.actor_id, row.subject_id) for row in rows]


async def test_an_owner_gives_a_role_and_the_person_is_told_in_their_language(bot: TestBot) -> None:
    olive = await bot.add_member("olive", Role.OWNER)
    megan = await bot.add_member("megan", locale="cy")
    grant = GrantRole(member_id=megan.id, role="reviewer")
    handled = await bot.press("olive", grant)
    assert message_of(handled).text == "Megan now holds the role “Reviewer”, and is told so."
    assert await held_by(bot, megan.id) == {Role.REVIEWER}
    assert len(bot.platform.said_to("megan")) == 1
    assert await acts(bot) == [("role.grant", olive.id, str(megan.id))]
    async with bot.database.read() as session:
        value = (await session.scalars(select(AuditValue))).one()
    assert (value.field, value.member_id, value.value) == ("role", megan.id, "reviewer")


async def test_a_second_press_is_harmless(bot: TestBot) -> None:
    await bot.add_member("olive", Role.OWNER)
    megan = await bot.add_member("megan")
    for action in (GrantRole(member_id=megan.id, role="panel"), TakeRole(member_id=megan.id, role="panel")):
        await bot.press("olive", action)
        again = await bot.press("olive", action)
        assert message_of(again).text.endswith("Nothing was changed.")
    assert [act for act, _actor, _subject in await acts(bot)] == ["role.grant", "role.take"]
    assert len(bot.platform.said_to("megan")) == 2


@pytest.mark.parametrize("held", [(), (Role.ADMINISTRATOR,), (Role.REVIEWER, Role.PANEL)])
async def test_a_forged_press_by_anybody_else_is_refused_and_changes_nothing(
    bot: TestBot, held: tuple[Role, ...]
) -> None:
    olive = await bot.add_member("olive", Role.OWNER)
    mallory = await bot.add_member("mallory", *held)
    for action in (
        GrantRole(member_id=mallory.id, role="owner"),
        TakeRole(member_id=olive.id, role="owner"),
        ChooseWhom(),
    ):
        assert (await bot.press("mallory", action)).outcome is Outcome.REFUSED
    assert (await bot.command("mallory", "ccin", "roles")).outcome is Outcome.REFUSED
    assert await held_by(bot, mallory.id) == set(held)
    assert await held_by(bot, olive.id) == {Role.OWNER}
    assert await acts(bot) == []


@pytest.mark.parametrize(
    "action",
    [
        GrantRole(member_id=10**30, role="owner"),
        GrantRole(member_id=-1, role="owner"),
        GrantRole(member_id=999, role="owner"),
        GrantRole(member_id=1, role="emperor"),
        TakeRole(member_id=1, role=""),
    ],
)
async def test_a_role_or_a_person_that_does_not_exist_is_refused(bot: TestBot, action: Action) -> None:
    olive = await bot.add_member("olive", Role.OWNER)
    assert (await bot.press("olive", action)).outcome is Outcome.REFUSED
    assert await held_by(bot, olive.id) == {Role.OWNER}


async def test_the_last_owner_cannot_be_removed_not_even_by_themself(bot: TestBot) -> None:
    olive = await bot.add_member("olive", Role.OWNER)
    await bot.add_member("gone", Role.OWNER, active=False)
    refused = await bot.press("olive", TakeRole(member_id=olive.id, role="owner"))
    assert refused.outcome is Outcome.REFUSED
    assert "only owner" in message_of(refused).text
    assert await held_by(bot, olive.id) == {Role.OWNER}
    second = await bot.add_member("oscar", Role.OWNER)
    assert (await bot.press("olive", TakeRole(member_id=olive.id, role="owner"))).outcome is Outcome.HANDLED
    assert await held_by(bot, olive.id) == set()
    assert (await bot.press("oscar", TakeRole(member_id=second.id, role="owner"))).outcome is Outcome.REFUSED


async def test_two_owners_who_remove_each_other_at_once_leave_one(bot: TestBot) -> None:
    olive = await bot.add_member("olive", Role.OWNER)
    oscar = await bot.add_member("oscar", Role.OWNER)
    await asyncio.gather(
        bot.press("olive", TakeRole(member_id=oscar.id, role="owner")),
        bot.press("oscar", TakeRole(member_id=olive.id, role="owner")),
    )
    left = [await held_by(bot, member.id) for member in (olive, oscar)]
    assert sorted(map(len, left)) == [0, 1]


async def test_an_owner_named_in_the_settings_stays_one(database: Database, clock: TestClock) -> None:
    bot = TestBot(database, clock, admin_emails=frozenset({"oscar@example.org"}))
    await bot.add_member("olive", Role.OWNER)
    oscar = await bot.add_member("oscar", Role.OWNER)
    async with bot.database.write() as session:
        identity = (await members.identities(session, oscar.id))[0]
        identity.email, identity.email_verified = "oscar@example.org", True
    refused = await bot.press("olive", TakeRole(member_id=oscar.id, role="owner"))
    assert refused.outcome is Outcome.REFUSED
    assert "ADMIN_EMAILS" in message_of(refused).text
    assert await held_by(bot, oscar.id) == {Role.OWNER}


async def test_the_form_finds_a_person_by_name_and_gives_the_role(bot: TestBot) -> None:
    await bot.add_member("olive", Role.OWNER)
    async with bot.database.write() as session:
        council = Organisation(name="Oldham Council", category="full", kind="council", region="north")
        session.add(council)
    megan = await bot.add_member("megan", name="Megan Morris", organisation_id=council.id)
    view = form_of(await bot.press("olive", ChooseWhom()))
    options = (await bot.handle("olive", Lookup("people.grant", "member", "morris"))).options
    assert [(option.value, option.label) for option in options] == [
        (str(megan.id), "Megan Morris — Oldham Council")
    ]
    wrong = form_of(await bot.submit("olive", view, {"member": "nobody", "role": "reviewer"}))
    assert set(wrong.problems) == {"member"}
    await bot.submit("olive", view, {"member": options[0].value, "role": "reviewer"})
    assert await held_by(bot, megan.id) == {Role.REVIEWER}


async def test_members_may_not_search_among_people_through_the_form(bot: TestBot) -> None:
    await bot.add_member("ann")
    handled = await bot.handle("ann", Lookup("people.grant", "member", "a"))
    assert (handled.outcome, handled.options) == (Outcome.REFUSED, ())


async def test_the_list_says_who_holds_what_and_when_nobody_else_does(bot: TestBot) -> None:
    await bot.add_member("olive", Role.OWNER, Role.REVIEWER)
    alone = message_of(await bot.command("olive", "ccin", "roles"))
    assert alone.text.startswith("Nobody but you")
    await bot.add_member("rita", Role.REVIEWER, active=False)
    several = message_of(await bot.command("olive", "ccin", "roles"))
    assert [(item.title, item.text) for item in several.items] == [
        ("Olive", "Owner, Reviewer"),
        ("Rita", "Reviewer · no longer active"),
    ]
    assert [button.label for button in several.items[0].buttons] == ["Take “Owner”", "Take “Reviewer”"]


async def test_a_long_list_of_roles_is_paged(bot: TestBot) -> None:
    await bot.add_member("olive", Role.OWNER)
    for number in range(10):
        await bot.add_member(f"rita{number}", Role.REVIEWER)
    first = message_of(await bot.command("olive", "ccin", "roles"))
    assert [button.label for button in first.buttons] == ["Give a role", "Next page"]
    second = message_of(await bot.press("olive", ListRoles(page=1)))
    assert [button.label for button in second.buttons] == ["Give a role", "Page before"]
    assert len({item.title for item in (*first.items, *second.items)}) == 11
    assert (await bot.press("rita1", ListRoles(page=1))).outcome is Outcome.REFUSED


async def test_nobody_who_left_is_given_a_role(bot: TestBot) -> None:
    await bot.add_member("olive", Role.OWNER)
    gone = await bot.add_member("gone", active=False)
    assert (await bot.press("olive", GrantRole(member_id=gone.id, role="owner"))).outcome is Outcome.REFUSED
    assert await held_by(bot, gone.id) == set()
