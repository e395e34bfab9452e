"""Retention: what is no longer needed goes; what somebody may still want stays."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from scheduled import all_jobs, retention
from store import drafts, outbox, received
from store.drafts import Draft
from store.outbox import OutboxRow, Status
from store.received import ReceivedUpdate
from tests.bot import NOW, TestBot

DAY = timedelta(days=1)


async def test_received_updates_go_after_a_week(bot: TestBot) -> None:
    async with bot.database.write() as session:
        await received.claim(session, "old", NOW - 8 * DAY)
        await received.claim(session, "recent", NOW - 6 * DAY)
    await retention.job(bot.database, bot.clock)()
    async with bot.database.read() as session:
        assert (await session.scalars(select(ReceivedUpdate.id))).all() == ["recent"]


async def test_messages_go_three_months_after_they_ended_and_failed_ones_stay(bot: TestBot) -> None:
    async with bot.database.write() as session:
        for key, status, settled_at in (
            ("sent long ago", Status.SENT, NOW - 91 * DAY),
            ("expired long ago", Status.EXPIRED, NOW - 91 * DAY),
            ("sent", Status.SENT, NOW - 89 * DAY),
            ("failed long ago", Status.FAILED, NOW - 400 * DAY),
            ("waiting", Status.QUEUED, None),
        ):
            row_id = await outbox.add(
                session, key=key, recipient="place:C1", message={"text": key}, now=NOW - 400 * DAY
            )
            row = await session.get_one(OutboxRow, row_id)
            row.status, row.settled_at = status, settled_at
    await retention.job(bot.database, bot.clock)()
    async with bot.database.read() as session:
        kept = (await session.scalars(select(OutboxRow.key).order_by(OutboxRow.key))).all()
    assert kept == ["failed long ago", "sent", "waiting"]


async def test_drafts_that_somebody_typed_into_stay_longest(bot: TestBot) -> None:
    ann = await bot.add_member("ann")
    async with bot.database.write() as session:
        for form, age, touched, sent in (
            ("opened yesterday", 1, False, False),
            ("opened days ago", 3, False, False),
            ("typed into", 89, True, False),
            ("typed into long ago", 91, True, False),
            ("sent days ago", 3, True, True),
        ):
            draft = await drafts.start(session, ann.id, form, "", {}, now=NOW - age * DAY)
            draft.touched = touched
            if sent:
                draft.send(NOW - age * DAY)
    await retention.job(bot.database, bot.clock)()
    async with bot.database.read() as session:
        kept = (await session.scalars(select(Draft.form).order_by(Draft.form))).all()
    assert kept == ["opened yesterday", "typed into"]


def test_every_process_delivers_holds_its_leases_and_tidies_up(bot: TestBot) -> None:
    names = {job.name for job in all_jobs(bot.database, bot.clock, bot.relay, {}, bot.surroundings)}
    assert {"outbox.relay", "outbox.hold", "retention"} <= names
