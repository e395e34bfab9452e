"""Who came: noted by those who run the event, or said at the door with a code."""

from __future__ import annotations

from handlers import event_cards, people
from handlers.event_actions import CheckIn, RecordCame, ShowCode
from handlers.events import event_card, own_event, viewer_of
from handlers.group_cards import ADMINISTRATORS
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import AnyField, ChoiceField, Form, Option, SearchField, Step
from handlers.kit.messages import Button, Message, Style
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, Submitted
from handlers.kit.updates import Command
from handlers.kit.words import N_
from handlers.organisations import is_id
from store import attendance, events, members, organisations, replies
from store.attendance import CLOSES_AFTER, OPENS_BEFORE, How
from store.events import Event, EventState
from store.replies import PLACED, YES, Answer

CAME_FORM = "events.came"
# Who may have come: those who have not turned it down.
EXPECTED = PLACED | YES | {Answer.MAYBE}
# More than this many names are no list to tick: the code at the door is for such events.
MOST_LISTED = 2_000

router = Router("event_attendance")


@router.action(RecordCame)
async def ask_who_came(context: Context, action: RecordCame) -> Reply:
    event = await _begun(context, action.event_id)
    known = await attendance.of_event(context.session, event.id)
    ticked = [str(member_id) for member_id, how in known.items() if how is How.ORGANISER]
    return Open(CAME_FORM, initial={"came": ticked}, subject=str(event.id))


async def build_came(context: Context, subject: str) -> Form:
    """Those who were expected and have not checked themselves in, and whom the organiser has noted before."""
    _ = context._
    administers = ADMINISTRATORS.allows(context.roles)
    if not subject:
        # A search asks without an event: only administrators may look for anybody.
        return _came_form(context, "", [_somebody_else(context)] if administers else [])
    event = await _begun(context, int(subject) if is_id(subject) else 0)
    options, themselves = await _listed(context, event)
    fields: list[AnyField] = []
    if options:
        fields.append(
            ChoiceField(
                name="came", label=_("Who was there?"), options=tuple(options), multiple=True, required=False
            )
        )
    if administers:
        fields.append(_somebody_else(context))
    if not fields:
        raise UserError(_("There is nobody to tick: nobody has said that they come. People can check in."))
    said = context.words.ngettext(
        "%(count)s person has checked in and is not listed here.",
        "%(count)s people have checked in and are not listed here.",
        themselves,
    )
    return _came_form(
        context, said % {"count": context.words.number(themselves)} if themselves else "", fields
    )


@router.form(CAME_FORM, build_came)
async def record_came(context: Context, sent: Submitted) -> Result:
    event = await _begun(context, int(sent.subject) if is_id(sent.subject) else 0, lock=True)
    options, _themselves = await _listed(context, event)
    listed = {int(one.value) for one in options}
    ticked = {int(value) for value in sent.answers.several("came")} & listed
    others = [int(value) for value in sent.answers.several("others") if is_id(value)]
    if others and not ADMINISTRATORS.allows(context.roles):
        raise UserError(
            context._("You may not do this. An administrator of the network can help."), field="others"
        )
    found = {one.id for one in await members.by_ids(context.session, others) if one.active}
    await attendance.take_back(context.session, event.id, sorted(listed - ticked))
    await attendance.note(context.session, event.id, sorted(ticked | found), How.ORGANISER, context.now)
    total = len(await attendance.of_event(context.session, event.id))
    await context.audit("event.came", "event", event.id, {"people": str(total)})
    text = context.words.ngettext(
        "Saved: %(count)s person came to “%(title)s”.", "Saved: %(count)s people came to “%(title)s”.", total
    )
    return Message(
        text=text % {"count": context.words.number(total), "title": event.title},
        buttons=(Button(label=context._("Open the list"), path=event_cards.people_path(event)),),
    )


