"""One reminder of one event or round: paused, cancelled, sent now, or put in other words."""

from __future__ import annotations

from handlers import reminder_control, reminder_names
from handlers.announcement_holds import control_room_button
from handlers.group_cards import ADMINISTRATORS
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import Form, Step, TextField
from handlers.kit.messages import Button, Message
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, Submitted
from handlers.organisations import is_id
from handlers.reminder_actions import (
    CancelReminder,
    PauseReminder,
    ResumeReminder,
    RewordReminder,
    SendReminderNow,
    TestReminder,
)
from handlers.reminder_control import Planned
from handlers.reminder_form import LONGEST_BODY, placeholders
from handlers.texts import check_placeholders, placeholder_help
from store import reminder_changes, reminders
from store.reminder_changes import ReminderState

FORM = "reminders.reword_form"

router = Router("reminder_changes")


@router.action(PauseReminder, access=ADMINISTRATORS)
async def pause(context: Context, action: PauseReminder) -> Reply:
    one = await _set(context, action.rule_id, action.subject_id, ReminderState.PAUSED)
    return _done(context, one, context._("Paused: “%(title)s”, %(what)s. It waits until you resume it."))


@router.action(ResumeReminder, access=ADMINISTRATORS)
async def resume(context: Context, action: ResumeReminder) -> Reply:
    one = await _set(context, action.rule_id, action.subject_id, ReminderState.PLANNED)
    return _done(context, one, context._("Planned again: “%(title)s”, %(what)s."))


@router.action(CancelReminder, access=ADMINISTRATORS)
async def cancel(context: Context, action: CancelReminder) -> Reply:
    one = await _set(context, action.rule_id, action.subject_id, ReminderState.CANCELLED)
    return _done(context, one, context._("Cancelled: “%(title)s”, %(what)s. Its other reminders stay."))


@router.action(SendReminderNow, access=ADMINISTRATORS)
async def send_now(context: Context, action: SendReminderNow) -> Reply:
    one = await _set(context, action.rule_id, action.subject_id, ReminderState.NOW)
    return _done(context, one, context._("“%(title)s”, %(what)s: it goes out within half a minute."))


@router.action(RewordReminder, access=ADMINISTRATORS)
async def reword(context: Context, action: RewordReminder) -> Reply:
    one = await _planned(context, action.rule_id, action.subject_id)
    bodies = one.due.bodies or one.due.rule.bodies
    return Open(
        FORM,
        subject=f"{action.rule_id}:{action.subject_id}",
        initial={"en": bodies.get("en", ""), "cy": bodies.get("cy", "")},
    )


async def build(context: Context, subject: str) -> Form:
    _ = context._
    one = await _of_form(context, subject)
    return Form(
        name=FORM,
        title=_("Change the words"),
        submit=_("Save"),
        steps=(
            Step(
                title=_("Change the words"),
                help=_("Only this one of “%(title)s” changes, not the others of its kind.")
                % {"title": one.title},
                fields=(
                    TextField(
                        name="en", label="English", long=True, max_length=LONGEST_BODY,
                        help=placeholder_help(context, placeholders(one.due.rule)),
                    ),
                    TextField(
                        name="cy", label="Cymraeg", long=True, required=False, max_length=LONGEST_BODY,
                        help=_("Welsh speakers read the English where this is empty."),
                    ),
                ),
            ),
        ),
    )  # fmt: skip


@router.form(FORM, build, access=ADMINISTRATORS)
async def save(context: Context, sent: Submitted) -> Result:
    _ = context._
    one = await _of_form(context, sent.subject)
    rule = one.due.rule
    bodies = {locale: sent.answers.text(locale) for locale in ("en", "cy") if sent.answers.text(locale)}
    for locale, body in bodies.items():
        check_placeholders(context, placeholders(rule), locale, body)
    change = await reminder_changes.start(context.session, rule, one.subject.id, context.now)
    change.bodies = {} if bodies == rule.bodies else bodies
    await context.session.flush()
    await context.audit("reminder.reword", rule.subject, one.subject.id, {"reminder": str(rule.id)})
    again = await _planned(context, rule.id, one.subject.id)
    said = reminder_control.preview(context.words, again, context.now)
    return Message(
        heading=one.title,
        text=_("Saved. This is how it reads."),
        quote=said[0].plain(),
        buttons=(
            control_room_button(context.words),
            Button.to(_("Send me one"), TestReminder(rule_id=rule.id, subject_id=one.subject.id)),
            Button.to(_("Change it again"), RewordReminder(rule_id=rule.id, subject_id=one.subject.id)),
        ),
    )


async def _set(context: Context, rule_id: int, subject_id: int, state: ReminderState) -> Planned:
    one = await _planned(context, rule_id, subject_id)
    change = await reminder_changes.start(context.session, one.due.rule, subject_id, context.now)
    change.state = state
    await context.session.flush()
    await context.audit(
        f"reminder.{state.value}", one.due.rule.subject, subject_id, {"reminder": str(rule_id)}
    )
    return one


async def _of_form(context: Context, subject: str) -> Planned:
    rule_id, _colon, subject_id = subject.partition(":")
    known = is_id(rule_id) and is_id(subject_id)
    return await _planned(context, int(rule_id) if known else 0, int(subject_id) if known else 0)


async def _planned(context: Context, rule_id: int, subject_id: int) -> Planned:
    """:raises UserError: it is not to go out any more, or never was."""
    rule = await reminders.by_id(context.session, rule_id)
    if rule is not None:
        for one in await reminder_control.planned(context.session, context.now, subject=rule.subject):
            if (one.due.rule.id, one.due.subject_id) == (rule_id, subject_id):
                return one
    raise UserError(
        context._("That reminder is not planned any more: it has gone out, or its date has moved away.")
    )


def _done(context: Context, one: Planned, said: str) -> Message:
    what = reminder_names.when(context.words, one.due.rule)
    return Message(
        text=said % {"title": one.title, "what": what[:1].lower() + what[1:]},
        buttons=(control_room_button(context.words),),
    )
