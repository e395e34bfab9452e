"""The form of a group: its fields, and an enrolment rule put together from simple choices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers.enrolment import rule_of
from handlers.enrolment_rules import (
    AllOf,
    AnyOf,
    CapacityIs,
    CategoryIs,
    Condition,
    Everyone,
    InterestedIn,
    LanguageIs,
    OrganisationKindIs,
    RegionIs,
    read,
)
from handlers.group_cards import KIND_NAMES, VISIBILITY_NAMES
from handlers.kit.answers import Answers
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import ChoiceField, Form, Option, Step, TextField, YesNoField
from handlers.kit.updates import RawAnswers
from handlers.kit.words import LOCALES, Words
from handlers.rule_sentences import (
    CAPACITY_NAMES,
    CATEGORY_NAMES,
    REGION_NAMES,
)
from handlers.rule_sentences import (
    KIND_NAMES as ORGANISATION_KINDS,
)
from store import channels, tags
from store.groups import Group
from store.tags import TagKind

LONGEST_NAME = 60
LONGEST_PURPOSE = 400
FORM = "groups.form"

# Each simple condition: the field of the form, and the key in the rule; they are one word.
CONDITIONS = ("category", "organisation_kind", "region", "capacity", "interests", "language")
_KINDS = (CategoryIs, OrganisationKindIs, RegionIs, CapacityIs, InterestedIn, LanguageIs)

NOBODY, EVERYBODY, ALL, ANY, KEEP = "nobody", "everybody", "all", "any", "keep"


async def build(context: Context, group: Group | None) -> Form:
    """The form for a new group, or for one that is there."""
    _ = context._
    return Form(
        name=FORM,
        title=_("Edit a group") if group else _("New group"),
        submit=_("See a preview"),
        steps=(
            Step(
                title=_("The group"),
                fields=(
                    TextField(name="name", label=_("Name"), min_length=3, max_length=LONGEST_NAME),
                    TextField(
                        name="purpose", label=_("What is it for?"), long=True, max_length=LONGEST_PURPOSE
                    ),
                    ChoiceField(name="kind", label=_("Kind"), options=_options(context.words, KIND_NAMES)),
                    ChoiceField(
                        name="visibility",
                        label=_("Who may join?"),
                        options=_options(context.words, VISIBILITY_NAMES),
                    ),
                    ChoiceField(
                        name="group_language",
                        label=_("Language"),
                        options=tuple(Option(value=value, label=label) for value, label in LOCALES.items()),
                    ),
                    YesNoField(
                        name="requires_rules",
                        label=_("Must people accept the rules of engagement first?"),
                    ),
                    *await _channel_fields(context, group),
                ),
            ),
            Step(
                title=_("Who is added without asking"),
                help=_("People are added when they join or when what we know of them changes."),
                fields=await _rule_fields(context, group),
            ),
        ),
    )


async def _channel_fields(context: Context, group: Group | None) -> tuple[YesNoField, ...]:
    """A new group is asked about a channel where a platform has any."""
    if group is not None or not await channels.platforms(context.session):
        return ()
    _ = context._
    return (
        YesNoField(
            name="make_channel",
            label=_("Make a channel for it?"),
            help=_("If there is one already, say no, and choose it once the group is saved."),
        ),
    )


def initial(group: Group) -> RawAnswers:
    """The form filled from a group as it is."""
    return {
        "name": group.name,
        "purpose": group.purpose,
        "kind": group.kind,
        "visibility": group.visibility,
        "group_language": group.language,
        "requires_rules": "yes" if group.requires_rules else "no",
        **_simple(rule_of(group)),
    }


def raw(answers: Answers) -> RawAnswers:
    """Checked answers as they would be typed, so that the form can be opened again."""
    filled: RawAnswers = {}
    for name, value in answers.values.items():
        match value:
            case tuple():
                filled[name] = list(value)
            case bool():
                filled[name] = "yes" if value else "no"
            case str():
                filled[name] = value
    return filled


def values(context: Context, answers: Answers, group: Group | None) -> dict[str, Any]:
    """The columns of a group, its rule among them.

    :raises UserError: the choices for the rule say nothing, or two things.
    """
    return {
        "name": answers.text("name"),
        "purpose": answers.text("purpose"),
        "kind": answers.text("kind"),
        "visibility": answers.text("visibility"),
        "language": answers.text("group_language"),
        "requires_rules": answers.yes("requires_rules"),
        "rule": _rule(context, answers, group),
    }


def _rule(context: Context, answers: Answers, group: Group | None) -> dict[str, Any] | None:
    _ = context._
    chosen = [{name: list(answers.several(name))} for name in CONDITIONS if answers.several(name)]
    how = answers.text("rule")
    if how in (NOBODY, EVERYBODY, KEEP) and chosen:
        raise UserError(
            _("You have chosen conditions below. Choose “all” or “any” to use them, or take them out."),
            field="rule",
        )
    if how == NOBODY:
        return None
    if how == EVERYBODY:
        return {"everyone": True}
    if how == KEEP:
        return group.rule if group else None
    if not chosen:
        raise UserError(_("Choose at least one condition below, or choose “Nobody”."), field="rule")
    rule = {how: chosen} if len(chosen) > 1 else chosen[0]
    read(rule)
    return rule


def _simple(rule: Condition | None) -> RawAnswers:
    """A rule as the form's choices; one that the form cannot say is kept as it is."""
    if rule is None:
        return {"rule": NOBODY}
    if isinstance(rule, Everyone):
        return {"rule": EVERYBODY}
    parts: tuple[Condition, ...] = (rule,)
    how = ALL
    if isinstance(rule, AllOf):
        parts = rule.all
    elif isinstance(rule, AnyOf):
        parts, how = rule.any, ANY
    filled: RawAnswers = {"rule": how}
    for part in parts:
        if not isinstance(part, _KINDS):
            return {"rule": KEEP}
        for name, held in part.model_dump(mode="json").items():
            if name in filled:
                return {"rule": KEEP}
            filled[name] = list(held)
    return filled


