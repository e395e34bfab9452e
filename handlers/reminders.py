"""Reminders for administrators: what goes out next, what came too late, and changing how they are."""

from __future__ import annotations

import math
import uuid
from datetime import timedelta

from handlers import reminder_words
from handlers.group_cards import ADMINISTRATORS
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import ChoiceField, Form, NumberField, Option, Step, TextField, YesNoField
from handlers.kit.messages import Button, Item, Message, Style
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, RunCommand, Submitted
from handlers.kit.updates import Command
from handlers.kit.words import N_, Words
from handlers.organisations import is_id
from handlers.reminder_actions import EditReminder, TestReminder
from handlers.reminder_planning import upcoming
from handlers.texts import check_placeholders, placeholder_help
from store import events, reminders, rounds
from store.events import Event
from store.reminders import Anchor, Audience, Outcome, Quiet, ReminderRule, Subject, Unit
from store.replies import Answer
from store.rounds import FundingRound

FORM = "reminders.form"
LONGEST_BODY = 1_000
LONGEST_OFFSET = 365
LONGEST_LATE = 24 * 14
SHOWN_AHEAD = timedelta(days=30)
PLANNED_SHOWN = 10
TROUBLED_SHOWN = 5
BEFORE, AFTER = "before", "after"
AUDIENCE_NAMES = {
    Audience.GROUPS: N_("the channels of its groups"),
    Audience.GOING: N_("those who come"),
    Audience.MAYBE: N_("those who may come"),
    Audience.UNANSWERED: N_("those invited who have not answered"),
    Audience.ASKED: N_("those who asked to be reminded"),
}
AUDIENCES = {
    Subject.EVENT: (Audience.GROUPS, Audience.GOING, Audience.MAYBE, Audience.UNANSWERED),
    Subject.ROUND: (Audience.GROUPS, Audience.ASKED),
}
ANCHOR_NAMES = {
    Anchor.START: N_("an event starts"),
    Anchor.REPLY_BY: N_("the last day for answers to an event"),
    Anchor.OPENS: N_("a round opens"),
    Anchor.HALF: N_("half of a round's time is over"),
    Anchor.CLOSES: N_("a round closes"),
}

QUIET_NAMES = {
    Quiet.BEFORE: N_("Send it before they begin"),
    Quiet.AFTER: N_("Send it when they end, if it still helps"),
    Quiet.SKIP: N_("Leave it out"),
}

router = Router("reminders")


@router.command(
    "ccin reminders", summary=N_("See and change the reminders that I send"), access=ADMINISTRATORS
)
async def list_reminders(context: Context, command: Command) -> Reply:
    _ = context._
    words = context.words
    rules = await reminders.rules(context.session)
    items = [
        Item(
            title=title(words, rule),
            text=rule.body(words.locale) if rule.enabled else _("Switched off."),
            buttons=(
                Button.to(_("Change"), EditReminder(rule_id=rule.id)),
                Button.to(_("Send me one"), TestReminder(rule_id=rule.id)),
            ),
        )
        for rule in rules
    ]
    return Message(
        heading=_("Reminders"),
        text=await _planned(context, rules),
        items=tuple(items),
        small_print=tuple(await _troubled(context)),
    )


@router.action(EditReminder, access=ADMINISTRATORS)
async def edit(context: Context, action: EditReminder) -> Reply:
    rule = await _rule(context, action.rule_id)
    return Open(
        FORM,
        subject=str(rule.id),
        initial={
            "amount": str(abs(rule.amount)),
            "unit": rule.unit,
            "side": AFTER if rule.amount < 0 else BEFORE,
            "audiences": list(rule.audiences),
            "en": rule.bodies["en"],
            "cy": rule.bodies.get("cy", ""),
            "late_hours": str(math.ceil(rule.late_minutes / 60)),
            "quiet": rule.quiet,
            "enabled": "yes" if rule.enabled else "no",
        },
    )


