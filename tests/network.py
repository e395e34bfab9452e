"""A small network for tests of groups: people with facts, and groups with rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from store import groups, memberships, profiles, rules_of_engagement
from store.group_channels import GroupChannel
from store.groups import Group, GroupKind, Visibility
from store.members import Identity, Member
from store.memberships import Membership
from store.organisations import Organisation
from store.roles import Role
from store.rules_of_engagement import RulesAcceptance, RulesVersion
from tests.bot import TestBot

EVERYONE: dict[str, Any] = {"everyone": True}


async def add_organisation(
    bot: TestBot, name: str, *, category: str = "full", kind: str = "council", region: str = "wales-midlands"
) -> Organisation:
    async with bot.database.write() as session:
        organisation = Organisation(name=name, category=category, kind=kind, region=region)
        session.add(organisation)
    return organisation


async def add_person(
    bot: TestBot, external_id: str, *held: Role, organisation: Organisation | None = None,
    capacity: str = "", interests: tuple[str, ...] = (), platforms: tuple[str, ...] = (), **values: Any,
) -> Member:  # fmt: skip
    """A member with a profile; ``platforms`` know them besides ``test``."""
    member = await bot.add_member(
        external_id, *held, organisation_id=organisation.id if organisation else None, **values
    )
    async with bot.database.write() as session:
        profile = await profiles.start(session, member.id, now=bot.clock())
        profile.capacity, profile.interests = capacity, list(interests)
        for platform in platforms:
            session.add(Identity(member_id=member.id, platform=platform, external_id=f"U-{external_id}"))
    return member


async def add_group(
    bot: TestBot, name: str, *, rule: dict[str, Any] | None = None, visibility: Visibility = Visibility.OPEN,
    requires_rules: bool = False, kind: GroupKind = GroupKind.THEMATIC, channel: str | None = None,
) -> Group:  # fmt: skip
    """An active group; ``channel`` is its channel on the platform ``slack``. Its rule is at rest: tests
    say when it is applied."""
    async with bot.database.write() as session:
        group = await groups.add(
            session,
            slug=name.lower().replace(" ", "-"),
            name=name,
            purpose=f"All about {name.lower()}.",
            kind=kind,
            now=bot.clock(),
            visibility=visibility,
            requires_rules=requires_rules,
            rule=rule,
        )
        group.evaluate_from = None
        if channel:
            session.add(
                GroupChannel(
                    group_id=group.id, platform="slack", external_id=channel, private=False, joined=True
                )
            )
    return group


async def publish_rules(bot: TestBot, *, grace_days: int = 14, text: str = "Be kind.") -> RulesVersion:
    async with bot.database.write() as session:
        version = await rules_of_engagement.write(
            session, {"en": text}, grace_days=grace_days, author_id=None, now=bot.clock()
        )
        version.published_at = bot.clock()
    return version


async def accept_rules(bot: TestBot, member: Member, version: int) -> None:
    async with bot.database.write() as session:
        session.add(
            RulesAcceptance(
                member_id=member.id,
                version=version,
                language="en",
                text="Be kind.",
                platform="test",
                accepted_at=bot.clock(),
            )
        )


async def membership_of(bot: TestBot, group: Group, member: Member) -> Membership | None:
    async with bot.database.read() as session:
        return await memberships.of_pair(session, group.id, member.id)


async def state_of(bot: TestBot, group: Group, member: Member) -> str | None:
    """The state of a membership; None where there is none."""
    held = await membership_of(bot, group, member)
    return held.state if held else None


async def names_of_groups(bot: TestBot, member: Member) -> list[str]:
    """The names of the groups that somebody is in or on their way into."""
    async with bot.database.read() as session:
        return [group.name for group, _membership in await groups.of_member(session, member.id)]


async def confirm(session: AsyncSession, group: Group, member: Member, now: datetime) -> None:
    """The platform of the group's channel shows somebody in it."""
    held = await session.scalar(
        select(Membership).where(Membership.group_id == group.id, Membership.member_id == member.id)
    )
    assert held is not None
    held.confirm("slack", now)
