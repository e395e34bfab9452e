"""Groups: what they are for, who may come in, and who leads them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    and_,
    case,
    delete,
    false,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import LARGEST_ID, Base
from store.members import Member
from store.memberships import Membership, MembershipState


class GroupKind(StrEnum):
    THEMATIC = "thematic"
    SECTORAL = "sectoral"
    REGIONAL = "regional"
    BODY = "body"
    ANNOUNCEMENTS = "announcements"


class Visibility(StrEnum):
    OPEN = "open"
    BY_REQUEST = "by_request"
    INVITATION = "invitation"  # Seen by its members and by administrators alone.


class GroupState(StrEnum):
    ACTIVE = "active"
    ARCHIVED = "archived"


class Group(Base):
    __tablename__ = "member_groups"
    __table_args__ = (Index(None, "evaluate_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    purpose: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(5), default="en")
    visibility: Mapped[str] = mapped_column(String(20), default=Visibility.OPEN)
    # Whether only people who accepted the rules of engagement are enrolled.
    requires_rules: Mapped[bool] = mapped_column(default=True)
    # Who is enrolled without asking, as ``handlers.enrolment_rules`` reads it; None enrols nobody.
    rule: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    state: Mapped[str] = mapped_column(String(20), default=GroupState.ACTIVE)
    merged_into_id: Mapped[int | None] = mapped_column(
        ForeignKey("member_groups.id", name="fk_member_groups_merged_into_id", ondelete="SET NULL")
    )
    created_at: Mapped[datetime]
    # The same for readers of Welsh; empty where nobody has written it.
    name_cy: Mapped[str] = mapped_column(String(120), default="", server_default="")
    purpose_cy: Mapped[str] = mapped_column(Text, default="", server_default="")
    # After its rule changed: everybody up to this member id has been looked at again; None is done.
    evaluate_from: Mapped[int | None]
    # Whether that look also takes out those whom the rule had brought in and no longer fits.
    evaluate_removes: Mapped[bool] = mapped_column(default=False)

    # Whether the bot answers clear questions in its channels that nobody put to it.
    offers_answers: Mapped[bool] = mapped_column(default=False, server_default=false())

    def name_for(self, locale: str) -> str:
        """The name in a reader's language; in English where there is no other."""
        return self.name_cy if locale == "cy" and self.name_cy else self.name

    def purpose_for(self, locale: str) -> str:
        return self.purpose_cy if locale == "cy" and self.purpose_cy else self.purpose


class GroupLead(Base):
    """Somebody who looks after one group: answers requests to join it. No permission elsewhere."""

    __tablename__ = "group_leads"

    group_id: Mapped[int] = mapped_column(
        ForeignKey("member_groups.id", ondelete="CASCADE"), primary_key=True
    )
    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    since: Mapped[datetime]


async def add(
    session: AsyncSession, *, slug: str, name: str, purpose: str, kind: str, now: datetime,
    language: str = "en", visibility: str = Visibility.OPEN, requires_rules: bool = True,
    rule: dict[str, Any] | None = None, name_cy: str = "", purpose_cy: str = "", offers_answers: bool = False,
) -> Group:  # fmt: skip
    """A new group; its rule is looked at from the first member on."""
    group = Group(
        slug=slug,
        name=name,
        purpose=purpose,
        kind=kind,
        language=language,
        visibility=visibility,
        requires_rules=requires_rules,
        rule=rule,
        state=GroupState.ACTIVE,
        merged_into_id=None,
        created_at=now,
        name_cy=name_cy,
        purpose_cy=purpose_cy,
        evaluate_from=None if rule is None else 0,
        evaluate_removes=False,
        offers_answers=offers_answers,
    )
    session.add(group)
    await session.flush()
    return group


async def by_id(session: AsyncSession, group_id: int) -> Group | None:
    # What a client sends may be a number that no column holds.
    return await session.get(Group, group_id) if 0 < group_id <= LARGEST_ID else None


