"""Organisations over time: administrators edit them, and plan and cancel mergers and splits."""

from __future__ import annotations

from handlers import organisations as found
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import ChoiceField, DateField, Form, Option, SearchField, Step, TextField
from handlers.kit.messages import Action, Button, Item, Message
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, RunCommand, Submitted, only
from handlers.kit.updates import Command
from handlers.kit.words import LONDON, N_, Words
from handlers.organisation_moves import (
    MOST_PEOPLE,
    ShowMoves,
    chosen_successor,
    moves_card,
    people_of,
    record,
)
from handlers.rule_sentences import CATEGORY_NAMES, KIND_NAMES, REGION_NAMES
from store import groups, organisation_changes, organisation_moves, organisations
from store.organisation_changes import ChangeState, OrganisationChange
from store.organisations import MailDomain, Organisation
from store.roles import Role

ADMINISTRATORS = only(Role.ADMINISTRATOR)
SHOWN = 8
LONGEST_DOMAINS = 1_000

router = Router("organisation_changes")


class EditOrganisation(Action, name="organisations.edit"):
    """Open the form that changes an organisation."""

    organisation_id: int


class ChangeOrganisation(Action, name="organisations.change"):
    """Open the form that merges or splits an organisation."""

    organisation_id: int


class CancelChange(Action, name="organisations.cancel_change"):
    """Leave an organisation as it is after all."""

    change_id: int


@router.command(
    "ccin organisations", summary=N_("Edit, merge and split organisations"), usage=N_("[a part of a name]"),
    access=ADMINISTRATORS,
)  # fmt: skip
async def list_organisations(context: Context, command: Command) -> Reply:
    _ = context._
    several = await organisations.search(context.session, command.text, limit=SHOWN)
    changes = await organisation_changes.planned(context.session)
    text = _("Type a part of a name after the command to find an organisation.")
    if not several:
        text = _("No organisation is called like that.") + " " + text
    return Message(
        heading=_("Organisations"),
        text=text,
        items=(
            *[await _planned_item(context, change) for change in changes[:SHOWN]],
            *(_item(context, one) for one in several),
        ),
    )


@router.action(EditOrganisation, access=ADMINISTRATORS)
async def edit(context: Context, action: EditOrganisation) -> Reply:
    organisation = await _standing(context, str(action.organisation_id))
    domains = await organisations.domains_of(context.session, organisation.id)
    initial = {
        "name": organisation.name,
        "category": organisation.category,
        "kind": organisation.kind,
        "region": organisation.region,
        "domains": " ".join(sorted(domains)),
    }
    return Open("organisations.edit", initial=initial, subject=str(organisation.id))


async def build_edit(context: Context, subject: str) -> Form:
    _ = context._

    def options(names: dict[str, str]) -> tuple[Option, ...]:
        return tuple(Option(value=value, label=_(label)) for value, label in names.items())

    return Form(
        name="organisations.edit",
        title=_("Edit organisation"),
        submit=_("Save"),
        steps=(
            Step(
                title=_("Edit organisation"),
                fields=(
                    TextField(name="name", label=_("Name"), min_length=2),
                    ChoiceField(
                        name="category",
                        label=_("Category"),
                        options=options({one.value: name for one, name in CATEGORY_NAMES.items()}),
                    ),
                    ChoiceField(name="kind", label=_("Kind of organisation"), options=options(KIND_NAMES)),
                    ChoiceField(
                        name="region", label=_("Region"), options=options(REGION_NAMES), required=False
                    ),
                    TextField(
                        name="domains", label=_("Mail domains"), required=False, max_length=LONGEST_DOMAINS,
                        help=_("Parted by blanks. People with a confirmed address there belong to it."),
                    ),
                ),
            ),
        ),
    )  # fmt: skip


