"""The relay: every message is delivered, by one process, or stays for a person to look at."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from handlers.kit.errors import DeliveryError
from handlers.kit.messages import Button, Message
from handlers.kit.platform import Delivered, Delivery
from handlers.kit.updates import Place
from scheduled import outbox_relay
from scheduled.outbox_relay import MOST_ATTEMPTS
from store import outbox
from store.database import Database
from store.outbox import Status
from tests.bot import NOW, NotingPlatform, TestBot, TestClock
from tests.scheduled.relays import Outcomes, post, relay_of, rows, run


async def test_two_relays_on_one_database_deliver_each_message_once(
    database: Database, clock: TestClock
) -> None:
    platform = NotingPlatform("test")
    other = Database(database.url.render_as_string(hide_password=False))
    for number in range(60):
        await post(database, f"post:{number}")
    await asyncio.gather(
        run(relay_of(database, clock, platform, "one")), run(relay_of(other, clock, platform, "two"))
    )
    await other.close()
    said = [message.text for _, message in platform.delivered]
    assert sorted(said) == sorted(f"post:{number}" for number in range(60))
    held = (await rows(database)).values()
    assert {(row.status, row.attempts, row.owner) for row in held} == {(Status.SENT, 1, None)}


async def test_a_failure_that_passes_is_tried_again_when_the_platform_says(
    database: Database, clock: TestClock
) -> None:
    outcomes: Outcomes = []
    platform = NotingPlatform("test")
    platform.fails = [DeliveryError("ratelimited", retry_after=40.0)]
    relay = relay_of(database, clock, platform, outcomes=outcomes)
    await post(database, "post")
    await run(relay)
    row = (await rows(database))["post"]
    assert (row.status, row.error, row.due_at) == (
        Status.QUEUED, "ratelimited", NOW + timedelta(seconds=40),
    )  # fmt: skip
    clock.advance(seconds=39)
    await run(relay)
    assert platform.delivered == []
    clock.advance(seconds=1)
    await run(relay)
    assert len(platform.delivered) == 1
    assert outcomes == [("test", "again"), ("test", "sent")]


async def test_an_unforeseen_fault_backs_off_and_asks_before_it_sends_again(
    database: Database, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = NotingPlatform("test")
    relay = relay_of(database, clock, platform)
    row_id = await post(database, "post")

    async def broken(delivery: Delivery, place: Place) -> Delivered:
        platform.found[delivery.id] = Delivered({"number": 7})
        raise RuntimeError("the answer was lost")

    monkeypatch.setattr(platform, "deliver", broken)
    await run(relay)
    row = (await rows(database))["post"]
    assert (row.status, row.uncertain, row.error) == (Status.QUEUED, True, "RuntimeError")
    assert NOW < row.due_at <= NOW + timedelta(seconds=2)
    clock.advance(seconds=2)
    await run(relay)
    row = (await rows(database))["post"]
    assert (row.id, row.status, row.reference) == (row_id, Status.SENT, {"number": 7})


async def test_waits_between_attempts_grow_up_to_half_an_hour() -> None:
    waits = [outbox_relay._backoff(attempt) for attempt in range(1, 40)]
    assert all(1 <= wait <= 1800 for wait in waits)
    assert all(2 ** (n - 1) <= wait <= 2**n for n, wait in enumerate(waits[:10], 1))
    assert all(wait >= 900 for wait in waits[11:])


@pytest.mark.parametrize("lasting", [True, False], ids=["refused for good", "too many attempts"])
async def test_what_cannot_be_delivered_is_listed_and_can_be_tried_again(
    database: Database, clock: TestClock, lasting: bool
) -> None:
    outcomes: Outcomes = []
    platform = NotingPlatform("test")
    relay = relay_of(database, clock, platform, outcomes=outcomes)
    row_id = await post(database, "post")
    retry_after = None if lasting else 1.0
    platform.fails = [DeliveryError("no", retry_after=retry_after)] * (1 if lasting else MOST_ATTEMPTS)
    for _ in range(MOST_ATTEMPTS + 3):
        await run(relay)
        clock.advance(minutes=30)
    assert (platform.delivered, platform.fails) == ([], [])
    assert outcomes[-1] == ("test", "failed")
    async with database.write() as session:
        assert [row.id for row in await outbox.failures(session)] == [row_id]
        await outbox.retry(session, row_id, clock())
    await run(relay)
    assert len(platform.delivered) == 1


async def test_a_reply_too_late_for_its_platform_expires(database: Database, clock: TestClock) -> None:
    outcomes: Outcomes = []
    platform = NotingPlatform("test")
    await post(database, "reply", expires_at=NOW + timedelta(minutes=30))
    clock.advance(minutes=30)
    await run(relay_of(database, clock, platform, outcomes=outcomes))
    assert platform.delivered == []
    assert (await rows(database))["reply"].status == Status.EXPIRED
    assert outcomes == [("test", "expired")]


async def test_a_message_that_cannot_be_read_holds_up_no_other(database: Database, clock: TestClock) -> None:
    platform = NotingPlatform("test")
    await post(database, "odd", place={"platform": "test", "kind": "nowhere", "id": "C1"})
    await post(database, "post")
    await run(relay_of(database, clock, platform))
    held = await rows(database)
    assert (held["odd"].status, held["odd"].error) == (Status.FAILED, "unreadable")
    assert held["post"].status == Status.SENT


async def test_being_told_to_wait_is_no_failure_however_often(database: Database, clock: TestClock) -> None:
    platform = NotingPlatform("test")
    relay = relay_of(database, clock, platform)
    await post(database, "post")
    platform.fails = [DeliveryError("ratelimited", retry_after=7.0, paced=True)] * (3 * MOST_ATTEMPTS)
    for _ in range(3 * MOST_ATTEMPTS):
        await run(relay)
        clock.advance(seconds=6)
        await run(relay)
        clock.advance(seconds=1)
    await run(relay)
    assert (len(platform.delivered), platform.fails) == (1, [])


async def test_a_fault_that_lasts_is_asked_about_less_and_less_often(
    database: Database, clock: TestClock
) -> None:
    platform = NotingPlatform("test")
    relay = relay_of(database, clock, platform)
    await post(database, "post")
    platform.fails = [DeliveryError("status 500", retry_after=5.0, started=True)] * 14
    waits = []
    for _ in range(14):
        await run(relay)
        due_at = (await rows(database))["post"].due_at
        waits.append((due_at - clock()).total_seconds())
        clock.now = due_at
    assert waits[0] == 5
    assert all(wait >= 900 for wait in waits[11:])
    await run(relay)
    assert len(platform.delivered) == 1


async def test_somebody_whom_no_platform_reaches_is_a_failure_to_look_at(bot: TestBot) -> None:
    member = await bot.add_member("ann", active=False)
    await post(bot.database, "hello", recipient=f"member:{member.id}", member_id=member.id, place=None)
    await bot.deliver()
    row = (await rows(bot.database))["hello"]
    assert (row.status, row.error) == (Status.FAILED, "this person can be reached on no platform")


async def test_a_platform_that_is_not_connected_is_waited_for(database: Database, clock: TestClock) -> None:
    await post(database, "post")
    await run(relay_of(database, clock, NotingPlatform("elsewhere")))
    row = (await rows(database))["post"]
    assert (row.status, row.error) == (Status.QUEUED, "test is not connected")


async def test_a_sign_in_link_is_made_at_delivery_and_kept_nowhere(
    bot: TestBot, caplog: pytest.LogCaptureFixture
) -> None:
    member = await bot.add_member("ann")
    minted: list[int] = []

    async def mint(member_id: int) -> str:
        minted.append(member_id)
        return f"https://bot.example.org/sign-in/token-{len(minted)}"

    relay = relay_of(bot.database, bot.clock, bot.platform, mint=mint)
    bot.platform.fails = [DeliveryError("ratelimited", retry_after=0.0, paced=True)]
    message = Message(text="Here you are.", buttons=(Button(label="Sign in", sign_in=True),))
    await post(
        bot.database, "link", message, recipient=f"member:{member.id}", member_id=member.id, place=None
    )
    assert minted == []
    await run(relay)
    await run(relay)
    assert minted == [member.id, member.id]
    said = bot.platform.said_to("ann")[0]
    assert said.buttons == (Button(label="Sign in", url="https://bot.example.org/sign-in/token-2"),)
    row = (await rows(bot.database))["link"]
    assert row.status == Status.SENT
    assert "token-" not in f"{row.message} {row.reference} {row.error} {row.edit}" + caplog.text


async def test_a_link_that_nobody_can_make_is_a_failure_to_look_at(bot: TestBot) -> None:
    message = Message(text="Here you are.", buttons=(Button(label="Sign in", sign_in=True),))
    await post(bot.database, "link", message)
    await run(relay_of(bot.database, bot.clock, bot.platform))
    assert (await rows(bot.database))["link"].status == Status.FAILED


async def test_an_edit_of_a_card_that_is_gone_is_given_up(
    bot: TestBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    row_id = await post(bot.database, "card")
    await bot.deliver()

    async def gone(reference: dict[str, Any], message: Message) -> None:
        raise DeliveryError("message_not_found", retry_after=None)

    monkeypatch.setattr(bot.platform, "edit", gone)
    async with bot.database.write() as session:
        for row in await outbox.copies(session, "card"):
            outbox.change_row(row, Message(text="changed").model_dump(mode="json"), bot.clock())
    await bot.deliver()
    row = (await rows(bot.database))["card"]
    assert (row.id, row.edit, row.edit_due_at, row.error) == (row_id, None, None, "message_not_found")
