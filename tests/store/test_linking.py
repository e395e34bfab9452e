"""Two members who are one person become one, whatever tables refer to them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Column, Date, Float, Integer, Table, Time, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from store import linking, members, outbox, roles, schema
from store.database import Database, UTCDateTime
from store.members import Identity, Member
from store.outbox import OutboxRow
from store.roles import Role
from tests.bot import NOW

REFERENCES = [(table.name, column.name) for table, column in linking.references()]


class Rows:
    """Makes a row of any table, and of the tables that it needs."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._numbers = itertools.count(1)

    async def add(self, table: Table, given: dict[str, Any]) -> dict[str, Any]:
        values = dict(given)
        for column in table.columns:
            if column.name in values or column is table.autoincrement_column:
                continue
            if column.foreign_keys:
                values[column.name] = None if column.nullable else await self._parent(column)
            else:
                values[column.name] = self._value(column)
        made = await self._session.execute(insert(table).values(values).returning(*table.primary_key.columns))
        return values | dict(made.mappings().one())

    async def _parent(self, column: Column[Any]) -> Any:
        target = next(iter(column.foreign_keys)).column
        return (await self.add(target.table, {}))[target.name]

    def _value(self, column: Column[Any]) -> object:
        number = next(self._numbers)
        kind = column.type
        if isinstance(kind, Boolean):
            return False
        if isinstance(kind, Float):
            return float(number)
        if isinstance(kind, Integer):
            return number
        if isinstance(kind, JSON):
            return []
        if isinstance(kind, Time):
            return NOW.time()
        if isinstance(kind, Date):
            return NOW.date()
        if isinstance(kind, UTCDateTime):
            return NOW
        return str(number)


async def _couple(session: AsyncSession) -> tuple[Member, Member]:
    kept = await members.add(session, name="Ann Archer", now=NOW)
    return await members.add(session, name="Ann", now=NOW), kept


def _shared(table: Table, column: Column[int]) -> Iterator[str]:
    for others in linking._unique_with(table, column):
        yield from (other.name for other in others)


@pytest.mark.parametrize(("table_name", "column_name"), REFERENCES)
async def test_every_row_that_refers_to_a_member_follows(
    database: Database, table_name: str, column_name: str
) -> None:
    table = schema.METADATA.tables[table_name]
    column = table.columns[column_name]
    async with database.write() as session:
        gone, kept = await _couple(session)
        rows = Rows(session)
        first = await rows.add(table, {column_name: kept.id})
        twin = {name: first[name] for name in _shared(table, column)} | {column_name: gone.id}
        await rows.add(table, twin)
        await linking.absorb(session, gone, kept)
    unique = any(True for _group in linking._unique_with(table, column))
    async with database.read() as session:
        left = (await session.scalars(select(column).where(column.is_not(None)))).all()
        assert set(left) == {kept.id}
        assert len(left) == (1 if unique else 2)
        assert gone.id not in (await session.scalars(select(Member.id))).all()


async def test_roles_and_identities_of_both_are_one_persons(database: Database) -> None:
    async with database.write() as session:
        gone, kept = await _couple(session)
        for member, platform, role in ((gone, "test", Role.OWNER), (kept, "other", Role.REVIEWER)):
            await members.add_identity(session, member, platform, "ann")
            await roles.grant(session, member.id, role, by_id=None, now=NOW)
            await roles.grant(session, member.id, Role.PANEL, by_id=None, now=NOW)
        gone.greeted_at = NOW
        gone.locale, gone.locale_chosen = "cy", True
        await linking.absorb(session, gone, kept)
    async with database.read() as session:
        one = await members.by_id(session, kept.id)
        assert one is not None
        assert (one.name, one.locale, one.greeted_at) == ("Ann Archer", "cy", NOW)
        assert await roles.of_member(session, kept.id) == {Role.OWNER, Role.REVIEWER, Role.PANEL}
        assert set(await session.scalars(select(Identity.member_id))) == {kept.id}


async def test_a_person_keeps_one_identity_on_the_web_pages(database: Database) -> None:
    async with database.write() as session:
        gone, kept = await _couple(session)
        await members.add_identity(session, gone, "web", "gone's conversation")
        await members.add_identity(session, kept, "web", "kept's conversation")
        await linking.absorb(session, gone, kept)
    async with database.read() as session:
        assert (await session.scalars(select(Identity.external_id))).all() == ["kept's conversation"]


async def test_nothing_that_was_sent_to_both_is_sent_again(database: Database) -> None:
    async with database.write() as session:
        gone, kept = await _couple(session)
        for member, key in ((gone, "both"), (kept, "both"), (gone, "one")):
            await outbox.add(
                session, key=key, recipient=f"member:{member.id}", message={}, now=NOW, member_id=member.id
            )
        await linking.absorb(session, gone, kept)
        again = await outbox.add(session, key="one", recipient=f"member:{kept.id}", message={}, now=NOW)
        assert again is None
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(OutboxRow)) == 2
        assert set(await session.scalars(select(OutboxRow.recipient))) == {f"member:{kept.id}"}
