"""Channel tasks: channels of groups that a platform still has to make, or the bot has to go into."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base
from store.groups import Group, GroupState


class ChannelAction(StrEnum):
    CREATE = "create"
    JOIN = "join"
    REJOIN = "rejoin"  # Somebody took the bot out of a public channel.


class TaskStatus(StrEnum):
    QUEUED = "queued"
    FAILED = "failed"


class ChannelTask(Base):
    """What is to be done about the channel of a group on one platform; it is deleted once done."""

    __tablename__ = "channel_tasks"
    __table_args__ = (Index(None, "status", "due_at"),)

    group_id: Mapped[int] = mapped_column(
        ForeignKey("member_groups.id", ondelete="CASCADE"), primary_key=True
    )
    platform: Mapped[str] = mapped_column(String(20), primary_key=True)
    action: Mapped[str] = mapped_column(String(10))
    # The name wished for, and whether only those invited see it; for a channel that is to be made.
    name: Mapped[str] = mapped_column(String(120), default="")
    private: Mapped[bool] = mapped_column(default=False)
    # Whoever asked is told what came of it; None tells every administrator.
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"), index=True)
    status: Mapped[str] = mapped_column(String(10))
    # Why the platform refused, in its own word; empty where it has not.
    reason: Mapped[str] = mapped_column(Text, default="")
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    # The process that is at it, and until when nobody else may be.
    owner: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]


async def of_group(session: AsyncSession, group_id: int) -> list[ChannelTask]:
    return list(await session.scalars(select(ChannelTask).where(ChannelTask.group_id == group_id)))


async def by_group(session: AsyncSession) -> dict[int, list[ChannelTask]]:
    """Every task by group id."""
    found: dict[int, list[ChannelTask]] = {}
    for task in await session.scalars(select(ChannelTask)):
        found.setdefault(task.group_id, []).append(task)
    return found


async def ask(
    session: AsyncSession, group_id: int, platform: str, action: ChannelAction, now: datetime, *,
    name: str = "", private: bool = False, asked_by_id: int | None = None,
) -> None:  # fmt: skip
    """Write down what is to be done, in the place of what was to be done before."""
    task = await session.get(ChannelTask, (group_id, platform), with_for_update=True)
    if task is None:
        task = ChannelTask(group_id=group_id, platform=platform)
        session.add(task)
    task.action, task.name, task.private, task.asked_by_id = action, name, private, asked_by_id
    task.status, task.reason, task.attempts, task.due_at = TaskStatus.QUEUED, "", 0, now
    task.owner = task.lease_until = None
    await session.flush()


async def drop(session: AsyncSession, group_id: int, platform: str) -> None:
    await session.execute(
        delete(ChannelTask).where(ChannelTask.group_id == group_id, ChannelTask.platform == platform)
    )


async def claim(
    session: AsyncSession, platform: str, owner: str, *, until: datetime, now: datetime
) -> tuple[ChannelTask, Group] | None:
    """Lease the task that is due longest, of a group that is not archived."""
    row = (
        await session.execute(
            select(ChannelTask, Group)
            .join(Group, Group.id == ChannelTask.group_id)
            .where(
                ChannelTask.platform == platform,
                ChannelTask.status == TaskStatus.QUEUED,
                ChannelTask.due_at <= now,
                or_(ChannelTask.lease_until.is_(None), ChannelTask.lease_until < now),
                Group.state == GroupState.ACTIVE,
            )
            .order_by(ChannelTask.due_at, ChannelTask.group_id)
            .limit(1)
            .with_for_update(skip_locked=True, of=ChannelTask)
        )
    ).first()
    if row is None:
        return None
    row[0].owner, row[0].lease_until = owner, until
    await session.flush()
    return row[0], row[1]


async def leased(session: AsyncSession, group_id: int, platform: str, owner: str) -> ChannelTask | None:
    """A task that this process leased; None when a newer one has taken its place."""
    return await session.scalar(
        select(ChannelTask)
        .where(
            and_(ChannelTask.group_id == group_id, ChannelTask.platform == platform),
            ChannelTask.owner == owner,
        )
        .with_for_update()
    )
