"""Five hundred people join Slack within a minute, under its limits, while the bot is killed three times:
everybody ends in exactly the groups that the rules say, and every refusal is listed."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from handlers.kit.platform import system_clock
from store import choices, groups, invitations
from store.comparisons import Comparison
from store.database import Database
from store.group_channels import GroupChannel
from store.groups import Group, GroupState
from store.invitations import Invitation, InvitationStatus
from store.members import Identity
from store.memberships import Membership, MembershipState
from store.organisations import MailDomain, Organisation
from store.outbox import OutboxRow, Status
from store.seed import seed
from tests.bot import ROOT
from tests.fakes.slack import FakeSlack, User
from tests.fakes.slack.rate_limits import RateLimits
from tests.fakes.slack.workspace import Channel
from tests.processes.running import listen, running, slack_settings

pytestmark = pytest.mark.processes

PEOPLE = 500
# One in twenty: Slack refuses them, and has not told the bot that their account is switched off.
DEACTIVATED_ONE_IN = 20
GROUPS = 100
ARCHIVED = (3, 41, 77)
COUNCILS = 20
REGIONS = ("north", "south", "wales-midlands", "scotland-ni")
CATEGORIES = ("full", "associate")
# The bot dies as soon as so many have been heard to join.
KILLED_AT = (100, 250, 400)
AT_ONCE = 8
# Slack's limits hold, on a clock that runs so much faster: a minute's worth of calls comes every two
# seconds. What a refusal says of when to come again is waited for in full.
FASTER = 30
PATIENCE_SECONDS = 150
LOOKED_EVERY_SECONDS = 0.5


@dataclass
class Town:
    """The workspace, and what its groups ought to come to."""

    slack: FakeSlack
    channels: dict[int, Channel] = field(default_factory=dict)
    group_ids: dict[int, int] = field(default_factory=dict)
    people: list[User] = field(default_factory=list)
    switched_off: set[str] = field(default_factory=set)

    def groups_of(self, number: int) -> set[int]:
        """The groups that the rules say for one person, told without the code that reads rules."""
        return {group for group in range(GROUPS) if _fits(group, number % COUNCILS)}


def _fits(group: int, council: int) -> bool:
    if group < 80:
        return council == group % COUNCILS
    if group < 90:
        return council % 4 == group % 4 and council % 2 == 0
    return group == 90 and council % 4 != 0


def _rule(group: int, councils: list[int]) -> dict[str, Any]:
    """The same in the words of rules; a council's region is its number by four, its category by two."""
    if group < 80:
        return {"organisation": [councils[group % COUNCILS]]}
    if group < 90:
        return {"all": [{"region": [REGIONS[group % 4]]}, {"category": ["full"]}]}
    if group == 90:
        return {"all": [{"region": list(REGIONS)}, {"not": {"region": ["north"]}}]}
    return {"capacity": ["councillor"]}


