"""What reminders say: an administrator's words, with the facts and buttons of what they are about."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from handlers import event_cards, round_cards
from handlers.event_actions import ShowEvent
from handlers.kit.messages import Button, Fact, Message, Style
from handlers.kit.words import Words
from handlers.round_actions import RemindOfRound, ShowRound
from handlers.texts import fill
from store.events import Event
from store.local_times import HOME_ZONE
from store.reminders import ReminderRule
from store.replies import Answer
from store.rounds import FundingRound, RoundState

EVENT_PLACEHOLDERS = ("title", "when", "where")
ROUND_PLACEHOLDERS = ("name", "opens", "closes", "contact", "decision")


def event_post(words: Words, rule: ReminderRule, event: Event, now: datetime) -> Message:
    """For a channel: without numbers, which would grow old, and without the link."""
    return Message(
        heading=event.title,
        text=_event_text(words, rule, event),
        facts=event_cards.facts(words, event, Counter(), counted=False),
        buttons=(
            *event_cards.answer_buttons(words, event, None, now),
            Button.to(words._("More"), ShowEvent(event_id=event.id)),
        ),
    )


def event_message(words: Words, rule: ReminderRule, event: Event, given: Answer, now: datetime) -> Message:
    """For one person, with the link where they said yes."""
    shown = event_cards.card(words, event, Counter(), given, now, note=_event_text(words, rule, event))
    return shown.model_copy(
        update={"facts": tuple(one for one in shown.facts if one.label != words._("Answers"))}
    )


def round_message(words: Words, rule: ReminderRule, one: FundingRound, now: datetime) -> Message:
    """The same for a channel and for a person: it depends on nobody."""
    _ = words._
    values = {
        "name": one.name,
        "opens": words.moment_in(one.opens_at, HOME_ZONE),
        "closes": words.moment_in(one.closes_at, HOME_ZONE),
        "contact": one.contact,
        "decision": words.day(one.decision_on) if one.decision_on else "",
    }
    see = Button.to(_("What it means for us"), ShowRound(round_id=one.id), style=Style.PRIMARY)
    buttons = [see]
    if one.state(now) in (RoundState.ANNOUNCED, RoundState.OPEN):
        buttons.append(Button.to(_("Remind me"), RemindOfRound(round_id=one.id)))
    return Message(
        heading=one.name,
        text=fill(rule.body(words.locale), values),
        facts=(
            Fact(label=_("Closes"), value=values["closes"]),
            *((Fact(label=_("Contact"), value=one.contact),) if one.contact else ()),
        ),
        buttons=tuple(buttons),
        small_print=(round_cards.when_line(words, one, now),),
    )


def _event_text(words: Words, rule: ReminderRule, event: Event) -> str:
    values = {
        "title": event.title,
        "when": event_cards.when(words, event),
        "where": event_cards.where(words, event),
    }
    return fill(rule.body(words.locale), values)
