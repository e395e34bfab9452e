"""The part of a group's form that says who is added without asking: conditions that people must fit, and
others that they must not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers import organisations
from handlers.enrolment_rules import (
    AllOf,
    AnyOf,
    BadRule,
    CapacityIs,
    CategoryIs,
    Condition,
    Everyone,
    InterestedIn,
    JoinedAfter,
    JoinedBefore,
    LanguageIs,
    NotThat,
    OrganisationIs,
    OrganisationKindIs,
    RegionIs,
    read,
)
from handlers.kit.answers import Answers
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import AnyField, ChoiceField, DateField, Option, SearchField, Step
from handlers.kit.updates import RawAnswers
from handlers.kit.words import LOCALES, Words
from handlers.rule_sentences import CAPACITY_NAMES, CATEGORY_NAMES, REGION_NAMES, names_for, sentence
from handlers.rule_sentences import KIND_NAMES as ORGANISATION_KINDS
from store import tags
from store.tags import TagKind

# Each condition: the field of the form, and the key in the rule; they are one word. Fields of what people
# must not fit begin with EXCEPT.
CHOSEN = ("category", "organisation_kind", "region", "capacity", "interests", "language")
ORGANISATION, DATES = "organisation", ("joined_after", "joined_before")
EXCEPT = "except_"
_LEAVES = (
    CategoryIs, OrganisationKindIs, OrganisationIs, RegionIs, CapacityIs, InterestedIn, LanguageIs,
    JoinedBefore, JoinedAfter,
)  # fmt: skip
MOST_ORGANISATIONS = 20

# Every field of the two steps.
NAMES = frozenset(
    {"rule", *(prefix + name for prefix in ("", EXCEPT) for name in (*CHOSEN, ORGANISATION, *DATES))}
)

NOBODY, EVERYBODY, ALL, ANY, KEEP = "nobody", "everybody", "all", "any", "keep"


async def steps(context: Context, rule: Condition | None) -> tuple[Step, Step]:
    """Whom the rule adds, and whom it leaves out all the same; ``rule`` is the one it may keep."""
    _ = context._
    how = [
        Option(value=NOBODY, label=_("Nobody: people join by themselves")),
        Option(value=EVERYBODY, label=_("Everybody")),
        Option(value=ALL, label=_("People who fit all the conditions below")),
        Option(value=ANY, label=_("People who fit any of the conditions below")),
    ]
    if initial(rule) == {"rule": KEEP}:
        names = await names_for(context.session, rule, context.words.locale)
        label = _("The rule with groups of conditions that it has now")
        how.append(Option(value=KEEP, label=label, help=sentence(rule, context.words, names)))
    interests = await themes(context)
    return (
        Step(
            title=_("Who is added without asking"),
            help=_("People are added when they join or when what we know of them changes.")
            + " "
            + _("For conditions inside conditions, press “Groups of conditions” in the preview."),
            fields=(
                ChoiceField(name="rule", label=_("Who is added?"), options=tuple(how)),
                *fields(context.words, interests),
            ),
        ),
        Step(
            title=_("Who is left out"),
            help=_(
                "Whoever fits any of these is not added, even if they fit what you have just chosen. Leave "
                "all of it empty to leave nobody out."
            ),
            fields=fields(context.words, interests, EXCEPT),
        ),
    )


def initial(rule: Condition | None) -> RawAnswers:
    """A rule as the form's choices; one that the form cannot say is kept as it is."""
    if rule is None:
        return {"rule": NOBODY}
    parts: tuple[Condition, ...] = rule.all if isinstance(rule, AllOf) else (rule,)
    excepted = [leaf for part in parts if isinstance(part, NotThat) for leaf in _any_of(part.that)]
    wanted: list[Condition] = [part for part in parts if not isinstance(part, NotThat)]
    how = ALL if wanted else EVERYBODY
    if len(wanted) == 1:
        if isinstance(wanted[0], AnyOf):
            how, wanted = ANY, list(wanted[0].any)
        elif isinstance(wanted[0], Everyone):
            how, wanted = EVERYBODY, []
    filled: RawAnswers = {"rule": how}
    for prefix, leaves in (("", wanted), (EXCEPT, excepted)):
        for leaf in leaves:
            if not isinstance(leaf, _LEAVES):
                return {"rule": KEEP}
            for name, held in leaf.model_dump(mode="json").items():
                if prefix + name in filled:
                    return {"rule": KEEP}
                filled[prefix + name] = held if isinstance(held, str) else [str(one) for one in held]
    return filled


