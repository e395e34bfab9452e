"""What somebody may add to their answer: whom they bring, and what they need, where the organiser asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from handlers import event_cards
from handlers.event_actions import DETAILS_FORM
from handlers.kit.context import Context
from handlers.kit.forms import AnyField, Form, NumberField, Step, TextField
from handlers.kit.replies import Open
from handlers.kit.updates import RawAnswers
from handlers.kit.words import Words
from store.events import Event, EventState
from store.local_times import local
from store.replies import DETAILS_FOR, LONGEST_GUEST_NAMES, PLACED, YES, Answer, EventReply
from store.sealing import Vault

MOST_GUESTS = 10
LONGEST_NEEDS = 1_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What there is to add."""

    guests: bool
    needs: bool

    def __bool__(self) -> bool:
        return self.guests or self.needs


def asked(context: Context, event: Event, held: EventReply) -> Asked:
    return asked_by(context.surroundings.vault, event, held, context.now)


def asked_by(vault: Vault, event: Event, held: EventReply, now: datetime) -> Asked:
    """Guests until it starts; needs as well, and afterwards those that were told can still be taken back."""
    answer, state = Answer(held.answer), event.state(now)
    coming = state is EventState.ANNOUNCED and now < event.starts_at
    may_tell = coming and event.asks_needs and event.created_by_id is not None
    return Asked(
        guests=coming and answer in PLACED and (event.asks_guests or held.guests > 0),
        needs=held.needs is not None or (may_tell and vault.ready and answer in PLACED | YES),
    )


def button_label(context: Context, event: Event, held: EventReply) -> str:
    return label_of(context.words, asked(context, event, held))


def label_of(words: Words, asked: Asked) -> str:
    """What the button says that opens the form; empty where there is nothing to add."""
    _ = words._
    match asked:
        case Asked(guests=True, needs=True):
            return _("Guests and needs")
        case Asked(guests=True):
            return _("Guests")
        case Asked(needs=True):
            return _("Dietary and access needs")
    return ""


def opened(context: Context, event: Event, held: EventReply) -> Open:
    """The form, filled with what was told before."""
    needs = context.surroundings.vault.open(held.needs) if held.needs else None
    initial: RawAnswers = {
        "guests": str(held.guests or ""), "guest_names": held.guest_names, "needs": needs or "",
    }  # fmt: skip
    return Open(DETAILS_FORM, initial=initial, subject=str(event.id))


def form(context: Context, event: Event, held: EventReply, organiser: str) -> Form:
    """``organiser`` is the name of the one person who reads the needs."""
    _ = context._
    wanted = asked(context, event, held)
    fields: list[AnyField] = []
    if wanted.guests:
        fields += [
            NumberField(
                name="guests",
                label=_("How many guests do you bring?"),
                help=_("Each takes one place. Left empty, nobody comes with you."),
                minimum=0,
                maximum=MOST_GUESTS,
                required=False,
            ),
            TextField(
                name="guest_names",
                label=_("Their names"),
                help=_("For the list at the door. They are deleted 30 days after the event."),
                required=False,
                max_length=LONGEST_GUEST_NAMES,
            ),
        ]
    if wanted.needs:
        day = context.words.day(local(event.ends_at + DETAILS_FOR, event.zone).date())
        said = _(
            "Only %(organiser)s, who organises this event, can read it. It is kept encrypted and deleted on "
            "%(day)s, or at once when you empty this or say that you cannot come."
        )
        fields.append(
            TextField(
                name="needs",
                label=_("Dietary and access needs"),
                help=said % {"organiser": organiser, "day": day},
                long=True,
                required=False,
                private=True,
                max_length=LONGEST_NEEDS,
            )
        )
    state = _(event_cards.ANSWER_LINES[Answer(held.answer)])
    return Form(
        name=DETAILS_FORM,
        title=button_label(context, event, held) or _("Guests and needs"),
        submit=_("Save"),
        steps=(
            Step(
                title=event.title,
                help=state + " " + _("Your answer is saved. What is asked here is optional."),
                fields=tuple(fields),
            ),
        ),
    )
