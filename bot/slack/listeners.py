"""Bolt's listeners: each reads a payload, has it handled in one transaction, and acknowledges."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse

from bot.services import Services
from bot.slack import updates
from bot.slack.api import Api, library_logger
from bot.slack.background import Background
from bot.slack.channels import EVENTS, LEFT, Channels
from bot.slack.edits import Edits
from bot.slack.forms import BACK_ACTION, held_by
from bot.slack.modals import Modals, found
from bot.slack.options import options_of
from bot.slack.people import People, readable
from bot.slack.updates import Identity
from handlers.kit.errors import DeliveryError, Unavailable, UserError
from handlers.kit.replies import FormView, Handled, Outcome
from handlers.kit.updates import Edited, Joined, Left, Update
from store.database import is_unavailable

log = structlog.get_logger(__name__)

Json = dict[str, Any]

EVERYTHING = re.compile("")
# What reading a payload raises that has another shape than Slack's.
MISSHAPEN = (AttributeError, IndexError, KeyError, TypeError, ValueError)


class Listeners:
    """Listens through ``bolt``. Until ``identity`` is known nothing is taken, so that Slack keeps it."""

    def __init__(self, services: Services, api: Api, signing_secret: str) -> None:
        self._services = services
        self._dispatcher = services.dispatcher
        self.people = People(services, api)
        self.channels = Channels(services, api)
        self.edits = Edits(services.dispatcher)
        self.background = Background()
        self.identity: Identity | None = None
        self._modals = Modals(services, api)
        self.bolt = AsyncApp(
            name="slack",
            client=api.client,
            signing_secret=signing_secret,
            authorize=self._authorizer(),
            # An acknowledgement stands for work that is done.
            process_before_response=True,
            raise_error_for_unhandled_request=True,
            logger=library_logger(),
        )
        # Bolt's own patterns would have to name everything twice: the router knows what there is.
        self.bolt.event(EVERYTHING)(self._on_event)
        self.bolt.command(EVERYTHING)(self._on_command)
        self.bolt.shortcut(EVERYTHING)(self._on_shortcut)
        self.bolt.action(EVERYTHING)(self._on_action)
        self.bolt.options(EVERYTHING)(self._on_search)
        self.bolt.view(EVERYTHING)(self._on_submission)
        self.bolt.view_closed(EVERYTHING)(self._on_closed)
        self.bolt.error(self._on_error)

    def _authorizer(self) -> Callable[..., Awaitable[AuthorizeResult]]:
        # Bolt reads the names of the arguments, and would give a method one too many.
        async def authorize(team_id: str | None) -> AuthorizeResult:
            """Who the bot is, without asking Slack at every request."""
            identity = self._known()
            return AuthorizeResult(
                enterprise_id=None, team_id=team_id, bot_user_id=identity.user, bot_id=identity.bot
            )

        return authorize

    async def _on_event(self, body: Json) -> None:
        identity, event = self._known(), body["event"]
        try:
            if _team_of(body) != identity.team:
                return
            if event["type"] in EVENTS:
                await self.channels.heard(event)
                if event["type"] not in LEFT:
                    return
            if isinstance(event.get("user"), dict):
                self.people.note(event["user"])
            update = await updates.from_event(body, identity, self._readable)
        except MISSHAPEN as error:
            log.warning("slack.payload.misshapen", error=type(error).__name__)
            return
        if update is None:
            return
        if isinstance(update.content, Joined | Left) and update.content.by_bot:
            await self._bot_moved(update.content)
        handled = await self._handle(update)
        if isinstance(handled.reply, FormView):
            # An event brings no trigger to open anything with.
            await self._modals.offer(update, handled.reply)

    async def _on_command(self, body: Json, ack: AsyncAck) -> None:
        update = await updates.from_command(body, self._readable)
        await self._handle_and_open(update, body)
        await ack()

    async def _on_shortcut(self, body: Json, ack: AsyncAck) -> None:
        update = await updates.from_shortcut(body, self._readable)
        await self._handle_and_open(update, body)
        await ack()

    async def _on_action(self, body: Json, ack: AsyncAck) -> None:
        if body["actions"][0].get("action_id") == BACK_ACTION:
            self.background.run(self._go_back(body))
        elif (update := updates.from_actions(body)) is not None:
            if isinstance(update.content, Edited):
                self.edits.keep(update)
            else:
                await self._handle_and_open(update, body)
        await ack()

    async def _on_search(self, body: Json, ack: AsyncAck) -> None:
        handled = await self._dispatcher.handle(updates.from_search(body))
        await ack(found(options_of(handled.options)))

    async def _on_submission(self, body: Json, ack: AsyncAck) -> None:
        update, held = updates.from_submission(body), held_by(body["view"])
        # A letter that is still being kept must not come after what was sent.
        await self.edits.settle(held.draft_id)
        handled = await self._handle(update)
        if isinstance(handled.reply, FormView):
            await ack(await self._modals.answer(update, handled.reply, held.step))
        else:
            # The modal closes; a message comes by itself.
            await ack()

    async def _on_closed(self, body: Json, ack: AsyncAck) -> None:
        update = updates.edit_in(body)
        if isinstance(update.content, Edited) and update.content.answers:
            self.edits.keep(update)
        await ack()

    async def _on_error(self, error: Exception) -> BoltResponse:
        if isinstance(error, Unavailable) or is_unavailable(error):
            return BoltResponse(status=503)
        if isinstance(error, BoltUnhandledRequestError):
            return BoltResponse(status=404)
        if isinstance(error, MISSHAPEN):
            log.warning("slack.payload.misshapen", exc_info=error)
            return BoltResponse(status=400)
        log.error("slack.listener.failed", exc_info=error)
        return BoltResponse(status=500)

    async def _handle_and_open(self, update: Update, body: Json) -> None:
        handled = await self._handle(update)
        if isinstance(handled.reply, FormView):
            # Begun now, so that it gets as much of the trigger's three seconds as there is.
            self.background.run(self._modals.open(update, handled.reply, body["trigger_id"]))

    async def _handle(self, update: Update) -> Handled:
        user = update.sender.external_id
        # Where the bot itself comes and goes, nobody sends that: it is in its list of programs.
        if user in self.people.bots and not update.sender.visitor:
            return Handled(Outcome.IGNORED)
        handled = await self._dispatcher.handle(update)
        if handled.unprofiled:
            self.background.run(self.people.ask_about(user, self._known().team))
        return handled

    async def _bot_moved(self, content: Joined | Left) -> None:
        channel, joined = content.place.id, isinstance(content, Joined)
        await self.channels.moved(channel, joined=joined)
        if joined:
            self.background.run(self._look_at(channel))

    async def _look_at(self, channel: str) -> None:
        try:
            await self.channels.look_at(channel)
        except DeliveryError as error:
            log.warning("slack.channel.unread", channel=channel, reason=error.reason)

    async def _go_back(self, body: Json) -> None:
        """Keep what was typed, then show the step before."""
        update, held = updates.edit_in(body), held_by(body["view"])
        self.edits.keep(update)
        await self.edits.finish(held.draft_id)
        try:
            await self._modals.go_back(update, held.draft_id, max(0, held.step - 1), body["view"]["id"])
        except (DeliveryError, UserError) as error:
            log.warning("slack.modal.stayed", error=type(error).__name__)

    async def _readable(self, text: object) -> str:
        return await readable(text, self._services)

    def _known(self) -> Identity:
        """:raises Unavailable: Slack has not said who we are yet; it will send this again."""
        if self.identity is None:
            raise Unavailable
        return self.identity


def _team_of(body: Json) -> str | None:
    """The workspace that an event is sent to: in a shared channel, not the one it comes from."""
    authorizations = body.get("authorizations") or [{}]
    team = authorizations[0].get("team_id") or body.get("team_id")
    return team if isinstance(team, str) else None
