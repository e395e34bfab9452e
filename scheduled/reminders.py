"""Reminders: sends what the facts make due, once, and writes down what came too late."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from handlers import announcing, event_cards, reminder_words
from handlers.events import key_of
from handlers.kit.context import Compose, Surroundings
from handlers.kit.messages import Message
from handlers.kit.platform import Clock
from handlers.kit.updates import Place
from handlers.kit.words import Words
from handlers.reminder_planning import Due, plan
from store import events, outbox, profiles, publicity, reminders, replies, rounds
from store.database import Database
from store.events import Event, EventState
from store.local_times import HOME_ZONE, local
from store.members import Member
from store.outbox import Priority
from store.profiles import MessageKind
from store.reminders import Audience, Outcome, ReminderRule, Subject
from store.replies import YES, Answer
from store.rounds import FundingRound

# The facts of so long ago still matter: an outage that was longer has made everything useless.
LOOKED_BACK = timedelta(days=120)


def job(database: Database, clock: Clock, surroundings: Surroundings) -> Callable[[], Awaitable[None]]:
    """Reads what is due; each reminder is then written in a transaction of its own, with the facts read
    again, so that what was moved or called off meanwhile is left alone."""

    async def run() -> None:
        async with database.read() as session:
            due = await _due(session, clock())
            held = await events.any_held(session)
        if held:
            async with database.write() as session:
                await _announce_held(session, surroundings, clock())
        for one in due:
            async with database.write() as session:
                await _carry_out(session, surroundings, one, clock())

    return run


async def _announce_held(session: AsyncSession, surroundings: Surroundings, now: datetime) -> None:
    """What waited for the end of its organisation's publicity hold; a hold that grew keeps it waiting."""
    today = local(now, HOME_ZONE).date()
    for event in await events.held_before(session, today, now):
        hold = await publicity.on_day(session, event.organisation_id, today)
        if hold is not None:
            event.held_until = hold.until_on + timedelta(days=1)
            continue
        event.announced_at = event.changed_at = now
        event.held_until = None
        counts = (await replies.counts(session, [event.id]))[event.id]
        group_ids = await events.group_ids(session, event.id)
        for board in await announcing.boards(session, group_ids):
            words = surroundings.catalogues.words(board.locale)
            await _enqueue_post(
                session,
                board.place,
                event_cards.post(words, event, counts, now),
                key=f"{key_of(event)}:{board.locale}",
                now=now,
            )


async def _due(session: AsyncSession, now: datetime) -> list[Due]:
    rules = await reminders.rules(session, enabled=True)
    if not rules:
        return []
    subjects: list[Event | FundingRound] = [
        *await events.to_remind(session, now - LOOKED_BACK),
        *await rounds.current(session, since=now - LOOKED_BACK),
    ]
    if not subjects:
        return []
    return plan(rules, subjects, await reminders.runs_since(session, now - 2 * LOOKED_BACK), now)


async def _carry_out(session: AsyncSession, surroundings: Surroundings, due: Due, now: datetime) -> None:
    subject: Event | FundingRound | None
    if due.rule.subject == Subject.EVENT:
        subject = await events.by_id(session, due.subject_id, lock=True)
    else:
        subject = await rounds.by_id(session, due.subject_id, lock=True)
    if subject is None:
        return
    still = plan([due.rule], [subject], [], now)
    if not any(one.due_at == due.due_at for one in still):
        return
    run_id = await reminders.claim(session, due.rule.id, subject.id, due.due_at, due.outcome, now)
    if run_id is None or due.outcome not in (Outcome.SENT, Outcome.LATE):
        return
    key = f"reminder:{due.rule.subject}:{subject.id}:{due.rule.id}:{due.due_at:%Y%m%d%H%M}"
    if isinstance(subject, Event):
        today = local(now, HOME_ZONE).date()
        if subject.state(now) is not EventState.ANNOUNCED:
            return
        if await publicity.on_day(session, subject.organisation_id, today) is not None:
            due = replace(due, audiences=due.audiences - {Audience.GROUPS})
        reached = await _remind_of_event(session, surroundings, due, subject, key, now)
    else:
        reached = await _remind_of_round(session, surroundings, due, subject, key, now)
    (await session.get_one(reminders.ReminderRun, run_id)).reached = reached


