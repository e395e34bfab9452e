"""Who goes where in a split: administrators see it before the day, and choose for single people."""

from __future__ import annotations

from collections import Counter

from handlers import organisations as found
from handlers import people
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import Form, SearchField, Step
from handlers.kit.messages import Action, Button, Fact, Item, Message, Style
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, RunCommand, Submitted, only
from handlers.kit.updates import RawAnswers
from handlers.kit.words import N_, Words
from store import members, organisation_changes, organisation_moves, organisations
from store.database import LARGEST_ID
from store.members import Member
from store.organisation_changes import ChangeState, Destination, OrganisationChange
from store.organisation_moves import Why
from store.organisations import Organisation
from store.roles import Role

ADMINISTRATORS = only(Role.ADMINISTRATOR)
FORM = "organisations.moves"
SHOWN = 10
MOST_PEOPLE = 50
# What is left to decide stands first.
_ORDER = {Why.REST: 0, Why.DOMAIN: 1, Why.CHOSEN: 2}
REASONS = {
    Why.REST: N_("Goes with the rest to %(organisation)s."),
    Why.DOMAIN: N_("Goes by mail address to %(organisation)s."),
    Why.CHOSEN: N_("Chosen for %(organisation)s."),
}

router = Router("organisation_moves")


class ShowMoves(Action, name="organisations.show_moves"):
    """Say who goes where when the day begins."""

    change_id: int
    page: int = 0


class ChooseMoves(Action, name="organisations.choose_moves"):
    """Open the form that sends people to a successor; 0 is nobody in particular."""

    change_id: int
    member_id: int = 0


class LeaveMove(Action, name="organisations.leave_move"):
    """Choose nothing for one person any more."""

    change_id: int
    member_id: int


@router.action(ShowMoves, access=ADMINISTRATORS)
async def show(context: Context, action: ShowMoves) -> Reply:
    return await moves_card(context, await _planned(context, action.change_id), page=action.page)


@router.action(ChooseMoves, access=ADMINISTRATORS)
async def choose(context: Context, action: ChooseMoves) -> Reply:
    change = await _planned(context, action.change_id)
    initial: RawAnswers = {"people": [str(action.member_id)]} if action.member_id else {}
    return Open(FORM, initial=initial, subject=f"{change.id}/{action.member_id or ''}")


async def build(context: Context, subject: str) -> Form:
    _ = context._
    change = await _planned_subject(context, subject)
    old = await _organisation(context, change.organisation_id)
    return Form(
        name=FORM,
        title=_("Choose where people go"),
        submit=_("Choose"),
        steps=(
            Step(
                title=_("Choose where people of %(organisation)s go") % {"organisation": old.name},
                help=_("They go there when the day begins, whatever their mail address is."),
                fields=(
                    SearchField(
                        name="people", label=_("Who?"), source="member", multiple=True, most=MOST_PEOPLE
                    ),
                    SearchField(name="successor", label=_("To which organisation?"), source=found.SOURCE),
                ),
            ),
        ),
    )


@router.form(FORM, build, access=ADMINISTRATORS)
async def take(context: Context, sent: Submitted) -> Result:
    _ = context._
    change = await _planned_subject(context, sent.subject)
    old = await _organisation(context, change.organisation_id)
    successor = await chosen_successor(context, old, sent.answers.text("successor"), field="successor")
    several = await people_of(context, old, sent.answers.several("people"), field="people")
    await organisation_moves.choose(context.session, change.id, [one.id for one in several], successor.id)
    await record(context, change, several, successor)
    text = context.words.ngettext(
        "%(count)s person goes to %(organisation)s.", "%(count)s people go to %(organisation)s.", len(several)
    )
    note = text % {"count": context.words.number(len(several)), "organisation": successor.name}
    return await moves_card(context, change, note=note)


@router.action(LeaveMove, access=ADMINISTRATORS)
async def leave(context: Context, action: LeaveMove) -> Reply:
    change = await _planned(context, action.change_id)
    member = await members.by_id(context.session, action.member_id) if _fits(action.member_id) else None
    if member is None or not await organisation_moves.leave(context.session, change.id, member.id):
        raise UserError(context._("Nothing is chosen for that person. Nothing was changed."))
    await context.audit("organisation.leave_move", "organisation", change.organisation_id, about=member)
    return await moves_card(context, change, note=context._("Nothing is chosen for them any more."))


