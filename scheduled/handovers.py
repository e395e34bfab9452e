"""Hand-overs: whoever waits longer than promised is told, and the team is reminded once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from handlers.handover_cards import late_card, nudge_card
from handlers.kit.context import Compose, Surroundings
from handlers.kit.platform import Clock
from scheduled.telling import tell
from store import handovers, members, roles
from store.database import Database
from store.handovers import Handover


def job(database: Database, clock: Clock, surroundings: Surroundings) -> Callable[[], Awaitable[None]]:
    """What is said and that it was said stand in one transaction."""
    mail = surroundings.network.general_mail

    async def run() -> None:
        now = clock()
        async with database.write() as session:
            late = await handovers.late(session, now)
            if not late:
                return
            team = await roles.administrators(session)
            waiting = await members.by_ids(session, [one.member_id for one in late if one.member_id])
            asker_of = {member.id: member for member in waiting if member.active}
            for handover in late:
                handover.late_told_at = now
                if asker := asker_of.get(handover.member_id or 0):
                    key = f"handover:{handover.id}:late"
                    await tell(session, surroundings, [asker], _late(handover, mail), key=key, now=now)
                key = f"handover:{handover.id}:nudge"
                holders = [one for one in team if one.id == handover.claimed_by_id] or team
                await tell(session, surroundings, holders, _nudge(handover), key=key, now=now)

    return run


def _late(handover: Handover, mail: str) -> Compose:
    return lambda words: late_card(words, handover, mail)


def _nudge(handover: Handover) -> Compose:
    return lambda words: nudge_card(words, handover)
