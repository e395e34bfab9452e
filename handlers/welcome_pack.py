"""The welcome pack: what membership brings, how to begin, and whom to ask, open at any time."""

from __future__ import annotations

from handlers import people, texts
from handlers.appointment_form import today
from handlers.kit.context import Context
from handlers.kit.messages import Button, Fact, Item, Message, Style
from handlers.kit.replies import Reply
from handlers.kit.router import Router, RunCommand
from handlers.kit.updates import Command
from handlers.kit.words import N_
from handlers.rule_sentences import REGION_NAMES
from store import appointments, members, organisations
from store import texts as stored_texts
from store.appointments import Appointment, Office

router = Router("welcome_pack")


@router.command("ccin welcome", summary=N_("Open the welcome pack"))
async def open_pack(context: Context, command: Command) -> Reply:
    _ = context._
    values = await texts.example_values(context)
    items = []
    for name in texts.PACK:
        body = await stored_texts.body(context.session, name, context.words.locale)
        if said := texts.fill(body, values):
            items.append(Item(title=_(texts.TEXTS[name].title), text=said, linked=True))
    network = context.network
    return Message(
        heading=_("Welcome pack"),
        text=_("What %(network)s gives you, how to begin, and whom to ask.") % {"network": network.short_name}
        if items
        else _("The welcome pack is being written. These people help you meanwhile."),
        items=tuple(items),
        facts=await _contacts(context),
        buttons=(
            Button.to(_("Find groups"), RunCommand(command="groups"), style=Style.PRIMARY),
            Button.to(_("Fill in my profile"), RunCommand(command="ccin", text="profile")),
            Button(label=_("Write to the network"), url=f"mailto:{network.general_mail}"),
            Button(label=_("The network's website"), url=network.website),
        ),
    )


async def _contacts(context: Context) -> tuple[Fact, ...]:
    """Who speaks for one's region and one's council today, and the network's own address."""
    _ = context._
    own = await organisations.by_id(context.session, context.person.organisation_id or 0)
    facts = []
    if own is not None:
        held = {
            (one.office, one.scope): one for one in await appointments.on_day(context.session, today(context))
        }
        lead = held.get((Office.REGIONAL_LEAD, own.region))
        champion = held.get((Office.CABINET_CHAMPION, str(own.id)))
        names = await _names(context, [one for one in (lead, champion) if one is not None])
        if own.region in REGION_NAMES:
            label = _("Regional lead for %(region)s") % {"region": _(REGION_NAMES[own.region])}
            facts.append(
                Fact(label=label, value=names.get(lead.id if lead else 0, _("Nobody at the moment")))
            )
        label = _("Cabinet champion of %(council)s") % {"council": own.name}
        if champion is not None and champion.id in names:
            facts.append(Fact(label=label, value=names[champion.id]))
    facts.append(Fact(label=_("Anything else"), value=context.network.general_mail))
    return tuple(facts)


async def _names(context: Context, held: list[Appointment]) -> dict[int, str]:
    """The names of those who hold offices and are active, by the appointment's id."""
    found = {
        one.id: one
        for one in await members.by_ids(context.session, [a.member_id for a in held])
        if one.active
    }
    return {
        one.id: people.name_of(found[one.member_id], context.words) for one in held if one.member_id in found
    }
