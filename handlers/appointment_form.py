"""The forms that make an appointment and that end one."""

from __future__ import annotations

from datetime import date

from handlers import group_rule_form, people
from handlers import organisations as organisation_options
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import ChoiceField, DateField, Form, InOrder, Option, SearchField, Step
from handlers.kit.messages import Action, Button, Message
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, RunCommand, Submitted, only
from handlers.kit.words import LONDON, N_, Words
from handlers.rule_sentences import REGION_NAMES
from store import appointments, members, organisations
from store.appointments import Appointment, Office
from store.database import LARGEST_ID
from store.members import Member
from store.roles import Role

ADMINISTRATORS = only(Role.ADMINISTRATOR)
OFFICE_NAMES = {
    Office.REGIONAL_LEAD: N_("Regional lead"),
    Office.CABINET_CHAMPION: N_("Cabinet champion"),
}
OFFICE_DUTIES = {
    Office.REGIONAL_LEAD: N_("Speaks for a region of the network, and says hello to newcomers there."),
    Office.CABINET_CHAMPION: N_("Speaks for co-operative working in the cabinet of one council."),
}

router = Router("appointment_form")


class Appoint(Action, name="appointments.appoint"):
    """Open the form that makes an appointment."""


class EndAppointment(Action, name="appointments.end"):
    """Open the form that says the last day of an appointment."""

    appointment_id: int


@router.action(Appoint, access=ADMINISTRATORS)
async def appoint(context: Context, action: Appoint) -> Reply:
    return Open("appointments.appoint", initial={"from_on": today(context).isoformat()})


async def build_appoint(context: Context, subject: str) -> Form:
    _ = context._
    return Form(
        name="appointments.appoint",
        title=_("Appoint somebody"),
        submit=_("Appoint"),
        steps=(
            Step(
                title=_("Appoint somebody"),
                fields=(
                    SearchField(name="member", label=_("Who?"), source="member"),
                    ChoiceField(
                        name="office",
                        label=_("As what?"),
                        options=tuple(
                            Option(value=office.value, label=_(name), help=_(OFFICE_DUTIES[office]))
                            for office, name in OFFICE_NAMES.items()
                        ),
                    ),
                    ChoiceField(
                        name="region",
                        label=_("Of which region?"),
                        help=_("For a regional lead."),
                        required=False,
                        options=group_rule_form.options(context.words, REGION_NAMES),
                    ),
                    SearchField(
                        name="organisation",
                        label=_("Of which council?"),
                        help=_("For a Cabinet champion. Left empty, the council they belong to."),
                        required=False,
                        source=organisation_options.SOURCE,
                    ),
                    DateField(name="from_on", label=_("First day")),
                    DateField(
                        name="until_on",
                        label=_("Last day"),
                        help=_("Left empty, until somebody ends it."),
                        required=False,
                    ),
                ),
            ),
        ),
        checks=(InOrder(earlier="from_on", later="until_on"),),
    )


@router.form("appointments.appoint", build_appoint, access=ADMINISTRATORS)
async def make(context: Context, sent: Submitted) -> Result:
    _ = context._
    answers = sent.answers
    member = await people.chosen_member(context, answers.text("member"), field="member")
    office = Office(answers.text("office"))
    scope, scope_name = await _scope(
        context, office, member, answers.text("region"), answers.text("organisation")
    )
    from_on, until_on = answers.day("from_on") or today(context), answers.day("until_on")
    made = await appointments.appoint(
        context.session, office, scope, member.id, from_on=from_on, until_on=until_on, now=context.now
    )
    if made is None:
        raise UserError(await _clash(context, office, scope, from_on, until_on), field="from_on")
    values = {"office": office.value, "scope": scope, "from": from_on.isoformat()}
    await context.audit("appointment.make", "appointment", made.id, values, about=member)
    named = {
        "name": people.name_of(member, context.words),
        "office": _(OFFICE_NAMES[office]),
        "of": scope_name,
    }
    if member.id != context.person.id:
        await context.send(member, lambda words: _told(words, made, scope_name))
    return Message(
        text=_("%(name)s is appointed. %(office)s: %(of)s, %(span)s.")
        % {**named, "span": span(context.words, made)},
        buttons=(see_all(context),),
    )


@router.action(EndAppointment, access=ADMINISTRATORS)
async def end(context: Context, action: EndAppointment) -> Reply:
    held = await _held(context, action.appointment_id)
    last_day = max(held.from_on, today(context))
    return Open("appointments.end", initial={"until_on": last_day.isoformat()}, subject=str(held.id))


async def build_end(context: Context, subject: str) -> Form:
    _ = context._
    held = await _held(context, int(subject) if organisation_options.is_id(subject) else 0)
    scope = (await scope_names(context, [held]))[held.id]
    member = await members.by_id(context.session, held.member_id)
    who = people.name_of(member, context.words) if member else ""
    return Form(
        name="appointments.end",
        title=_("End an appointment"),
        submit=_("Set the last day"),
        steps=(
            Step(
                title=_(OFFICE_NAMES[Office(held.office)]) + ": " + scope,
                help=who,
                fields=(
                    DateField(
                        name="until_on",
                        label=_("Last day"),
                        help=_("The appointment stays on record. From the next day the office is free."),
                    ),
                ),
            ),
        ),
    )