async def _remind_of_event(
    session: AsyncSession, surroundings: Surroundings, due: Due, event: Event, key: str, now: datetime
) -> int:
    rule, reached = due.rule, 0
    if Audience.GROUPS in due.audiences:
        reached += await _post(
            session,
            surroundings,
            await events.group_ids(session, event.id),
            lambda words: reminder_words.event_post(words, rule, event, now),
            key=key,
            now=now,
            expires_at=event.starts_at,
        )
    wanted: set[Answer] = set()
    if Audience.GOING in due.audiences:
        wanted |= YES
    if Audience.MAYBE in due.audiences:
        wanted.add(Answer.MAYBE)
    if wanted:
        people = await replies.people(session, event.id, wanted)
        willing = await profiles.wanting(
            session, [member.id for member, _given in people], MessageKind.EVENTS, now
        )
        for member, given in people:
            if member.id in willing:
                reached += await _tell(
                    session,
                    member,
                    _event_message(surroundings.catalogues.words(member.locale), rule, event, given, now),
                    key=key,
                    now=now,
                    expires_at=event.starts_at,
                )
    return reached


async def _remind_of_round(
    session: AsyncSession, surroundings: Surroundings, due: Due, one: FundingRound, key: str, now: datetime
) -> int:
    rule, reached = due.rule, 0
    expires_at = one.closes_at if now < one.closes_at else None

    def compose(words: Words) -> Message:
        return reminder_words.round_message(words, rule, one, now)

    if Audience.GROUPS in due.audiences:
        group_ids = await rounds.group_ids(session, one.id)
        reached += await _post(
            session, surroundings, group_ids, compose, key=key, now=now, expires_at=expires_at
        )
    if Audience.ASKED in due.audiences:
        wishers = await rounds.wishers(session, one.id)
        # They asked for it; only who is away is left in peace.
        awake = await profiles.wanting(session, [member.id for member in wishers], None, now)
        for member in wishers:
            if member.id not in awake:
                continue
            said = compose(surroundings.catalogues.words(member.locale))
            reached += await _tell(session, member, said, key=key, now=now, expires_at=expires_at)
    return reached


def _event_message(words: Words, rule: ReminderRule, event: Event, given: Answer, now: datetime) -> Message:
    return reminder_words.event_message(words, rule, event, given, now)


async def _post(
    session: AsyncSession, surroundings: Surroundings, group_ids: list[int], compose: Compose, *,
    key: str, now: datetime, expires_at: datetime | None,
) -> int:  # fmt: skip
    reached = 0
    for board in await announcing.boards(session, group_ids):
        said = compose(surroundings.catalogues.words(board.locale))
        reached += await _enqueue_post(session, board.place, said, key=key, now=now, expires_at=expires_at)
    return reached


async def _enqueue_post(
    session: AsyncSession, place: Place, said: Message, *, key: str, now: datetime,
    expires_at: datetime | None = None,
) -> int:  # fmt: skip
    added = await outbox.add(
        session,
        key=key,
        recipient=f"place:{place.platform}:{place.kind}:{place.id}:",
        message=said.model_dump(mode="json"),
        now=now,
        place=place.to_json(),
        expires_at=expires_at,
        priority=Priority.BROADCAST,
    )
    return int(added is not None)


async def _tell(
    session: AsyncSession, member: Member, said: Message, *, key: str, now: datetime,
    expires_at: datetime | None,
) -> int:  # fmt: skip
    """One message to one person, whichever audiences they are in."""
    added = await outbox.add(
        session,
        key=key,
        recipient=f"member:{member.id}",
        message=said.model_dump(mode="json"),
        now=now,
        member_id=member.id,
        expires_at=expires_at,
    )
    return int(added is not None)
