"""For whom events are: the groups and the categories of organisations that are invited."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base


class EventGroup(Base):
    __tablename__ = "event_groups"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    group_id: Mapped[int] = mapped_column(
        ForeignKey("member_groups.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class EventCategory(Base):
    """Members of organisations of a category are invited."""

    __tablename__ = "event_categories"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    category: Mapped[str] = mapped_column(String(20), primary_key=True)


async def put(
    session: AsyncSession, event_ids: Collection[int], group_ids: Collection[int], categories: Collection[str]
) -> None:
    """Say for which groups and categories some events are."""
    await session.execute(delete(EventGroup).where(EventGroup.event_id.in_(event_ids)))
    await session.execute(delete(EventCategory).where(EventCategory.event_id.in_(event_ids)))
    add(session, event_ids, group_ids, categories)
    await session.flush()


def add(
    session: AsyncSession, event_ids: Collection[int], group_ids: Collection[int], categories: Collection[str]
) -> None:
    """The same for new events, which are for nobody yet."""
    groups, named = list(dict.fromkeys(group_ids)), list(dict.fromkeys(categories))
    session.add_all(EventGroup(event_id=event_id, group_id=one) for event_id in event_ids for one in groups)
    session.add_all(EventCategory(event_id=event_id, category=one) for event_id in event_ids for one in named)


async def group_ids(session: AsyncSession, event_id: int) -> list[int]:
    rows = await session.scalars(select(EventGroup.group_id).where(EventGroup.event_id == event_id))
    return sorted(rows)


async def groups_of(session: AsyncSession, event_ids: Collection[int]) -> dict[int, list[int]]:
    """The ids of the groups that each event is for, in order."""
    found: dict[int, list[int]] = {event_id: [] for event_id in event_ids}
    rows = await session.execute(
        select(EventGroup.event_id, EventGroup.group_id)
        .where(EventGroup.event_id.in_(event_ids))
        .order_by(EventGroup.group_id)
    )
    for event_id, group_id in rows:
        found[event_id].append(group_id)
    return found


async def categories(session: AsyncSession, event_id: int) -> list[str]:
    rows = await session.scalars(select(EventCategory.category).where(EventCategory.event_id == event_id))
    return sorted(rows)
