"""The form of a group: what it is, and who is added to it."""

from __future__ import annotations

from datetime import date
from typing import Any

from handlers import group_rule_form, user_groups
from handlers.enrolment import rule_of
from handlers.enrolment_rules import Condition
from handlers.group_cards import KIND_NAMES, VISIBILITY_NAMES
from handlers.kit.answers import Answers
from handlers.kit.context import Context
from handlers.kit.forms import ChoiceField, Form, Option, Step, TextField, YesNoField
from handlers.kit.updates import RawAnswers
from handlers.kit.words import LOCALES
from store import channels
from store.groups import Group

LONGEST_NAME = 60
LONGEST_PURPOSE = 400
FORM = "groups.form"


async def build(context: Context, group: Group | None, rule: Condition | None) -> Form:
    """The form for a new group, or for one that is there; ``rule`` is what it would keep."""
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
                    TextField(
                        name="name_cy",
                        label=_("Name in Welsh"),
                        max_length=LONGEST_NAME,
                        required=False,
                        help=_("Left empty, Welsh readers get the English."),
                    ),
                    TextField(
                        name="purpose_cy",
                        label=_("What is it for, in Welsh?"),
                        long=True,
                        max_length=LONGEST_PURPOSE,
                        required=False,
                        help=_("Left empty, Welsh readers get the English."),
                    ),
                    ChoiceField(
                        name="kind",
                        label=_("Kind"),
                        options=group_rule_form.options(context.words, KIND_NAMES),
                    ),
                    ChoiceField(
                        name="visibility",
                        label=_("Who may join?"),
                        options=group_rule_form.options(context.words, VISIBILITY_NAMES),
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
                    *await user_groups.fields(context),
                ),
            ),
            *await group_rule_form.steps(context, rule),
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


async def initial(context: Context, group: Group) -> RawAnswers:
    """The form filled from a group as it is."""
    return {
        "name": group.name,
        "purpose": group.purpose,
        "name_cy": group.name_cy,
        "purpose_cy": group.purpose_cy,
        "kind": group.kind,
        "visibility": group.visibility,
        "group_language": group.language,
        "requires_rules": "yes" if group.requires_rules else "no",
        **await user_groups.initial(context, group),
        **group_rule_form.initial(rule_of(group)),
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
            case date():
                filled[name] = value.isoformat()
            case str():
                filled[name] = value
    return filled


async def values(context: Context, answers: Answers, kept: dict[str, Any] | None) -> dict[str, Any]:
    """The columns of a group, its rule among them; ``kept`` is the rule that it may keep.

    :raises UserError: the choices for the rule say nothing, or two things.
    """
    return {
        "name": answers.text("name"),
        "purpose": answers.text("purpose"),
        "name_cy": answers.text("name_cy"),
        "purpose_cy": answers.text("purpose_cy"),
        "kind": answers.text("kind"),
        "visibility": answers.text("visibility"),
        "language": answers.text("group_language"),
        "requires_rules": answers.yes("requires_rules"),
        "rule": await group_rule_form.rule_from(context, answers, kept),
    }
