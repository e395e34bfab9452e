"""Splitting an organisation by name: people are chosen, seen before the day, moved on it and told."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from handlers.kit.messages import Message
from handlers.kit.replies import Outcome
from handlers.kit.updates import Lookup, RawAnswers
from handlers.organisation_changes import CancelChange, ChangeOrganisation
from handlers.organisation_moves import ChooseMoves, LeaveMove, ShowMoves
from scheduled.organisation_changes import job
from store import members, organisations
from store.audit import AuditRecord
from store.members import Member
from store.organisation_changes import OrganisationChange
from store.organisation_moves import OrganisationMove
from store.organisations import MailDomain, Organisation
from store.roles import Role
from tests.bot import TestBot, form_of, message_of
from tests.network import add_organisation, add_person
from tests.test_organisation_changes import BEGUN, DAY, place_of

CHANGE = 1


@pytest.fixture
async def councils(bot: TestBot) -> list[Organisation]:
    """One that is split, and three that it may be split into."""
    await bot.add_member("ada", Role.ADMINISTRATOR)
    made = [await add_organisation(bot, f"{name} Council") for name in ("Old", "New", "Next", "Third")]
    async with bot.database.write() as session:
        session.add(MailDomain(organisation_id=made[0].id, domain="east.example.org"))
    return made


@pytest.fixture
async def people(bot: TestBot, councils: list[Organisation]) -> dict[str, Member]:
    """Four of the old council, and zoe of another."""
    found = {
        name: await add_person(bot, name, organisation=councils[0]) for name in ("ann", "bob", "cat", "eve")
    }
    found["zoe"] = await add_person(bot, "zoe", organisation=councils[1])
    async with bot.database.write() as session:
        eve = await session.get_one(Member, found["eve"].id)
        await members.add_identity(
            session, eve, "slack", "U1", email="eve@east.example.org", email_verified=True
        )
    return found


async def split(bot: TestBot, councils: list[Organisation], **more: str | list[str]) -> Message:
    view = form_of(await bot.press("ada", ChangeOrganisation(organisation_id=councils[0].id)))
    answers: RawAnswers = {
        "on_day": DAY.isoformat(), "successor": str(councils[1].id), "second": str(councils[2].id),
        "domains": "east.example.org", **more,
    }  # fmt: skip
    return message_of(await bot.submit("ada", view, answers))


async def send(bot: TestBot, several: list[Member], to: Organisation) -> Message:
    view = form_of(await bot.press("ada", ChooseMoves(change_id=CHANGE)))
    chosen: RawAnswers = {"people": [str(one.id) for one in several], "successor": str(to.id)}
    return message_of(await bot.submit("ada", view, chosen))


def facts(card: Message) -> dict[str, str]:
    return {fact.label: fact.value for fact in card.facts}


async def test_people_go_where_they_were_sent_by_name_and_the_rest_with_the_first(
    bot: TestBot, councils: list[Organisation], people: dict[str, Member]
) -> None:
    card = await split(bot, councils, people=[str(people["bob"].id)])
    assert card.text.startswith("That is planned.")
    assert "4 people of Old Council go on Tuesday 1 December 2026." in card.text
    assert facts(card) == {
        "New Council": "2 people: 2 with the rest",
        "Next Council": "2 people: 1 chosen, 1 by mail address",
    }
    assert [(item.title, item.text) for item in card.items] == [
        ("Ann", "Goes with the rest to New Council."),
        ("Cat", "Goes with the rest to New Council."),
        ("Eve", "Goes by mail address to Next Council."),
        ("Bob", "Chosen for Next Council."),
    ]
    # A third successor, and somebody whose address would send them elsewhere.
    card = await send(bot, [people["cat"], people["eve"]], councils[3])
    assert card.text.startswith("2 people go to Third Council.")
    assert facts(card)["Third Council"] == "2 people: 2 chosen"
    bot.clock.now = BEGUN
    for _time in range(2):
        await job(bot.database, bot.clock, bot.surroundings)()
    places = [await place_of(bot, people[name]) for name in ("ann", "bob", "cat", "eve", "zoe")]
    first, second, third = (one.id for one in councils[1:])
    assert places == [first, second, third, third, first]
    async with bot.database.read() as session:
        old = await session.get_one(Organisation, councils[0].id)
        assert old.shown == "Old Council (now New Council, Next Council, Third Council)"
        assert await organisations.domains_of(session, second) == {"east.example.org"}
        assert (await session.scalars(select(OrganisationMove))).all() == []
        acts = list(await session.scalars(select(AuditRecord.act).order_by(AuditRecord.id)))
    assert acts == [
        "organisation.plan_change", *["organisation.choose_move"] * 3, "organisation.change_done",
    ]  # fmt: skip
    await bot.deliver()
    said = bot.platform.said_to("cat")[-1].text
    assert said.startswith("Old Council is now Third Council, so I have noted that you are here for Third")
    assert bot.platform.said_to("zoe") == []


async def test_a_search_in_a_form_about_something_knows_what_it_is_about(
    bot: TestBot, councils: list[Organisation], people: dict[str, Member]
) -> None:
    view = form_of(await bot.press("ada", ChangeOrganisation(organisation_id=councils[0].id)))
    for field, query, label in (
        ("successor", "next", "Next Council"),
        ("people", "cat", "Cat — Old Council"),
    ):
        found = await bot.handle("ada", Lookup(view.form.name, field, query, view.draft_id))
        assert [option.label for option in found.options] == [label]
    await add_person(bot, "mallory", Role.ADMINISTRATOR)
    stolen = await bot.handle("mallory", Lookup(view.form.name, "successor", "next", view.draft_id))
    assert stolen.options == ()


async def test_a_choice_is_taken_back_and_made_anew(
    bot: TestBot, councils: list[Organisation], people: dict[str, Member]
) -> None:
    await split(bot, councils)
    await send(bot, [people["ann"]], councils[2])
    await send(bot, [people["ann"]], councils[3])
    card = message_of(await bot.press("ada", ShowMoves(change_id=CHANGE)))
    assert facts(card)["Third Council"] == "1 person: 1 chosen"
    leave = LeaveMove(change_id=CHANGE, member_id=people["ann"].id)
    card = message_of(await bot.press("ada", leave))
    assert "Third Council" not in facts(card)
    assert (await bot.press("ada", leave)).outcome is Outcome.REFUSED
    view = form_of(await bot.press("ada", ChooseMoves(change_id=CHANGE, member_id=people["ann"].id)))
    assert view.answers["people"] == [str(people["ann"].id)]


async def test_who_cannot_be_sent_is_said_beside_the_field(
    bot: TestBot, councils: list[Organisation], people: dict[str, Member]
) -> None:
    await split(bot, councils)
    view = form_of(await bot.press("ada", ChooseMoves(change_id=CHANGE)))
    ann, zoe = str(people["ann"].id), str(people["zoe"].id)
    wrong: tuple[tuple[RawAnswers, str, str], ...] = (
        ({"people": [ann, zoe], "successor": str(councils[2].id)}, "people", "Zoe does not belong to Old"),
        ({"people": ["999"], "successor": str(councils[2].id)}, "people", "no longer here"),
        ({"people": [ann], "successor": str(councils[0].id)}, "successor", "another organisation"),
    )
    for answers, field, said in wrong:
        back = form_of(await bot.submit("ada", view, answers))
        assert said in back.problems[field]
        assert back.answers["people"] == answers["people"]


async def test_a_second_successor_needs_somebody_by_domain_or_by_name(
    bot: TestBot, councils: list[Organisation], people: dict[str, Member]
) -> None:
    view = form_of(await bot.press("ada", ChangeOrganisation(organisation_id=councils[0].id)))
    answers: RawAnswers = {"on_day": DAY.isoformat(), "successor": str(councils[1].id), "domains": ""}
    wrong: tuple[tuple[RawAnswers, str], ...] = (
        ({"second": str(councils[2].id), "people": []}, "second"),
        ({"second": "", "people": [str(people["ann"].id)]}, "second"),
        ({"second": str(councils[2].id), "people": [str(people["zoe"].id)]}, "people"),
    )
    for more, field in wrong:
        back = form_of(await bot.submit("ada", view, {**answers, **more}))
        assert set(back.problems) & {field, "domains"}
    card = message_of(
        await bot.submit(
            "ada", view, {**answers, "second": str(councils[2].id), "people": [str(people["ann"].id)]}
        )
    )
    assert facts(card)["Next Council"] == "1 person: 1 chosen"


async def test_a_long_list_has_pages_with_those_left_to_decide_first(
    bot: TestBot, councils: list[Organisation], people: dict[str, Member]
) -> None:
    for number in range(12):
        await add_person(bot, f"p{number:02}", organisation=councils[0])
    await split(bot, councils, people=[str(people["ann"].id)])
    first = message_of(await bot.press("ada", ShowMoves(change_id=CHANGE)))
    second = message_of(await bot.press("ada", ShowMoves(change_id=CHANGE, page=1)))
    assert (len(first.items), len(second.items)) == (10, 6)
    assert second.items[-1].text == "Chosen for Next Council."


async def test_a_cancelled_change_sends_nobody_and_is_forged_by_nobody(
    bot: TestBot, councils: list[Organisation], people: dict[str, Member]
) -> None:
    await split(bot, councils, people=[str(people["ann"].id)])
    await bot.add_member("mallory", Role.REVIEWER)
    forged = (
        ShowMoves(change_id=CHANGE), ChooseMoves(change_id=CHANGE),
        LeaveMove(change_id=CHANGE, member_id=people["ann"].id),
    )  # fmt: skip
    for action in forged:
        assert (await bot.press("mallory", action)).outcome is Outcome.REFUSED
    async with bot.database.read() as session:
        assert len((await session.scalars(select(OrganisationMove))).all()) == 1
    await bot.press("ada", CancelChange(change_id=CHANGE))
    for action in forged:
        assert (await bot.press("ada", action)).outcome is Outcome.REFUSED
    async with bot.database.read() as session:
        assert (await session.scalars(select(OrganisationMove))).all() == []
        assert (await session.scalars(select(OrganisationChange.on_day))).all() == [date(2026, 12, 1)]
