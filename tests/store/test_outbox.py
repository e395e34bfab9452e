"""The outbox: who may claim what, until when, and what stays for a person to look at."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import select

from store import members, outbox, outbox_deliveries
from store.database import Database
from store.outbox import Lease, OutboxRow, Priority, Status
from store.outbox_deliveries import Postponed
from tests.bot import NOW

MINUTE = timedelta(minutes=1)
PLACE = {"platform": "test", "kind": "channel", "id": "C1"}


async def add(
    database: Database, key: str, *, due_at: datetime = NOW, priority: Priority = Priority.PERSONAL,
    lease: Lease | None = None,
) -> str:  # fmt: skip
    async with database.write() as session:
        added = await outbox.add(
            session,
            key=key,
            recipient="place:C1",
            message={"text": key},
            place=PLACE,
            now=NOW,
            due_at=due_at,
            priority=priority,
            lease=lease,
        )
    assert added is not None
    return added


async def claim(database: Database, owner: str, *, at: datetime = NOW, limit: int = 10) -> list[str]:
    async with database.write() as session:
        rows = await outbox_deliveries.claim_due(session, Lease(owner, at + MINUTE), at, limit=limit)
        return [row.key for row in rows]


async def row_of(database: Database, row_id: str) -> OutboxRow:
    async with database.read() as session:
        return (await session.scalars(select(OutboxRow).where(OutboxRow.id == row_id))).one()


async def test_a_key_goes_to_a_recipient_once(database: Database) -> None:
    await add(database, "reminder:1")
    async with database.write() as session:
        again = await outbox.add(
            session, key="reminder:1", recipient="place:C1", message={"text": "again"}, now=NOW
        )
        other = await outbox.add(
            session, key="reminder:1", recipient="place:C2", message={"text": "other"}, now=NOW
        )
    assert again is None
    assert other is not None


async def test_only_what_is_due_is_claimed_and_only_once(database: Database) -> None:
    await add(database, "now")
    await add(database, "later", due_at=NOW + MINUTE)
    assert await claim(database, "one") == ["now"]
    assert await claim(database, "two") == []
    assert await claim(database, "two", at=NOW + MINUTE) == ["later"]


async def test_people_who_wait_go_before_channels(database: Database) -> None:
    await add(database, "broadcast", due_at=NOW - MINUTE, priority=Priority.BROADCAST)
    await add(database, "personal", due_at=NOW - MINUTE)
    await add(database, "reply", priority=Priority.REPLY)
    await add(database, "personal before", due_at=NOW - 2 * MINUTE)
    assert await claim(database, "one", limit=3) == ["reply", "personal before", "personal"]
    assert await claim(database, "two", limit=3) == ["broadcast"]


async def test_a_lease_that_ran_out_is_taken_over_and_doubted(database: Database) -> None:
    row_id = await add(database, "reply", lease=Lease("one", NOW + MINUTE))
    assert await claim(database, "two", at=NOW + MINUTE) == []
    assert await claim(database, "two", at=NOW + MINUTE + timedelta(seconds=1)) == ["reply"]
    row = await row_of(database, row_id)
    assert (row.owner, row.attempts, row.uncertain) == ("two", 1, True)


async def test_a_lease_is_held_by_its_owner_alone(database: Database) -> None:
    row_id = await add(database, "reply", lease=Lease("one", NOW + MINUTE))
    async with database.write() as session:
        await outbox_deliveries.extend(session, [row_id], Lease("two", NOW + 9 * MINUTE))
    assert (await row_of(database, row_id)).lease_until == NOW + MINUTE
    async with database.write() as session:
        await outbox_deliveries.extend(session, [row_id], Lease("one", NOW + 5 * MINUTE))
    assert await claim(database, "two", at=NOW + 4 * MINUTE) == []


async def test_what_is_handed_back_can_be_claimed_at_once(database: Database) -> None:
    lease = Lease("one", NOW + MINUTE)
    fresh = await add(database, "fresh", lease=lease)
    begun = await add(database, "begun", lease=lease)
    other = await add(database, "other", lease=Lease("two", NOW + MINUTE))
    async with database.write() as session:
        await outbox_deliveries.hand_back(session, "one", begun=[begun])
    doubts = [(await row_of(database, row_id)).uncertain for row_id in (fresh, begun, other)]
    assert doubts == [False, True, False]
    assert sorted(await claim(database, "three")) == ["begun", "fresh"]


async def test_waiting_for_a_turn_is_no_attempt(database: Database) -> None:
    row_id = await add(database, "post")
    for turn in range(20):
        assert await claim(database, "one", at=NOW + turn * MINUTE) == ["post"]
        async with database.write() as session:
            waiting = Postponed(row_id, NOW + (turn + 1) * MINUTE, uncertain=False)
            await outbox_deliveries.paced(session, "one", [waiting])
    row = await row_of(database, row_id)
    assert (row.status, row.attempts, row.uncertain) == (Status.QUEUED, 0, False)


async def test_two_claim_side_by_side_and_neither_waits_for_the_other(
    postgres_database: Database,
) -> None:
    database = postgres_database
    for number in range(6):
        await add(database, str(number), due_at=NOW - number * MINUTE)
    async with asyncio.timeout(5), database.write() as first, database.write() as second:
        mine = await outbox_deliveries.claim_due(first, Lease("one", NOW + MINUTE), NOW, limit=4)
        theirs = await outbox_deliveries.claim_due(second, Lease("two", NOW + MINUTE), NOW, limit=4)
    assert [row.key for row in mine] == ["5", "4", "3", "2"]
    assert [row.key for row in theirs] == ["1", "0"]


async def test_a_failed_message_stays_until_somebody_tries_it_again(database: Database) -> None:
    row_id = await add(database, "post", lease=Lease("one", NOW + MINUTE))
    async with database.write() as session:
        await outbox_deliveries.failed(session, row_id, "one", "channel_not_found", NOW)
        await outbox.forget_before(session, NOW + timedelta(days=400))
    async with database.read() as session:
        assert [(row.key, row.error) for row in await outbox.failures(session)] == [
            ("post", "channel_not_found")
        ]
    async with database.write() as session:
        assert await outbox.retry(session, row_id, NOW + MINUTE)
        assert not await outbox.retry(session, row_id, NOW + MINUTE)
    assert await claim(database, "one", at=NOW + MINUTE) == ["post"]
    row = await row_of(database, row_id)
    assert (row.attempts, row.error, row.settled_at) == (1, None, None)


async def test_the_depth_counts_what_waits_and_since_when(database: Database) -> None:
    async with database.read() as session:
        assert await outbox.depth(session) == (0, None)
    sent = await add(database, "sent", due_at=NOW - 9 * MINUTE)
    await add(database, "waiting", due_at=NOW - MINUTE)
    await add(database, "claimed", lease=Lease("one", NOW + MINUTE))
    async with database.write() as session:
        await outbox_deliveries.sent(session, {sent: None}, NOW)
    async with database.read() as session:
        assert await outbox.depth(session) == (2, NOW - MINUTE)


async def test_erasing_a_member_erases_what_waits_for_them(database: Database) -> None:
    async with database.write() as session:
        ann = await members.add(session, name="Ann", now=NOW)
        await outbox.add(
            session, key="k", recipient=f"member:{ann.id}", member_id=ann.id, message={"text": "x"}, now=NOW
        )
        await session.delete(ann)
    async with database.read() as session:
        assert (await session.scalars(select(OutboxRow))).all() == []
