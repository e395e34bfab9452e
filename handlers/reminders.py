"""Reminders for administrators: a short view of what goes out next, and how each kind of reminder is."""

from __future__ import annotations

import uuid

from handlers import announcement_holds, reminder_control, reminder_form
from handlers.announcement_holds import control_room_button, hold_button, lift_button
from handlers.group_cards import ADMINISTRATORS
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import Form
from handlers.kit.messages import Button, Item, Message, Style
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, Submitted
from handlers.kit.updates import Command
from handlers.kit.words import N_
from handlers.organisations import is_id
from handlers.reminder_actions import EditReminder, ListReminders, TestReminder
from handlers.reminder_names import OUTCOME_NAMES, REASONS, title
from store import announcement_holds as stored_holds
from store import outbox, reminders
from store.reminders import Outcome, ReminderRule

PLANNED_SHOWN = 5
TROUBLED_SHOWN = 3

router = Router("reminders")


@router.command(
    "ccin reminders", summary=N_("See and change the reminders that I send"), access=ADMINISTRATORS
)
async def show(context: Context, command: Command) -> Reply:
    """A short card; the control room has all of it."""
    _ = context._
    words = context.words
    hold = await stored_holds.current(context.session, context.now)
    failed = await outbox.count_failures(context.session)
    lines = [announcement_holds.line(words, hold)] if hold is not None else []
    lines.append(await _planned(context))
    if failed:
        said = words.ngettext(
            "%(count)s message could not be delivered.", "%(count)s messages could not be delivered.", failed
        )
        lines.append(said % {"count": words.number(failed)})
    return Message(
        heading=_("Reminders"),
        text="\n\n".join(lines),
        buttons=(
            control_room_button(words),
            Button.to(_("Times and words"), ListReminders()),
            lift_button(words) if hold is not None else hold_button(words),
        ),
        small_print=tuple(await _troubled(context)),
    )


@router.action(ListReminders, access=ADMINISTRATORS)
async def list_reminders(context: Context, action: ListReminders) -> Reply:
    _ = context._
    words = context.words
    return Message(
        heading=_("Times and words"),
        text=_("Every event and every round gets these. To change only one of them, use the control room."),
        items=tuple(
            Item(
                title=title(words, rule),
                text=rule.body(words.locale) if rule.enabled else _("Switched off."),
                buttons=(
                    Button.to(_("Change"), EditReminder(rule_id=rule.id)),
                    Button.to(_("Send me one"), TestReminder(rule_id=rule.id)),
                ),
            )
            for rule in await reminders.rules(context.session)
        ),
        buttons=(control_room_button(words),),
    )


@router.action(EditReminder, access=ADMINISTRATORS)
async def edit(context: Context, action: EditReminder) -> Reply:
    rule = await _rule(context, action.rule_id)
    return Open(reminder_form.FORM, subject=str(rule.id), initial=reminder_form.initial(rule))


async def build(context: Context, subject: str) -> Form:
    rule = await _rule(context, int(subject) if is_id(subject) else 0)
    return reminder_form.form(context, rule)


@router.form(reminder_form.FORM, build, access=ADMINISTRATORS)
async def save(context: Context, sent: Submitted) -> Result:
    """What was due before now is not sent by the rule as it is from now on."""
    _ = context._
    rule = await _rule(context, int(sent.subject) if is_id(sent.subject) else 0)
    reminder_form.fill(context, rule, sent.answers)
    await context.session.flush()
    await context.audit("reminder.save", "reminder", rule.id)
    coming = await reminder_control.coming(context.session, context.now)
    example = reminder_control.example(context.words, rule, coming, context.now)
    return Message(
        heading=title(context.words, rule),
        text=_("Saved. This is how it reads.") if example else _("Saved."),
        quote=example.plain() if example else rule.body(context.words.locale),
        buttons=(
            Button.to(_("Send me one"), TestReminder(rule_id=rule.id), style=Style.PRIMARY),
            Button.to(_("Change it again"), EditReminder(rule_id=rule.id)),
            Button.to(_("All reminders"), ListReminders()),
        ),
    )


@router.action(TestReminder, access=ADMINISTRATORS)
async def send_test(context: Context, action: TestReminder) -> Reply:
    """Of one event or round where it is named, else of whatever comes next."""
    _ = context._
    rule = await _rule(context, action.rule_id)
    said = []
    if action.subject_id:
        for one in await reminder_control.planned(context.session, context.now, subject=rule.subject):
            if (one.due.rule.id, one.due.subject_id) == (rule.id, action.subject_id):
                said = reminder_control.preview(context.words, one, context.now)
    else:
        coming = await reminder_control.coming(context.session, context.now)
        example = reminder_control.example(context.words, rule, coming, context.now)
        said = [example] if example is not None else []
    if not said:
        raise UserError(_("There is nothing coming up that it could remind of. Nothing was sent."))
    for message in said:
        await context.send(context.person, message, key=f"reminder.test:{uuid.uuid4().hex}")
    return Message(text=_("I have sent you one. Nobody else got it."))


async def _planned(context: Context) -> str:
    """The next ones, computed from the facts as they stand."""
    _ = context._
    found = await reminder_control.planned(context.session, context.now)
    if not found:
        return _("Nothing is due in the next 30 days.")
    lines = [f"- {context.words.moment(one.due.due_at)}: {one.title}" for one in found[:PLANNED_SHOWN]]
    said = context.words.ngettext(
        "%(count)s is due in the next 30 days:", "%(count)s are due in the next 30 days:", len(found)
    )
    return "\n".join([said % {"count": context.words.number(len(found))}, "", *lines])


async def _troubled(context: Context) -> list[str]:
    """What was late or skipped, the newest first."""
    words = context.words
    found, _total = await reminder_control.past(
        context.session, outcomes=(Outcome.LATE, Outcome.SKIPPED), limit=TROUBLED_SHOWN
    )
    return [
        words._("%(outcome)s, due %(when)s: %(what)s. %(reason)s")
        % {
            "outcome": words._(OUTCOME_NAMES[Outcome(one.run.outcome)]),
            "when": words.moment(one.run.due_at),
            "what": one.title or title(words, one.rule),
            "reason": words._(REASONS.get(one.run.reason, REASONS["away"])),
        }
        for one in found
    ]


async def _rule(context: Context, rule_id: int) -> ReminderRule:
    rule = await reminders.by_id(context.session, rule_id)
    if rule is None:
        raise UserError(context._("That reminder is not there. Nothing was changed."))
    return rule
