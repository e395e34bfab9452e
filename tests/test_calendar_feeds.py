"""Calendar feeds in the chat: made, chosen and taken back by their person; the address is kept out of it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from handlers import calendar_feeds as feeds
from handlers.calendar_feeds import ChooseFeed, MakeFeed, RevokeFeed
from handlers.kit.messages import Message
from handlers.kit.replies import Outcome
from handlers.kit.signing import Signer
from store import calendar_feeds, linking, members, memberships, rounds
from store.calendar_feeds import CalendarFeed
from store.events import Event
from store.members import Member
from store.memberships import Admission, How
from store.outbox import OutboxRow
from store.roles import Role
from store.rounds import FundingRound
from tests.bot import TestBot, message_of
from tests.network import add_group, add_person
from tests.test_events import change, fill, labels, make, network, say


async def feed_of(bot: TestBot, member: Member) -> CalendarFeed | None:
    async with bot.database.read() as session:
        return await calendar_feeds.of_member(session, member.id)


async def token_of(bot: TestBot, member: Member) -> str:
    feed = await feed_of(bot, member)
    assert feed is not None
    return feeds.path_of(bot.surroundings.signer, feed).removeprefix("/calendar/").removesuffix(".ics")


async def person(bot: TestBot, name: str) -> Member:
    async with bot.database.read() as session:
        found = await members.by_identity(session, "test", name)
    assert found is not None
    return found[0]


async def titles(bot: TestBot, member: Member) -> list[str]:
    """What stands in somebody's feed, rounds included."""
    async with bot.database.read() as session:
        found = await calendar_feeds.by_token(session, await token_of(bot, member))
        assert found is not None
        planned, wished = await feeds.contents(session, *found, bot.clock())
    return [one.event.title for one in planned] + [one.name for one in wished]


async def choose(bot: TestBot, who: str, **answers: str) -> Message:
    return await fill(bot, who, await bot.press(who, ChooseFeed()), **answers)


async def test_an_address_is_made_shown_on_the_page_alone_and_taken_back(bot: TestBot) -> None:
    await network(bot)
    ann = await person(bot, "ann")
    assert labels(message_of(await bot.command("ann", "events", "calendar")))[0] == "Make an address"
    made = message_of(await bot.press("ann", MakeFeed()))
    token = await token_of(bot, ann)
    assert len(token) == 43
    assert made.buttons[0].sign_in
    assert made.buttons[0].then == "/calendar"
    (said,) = [one for one in bot.platform.said_to("ann")[-1].buttons if one.label == "See the address"]
    assert (said.url or "").endswith("?next=%2Fcalendar")
    async with bot.database.read() as session:
        kept = " ".join(str(row.message) for row in await session.scalars(select(OutboxRow)))
        feed = await session.get_one(CalendarFeed, ann.id)
    assert token not in kept
    assert token not in (feed.token_hash, feed.seed)
    await bot.press("ann", MakeFeed())
    assert await token_of(bot, ann) != token
    async with bot.database.read() as session:
        assert await calendar_feeds.by_token(session, token) is None
    await bot.press("ann", RevokeFeed())
    assert await feed_of(bot, ann) is None
    assert (await bot.press("ann", RevokeFeed())).outcome is Outcome.HANDLED


async def test_it_holds_what_one_said_yes_or_maybe_to_or_waits_for(bot: TestBot) -> None:
    await network(bot)
    ann = await person(bot, "ann")
    for title, answer in (("Yes", "going"), ("Perhaps", "maybe"), ("Not that", "cannot"), ("Unanswered", "")):
        event = await make(bot, title=title)
        if answer:
            await say(bot, "ann", event, answer)
    full = await make(bot, title="Full", capacity="1")
    await say(bot, "bob", full, "going")
    await say(bot, "ann", full, "going")
    await make(bot, title="Draft", announce=False)
    await bot.press("ann", MakeFeed())
    assert sorted(await titles(bot, ann)) == ["Full", "Perhaps", "Yes"]
    await choose(bot, "ann", contents="all", alarm="hour")
    assert sorted(await titles(bot, ann)) == ["Full", "Perhaps", "Unanswered", "Yes"]
    feed = await feed_of(bot, ann)
    assert feed is not None
    assert feed.alarm_minutes == 60
    await choose(bot, "ann", alarm="never")
    feed = await feed_of(bot, ann)
    assert feed is not None
    assert feed.alarm is None


