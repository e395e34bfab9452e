"""Figures of events for the measures: how many were invited, answered and came, added up in the database.

Whoever is deactivated is out of them at once, as out of every other count. Events that were called off or
never announced are not in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    case,
    func,
    literal_column,
    not_,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from store.attendance import EventAttendance
from store.event_audiences import EventCategory, EventGroup
from store.events import Event
from store.members import Member
from store.memberships import Membership, MembershipState
from store.organisations import Organisation
from store.replies import Answer, EventReply

# Written out, since a parameter would be another one in GROUP BY.
_NOTHING: ColumnElement[str] = literal_column("''")


class By(StrEnum):
    """What the figures are parted by."""

    EVENT = "event"
    ORGANISATION = "organisation"
    REGION = "region"
    EVERYTHING = "everything"  # Each organisation at each event.


@dataclass(frozen=True, slots=True)
class Counts:
    """``invited`` are all to whom the events were open when they began, and whoever answered or came
    besides; the rest is of these. Guests come on top."""

    invited: int = 0
    going: int = 0
    online: int = 0
    maybe: int = 0
    waiting: int = 0
    cannot: int = 0
    came: int = 0
    guests: int = 0

    @property
    def answered(self) -> int:
        return self.going + self.online + self.maybe + self.waiting + self.cannot

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


@dataclass(frozen=True, slots=True)
class Figures:
    """One line. The event, the organisation and its region are there where the figures are parted by
    them; an organisation that is not known is empty."""

    counts: Counts
    event_id: int = 0
    title: str = ""
    slug: str = ""
    starts_at: datetime | None = None
    zone: str = ""
    organisation: str = ""
    region: str = ""


async def of_event(session: AsyncSession, event_id: int, by: By) -> list[Figures]:
    return await _figures(session, Event.id == event_id, by)


async def of_period(session: AsyncSession, start: datetime, end: datetime, by: By) -> list[Figures]:
    """Of events that begin at ``start`` or later and before ``end``."""
    return await _figures(session, (Event.starts_at >= start) & (Event.starts_at < end), by)


async def _figures(session: AsyncSession, which: ColumnElement[bool], by: By) -> list[Figures]:
    shown = (which, Event.announced_at.is_not(None), Event.cancelled_at.is_(None))
    parts = union_all(*(_part(one) for one in _facts(shown))).subquery("parts")
    keys = _keys(by)
    statement: Select[Any] = (
        select(*keys.values(), *(func.sum(parts.c[one.name]).label(one.name) for one in fields(Counts)))
        .select_from(parts)
        .join(Event, Event.id == parts.c.event_id)
        .outerjoin(Organisation, Organisation.id == parts.c.organisation_id)
        .group_by(*keys.values())
        .order_by(*_order(by))
    )
    found = []
    for row in (await session.execute(statement)).mappings():
        counts = Counts(**{one.name: int(row[one.name] or 0) for one in fields(Counts)})
        found.append(Figures(counts, **{name: row[name] for name in keys}))
    return found


def _facts(shown: Sequence[ColumnElement[bool]]) -> Iterator[tuple[Any, dict[str, Any]]]:
    """What is added up: selections of events with people, and what each of them counts for. Whoever is
    invited is in one of the first three, once."""
    for_all = or_(Event.everyone.is_(True), Event.public.is_(True))
    known = Member.created_at <= Event.starts_at
    one = {"invited": func.count()}
    yield _pairs().join(Member, known).where(*shown, for_all), one
    # Who answered or came without having been here when it began; a person may have done both.
    spoke = union(
        select(EventReply.event_id, EventReply.member_id),
        select(EventAttendance.event_id, EventAttendance.member_id),
    ).subquery("spoke")
    beside = _pairs().join(spoke, spoke.c.event_id == Event.id).join(Member, Member.id == spoke.c.member_id)
    yield beside.where(*shown, for_all, not_(known)), one
    chosen = _chosen(shown).subquery("chosen")
    narrow = _pairs().join(chosen, chosen.c.event_id == Event.id)
    yield narrow.join(Member, Member.id == chosen.c.member_id).where(*shown, not_(for_all)), one
    replied = _pairs().join(EventReply, EventReply.event_id == Event.id)
    answered = {answer.value: _sum_where(EventReply.answer == answer.value) for answer in Answer}
    guests = {"guests": _sum_where(EventReply.answer == Answer.GOING.value, EventReply.guests)}
    yield replied.join(Member, Member.id == EventReply.member_id).where(*shown), answered | guests
    came = _pairs().join(EventAttendance, EventAttendance.event_id == Event.id)
    yield came.join(Member, Member.id == EventAttendance.member_id).where(*shown), {"came": func.count()}


def _chosen(shown: Sequence[ColumnElement[bool]]) -> CompoundSelect[Any]:
    """Whom an event concerns that is for groups or categories, each once."""
    event_id = Event.id.label("event_id")
    by_group = (
        select(event_id, Membership.member_id)
        .join(EventGroup, EventGroup.event_id == Event.id)
        .join(Membership, Membership.group_id == EventGroup.group_id)
        .where(
            *shown,
            Membership.state.in_([MembershipState.WANTED, MembershipState.CONFIRMED]),
            Membership.since <= Event.starts_at,
        )
    )
    by_category = (
        select(event_id, Member.id)
        .join(EventCategory, EventCategory.event_id == Event.id)
        .join(Organisation, Organisation.category == EventCategory.category)
        .join(Member, Member.organisation_id == Organisation.id)
        .where(*shown, Member.created_at <= Event.starts_at)
    )
    return union(
        by_group,
        by_category,
        select(EventReply.event_id, EventReply.member_id),
        select(EventAttendance.event_id, EventAttendance.member_id),
    )


def _pairs() -> Any:
    return select(Event.id.label("event_id"), Member.organisation_id).select_from(Event)


def _part(fact: tuple[Any, dict[str, Any]]) -> Any:
    """A fact added up for each event and organisation, so that little is left to put together."""
    pairs, held = fact
    columns = [held.get(one.name, literal_column("0")).label(one.name) for one in fields(Counts)]
    return (
        pairs.where(Member.active.is_(True)).add_columns(*columns).group_by(Event.id, Member.organisation_id)
    )


def _sum_where(condition: ColumnElement[bool], value: Any = literal_column("1")) -> ColumnElement[Any]:
    return func.sum(case((condition, value), else_=literal_column("0")))


def _keys(by: By) -> dict[str, ColumnElement[Any]]:
    event = {
        "event_id": Event.id.label("event_id"), "title": Event.title, "slug": Event.slug,
        "starts_at": Event.starts_at, "zone": Event.zone,
    }  # fmt: skip
    region = {"region": func.coalesce(Organisation.region, _NOTHING).label("region")}
    organisation = {"organisation": func.coalesce(Organisation.name, _NOTHING).label("organisation")}
    keys: dict[By, dict[str, Any]] = {
        By.EVENT: event,
        By.ORGANISATION: organisation | region,
        By.REGION: region,
        By.EVERYTHING: event | organisation | region,
    }
    return keys[by]


def _order(by: By) -> list[ColumnElement[Any]]:
    """Events by their beginning; names by the letter."""
    keys = _keys(by)
    names = ("starts_at", "event_id", "organisation", "region")
    return [keys[name] for name in names if name in keys]
