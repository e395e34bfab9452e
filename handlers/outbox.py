"""Deliveries that failed for good: administrators see them and try them again."""

from __future__ import annotations

from handlers import refusals
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.messages import Action, Button, Item, Message
from handlers.kit.replies import Reply
from handlers.kit.router import Router, only
from handlers.kit.updates import Command
from handlers.kit.words import N_
from store import outbox
from store.roles import Role

SHOWN_IN_CHAT = 5

router = Router("outbox")


class RetryDelivery(Action, name="outbox.retry"):
    """Queue a message again that could not be delivered."""

    row_id: str


@router.command(
    "ccin deliveries",
    summary=N_("See messages that could not be delivered, and try again"),
    access=only(Role.ADMINISTRATOR),
)
async def list_failures(context: Context, command: Command) -> Reply:
    _ = context._
    rows = await outbox.failures(context.session, limit=SHOWN_IN_CHAT)
    if not rows:
        return Message(text=_("Every message has been delivered."))
    items = tuple(
        Item(
            title=context.words.moment(row.settled_at or row.created_at),
            text=refusals.explained(context.words, row.error or ""),
            buttons=(Button.to(_("Try again"), RetryDelivery(row_id=row.id)),),
        )
        for row in rows
    )
    text = context.words.ngettext(
        "The newest message that could not be delivered:",
        "The newest %(count)s messages that could not be delivered:",
        len(rows),
    ) % {"count": len(rows)}
    return Message(
        text=text, items=items, buttons=(Button(label=_("See all of them"), path="/admin/deliveries"),)
    )


@router.action(RetryDelivery, access=only(Role.ADMINISTRATOR))
async def retry(context: Context, action: RetryDelivery) -> Reply:
    _ = context._
    if not await outbox.retry(context.session, action.row_id, context.now):
        raise UserError(_("That message is not waiting to be tried again. Nothing was changed."))
    await context.audit("outbox.retry", "delivery", action.row_id)
    return Message(text=_("The message will be tried again within a few seconds."))
