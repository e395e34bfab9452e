"""Events for members: what is on, and saying in one press whether one comes."""

from __future__ import annotations

import math
from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from handlers import event_buttons, event_cards, event_details_form, group_posts
from handlers.event_actions import DETAILS_FORM, AnswerEvent, ListEvents, ShowEvent
from handlers.group_cards import ADMINISTRATORS
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.messages import Button, Message, Style
from handlers.kit.replies import Open, Reply
from handlers.kit.router import Router, RunCommand
from handlers.kit.updates import Command
from handlers.kit.words import N_, Words
from store import (
    drafts,
    event_audiences,
    event_series,
    events,
    groups,
    members,
    organisations,
    outbox,
    replies,
)
from store.event_series import More
from store.events import Event, EventKind, EventState, Viewer
from store.members import Member
from store.replies import YES, Answer, Answered
from store.roles import Role

EVENTS_A_PAGE = 8
LONGEST_QUERY = 80
# What people may type after /events for a kind.
KINDS_TYPED = {
    "conference": EventKind.CONFERENCE,
    "conferences": EventKind.CONFERENCE,
    "webinar": EventKind.WEBINAR,
    "webinars": EventKind.WEBINAR,
    "visits": EventKind.STUDY_VISIT,
}

router = Router("events")


def key_of(event: Event) -> str:
    """The outbox key of an event's posts."""
    return f"event:{event.id}:announced"


def draft_key(event: Event) -> str:
    """The outbox key of a draft's cards, for those who run it."""
    return f"event:{event.id}:draft"


@router.command("events", summary=N_("See what is on, and say whether you come"), usage=N_("[mine or words]"))
async def list_events(context: Context, command: Command) -> Reply:
    kind = KINDS_TYPED.get(command.text.strip().lower())
    query = "" if kind else command.text[:LONGEST_QUERY]
    return await _page(context, ListEvents(kind=kind.value if kind else "", query=query))


@router.command("events mine", summary=N_("See the events that you go to"))
async def list_mine(context: Context, command: Command) -> Reply:
    return await _page(context, ListEvents(mine=True))


@router.command("events past", summary=N_("See events that are over, with their slides and links"))
async def list_past(context: Context, command: Command) -> Reply:
    return await _page(context, ListEvents(past=True))


@router.action(ListEvents)
async def turn_page(context: Context, action: ListEvents) -> Reply:
    return await _page(context, action)


@router.action(ShowEvent)
async def show(context: Context, action: ShowEvent) -> Reply:
    return await event_card(context, await visible_event(context, action.event_id))


@router.action(AnswerEvent)
async def answer(context: Context, action: AnswerEvent) -> Reply:
    """Take an answer; whoever moves up because of it is told, and the posts show the new numbers."""
    _ = context._
    await visible_event(context, action.event_id)
    # Whoever answers at the same moment waits here, so that the last place is given once.
    event = await events.by_id(context.session, action.event_id, lock=True)
    given = _answer_of(action.answer)
    if event is None or given is None or (given is Answer.ONLINE and not event.is_hybrid):
        raise UserError(_("That button no longer works. Type /ccin to see what you can do."))
    if event.state(context.now) is EventState.CANCELLED:
        raise UserError(_("“%(title)s” has been called off. Nothing was changed.") % {"title": event.title})
    too_late = context.now >= event.starts_at or event.state(context.now) is not EventState.ANNOUNCED
    if too_late or (given is not Answer.CANNOT and not event.takes_answers(context.now)):
        raise UserError(
            _("“%(title)s” takes no more answers. Ask the organiser: %(organiser)s.")
            % {"title": event.title, "organiser": event.organiser}
        )
    held = await replies.of_member(context.session, event.id, context.person.id)
    if held is None or given is Answer.CANNOT:
        # Reminders that wait for their turn would ask for an answer that has been given.
        prefix = f"reminder:event:{event.id}:"
        await outbox.withdraw(context.session, prefix, context.now, member_id=context.person.id)
    outcome = await replies.answer(context.session, event, context.person.id, given, context.now)
    await tell_moved_up(context, event, outcome.moved_up)
    if outcome.changed:
        await change_posts(context, event)
    asked = await _ask_details(context, event, outcome)
    if asked is not None:
        return asked
    note = _(event_cards.ANSWER_LINES[outcome.answer])
    if outcome.answer in YES:
        note = _("Thank you.") + " " + note
    elif outcome.answer is Answer.WAITING:
        note += " " + _("If a place becomes free, you get it, and I tell you.")
    return await event_card(context, event, note=note)


