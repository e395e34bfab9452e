"""The outbox relay: delivers what the bot owes, at once where this process wrote it, else by ticks."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from handlers.kit.context import LEASE
from handlers.kit.errors import DeliveryError
from handlers.kit.messages import Message
from handlers.kit.platform import Clock, Delivered, Delivery, Platform
from handlers.kit.updates import Place
from store import outbox_deliveries, surfaces
from store.database import Database, is_unavailable
from store.outbox import TAKEN_AWAY, Lease, OutboxRow

log = structlog.get_logger(__name__)

AT_ONCE = 64  # Deliveries under way in one process.
CLAIMED_AT_ONCE = 128
SETTLED_AT_ONCE = 256
# How long the last outcomes may take to be written down when the process stops.
LAST_WORD_SECONDS = 1.5
# A message that has to wait longer than this for its turn goes back for any process to take.
LONGEST_TURN = timedelta(seconds=5)
# With waits that double up to half an hour this outlasts an outage of some six hours.
MOST_ATTEMPTS = 24
LONGEST_BACKOFF = timedelta(minutes=30)

# Makes a one-time sign-in link for a member.
MintLink = Callable[[int], Awaitable[str]]
ObserveDelivery = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class _Settlement:
    """How a delivery or an edit ended, to be written down."""

    row_id: str
    outcome: str  # sent, again, paced, failed, expired, edited, taken_away or edit_again
    reference: dict[str, Any] | None = None
    error: str = ""
    due_at: datetime | None = None
    message: Message | None = None
    # The platform may have the message all the same: ask it before the next attempt.
    uncertain: bool = False


class OutboxRelay:
    """Delivers outbox rows. Any number of processes may run one on the same database."""

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, Platform],
        clock: Clock,
        process: str,
        *,
        mint_link: MintLink | None = None,
        observe: ObserveDelivery | None = None,
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._clock = clock
        self._process = process
        self._mint_link = mint_link
        self._observe = observe
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._settlements: list[tuple[_Settlement, asyncio.Future[None]]] = []
        self._settling: asyncio.Task[None] | None = None
        self._stopping = False
        # When a tick last had room to work: a relay that stands still is not ready.
        self.ticked_at: datetime | None = None

    def take(self, deliveries: Iterable[Delivery]) -> None:
        """Deliver rows that this process has leased already, without waiting."""
        for delivery in deliveries:
            self._begin(delivery.id, self._deliver(delivery))

    async def deliver(self, deliveries: Iterable[Delivery]) -> None:
        """Deliver leased rows and wait until they are settled."""
        deliveries = list(deliveries)
        self.take(deliveries)
        tasks = [task for one in deliveries if (task := self._under_way.get(one.id))]
        await asyncio.gather(*tasks)

    async def tick(self) -> None:
        """Claim and begin everything that is due."""
        while not self._stopping:
            self.ticked_at = self._clock()
            room = AT_ONCE - len(self._under_way)
            if room <= 0:
                await asyncio.wait(self._under_way.values(), return_when=asyncio.FIRST_COMPLETED)
                continue
            now = self._clock()
            lease = Lease(self._process, now + LEASE)
            async with self._database.write() as session:
                most = min(room, CLAIMED_AT_ONCE)
                rows = await outbox_deliveries.claim_due(session, lease, now, limit=most)
                edits = await outbox_deliveries.claim_edits(session, lease, now, limit=most)
            for row in rows:
                self._begin(row.id, self._deliver(_delivery(row)))
            for row in edits:
                self._begin(row.id, self._edit(row))
            if not rows and not edits:
                break

    async def hold(self) -> None:
        """Extend the leases of what is still under way; run more often than leases end."""
        if ids := list(self._under_way):
            lease = Lease(self._process, self._clock() + LEASE)
            async with self._database.write() as session:
                await outbox_deliveries.extend(session, ids, lease)

    def drain(self) -> None:
        """Claim nothing more; what is under way goes on."""
        self._stopping = True

    async def stop(self, *, within: timedelta) -> None:
        """Finish what is under way, then hand the rest back for another process.

        With the database away nothing can be handed back: then the leases run out by themselves.
        """
        self.drain()
        if self._under_way:
            await asyncio.wait(self._under_way.values(), timeout=within.total_seconds())
        cut_off = dict(self._under_way)
        for task in cut_off.values():
            task.cancel()
        try:
            async with asyncio.timeout(LAST_WORD_SECONDS):
                if self._settling is not None:
                    await self._settling
                async with self._database.write() as session:
                    await outbox_deliveries.hand_back(session, self._process, begun=cut_off)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("relay.stopped.with_leases", error=type(error).__name__)

    async def wait(self) -> None:
        """Wait until what is under way now is settled."""
        if self._under_way:
            await asyncio.wait(self._under_way.values())

    def _begin(self, row_id: str, work: Any) -> None:
        if row_id in self._under_way:
            work.close()
            return
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._under_way[row_id] = task
        task.add_done_callback(lambda _task: self._under_way.pop(row_id, None))

    async def _deliver(self, delivery: Delivery) -> None:
        """One message, from its lease to its settlement."""
        now = self._clock()
        platform_name = delivery.place.platform if delivery.place else "none"
        if delivery.expires_at is not None and delivery.expires_at <= now:
            self._note(platform_name, "expired")
            await self._settle(_Settlement(delivery.id, "expired"))
            return
        try:
            place = delivery.place or await self._place_of(delivery)
            platform_name = place.platform
            platform = self._platform(place)
            wait = platform.wait(place)
            if wait > LONGEST_TURN.total_seconds():
                due_at = now + timedelta(seconds=wait)
                await self._settle(_Settlement(delivery.id, "paced", due_at=due_at))
                return
            found = await platform.find(delivery, place) if delivery.uncertain else None
            delivered = found or await self._hand_over(platform, delivery, place)
        except DeliveryError as error:
            await self._settle_failure(platform_name, delivery, error)
            return
        except Exception as error:
            log.error("delivery.failed", outbox=delivery.id, exc_info=error)
            fault = DeliveryError(type(error).__name__, retry_after=_backoff(delivery.attempts), started=True)
            await self._settle_failure(platform_name, delivery, fault)
            return
        self._note(platform_name, "sent")
        await self._settle(_Settlement(delivery.id, "sent", reference=delivered.reference))

    async def _hand_over(self, platform: Platform, delivery: Delivery, place: Place) -> Delivered:
        message = await self._with_links(delivery)
        if message is not delivery.message:
            delivery = replace(delivery, place=place, message=message)
        return await platform.deliver(delivery, place)

    async def _edit(self, row: OutboxRow) -> None:
        """Change a delivered card, or take it away; the newest wording wins."""
        taking_away = row.edit == TAKEN_AWAY
        message = None if taking_away else Message.model_validate(row.edit)
        reference = row.reference or {}
        try:
            platform = self._platforms[reference.get("platform", "")]
            await (platform.remove(reference) if message is None else platform.edit(reference, message))
        except DeliveryError as error:
            due_at = None
            if error.retry_after is not None:
                due_at = self._clock() + timedelta(seconds=error.retry_after)
            await self._settle(_Settlement(row.id, "edit_again", error=error.reason, due_at=due_at))
            return
        except Exception as error:
            log.error("edit.failed", outbox=row.id, exc_info=error)
            due_at = self._clock() + timedelta(seconds=_backoff(row.attempts))
            await self._settle(_Settlement(row.id, "edit_again", error=type(error).__name__, due_at=due_at))
            return
        await self._settle(_Settlement(row.id, "taken_away" if taking_away else "edited", message=message))

    async def _place_of(self, delivery: Delivery) -> Place:
        """The one surface a member is reached on."""
        async with self._database.read() as session:
            found = await surfaces.of_member(
                session, delivery.member_id or 0, set(self._platforms), delivery.kind
            )
        if found is None:
            raise DeliveryError("this person can be reached on no platform", retry_after=None)
        return Place.from_json(found)

    def _platform(self, place: Place) -> Platform:
        if place.platform not in self._platforms:
            raise DeliveryError(f"{place.platform} is not connected", retry_after=60.0)
        return self._platforms[place.platform]

    async def _with_links(self, delivery: Delivery) -> Message:
        """Put one-time sign-in links where buttons ask for them; they are stored nowhere."""
        message = delivery.message
        if not any(button.sign_in for button in message.buttons):
            return message
        if self._mint_link is None or delivery.member_id is None:
            raise DeliveryError("no sign-in link can be made here", retry_after=None)
        link = await self._mint_link(delivery.member_id)
        buttons = tuple(button.signing_in(link) if button.sign_in else button for button in message.buttons)
        return message.model_copy(update={"buttons": buttons})

    async def _settle_failure(self, platform: str, delivery: Delivery, error: DeliveryError) -> None:
        settlement = self._after_failure(delivery, error)
        self._note(platform, settlement.outcome)
        await self._settle(settlement)

    def _after_failure(self, delivery: Delivery, error: DeliveryError) -> _Settlement:
        if error.retry_after is None or (delivery.attempts >= MOST_ATTEMPTS and not error.paced):
            log.warning("delivery.given_up", outbox=delivery.id, reason=error.reason)
            return _Settlement(delivery.id, "failed", error=error.reason)
        # What fails again and again is asked for less and less often, and never in step.
        wait = error.retry_after if error.paced else max(error.retry_after, _backoff(delivery.attempts))
        due_at = self._clock() + timedelta(seconds=wait)
        outcome = "paced" if error.paced else "again"
        return _Settlement(delivery.id, outcome, error=error.reason, due_at=due_at, uncertain=error.started)

    def _note(self, platform: str, outcome: str) -> None:
        if self._observe is not None:
            self._observe(platform, outcome)

    async def _settle(self, settlement: _Settlement) -> None:
        """Write down how it ended; settlements of one moment share a transaction."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._settlements.append((settlement, written))
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._write_settlements())
        await written

    async def _write_settlements(self) -> None:
        while self._settlements:
            batch, self._settlements = (
                self._settlements[:SETTLED_AT_ONCE],
                self._settlements[SETTLED_AT_ONCE:],
            )
            await self._write_down([settlement for settlement, _written in batch])
            for _settlement, written in batch:
                if not written.done():
                    written.set_result(None)

    async def _write_down(self, batch: list[_Settlement]) -> None:
        """Write outcomes that are known to us alone: hold on to them while the database is away."""
        pause = 0.2
        while True:
            try:
                async with self._database.write() as session:
                    for settlement in batch:
                        await _write(session, settlement, self._clock())
                return
            except (SQLAlchemyError, OSError, TimeoutError, ValueError) as error:
                if not is_unavailable(error):
                    break
                log.warning("settlement.waits", error=type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5)
        # One of them cannot be written at all. It must not hold up the others; its lease runs out.
        if len(batch) == 1:
            log.error("settlement.lost", outbox=batch[0].row_id, outcome=batch[0].outcome)
            return
        for settlement in batch:
            await self._write_down([settlement])


