"""The database is held against who really is in a channel: page by page, gently, and through restarts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handlers import enrolment
from handlers.group_actions import ListFailures, ShowGroup
from handlers.kit.errors import DeliveryError
from scheduled import comparisons as scheduled_comparisons
from scheduled import invitations as scheduled_invitations
from store import comparisons, group_channels, invitations
from store.groups import Group
from store.invitations import Invitation, InvitationStatus
from store.members import Member
from store.memberships import How, MembershipState
from store.roles import Role
from tests.bot import TestBot, message_of
from tests.fakes.channels import FakeChannels
from tests.network import (
    accept_rules,
    add_group,
    add_person,
    membership_of,
    publish_rules,
    state_of,
)


@pytest.fixture
def slack() -> FakeChannels:
    return FakeChannels("slack")


@pytest.fixture
async def people(bot: TestBot) -> list[Member]:
    await add_person(bot, "ada", Role.ADMINISTRATOR)
    return [await add_person(bot, name, platforms=("slack",)) for name in ("ann", "bob", "cat", "dan", "eve")]


async def compare(bot: TestBot, slack: FakeChannels, *, again: bool = False) -> None:
    """As many ticks of the job as it takes, an hour later where it is done ``again``."""
    if again:
        bot.clock.advance(minutes=61)
    platforms = {"slack": slack, "test": bot.platform}
    await scheduled_comparisons.job(bot.database, bot.clock, platforms, bot.surroundings)()
    await bot.deliver()


async def invite(bot: TestBot, slack: FakeChannels) -> None:
    await scheduled_invitations.job(bot.database, bot.clock, {"slack": slack}, "p1")()


async def enrol(bot: TestBot, slack: FakeChannels, group: Group, *people: Member) -> None:
    """Bring people in and have the platform confirm it."""
    async with bot.database.write() as session:
        await enrolment.admit(session, group, [one.id for one in people], How.RULE, bot.clock())
    await invite(bot, slack)
    bot.clock.advance(minutes=1)


async def found(bot: TestBot, group: Group) -> list[tuple[str, str]]:
    async with bot.database.read() as session:
        rows = await comparisons.drifts(session, group.id, bot.clock() - timedelta(days=30))
        return [(drift.kind, member.name) for drift, member in rows]


def reports(bot: TestBot) -> list[str]:
    return [one.text for one in bot.platform.said_to("ada") if "changed by hand" in one.text]


async def test_what_agrees_changes_nothing_and_takes_a_call_a_page(
    bot: TestBot, slack: FakeChannels, people: list[Member]
) -> None:
    group = await add_group(bot, "News", channel="C1")
    await enrol(bot, slack, group, *people)
    slack.calls.clear()
    await compare(bot, slack)
    assert [call[0] for call in slack.calls] == ["members"] * 3
    assert await found(bot, group) == []
    assert reports(bot) == []
    await compare(bot, slack)
    assert len(slack.calls) == 3


async def test_joins_and_leaves_by_hand_are_written_down_and_told_once(
    bot: TestBot, slack: FakeChannels, people: list[Member]
) -> None:
    ann, bob, cat, dan, _eve = people
    group = await add_group(bot, "News", channel="C1")
    await enrol(bot, slack, group, ann, bob, cat)
    slack.channels_in["C1"] = ["U-cat", "U-dan", "U-stranger"]
    await compare(bot, slack)
    assert {one.name: await state_of(bot, group, one) for one in people} == {
        "Ann": "left", "Bob": "left", "Cat": "confirmed", "Dan": "confirmed", "Eve": None,
    }  # fmt: skip
    held = await membership_of(bot, group, dan)
    assert held is not None
    assert held.how == How.OWN
    assert await found(bot, group) == [("joined", "Dan"), ("left", "Ann"), ("left", "Bob")]
    (report,) = reports(bot)
    assert report.endswith("- joined by hand: Dan\n- left by hand: Ann and Bob")
    await compare(bot, slack, again=True)
    await invite(bot, slack)
    assert len(reports(bot)) == 1
    assert slack.channels_in["C1"] == ["U-cat", "U-dan", "U-stranger"]
    card = message_of(await bot.press("ada", ShowGroup(group_id=group.id)))
    assert "Changes by hand" in [button.label for button in card.buttons]
    problems = message_of(await bot.press("ada", ListFailures(group_id=group.id)))
    assert "- left by hand: Ann and Bob" in problems.text


async def test_who_was_never_confirmed_is_invited_again_and_who_was_refused_is_not(
    bot: TestBot, slack: FakeChannels, people: list[Member]
) -> None:
    ann, bob, *_others = people
    group = await add_group(bot, "News", channel="C1")
    async with bot.database.write() as session:
        await enrolment.admit(session, group, [ann.id, bob.id], How.RULE, bot.clock())
        row = await session.get(Invitation, (group.id, bob.id, "slack"))
        assert row is not None
        row.status, row.reason = InvitationStatus.FAILED, "user_is_restricted"
        await session.delete(await session.get(Invitation, (group.id, ann.id, "slack")))
    slack.channels_in["C1"] = []
    await compare(bot, slack)
    assert await found(bot, group) == [("invited", "Ann")]
    slack.calls.clear()
    await invite(bot, slack)
    assert slack.calls == [("invite", "C1", ("U-ann",))]
    assert [await state_of(bot, group, one) for one in (ann, bob)] == ["confirmed", "wanted"]


async def test_somebody_taken_out_who_returned_is_told_of_and_left_in_peace(
    bot: TestBot, slack: FakeChannels, people: list[Member]
) -> None:
    ann, *_others = people
    group = await add_group(bot, "News", channel="C1")
    await enrol(bot, slack, group, ann)
    await take_out(bot, group, ann)
    # The page may have been read before the platform took them out.
    await compare(bot, slack)
    assert await state_of(bot, group, ann) == "removed"
    await invite(bot, slack)
    assert slack.channels_in["C1"] == []
    await compare(bot, slack, again=True)
    assert await found(bot, group) == []
    slack.channels_in["C1"] = ["U-ann"]
    for _time in range(2):
        await compare(bot, slack, again=True)
    assert await found(bot, group) == [("returned", "Ann")]
    (report,) = reports(bot)
    assert report.endswith("- came back after being taken out: Ann")
    await invite(bot, slack)
    assert slack.channels_in["C1"] == ["U-ann"]


async def take_out(bot: TestBot, group: Group, member: Member) -> None:
    async with bot.database.write() as session:
        held = await membership_of(bot, group, member)
        assert held is not None
        held = await session.merge(held)
        held.end(MembershipState.REMOVED, bot.clock())
        await session.flush()
        await enrolment.take_out(session, group, [member.id], bot.clock())


async def test_somebody_who_could_not_be_taken_out_has_not_come_back(
    bot: TestBot, slack: FakeChannels, people: list[Member]
) -> None:
    group = await add_group(bot, "News", channel="C1")
    await enrol(bot, slack, group, people[0])
    await take_out(bot, group, people[0])
    slack.fails = [DeliveryError("restricted_action", retry_after=None)]
    await invite(bot, slack)
    await compare(bot, slack, again=True)
    assert await state_of(bot, group, people[0]) == "removed"
    assert await found(bot, group) == []
    async with bot.database.read() as session:
        assert len(await invitations.failed(session, group.id)) == 1


async def test_a_comparison_goes_on_after_a_limit_and_after_a_restart(
    bot: TestBot, slack: FakeChannels, people: list[Member]
) -> None:
    group = await add_group(bot, "News", channel="C1")
    await enrol(bot, slack, group, *people)
    slack.calls.clear()
    pages: list[str] = []

    def stop(call: str) -> None:
        if len(pages) == 1:
            pages.append("refused")
            raise DeliveryError("ratelimited", retry_after=30)
        pages.append(call)

    slack.before = stop
    await compare(bot, slack)
    await compare(bot, slack)
    assert len(slack.calls) == 1
    bot.clock.advance(seconds=31)
    # Another process goes on at the page that was refused.
    await compare(bot, slack)
    assert len(slack.calls) == 3
    assert await found(bot, group) == []


async def test_an_attempt_that_died_is_taken_over_when_its_lease_has_run_out(
    bot: TestBot, slack: FakeChannels, people: list[Member]
) -> None:
    await enrol(bot, slack, await add_group(bot, "News", channel="C1"), *people)
    slack.calls.clear()
    now = bot.clock()
    async with bot.database.write() as session:
        until = now + scheduled_comparisons.LEASE
        assert await comparisons.claim(session, "slack", "dead", until=until, now=now)
    await compare(bot, slack)
    assert slack.calls == []
    bot.clock.advance(minutes=6)
    await compare(bot, slack)
    assert len(slack.calls) == 3


async def test_who_comes_or_goes_while_pages_are_read_is_not_mistaken(
    bot: TestBot, slack: FakeChannels, people: list[Member]
) -> None:
    *first, dan, eve = people
    group = await add_group(bot, "News", channel="C1")
    await enrol(bot, slack, group, *first)
    pages: list[str] = []

    def stop(_call: str) -> None:
        pages.append("")
        if len(pages) == 2:
            raise DeliveryError("ratelimited", retry_after=30)

    slack.before = stop
    await compare(bot, slack)
    slack.before = None
    bot.clock.advance(seconds=31)
    await enrol(bot, slack, group, dan, eve)
    slack.channels_in["C1"] = ["U-ann", "U-bob", "U-cat"]
    await compare(bot, slack)
    assert await found(bot, group) == []
    assert await state_of(bot, group, dan) == "confirmed"
    await compare(bot, slack, again=True)
    assert await found(bot, group) == [("left", "Dan"), ("left", "Eve")]


async def test_a_channel_that_is_gone_is_told_and_costs_nobody_their_membership(
    bot: TestBot, slack: FakeChannels, people: list[Member]
) -> None:
    group = await add_group(bot, "News", channel="C1")
    await enrol(bot, slack, group, *people)
    slack.fails = [DeliveryError("channel_not_found", retry_after=None)]
    for _time in range(2):
        await compare(bot, slack, again=True)
    assert {await state_of(bot, group, one) for one in people} == {"confirmed"}
    told = [one.text for one in bot.platform.said_to("ada")]
    assert len([text for text in told if "I can add nobody to the channel of “News”" in text]) == 1
    async with bot.database.read() as session:
        (held,) = await group_channels.of_group(session, group.id)
    assert (held.joined, held.problem) == (False, "channel_not_found")


async def test_newcomers_by_hand_are_asked_for_the_rules_and_never_thrown_out(
    bot: TestBot, slack: FakeChannels, people: list[Member]
) -> None:
    ann, bob, *_others = people
    rules = await publish_rules(bot)
    await accept_rules(bot, bob, rules.version)
    group = await add_group(bot, "News", channel="C1", requires_rules=True)
    slack.channels_in["C1"] = ["U-ann", "U-bob"]
    for _time in range(2):
        await compare(bot, slack, again=True)
    assert [len(bot.platform.said_to(who)) for who in ("ann", "bob")] == [1, 0]
    assert "Be kind." in bot.platform.said_to("ann")[0].plain()
    assert await state_of(bot, group, ann) == "confirmed"
    assert [call[0] for call in slack.calls if call[0] == "kick"] == []


async def test_people_who_are_no_longer_active_have_not_left_by_choice(
    bot: TestBot, slack: FakeChannels, people: list[Member]
) -> None:
    group = await add_group(bot, "News", channel="C1")
    await enrol(bot, slack, group, *people)
    async with bot.database.write() as session:
        gone = await session.get(Member, people[0].id)
        assert gone is not None
        gone.active = False
    slack.channels_in["C1"].remove("U-ann")
    await compare(bot, slack)
    assert await found(bot, group) == []