@router.form("organisations.edit", build_edit, access=ADMINISTRATORS)
async def save(context: Context, sent: Submitted) -> Result:
    _ = context._
    session = context.session
    organisation = await _standing(context, sent.subject)
    values = {name: sent.answers.text(name) for name in ("name", "category", "kind", "region")}
    other = await organisations.named(session, values["name"])
    if other is not None and other.id != organisation.id:
        raise UserError(_("Another organisation has this name."), field="name")
    held = await organisations.domains_of(session, organisation.id)
    wanted = frozenset(sent.answers.text("domains").lower().split())
    for domain in sorted(wanted - held):
        if not organisations.may_be_learnt(domain):
            text = _("“%(domain)s” cannot tell where somebody works, so it is no mail domain for us.")
            raise UserError(text % {"domain": domain[:60]}, field="domains")
    changed = {name: value for name, value in values.items() if value != getattr(organisation, name)}
    for name, value in changed.items():
        setattr(organisation, name, value)
    for domain in wanted - held:
        await organisations.learn_domain(session, organisation.id, domain)
    for domain in held - wanted:
        await session.delete(await session.get_one(MailDomain, (organisation.id, domain)))
    if wanted != held:
        changed["domains"] = " ".join(sorted(wanted))
    if not changed:
        return _done(context, organisation, _("Nothing was changed."))
    await context.audit("organisation.edit", "organisation", organisation.id, changed)
    if changed.keys() & {"category", "kind", "region"}:
        await groups.judge_everybody(session)
    await session.flush()
    return _done(context, organisation, _("Saved. The rules of the groups are applied in the background."))


@router.action(ChangeOrganisation, access=ADMINISTRATORS)
async def change(context: Context, action: ChangeOrganisation) -> Reply:
    organisation = await _standing(context, str(action.organisation_id))
    return Open("organisations.change", subject=str(organisation.id))


async def build_change(context: Context, subject: str) -> Form:
    _ = context._
    organisation = await _standing(context, subject)
    domains = sorted(await organisations.domains_of(context.session, organisation.id))
    listed = ", ".join(domains) or _("none")
    return Form(
        name="organisations.change",
        title=_("Merge or split"),
        submit=_("Plan it"),
        steps=(
            Step(
                title=_("Merge or split %(organisation)s") % {"organisation": organisation.name},
                help=_(
                    "When the day begins, its people, mail domains and waiting case studies go to the "
                    "successor. What was published keeps the old name."
                ),
                fields=(
                    DateField(name="on_day", label=_("On which day?")),
                    SearchField(name="successor", label=_("Into which organisation?"), source=found.SOURCE),
                    SearchField(
                        name="second", label=_("In a split, the second successor"), source=found.SOURCE,
                        required=False,
                    ),
                    TextField(
                        name="domains", label=_("Mail domains whose people go to the second"), required=False,
                        max_length=LONGEST_DOMAINS,
                        help=_("Parted by blanks. Its mail domains are: %(domains)s.") % {"domains": listed},
                    ),
                    SearchField(
                        name="people", label=_("People who go to the second"), source="member", multiple=True,
                        most=MOST_PEOPLE, required=False,
                        help=_("By name, whatever their mail address is. You can choose more people later."),
                    ),
                ),
            ),
        ),
    )  # fmt: skip


@router.form("organisations.change", build_change, access=ADMINISTRATORS)
async def plan(context: Context, sent: Submitted) -> Result:
    _ = context._
    organisation = await _standing(context, sent.subject)
    on_day = sent.answers.day("on_day")
    if on_day is None or on_day < context.now.astimezone(LONDON).date():
        raise UserError(_("Choose today or a day to come."), field="on_day")
    if any(
        one.organisation_id == organisation.id for one in await organisation_changes.planned(context.session)
    ):
        raise UserError(_("A change of this organisation is planned already. Cancel that one first."))
    successor = await chosen_successor(
        context, organisation, sent.answers.text("successor"), field="successor"
    )
    by_domain: dict[str, int] = {}
    second = sent.answers.text("second")
    domains = sent.answers.text("domains").lower().split()
    by_name = sent.answers.several("people")
    if bool(second) != bool(domains or by_name):
        text = _("Name the second successor and who goes to it, by mail domain or by name, or neither.")
        raise UserError(text, field="domains" if second else "second")
    several = await people_of(context, organisation, by_name, field="people")
    if second:
        other = await chosen_successor(context, organisation, second, field="second")
        held = await organisations.domains_of(context.session, organisation.id)
        if unknown := [domain for domain in domains if domain not in held]:
            text = _("“%(domain)s” is no mail domain of this organisation.")
            raise UserError(text % {"domain": unknown[0][:60]}, field="domains")
        by_domain = dict.fromkeys(domains, other.id)
    planned = OrganisationChange(
        organisation_id=organisation.id,
        successor_id=successor.id,
        by_domain=by_domain,
        on_day=on_day,
        state=ChangeState.PLANNED,
        planned_by_id=context.person.id,
        planned_at=context.now,
        settled_at=None,
    )
    context.session.add(planned)
    await context.session.flush()
    await context.audit(
        "organisation.plan_change", "organisation", organisation.id,
        {"successor_id": str(successor.id), "on_day": on_day.isoformat(), "domains": " ".join(domains)},
    )  # fmt: skip
    if several:
        await organisation_moves.choose(context.session, planned.id, [one.id for one in several], int(second))
        other = await chosen_successor(context, organisation, second, field="second")
        await record(context, planned, several, other)
    note = _("That is planned. You can cancel it until the day begins.")
    return await moves_card(context, planned, note=note)


