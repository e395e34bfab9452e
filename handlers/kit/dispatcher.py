"""The dispatcher: one update, one transaction, one reply."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from handlers.kit import form_flow, routing, senders
from handlers.kit.context import Context, Surroundings
from handlers.kit.errors import Unavailable, UserError
from handlers.kit.messages import Audience, Message
from handlers.kit.platform import Clock, Delivery
from handlers.kit.replies import FormView, Handled, Open, Outcome, Rejected, Result
from handlers.kit.router import Router
from handlers.kit.updates import (
    Changed,
    Edited,
    Joined,
    Left,
    Lookup,
    Opened,
    Overheard,
    Place,
    PlaceKind,
    Submission,
    Text,
    Update,
)
from handlers.kit.words import Words
from store import outbox, received
from store.database import Database, is_unavailable
from store.members import Identity

log = structlog.get_logger(__name__)

# Platforms wait three seconds for an answer; past this nothing is written and nothing acknowledged.
CEILING_SECONDS = 2.5
# Slack takes private answers for 30 minutes.
# https://docs.slack.dev/interactivity/handling-user-interaction/#message_responses
REPLY_WINDOW = timedelta(minutes=30)
SEEN_AGAIN_AFTER = timedelta(minutes=1)

AfterCommit = Callable[[tuple[Delivery, ...]], None]
Observe = Callable[[Update, Outcome, float], None]


class Dispatcher:
    """Handles updates of every platform.

    ``after_commit`` gets the messages that this process has leased, to deliver them at once;
    ``observe`` gets each update with its outcome and the seconds it took.
    """

    def __init__(
        self,
        database: Database,
        router: Router,
        surroundings: Surroundings,
        clock: Clock,
        *,
        after_commit: AfterCommit | None = None,
        observe: Observe | None = None,
    ) -> None:
        self.database = database
        self.router = router
        self.surroundings = surroundings
        self.clock = clock
        self._after_commit = after_commit
        self._observe = observe

    async def handle(self, update: Update) -> Handled:
        """Handle an update once, however often it comes.

        :raises Unavailable: the database is away or too slow: nothing was written, so nothing may be
            acknowledged.
        """
        if not self._wanted(update) or not await self._worth_hearing(update):
            return Handled(Outcome.IGNORED)
        started = time.perf_counter()
        try:
            async with asyncio.timeout(CEILING_SECONDS):
                if isinstance(update.content, Lookup):
                    handled = await self._look_up(update)
                else:
                    handled = await self._handle_again_on_conflict(update)
        except Exception as error:
            if isinstance(error, Unavailable) or is_unavailable(error):
                log.warning("update.unavailable", update_kind=update.kind, error=type(error).__name__)
                raise Unavailable from error
            handled = await self._fault(update, error)
        seconds = time.perf_counter() - started
        if self._observe is not None:
            self._observe(update, handled.outcome, seconds)
        if handled.deliveries and self._after_commit is not None:
            self._after_commit(handled.deliveries)
        return handled

    async def form(self, update: Update, draft_id: str, step: int | None = None) -> FormView:
        """A draft as it stands, without writing anything.

        :raises UserError: it is not this person's, was sent, or may not be used any more.
        """
        async with self.database.read() as session:
            context = await self._reading(session, update)
            return await form_flow.view_of(context, draft_id, step)

    def _wanted(self, update: Update) -> bool:
        """Whether anybody handles this; otherwise nothing of it is claimed, stored or logged."""
        match update.content:
            case Text(mentioned=mentioned):
                return bool(self.router.texts) and (mentioned or update.place.kind is PlaceKind.DIRECT)
            case Joined():
                return bool(self.router.joins)
            case Left():
                return bool(self.router.leaves)
            case Changed():
                return bool(self.router.changes)
            case Opened():
                return bool(self.router.opens)
        return True

    async def _worth_hearing(self, update: Update) -> bool:
        """Whether something that was said to others is handled; where that cannot be told, it is not."""
        if not isinstance(update.content, Overheard):
            return True
        if not self.router.overhears:
            return False
        try:
            async with asyncio.timeout(CEILING_SECONDS), self.database.read() as session:
                for one in self.router.overhears:
                    if await one.wants(session, update.place, update.content, self.clock()):
                        return True
        except Exception as error:
            if not is_unavailable(error):
                log.error("overheard.failed", exc_info=error)
        return False

    async def _handle_again_on_conflict(self, update: Update) -> Handled:
        """Two updates at once may both be somebody's first: the one that comes second starts over."""
        try:
            return await self._handle(update)
        except IntegrityError:
            return await self._handle(update)

    async def _handle(self, update: Update) -> Handled:
        """One transaction; a refusal undoes it and is told in another."""
        try:
            async with self.database.write() as session:
                context, identity = await self._begin(session, update)
                if context is None:
                    return Handled(Outcome.DUPLICATE)
                reply = await self._settle(context, await routing.route(context, update))
                if isinstance(reply, Message):
                    await self._queue_reply(context, reply)
        except UserError as error:
            return await self._tell(update, Message(text=error.text), Outcome.REFUSED)
        return Handled(
            Outcome.HANDLED,
            reply,
            deliveries=tuple(context.deliveries),
            unprofiled=identity is not None and not identity.profiled,
        )

    async def _tell(
        self, update: Update, reply: Message, outcome: Outcome, *, keep: Edited | None = None
    ) -> Handled:
        """Claim an update whose own transaction was undone, and queue what to say of it: nothing to somebody
        who was not speaking with the bot."""
        if isinstance(update.content, Overheard):
            return Handled(outcome)
        async with self.database.write() as session:
            context, _identity = await self._begin(session, update)
            if context is None:
                return Handled(Outcome.DUPLICATE)
            if keep is not None:
                await form_flow.keep(context, keep)
            await self._queue_reply(context, reply)
        return Handled(outcome, reply, deliveries=tuple(context.deliveries))

    async def _begin(
        self, session: AsyncSession, update: Update
    ) -> tuple[Context, Identity | None] | tuple[None, None]:
        """Claim an update and load its sender; None when it was handled before."""
        now = self.clock()
        claims = not isinstance(update.content, Edited | Changed)
        if claims and not await received.claim(session, update.id, now):
            return None, None
        return await senders.context_of(self.surroundings, self.router, session, update, now)

    async def _settle(self, context: Context, result: Result | FormView) -> Message | FormView | None:
        """Turn a handler's result into something a surface can render."""
        if isinstance(result, Open):
            return await form_flow.open_form(context, result)
        if isinstance(result, Rejected):
            raise UserError(" ".join(result.problems.values()))
        return result

    async def _queue_reply(self, context: Context, reply: Message) -> None:
        place = reply_place(context.update, reply.audience)
        await context.enqueue(
            reply,
            key=context.reply_key or f"reply:{context.update.id}",
            recipient=f"reply:{context.update.id}",
            place=place,
            member_id=context.member.id if context.member else None,
            due_at=None,
            expires_at=context.now + REPLY_WINDOW if place.reply_url else None,
            priority=outbox.Priority.REPLY,
            at_once=True,
        )

    async def _reading(self, session: AsyncSession, update: Update) -> Context:
        return await senders.reading_context_of(self.surroundings, self.router, session, update, self.clock())

    async def _look_up(self, update: Update) -> Handled:
        if not isinstance(update.content, Lookup):
            raise TypeError("not a lookup")
        async with self.database.read() as session:
            context = await self._reading(session, update)
            try:
                options = await form_flow.look_up(context, update.content)
            except UserError:
                return Handled(Outcome.REFUSED)
        return Handled(Outcome.HANDLED, options=tuple(options))

    async def _fault(self, update: Update, error: Exception) -> Handled:
        """Log a fault of ours under a reference, and tell the sender; what they typed is kept."""
        reference = secrets.token_hex(4)
        log.error("update.failed", reference=reference, update_kind=update.kind, exc_info=error)
        kept: Edited | None = None
        if isinstance(update.content, Submission):
            typed = update.content
            kept = Edited(typed.form, typed.draft_id, typed.answers, typed.step)
        apology = _apology(self.surroundings.catalogues.english, reference)
        try:
            async with self.database.read() as session:
                apology = _apology((await self._reading(session, update)).words, reference)
            return await self._tell(update, apology, Outcome.FAILED, keep=kept)
        except Exception as second:
            if is_unavailable(second):
                raise Unavailable from second
            log.error("update.failed.again", reference=reference, exc_info=second)
            return Handled(Outcome.FAILED, apology)


def reply_place(update: Update, audience: Audience) -> Place:
    """Where a reply is said: to the sender alone unless it asks for the thread or for everybody."""
    place = update.place
    if isinstance(update.content, Opened):
        return place
    if audience is Audience.PUBLIC and place.kind is PlaceKind.CHANNEL:
        return Place(place.platform, place.kind, place.id)
    if audience is Audience.THREAD and place.kind is PlaceKind.CHANNEL:
        return Place(place.platform, place.kind, place.id, place.thread)
    if place.reply_url or place.kind is PlaceKind.DIRECT:
        return place
    return Place(place.platform, PlaceKind.DIRECT, update.sender.external_id)


def _apology(words: Words, reference: str) -> Message:
    _ = words._
    return Message(
        text=_("Something went wrong on our side, and nothing was changed. What you typed in a form is kept.")
        + " "
        + _("Please try again; if it happens again, tell an administrator this reference: %(reference)s.")
        % {"reference": reference}
    )
