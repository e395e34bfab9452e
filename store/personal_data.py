"""Personal data: every row that refers to one member, for that member to see."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Column, Table, select
from sqlalchemy.ext.asyncio import AsyncSession

from store import linking
from store.conversations import Conversation, Entry
from store.database import Base
from store.members import Member
from store.sealing import PREFIX, Vault

# References to a member that are not that member's own data, each with the reason.
LEFT_OUT = {
    ("faq_versions", "author_id"): "an answer is the network's; who wrote it is in the record of acts",
    ("role_grants", "granted_by_id"): "who holds which role is about the person who was given it",
    ("handovers", "claimed_by_id"): "a question is about the person who asked it",
    ("group_suggestions", "decided_by_id"): "a suggestion is about the person who made it",
}
# Columns that would open a door, or say something of the machinery and nothing of the person.
HIDDEN = {
    "calendar_feeds": {"token_hash", "seed"},
    "asked_questions": {"conversation"},
    "sign_in_links": {"id"},
    "web_sessions": {"id", "conversation_id"},
    "conversations": {"id"},
    "conversation_entries": {"conversation_id", "key", "revision"},
    "drafts": {"id"},
    "group_changes": {"id"},
    "faq_changes": {"id", "findings", "preview"},
    "invitations": {"owner", "lease_until"},
    "outbox": {"id", "owner", "lease_until", "uncertain", "reference", "edit"},
}

Row = dict[str, Any]


def sources() -> list[tuple[Table, Column[int]]]:
    """Every table and column that says something of the member it refers to."""
    return [
        (table, column) for table, column in linking.references() if (table.name, column.name) not in LEFT_OUT
    ]


async def of_member(session: AsyncSession, member_id: int, vault: Vault) -> dict[str, list[Row]]:
    """Everything held, by table: a table of a later feature is in it by itself. Empty tables are left out.
    What is sealed is opened; where no key fits it stays as it is."""
    members = Base.metadata.tables[Member.__tablename__]
    found = {members.name: await _rows(session, members, members.c.id, member_id)}
    for table, column in sources():
        rows = await _rows(session, table, column, member_id)
        if rows:
            found.setdefault(table.name, []).extend(rows)
    entries = Base.metadata.tables[Entry.__tablename__]
    said = await session.execute(
        select(*_shown(entries))
        .join(Conversation, Conversation.id == entries.c.conversation_id)
        .where(Conversation.member_id == member_id)
        .order_by(entries.c.id)
    )
    if rows := [_plain(row) for row in said.mappings()]:
        found[entries.name] = rows
    return {name: [_readable(row, vault) for row in rows] for name, rows in found.items()}


def _readable(value: Any, vault: Vault) -> Any:
    if isinstance(value, dict):
        return {name: _readable(one, vault) for name, one in value.items()}
    if isinstance(value, str) and value.startswith(PREFIX):
        return vault.open(value) or value
    return value


async def _rows(session: AsyncSession, table: Table, column: Column[int], member_id: int) -> list[Row]:
    found = await session.execute(
        select(*_shown(table)).where(column == member_id).order_by(*table.primary_key.columns)
    )
    return [_plain(row) for row in found.mappings()]


def _shown(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if column.name not in HIDDEN.get(table.name, ())]


def _plain(row: Any) -> Row:
    """As JSON can hold it."""
    return {
        name: value.isoformat() if isinstance(value, datetime | date | time) else value
        for name, value in row.items()
    }