async def test_what_is_not_for_them_is_in_nobodys_feed(bot: TestBot) -> None:
    await network(bot)
    group = await add_group(bot, "Housing")
    event = await make(bot, title="For the group", everyone="no", groups=[str(group.id)])
    ann, ada = await person(bot, "ann"), await person(bot, "ada")
    async with bot.database.write() as session:
        await memberships.admit(session, [Admission(group.id, ann.id, "web")], How.OWN, bot.clock())
        # Somebody else made it, so that the administrator sees it by their rights alone.
        (await session.get_one(Event, event.id)).created_by_id = None
    for who in ("ann", "ada", "bob"):
        await choose(bot, who, contents="all")
    assert await titles(bot, ann) == ["For the group"]
    assert await titles(bot, ada) == []
    assert await titles(bot, await person(bot, "bob")) == []
    await say(bot, "ada", event, "going")
    assert await titles(bot, ada) == ["For the group"]


async def test_what_was_called_off_or_is_over_stays_for_a_while(bot: TestBot) -> None:
    await network(bot)
    ann = await person(bot, "ann")
    event = await make(bot)
    await say(bot, "ann", event, "going")
    await bot.press("ann", MakeFeed())
    async with bot.database.write() as session:
        (await session.get_one(Event, event.id)).cancelled_at = bot.clock()
    bot.clock.advance(days=59)
    assert await titles(bot, ann) == ["Annual conference"]
    bot.clock.advance(days=2)
    assert await titles(bot, ann) == []


async def test_the_sequence_rises_with_each_change_that_calendars_show(bot: TestBot) -> None:
    await network(bot)
    event = await make(bot)
    await say(bot, "ann", event, "going")
    await bot.press("ann", MakeFeed())
    seen = []
    for changed in ({"title": "Summit"}, {"place": "Library"}, {"starts_time": "11:00"}, {"capacity": "5"}):
        await change(bot, event, **changed)
        async with bot.database.read() as session:
            seen.append((await session.get_one(Event, event.id)).sequence)
    assert seen == [1, 2, 3, 3]


async def test_rounds_that_one_asked_for_close_in_it(bot: TestBot) -> None:
    await network(bot)
    ann = await person(bot, "ann")
    now = bot.clock()
    async with bot.database.write() as session:
        one = FundingRound(
            slug="labs", name="Policy Labs", kind="Policy Lab", description="", opens_at=now,
            closes_at=now.replace(month=12), maximum_pence=None, pot_pence=None, lead_categories=[],
            partners=0, delivery_months=None, decision_on=None, links=[], contact="", created_at=now,
            created_by_id=None, announced_at=now, decided_at=None, revision=0,
        )  # fmt: skip
        session.add(one)
        await session.flush()
        await rounds.wish(session, one.id, ann.id, now)
    await bot.press("ann", MakeFeed())
    assert await titles(bot, ann) == ["Policy Labs"]
    await choose(bot, "ann", rounds="no")
    assert await titles(bot, ann) == []


async def test_whoever_is_deactivated_has_a_feed_no_longer(bot: TestBot) -> None:
    await network(bot)
    ann = await person(bot, "ann")
    await bot.press("ann", MakeFeed())
    token = await token_of(bot, ann)
    async with bot.database.write() as session:
        (await session.get_one(Member, ann.id)).active = False
    async with bot.database.read() as session:
        assert await calendar_feeds.by_token(session, token) is None


async def test_under_another_secret_key_it_goes_on_and_is_not_shown(bot: TestBot) -> None:
    await network(bot)
    ann = await person(bot, "ann")
    await bot.press("ann", MakeFeed())
    feed = await feed_of(bot, ann)
    assert feed is not None
    assert feeds.path_of(Signer("another"), feed) == ""


@pytest.mark.parametrize("kept_has_one", [True, False])
async def test_two_who_turn_out_to_be_one_have_one_feed(bot: TestBot, kept_has_one: bool) -> None:
    await network(bot)
    ann, bob = await person(bot, "ann"), await person(bot, "bob")
    await bot.press("bob", MakeFeed())
    token = await token_of(bot, bob)
    if kept_has_one:
        await bot.press("ann", MakeFeed())
        token = await token_of(bot, ann)
    async with bot.database.write() as session:
        await linking.absorb(
            session, await session.get_one(Member, bob.id), await session.get_one(Member, ann.id)
        )
    assert await token_of(bot, ann) == token


async def test_nonsense_in_the_form_is_refused(bot: TestBot) -> None:
    await add_person(bot, "ann", Role.REVIEWER)
    for wrong in ({"contents": "others"}, {"alarm": "60"}, {"alarm": "x"}, {"rounds": "perhaps"}):
        with pytest.raises(AssertionError):
            await choose(bot, "ann", **wrong)
