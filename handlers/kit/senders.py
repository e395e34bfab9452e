"""Senders: who sent an update, loaded with their roles, or made a member when they are new."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.kit.context import Context, Surroundings
from handlers.kit.router import Router
from handlers.kit.updates import Changed, Joined, Left, Update
from store import members, roles
from store.members import Identity

SEEN_AGAIN_AFTER = timedelta(minutes=1)


async def context_of(
    surroundings: Surroundings, router: Router, session: AsyncSession, update: Update, now: datetime
) -> tuple[Context, Identity | None]:
    """The context of an update, and the sender's identity; a visitor has none."""
    sender = update.sender
    if sender.visitor:
        return Context(surroundings, router, session, update, now, None), None
    known = await roles.of_identity(session, sender.platform, sender.external_id)
    if known is None:
        member = await members.add(session, name="", now=now)
        identity = await members.add_identity(session, member, sender.platform, sender.external_id)
        if _is_use(update):
            # Whoever speaks first gets an answer to what they said, and no greeting besides.
            member.greeted_at = now
        known = member, identity, frozenset()
        new = True
    else:
        member, identity, _held = known
        new = False
    if _is_use(update) and (identity.last_used_at is None or now - identity.last_used_at > SEEN_AGAIN_AFTER):
        identity.last_used_at = now
    return Context(surroundings, router, session, update, now, member, known[2], new=new), identity


async def reading_context_of(
    surroundings: Surroundings, router: Router, session: AsyncSession, update: Update, now: datetime
) -> Context:
    """The context of something that only reads: nobody is made a member by it."""
    known = await roles.of_identity(session, update.sender.platform, update.sender.external_id)
    if known is None:
        return Context(surroundings, router, session, update, now, None)
    member, _identity, held = known
    return Context(surroundings, router, session, update, now, member, held)


def _is_use(update: Update) -> bool:
    """Whether the person did something on the platform, rather than the platform telling of them."""
    return not isinstance(update.content, Changed | Joined | Left)
