"""Guests and needs of those who come to an event: adding them, where the organiser asks."""

from __future__ import annotations

from handlers import event_cards, event_details_form, people
from handlers.event_actions import DETAILS_FORM, EditDetails
from handlers.events import change_posts, event_card, tell_moved_up, visible_event
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import Form
from handlers.kit.replies import Reply, Result
from handlers.kit.router import Router, Submitted
from handlers.organisations import is_id
from store import drafts, events, members, replies
from store.events import Event, EventState
from store.replies import Answer, EventReply

router = Router("event_details")


@router.action(EditDetails)
async def edit(context: Context, action: EditDetails) -> Reply:
    event, held = await _own_reply(context, action.event_id)
    return event_details_form.opened(context, event, held)


async def build(context: Context, subject: str) -> Form:
    event, held = await _own_reply(context, int(subject) if is_id(subject) else 0)
    organiser = await members.by_id(context.session, event.created_by_id or 0)
    name = people.name_of(organiser, context.words) if organiser else event.organiser
    return event_details_form.form(context, event, held, name)


@router.form(DETAILS_FORM, build)
async def save(context: Context, sent: Submitted) -> Result:
    """The answer itself says nothing of the needs: it is kept longer than they are."""
    event, held = await _own_reply(context, int(sent.subject) if is_id(sent.subject) else 0, lock=True)
    wanted = event_details_form.asked(context, event, held)
    if wanted.guests:
        await _bring(context, event, held, sent)
    if wanted.needs:
        needs = sent.answers.text("needs")
        held.needs = context.surroundings.vault.seal(needs) if needs else None
    await context.session.flush()
    await drafts.empty(context.session, DETAILS_FORM, sent.subject, context.person.id)
    state = context._(event_cards.ANSWER_LINES[Answer(held.answer)])
    coming = event.state(context.now) is EventState.ANNOUNCED
    return await event_card(context, event, note=context._("Saved.") + (f" {state}" if coming else ""))


async def _bring(context: Context, event: Event, held: EventReply, sent: Submitted) -> None:
    """:raises UserError: there is no room for so many, or it is too late for more."""
    _ = context._
    guests = sent.answers.number("guests") or 0
    if guests > held.guests and not event.takes_answers(context.now):
        raise UserError(_("It is too late to bring more guests. Ask the organiser."), field="guests")
    before = held.guests
    moved_up = await replies.bring(context.session, event, held, guests, context.now)
    if moved_up is None:
        raise UserError(await _no_room(context, event, held), field="guests")
    held.guest_names = " ".join(sent.answers.text("guest_names").split()) if guests else ""
    await tell_moved_up(context, event, moved_up)
    if guests != before:
        await change_posts(context, event)


async def _no_room(context: Context, event: Event, held: EventReply) -> str:
    if Answer(held.answer) is Answer.GOING:
        free = await replies.free_places(context.session, event) or 0
        most = held.guests + max(0, free)
    else:
        most = (event.capacity or 1) - 1
    if not most:
        return context._("There is no place left for a guest. Yours is kept.")
    text = context.words.ngettext(
        "There is room for you and %(count)s guest. Nothing was changed.",
        "There is room for you and %(count)s guests. Nothing was changed.",
        most,
    )
    return text % {"count": context.words.number(most)}


async def _own_reply(context: Context, event_id: int, *, lock: bool = False) -> tuple[Event, EventReply]:
    """An event that the sender said yes to, with something to add to that.

    :raises UserError: there is none.
    """
    event = await visible_event(context, event_id)
    if lock:
        event = await events.by_id(context.session, event_id, lock=True) or event
    held = await replies.of_member(context.session, event.id, context.person.id, fresh=True)
    if held is None or not event_details_form.asked(context, event, held):
        raise UserError(
            context._("There is nothing to add here. Say first that you come to “%(title)s”.")
            % {"title": event.title}
        )
    return event, held
