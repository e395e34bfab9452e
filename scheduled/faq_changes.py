"""The knowledge base: looks over each change before it is published, and reminds of answers to check."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from handlers import faq_entry_cards
from handlers.faq_engine.changes import Case, Findings, look_over_elsewhere
from handlers.faq_knowledge import taught
from handlers.kit.context import Surroundings
from handlers.kit.platform import Clock
from handlers.kit.words import LONDON
from scheduled.telling import tell
from store import choices, faq, faq_changes, members, outbox, roles
from store.database import Database
from store.members import Member
from store.roles import Role

LookOver = Callable[[Case], Awaitable[Findings | None]]


def check_job(
    database: Database, clock: Clock, surroundings: Surroundings, look_over: LookOver = look_over_elsewhere
) -> Callable[[], Awaitable[None]]:
    """One change a tick. It is looked over between two transactions, by another process; twice where two
    replicas come to it at once, which does no harm."""

    async def run() -> None:
        async with database.read() as session:
            change = await faq_changes.unchecked(session)
            if change is None:
                return
            entries = await faq.all_entries(session)
            not_ours = await faq.not_ours(session)
        changed = faq_changes.entry_of(change.slug, change.content, clock())
        others = [entry for entry in entries if entry.slug != change.slug]
        after = sorted([*others, changed], key=lambda entry: entry.slug)
        questions = [(question, entry.slug) for entry in after for question in entry.checks]
        before = [taught(entry) for entry in entries]
        case = Case(before, [taught(entry) for entry in after], change.slug, questions, not_ours)
        found = await look_over(case)
        if found:
            titles = {entry.slug: entry.title for entry in [*entries, changed] if entry.slug in found.slugs}
            found = replace(found, titles=titles)
        async with database.write() as session:
            held = await faq_changes.change_by_id(session, change.id, lock=True)
            if held is None or held.findings is not None or held.closed_at is not None:
                return
            held.findings = found.to_json() if found else {"failed": True}
            await session.flush()
            for row in await outbox.copies(session, faq_entry_cards.key_of(held)):
                reader = await members.by_id(session, row.member_id or held.author_id or 0)
                words = surroundings.catalogues.words(reader.locale if reader else None)
                card = faq_entry_cards.change_card(words, held)
                outbox.change_row(row, card.model_dump(mode="json"), clock())

    return run


def review_job(database: Database, clock: Clock, surroundings: Surroundings) -> Callable[[], Awaitable[None]]:
    """Administrators hear once of each answer that has become due, of all of one day in one message."""

    async def run() -> None:
        now = clock()
        today = now.astimezone(LONDON).date()
        async with database.write() as session:
            told = await choices.get(session, choices.FAQ_REVIEWS_TOLD) or ""
            if told == today.isoformat():
                return
            await choices.put(session, choices.FAQ_REVIEWS_TOLD, today.isoformat(), now=now)
            entries = await faq.all_entries(session)
            due = [entry for entry in entries if told <= entry.due_on.isoformat() < today.isoformat()]
            if not due:
                return
            readers: dict[int, Member] = {}
            for role in (Role.ADMINISTRATOR, Role.OWNER):
                readers |= {member.id: member for member in await roles.holders(session, role)}
            await tell(
                session,
                surroundings,
                readers.values(),
                lambda words: faq_entry_cards.review_card(words, due),
                key=f"faq_reviews:{today.isoformat()}",
                now=now,
            )

    return run
