"""Holding all announcements: administrators stop everything that nobody asked for, until a time."""

from __future__ import annotations

from datetime import timedelta

from handlers.group_cards import ADMINISTRATORS
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import DateTimeField, Form, Step, TextField
from handlers.kit.messages import Button, Message, Style
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, Submitted
from handlers.kit.updates import Command
from handlers.kit.words import N_, Words
from handlers.reminder_actions import HoldAnnouncements, LiftHold
from store import announcement_holds
from store.announcement_holds import AnnouncementHold

FORM = "announcements.hold_form"
CONTROL_ROOM = "/admin/reminders"
LONGEST = timedelta(days=90)
LONGEST_REASON = 300

router = Router("announcement_holds")


@router.command("ccin hold-all", summary=N_("Hold all announcements until a time"), access=ADMINISTRATORS)
async def hold_all(context: Context, command: Command) -> Reply:
    return Open(FORM)


@router.action(HoldAnnouncements, access=ADMINISTRATORS)
async def ask(context: Context, action: HoldAnnouncements) -> Reply:
    return Open(FORM)


async def build(context: Context, subject: str) -> Form:
    _ = context._
    return Form(
        name=FORM,
        title=_("Hold all announcements"),
        submit=_("Hold them"),
        steps=(
            Step(
                title=_("Hold all announcements"),
                help=_(
                    "Announcements, reminders and tips wait. Answers to what people do go out all the same, "
                    "and so does the news that something moved or was called off. The hold ends by itself."
                ),
                fields=(
                    DateTimeField(name="until", label=_("Until")),
                    TextField(
                        name="reason",
                        label=_("Why?"),
                        help=_("Other administrators read it. You may leave it empty."),
                        required=False,
                        max_length=LONGEST_REASON,
                    ),
                ),
            ),
        ),
    )


@router.form(FORM, build, access=ADMINISTRATORS)
async def save(context: Context, sent: Submitted) -> Result:
    _ = context._
    until = sent.answers.moment("until")
    if until is None or until <= context.now:
        raise UserError(_("That time is past. Give one that is to come."), field="until")
    if until > context.now + LONGEST:
        longest = {"days": context.words.number(LONGEST.days)}
        raise UserError(_("A hold lasts up to %(days)s days. Give an earlier time.") % longest, field="until")
    hold = await announcement_holds.begin(context.session, context.now, until, sent.answers.text("reason"))
    await context.audit("announcements.hold", "hold", hold.id, {"until": until.isoformat()})
    return Message(
        heading=_("Announcements on hold"),
        text=line(context.words, hold),
        buttons=(lift_button(context.words), control_room_button(context.words)),
    )


@router.action(LiftHold, access=ADMINISTRATORS)
async def lift(context: Context, action: LiftHold) -> Reply:
    _ = context._
    if not await announcement_holds.lift(context.session, context.now):
        return Message(text=_("Nothing is on hold."), buttons=(control_room_button(context.words),))
    await context.audit("announcements.lift", "hold", "")
    return Message(
        text=_("Announcements go out again. What waited goes now, where it is still of use."),
        buttons=(control_room_button(context.words),),
    )


async def note(context: Context) -> str:
    """A sentence for whoever announces something while everything is held; else nothing."""
    hold = await announcement_holds.current(context.session, context.now)
    return line(context.words, hold) if hold is not None else ""


def line(words: Words, hold: AnnouncementHold) -> str:
    until = {"when": words.moment(hold.ends_at)}
    said = (
        words._("All announcements are on hold until %(when)s; what is still of use goes out then.") % until
    )
    return f"{said} ({hold.reason})" if hold.reason else said


def lift_button(words: Words) -> Button:
    return Button.to(words._("End the hold now"), LiftHold())


def hold_button(words: Words) -> Button:
    return Button.to(words._("Hold all announcements"), HoldAnnouncements())


def control_room_button(words: Words) -> Button:
    return Button(label=words._("Control room"), path=CONTROL_ROOM, style=Style.PRIMARY)
