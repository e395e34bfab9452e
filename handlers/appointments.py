"""Appointments: who is regional lead and Cabinet champion, now and before."""

from __future__ import annotations

from handlers import people
from handlers.appointment_form import OFFICE_NAMES, Appoint, EndAppointment, scope_names, see_all, span, today
from handlers.kit.context import Context
from handlers.kit.messages import Action, Button, Item, Message, Style
from handlers.kit.replies import Reply
from handlers.kit.router import Router, only
from handlers.kit.updates import Command
from handlers.kit.words import N_
from handlers.rule_sentences import REGION_NAMES
from store import appointments, members, organisations
from store.appointments import Appointment, Office
from store.members import Member
from store.roles import Role

ADMINISTRATORS = only(Role.ADMINISTRATOR)
# Few enough for one message on every surface.
CHAMPIONS_SHOWN = 12
PAST_SHOWN = 20

router = Router("appointments")


class ShowPast(Action, name="appointments.past"):
    """List who held offices before."""


@router.command(
    "ccin leads",
    summary=N_("See who is regional lead and Cabinet champion"),
    usage=N_("[a part of a council's name]"),
)
async def list_holders(context: Context, command: Command) -> Reply:
    """Every region's lead, and the champion of one's own organisation or of those that are named."""
    _ = context._
    session = context.session
    held = await appointments.on_day(session, today(context))
    holders = await _holders(context, held)
    by_region = {one.scope: one for one in held if one.office == Office.REGIONAL_LEAD and one.id in holders}
    items = [
        _item(context, _(OFFICE_NAMES[Office.REGIONAL_LEAD]) + ": " + _(name), by_region.get(region), holders)
        for region, name in REGION_NAMES.items()
    ]
    champions = {
        int(one.scope): one for one in held if one.office == Office.CABINET_CHAMPION and one.id in holders
    }
    if command.text:
        found = await organisations.search(session, command.text[:80], limit=CHAMPIONS_SHOWN)
    else:
        own = {context.person.organisation_id} if context.person.organisation_id else set()
        wanted = own | (set(champions) if ADMINISTRATORS.allows(context.roles) else set())
        found = (await organisations.by_ids(session, sorted(wanted)))[:CHAMPIONS_SHOWN]
    office = _(OFFICE_NAMES[Office.CABINET_CHAMPION])
    items += [_item(context, f"{office}: {one.name}", champions.get(one.id), holders) for one in found]
    said = _("These people speak for the network in their region or their council.")
    if command.text and not found:
        query = command.text[:80]
        said += " " + _("I know no organisation called “%(query)s”.") % {"query": query}
    buttons: tuple[Button, ...] = ()
    if ADMINISTRATORS.allows(context.roles):
        buttons = (
            Button.to(_("Appoint somebody"), Appoint(), style=Style.PRIMARY),
            Button.to(_("Past appointments"), ShowPast()),
        )
    return Message(
        heading=_("Leads and champions"),
        text=said,
        items=tuple(items),
        buttons=buttons,
        small_print=(_("To see another council's champion, type /ccin leads and its name."),),
    )


@router.action(ShowPast, access=ADMINISTRATORS)
async def list_past(context: Context, action: ShowPast) -> Reply:
    _ = context._
    past = await appointments.ended_before(context.session, today(context), limit=PAST_SHOWN)
    people_by_id = {one.id: one for one in await members.by_ids(context.session, [a.member_id for a in past])}
    scopes = await scope_names(context, past)
    return Message(
        heading=_("Past appointments"),
        text=_("The newest first.") if past else _("Nobody's appointment has ended yet."),
        items=tuple(
            Item(
                title=_(OFFICE_NAMES[Office(one.office)]) + ": " + scopes[one.id],
                text=people.name_of(people_by_id[one.member_id], context.words)
                + " · "
                + span(context.words, one),
            )
            for one in past
        ),
        buttons=(see_all(context),),
    )


async def _holders(context: Context, several: list[Appointment]) -> dict[int, Member]:
    """The active member behind each appointment, by the appointment's id."""
    found = {one.id: one for one in await members.by_ids(context.session, [a.member_id for a in several])}
    return {one.id: found[one.member_id] for one in several if found[one.member_id].active}


def _item(context: Context, title: str, held: Appointment | None, holders: dict[int, Member]) -> Item:
    _ = context._
    if held is None:
        return Item(title=title, text=_("Nobody at the moment."))
    buttons: tuple[Button, ...] = ()
    if ADMINISTRATORS.allows(context.roles):
        buttons = (Button.to(_("End"), EndAppointment(appointment_id=held.id)),)
    name = people.name_of(holders[held.id], context.words)
    return Item(title=title, text=name + " · " + span(context.words, held), buttons=buttons)