async def _ask_details(context: Context, event: Event, outcome: Answered) -> Open | None:
    """The form that goes with a new yes, where the organiser asks for something."""
    held = await replies.of_member(context.session, event.id, context.person.id)
    if outcome.answer is Answer.CANNOT:
        await drafts.empty(context.session, DETAILS_FORM, str(event.id), context.person.id)
    if held is None or not outcome.changed or outcome.answer not in (*YES, Answer.WAITING):
        return None
    if not event_details_form.asked(context, event, held):
        return None
    return event_details_form.opened(context, event, held)


async def event_card(context: Context, event: Event, *, note: str = "") -> Message:
    """An event for the sender, with what they may do about it."""
    counts = (await replies.counts(context.session, [event.id]))[event.id]
    held = await replies.of_member(context.session, event.id, context.person.id)
    given = Answer(held.answer) if held else None
    dates = (await event_series.more_dates(context.session, [event], context.now)).get(event.id)
    more = await event_buttons.for_person(context, event, held)
    open_dates = await event_series.unanswered(
        context.session, event, await viewer_of(context), given, context.now
    )
    more += event_buttons.for_dates(context.words, event, given, len(open_dates), context.now)
    if await may_run(context, event):
        more += event_buttons.for_runner(context.words, event, context.now)
        if event.state(context.now) is EventState.DRAFT:
            context.reply_key = draft_key(event)
    more.append(all_events_button(context.words))
    guests = held.guests if held else 0
    return event_cards.card(
        context.words, event, counts, given, context.now, note=note, more=tuple(more), guests=guests,
        dates=dates,
    )  # fmt: skip


def all_events_button(words: Words) -> Button:
    return Button.to(words._("All events"), RunCommand(command="events"))


async def change_posts(context: Context, event: Event, *, noted: bool = False) -> None:
    """Every post of an event shows how it stands now; pages say that it changed where that is ``noted``."""
    counts = (await replies.counts(context.session, [event.id]))[event.id]
    more = (await event_series.more_dates(context.session, [event], context.now)).get(event.id)
    now = context.now
    await group_posts.edit(
        context,
        lambda words: event_cards.post(words, event, counts, now, more=more),
        key=key_of(event),
        noted=noted,
    )


async def tell_moved_up(context: Context, event: Event, member_ids: Collection[int]) -> None:
    for member_id in member_ids:
        member = await members.by_id(context.session, member_id)
        if member is not None:
            await context.send(
                member,
                lambda words: event_cards.moved_up(words, event),
                key=f"event:{event.id}:moved_up:{context.update.id}",
            )


async def may_run(context: Context, event: Event) -> bool:
    """Whether the sender may change an event: administrators, and people who lead every group that is
    invited, where nobody else is."""
    return await runs(context.session, context.roles, context.person.id, event)


async def runs(session: AsyncSession, roles: frozenset[Role], member_id: int, event: Event) -> bool:
    if ADMINISTRATORS.allows(roles):
        return True
    if event.everyone or event.public or await event_audiences.categories(session, event.id):
        return False
    led = await groups.leads_of(session, member_id)
    invited = await event_audiences.group_ids(session, event.id)
    return bool(invited) and set(invited) <= led


async def may_add(session: AsyncSession, roles: frozenset[Role], member_id: int) -> bool:
    """Administrators and people who lead a group."""
    return ADMINISTRATORS.allows(roles) or bool(await groups.leads_of(session, member_id))


async def viewer_of(context: Context) -> Viewer:
    return await viewer_as(context.session, context.person, context.roles)


async def viewer_as(session: AsyncSession, member: Member | None, roles: frozenset[Role]) -> Viewer:
    """How a member with these roles looks at events, or a visitor."""
    if member is None:
        return Viewer()
    organisation = await organisations.by_id(session, member.organisation_id or 0)
    return Viewer(
        member_id=member.id,
        category=organisation.category if organisation else "",
        everything=ADMINISTRATORS.allows(roles),
    )


async def visible_event(context: Context, event_id: int) -> Event:
    """:raises UserError: there is none, or it is not for the sender."""
    event = await events.visible(context.session, event_id, await viewer_of(context))
    if event is None:
        raise UserError(context._("That event is not there. Type /events to see what is on."))
    return event


