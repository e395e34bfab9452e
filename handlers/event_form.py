"""The form of an event: what it is, when and where by the clocks of its place, and for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from handlers import event_series_form, group_options, organisations, zones
from handlers.event_cards import KIND_NAMES
from handlers.event_series_form import ALONE, ONCE, repeat_fields
from handlers.group_cards import ADMINISTRATORS
from handlers.kit.answers import Answers
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import (
    AnyField,
    ChoiceField,
    DateField,
    Form,
    LinkField,
    NumberField,
    Option,
    SearchField,
    Step,
    TextField,
    TimeField,
    YesNoField,
)
from handlers.kit.updates import RawAnswers
from handlers.kit.words import LOCALES, Words
from handlers.rule_sentences import CATEGORY_NAMES
from handlers.typed_times import typed_moment
from store.events import Event
from store.local_times import HOME_ZONE, is_zone, local

FORM = "events.form"
LONGEST_TITLE = 120
LONGEST_DESCRIPTION = 2_000
LARGEST_CAPACITY = 100_000
# What a new event's form is filled with; every one of them can be changed.
FRESH: RawAnswers = {
    "zone": HOME_ZONE, "event_language": "en", "everyone": "no", "public": "no",
    "asks_guests": "no", "asks_needs": "no", "repeats": ONCE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Times:
    """When an event is, by whose clocks, and until when people answer."""

    starts_at: datetime
    ends_at: datetime
    reply_by: datetime | None
    zone: str


async def build(context: Context, subject: str) -> Form:
    """``subject`` is the id of the event that is changed; empty for a new one."""
    _ = context._
    last: Step | None = Step(title=_("Does it repeat?"), fields=repeat_fields(context, may_be_once=True))
    if subject:
        last = await event_series_form.which_step(context, subject, _("Which dates change?"))
    return Form(
        name=FORM,
        title=_("Change an event") if subject else _("New event"),
        submit=_("Save"),
        steps=(
            Step(title=_("What it is"), fields=_what(context)),
            Step(title=_("When and where"), fields=_when(context)),
            Step(title=_("For whom"), fields=_for_whom(context)),
            _what_to_ask(context),
            *([last] if last else []),
        ),
    )


def _what(context: Context) -> tuple[AnyField, ...]:
    _ = context._
    return (
        TextField(name="title", label=_("Title"), min_length=3, max_length=LONGEST_TITLE),
        ChoiceField(name="kind", label=_("Kind"), options=options(context.words, KIND_NAMES)),
        TextField(
            name="description",
            label=_("What is it about?"),
            long=True,
            required=False,
            max_length=LONGEST_DESCRIPTION,
        ),
        TextField(
            name="organiser",
            label=_("Organiser"),
            help=_("Whom people can ask: a name or an address. Everybody who is invited reads it."),
        ),
        ChoiceField(
            name="event_language",
            label=_("Language of the event"),
            options=tuple(Option(value=value, label=label) for value, label in LOCALES.items()),
        ),
    )


def _when(context: Context) -> tuple[AnyField, ...]:
    _ = context._
    return (
        DateField(name="starts_on", label=_("Starts on")),
        TimeField(name="starts_time", label=_("Starts at")),
        DateField(
            name="ends_on", label=_("Ends on"), help=_("Left empty, it ends the same day."), required=False
        ),
        TimeField(name="ends_time", label=_("Ends at")),
        SearchField(
            name="zone",
            label=_("Whose clocks?"),
            help=_("Type a city. In the United Kingdom it is London."),
            source=zones.SOURCE,
        ),
        TextField(name="place", label=_("Place"), help=_("Left empty, it is online only."), required=False),
        LinkField(
            name="link",
            label=_("Joining link"),
            help=_("Only people who say that they come are told it."),
            required=False,
        ),
        NumberField(
            name="capacity",
            label=_("Places"),
            help=_("How many can come. After that there is a waiting list. Left empty, anybody can."),
            minimum=1,
            maximum=LARGEST_CAPACITY,
            required=False,
        ),
        DateField(
            name="reply_on", label=_("Answer by"), help=_("Until the end of that day."), required=False
        ),
    )


def _for_whom(context: Context) -> tuple[AnyField, ...]:
    """Leads invite their own groups; administrators whom they like."""
    _ = context._
    administers = ADMINISTRATORS.allows(context.roles)
    fields: list[AnyField] = [
        SearchField(
            name="groups",
            label=_("Groups"),
            help=_("I announce it in their channels, and their people are invited."),
            source=group_options.SOURCE,
            multiple=True,
            required=not administers,
        )
    ]
    if administers:
        fields += [
            ChoiceField(
                name="categories",
                label=_("Membership of their organisation"),
                options=options(context.words, CATEGORY_NAMES),
                multiple=True,
                required=False,
            ),
            YesNoField(name="everyone", label=_("Is every member invited?")),
            YesNoField(
                name="public",
                label=_("May anybody read of it on the web pages?"),
                help=_("The joining link stays with those who come."),
            ),
            SearchField(
                name="organisation",
                label=_("Which organisation holds it?"),
                help=_("Left empty, it is the network's own."),
                source=organisations.SOURCE,
                required=False,
            ),
        ]
    return tuple(fields)


def _what_to_ask(context: Context) -> Step:
    _ = context._
    guests = YesNoField(
        name="asks_guests",
        label=_("May people bring guests?"),
        help=_("They say how many and who. Each guest takes one of the places."),
    )
    needs = YesNoField(
        name="asks_needs",
        label=_("Do you want to know of dietary and access needs?"),
        help=_("Only whoever added the event reads them. They are deleted 30 days after it."),
    )
    title = _("What to ask those who come")
    if context.surroundings.vault.ready:
        return Step(title=title, fields=(guests, needs))
    without = _("Needs cannot be asked yet: whoever runs this bot has to give it a key to keep them safe.")
    return Step(title=title, help=without, fields=(guests,))


def initial(event: Event, group_ids: list[int], categories: list[str]) -> RawAnswers:
    """The form filled from an event as it is."""
    start, end = local(event.starts_at, event.zone), local(event.ends_at, event.zone)
    reply_by = local(event.reply_by, event.zone).date().isoformat() if event.reply_by else ""
    return {
        "title": event.title,
        "kind": event.kind,
        "description": event.description,
        "organiser": event.organiser,
        "event_language": event.language,
        "starts_on": start.date().isoformat(),
        "starts_time": f"{start:%H:%M}",
        "ends_on": end.date().isoformat() if end.date() != start.date() else "",
        "ends_time": f"{end:%H:%M}",
        "zone": event.zone,
        "place": event.place,
        "link": event.link,
        "capacity": str(event.capacity or ""),
        "reply_on": reply_by,
        "groups": [str(group_id) for group_id in group_ids],
        "categories": categories,
        "everyone": "yes" if event.everyone else "no",
        "public": "yes" if event.public else "no",
        "asks_guests": "yes" if event.asks_guests else "no",
        "asks_needs": "yes" if event.asks_needs else "no",
        "organisation": str(event.organisation_id or ""),
        "which": ALONE,
    }


def times(context: Context, answers: Answers) -> Times:
    """:raises UserError: the times are in no order, or one of them does not exist."""
    _ = context._
    zone = answers.text("zone")
    if not is_zone(zone):
        raise UserError(_("Choose from the list."), field="zone")
    day = answers.day("starts_on")
    starts_at = typed_moment(context, day, answers.time("starts_time"), zone, field="starts_time")
    ends_on = answers.day("ends_on") or day
    ends_at = typed_moment(context, ends_on, answers.time("ends_time"), zone, field="ends_time")
    if ends_at <= starts_at:
        raise UserError(_("It has to end after it starts."), field="ends_time")
    reply_by: datetime | None = None
    if (reply_on := answers.day("reply_on")) is not None:
        reply_by = typed_moment(context, reply_on, time(23, 59), zone, field="reply_on")
        if reply_on > local(starts_at, zone).date():
            raise UserError(_("People have to answer before it starts."), field="reply_on")
    return Times(starts_at, ends_at, reply_by, zone)


def fill(context: Context, event: Event, answers: Answers) -> None:
    """Put what was answered into an event; for whom it is comes apart.

    :raises UserError: as ``times`` does.
    """
    chosen = times(context, answers)
    event.title = " ".join(answers.text("title").split())
    event.kind, event.description = answers.text("kind"), answers.text("description")
    event.organiser, event.language = answers.text("organiser"), answers.text("event_language")
    event.starts_at, event.ends_at = chosen.starts_at, chosen.ends_at
    event.zone, event.reply_by = chosen.zone, chosen.reply_by
    event.place, event.link = " ".join(answers.text("place").split()), answers.text("link")
    event.capacity = answers.number("capacity")
    event.asks_guests, event.asks_needs = answers.yes("asks_guests"), answers.yes("asks_needs")


def options(words: Words, names: Mapping[Any, str]) -> tuple[Option, ...]:
    labels = {str(value): words._(name) for value, name in names.items()}
    return tuple(Option(value=value, label=label[:1].upper() + label[1:]) for value, label in labels.items())