@router.action(CancelChange, access=ADMINISTRATORS)
async def cancel(context: Context, action: CancelChange) -> Reply:
    _ = context._
    planned = await organisation_changes.by_id(context.session, action.change_id)
    if planned is None or planned.state != ChangeState.PLANNED:
        raise UserError(_("That change is carried out or cancelled already. Nothing was changed."))
    planned.state, planned.settled_at = ChangeState.CANCELLED, context.now
    await organisation_moves.forget(context.session, planned.id)
    await context.audit("organisation.cancel_change", "organisation", planned.organisation_id)
    see = RunCommand(command="ccin", text="organisations")
    return Message(
        text=_("Cancelled: the organisation stays as it is."),
        buttons=(Button.to(_("See the organisations"), see),),
    )


async def _planned_item(context: Context, planned: OrganisationChange) -> Item:
    _ = context._
    successors = await organisation_changes.successor_ids(context.session, planned)
    ids = [planned.organisation_id, *successors]
    names = {one.id: one.name for one in await organisations.by_ids(context.session, ids)}
    into = [names[one] for one in successors if one in names]
    text = _("On %(day)s it becomes part of %(successors)s.") % {
        "day": context.words.day(planned.on_day),
        "successors": context.words.listed(into),
    }
    return Item(
        title=names.get(planned.organisation_id, ""),
        text=text,
        buttons=(
            Button.to(_("Who goes where"), ShowMoves(change_id=planned.id)),
            Button.to(_("Cancel the change"), CancelChange(change_id=planned.id)),
        ),
    )


def _item(context: Context, organisation: Organisation) -> Item:
    _ = context._
    parts = [
        _(CATEGORY_NAMES[one]) if (one := organisations.category_of(organisation)) else organisation.category,
        _(REGION_NAMES[organisation.region]) if organisation.region in REGION_NAMES else "",
    ]
    return Item(
        title=organisation.name,
        text=" · ".join(part for part in parts if part),
        buttons=(
            Button.to(_("Edit organisation"), EditOrganisation(organisation_id=organisation.id)),
            Button.to(_("Merge or split"), ChangeOrganisation(organisation_id=organisation.id)),
        ),
    )


def _done(context: Context, organisation: Organisation, text: str) -> Message:
    return Message(text=text, items=(_item(context, organisation),))


async def _standing(context: Context, value: str) -> Organisation:
    """The organisation, unless it has ended."""
    organisation = next(iter(await found.chosen(context, [value])), None)
    if organisation is None or organisation.ended_on is not None:
        raise UserError(context._("That organisation is no longer there. Nothing was changed."))
    return organisation


def moved_message(words: Words, old: Organisation, new: Organisation) -> Message:
    """What somebody hears whose organisation was merged or split."""
    _ = words._
    return Message(
        text=_("%(old)s is now %(new)s, so I have noted that you are here for %(new)s.")
        % {"old": old.name, "new": new.name}
        + " "
        + _("If that is not where you belong, put it right in your profile."),
        buttons=(Button.to(_("Change my profile"), RunCommand(command="ccin", text="profile")),),
    )
