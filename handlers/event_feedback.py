"""Feedback on an event: a short form for those who came or said yes, with their name or without."""

from __future__ import annotations

from handlers.event_actions import GiveFeedback
from handlers.event_buttons import may_say_what_they_think
from handlers.events import visible_event
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import ChoiceField, Form, Option, Step, TextField, YesNoField
from handlers.kit.messages import Message
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, Submitted
from handlers.kit.words import N_
from handlers.organisations import is_id
from store import events, feedback, replies
from store.events import Event
from store.local_times import HOME_ZONE, local

FEEDBACK_FORM = "events.feedback"
LONGEST_WORDS = 1_500
SCORES = {
    5: N_("5: very good"),
    4: N_("4: good"),
    3: N_("3: neither good nor bad"),
    2: N_("2: not so good"),
    1: N_("1: poor"),
}

router = Router("event_feedback")


@router.action(GiveFeedback)
async def ask(context: Context, action: GiveFeedback) -> Reply:
    event = await _to_judge(context, action.event_id)
    return Open(FEEDBACK_FORM, initial={"nameless": "no"}, subject=str(event.id))


async def build(context: Context, subject: str) -> Form:
    _ = context._
    event = await _to_judge(context, int(subject) if is_id(subject) else 0)
    return Form(
        name=FEEDBACK_FORM,
        title=_("How was it?"),
        submit=_("Send"),
        steps=(
            Step(
                title=event.title,
                help=_("It takes a minute. Those who run the event read it."),
                fields=(
                    ChoiceField(
                        name="score",
                        label=_("How was it for you?"),
                        options=tuple(Option(value=str(one), label=_(name)) for one, name in SCORES.items()),
                    ),
                    TextField(
                        name="useful", label=_("What was useful?"), long=True, required=False,
                        max_length=LONGEST_WORDS,
                    ),
                    TextField(
                        name="to_change", label=_("What should we change?"), long=True, required=False,
                        max_length=LONGEST_WORDS,
                    ),
                    YesNoField(
                        name="nameless",
                        label=_("Leave my name out?"),
                        help=_("Then your name is not kept with your words, and you cannot change them."),
                    ),
                ),
            ),
        ),
    )  # fmt: skip


@router.form(FEEDBACK_FORM, build)
async def take(context: Context, sent: Submitted) -> Result:
    _ = context._
    # Locked, so that of two forms that are sent at once one counts.
    event = await _to_judge(context, int(sent.subject) if is_id(sent.subject) else 0, lock=True)
    answers = sent.answers
    await feedback.give(
        context.session,
        event.id,
        context.person.id,
        int(answers.text("score")),
        answers.text("useful"),
        answers.text("to_change"),
        named=not answers.yes("nameless"),
        on=local(context.now, HOME_ZONE).date(),
    )
    return Message(text=_("Thank you. Those who run “%(title)s” read it.") % {"title": event.title})


async def _to_judge(context: Context, event_id: int, *, lock: bool = False) -> Event:
    """:raises UserError: it is not over, they were not there, or they have said what they think."""
    _ = context._
    event = await visible_event(context, event_id)
    if lock:
        event = await events.by_id(context.session, event_id, lock=True) or event
    if await feedback.given(context.session, event.id, context.person.id):
        raise UserError(_("You have said how “%(title)s” was. Thank you.") % {"title": event.title})
    held = await replies.of_member(context.session, event.id, context.person.id)
    if not await may_say_what_they_think(context.session, event, context.person.id, held, context.now):
        raise UserError(
            _("People who came to “%(title)s” can say so, once it is over.") % {"title": event.title}
        )
    return event
