"""Imports: a file of people, events … is looked over, and brought in whole or not at all."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from handlers import event_import, faq_import, organisations_import, people_import
from handlers.import_plans import Kind, Plan
from handlers.kit.words import Words

IMPORTERS = {
    Kind.PEOPLE: people_import.IMPORTER,
    Kind.ORGANISATIONS: organisations_import.IMPORTER,
    Kind.FAQ: faq_import.IMPORTER,
    Kind.EVENTS: event_import.IMPORTER,
}


async def look_over(session: AsyncSession, kind: Kind, words: Words, data: bytes, now: datetime) -> Plan:
    """What a file would do, with every problem of every line."""
    return await IMPORTERS[kind].plan(session, words, data, now)


async def bring_in(
    session: AsyncSession, kind: Kind, words: Words, data: bytes, *,
    actor_id: int | None, now: datetime, checked: str | None = None,
) -> tuple[Plan, bool]:  # fmt: skip
    """Do what a file says, and whether it was done: not where it has problems, changes nothing, or would
    do something other than what was ``checked``, the fingerprint of an earlier plan."""
    plan = await look_over(session, kind, words, data, now)
    if not plan.does_something or (checked is not None and checked != plan.fingerprint):
        return plan, False
    await IMPORTERS[kind].apply(session, plan, actor_id, now)
    return plan, True


def outcome(plan: Plan, words: Words) -> list[str]:
    """What the file has done, in a few lines."""
    _ = words._
    return [
        _("Added: %(count)s") % {"count": words.number(len(plan.added))},
        _("Changed: %(count)s") % {"count": words.number(len(plan.changed))},
        _("Left as it is: %(count)s") % {"count": words.number(plan.left)},
    ]


def summary(plan: Plan, words: Words) -> list[str]:
    """What the file would do, in a few lines."""
    _ = words._
    return [
        _("To add: %(count)s") % {"count": words.number(len(plan.added))},
        _("To change: %(count)s") % {"count": words.number(len(plan.changed))},
        _("Left as it is: %(count)s") % {"count": words.number(plan.left)},
        _("Problems: %(count)s") % {"count": words.number(len(plan.problems))},
    ]
