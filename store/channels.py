"""Channels of the platforms, as far as the bot can see them, so that people can choose one by name."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import String, func, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base


class Channel(Base):
    __tablename__ = "channels"

    platform: Mapped[str] = mapped_column(String(20), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    is_private: Mapped[bool] = mapped_column(default=False)
    is_archived: Mapped[bool] = mapped_column(default=False)
    # Whether the bot is in it, and so can post.
    joined: Mapped[bool] = mapped_column(default=False)


async def by_id(session: AsyncSession, platform: str, external_id: str) -> Channel | None:
    return await session.get(Channel, (platform, external_id))


async def by_ids(session: AsyncSession, platform: str, external_ids: Collection[str]) -> dict[str, Channel]:
    """Some channels of one platform, by their ids there."""
    rows = await session.scalars(
        select(Channel).where(Channel.platform == platform, Channel.external_id.in_(external_ids))
    )
    return {row.external_id: row for row in rows}


async def named(session: AsyncSession, platform: str, name: str) -> bool:
    """Whether a channel of a platform has this name, archived or not."""
    found = select(Channel.external_id).where(Channel.platform == platform, Channel.name == name).limit(1)
    return await session.scalar(found) is not None


async def platforms(session: AsyncSession) -> list[str]:
    """The platforms that have shown channels, in order of name."""
    return sorted(await session.scalars(select(Channel.platform).distinct()))


async def search(session: AsyncSession, query: str, *, limit: int = 20) -> list[Channel]:
    """Live channels whose name holds the query, of every platform."""
    statement = (
        select(Channel)
        .where(
            Channel.is_archived.is_(False),
            func.lower(Channel.name).contains(query.strip().lstrip("#").lower(), autoescape=True),
        )
        .order_by(Channel.name, Channel.external_id)
        .limit(limit)
    )
    return list(await session.scalars(statement))


async def save(
    session: AsyncSession, platform: str, external_id: str, *, name: str, is_private: bool = False,
    is_archived: bool = False, joined: bool = False,
) -> None:  # fmt: skip
    """Note a channel as it is now; another process may be noting the same one."""
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgres_insert
    now = {"name": name, "is_private": is_private, "is_archived": is_archived, "joined": joined}
    await session.execute(
        insert(Channel)
        .values(platform=platform, external_id=external_id, **now)
        .on_conflict_do_update(index_elements=["platform", "external_id"], set_=now)
    )
