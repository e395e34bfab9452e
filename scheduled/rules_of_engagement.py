"""Rules of engagement: asks everybody for a new version once, and reminds them once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.kit.context import Surroundings
from handlers.kit.platform import Clock
from handlers.rules_of_engagement import card, key_of
from store import outbox, rules_of_engagement
from store.database import Database
from store.members import Member
from store.rules_of_engagement import RulesVersion

ASKED_AT_ONCE = 200


def job(database: Database, clock: Clock, surroundings: Surroundings) -> Callable[[], Awaitable[None]]:
    """Some hundred people a transaction; who is asked and who was reminded stands in the same one."""

    async def run() -> None:
        while True:
            async with database.write() as session:
                in_force = await rules_of_engagement.current(session)
                if in_force is None:
                    return
                if not await _ask(session, in_force):
                    await _remind(session, in_force)
                    return

    async def _ask(session: AsyncSession, in_force: RulesVersion) -> bool:
        now = clock()
        people = await rules_of_engagement.to_ask(session, in_force.version, limit=ASKED_AT_ONCE)
        for member in people:
            if await rules_of_engagement.note_asked(session, member.id, in_force.version, now):
                await _send(session, member, in_force, key_of(in_force.version, member.id))
        return len(people) == ASKED_AT_ONCE

    async def _remind(session: AsyncSession, in_force: RulesVersion) -> None:
        """Half-way through the time of grace; without one there is nothing to remind of."""
        if not in_force.grace_days:
            return
        now = clock()
        before = now - timedelta(days=in_force.grace_days) / 2
        for asked, member in await rules_of_engagement.to_remind(
            session, in_force.version, before, limit=ASKED_AT_ONCE
        ):
            asked.reminded_at = now
            await _send(session, member, in_force, f"{key_of(in_force.version, member.id)}:reminder")

    async def _send(session: AsyncSession, member: Member, in_force: RulesVersion, key: str) -> None:
        message = card(surroundings.catalogues.words(member.locale), in_force, first=False)
        await outbox.add(
            session,
            key=key,
            recipient=f"member:{member.id}",
            message=message.model_dump(mode="json"),
            now=clock(),
            member_id=member.id,
        )

    return run
