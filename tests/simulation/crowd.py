"""A network whose reminders are all due at one moment: who is to hear of what, told without the bot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from store import choices, event_audiences, events, groups, rounds
from store.database import Database
from store.events import Event
from store.group_channels import GroupChannel
from store.groups import Group, GroupState
from store.members import Identity, Member
from store.replies import Answer, EventReply
from store.rounds import FundingRound, RoundWish
from store.seed import seed
from tests.bot import ROOT
from tests.fakes.slack import FakeSlack
from tests.fakes.slack.workspace import Channel, User

# A quarter of the people's reminders each; every title is a word of its own, to be found in what is said.
MEETINGS = ("Alder", "Birch", "Cedar", "Damson")
CONFERENCE = "Elder"
ROUND = "Figtree"
# One channel in so many is private, and the bot may not read those: there Slack cannot be asked.
UNREAD_ONE_IN = 5

Copy = tuple[str, str]
"""A conversation's id, and the title of what it is reminded of."""


@dataclass
class Crowd:
    """``copies`` is what ought to arrive, each once; ``unread`` are the channels where nobody can ask."""

    people: list[User] = field(default_factory=list)
    channels: list[Channel] = field(default_factory=list)
    copies: set[Copy] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)

    @property
    def titles(self) -> tuple[str, ...]:
        return (*MEETINGS, CONFERENCE, ROUND)


async def gather(database: Database, slack: FakeSlack, reminders: int, due_at: datetime) -> Crowd:
    """Fill a migrated database and a workspace with so many reminders, due at one time: an hour before four
    meetings to those going, a day before a conference to channels, and six hours before a round closes to
    channels and to those who asked."""
    crowd = Crowd()
    # Rules and choices are older than what is due.
    before = due_at - timedelta(days=60)
    await seed(database, ROOT / "data", before)
    slack.app.scopes -= {"groups:history"}
    number = reminders // 5
    for one in range(number):
        crowd.people.append(slack.add_user(f"person{one}"))
    for one in range(max(2, reminders // 50)):
        is_unread = one % UNREAD_ONE_IN == 0
        channel = slack.add_channel(f"board{one}", kind="private" if is_unread else "channel")
        crowd.channels.append(channel)
        if is_unread:
            crowd.unread.add(channel.id)
    async with database.write() as session:
        await session.execute(update(Group).values(state=GroupState.ARCHIVED))
        await choices.put(session, choices.SLACK_KNOWN_AT, before.isoformat(), now=before)
        members = await _join(session, crowd.people, before)
        boards = await _open_boards(session, crowd.channels, before)
        announced = due_at - timedelta(hours=1)
        for title in MEETINGS:
            event = _event(title, due_at + timedelta(hours=1), announced)
            session.add(event)
            await session.flush()
            replies = [
                {"event_id": event.id, "member_id": one, "answer": Answer.GOING, "since": before}
                for one in members
            ]
            await session.execute(insert(EventReply), replies)
        conference = _event(CONFERENCE, due_at + timedelta(days=1), announced)
        fund = _round(due_at + timedelta(hours=6), announced)
        session.add_all([conference, fund])
        await session.flush()
        await event_audiences.put(session, [conference.id], boards, [])
        await rounds.set_groups(session, fund.id, boards)
        # The round makes up what the boards do not: so many reminders in all.
        asked = reminders - len(MEETINGS) * number - 2 * len(boards)
        wishes = [{"round_id": fund.id, "member_id": one, "at": before} for one in members[:asked]]
        await session.execute(insert(RoundWish), wishes)
    for user in crowd.people:
        crowd.copies |= {(slack.dm(user).id, title) for title in MEETINGS}
    crowd.copies |= {(slack.dm(user).id, ROUND) for user in crowd.people[:asked]}
    crowd.copies |= {(channel.id, title) for channel in crowd.channels for title in (CONFERENCE, ROUND)}
    assert len(crowd.copies) == reminders
    return crowd


async def _join(session: AsyncSession, people: Sequence[User], at: datetime) -> list[int]:
    """Members whom the bot knows and has greeted; their ids."""
    found = await session.scalars(
        insert(Member).returning(Member.id, sort_by_parameter_order=True),
        [{"name": user.real_name, "created_at": at, "greeted_at": at, "active": True} for user in people],
    )
    ids = list(found)
    identities = [
        {"member_id": one, "platform": "slack", "external_id": user.id, "profiled": True, "active": True}
        for one, user in zip(ids, people, strict=True)
    ]
    await session.execute(insert(Identity), identities)
    return ids


async def _open_boards(session: AsyncSession, channels: Sequence[Channel], at: datetime) -> list[int]:
    ids = []
    for channel in channels:
        group = await groups.add(
            session, slug=channel.name, name=channel.name, purpose="For tests.", kind="thematic", now=at
        )
        session.add(GroupChannel(group_id=group.id, platform="slack", external_id=channel.id, joined=True))
        ids.append(group.id)
    return ids


def _event(title: str, starts_at: datetime, announced_at: datetime) -> Event:
    event = events.draft(uid=f"{title}@example.org", created_by_id=None, now=announced_at)
    event.slug, event.title, event.kind, event.description = title.lower(), title, "webinar", ""
    event.language, event.place, event.link, event.organiser = "en", "", "", ""
    # A day of its clocks is always 24 hours long.
    event.starts_at, event.ends_at, event.zone = starts_at, starts_at + timedelta(hours=1), "Etc/UTC"
    event.capacity, event.reply_by, event.announced_at = None, None, announced_at
    return event


def _round(closes_at: datetime, announced_at: datetime) -> FundingRound:
    return FundingRound(
        slug=ROUND.lower(), name=ROUND, kind="Policy Lab", description="", maximum_pence=None,
        opens_at=closes_at - timedelta(days=60), closes_at=closes_at, pot_pence=None, lead_categories=[],
        partners=0, delivery_months=None, decision_on=None, links=[], contact="the office",
        organisation_id=None, created_at=announced_at, created_by_id=None, announced_at=announced_at,
        held_until=None, decided_at=None,
    )  # fmt: skip
