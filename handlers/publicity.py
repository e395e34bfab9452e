"""Publicity holds: an administrator names the days on which an organisation is not announced."""

from __future__ import annotations

from handlers import organisations
from handlers.group_cards import ADMINISTRATORS
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import DateField, Form, InOrder, SearchField, Step
from handlers.kit.messages import Item, Message
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, Submitted
from handlers.kit.updates import Command
from handlers.kit.words import LONDON, N_
from store import publicity

FORM = "publicity.hold"

router = Router("publicity")


@router.command(
    "ccin hold", summary=N_("Hold back an organisation's announcements for some days"), access=ADMINISTRATORS
)
async def hold(context: Context, command: Command) -> Reply:
    return Open(FORM)


async def build(context: Context, subject: str) -> Form:
    _ = context._
    return Form(
        name=FORM,
        title=_("Hold announcements"),
        submit=_("Save"),
        steps=(
            Step(
                title=_("Hold announcements"),
                help=_(
                    "As in the weeks before an election. Its events and rounds are announced when it is over."
                ),
                fields=(
                    SearchField(
                        name="organisation", label=_("Which organisation?"), source=organisations.SOURCE
                    ),
                    DateField(name="from_on", label=_("From")),
                    DateField(name="until_on", label=_("Until"), help=_("That day is still held.")),
                ),
            ),
        ),
        checks=(InOrder(earlier="from_on", later="until_on"),),
    )


@router.form(FORM, build, access=ADMINISTRATORS)
async def save(context: Context, sent: Submitted) -> Result:
    _ = context._
    chosen = await organisations.chosen(context, [sent.answers.text("organisation")])
    from_on, until_on = sent.answers.day("from_on"), sent.answers.day("until_on")
    if not chosen or from_on is None or until_on is None:
        raise UserError(_("Choose an organisation from the list."), field="organisation")
    await publicity.put(context.session, chosen[0].id, from_on, until_on)
    values = {"from_on": from_on.isoformat(), "until_on": until_on.isoformat()}
    await context.audit("publicity.hold", "organisation", chosen[0].id, values)
    today = context.now.astimezone(LONDON).date()
    day = context.words.day
    return Message(
        heading=_("Announcements on hold"),
        text=_("Saved. Announcements of these organisations wait:"),
        items=tuple(
            Item(
                title=organisation.name,
                text=_("%(start)s to %(end)s") % {"start": day(one.from_on), "end": day(one.until_on)},
            )
            for one, organisation in await publicity.not_over(context.session, today)
        ),
    )
