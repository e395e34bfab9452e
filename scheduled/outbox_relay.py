"""The outbox relay: delivers what the bot owes, at once where this process wrote it, else by ticks."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from handlers.kit.context import LEASE
from handlers.kit.errors import DeliveryError
from handlers.kit.messages import Message
from handlers.kit.platform import Clock, Delivered, Delivery, Platform
from handlers.kit.updates import Place
from scheduled import outbox_claims
from scheduled.outbox_settlements import Settlement, Settlements
from scheduled.outbox_turns import Turns
from store import outbox_deliveries, surfaces
from store.database import Database, is_unavailable
from store.outbox import TAKEN_AWAY, Lease, OutboxRow
from store.outbox_deliveries import Postponed
from store.pacing import Turn

log = structlog.get_logger(__name__)

AT_ONCE = 64  # Calls of platforms under way in one process.
# Rows that one process has claimed; whoever is urgent waits behind these at most.
CLAIMED = 256
CLAIMED_AT_ONCE = 128
# How long the last outcomes may take to be written down when the process stops.
LAST_WORD_SECONDS = 1.5
# A message is handed over only while its lease lasts for so much longer: by its end the platform has it or
# never will, and whoever takes it over can ask.
HANDED_OVER_WITHIN = timedelta(seconds=15)
DATABASE_AWAY = timedelta(seconds=2)
# With waits that double up to half an hour this outlasts an outage of some six hours.
MOST_ATTEMPTS = 24
LONGEST_BACKOFF = timedelta(minutes=30)

# Makes a one-time sign-in link for a member.
MintLink = Callable[[int], Awaitable[str]]
ObserveDelivery = Callable[[str, str], None]
Sleep = Callable[[float], Awaitable[None]]


class _DatabaseAwayError(Exception):
    """That says nothing about the message, nor about the platform: it waits a moment."""


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
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._clock = clock
        self._process = process
        self._mint_link = mint_link
        self._observe = observe
        self._sleep = sleep
        self._turns = Turns(database, platforms, clock)
        self._settlements = Settlements(database, clock, process)
        self._calls = asyncio.Semaphore(AT_ONCE)
        self._under_way: dict[str, asyncio.Task[None]] = {}
        # Until when each of them is leased, as far as this process has been able to see to it.
        self._leased_until: dict[str, datetime] = {}
        self._stopping = False
        # When a tick last had room to work: a relay that stands still is not ready.
        self.ticked_at: datetime | None = None

    def take(self, deliveries: Iterable[Delivery]) -> None:
        """Deliver rows that this process has leased already, without waiting."""
        for delivery in deliveries:
            self._begin(delivery.id, self._deliver(delivery), self._clock() + LEASE)

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
            if len(self._under_way) > CLAIMED - CLAIMED_AT_ONCE:
                await asyncio.wait(self._under_way.values(), return_when=asyncio.FIRST_COMPLETED)
                continue
            lease = Lease(self._process, self._clock() + LEASE)
            deliveries, edits = await self._claim(lease, self._clock())
            for delivery, turn in deliveries:
                self._begin(delivery.id, self._deliver(delivery, turn), lease.until)
            for row in edits:
                self._begin(row.id, self._edit(row), lease.until)
            if not deliveries and not edits:
                break

    async def _claim(
        self, lease: Lease, now: datetime
    ) -> tuple[list[tuple[Delivery, Turn]], list[OutboxRow]]:
        """What may go now and in the next moments, each with its turn, and cards that have to change."""
        async with self._database.write() as session:
            most = await self._turns.room(session, now, CLAIMED_AT_ONCE)
            rows = await outbox_deliveries.claim_due(session, lease, now, limit=most) if most else []
            edits = await outbox_deliveries.claim_edits(session, lease, now, limit=CLAIMED_AT_ONCE)
            begun: list[tuple[Delivery, Turn]] = []
            put_off: list[Postponed] = []
            deliveries = []
            for delivery in await outbox_claims.deliveries(session, rows, self._platforms, now):
                if delivery.expires_at is not None and delivery.expires_at <= now:
                    begun.append((delivery, Turn(now)))
                else:
                    deliveries.append(delivery)
            turns = await self._turns.of(session, deliveries, now)
            for delivery, turn in zip(deliveries, turns, strict=True):
                if turn.taken:
                    begun.append((delivery, turn))
                else:
                    put_off.append(Postponed(delivery.id, turn.at, delivery.uncertain))
            if put_off:
                await outbox_deliveries.paced(session, self._process, put_off)
        return begun, edits

    async def hold(self) -> None:
        """Extend the leases of what is still under way; run more often than leases end."""
        if ids := list(self._under_way):
            lease = Lease(self._process, self._clock() + LEASE)
            async with self._database.write() as session:
                held = await outbox_deliveries.extend(session, ids, lease)
            self._leased_until.update(dict.fromkeys(held, lease.until))
        await self._turns.forget()

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
                await self._settlements.finish()
                async with self._database.write() as session:
                    await outbox_deliveries.hand_back(session, self._process, begun=cut_off)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("relay.stopped.with_leases", error=type(error).__name__)

    async def wait(self) -> None:
        """Wait until what is under way now is settled."""
        if self._under_way:
            await asyncio.wait(self._under_way.values())

    def _begin(self, row_id: str, work: Any, leased_until: datetime) -> None:
        if row_id in self._under_way:
            work.close()
            return
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._under_way[row_id] = task
        self._leased_until[row_id] = leased_until
        task.add_done_callback(lambda _task: self._end(row_id))

    def _end(self, row_id: str) -> None:
        self._under_way.pop(row_id, None)
        self._leased_until.pop(row_id, None)

    async def _deliver(self, delivery: Delivery, turn: Turn | None = None) -> None:
        """One message, from its lease to its settlement; ``turn`` is when it may go, if it has one."""
        now = self._clock()
        place = delivery.place
        if delivery.expires_at is not None and delivery.expires_at <= now:
            self._note(place.platform if place else "none", "expired")
            await self._settle(Settlement(delivery.id, "expired"))
            return
        try:
            place, platform, turn = await self._whereto(delivery, turn)
            if not turn.taken:
                await self._settle(
                    Settlement(delivery.id, "paced", due_at=turn.at, uncertain=delivery.uncertain)
                )
                return
            if (wait := (turn.at - self._clock()).total_seconds()) > 0:
                await self._sleep(wait)
            async with self._calls:
                found = None
                if delivery.uncertain:
                    found = await platform.find(delivery, place)
                    # The platform has said: from here on a failure is one of this attempt.
                    delivery = replace(delivery, uncertain=False)
                delivered = found or await self._hand_over(platform, delivery, place)
        except _DatabaseAwayError:
            due_at = self._clock() + DATABASE_AWAY
            await self._settle(Settlement(delivery.id, "paced", due_at=due_at, uncertain=delivery.uncertain))
            return
        except DeliveryError as error:
            await self._settle_failure(place, delivery, error)
            return
        except Exception as error:
            log.error("delivery.failed", outbox=delivery.id, exc_info=error)
            fault = DeliveryError(type(error).__name__, retry_after=_backoff(delivery.attempts), started=True)
            await self._settle_failure(place, delivery, fault)
            return
        self._note(place.platform, "sent")
        await self._settle(Settlement(delivery.id, "sent", reference=delivered.reference))

    async def _hand_over(self, platform: Platform, delivery: Delivery, place: Place) -> Delivered:
        message = await self._with_links(delivery)
        if message is not delivery.message:
            delivery = replace(delivery, place=place, message=message)
        if self._clock() + HANDED_OVER_WITHIN > self._leased_until[delivery.id]:
            # The lease could not be extended: another process may be about to send it.
            raise _DatabaseAwayError
        return await platform.deliver(delivery, place)

    async def _edit(self, row: OutboxRow) -> None:
        """Change a delivered card, or take it away; the newest wording wins."""
        taking_away = row.edit == TAKEN_AWAY
        message = None if taking_away else Message.model_validate(row.edit)
        reference = row.reference or {}
        try:
            platform = self._platforms[reference.get("platform", "")]
            async with self._calls:
                await (platform.remove(reference) if message is None else platform.edit(reference, message))
        except DeliveryError as error:
            due_at = None
            if error.retry_after is not None:
                due_at = self._clock() + timedelta(seconds=error.retry_after)
            await self._settle(Settlement(row.id, "edit_again", error=error.reason, due_at=due_at))
            return
        except Exception as error:
            log.error("edit.failed", outbox=row.id, exc_info=error)
            due_at = self._clock() + timedelta(seconds=_backoff(row.attempts))
            await self._settle(Settlement(row.id, "edit_again", error=type(error).__name__, due_at=due_at))
            return
        await self._settle(Settlement(row.id, "taken_away" if taking_away else "edited", message=message))

    async def _whereto(self, delivery: Delivery, turn: Turn | None) -> tuple[Place, Platform, Turn]:
        """Where a message goes, and when its turn is; none is taken on a platform that is not connected."""
        try:
            place = delivery.place or await self._place_of(delivery)
            platform = self._platform(place)
            return place, platform, turn or await self._turns.take(place)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            if not is_unavailable(error):
                raise
            raise _DatabaseAwayError from None

    async def _place_of(self, delivery: Delivery) -> Place:
        """The one surface a member is reached on."""
        wanted = (delivery.member_id or 0, delivery.kind)
        async with self._database.read() as session:
            found = (await surfaces.of_members(session, {wanted}, set(self._platforms))).get(wanted)
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

    async def _settle_failure(self, place: Place | None, delivery: Delivery, error: DeliveryError) -> None:
        settlement = self._after_failure(delivery, error)
        if error.paced and place is not None:
            settlement = replace(settlement, hold=self._turns.hold(place))
        self._note(place.platform if place else "none", settlement.outcome)
        await self._settle(settlement)

    def _after_failure(self, delivery: Delivery, error: DeliveryError) -> Settlement:
        # An earlier attempt stays in doubt until the platform has said that it has nothing of it.
        uncertain = error.started or delivery.uncertain
        if error.retry_after is None or (delivery.attempts >= MOST_ATTEMPTS and not error.paced):
            log.warning("delivery.given_up", outbox=delivery.id, reason=error.reason)
            return Settlement(delivery.id, "failed", error=error.reason, uncertain=uncertain)
        # What fails again and again is asked for less and less often, and never in step.
        wait = error.retry_after if error.paced else max(error.retry_after, _backoff(delivery.attempts))
        due_at = self._clock() + timedelta(seconds=wait)
        outcome = "paced" if error.paced else "again"
        return Settlement(delivery.id, outcome, error=error.reason, due_at=due_at, uncertain=uncertain)

    def _note(self, platform: str, outcome: str) -> None:
        if self._observe is not None:
            self._observe(platform, outcome)

    async def _settle(self, settlement: Settlement) -> None:
        await self._settlements.add(settlement)


def _backoff(attempts: int) -> float:
    """Seconds until the next attempt: doubling, with jitter, so that failures do not march in step."""
    longest = min(2.0 ** min(attempts, 20), LONGEST_BACKOFF.total_seconds())
    return longest / 2 + random.random() * longest / 2  # noqa: S311 (jitter is no secret)
