"""Linking: two members who turned out to be one person become one, with all that refers to them."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, Table, UniqueConstraint, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from store.audit import AuditRecord
from store.database import Base
from store.members import Identity, Member, belongs_to_its_holder
from store.outbox import OutboxRow
from store.surfaces import PASSIVE_PLATFORM


async def sharing(session: AsyncSession, member_id: int, email: str, platform: str) -> list[Member]:
    """Other members whose live identity on another platform has this address verified, or who were imported
    with it, oldest first."""
    rows = await session.scalars(
        select(Member)
        .where(
            Member.id != member_id,
            exists().where(
                Identity.member_id == Member.id,
                Identity.email == email.lower(),
                belongs_to_its_holder(),
                Identity.platform != platform,
            ),
        )
        .order_by(Member.id)
    )
    return list(rows)


async def absorb(session: AsyncSession, gone: Member, kept: Member) -> None:
    """Move everything of ``gone`` to ``kept`` and delete ``gone``.

    Where both have a row of which one person can have only one (the same role, the conversation on the
    web pages), the row of ``kept`` stays. Objects that the session has loaded, other than the identities
    and ``kept``, are let go of: load them again.
    """
    await session.flush()
    await _keep_one_passive_identity(session, gone.id, kept.id)
    for table, column in references():
        for others in _unique_with(table, column):
            await _drop_duplicates(session, table, column, others, gone.id, kept.id)
        await session.execute(update(table).where(column == gone.id).values({column.name: kept.id}))
    await _readdress(session, gone.id, kept.id)
    kept.name = kept.name or gone.name
    kept.greeted_at = min(filter(None, (kept.greeted_at, gone.greeted_at)), default=None)
    kept.preferred_platform = kept.preferred_platform or gone.preferred_platform
    if gone.locale_chosen and not kept.locale_chosen:
        kept.locale, kept.locale_chosen = gone.locale, True
    if not kept.organisation_fixed and (gone.organisation_fixed or kept.organisation_id is None):
        kept.organisation_id = gone.organisation_id
        kept.organisation_fixed = gone.organisation_fixed
    kept.active = kept.active or gone.active
    table = Base.metadata.tables[Member.__tablename__]
    await session.execute(delete(table).where(table.c.id == gone.id))
    await session.flush()
    for row in list(session):
        if isinstance(row, Identity):
            await session.refresh(row)
        elif row is not kept:
            session.expunge(row)


def references() -> Iterator[tuple[Table, Column[int]]]:
    """Every column of every table that refers to a member."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if any(key.column.table.name == Member.__tablename__ for key in column.foreign_keys):
                yield table, column


def _unique_with(table: Table, column: Column[int]) -> Iterator[list[Column[object]]]:
    """The other columns of each key, constraint or index by which ``column`` has to be unique."""
    groups = [list(table.primary_key.columns)]
    groups += [list(one.columns) for one in table.constraints if isinstance(one, UniqueConstraint)]
    groups += [list(index.columns) for index in table.indexes if index.unique]
    for group in groups:
        if any(one is column for one in group):
            yield [one for one in group if one is not column]


async def _drop_duplicates(
    session: AsyncSession, table: Table, column: Column[int], others: list[Column[object]],
    gone: int, kept: int,
) -> None:  # fmt: skip
    twin = table.alias()
    same = [twin.c[other.name] == other for other in others]
    await session.execute(
        delete(table).where(column == gone, exists(select(1).where(twin.c[column.name] == kept, *same)))
    )


async def _keep_one_passive_identity(session: AsyncSession, gone: int, kept: int) -> None:
    """An identity on the web pages is a conversation there, and a person has one."""
    held = await session.scalar(
        select(Identity.id).where(Identity.member_id == kept, Identity.platform == PASSIVE_PLATFORM).limit(1)
    )
    if held is not None:
        await session.execute(
            delete(Identity).where(Identity.member_id == gone, Identity.platform == PASSIVE_PLATFORM)
        )


async def _readdress(session: AsyncSession, gone: int, kept: int) -> None:
    """What names a member in its text rather than by a foreign key."""
    table = Base.metadata.tables[OutboxRow.__tablename__]
    old, new = f"member:{gone}", f"member:{kept}"
    twin = table.alias()
    sent_to_both = exists(select(1).where(twin.c.recipient == new, twin.c.key == table.c.key))
    await session.execute(delete(table).where(table.c.recipient == old, sent_to_both))
    await session.execute(update(table).where(table.c.recipient == old).values(recipient=new))
    await session.execute(
        update(AuditRecord)
        .where(AuditRecord.subject == "member", AuditRecord.subject_id == str(gone))
        .values(subject_id=str(kept))
    )