async def rule_from(context: Context, answers: Answers, kept: dict[str, Any] | None) -> dict[str, Any] | None:
    """The rule that was chosen, as data; ``kept`` is the one that may be kept.

    :raises UserError: the choices say nothing, or two things.
    """
    _ = context._
    wanted, excepted = await leaves(context, answers), await leaves(context, answers, EXCEPT)
    how = answers.text("rule")
    if how in (NOBODY, EVERYBODY, KEEP) and wanted:
        raise UserError(
            _("You have chosen conditions below. Choose “all” or “any” to use them, or take them out."),
            field="rule",
        )
    if how in (NOBODY, KEEP) and excepted:
        raise UserError(
            _("You have chosen people to leave out, but nobody is added. Choose “Everybody” or conditions."),
            field="rule",
        )
    if how == NOBODY:
        return None
    if how == KEEP:
        return kept
    if how in (ALL, ANY) and not wanted:
        raise UserError(_("Choose at least one condition below, or choose “Nobody”."), field="rule")
    without = [{"not": leaf} for leaf in excepted]
    if how == ANY and len(wanted) > 1:
        wanted = [{"any": wanted}]
    parts = wanted + without
    if not parts:
        return {"everyone": True}
    rule = parts[0] if len(parts) == 1 else {"all": parts}
    try:
        read(rule)
    except BadRule:
        raise UserError(_("These are more conditions than I can keep. Choose fewer."), field="rule") from None
    return rule


async def leaves(context: Context, answers: Answers, prefix: str = "") -> list[dict[str, Any]]:
    """The conditions that were chosen, each as data.

    :raises UserError: an organisation is gone.
    """
    found: list[dict[str, Any]] = [
        {name: list(answers.several(prefix + name))} for name in CHOSEN if answers.several(prefix + name)
    ]
    chosen = answers.several(prefix + ORGANISATION)
    if chosen:
        several = await organisations.chosen(context, chosen)
        if len(several) < len(set(chosen)):
            text = context._("One of these organisations is not there any more. Choose again.")
            raise UserError(text, field=prefix + ORGANISATION)
        found.append({ORGANISATION: [one.id for one in several]})
    for name in DATES:
        day = answers.day(prefix + name)
        if day is not None:
            found.append({name: day.isoformat()})
    return found


def _any_of(rule: Condition) -> tuple[Condition, ...]:
    """To fit none of several is to fit neither the one nor the other."""
    return rule.any if isinstance(rule, AnyOf) else (rule,)


async def themes(context: Context) -> tuple[Option, ...]:
    """What people may be interested in."""
    found = await tags.of_kind(context.session, TagKind.THEME)
    return tuple(Option(value=tag.slug, label=tag.label(context.words.locale)) for tag in found)


def fields(words: Words, interests: tuple[Option, ...], prefix: str = "") -> tuple[AnyField, ...]:
    """A field for each kind of condition."""
    _ = words._
    languages = tuple(Option(value=value, label=label) for value, label in LOCALES.items())
    choices: tuple[tuple[str, str, tuple[Option, ...]], ...] = (
        ("category", _("Membership of their organisation"), options(words, CATEGORY_NAMES)),
        ("organisation_kind", _("Kind of organisation"), options(words, ORGANISATION_KINDS)),
        ("region", _("Region"), options(words, REGION_NAMES)),
        ("capacity", _("What they are"), options(words, CAPACITY_NAMES)),
        ("interests", _("Interested in"), interests),
        ("language", _("Language they use with me"), languages),
    )
    choosing: list[AnyField] = [
        ChoiceField(name=prefix + name, label=label, options=held, multiple=True, required=False)
        for name, label, held in choices
        if held
    ]
    by_name = SearchField(
        name=prefix + ORGANISATION, label=_("Organisation"), source=organisations.SOURCE, multiple=True,
        most=MOST_ORGANISATIONS, required=False, placeholder=_("Type a part of its name"),
    )  # fmt: skip
    return (
        *choosing[:2],
        by_name,
        *choosing[2:],
        DateField(name=prefix + "joined_after", label=_("Joined after"), required=False),
        DateField(name=prefix + "joined_before", label=_("Joined before"), required=False),
    )


def options(words: Words, names: Mapping[Any, str]) -> tuple[Option, ...]:
    """Names as options, each with a capital."""
    labels = {str(value): words._(name) for value, name in names.items()}
    return tuple(Option(value=value, label=label[:1].upper() + label[1:]) for value, label in labels.items())