async def by_slug(session: AsyncSession, slug: str) -> Group | None:
    return await session.scalar(select(Group).where(Group.slug == slug))


async def ids_by_slug(session: AsyncSession, slugs: Collection[str]) -> list[int]:
    return list(await session.scalars(select(Group.id).where(Group.slug.in_(slugs))))


async def named(session: AsyncSession, name: str) -> Group | None:
    """The group with this name, in either language, or slug, whatever the case; an active one before an
    archived one."""
    wanted = name.strip().lower()
    if not wanted:
        return None
    return await session.scalar(
        select(Group)
        .where(
            or_(func.lower(Group.name) == wanted, func.lower(Group.name_cy) == wanted, Group.slug == wanted)
        )
        .order_by(Group.state, Group.id)
        .limit(1)
    )


async def free_slug(session: AsyncSession, wanted: str) -> str:
    """``wanted``, or the next number after it that no group has."""
    taken = set(
        await session.scalars(select(Group.slug).where(Group.slug.startswith(wanted, autoescape=True)))
    )
    slug, number = wanted, 2
    while slug in taken:
        slug, number = f"{wanted}-{number}", number + 1
    return slug


async def active(session: AsyncSession, *, kind: GroupKind | None = None) -> list[Group]:
    statement = select(Group).where(Group.state == GroupState.ACTIVE).order_by(Group.name, Group.id)
    return list(await session.scalars(statement if kind is None else statement.where(Group.kind == kind)))


async def listed(
    session: AsyncSession, member_id: int | None, *, limit: int, offset: int = 0,
    kind: GroupKind | None = None, query: str = "", everything: bool = False,
) -> tuple[list[Group], int]:  # fmt: skip
    """A page of the active groups that a person may see, and how many there are in all.

    Who is nobody we know sees the open ones. ``everything`` shows groups by invitation to people who are
    not in them, too.
    """
    matching = _visible(select(Group), member_id, everything=everything)
    if kind is not None:
        matching = matching.where(Group.kind == kind)
    for word in query.split():
        said = Group.name + " " + Group.purpose + " " + Group.name_cy + " " + Group.purpose_cy
        found = func.lower(said).contains(word.lower(), autoescape=True)
        matching = matching.where(found)
    total = await session.scalar(select(func.count()).select_from(matching.subquery()))
    rows = await session.scalars(matching.order_by(Group.name, Group.id).limit(limit).offset(offset))
    return list(rows), total or 0


async def every(
    session: AsyncSession, query: str = "", *, limit: int, offset: int = 0
) -> tuple[list[Group], int]:
    """A page of all groups whose name holds the query, archived ones last, and how many there are."""
    named = func.lower(Group.name + " " + Group.name_cy)
    matching = select(Group).where(named.contains(query.lower(), autoescape=True))
    total = await session.scalar(select(func.count()).select_from(matching.subquery()))
    rows = await session.scalars(
        matching.order_by(Group.state, Group.name, Group.id).limit(limit).offset(offset)
    )
    return list(rows), total or 0


async def of_member(session: AsyncSession, member_id: int) -> list[tuple[Group, Membership]]:
    """The active groups somebody is in, comes into or has asked for."""
    rows = await session.execute(
        select(Group, Membership)
        .join(Membership, Membership.group_id == Group.id)
        .where(
            Membership.member_id == member_id,
            Membership.state.in_(
                [MembershipState.WANTED, MembershipState.CONFIRMED, MembershipState.REQUESTED]
            ),
            Group.state == GroupState.ACTIVE,
        )
        .order_by(Group.name, Group.id)
    )
    return [(group, membership) for group, membership in rows]