async def moves_card(
    context: Context, change: OrganisationChange, *, note: str = "", page: int = 0
) -> Message:
    """How many go to each successor and why, then everybody, those for whom nothing is decided first."""
    _, words = context._, context.words
    page = max(0, min(page, 10_000))
    old = await _organisation(context, change.organisation_id)
    going = [
        one for one in await organisation_changes.destinations(context.session, change) if one.member.active
    ]
    going.sort(key=lambda one: (_ORDER[one.why], one.member.name.casefold(), one.member.id))
    ids = await organisation_changes.successor_ids(context.session, change)
    names = {one.id: one.name for one in await organisations.by_ids(context.session, ids)}
    text = words.ngettext(
        "%(count)s person of %(organisation)s goes on %(day)s.",
        "%(count)s people of %(organisation)s go on %(day)s.",
        len(going),
    ) % {"count": words.number(len(going)), "organisation": old.name, "day": words.day(change.on_day)}
    shown = going[page * SHOWN : (page + 1) * SHOWN]
    buttons = [Button.to(_("Choose for people"), ChooseMoves(change_id=change.id), style=Style.PRIMARY)]
    if len(going) > (page + 1) * SHOWN:
        buttons.append(Button.to(_("Next page"), ShowMoves(change_id=change.id, page=page + 1)))
    if page:
        buttons.append(Button.to(_("Page before"), ShowMoves(change_id=change.id, page=page - 1)))
    see = RunCommand(command="ccin", text="organisations")
    buttons.append(Button.to(_("See the organisations"), see))
    return Message(
        heading=_("Who goes where"),
        text="\n\n".join(part for part in (note, text) if part),
        facts=tuple(
            Fact(label=names.get(one, ""), value=_counted(words, [it.why for it in going if it.to == one]))
            for one in ids
        ),
        items=tuple(_item(words, change, one, names.get(one.to, "")) for one in shown),
        buttons=tuple(buttons),
        small_print=(_("Nobody moves before the day begins. Everybody who moves is told then."),),
    )


async def people_of(
    context: Context, old: Organisation, values: tuple[str, ...], *, field: str
) -> list[Member]:
    """Those whom a search field's answers stand for.

    :raises UserError: one of them is gone or belongs elsewhere.
    """
    ids = {int(value) for value in values if found.is_id(value)}
    several = [one for one in await members.by_ids(context.session, ids) if one.active]
    if len(several) < len(set(values)):
        raise UserError(context._("Somebody you chose is no longer here. Choose again."), field=field)
    for member in several:
        if member.organisation_id != old.id:
            text = context._("%(name)s does not belong to %(organisation)s. Take them out, then go on.")
            named = {"name": people.name_of(member, context.words), "organisation": old.name}
            raise UserError(text % named, field=field)
    return several


async def chosen_successor(context: Context, old: Organisation, value: str, *, field: str) -> Organisation:
    """The organisation that an answer stands for.

    :raises UserError: it is gone, has ended or is the old one itself.
    """
    chosen = next(iter(await found.chosen(context, [value])), None)
    if chosen is None or chosen.id == old.id or chosen.ended_on is not None:
        raise UserError(context._("Choose another organisation from the list."), field=field)
    return chosen


async def record(
    context: Context, change: OrganisationChange, several: list[Member], successor: Organisation
) -> None:
    """Write down for each person that they were sent to a successor."""
    for member in several:
        await context.audit(
            "organisation.choose_move", "organisation", change.organisation_id,
            {"successor_id": str(successor.id)}, about=member,
        )  # fmt: skip


def _item(words: Words, change: OrganisationChange, going: Destination, organisation: str) -> Item:
    _ = words._
    pair = {"change_id": change.id, "member_id": going.member.id}
    buttons = [Button.to(_("Choose"), ChooseMoves(**pair))]
    if going.why is Why.CHOSEN:
        buttons.append(Button.to(_("Leave with the rest"), LeaveMove(**pair)))
    return Item(
        title=people.name_of(going.member, words),
        text=_(REASONS[going.why]) % {"organisation": organisation},
        buttons=tuple(buttons),
    )


def _counted(words: Words, reasons: list[Why]) -> str:
    """“6 people: 2 chosen, 1 by mail address, 3 with the rest”"""
    _ = words._
    counts = Counter(reasons)
    said = words.ngettext("%(count)s person", "%(count)s people", len(reasons))
    parts = [
        part % {"count": words.number(counts[why])}
        for why, part in (
            (Why.CHOSEN, _("%(count)s chosen")),
            (Why.DOMAIN, _("%(count)s by mail address")),
            (Why.REST, _("%(count)s with the rest")),
        )
        if counts[why]
    ]
    counted = said % {"count": words.number(len(reasons))}
    return f"{counted}: {', '.join(parts)}" if parts else counted


async def _planned(context: Context, change_id: int) -> OrganisationChange:
    change = await organisation_changes.by_id(context.session, change_id) if _fits(change_id) else None
    if change is None or change.state != ChangeState.PLANNED:
        raise UserError(context._("That change is carried out or cancelled already. Nothing was changed."))
    return change


async def _planned_subject(context: Context, subject: str) -> OrganisationChange:
    change_id = subject.partition("/")[0]
    return await _planned(context, int(change_id) if found.is_id(change_id) else 0)


async def _organisation(context: Context, organisation_id: int) -> Organisation:
    return await context.session.get_one(Organisation, organisation_id)


def _fits(number: int) -> bool:
    return 0 < number <= LARGEST_ID