async def _write(session: AsyncSession, settlement: _Settlement, now: datetime) -> None:
    match settlement.outcome:
        case "sent":
            await outbox_deliveries.sent(session, settlement.row_id, settlement.reference, now)
        case "again":
            await outbox_deliveries.again(
                session,
                settlement.row_id,
                settlement.error,
                settlement.due_at or now,
                uncertain=settlement.uncertain,
            )
        case "paced":
            await outbox_deliveries.paced(session, settlement.row_id, settlement.due_at or now)
        case "failed":
            await outbox_deliveries.failed(session, settlement.row_id, settlement.error, now)
        case "expired":
            await outbox_deliveries.expired(session, settlement.row_id, now)
        case "edited" if settlement.message is not None:
            said = settlement.message.model_dump(mode="json")
            await outbox_deliveries.edited(session, settlement.row_id, said, now)
        case "taken_away":
            await outbox_deliveries.taken_away(session, settlement.row_id, now)
        case "edit_again":
            await outbox_deliveries.edit_again(
                session, settlement.row_id, settlement.error, settlement.due_at
            )


def _delivery(row: OutboxRow) -> Delivery:
    return Delivery(
        id=row.id,
        place=Place.from_json(row.place) if row.place else None,
        message=Message.model_validate(row.message),
        created_at=row.created_at,
        member_id=row.member_id,
        attempts=row.attempts,
        uncertain=row.uncertain,
        expires_at=row.expires_at,
        kind=row.kind or "",
    )


def _backoff(attempts: int) -> float:
    """Seconds until the next attempt: doubling, with jitter, so that failures do not march in step."""
    longest = min(2.0 ** min(attempts, 20), LONGEST_BACKOFF.total_seconds())
    return longest / 2 + random.random() * longest / 2  # noqa: S311 (jitter is no secret)
