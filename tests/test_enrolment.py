"""People come into the groups that the rules name, and never back where they left or were removed."""

from __future__ import annotations

import itertools
from typing import Any

from sqlalchemy import select

from handlers import enrolment, enrolment_channels
from handlers.enrolment import Held, Step, next_step
from handlers.enrolment_rules import read
from scheduled import enrolment as scheduled_enrolment
from store import groups, invitations, memberships, profiles
from store.groups import Group, Visibility
from store.invitations import Invitation
from store.members import Identity, Member
from store.memberships import How, MembershipState
from tests.bench.groups import counting
from tests.bot import TestBot
from tests.network import (
    EVERYONE,
    accept_rules,
    add_group,
    add_organisation,
    add_person,
    confirm,
    membership_of,
    names_of_groups,
    publish_rules,
    state_of,
)

COUNCILLORS = {"all": [{"capacity": ["councillor"]}, {"category": ["full"]}]}
MOST_QUERIES = 12


async def evaluate(bot: TestBot, member: Member) -> list[str]:
    async with bot.database.write() as session:
        return [group.name for group in await enrolment.evaluate(session, member.id, bot.clock())]


async def change_rule(
    bot: TestBot, group: Group, rule: dict[str, Any] | None, *, remove: bool = False
) -> None:
    async with bot.database.write() as session:
        held = await groups.by_id(session, group.id)
        assert held is not None
        enrolment.change_rule(held, read(rule) if rule else None, remove=remove)
    await scheduled_enrolment.job(bot.database, bot.clock)()


async def wishes(bot: TestBot) -> list[tuple[int, int, str, str, str]]:
    async with bot.database.read() as session:
        rows = await session.scalars(
            select(Invitation).order_by(Invitation.group_id, Invitation.member_id, Invitation.platform)
        )
        return [(row.group_id, row.member_id, row.platform, row.action, row.status) for row in rows]


def test_who_left_or_was_removed_is_never_put_back() -> None:
    for state, how, fits, remove in itertools.product(
        [MembershipState.LEFT, MembershipState.REMOVED], How, [True, False], [True, False]
    ):
        held = Held(state, how, None)
        assert next_step(held, fits=fits, may=True, reach=True, remove=remove) is None


def test_a_rule_takes_out_only_whom_it_brought_in_and_only_when_told_to() -> None:
    for how, fits, remove in itertools.product(How, [True, False], [True, False]):
        held = Held(MembershipState.CONFIRMED, how, "slack")
        step = next_step(held, fits=fits, may=True, reach=True, remove=remove)
        expected = Step.LAPSE if remove and not fits and how is How.RULE else None
        assert step is expected


async def test_a_person_comes_into_exactly_the_groups_that_the_rules_name(bot: TestBot) -> None:
    cardiff = await add_organisation(bot, "Cardiff Council")
    ann = await add_person(bot, "ann", organisation=cardiff, capacity="councillor", interests=("food",))
    await add_group(bot, "Councillors", rule=COUNCILLORS, visibility=Visibility.BY_REQUEST)
    await add_group(bot, "Wales", rule={"region": ["wales-midlands"]})
    await add_group(bot, "North", rule={"region": ["north"]})
    await add_group(bot, "Food", rule={"interests": ["food"]})
    await add_group(bot, "Housing", rule={"interests": ["housing"]})
    await add_group(bot, "Book club")
    assert sorted(await evaluate(bot, ann)) == ["Councillors", "Food", "Wales"]
    assert await names_of_groups(bot, ann) == ["Councillors", "Food", "Wales"]
    assert await evaluate(bot, ann) == []


async def test_on_the_web_a_membership_is_confirmed_at_once(bot: TestBot) -> None:
    ann = await add_person(bot, "ann")
    group = await add_group(bot, "News", rule=EVERYONE, channel="C1")
    await evaluate(bot, ann)
    held = await membership_of(bot, group, ann)
    assert held is not None
    assert (held.state, held.confirmed_on, held.how, held.since) == ("confirmed", "web", "rule", bot.clock())
    assert await wishes(bot) == []


