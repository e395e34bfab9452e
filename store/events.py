"""Events: what happens when and where, for whom, and whether it is announced or called off."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    JSON,
    Date,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    UniqueConstraint,
    false,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store import event_audiences
from store.database import LARGEST_ID, Base
from store.event_audiences import EventCategory, EventGroup
from store.groups import GroupLead
from store.memberships import Membership, MembershipState

# More than anybody goes to; it keeps a calendar's file to a size that programs take.
MOST_IN_A_CALENDAR = 1_000


class EventKind(StrEnum):
    CONFERENCE = "conference"
    NETWORK_EVENT = "network_event"
    WEBINAR = "webinar"
    BOARD_MEETING = "board_meeting"
    OFFICER_NETWORK = "officer_network"
    STUDY_VISIT = "study_visit"
    OTHER = "other"


class EventState(StrEnum):
    DRAFT = "draft"
    ANNOUNCED = "announced"
    PAST = "past"
    CANCELLED = "cancelled"


class Event(Base):
    __tablename__ = "events"
    __table_args__ = (Index(None, "starts_at"), UniqueConstraint("series_id", "series_day"))

    id: Mapped[int] = mapped_column(primary_key=True)
    # What calendars know it by, for ever.
    uid: Mapped[str] = mapped_column(String(80), unique=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(150))
    kind: Mapped[str] = mapped_column(String(20))
    description: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(5))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    # Whose clocks show when it is, such as Europe/London.
    zone: Mapped[str] = mapped_column(String(40))
    place: Mapped[str] = mapped_column(String(200))
    # Where people join from afar: told to those who said yes, and to nobody else.
    link: Mapped[str] = mapped_column(String(2000))
    # For every member, besides the groups and categories that are named.
    everyone: Mapped[bool]
    # Whether anybody may read of it on the web pages; never the link.
    public: Mapped[bool]
    # How many may come; None is without limit.
    capacity: Mapped[int | None]
    reply_by: Mapped[datetime | None]
    # Whether those who come are asked whom they bring, and what they need at table or to take part.
    asks_guests: Mapped[bool] = mapped_column(default=False, server_default=false())
    asks_needs: Mapped[bool] = mapped_column(default=False, server_default=false())
    # What people type at the door to say that they are there; None until the organiser wants one.
    check_in_code: Mapped[str | None] = mapped_column(String(12), unique=True)
    # Slides and other links for afterwards: each a title and an address.
    links: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list, server_default=text("'[]'"))
    # When those who came were thanked, or it was too late for that.
    thanked_at: Mapped[datetime | None]
    # The organisation whose event it is; None is the network's own.
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id", ondelete="SET NULL"), index=True
    )
    # The series of which it is a date, and the day that its rule gives it, wherever it was moved to.
    series_id: Mapped[int | None] = mapped_column(ForeignKey("event_series.id", ondelete="SET NULL"))
    series_day: Mapped[date | None] = mapped_column(Date)
    organiser: Mapped[str] = mapped_column(String(200))
    created_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("members.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    announced_at: Mapped[datetime | None]
    # The first day on which its organisation's publicity is free again; it is announced then.
    held_until: Mapped[date | None] = mapped_column(Date)
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str] = mapped_column(Text)
    # Rises with each change that a calendar has to take over.
    sequence: Mapped[int] = mapped_column(default=0)

    def state(self, now: datetime) -> EventState:
        if self.cancelled_at is not None:
            return EventState.CANCELLED
        if self.announced_at is None:
            return EventState.DRAFT
        return EventState.PAST if self.ends_at <= now else EventState.ANNOUNCED

    def takes_answers(self, now: datetime) -> bool:
        """Whether people can still say that they come."""
        in_time = self.reply_by is None or now <= self.reply_by
        return self.state(now) is EventState.ANNOUNCED and now < self.starts_at and in_time

    @property
    def is_hybrid(self) -> bool:
        return bool(self.place and self.link)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: a member with the category of their organisation, or a visitor without an id.
    ``everything`` is an administrator's view."""

    member_id: int | None = None
    category: str = ""
    everything: bool = False


def draft(*, uid: str, created_by_id: int | None, now: datetime) -> Event:
    """An event that is not filled in yet; it is for nobody until somebody says so."""
    return Event(
        uid=uid, created_at=now, changed_at=now, sequence=0, everyone=False, public=False,
        created_by_id=created_by_id, announced_at=None, held_until=None, cancelled_at=None,
        cancel_reason="", organisation_id=None, series_id=None, series_day=None,
    )  # fmt: skip


