"""Modals that open after the acknowledgement; one that cannot be opened any more becomes a message."""

from __future__ import annotations

from typing import Any

import structlog

from bot.services import Services
from bot.slack import forms, limits
from bot.slack.api import Api
from bot.slack.platform import NAME
from handlers.kit.context import LEASE
from handlers.kit.dispatcher import REPLY_WINDOW
from handlers.kit.errors import DeliveryError
from handlers.kit.form_flow import ContinueDraft
from handlers.kit.messages import Button, Message, Style
from handlers.kit.platform import Delivery
from handlers.kit.replies import FormView
from handlers.kit.updates import Place, PlaceKind, Update
from handlers.kit.words import Words
from store import members, outbox
from store.outbox import Lease

log = structlog.get_logger(__name__)

Json = dict[str, Any]


class Modals:
    def __init__(self, services: Services, api: Api) -> None:
        self._services = services
        self._api = api

    async def words(self, update: Update) -> Words:
        """The sender's language."""
        async with self._services.database.read() as session:
            known = await members.by_identity(session, NAME, update.sender.external_id)
        locale = known[0].locale if known else update.sender.locale
        return self._services.surroundings.catalogues.words(locale)

    async def open(self, update: Update, view: FormView, trigger_id: str) -> None:
        """Open a form; Slack allows it for three seconds after what the person did."""
        words = await self.words(update)
        try:
            await self._api.call("views.open", {"trigger_id": trigger_id, "view": forms.modal(view, words)})
        except DeliveryError as error:
            log.warning("slack.modal.unopened", reason=error.reason)
            await self.offer(update, view)

    async def go_back(self, update: Update, draft_id: str, step: int, view_id: str) -> None:
        """Show another step of a draft in a modal that is open."""
        view = await self._services.dispatcher.form(update, draft_id, step)
        modal = forms.modal(view, await self.words(update))
        await self._api.call("views.update", {"view_id": view_id, "view": modal})

    async def answer(self, update: Update, view: FormView, shown_step: int) -> Json:
        """The acknowledgement of a submission that is not done yet: its problems, or what comes next."""
        if problems := forms.errors(view, shown_step):
            return {"response_action": "errors", "errors": problems}
        return {"response_action": "update", "view": forms.modal(view, await self.words(update))}

    async def offer(self, update: Update, view: FormView) -> None:
        """Send a button that opens the form: a press brings a new trigger."""
        services, now = self._services, self._services.clock()
        _ = (await self.words(update))._
        message = Message(
            text=_("The form could not be opened in time. Nothing is lost."),
            buttons=(
                Button.to(_("Open the form"), ContinueDraft(draft_id=view.draft_id), style=Style.PRIMARY),
            ),
        )
        place = update.place
        if not place.reply_url:
            place = Place(NAME, PlaceKind.DIRECT, update.sender.external_id)
        expires_at = now + REPLY_WINDOW if place.reply_url else None
        async with services.database.write() as session:
            row_id = await outbox.add(
                session,
                key=f"form:{update.id}",
                recipient=f"reply:{update.id}",
                message=message.model_dump(mode="json"),
                now=now,
                place=place.to_json(),
                expires_at=expires_at,
                priority=outbox.Priority.REPLY,
                lease=Lease(services.surroundings.process, now + LEASE),
            )
        if row_id is not None:
            services.relay.take([Delivery(row_id, place, message, now, expires_at=expires_at)])


def found(options: list[Json]) -> Json:
    """The acknowledgement of a search."""
    return {"options": options[: limits.SELECT_OPTIONS]}