async def test_where_a_platform_has_both_the_invitation_waits_for_it(bot: TestBot) -> None:
    ann = await add_person(bot, "ann", platforms=("slack",))
    group = await add_group(bot, "News", rule=EVERYONE, channel="C1")
    other = await add_group(bot, "Web news", rule=EVERYONE)
    await evaluate(bot, ann)
    assert await state_of(bot, group, ann) == "wanted"
    assert await state_of(bot, other, ann) == "confirmed"
    assert await wishes(bot) == [(group.id, ann.id, "slack", "invite", "queued")]


async def test_who_comes_to_a_platform_later_is_invited_there(bot: TestBot) -> None:
    ann = await add_person(bot, "ann")
    group = await add_group(bot, "News", rule=EVERYONE, channel="C1")
    await evaluate(bot, ann)
    async with bot.database.write() as session:
        session.add(Identity(member_id=ann.id, platform="slack", external_id="U1"))
    await evaluate(bot, ann)
    assert await state_of(bot, group, ann) == "wanted"
    assert await wishes(bot) == [(group.id, ann.id, "slack", "invite", "queued")]


async def test_a_claimed_organisation_gives_none_of_its_rights(bot: TestBot) -> None:
    cardiff = await add_organisation(bot, "Cardiff Council")
    mal = await add_person(bot, "mal", capacity="councillor")
    async with bot.database.write() as session:
        profile = await profiles.start(session, mal.id, now=bot.clock())
        profile.pending_organisation_id = cardiff.id
    await add_group(bot, "Councillors", rule=COUNCILLORS)
    await add_group(bot, "Wales", rule={"region": ["wales-midlands"]})
    await add_group(bot, "Closed", rule={"capacity": ["councillor"]}, visibility=Visibility.BY_REQUEST)
    await add_group(bot, "Open", rule={"capacity": ["councillor"]})
    assert await evaluate(bot, mal) == ["Open"]


async def test_rules_of_engagement_come_first_where_they_are_required(bot: TestBot) -> None:
    ann = await add_person(bot, "ann")
    await add_group(bot, "Debate", rule=EVERYONE, requires_rules=True)
    await add_group(bot, "News", rule=EVERYONE)
    version = await publish_rules(bot)
    assert await evaluate(bot, ann) == ["News"]
    await accept_rules(bot, ann, version.version)
    assert await evaluate(bot, ann) == ["Debate"]


async def test_an_earlier_version_is_good_enough_while_the_grace_lasts(bot: TestBot) -> None:
    ann = await add_person(bot, "ann")
    bob = await add_person(bot, "bob")
    first = await publish_rules(bot)
    await accept_rules(bot, ann, first.version)
    await accept_rules(bot, bob, first.version)
    await publish_rules(bot, grace_days=7, text="Be kinder.")
    group = await add_group(bot, "Debate", rule=EVERYONE, requires_rules=True)
    assert await evaluate(bot, ann) == ["Debate"]
    bot.clock.advance(days=7)
    assert await evaluate(bot, bob) == []
    # Nothing is taken away from those who are in.
    assert await evaluate(bot, ann) == []
    assert await state_of(bot, group, ann) == "confirmed"
    await change_rule(bot, group, {"language": ["en"]})
    assert await state_of(bot, group, bob) is None


async def test_leaving_sticks_through_changed_facts_and_changed_rules(bot: TestBot) -> None:
    ann = await add_person(bot, "ann", platforms=("slack",))
    group = await add_group(bot, "News", rule=EVERYONE, channel="C1")
    await evaluate(bot, ann)
    async with bot.database.write() as session:
        await confirm(session, group, ann, bot.clock())
        await enrolment_channels.gone_from(session, group, "slack", [ann.id], bot.clock())
    assert await state_of(bot, group, ann) == "left"
    assert await evaluate(bot, ann) == []
    await change_rule(bot, group, {"language": ["en"]})
    assert await state_of(bot, group, ann) == "left"