@router.action(ShowCode)
async def show_code(context: Context, action: ShowCode) -> Reply:
    """The same code however often it is asked for; it does nothing before it opens."""
    _ = context._
    event = await own_event(context, action.event_id, lock=True)
    if event.state(context.now) is not EventState.ANNOUNCED and not attendance.is_open(event, context.now):
        raise UserError(_("People can check in to events that are announced and not over."))
    if event.check_in_code is None:
        event.check_in_code = attendance.new_code()
    shown = f"{event.check_in_code[:4]}-{event.check_in_code[4:]}"
    open_from = context.words.moment_in(event.starts_at - OPENS_BEFORE, event.zone)
    until = context.words.moment_in(event.ends_at + CLOSES_AFTER, event.zone)
    return Message(
        heading=event.title,
        text=_("Show this at the door. People type /events here %(code)s, or open %(address)s.")
        % {"code": shown, "address": context.url(f"/check-in/{event.check_in_code}")},
        small_print=(
            _("It works from %(start)s to %(end)s, for people who are invited.")
            % {"start": open_from, "end": until},
        ),
        buttons=(
            Button(
                label=_("Open the check-in page"),
                path=f"/check-in/{event.check_in_code}",
                style=Style.PRIMARY,
            ),
        ),
    )


@router.command("events here", summary=N_("Say with the code at the door that you are there"), usage="CODE")
async def check_in_by_command(context: Context, command: Command) -> Reply:
    if not command.text.strip():
        raise UserError(
            context._("Type the code that is shown at the door after it, like /events here ABCD-EFGH.")
        )
    return await _check_in(context, command.text)


@router.action(CheckIn)
async def check_in(context: Context, action: CheckIn) -> Reply:
    return await _check_in(context, action.code)


async def _check_in(context: Context, typed: str) -> Message:
    """A wrong code, one of another day and one of an event for others are all the same to whoever tries."""
    _ = context._
    event = await attendance.event_of_code(context.session, attendance.read_code(typed))
    visible = event and await events.visible(context.session, event.id, await viewer_of(context))
    if visible is None or not attendance.is_open(visible, context.now):
        raise UserError(
            _("No event that is on now has this code. Check it, or ask the organiser to note that you came.")
        )
    member_id = context.person.id
    new = await attendance.note(context.session, visible.id, [member_id], How.SELF, context.now)
    note = _("You are checked in. Welcome.") if new else _("You are checked in already.")
    return await event_card(context, visible, note=note)


async def _listed(context: Context, event: Event) -> tuple[list[Option], int]:
    """Whom to tick, by name; and how many have checked themselves in."""
    known = await attendance.of_event(context.session, event.id)
    themselves = {member_id for member_id, how in known.items() if how is How.SELF}
    expected = [one for one, _given in await replies.people(context.session, event.id, EXPECTED)]
    missing = set(known) - {one.id for one in expected}
    shown = [
        one
        for one in [*expected, *await members.by_ids(context.session, sorted(missing))]
        if one.id not in themselves
    ]
    ids = {one.organisation_id for one in shown if one.organisation_id is not None}
    councils = {one.id: one.name for one in await organisations.by_ids(context.session, sorted(ids))}
    options = [
        Option(
            value=str(one.id),
            label=people.name_of(one, context.words),
            help=councils.get(one.organisation_id or 0, ""),
        )
        for one in shown
    ]
    options.sort(key=lambda one: (one.label.casefold(), one.help, one.value))
    return options[:MOST_LISTED], len(themselves)


def _came_form(context: Context, said: str, fields: list[AnyField]) -> Form:
    _ = context._
    return Form(
        name=CAME_FORM,
        title=_("Who came"),
        submit=_("Save"),
        steps=(Step(title=_("Who came"), help=said, fields=tuple(fields)),),
    )


def _somebody_else(context: Context) -> SearchField:
    _ = context._
    return SearchField(
        name="others",
        label=_("Did somebody else come?"),
        help=_("People who had not answered. Type a part of their name."),
        source="member",
        multiple=True,
        required=False,
    )


async def _begun(context: Context, event_id: int, *, lock: bool = False) -> Event:
    """:raises UserError: it is not the sender's to run, or has not begun."""
    event = await own_event(context, event_id, lock=lock)
    state = event.state(context.now)
    if state not in (EventState.ANNOUNCED, EventState.PAST) or context.now < event.starts_at - OPENS_BEFORE:
        raise UserError(
            context._("“%(title)s” has not begun. Who came can be noted from half an hour before it.")
            % {"title": event.title}
        )
    return event
