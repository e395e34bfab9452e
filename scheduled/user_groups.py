"""The user groups of groups: kept equal to the people in the group, wherever a platform allows them."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from handlers.kit.context import Surroundings
from handlers.kit.errors import DeliveryError
from handlers.kit.platform import NOT_IN_USER_GROUPS, USER_GROUPS_DENIED, Clock, SeenUserGroup, UserGroups
from handlers.user_group_cards import not_kept
from scheduled.telling import tell
from store import roles, user_groups
from store.database import Database
from store.groups import Group, GroupState
from store.user_groups import ALLOWED, Standing, UserGroup

log = structlog.get_logger(__name__)

# How often what the platform shows is compared, and whether it still allows user groups is found out.
LOOK_EVERY = timedelta(hours=1)
# When somebody whom the platform does not take is tried again, such as a guest who has become a member.
REFUSED_FOR = timedelta(days=1)
LEASE = timedelta(minutes=5)
PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
# After so many attempts without an answer it is listed as a failure; it is tried all the same.
QUIET_ATTEMPTS = 3


@dataclass
class Attempt:
    """How far one attempt has come: what there is on the platform, and whom it did not take and why."""

    id: str
    enabled: bool
    refused: dict[str, str] = field(default_factory=dict)


def job(
    database: Database, clock: Clock, platforms: Mapping[str, object], surroundings: Surroundings
) -> Callable[[], Awaitable[None]]:
    """For every connected platform that has user groups. Nothing is called where nothing differs."""
    keeper = Keeper(database, clock, surroundings)

    async def run() -> None:
        for name, platform in platforms.items():
            if isinstance(platform, UserGroups):
                await keeper.look(name, platform)
                await keeper.work(name, platform)

    return run


class Keeper:
    def __init__(self, database: Database, clock: Clock, surroundings: Surroundings) -> None:
        self._database = database
        self._clock = clock
        self._surroundings = surroundings
        self._look_at: dict[str, datetime] = {}
        self._allowed: dict[str, bool] = {}

    async def look(self, name: str, platform: UserGroups) -> None:
        """Find out whether the platform allows user groups, if that is due."""
        now = self._clock()
        if now < self._look_at.get(name, now):
            return
        said = ALLOWED
        try:
            await platform.user_groups_allowed()
        except DeliveryError as error:
            if error.reason not in USER_GROUPS_DENIED:
                self._look_at[name] = now + timedelta(seconds=error.retry_after or PAUSE.total_seconds())
                return
            said = error.reason
        self._look_at[name], self._allowed[name] = now + LOOK_EVERY, said == ALLOWED
        async with self._database.write() as session:
            await user_groups.note(session, name, said, now)
            if said != ALLOWED:
                for one in await user_groups.standing(session, name):
                    one.held.problem = said

    async def work(self, name: str, platform: UserGroups) -> None:
        """Bring up to date what is due: one call to see how things are, and one for each difference."""
        now = self._clock()
        if not self._allowed.get(name):
            return
        async with self._database.read() as session:
            standing = await user_groups.standing(session, name)
        due = [one for one in standing if _is_due(one, now)]
        if not due:
            return
        try:
            seen = {one.id: one for one in await platform.user_groups()}
        except DeliveryError as error:
            # Whether they are allowed is found out again before the next attempt.
            self._look_at[name] = now + timedelta(seconds=error.retry_after or PAUSE.total_seconds())
            self._allowed[name] = False
            log.info("user_groups.unread", platform=name, reason=error.reason)
            return
        held = {one.held.external_id for one in standing}
        others = [one.handle for one in seen.values() if one.id not in held and not one.own]
        async with self._database.write() as session:
            await user_groups.note_handles(session, name, others, now)
        free = [one for one in due if not _waits_for_its_handle(one, standing, seen)]
        # Two that want each other's handle would wait forever; then the platform says what is wrong.
        for one in free or due:
            await self._attempt(platform, one, seen, held - {one.held.external_id})

    async def _attempt(
        self, platform: UserGroups, one: Standing, seen: Mapping[str, SeenUserGroup], others: Collection[str]
    ) -> None:
        now, owner, held = self._clock(), uuid.uuid4().hex, one.held
        async with self._database.write() as session:
            if not await user_groups.lease(session, held, owner, until=now + LEASE, now=now):
                return
            people = await user_groups.people(session, held.platform, held.group_id) if _is_on(one) else {}
            refused = await user_groups.refused(session, held.group_id, held.platform, now)
        attempt = Attempt(held.external_id, held.enabled)
        failure: DeliveryError | None = None
        try:
            wanted = [person for person, member_id in people.items() if member_id not in refused]
            await _bring_up(platform, attempt, one, wanted, seen, others)
        except DeliveryError as error:
            failure = error
        async with self._database.write() as session:
            left = await user_groups.leased(session, held.group_id, held.platform, owner)
            if left is None:
                return
            left.external_id, left.enabled, left.owner, left.lease_until = (
                attempt.id, attempt.enabled, None, None,
            )  # fmt: skip
            new = {people[person]: reason[:80] for person, reason in attempt.refused.items()}
            still = refused & set(people.values())
            until = now + REFUSED_FOR
            await user_groups.keep_refusals(session, held.group_id, held.platform, new, still, until)
            if failure is not None:
                await self._put_off(session, left, one.group, failure, now)
            elif not held.wanted and not left.wanted:
                await session.delete(left)
            else:
                left.applied, left.compared_at, left.due_at = _mark(one), now, now
                left.problem, left.attempts = "", 0

    async def _put_off(
        self, session: AsyncSession, held: UserGroup, group: Group, error: DeliveryError, now: datetime
    ) -> None:
        """Try again when that can help; administrators hear of what only a person can mend, once."""
        for_good = error.retry_after is None or error.reason in USER_GROUPS_DENIED
        if error.reason in USER_GROUPS_DENIED:
            self._allowed[held.platform] = False
            await user_groups.note(session, held.platform, error.reason, now)
        held.attempts += for_good or error.started
        pause = min(PAUSE * held.attempts, LONGEST_PAUSE)
        held.due_at = (
            now + LOOK_EVERY if for_good else now + max(timedelta(seconds=error.retry_after or 0), pause)
        )
        if not for_good and held.attempts < QUIET_ATTEMPTS:
            return
        log.warning("user_groups.refused", group=group.id, platform=held.platform, reason=error.reason)
        known, held.problem = held.problem, error.reason[:80]
        if for_good and known != held.problem:
            key = f"group.user_group:{uuid.uuid4().hex}"
            readers = await roles.administrators(session)
            await tell(
                session, self._surroundings, readers, lambda words: not_kept(words, group, held), key=key,
                now=now,
            )  # fmt: skip


def _waits_for_its_handle(
    one: Standing, standing: Sequence[Standing], seen: Mapping[str, SeenUserGroup]
) -> bool:
    """Whether the user group of another group still has its handle, and is about to give it up."""
    if not one.held.wanted:
        return False
    return any(
        other.held.external_id != one.held.external_id
        and (shown := seen.get(other.held.external_id)) is not None
        and shown.handle == one.held.handle
        and not (other.held.wanted and other.held.handle == one.held.handle)
        for other in standing
    )


def _is_on(one: Standing) -> bool:
    return one.held.wanted and one.group.state == GroupState.ACTIVE


def _text(one: Standing) -> str:
    """A mark of what is said about it on the platform."""
    said = "\n".join((one.held.handle, _name(one.group), _purpose(one.group)))
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _mark(one: Standing) -> str:
    """A mark of all that it should be, people included."""
    return f"{_is_on(one):d} {_text(one)} {one.people}"


def _name(group: Group) -> str:
    return group.name_for(group.language)


def _purpose(group: Group) -> str:
    return group.purpose_for(group.language)


def _is_due(one: Standing, now: datetime) -> bool:
    held = one.held
    if held.due_at > now or (held.lease_until is not None and held.lease_until >= now):
        return False
    looked_at = held.compared_at
    if held.problem or held.applied != _mark(one):
        return True
    return looked_at is None or looked_at + LOOK_EVERY <= now


async def _bring_up(
    platform: UserGroups, attempt: Attempt, one: Standing, people: Sequence[str],
    seen: Mapping[str, SeenUserGroup], others: Collection[str],
) -> None:  # fmt: skip
    """Make, change, fill and switch on; or switch off where nobody is to be in it.

    :raises DeliveryError: the platform refuses; ``attempt`` says how far it came.
    """
    handle, name, purpose = one.held.handle, _name(one.group), _purpose(one.group)
    shown = seen.get(attempt.id)
    same_handle = next((other for other in seen.values() if other.handle == handle), None)
    if shown is None and same_handle is not None and same_handle.own and same_handle.id not in others:
        # Made by an attempt that broke off, or for a group that gave up the handle.
        shown = same_handle
    attempt.id, attempt.enabled = (shown.id, shown.enabled) if shown else ("", False)
    if not people:
        await _switch(platform, attempt, on=False)
        return
    if shown is None:
        if same_handle is not None:
            raise DeliveryError("handle_already_exists", retry_after=None)
        attempt.id = await platform.create_user_group(handle, name=name, purpose=purpose)
        attempt.enabled = True
    else:
        await _switch(platform, attempt, on=True)
        if (shown.handle, shown.name) != (handle, name) or _text(one) not in one.held.applied:
            await platform.change_user_group(shown.id, handle=handle, name=name, purpose=purpose)
    await _fill(platform, attempt, people, shown.people if shown else frozenset())


async def _switch(platform: UserGroups, attempt: Attempt, *, on: bool) -> None:
    if attempt.id and attempt.enabled != on:
        await platform.switch_user_group(attempt.id, on=on)
        attempt.enabled = on


async def _fill(platform: UserGroups, attempt: Attempt, people: Sequence[str], shown: frozenset[str]) -> None:
    """Have these people in it. Where the platform refuses all because of one, the newcomers are halved
    until whoever it is stands alone; those who are in stay in meanwhile."""
    inside = [person for person in people if person in shown]
    pending = [[person for person in people if person not in shown]]
    while pending and shown != frozenset(people) - attempt.refused.keys():
        newcomers = pending.pop()
        try:
            if inside or newcomers:
                await platform.fill_user_group(attempt.id, [*inside, *newcomers])
        except DeliveryError as error:
            if error.reason not in NOT_IN_USER_GROUPS or not newcomers:
                raise
            if len(newcomers) > 1:
                half = len(newcomers) // 2
                pending += [newcomers[half:], newcomers[:half]]
            else:
                attempt.refused[newcomers[0]] = error.reason
        else:
            inside += newcomers
            shown = frozenset(inside)
    if not inside:
        await _switch(platform, attempt, on=False)
    elif attempt.refused or shown != frozenset(inside):
        try:
            await platform.fill_user_group(attempt.id, inside)
        except DeliveryError:
            # It was somebody inside, and none of the newcomers.
            attempt.refused.clear()
            raise