async def test_who_was_never_confirmed_is_invited_again(bot: TestBot) -> None:
    ann = await add_person(bot, "ann", platforms=("slack",))
    group = await add_group(bot, "News", rule=EVERYONE, channel="C1")
    await evaluate(bot, ann)
    async with bot.database.write() as session:
        row = (await session.scalars(select(Invitation))).one()
        row.status = invitations.InvitationStatus.FAILED
    async with bot.database.write() as session:
        await enrolment_channels.gone_from(session, group, "slack", [ann.id], bot.clock())
    assert await state_of(bot, group, ann) == "wanted"
    assert await wishes(bot) == [(group.id, ann.id, "slack", "invite", "queued")]


async def test_what_people_do_by_hand_is_written_down_and_not_fought(bot: TestBot) -> None:
    ann = await add_person(bot, "ann", platforms=("slack",))
    bob = await add_person(bot, "bob", platforms=("slack",))
    group = await add_group(bot, "News", channel="C1")
    async with bot.database.write() as session:
        await enrolment.admit(session, group, [bob.id], How.ADMINISTRATOR, bot.clock())
        held = await memberships.of_pair(session, group.id, bob.id)
        assert held is not None
        held.end(MembershipState.REMOVED, bot.clock(), "Selling")
    async with bot.database.write() as session:
        people = [ann.id, bob.id]
        returned = await enrolment_channels.seen_in(session, group, "slack", people, bot.clock())
        again = await enrolment_channels.seen_in(session, group, "slack", people, bot.clock())
    assert (returned, again) == ([bob.id], [])
    held = await membership_of(bot, group, ann)
    assert held is not None
    assert (held.state, held.how, held.confirmed_on) == ("confirmed", "own", "slack")
    assert await state_of(bot, group, bob) == "confirmed"


async def test_a_rule_that_no_longer_fits_forgets_whom_no_platform_confirmed(bot: TestBot) -> None:
    ann = await add_person(bot, "ann", interests=("food",), platforms=("slack",))
    group = await add_group(bot, "Food", rule={"interests": ["food"]}, channel="C1")
    await evaluate(bot, ann)
    async with bot.database.write() as session:
        (await profiles.start(session, ann.id, now=bot.clock())).interests = []
    await evaluate(bot, ann)
    assert await state_of(bot, group, ann) is None
    assert await wishes(bot) == []


async def test_a_changed_rule_takes_people_out_only_when_that_was_asked_for(bot: TestBot) -> None:
    ann = await add_person(bot, "ann", interests=("food",), platforms=("slack",))
    bob = await add_person(bot, "bob", interests=("food",))
    cat = await add_person(bot, "cat")
    group = await add_group(bot, "Food", rule={"interests": ["food"]}, channel="C1")
    for member in (ann, bob):
        await evaluate(bot, member)
    async with bot.database.write() as session:
        await enrolment.admit(session, group, [cat.id], How.OWN, bot.clock())
        await confirm(session, group, ann, bot.clock())
    async with bot.database.read() as session:
        expected = await enrolment.preview(session, group, read({"interests": ["housing"]}), bot.clock())
    assert (expected.fitting, expected.joining, expected.leaving) == (0, 0, 2)
    await change_rule(bot, group, {"interests": ["housing"]})
    assert [await state_of(bot, group, one) for one in (ann, bob, cat)] == ["confirmed"] * 3
    await change_rule(bot, group, {"interests": ["housing"]}, remove=True)
    assert [await state_of(bot, group, one) for one in (ann, bob, cat)] == ["lapsed", "lapsed", "confirmed"]
    assert await wishes(bot) == [(group.id, ann.id, "slack", "remove", "queued")]
    await change_rule(bot, group, {"interests": ["food"]})
    assert [await state_of(bot, group, one) for one in (ann, bob, cat)] == [
        "wanted",
        "confirmed",
        "confirmed",
    ]
    assert await wishes(bot) == [(group.id, ann.id, "slack", "invite", "queued")]