async def to_evaluate(session: AsyncSession) -> Group | None:
    """A group whose changed rule has not reached everybody; on PostgreSQL, one that nobody else works on."""
    return await session.scalar(
        select(Group)
        .where(Group.evaluate_from.is_not(None), Group.state == GroupState.ACTIVE)
        .order_by(Group.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


async def judge_everybody(session: AsyncSession) -> None:
    """Have everybody judged anew by every rule, in the background, after facts about many changed. Nobody
    is taken out for it, unless an administrator's change of the rule that does so is still under way."""
    under_way = and_(Group.evaluate_from.is_not(None), Group.evaluate_removes)
    await session.execute(
        update(Group)
        .where(Group.rule.is_not(None), Group.state == GroupState.ACTIVE)
        .values(evaluate_from=0, evaluate_removes=case((under_way, true()), else_=false()))
        .execution_options(synchronize_session=False)
    )


async def replace_organisation(session: AsyncSession, old_id: int, new_ids: list[int]) -> None:
    """Have the rules that name an organisation name what became of it instead."""
    for group in await session.scalars(select(Group).where(Group.rule.is_not(None))):
        rule = _replaced(group.rule, old_id, new_ids)
        if rule != group.rule:
            group.rule = rule
    await session.flush()


def _replaced(rule: Any, old_id: int, new_ids: list[int]) -> Any:
    if isinstance(rule, list):
        return [_replaced(part, old_id, new_ids) for part in rule]
    if not isinstance(rule, dict):
        return rule
    return {
        key: sorted({*(one for one in value if one != old_id), *new_ids})
        if key == "organisation" and old_id in value
        else _replaced(value, old_id, new_ids)
        for key, value in rule.items()
    }


async def leads(session: AsyncSession, group_id: int) -> list[Member]:
    """Active leads of a group, in order of name."""
    rows = await session.scalars(
        select(Member)
        .join(GroupLead, GroupLead.member_id == Member.id)
        .where(GroupLead.group_id == group_id, Member.active.is_(True))
        .order_by(Member.name, Member.id)
    )
    return list(rows)


async def leads_of(session: AsyncSession, member_id: int) -> frozenset[int]:
    """The ids of the groups that somebody leads."""
    return frozenset(
        await session.scalars(select(GroupLead.group_id).where(GroupLead.member_id == member_id))
    )


async def make_lead(session: AsyncSession, group_id: int, member_id: int, *, now: datetime) -> bool:
    """False when the member leads the group already."""
    if await session.get(GroupLead, (group_id, member_id)) is not None:
        return False
    session.add(GroupLead(group_id=group_id, member_id=member_id, since=now))
    await session.flush()
    return True


async def end_lead(session: AsyncSession, group_id: int, member_id: int) -> bool:
    """False when the member does not lead the group."""
    ended = await session.execute(
        delete(GroupLead)
        .where(GroupLead.group_id == group_id, GroupLead.member_id == member_id)
        .returning(GroupLead.member_id)
    )
    return ended.first() is not None


async def sizes(session: AsyncSession, group_ids: Collection[int]) -> dict[int, int]:
    """How many active people are in each group; those on their way in are not counted yet."""
    rows = await session.execute(
        select(Membership.group_id, func.count())
        .join(Member, Member.id == Membership.member_id)
        .where(
            Membership.group_id.in_(group_ids),
            Membership.state == MembershipState.CONFIRMED,
            Member.active.is_(True),
        )
        .group_by(Membership.group_id)
    )
    return {row[0]: row[1] for row in rows}


def _visible(statement: Select[Group], member_id: int | None, *, everything: bool) -> Select[Group]:
    statement = statement.where(Group.state == GroupState.ACTIVE)
    if everything:
        return statement
    if member_id is None:
        return statement.where(Group.visibility == Visibility.OPEN)
    own = select(Membership.group_id).where(
        Membership.member_id == member_id,
        Membership.state.in_([MembershipState.WANTED, MembershipState.CONFIRMED]),
    )
    led = select(GroupLead.group_id).where(GroupLead.member_id == member_id)
    return statement.where(
        or_(Group.visibility != Visibility.INVITATION, Group.id.in_(own), Group.id.in_(led))
    )