async def _rule_fields(context: Context, group: Group | None) -> tuple[ChoiceField, ...]:
    _ = context._
    words = context.words
    how = [
        Option(value=NOBODY, label=_("Nobody: people join by themselves")),
        Option(value=EVERYBODY, label=_("Everybody")),
        Option(value=ALL, label=_("People who fit all the conditions below")),
        Option(value=ANY, label=_("People who fit any of the conditions below")),
    ]
    if group is not None and _simple(rule_of(group)) == {"rule": KEEP}:
        how.append(Option(value=KEEP, label=_("The rule it has now, which this form cannot show")))
    themes = await tags.of_kind(context.session, TagKind.THEME)
    choices: tuple[tuple[str, str, tuple[Option, ...]], ...] = (
        ("category", _("Membership of their organisation"), _options(words, CATEGORY_NAMES)),
        ("organisation_kind", _("Kind of organisation"), _options(words, ORGANISATION_KINDS)),
        ("region", _("Region"), _options(words, REGION_NAMES)),
        ("capacity", _("What they are"), _options(words, CAPACITY_NAMES)),
        (
            "interests",
            _("Interested in"),
            tuple(Option(value=tag.slug, label=tag.label(words.locale)) for tag in themes),
        ),
        (
            "language",
            _("Language they use with me"),
            tuple(Option(value=value, label=label) for value, label in LOCALES.items()),
        ),
    )
    return (
        ChoiceField(name="rule", label=_("Who is added?"), options=tuple(how)),
        *(
            ChoiceField(name=name, label=label, options=options, multiple=True, required=False)
            for name, label, options in choices
            if options
        ),
    )


def _options(words: Words, names: Mapping[Any, str]) -> tuple[Option, ...]:
    labels = {str(value): words._(name) for value, name in names.items()}
    return tuple(Option(value=value, label=label[:1].upper() + label[1:]) for value, label in labels.items())