async def by_id(session: AsyncSession, event_id: int, *, lock: bool = False) -> Event | None:
    """``lock`` makes others who want to answer or change it wait until the transaction ends."""
    # What a client sends may be a number that no column holds.
    if not 0 < event_id <= LARGEST_ID:
        return None
    return await session.get(Event, event_id, with_for_update=lock or None, populate_existing=lock)


async def by_ids(session: AsyncSession, ids: Collection[int]) -> list[Event]:
    return list(await session.scalars(select(Event).where(Event.id.in_(ids))))


async def visible(session: AsyncSession, event_id: int, viewer: Viewer) -> Event | None:
    """The event, where the viewer may know of it."""
    if not 0 < event_id <= LARGEST_ID:
        return None
    return await session.scalar(_visible(select(Event).where(Event.id == event_id), viewer))


async def visible_by_slug(session: AsyncSession, slug: str, viewer: Viewer) -> Event | None:
    return await session.scalar(_visible(select(Event).where(Event.slug == slug), viewer))


async def visible_slugs(session: AsyncSession, viewer: Viewer, event_ids: Collection[int]) -> dict[int, str]:
    """The names in addresses of those of some events that the viewer may know of, by id."""
    found = await session.scalars(_visible(select(Event).where(Event.id.in_(event_ids)), viewer))
    return {event.id: event.slug for event in found}


async def by_slug(session: AsyncSession, slug: str) -> Event | None:
    return await session.scalar(select(Event).where(Event.slug == slug))


async def in_calendar(
    session: AsyncSession, viewer: Viewer, since: datetime, *, ids: Select[int] | None = None,
    but: Select[int] | None = None,
) -> list[Event]:  # fmt: skip
    """What belongs into a calendar: announced events that end after a time, and those called off after it;
    the earliest first. ``ids`` narrows it to some events, ``but`` leaves some out."""
    statement = _visible(
        select(Event).where(
            Event.announced_at.is_not(None),
            Event.ends_at > since,
            or_(Event.cancelled_at.is_(None), Event.cancelled_at > since),
        ),
        viewer,
    )
    if ids is not None:
        statement = statement.where(Event.id.in_(ids))
    if but is not None:
        statement = statement.where(Event.id.not_in(but))
    return list(
        await session.scalars(statement.order_by(Event.starts_at, Event.id).limit(MOST_IN_A_CALENDAR))
    )


async def free_slug(session: AsyncSession, wanted: str) -> str:
    """``wanted``, or the next number after it that no event has."""
    return (await free_slugs(session, [wanted]))[0]


async def free_slugs(session: AsyncSession, wanted: Sequence[str]) -> list[str]:
    """The same for several at once: no two of them alike."""
    begun = [Event.slug.startswith(one, autoescape=True) for one in dict.fromkeys(wanted)]
    # A query takes so many conditions and no more.
    parts = [begun[start : start + 200] for start in range(0, len(begun), 200)]
    taken = {slug for part in parts for slug in await session.scalars(select(Event.slug).where(or_(*part)))}
    numbers: dict[str, int] = {}
    found = []
    for one in wanted:
        slug, number = one, numbers.get(one, 2)
        while slug in taken:
            slug, number = f"{one}-{number}", number + 1
        numbers[one] = number
        taken.add(slug)
        found.append(slug)
    return found


async def upcoming(
    session: AsyncSession, viewer: Viewer, now: datetime, *, limit: int, offset: int = 0,
    kind: str = "", query: str = "", ids: Select[int] | None = None, past: bool = False,
    series_id: int | None = None,
) -> tuple[list[Event], int]:  # fmt: skip
    """A page of what is not over and not called off, the next first, and how many there are in all.
    Drafts are among them for those who may see them. ``ids`` narrows it to some events. ``past`` is what
    is over instead, the latest first. Of a series only the next date is among what is to come, unless its
    ``series_id`` asks for all of them."""
    over = (Event.ends_at <= now) & Event.announced_at.is_not(None)
    wanted = over if past else Event.ends_at > now
    matching = _visible(select(Event).where(wanted, Event.cancelled_at.is_(None)), viewer)
    if kind:
        matching = matching.where(Event.kind == kind)
    if ids is not None:
        matching = matching.where(Event.id.in_(ids))
    for word in query.split():
        found = func.lower(Event.title + " " + Event.description).contains(word.lower(), autoescape=True)
        matching = matching.where(found)
    if series_id is not None:
        matching = matching.where(Event.series_id == series_id)
    elif not past:
        matching = select(Event).where(Event.id.in_(_first_of_series(matching)))
    total = await session.scalar(select(func.count()).select_from(matching.subquery()))
    order = (Event.starts_at.desc(), Event.id.desc()) if past else (Event.starts_at, Event.id)
    rows = await session.scalars(matching.order_by(*order).limit(limit).offset(offset))
    return list(rows), total or 0


