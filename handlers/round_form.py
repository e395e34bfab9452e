"""The form of a funding round: a date alone closes it in the last minute of that day."""

from __future__ import annotations

from datetime import datetime

from handlers import group_options, organisations
from handlers.kit.answers import Answers
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import (
    ChoiceField,
    DateField,
    Form,
    LinkField,
    MoneyField,
    NumberField,
    Option,
    SearchField,
    Step,
    TextField,
    TimeField,
)
from handlers.kit.updates import RawAnswers
from handlers.rule_sentences import CATEGORY_NAMES
from handlers.typed_times import typed_moment
from store import rounds
from store.local_times import HOME_ZONE, local
from store.rounds import FundingRound, pence

FORM = "funding.form"
OTHER = "other"
LONGEST_NAME = 100
LONGEST_DESCRIPTION = 1_500
LARGEST_AMOUNT = 10_000_000
MOST_PARTNERS = 20
LONGEST_DELIVERY = 120
LINKS = ("link_1", "link_2", "link_3")
# What a new round's form is filled with; every one of them can be changed.
FRESH: RawAnswers = {"opens_time": "09:00", "lead": ["full"], "partners": "0"}


async def build(context: Context, *, new: bool) -> Form:
    _ = context._
    kinds = await rounds.kinds(context.session)
    return Form(
        name=FORM,
        title=_("New funding round") if new else _("Change a funding round"),
        submit=_("Save"),
        steps=(
            Step(
                title=_("What it is"),
                fields=(
                    TextField(name="name", label=_("Name"), min_length=3, max_length=LONGEST_NAME),
                    ChoiceField(
                        name="kind",
                        label=_("Kind"),
                        options=(
                            *(Option(value=kind, label=kind) for kind in kinds),
                            Option(value=OTHER, label=_("Another, which I name below")),
                        ),
                    ),
                    TextField(name="other_kind", label=_("Another kind"), required=False, max_length=80),
                    TextField(
                        name="description",
                        label=_("What is it for?"),
                        long=True,
                        required=False,
                        max_length=LONGEST_DESCRIPTION,
                    ),
                ),
            ),
            Step(
                title=_("When"),
                help=_("All times are UK time."),
                fields=(
                    DateField(name="opens_on", label=_("Opens on")),
                    TimeField(name="opens_time", label=_("Opens at")),
                    DateField(name="closes_on", label=_("Closes on")),
                    TimeField(
                        name="closes_time",
                        label=_("Closes at"),
                        help=_("Left empty, it closes at 23:59 that day."),
                        required=False,
                    ),
                    DateField(name="decision_on", label=_("Decision on"), required=False),
                ),
            ),
            Step(title=_("Terms"), fields=_terms(context)),
        ),
    )


def _terms(
    context: Context,
) -> tuple[ChoiceField | MoneyField | NumberField | LinkField | TextField | SearchField, ...]:
    _ = context._
    return (
        MoneyField(name="maximum", label=_("Most for one project"), required=False, maximum=LARGEST_AMOUNT),
        MoneyField(name="pot", label=_("For all projects together"), required=False, maximum=LARGEST_AMOUNT),
        ChoiceField(
            name="lead",
            label=_("Who may lead a project?"),
            help=_("Choose nothing, and every member may."),
            multiple=True,
            required=False,
            options=tuple(
                Option(value=value.value, label=_(label)[:1].upper() + _(label)[1:])
                for value, label in CATEGORY_NAMES.items()
            ),
        ),
        NumberField(
            name="partners",
            label=_("Recommended partners"),
            help=_("How many other members should take part. It is advice, not a condition."),
            minimum=0,
            maximum=MOST_PARTNERS,
        ),
        NumberField(
            name="months",
            label=_("Deliver within how many months?"),
            minimum=1,
            maximum=LONGEST_DELIVERY,
            required=False,
        ),
        TextField(name="contact", label=_("Contact"), help=_("Whom people can ask: a name or an address.")),
        *(
            LinkField(name=name, label=_("Link %(number)s") % {"number": number}, required=False)
            for number, name in enumerate(LINKS, start=1)
        ),
        SearchField(
            name="groups",
            label=_("Which groups hear of it?"),
            help=_("I post in their channels. Left empty, I post in the channel for announcements."),
            source=group_options.SOURCE,
            multiple=True,
            required=False,
        ),
        SearchField(
            name="organisation",
            label=_("Which organisation holds it?"),
            help=_("Left empty, it is the network's own."),
            source=organisations.SOURCE,
            required=False,
        ),
    )


def initial(one: FundingRound, group_ids: list[int]) -> RawAnswers:
    """The form filled from a round as it is."""
    opens, closes = local(one.opens_at, HOME_ZONE), local(one.closes_at, HOME_ZONE)
    filled: RawAnswers = {
        "name": one.name,
        "kind": one.kind,
        "description": one.description,
        "opens_on": opens.date().isoformat(),
        "opens_time": f"{opens:%H:%M}",
        "closes_on": closes.date().isoformat(),
        "closes_time": f"{closes:%H:%M}",
        "decision_on": one.decision_on.isoformat() if one.decision_on else "",
        "maximum": str(one.maximum) if one.maximum is not None else "",
        "pot": str(one.pot) if one.pot is not None else "",
        "lead": list(one.lead_categories),
        "partners": str(one.partners),
        "months": str(one.delivery_months or ""),
        "contact": one.contact,
        "groups": [str(group_id) for group_id in group_ids],
        "organisation": str(one.organisation_id or ""),
    }
    return filled | dict(zip(LINKS, one.links, strict=False))


def fill(context: Context, one: FundingRound, answers: Answers) -> None:
    """Put what was answered into a round.

    :raises UserError: the dates are in no order, or the clocks skip one of them.
    """
    _ = context._
    kind = answers.text("kind")
    if kind == OTHER:
        kind = " ".join(answers.text("other_kind").split())
        if not kind:
            raise UserError(_("Name the kind, or choose one from the list."), field="other_kind")
    opens_at = _moment(context, answers, "opens_on", "opens_time")
    closes_at = _moment(context, answers, "closes_on", "closes_time")
    if closes_at <= opens_at:
        raise UserError(_("It has to close after it opens."), field="closes_on")
    decision_on = answers.day("decision_on")
    if decision_on is not None and decision_on < local(closes_at, HOME_ZONE).date():
        raise UserError(_("The decision comes after it has closed."), field="decision_on")
    one.name = " ".join(answers.text("name").split())
    one.kind, one.description = kind, answers.text("description")
    one.opens_at, one.closes_at, one.decision_on = opens_at, closes_at, decision_on
    one.maximum_pence, one.pot_pence = pence(answers.money("maximum")), pence(answers.money("pot"))
    one.lead_categories = list(answers.several("lead"))
    one.partners = answers.number("partners") or 0
    one.delivery_months = answers.number("months")
    one.links = list(dict.fromkeys(link for name in LINKS if (link := answers.text(name))))
    one.contact = answers.text("contact")


def _moment(context: Context, answers: Answers, day: str, hour: str) -> datetime:
    return typed_moment(context, answers.day(day), answers.time(hour), HOME_ZONE, field=hour)