async def test_a_preview_counts_what_saving_then_does(bot: TestBot) -> None:
    ann = await add_person(bot, "ann", interests=("food",))
    await add_person(bot, "bob", interests=("food",))
    await add_person(bot, "gone", interests=("food",), active=False)
    group = await add_group(bot, "Food", rule={"interests": ["food"]})
    await evaluate(bot, ann)
    async with bot.database.read() as session:
        now = await enrolment.preview(session, group, read({"interests": ["food"]}), bot.clock())
        new = await enrolment.preview(session, None, read({"interests": ["food"]}), bot.clock())
        none = await enrolment.preview(session, group, None, bot.clock())
    assert (now.fitting, now.joining, now.leaving) == (2, 1, 0)
    assert (new.fitting, new.joining, new.leaving) == (2, 2, 0)
    assert (none.fitting, none.joining, none.leaving) == (0, 0, 1)


async def test_a_preview_counts_only_those_who_can_come_in_now(bot: TestBot) -> None:
    cardiff = await add_organisation(bot, "Cardiff Council")
    version = await publish_rules(bot)
    ann = await add_person(bot, "ann", organisation=cardiff)
    await add_person(bot, "bob")
    await accept_rules(bot, ann, version.version)
    async with bot.database.read() as session:
        counts = [
            await enrolment.preview(
                session, None, read(EVERYONE), bot.clock(), requires_rules=required, open_to_all=is_open
            )
            for required, is_open in ((False, True), (True, True), (False, False))
        ]
    assert [(one.fitting, one.joining) for one in counts] == [(2, 2), (2, 1), (2, 1)]


async def test_a_changed_rule_goes_on_where_a_process_died(bot: TestBot) -> None:
    people = [await add_person(bot, f"p{number}") for number in range(7)]
    group = await add_group(bot, "News")
    async with bot.database.write() as session:
        held = await groups.by_id(session, group.id)
        assert held is not None
        enrolment.change_rule(held, read(EVERYONE), remove=False)
        assert not await enrolment.reevaluate(session, held, bot.clock(), limit=3)
    async with bot.database.read() as session:
        assert await groups.sizes(session, [group.id]) == {group.id: 3}
    await scheduled_enrolment.job(bot.database, bot.clock)()
    assert [await state_of(bot, group, one) for one in people] == ["confirmed"] * 7


async def test_a_group_pointed_at_a_channel_invites_those_whom_the_platform_knows(bot: TestBot) -> None:
    ann = await add_person(bot, "ann", platforms=("slack",))
    bob = await add_person(bot, "bob")
    group = await add_group(bot, "News", rule=EVERYONE)
    for member in (ann, bob):
        await evaluate(bot, member)
    async with bot.database.write() as session:
        held = await groups.by_id(session, group.id)
        assert held is not None
        await enrolment_channels.point_at(
            session, held, "slack", "C9", private=True, joined=True, now=bot.clock()
        )
    assert [await state_of(bot, group, one) for one in (ann, bob)] == ["wanted", "confirmed"]
    assert await wishes(bot) == [(group.id, ann.id, "slack", "invite", "queued")]


async def test_a_rule_that_cannot_be_read_enrols_nobody_and_breaks_nothing(bot: TestBot) -> None:
    ann = await add_person(bot, "ann")
    await add_group(bot, "Broken", rule={"nobody": True})
    await add_group(bot, "News", rule=EVERYONE)
    assert await evaluate(bot, ann) == ["News"]


async def test_a_hundred_groups_cost_a_dozen_queries(bot: TestBot) -> None:
    organisation = await add_organisation(bot, "Cardiff Council")
    ann = await add_person(bot, "ann", organisation=organisation, platforms=("slack",))
    await publish_rules(bot)
    for number in range(100):
        rule = EVERYONE if number % 2 else {"capacity": ["officer"]}
        await add_group(bot, f"Group {number}", rule=rule, channel=f"C{number}")
    with counting() as statements:
        await evaluate(bot, ann)
    assert len(statements) <= MOST_QUERIES
    assert len(await names_of_groups(bot, ann)) == 50