async def build(context: Context, subject: str) -> Form:
    _ = context._
    rule = await _rule(context, int(subject) if is_id(subject) else 0)
    return Form(
        name=FORM,
        title=_("Change a reminder"),
        submit=_("Save"),
        steps=(
            Step(
                title=title(context.words, rule),
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
                        help=placeholder_help(context, _placeholders(rule)),
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


@router.form(FORM, build, access=ADMINISTRATORS)
async def save(context: Context, sent: Submitted) -> Result:
    """What was due before now is not sent by the rule as it is from now on."""
    _ = context._
    rule = await _rule(context, int(sent.subject) if is_id(sent.subject) else 0)
    answers = sent.answers
    bodies = {locale: answers.text(locale) for locale in ("en", "cy") if answers.text(locale)}
    for locale, body in bodies.items():
        check_placeholders(context, _placeholders(rule), locale, body)
    amount = answers.number("amount") or 0
    rule.amount = -amount if answers.text("side") == AFTER else amount
    rule.unit, rule.audiences = answers.text("unit"), list(answers.several("audiences"))
    rule.bodies, rule.enabled = bodies, answers.yes("enabled")
    rule.quiet = answers.text("quiet")
    late_hours = answers.number("late_hours") or 0
    if late_hours != math.ceil(rule.late_minutes / 60):
        rule.late_minutes = late_hours * 60
    rule.changed_at = context.now
    await context.session.flush()
    await context.audit("reminder.save", "reminder", rule.id)
    example = await _example(context, rule)
    return Message(
        heading=title(context.words, rule),
        text=_("Saved. This is how it reads.") if example else _("Saved."),
        quote=example.plain() if example else rule.body(context.words.locale),
        buttons=(
            Button.to(_("Send me one"), TestReminder(rule_id=rule.id), style=Style.PRIMARY),
            Button.to(_("Change it again"), EditReminder(rule_id=rule.id)),
            Button.to(_("All reminders"), RunCommand(command="ccin", text="reminders")),
        ),
    )


@router.action(TestReminder, access=ADMINISTRATORS)
async def send_test(context: Context, action: TestReminder) -> Reply:
    _ = context._
    rule = await _rule(context, action.rule_id)
    example = await _example(context, rule)
    if example is None:
        raise UserError(_("There is nothing coming up that it could remind of. Nothing was sent."))
    await context.send(context.person, example, key=f"reminder.test:{uuid.uuid4().hex}")
    return Message(text=_("I have sent you one. Nobody else got it."))


def title(words: Words, rule: ReminderRule) -> str:
    """“14 days before an event starts, to the channels of its groups”"""
    _ = words._
    count = {"count": words.number(abs(rule.amount)), "what": _(ANCHOR_NAMES[Anchor(rule.anchor)])}
    days = rule.unit == Unit.DAYS
    if not rule.amount:
        when = _("When %(what)s") % count
    elif rule.amount > 0 and days:
        when = (
            words.ngettext("%(count)s day before %(what)s", "%(count)s days before %(what)s", rule.amount)
            % count
        )
    elif rule.amount > 0:
        when = (
            words.ngettext("%(count)s hour before %(what)s", "%(count)s hours before %(what)s", rule.amount)
            % count
        )
    elif days:
        when = (
            words.ngettext("%(count)s day after %(what)s", "%(count)s days after %(what)s", -rule.amount)
            % count
        )
    else:
        when = (
            words.ngettext("%(count)s hour after %(what)s", "%(count)s hours after %(what)s", -rule.amount)
            % count
        )
    to = words.listed([_(AUDIENCE_NAMES[Audience(one)]) for one in rule.audiences])
    return _("%(when)s, to %(audience)s") % {"when": when, "audience": to}


async def _planned(context: Context, rules: list[ReminderRule]) -> str:
    """The next ones, computed from the facts as they stand."""
    _ = context._
    enabled = [rule for rule in rules if rule.enabled]
    subjects: list[Event | FundingRound] = [
        *await events.to_remind(context.session, context.now - SHOWN_AHEAD),
        *await rounds.current(context.session, since=context.now - SHOWN_AHEAD),
    ]
    named = {
        (Subject.EVENT if isinstance(one, Event) else Subject.ROUND, one.id): one.title
        if isinstance(one, Event)
        else one.name
        for one in subjects
    }
    due = upcoming(enabled, subjects, context.now, context.now + SHOWN_AHEAD)
    if not due:
        return _("Nothing is due in the next 30 days.")
    lines = [
        f"- {context.words.moment(one.due_at)}: {named[Subject(one.rule.subject), one.subject_id]}"
        for one in due[:PLANNED_SHOWN]
    ]
    return "\n".join([_("Due in the next 30 days:"), "", *lines])


async def _troubled(context: Context) -> list[str]:
    """What was late or skipped because the bot was away."""
    _ = context._
    said = {
        Outcome.LATE: _("Sent late, due %(when)s: %(what)s"),
        Outcome.SKIPPED: _("Skipped, since it was no longer useful, due %(when)s: %(what)s"),
    }
    return [
        said[Outcome(run.outcome)]
        % {"when": context.words.moment(run.due_at), "what": title(context.words, rule)}
        for run, rule in await reminders.troubled(context.session, limit=TROUBLED_SHOWN)
    ]


async def _example(context: Context, rule: ReminderRule) -> Message | None:
    """The reminder of whatever comes next, as the sender would read it; None where nothing does."""
    now, words = context.now, context.words
    if rule.subject == Subject.EVENT:
        coming = [one for one in await events.to_remind(context.session, now) if one.starts_at > now]
        if rule.anchor == Anchor.REPLY_BY:
            coming = [one for one in coming if one.reply_by is not None]
        if not coming:
            return None
        event = min(coming, key=lambda one: one.starts_at)
        if Audience.GROUPS in rule.audiences:
            return reminder_words.event_post(words, rule, event, now)
        given = None if Audience.UNANSWERED in rule.audiences else Answer.MAYBE
        return reminder_words.event_message(words, rule, event, given, now)
    running = await rounds.current(context.session, since=now)
    return reminder_words.round_message(words, rule, running[0], now) if running else None


def _placeholders(rule: ReminderRule) -> tuple[str, ...]:
    if rule.subject == Subject.EVENT:
        return reminder_words.EVENT_PLACEHOLDERS
    return reminder_words.ROUND_PLACEHOLDERS


async def _rule(context: Context, rule_id: int) -> ReminderRule:
    rule = await reminders.by_id(context.session, rule_id)
    if rule is None:
        raise UserError(context._("That reminder is not there. Nothing was changed."))
    return rule
