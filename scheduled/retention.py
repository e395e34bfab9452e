"""Retention: what is no longer needed is deleted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from handlers.event_actions import DETAILS_FORM
from handlers.kit.context import QuestionPeriods
from handlers.kit.platform import Clock
from store import (
    asked_questions,
    comparisons,
    drafts,
    group_changes,
    handovers,
    invitations,
    outbox,
    received,
    replies,
)
from store.database import Database
from store.sealing import Vault

log = structlog.get_logger(__name__)

# No platform delivers an update again after this long; Slack gives up after hours.
RECEIVED_FOR = timedelta(days=7)
# Delivered cards can be edited, and reminders kept from being sent twice, for this long.
SENT_FOR = timedelta(days=90)
UNTOUCHED_DRAFTS_FOR = timedelta(days=2)
DRAFTS_FOR = timedelta(days=90)
DRIFTS_FOR = timedelta(days=90)
# For so long somebody may go on from a question or vote on an answer in its thread.
CONVERSATIONS_FOR = timedelta(days=1)


def job(
    database: Database,
    clock: Clock,
    questions: QuestionPeriods = QuestionPeriods(),
    vault: Vault | None = None,
) -> Callable[[], Awaitable[None]]:
    """Deletes received updates, outbox rows that ended, drafts and previews that nobody came back to,
    invitations of people who are gone, and what comparisons found long ago; questions lose their person,
    and later their text. What people told of themselves for an event goes some time after it; until then
    it is sealed with the newest key."""

    async def run() -> None:
        now = clock()
        async with database.write() as session:
            received_count = await received.forget_before(session, now - RECEIVED_FOR)
            outbox_count = await outbox.forget_before(session, now - SENT_FOR)
            await group_changes.forget_before(session, now - UNTOUCHED_DRAFTS_FOR)
            await comparisons.forget_before(session, now - DRIFTS_FOR)
            await asked_questions.forget_conversations_before(session, now - CONVERSATIONS_FOR)
            await asked_questions.forget_people_before(session, now - questions.person_for)
            await asked_questions.forget_texts_before(session, now - questions.text_for)
            await invitations.drop_unreachable(session)
            await handovers.forget(
                session, people_before=now - questions.person_for, texts_before=now - questions.text_for
            )
            draft_count = await drafts.forget_before(
                session, now - UNTOUCHED_DRAFTS_FOR, now - DRAFTS_FOR, brief=(DETAILS_FORM,)
            )
            details_count = await replies.forget_details_before(session, now - replies.DETAILS_FOR)
            if vault is not None:
                await replies.reseal(session, vault)
        log.info(
            "retention.done",
            received=received_count, outbox=outbox_count, drafts=draft_count, details=details_count,
        )  # fmt: skip

    return run