async def own_event(context: Context, event_id: int, *, lock: bool = False) -> Event:
    """An event that the sender may change.

    :raises UserError: there is none, or they may not.
    """
    event = await visible_event(context, event_id)
    if lock:
        event = await events.by_id(context.session, event_id, lock=True) or event
    if not await may_run(context, event):
        raise UserError(context._("You may not do this. An administrator of the network can help."))
    return event


async def _page(context: Context, asked: ListEvents) -> Message:
    _ = context._
    kind = asked.kind if asked.kind in set(EventKind) else ""
    query, page = asked.query[:LONGEST_QUERY], max(0, min(asked.page, 1_000))
    member_id = context.person.id
    found, total = await events.upcoming(
        context.session,
        await viewer_of(context),
        context.now,
        limit=EVENTS_A_PAGE,
        offset=page * EVENTS_A_PAGE,
        kind=kind,
        query=query,
        ids=replies.events_of(member_id) if asked.mine else None,
        past=asked.past,
        series_id=asked.series_id or None,
    )
    if total and not found:
        # What stood on this page is over meanwhile.
        last = math.ceil(total / EVENTS_A_PAGE) - 1
        return await _page(context, asked.model_copy(update={"page": last}))
    ids = [event.id for event in found]
    counts = await replies.counts(context.session, ids)
    given = await replies.answers_of(context.session, member_id, ids)
    more: dict[int, More] = {}
    if not asked.series_id and not asked.past:
        more = await event_series.more_dates(context.session, found, context.now)
    items = tuple(
        event_cards.list_item(
            context.words, event, counts[event.id], given.get(event.id), context.now, more=more.get(event.id)
        )
        for event in found
    )
    whose = _("Past events") if asked.past else _("Your events") if asked.mine else _("Events")
    return Message(
        heading=found[0].title if asked.series_id and found else whose,
        text=_found_line(context, asked, kind, page, total),
        items=items,
        buttons=await _list_buttons(context, asked, kind, page, total),
    )


def _found_line(context: Context, asked: ListEvents, kind: str, page: int, total: int) -> str:
    _ = context._
    narrowed = [_(event_cards.KIND_NAMES[EventKind(kind)])] if kind else []
    if asked.query:
        narrowed.append(f"“{asked.query[:LONGEST_QUERY]}”")
    if asked.past:
        return _("The latest first.") if total else _("No event is over yet.")
    if not total:
        if asked.mine:
            return _("You have not said yes to anything that is coming up.")
        if narrowed:
            return _("Nothing that is coming up fits that.")
        return _("Nothing is planned at the moment. New events appear here.")
    said = [count_line(context.words, total), *narrowed]
    if asked.series_id:
        dates = context.words.ngettext("%(count)s date to come", "%(count)s dates to come", total)
        said = [dates % {"count": context.words.number(total)}]
    if total > EVENTS_A_PAGE:
        pages = {"page": page + 1, "pages": math.ceil(total / EVENTS_A_PAGE)}
        said.append(_("page %(page)s of %(pages)s") % pages)
    return " · ".join(said)


def count_line(words: Words, total: int) -> str:
    """“12 events are coming up”"""
    said = words.ngettext("%(count)s event is coming up", "%(count)s events are coming up", total)
    return said % {"count": words.number(total)}


async def _list_buttons(
    context: Context, asked: ListEvents, kind: str, page: int, total: int
) -> tuple[Button, ...]:
    _ = context._
    buttons = []
    if (page + 1) * EVENTS_A_PAGE < total:
        more = asked.model_copy(update={"kind": kind, "page": page + 1})
        buttons.append(Button.to(_("Next page"), more, style=Style.PRIMARY))
    if page:
        before = asked.model_copy(update={"kind": kind, "page": page - 1})
        buttons.append(Button.to(_("Page before"), before))
    if kind or asked.query or asked.mine or asked.past or asked.series_id:
        buttons.append(Button.to(_("All events"), ListEvents()))
    else:
        buttons += [
            Button.to(_("My events"), RunCommand(command="events", text="mine")),
            Button.to(_("Webinars"), ListEvents(kind=EventKind.WEBINAR)),
            Button.to(_("Conferences"), ListEvents(kind=EventKind.CONFERENCE)),
            Button.to(_("Past events"), ListEvents(past=True)),
        ]
    if await may_add(context.session, context.roles, context.person.id):
        buttons.append(Button.to(_("New event"), RunCommand(command="events", text="new")))
    return tuple(buttons)


def _answer_of(typed: str) -> Answer | None:
    """What a person may answer; the waiting list is none of it."""
    return Answer(typed) if typed in set(Answer) - {Answer.WAITING} else None
