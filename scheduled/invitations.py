"""Invitations: has the platforms bring people into the channels of their groups, or take them out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import structlog

from handlers.kit.errors import DeliveryError
from handlers.kit.platform import Channels, Clock, Invited, InviteOutcome
from store import invitations, memberships
from store.database import Database
from store.invitations import Batch, InvitationAction, InvitationStatus
from store.memberships import MembershipState

log = structlog.get_logger(__name__)

# How long a process keeps a batch to itself: longer than any one call takes.
LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 8
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=2)
# A tick ends after so many calls a platform, so that one job does not run for hours.
CALLS_A_TICK = 50


def job(
    database: Database, clock: Clock, platforms: Mapping[str, object], process: str
) -> Callable[[], Awaitable[None]]:
    """Drains what waits for every connected platform that has channels."""

    async def run() -> None:
        for name, platform in platforms.items():
            if isinstance(platform, Channels):
                for _call in range(CALLS_A_TICK):
                    if not await _one(database, clock, name, platform, process):
                        break

    return run


async def _one(database: Database, clock: Clock, name: str, platform: Channels, process: str) -> bool:
    """One call to a platform, between two transactions; False when nothing more can be done now."""
    now = clock()
    async with database.write() as session:
        batch = await invitations.claim(
            session, name, process, until=now + LEASE, now=now, limit=platform.invites_at_once
        )
    if batch is None:
        return False
    try:
        outcomes = await _call(platform, batch)
    except DeliveryError as error:
        await _put_off(database, clock, batch, process, error)
        return error.retry_after is None
    await _settle(database, clock, batch, process, outcomes)
    return True


async def _call(platform: Channels, batch: Batch) -> list[Invited]:
    people = list(batch.people.values())
    if batch.action is InvitationAction.INVITE:
        return list(await platform.invite(batch.channel, people))
    outcomes: list[Invited] = []
    for person in people:
        try:
            await platform.kick(batch.channel, person)
        except DeliveryError as error:
            if error.retry_after is not None and not outcomes:
                raise
            state = InviteOutcome.NEVER if error.retry_after is None else InviteOutcome.AGAIN
            outcomes.append(Invited(person, state, error.reason))
        else:
            outcomes.append(Invited(person, InviteOutcome.IN))
    return outcomes


async def _settle(
    database: Database, clock: Clock, batch: Batch, process: str, outcomes: list[Invited]
) -> None:
    """Write down what came of each person; one of whom the platform said nothing is tried again."""
    now = clock()
    said = {one.person: one for one in outcomes}
    async with database.write() as session:
        tried = await invitations.attempts(session, batch)
        for member_id, person in batch.people.items():
            outcome = said.get(person) or Invited(person, InviteOutcome.AGAIN, "no answer")
            status, due_at = InvitationStatus.DONE, now
            if outcome.outcome is not InviteOutcome.IN:
                again = outcome.outcome is InviteOutcome.AGAIN and tried.get(member_id, 0) + 1 < MOST_ATTEMPTS
                status = InvitationStatus.QUEUED if again else InvitationStatus.FAILED
                due_at = now + _pause(tried.get(member_id, 0)) if again else now
            kept = await invitations.settle(
                session, batch, process, member_id, status, reason=outcome.reason, due_at=due_at
            )
            if kept and status is InvitationStatus.DONE and batch.action is InvitationAction.INVITE:
                membership = await memberships.of_pair(session, batch.group_id, member_id)
                if membership is not None and membership.state == MembershipState.WANTED:
                    membership.confirm(batch.platform, now)
    log.info("invitations.settled", group=batch.group_id, people=len(batch.people))


async def _put_off(
    database: Database, clock: Clock, batch: Batch, process: str, error: DeliveryError
) -> None:
    """The whole call was refused: for now, or for good until somebody mends the channel."""
    now = clock()
    for_good = error.retry_after is None
    async with database.write() as session:
        for member_id in batch.people:
            await invitations.settle(
                session,
                batch,
                process,
                member_id,
                InvitationStatus.FAILED if for_good else InvitationStatus.QUEUED,
                reason=error.reason,
                due_at=now + timedelta(seconds=error.retry_after or 0),
                # A limit is nobody's failure: waiting for it does not use up attempts.
                attempted=for_good,
            )
    log.warning("invitations.refused", group=batch.group_id, platform=batch.platform, reason=error.reason)


def _pause(attempts: int) -> timedelta:
    """Until the next attempt: doubling."""
    pause: timedelta = FIRST_PAUSE * 2 ** min(attempts, 16)
    return min(pause, LONGEST_PAUSE)
