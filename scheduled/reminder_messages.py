"""What a due reminder becomes: posts on the boards of its groups, and one message to each person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handlers import announcing, quiet_hours, reminder_words
from handlers.kit.context import Compose
from handlers.kit.messages import Message
from handlers.kit.updates import Place
from handlers.kit.words import Catalogues, Words
from handlers.quiet_hours import QuietHours
from handlers.reminder_planning import Due, useful_until
from handlers.reminder_words import Wording
from store import event_audiences, outbox, reminder_readers, replies, rounds
from store.events import Event
from store.outbox import Priority
from store.profiles import MessageKind
from store.reminder_readers import PERSONAL, Reader
from store.reminders import Audience, Outcome, Quiet
from store.replies import Answer
from store.rounds import FundingRound

# Why a message was not sent, as the outbox keeps it.
IN_QUIET_HOURS = "quiet hours"


@dataclass(frozen=True, slots=True)
class Sending:
    """One reminder of one thing, on its way to everybody it is for."""

    session: AsyncSession
    catalogues: Catalogues
    due: Due
    subject: Event | FundingRound
    now: datetime

    async def everybody(self) -> int:
        """Post and tell all that it is for; how many posts and messages that makes."""
        reached = await self._post() if Audience.GROUPS in self.due.audiences else 0
        if PERSONAL & self.due.audiences:
            reached += await self._tell(await self._readers())
        return reached

    async def before_quiet_hours(self, hours: QuietHours) -> int:
        """Tell people with certain quiet hours, that are about to begin; the rest hear in time."""
        readers = await self._readers(hours)
        began = hours.around(self.due.due_at)
        return await self._tell(readers, begins=began[0] if began else self.now)

    async def _readers(self, hours: QuietHours | None = None) -> list[Reader]:
        quiet = (hours.begins, hours.ends) if hours else None
        if isinstance(self.subject, Event):
            return await reminder_readers.of_event(
                self.session, self.subject, self.due.audiences, quiet=quiet
            )
        if Audience.ASKED not in self.due.audiences:
            return []
        return await reminder_readers.of_round(self.session, self.subject.id, quiet=quiet)

    async def _tell(self, readers: Iterable[Reader], *, begins: datetime | None = None) -> int:
        """One message to each, in their language; ``begins`` is when the quiet hours do before which it
        goes. What would come in the quiet hours waits for their end, or is skipped."""
        rule = self.due.rule
        # Whoever asked for it is left in peace only while away.
        kind = MessageKind.EVENTS if isinstance(self.subject, Event) else None
        made: dict[tuple[str, Answer | None, bool], dict[str, Any]] = {}
        rows = []
        counts = await self._answers()
        expires_at = useful_until(rule, self.subject, self.due.due_at)
        for reader in readers:
            member, profile = reader.member, reader.profile
            if profile is not None and not profile.wants_message(kind, self.now):
                continue
            at: datetime | None = self.now
            if begins is None:
                at = quiet_hours.turn(quiet_hours.of(profile), Quiet(rule.quiet), self.now, expires_at)
            on_time = begins is None and at == self.now and self._is_on_time
            one = (member.locale, reader.answer, on_time)
            if one not in made:
                words = self.catalogues.words(member.locale)
                said = self._personal(words, counts, reader.answer, on_time=on_time)
                if begins is not None:
                    said = reminder_words.before_quiet_hours(words, said, begins)
                made[one] = said.model_dump(mode="json")
            rows.append(
                outbox.new_row(
                    key=self.due.key,
                    recipient=f"member:{member.id}",
                    message=made[one],
                    now=self.now,
                    member_id=member.id,
                    due_at=at,
                    expires_at=expires_at,
                    kind=self.kind,
                    skipped=IN_QUIET_HOURS if at is None else "",
                )
            )
        return await outbox.add_all(self.session, rows)

    @property
    def _is_on_time(self) -> bool:
        return self.due.outcome is not Outcome.LATE and self.now >= self.due.due_at

    @property
    def kind(self) -> MessageKind:
        return MessageKind.EVENTS if isinstance(self.subject, Event) else MessageKind.FUNDING

    async def _answers(self) -> Counter[Answer]:
        """How many gave each answer to the event; none of a round."""
        if not isinstance(self.subject, Event):
            return Counter()
        return (await replies.counts(self.session, [self.subject.id]))[self.subject.id]

    def _personal(
        self, words: Words, counts: Counter[Answer], answer: Answer | None, *, on_time: bool
    ) -> Message:
        wording = Wording(self.due.rule, self.due.bodies, on_time)
        if isinstance(self.subject, Event):
            return reminder_words.event_message(words, wording, self.subject, counts, answer, self.now)
        return reminder_words.round_message(words, wording, self.subject, self.now)

    async def _post(self) -> int:
        wording = Wording(self.due.rule, self.due.bodies, self._is_on_time)
        now, subject = self.now, self.subject
        if isinstance(subject, Event):
            event = subject
            group_ids = await event_audiences.group_ids(self.session, event.id)
            counts = await self._answers()

            def compose(words: Words) -> Message:
                return reminder_words.event_post(words, wording, event, counts, now)
        else:
            one = subject
            group_ids = await rounds.group_ids(self.session, one.id)

            def compose(words: Words) -> Message:
                return reminder_words.round_message(words, wording, one, now)

        return await post(
            self.session,
            self.catalogues,
            group_ids,
            compose,
            key=self.due.key,
            now=self.now,
            kind=self.kind,
            expires_at=useful_until(self.due.rule, subject, self.due.due_at),
        )


async def post(
    session: AsyncSession, catalogues: Catalogues, group_ids: list[int], compose: Compose, *,
    key: str, now: datetime, kind: MessageKind, expires_at: datetime | None = None,
) -> int:  # fmt: skip
    """Queue one post on each board; how many are new. A reminder stands on no group's page: what it reminds
    of does."""
    rows = []
    for board in await announcing.boards(session, group_ids):
        place: Place = board.place
        rows.append(
            outbox.new_row(
                key=key,
                recipient=f"place:{place.platform}:{place.kind}:{place.id}:",
                message=compose(catalogues.words(board.locale)).model_dump(mode="json"),
                now=now,
                place=place.to_json(),
                expires_at=expires_at,
                priority=Priority.BROADCAST,
                kind=kind,
            )
        )
    return await outbox.add_all(session, rows)