async def build(slack: FakeSlack, database: Database) -> Town:
    """A hundred groups with channels, three of them archived; every tenth the bot has yet to join."""
    town, now = Town(slack), system_clock()
    await seed(database, ROOT / "data", now)
    async with database.write() as session:
        await session.execute(update(Group).values(state=GroupState.ARCHIVED))
        councils = []
        for number in range(COUNCILS):
            council = Organisation(
                name=f"Example {number}", category=CATEGORIES[number % 2], kind="council",
                region=REGIONS[number % 4],
            )  # fmt: skip
            session.add(council)
            await session.flush()
            session.add(MailDomain(organisation_id=council.id, domain=f"council{number}.example.org"))
            councils.append(council.id)
        for number in range(GROUPS):
            inside = number % 10 != 0
            channel = slack.add_channel(f"g{number}", bot=inside, is_archived=number in ARCHIVED)
            group = await groups.add(
                session, slug=f"g{number}", name=f"Group {number}", purpose="For tests.", kind="thematic",
                now=now, requires_rules=False, rule=_rule(number, councils),
            )  # fmt: skip
            group.evaluate_from = None
            session.add(
                GroupChannel(group_id=group.id, platform="slack", external_id=channel.id, joined=inside)
            )
            town.channels[number], town.group_ids[number] = channel, group.id
    for number in range(PEOPLE):
        user = slack.add_user(
            f"person{number}", email=f"person{number}@council{number % COUNCILS}.example.org"
        )
        # They are in no list of people yet: each arrives with their event.
        del slack.workspace.users[user.id]
        town.people.append(user)
        if number % DEACTIVATED_ONE_IN == (number // DEACTIVATED_ONE_IN) % DEACTIVATED_ONE_IN:
            town.switched_off.add(user.id)
    return town


async def arrive(town: Town, waiting: deque[User], joined: Callable[[], bool]) -> None:
    """People join one after the other, until enough have."""
    while waiting and not joined():
        user = waiting.popleft()
        town.slack.workspace.users[user.id] = user
        telling = asyncio.create_task(town.slack.events.joined_team(user))
        await asyncio.sleep(0)
        # The event has been written by now, and says that they are there.
        user.deleted = user.id in town.switched_off
        await telling


async def let_leases_run_out(database: Database) -> None:
    """As if some minutes had gone by since the process was killed."""
    past = system_clock() - timedelta(seconds=1)
    async with database.write() as session:
        await session.execute(
            update(OutboxRow).where(OutboxRow.status == Status.CLAIMED).values(lease_until=past)
        )
        for table in (Invitation, Comparison):
            await session.execute(update(table).where(table.owner.is_not(None)).values(lease_until=past))


async def left_to_do(town: Town, database: Database) -> dict[str, int]:
    """How many people are not known yet, and how much still waits."""
    wanted = sum(len(town.groups_of(number)) for number in range(PEOPLE))
    async with database.read() as session:
        known = await session.scalar(
            select(func.count()).select_from(Identity).where(Identity.profiled.is_(True))
        )
        held = await session.scalar(select(func.count()).select_from(Membership))
        unsent = await session.scalar(
            select(func.count())
            .select_from(OutboxRow)
            .where(OutboxRow.status.in_([Status.QUEUED, Status.CLAIMED]))
        )
        invited = await invitations.waiting(session)
    found = {
        "people": PEOPLE - (known or 0),
        "memberships": wanted - (held or 0),
        "invitations": invited,
        "messages": unsent or 0,
    }
    return {name: count for name, count in found.items() if count}


async def settled(town: Town, database: Database) -> None:
    """Until everybody is known, and nothing waits: no invitation, and no message."""
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while left := await left_to_do(town, database):
        assert time.monotonic() < ends_at, left
        # Looking is work for the same processors that the bot needs.
        await asyncio.sleep(LOOKED_EVERY_SECONDS)


async def noted(database: Database) -> None:
    """Until those are noted who were there before the bot: whoever comes from then on is new."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            async with database.read() as session:
                if await choices.get(session, choices.SLACK_KNOWN_AT):
                    return
            await asyncio.sleep(LOOKED_EVERY_SECONDS)


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    limits = RateLimits(lambda: time.time() * FASTER)
    async with FakeSlack(retry_delays=(1.0, 2.0, 4.0, 8.0, 8.0, 8.0), rate_limits=limits) as started:
        yield started


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_crowd_that_joins_ends_in_exactly_the_groups_that_the_rules_say(
    slack: FakeSlack, database: Database, database_url: str, tmp_path: Path
) -> None:
    town = await build(slack, database)
    waiting = deque(town.people)
    for most in (*KILLED_AT, PEOPLE):
        async with running(tmp_path, database_url, slack_settings(slack)) as bot:
            listen(slack, bot)
            await bot.ready()
            await noted(database)
            enough = lambda most=most: PEOPLE - len(waiting) >= most  # noqa: E731
            await asyncio.gather(*(arrive(town, waiting, enough) for _worker in range(AT_ONCE)))
            if most < PEOPLE:
                await bot.kill()
                await let_leases_run_out(database)
                continue
            await settled(town, database)
            complaints = bot.complaints()
    assert complaints == []
    await check_channels(town)
    await check_records(town, database)
    check_messages(town)


async def check_channels(town: Town) -> None:
    """In Slack: each channel holds those whom the rules name, less those whom Slack refused."""
    bot = town.slack.app.bot_user_id
    for group, channel in town.channels.items():
        expected = {
            user.id
            for number, user in enumerate(town.people)
            if group in town.groups_of(number) and user.id not in town.switched_off and group not in ARCHIVED
        }
        assert set(channel.members) - {bot} == expected, channel.name


async def check_records(town: Town, database: Database) -> None:
    """In the database: confirmed where Slack let them in, and listed with the reason where it did not."""
    numbers = {group_id: number for number, group_id in town.group_ids.items()}
    users = {user.id: number for number, user in enumerate(town.people)}
    async with database.read() as session:
        known = {
            row.member_id: row.external_id
            for row in await session.scalars(select(Identity).where(Identity.platform == "slack"))
        }
        held = {
            (users[known[row.member_id]], numbers[row.group_id]): row.state
            for row in await session.scalars(select(Membership))
        }
        refused = {
            (users[known[row.member_id]], numbers[row.group_id]): row.reason
            for row in await session.scalars(
                select(Invitation).where(Invitation.status == InvitationStatus.FAILED)
            )
        }
    expected_states: dict[tuple[int, int], str] = {}
    expected_reasons: dict[tuple[int, int], str] = {}
    for number, user in enumerate(town.people):
        for group in town.groups_of(number):
            reason = ""
            if group in ARCHIVED:
                reason = "is_archived"
            elif user.id in town.switched_off:
                reason = "cant_invite"
            expected_states[number, group] = MembershipState.WANTED if reason else MembershipState.CONFIRMED
            if reason:
                expected_reasons[number, group] = reason
    assert held == expected_states
    assert refused == expected_reasons


def check_messages(town: Town) -> None:
    """Nobody was told anything twice, and everybody who can be reached was greeted."""
    for user in town.people:
        said = Counter(message.text for message in town.slack.bot_messages(town.slack.dm(user)))
        assert [text for text, times in said.items() if times > 1] == [], user.name
        assert bool(said) == (user.id not in town.switched_off), user.name