def announced() -> Select[int]:
    """Events that are no drafts any more, to narrow a list by."""
    return select(Event.id).where(Event.announced_at.is_not(None))


async def to_remind(session: AsyncSession, since: datetime) -> list[Event]:
    """Announced events that start after a time and are not called off."""
    rows = await session.scalars(
        select(Event).where(
            Event.starts_at > since, Event.announced_at.is_not(None), Event.cancelled_at.is_(None)
        )
    )
    return list(rows)


async def to_thank(session: AsyncSession, now: datetime) -> list[Event]:
    """Announced events that are over, and whose people have not been thanked."""
    rows = await session.scalars(
        select(Event).where(
            Event.ends_at <= now,
            Event.thanked_at.is_(None),
            Event.announced_at.is_not(None),
            Event.cancelled_at.is_(None),
        )
    )
    return list(rows)


async def announced_since(session: AsyncSession, moment: datetime, *, limit: int) -> list[Event]:
    """The newest announcements first; what was called off is among them."""
    rows = await session.scalars(
        select(Event).where(Event.announced_at > moment).order_by(Event.announced_at.desc()).limit(limit)
    )
    return list(rows)


async def any_held(session: AsyncSession) -> bool:
    """Whether some event waits for the end of a publicity hold."""
    waiting = select(Event.id).where(Event.held_until.is_not(None), Event.announced_at.is_(None)).limit(1)
    return await session.scalar(waiting) is not None


async def waiting_for_hold(session: AsyncSession) -> list[tuple[str, date]]:
    """The titles of events that are announced when a publicity hold is over, with the day."""
    rows = await session.execute(
        select(Event.title, Event.held_until)
        .where(Event.held_until.is_not(None), Event.announced_at.is_(None), Event.cancelled_at.is_(None))
        .group_by(Event.title, Event.held_until)
        .order_by(Event.held_until, Event.title)
    )
    return [(title, day) for title, day in rows if day]


async def held_before(session: AsyncSession, day: date, now: datetime) -> list[Event]:
    """Events that wait for the end of a publicity hold that is over by a day, and are still to come."""
    rows = await session.scalars(
        select(Event)
        .where(
            Event.held_until <= day,
            Event.announced_at.is_(None),
            Event.cancelled_at.is_(None),
            Event.starts_at > now,
        )
        .order_by(Event.starts_at, Event.id)
        .with_for_update(skip_locked=True)
    )
    return list(rows)


async def is_for_somebody(session: AsyncSession, event: Event) -> bool:
    """Whether anybody is invited or may read of it."""
    if event.everyone or event.public:
        return True
    return bool(
        await event_audiences.group_ids(session, event.id)
        or await event_audiences.categories(session, event.id)
    )


def _first_of_series(matching: Select[Event]) -> Select[int]:
    """The ids of some events, of each series the earliest alone."""
    place = func.row_number().over(partition_by=Event.series_id, order_by=(Event.starts_at, Event.id))
    those = matching.with_only_columns(Event.id, Event.series_id, place.label("place")).subquery()
    return select(those.c.id).where(or_(those.c.series_id.is_(None), those.c.place == 1))


def _visible(statement: Select[Event], viewer: Viewer) -> Select[Event]:
    """Drafts are seen by administrators and by whoever made them."""
    if viewer.everything:
        return statement
    announced = Event.announced_at.is_not(None)
    if viewer.member_id is None:
        return statement.where(announced, Event.public.is_(True))
    inside = select(Membership.group_id).where(
        Membership.member_id == viewer.member_id,
        Membership.state.in_([MembershipState.WANTED, MembershipState.CONFIRMED]),
    )
    led = select(GroupLead.group_id).where(GroupLead.member_id == viewer.member_id)
    through_groups = select(EventGroup.event_id).where(
        or_(EventGroup.group_id.in_(inside), EventGroup.group_id.in_(led))
    )
    through_category = select(EventCategory.event_id).where(EventCategory.category == viewer.category)
    return statement.where(
        or_(
            Event.created_by_id == viewer.member_id,
            announced
            & or_(
                Event.everyone.is_(True),
                Event.public.is_(True),
                Event.id.in_(through_groups),
                Event.id.in_(through_category),
            ),
        )
    )
