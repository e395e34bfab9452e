"""The form of a reminder: how long before, to whom, in which words, and for how long it helps."""

from __future__ import annotations

import math

from handlers import reminder_names, reminder_words
from handlers.kit.answers import Answers
from handlers.kit.context import Context
from handlers.kit.forms import ChoiceField, Form, NumberField, Option, Step, TextField, YesNoField
from handlers.kit.updates import RawAnswers
from handlers.reminder_names import AUDIENCE_NAMES, AUDIENCES, QUIET_NAMES
from handlers.texts import check_placeholders, placeholder_help
from store.reminders import ReminderRule, Subject, Unit

FORM = "reminders.form"
LONGEST_BODY = 1_000
LONGEST_OFFSET = 365
LONGEST_LATE = 24 * 14
BEFORE, AFTER = "before", "after"


def initial(rule: ReminderRule) -> RawAnswers:
    return {
        "amount": str(abs(rule.amount)),
        "unit": rule.unit,
        "side": AFTER if rule.amount < 0 else BEFORE,
        "audiences": list(rule.audiences),
        "en": rule.bodies["en"],
        "cy": rule.bodies.get("cy", ""),
        "late_hours": str(math.ceil(rule.late_minutes / 60)),
        "quiet": rule.quiet,
        "enabled": "yes" if rule.enabled else "no",
    }


def form(context: Context, rule: ReminderRule) -> Form:
    _ = context._
    return Form(
        name=FORM,
        title=_("Change a reminder"),
        submit=_("Save"),
        steps=(
            Step(
                title=reminder_names.title(context.words, rule),
                fields=(
                    NumberField(name="amount", label=_("How long"), minimum=0, maximum=LONGEST_OFFSET),
                    ChoiceField(
                        name="unit",
                        label=_("Days or hours"),
                        help=_("Days keep the time of day when the clocks change; hours are counted."),
                        options=(
                            Option(value=Unit.DAYS.value, label=_("days")),
                            Option(value=Unit.HOURS.value, label=_("hours")),
                        ),
                    ),
                    ChoiceField(
                        name="side",
                        label=_("Before or after"),
                        options=(
                            Option(value=BEFORE, label=_("before")),
                            Option(value=AFTER, label=_("after")),
                        ),
                    ),
                    ChoiceField(
                        name="audiences",
                        label=_("To whom"),
                        multiple=True,
                        options=tuple(
                            Option(value=one.value, label=_(AUDIENCE_NAMES[one]))
                            for one in AUDIENCES[Subject(rule.subject)]
                        ),
                    ),
                    TextField(
                        name="en", label="English", long=True, max_length=LONGEST_BODY,
                        help=placeholder_help(context, placeholders(rule)),
                    ),
                    TextField(
                        name="cy", label="Cymraeg", long=True, required=False, max_length=LONGEST_BODY,
                        help=_("Welsh speakers read the English where this is empty."),
                    ),
                    NumberField(
                        name="late_hours",
                        label=_("For how many hours does it help after it was missed?"),
                        help=_("If I was away, I send it late within that time, and leave it out after."),
                        maximum=LONGEST_LATE,
                        minimum=0,
                    ),
                    ChoiceField(
                        name="quiet",
                        label=_("When it falls into somebody's quiet hours"),
                        help=_("Only for messages to one person; a channel has no quiet hours."),
                        options=tuple(
                            Option(value=one.value, label=_(label)) for one, label in QUIET_NAMES.items()
                        ),
                    ),
                    YesNoField(name="enabled", label=_("Shall I send it?")),
                ),
            ),
        ),
    )  # fmt: skip


def fill(context: Context, rule: ReminderRule, answers: Answers) -> None:
    """:raises UserError: the words have a placeholder that there is not."""
    bodies = {locale: answers.text(locale) for locale in ("en", "cy") if answers.text(locale)}
    for locale, body in bodies.items():
        check_placeholders(context, placeholders(rule), locale, body)
    amount = answers.number("amount") or 0
    rule.amount = -amount if answers.text("side") == AFTER else amount
    rule.unit, rule.audiences = answers.text("unit"), list(answers.several("audiences"))
    rule.bodies, rule.enabled = bodies, answers.yes("enabled")
    rule.quiet = answers.text("quiet")
    late_hours = answers.number("late_hours") or 0
    if late_hours != math.ceil(rule.late_minutes / 60):
        rule.late_minutes = late_hours * 60
    rule.changed_at = context.now


def placeholders(rule: ReminderRule) -> tuple[str, ...]:
    if rule.subject == Subject.EVENT:
        return reminder_words.EVENT_PLACEHOLDERS
    return reminder_words.ROUND_PLACEHOLDERS
