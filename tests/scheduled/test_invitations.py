"""Invitations reach the platform in batches, once each, and a refusal is kept with its reason."""

from __future__ import annotations

import pytest

from handlers import enrolment
from handlers.kit.errors import DeliveryError
from handlers.kit.platform import InviteOutcome
from scheduled import invitations as scheduled_invitations
from store import groups, invitations
from store.groups import Group, GroupState
from store.members import Member
from store.memberships import How, MembershipState
from tests.bot import TestBot
from tests.fakes.channels import FakeChannels
from tests.network import add_group, add_person, membership_of, state_of


@pytest.fixture
def slack() -> FakeChannels:
    return FakeChannels("slack", invites_at_once=2)


async def drain(bot: TestBot, slack: FakeChannels, process: str = "p1") -> None:
    await scheduled_invitations.job(
        bot.database, bot.clock, {"slack": slack, "test": bot.platform}, process
    )()


async def admit(bot: TestBot, group: Group, *people: Member) -> None:
    async with bot.database.write() as session:
        await enrolment.admit(session, group, [one.id for one in people], How.RULE, bot.clock())


async def failures(bot: TestBot, group: Group) -> dict[str, str]:
    async with bot.database.read() as session:
        return {member.name: row.reason for row, member in await invitations.failed(session, group.id)}


async def test_people_are_invited_in_batches_and_confirmed(bot: TestBot, slack: FakeChannels) -> None:
    people = [await add_person(bot, name, platforms=("slack",)) for name in ("ann", "bob", "cat")]
    group = await add_group(bot, "News", channel="C1")
    await admit(bot, group, *people)
    await drain(bot, slack)
    await drain(bot, slack)
    assert slack.calls == [("invite", "C1", ("U-ann", "U-bob")), ("invite", "C1", ("U-cat",))]
    held = await membership_of(bot, group, people[0])
    assert held is not None
    assert (held.state, held.confirmed_on, held.confirmed_at) == ("confirmed", "slack", bot.clock())


async def test_a_refusal_for_good_is_listed_and_can_be_tried_again(bot: TestBot, slack: FakeChannels) -> None:
    people = [await add_person(bot, name, platforms=("slack",)) for name in ("ann", "bob")]
    group = await add_group(bot, "News", channel="C1")
    await admit(bot, group, *people)
    slack.refuses["U-bob"] = (InviteOutcome.NEVER, "user_is_restricted")
    await drain(bot, slack)
    assert await failures(bot, group) == {"Bob": "user_is_restricted"}
    assert await state_of(bot, group, people[0]) == "confirmed"
    slack.refuses.clear()
    async with bot.database.write() as session:
        assert await invitations.retry(session, group.id, bot.clock()) == 1
    await drain(bot, slack)
    assert await failures(bot, group) == {}
    assert await state_of(bot, group, people[1]) == "confirmed"


async def test_what_may_help_is_tried_again_later_and_not_for_ever(bot: TestBot, slack: FakeChannels) -> None:
    ann = await add_person(bot, "ann", platforms=("slack",))
    group = await add_group(bot, "News", channel="C1")
    await admit(bot, group, ann)
    slack.refuses["U-ann"] = (InviteOutcome.AGAIN, "internal_error")
    await drain(bot, slack)
    await drain(bot, slack)
    assert len(slack.calls) == 1
    for _attempt in range(20):
        bot.clock.advance(hours=3)
        await drain(bot, slack)
    assert len(slack.calls) == scheduled_invitations.MOST_ATTEMPTS
    assert await failures(bot, group) == {"Ann": "internal_error"}


async def test_a_limit_is_waited_for_and_uses_up_no_attempt(bot: TestBot, slack: FakeChannels) -> None:
    ann = await add_person(bot, "ann", platforms=("slack",))
    group = await add_group(bot, "News", channel="C1")
    await admit(bot, group, ann)
    slack.fails = [DeliveryError("ratelimited", retry_after=30)] * 20
    for _attempt in range(20):
        await drain(bot, slack)
        await drain(bot, slack)
        bot.clock.advance(seconds=30)
    assert slack.fails == []
    await drain(bot, slack)
    assert await state_of(bot, group, ann) == "confirmed"


async def test_an_archived_channel_fails_everybody_with_its_reason(bot: TestBot, slack: FakeChannels) -> None:
    people = [await add_person(bot, name, platforms=("slack",)) for name in ("ann", "bob", "cat")]
    group = await add_group(bot, "News", channel="C1")
    await admit(bot, group, *people)
    slack.fails = [DeliveryError("is_archived", retry_after=None)] * 2
    await drain(bot, slack)
    assert await failures(bot, group) == dict.fromkeys(("Ann", "Bob", "Cat"), "is_archived")


async def test_a_batch_of_a_process_that_died_is_taken_over(bot: TestBot, slack: FakeChannels) -> None:
    ann = await add_person(bot, "ann", platforms=("slack",))
    group = await add_group(bot, "News", channel="C1")
    await admit(bot, group, ann)
    now = bot.clock()
    async with bot.database.write() as session:
        until = now + scheduled_invitations.LEASE
        assert await invitations.claim(session, "slack", "dead", until=until, now=now, limit=30)
    await drain(bot, slack)
    assert slack.calls == []
    bot.clock.advance(minutes=6)
    await drain(bot, slack)
    assert await state_of(bot, group, ann) == "confirmed"


async def test_people_are_taken_out_and_the_newest_wish_wins(bot: TestBot, slack: FakeChannels) -> None:
    ann = await add_person(bot, "ann", platforms=("slack",))
    group = await add_group(bot, "News", channel="C1")
    await admit(bot, group, ann)
    now = bot.clock()
    async with bot.database.write() as session:
        batch = await invitations.claim(session, "slack", "p1", until=now, now=now, limit=30)
        await enrolment.take_out(session, group, [ann.id], now)
    assert batch is not None
    async with bot.database.write() as session:
        done = invitations.InvitationStatus.DONE
        assert not await invitations.settle(session, batch, "p1", ann.id, done, due_at=now)
    await drain(bot, slack)
    assert slack.calls == [("kick", "C1", ("U-ann",))]


async def test_somebody_who_cannot_be_taken_out_holds_up_nobody(bot: TestBot, slack: FakeChannels) -> None:
    people = [await add_person(bot, name, platforms=("slack",)) for name in ("ann", "bob")]
    group = await add_group(bot, "News", channel="C1")
    await admit(bot, group, *people)
    await drain(bot, slack)
    async with bot.database.write() as session:
        await enrolment.take_out(session, group, [one.id for one in people], bot.clock())
    slack.fails = [DeliveryError("cant_kick_from_general", retry_after=None)]
    await drain(bot, slack)
    assert await failures(bot, group) == {"Ann": "cant_kick_from_general"}
    assert slack.channels_in["C1"] == ["U-ann"]


async def test_nobody_is_invited_who_is_gone_or_into_what_is_archived(
    bot: TestBot, slack: FakeChannels
) -> None:
    ann = await add_person(bot, "ann", platforms=("slack",))
    bob = await add_person(bot, "bob", platforms=("slack",))
    group = await add_group(bot, "News", channel="C1")
    old = await add_group(bot, "Old news", channel="C2")
    await admit(bot, group, ann)
    await admit(bot, old, bob)
    async with bot.database.write() as session:
        member = await session.get(Member, ann.id)
        held = await groups.by_id(session, old.id)
        assert member is not None
        assert held is not None
        member.active, held.state = False, GroupState.ARCHIVED
    await drain(bot, slack)
    assert slack.calls == []
    assert await state_of(bot, old, bob) == MembershipState.WANTED