@router.form("appointments.end", build_end, access=ADMINISTRATORS)
async def set_last_day(context: Context, sent: Submitted) -> Result:
    _ = context._
    held = await _held(context, int(sent.subject) if organisation_options.is_id(sent.subject) else 0)
    until_on = sent.answers.day("until_on") or today(context)
    if until_on < held.from_on:
        text = _("The last day cannot be before the first, %(day)s.")
        raise UserError(text % {"day": context.words.day(held.from_on)}, field="until_on")
    others = await appointments.clashing(
        context.session, Office(held.office), held.scope, held.from_on, until_on
    )
    if any(one.id != held.id for one in others):
        raise UserError(_("Somebody else holds the office by then. Choose an earlier day."), field="until_on")
    held.until_on = until_on
    scope_name = (await scope_names(context, [held]))[held.id]
    member = await members.by_id(context.session, held.member_id)
    await context.audit(
        "appointment.end", "appointment", held.id, {"until": until_on.isoformat()}, about=member
    )
    if member is not None and member.id != context.person.id:
        await context.send(member, lambda words: _told(words, held, scope_name))
    return Message(
        text=_("Saved. The last day is %(day)s.") % {"day": context.words.day(until_on)},
        buttons=(see_all(context),),
    )


def today(context: Context) -> date:
    """The day in London."""
    return context.now.astimezone(LONDON).date()


async def _scope(
    context: Context, office: Office, member: Member, region: str, organisation: str
) -> tuple[str, str]:
    """What the office is of, as it is stored and as it is read.

    :raises UserError: it is missing, or the person belongs to another organisation.
    """
    _ = context._
    if office is Office.REGIONAL_LEAD:
        if region not in REGION_NAMES:
            raise UserError(_("Choose the region that they lead."), field="region")
        return region, _(REGION_NAMES[region])
    chosen = await organisation_options.chosen(context, [organisation or str(member.organisation_id or "")])
    if not chosen:
        raise UserError(_("Choose the council that they speak for."), field="organisation")
    if member.organisation_id != chosen[0].id:
        text = _(
            "A Cabinet champion belongs to the council. This person is not known to belong to %(council)s."
        )
        raise UserError(text % {"council": chosen[0].name}, field="member")
    return str(chosen[0].id), chosen[0].name


async def _clash(context: Context, office: Office, scope: str, from_on: date, until_on: date | None) -> str:
    other = (await appointments.clashing(context.session, office, scope, from_on, until_on))[0]
    member = await members.by_id(context.session, other.member_id)
    text = context._("%(name)s holds this office then, %(span)s. End that appointment first.")
    return text % {
        "name": people.name_of(member, context.words) if member else "",
        "span": span(context.words, other),
    }


async def _held(context: Context, appointment_id: int) -> Appointment:
    held = None
    if 0 < appointment_id <= LARGEST_ID:
        held = await appointments.by_id(context.session, appointment_id)
    if held is None:
        raise UserError(context._("There is no such appointment. Nothing was changed."))
    return held


async def scope_names(context: Context, several: list[Appointment]) -> dict[int, str]:
    """What each office is of, in words, by the appointment's id."""
    ids = sorted({int(one.scope) for one in several if one.office == Office.CABINET_CHAMPION})
    names = {str(one.id): one.name for one in await organisations.by_ids(context.session, ids)}
    names |= {region: context._(name) for region, name in REGION_NAMES.items()}
    return {one.id: names.get(one.scope, one.scope) for one in several}


def span(words: Words, held: Appointment) -> str:
    """“from Monday 16 March 2026 until Tuesday 16 March 2027”"""
    if held.until_on is None:
        return words._("from %(first)s") % {"first": words.day(held.from_on)}
    days = {"first": words.day(held.from_on), "last": words.day(held.until_on)}
    return words._("from %(first)s until %(last)s") % days


def see_all(context: Context) -> Button:
    return Button.to(context._("Leads and champions"), RunCommand(command="ccin", text="leads"))


def _told(words: Words, held: Appointment, scope_name: str) -> Message:
    _ = words._
    office = Office(held.office)
    where = _(REGION_NAMES[held.scope]) if office is Office.REGIONAL_LEAD else scope_name
    said = (
        _(
            "You are appointed regional lead for %(of)s, %(span)s. You speak for the region in the network,"
            " and say hello to newcomers there."
        )
        if office is Office.REGIONAL_LEAD
        else _(
            "You are appointed Cabinet champion of %(of)s, %(span)s. You speak for co-operative working"
            " in its cabinet."
        )
    )
    return Message(
        text=said % {"of": where, "span": span(words, held)},
        buttons=(Button.to(_("Leads and champions"), RunCommand(command="ccin", text="leads")),),
    )
