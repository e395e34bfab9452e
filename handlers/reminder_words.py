"""What reminders say: an administrator's words, with the facts and buttons of what they are about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from handlers import event_cards, round_cards
from handlers.event_actions import ShowEvent
from handlers.kit.messages import Button, Fact, Message, Style
from handlers.kit.words import Words
from handlers.round_actions import RemindOfRound, ShowRound
from handlers.texts import fill
from store.events import Event
from store.local_times import HOME_ZONE
from store.reminders import Anchor, ReminderRule
from store.replies import Answer
from store.rounds import FundingRound, RoundState

EVENT_PLACEHOLDERS = ("title", "when", "where", "deadline")
ROUND_PLACEHOLDERS = ("name", "opens", "closes", "contact", "decision")


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a reminder: its rule's, or its own. An administrator's “tomorrow” is true at its time
    alone: where it is not ``on_time``, the day is named instead."""

    rule: ReminderRule
    bodies: Mapping[str, str] = field(default_factory=dict)
    on_time: bool = True

    @property
    def as_written(self) -> bool:
        return self.on_time or bool(self.bodies) or self.rule.amount <= 0

    def body(self, locale: str) -> str:
        return self.bodies.get(locale) or self.bodies.get("en") or self.rule.body(locale)


def event_post(
    words: Words, wording: Wording, event: Event, counts: Counter[Answer], now: datetime
) -> Message:
    """For a channel: without numbers, which would grow old, and without the link."""
    return Message(
        heading=event.title,
        text=_event_text(words, wording, event),
        facts=event_cards.facts(words, event, counts, counted=False),
        buttons=(
            *event_cards.answer_buttons(words, event, None, now, full=event_cards.is_full(event, counts)),
            Button.to(words._("More"), ShowEvent(event_id=event.id)),
        ),
    )


def event_message(
    words: Words, wording: Wording, event: Event, counts: Counter[Answer], given: Answer | None,
    now: datetime,
) -> Message:  # fmt: skip
    """For one person, with the link where they said yes."""
    note = _event_text(words, wording, event)
    shown = event_cards.card(words, event, counts, given, now, note=note)
    return shown.model_copy(
        update={"facts": tuple(one for one in shown.facts if one.label != words._("Answers"))}
    )


def round_message(words: Words, wording: Wording, one: FundingRound, now: datetime) -> Message:
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
        text=_round_text(words, wording, values),
        facts=(
            Fact(label=_("Closes"), value=values["closes"]),
            *((Fact(label=_("Contact"), value=one.contact),) if one.contact else ()),
        ),
        buttons=tuple(buttons),
        small_print=(round_cards.when_line(words, one, now),),
    )


def before_quiet_hours(words: Words, said: Message, begins: datetime) -> Message:
    """The same, with the reason why it comes before its time."""
    note = words._("You get this now, before your quiet hours begin at %(time)s.")
    return said.model_copy(update={"small_print": (*said.small_print, note % {"time": words.time(begins)})})


def _round_text(words: Words, wording: Wording, values: dict[str, str]) -> str:
    if wording.as_written:
        return fill(wording.body(words.locale), values)
    return words._("%(name)s closes %(closes)s.") % values


def _event_text(words: Words, wording: Wording, event: Event) -> str:
    _ = words._
    if not wording.as_written:
        if wording.rule.anchor == Anchor.REPLY_BY and event.reply_by is not None:
            until = words.moment_in(event.reply_by, event.zone)
            return _("%(title)s: please answer by %(until)s.") % {"title": event.title, "until": until}
        return _("Coming up: %(title)s, %(when)s.") % {
            "title": event.title,
            "when": event_cards.when(words, event),
        }
    values = {
        "title": event.title,
        "when": event_cards.when(words, event),
        "where": event_cards.where(words, event),
        "deadline": words.moment_in(event.reply_by, event.zone) if event.reply_by else "",
    }
    return fill(wording.body(words.locale), values)
