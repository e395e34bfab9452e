"""The forms of a series: how an event repeats, and a look at its dates before they are made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from handlers.event_series_rules import (
    MOST_DATES,
    Expansion,
    Frequency,
    Span,
    TooLong,
    carried_on,
    days_of,
    expand,
    latest,
    rule_of,
)
from handlers.kit.answers import Answers
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import AnyField, ChoiceField, DateField, Form, NumberField, Option, Step
from handlers.kit.words import N_, Words
from handlers.organisations import is_id
from store import event_series, events
from store.event_series import EventSeries
from store.events import Event
from store.local_times import local

REPEAT_FORM = "events.repeat"
ADD_FORM = "events.add_dates"
DATES_FORM = "events.dates"
ONCE = "no"
# Whether something is done to one date or to all from it on.
ALONE, LATER = "alone", "later"
FREQUENCIES = {
    Frequency.WEEKLY: N_("Every week"),
    Frequency.FORTNIGHTLY: N_("Every two weeks"),
    Frequency.MONTH_DAY: N_("Every month on the same date"),
    Frequency.MONTH_WEEKDAY: N_("Every month on the same weekday, such as the second Tuesday"),
    Frequency.QUARTERLY: N_("Every three months on the same date"),
}
# So many dates are written out in full; of more, the days of each month.
_IN_FULL = 14


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody chose for an event: how it repeats, which is None where its series is carried on, and
    for how many dates or until when."""

    event_id: int
    frequency: Frequency | None
    count: int | None = None
    until: date | None = None

    @property
    def subject(self) -> str:
        end = self.until.isoformat() if self.until else str(self.count)
        return f"{self.event_id}:{self.frequency or ''}:{end}"

    @classmethod
    def read(cls, subject: str) -> Wish | None:
        """What a subject says; None where it is none of ours."""
        event_id, _colon, rest = subject.partition(":")
        frequency, _colon, end = rest.partition(":")
        if not is_id(event_id) or (frequency and frequency not in set(Frequency)):
            return None
        chosen = Frequency(frequency) if frequency else None
        if end.isascii() and end.isdigit():
            return cls(int(event_id), chosen, count=int(end[:4]))
        try:
            return cls(int(event_id), chosen, until=date.fromisoformat(end))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Planned:
    """The dates that a wish comes to, besides the event itself where a series begins with it."""

    rule: str
    span: Span
    expansion: Expansion


def plan(context: Context, event: Event, series: EventSeries | None, wish: Wish) -> Planned:
    """What a wish comes to.

    :raises UserError: it gives too many dates, or none besides those that are there.
    """
    _ = context._
    field = "repeats_until" if wish.until else "times"
    first, span = local(event.starts_at, event.zone).date(), Span.of(event)
    end = latest(first)
    try:
        if wish.frequency is None and series is not None:
            begins, today = (
                local(series.starts_at, series.zone).date(),
                local(context.now, series.zone).date(),
            )
            end = latest(max(begins, today))
            after = max(days_of(series.rule, series.starts_at, series.zone)[-1], today)
            rule = carried_on(
                series.rule, series.starts_at, series.zone, after=after, more=wish.count, until=wish.until
            )
            found = expand(rule, series.starts_at, series.zone, span, after=after, until=end)
            there = len(found.days)
        else:
            chosen = wish.frequency or Frequency.WEEKLY
            rule = rule_of(chosen, first, count=wish.count, until=wish.until, zone=event.zone)
            found = expand(rule, event.starts_at, event.zone, span, until=end)
            there = len(found.days) - 1
    except TooLong:
        most = {"most": context.words.number(MOST_DATES), "day": context.words.day(end)}
        text = _("That is too long: up to %(most)s dates, and none after %(day)s. Choose fewer.") % most
        raise UserError(text, field=field) from None
    if there < 1:
        raise UserError(_("That adds no date. Choose a later day, or more dates."), field=field)
    return Planned(rule, span, found)


def wish_of(context: Context, event_id: int, answers: Answers, *, carries_on: bool = False) -> Wish | None:
    """What was chosen; None where it is held once.

    :raises UserError: how long it goes on is not said, or twice.
    """
    _ = context._
    chosen = answers.text("repeats")
    if not carries_on and chosen not in set(Frequency):
        return None
    count, until = answers.number("times"), answers.day("repeats_until")
    if (count is None) == (until is None):
        text = _("Say how many dates, or until when: one of the two.")
        raise UserError(text, field="times")
    return Wish(event_id, None if carries_on else Frequency(chosen), count, until)


def repeat_fields(context: Context, *, may_be_once: bool) -> tuple[AnyField, ...]:
    """How it repeats, and for how long."""
    _ = context._
    options = [Option(value=ONCE, label=_("No, it is held once"))] if may_be_once else []
    options += [Option(value=value, label=_(label)) for value, label in FREQUENCIES.items()]
    help = _("You see the dates before they are saved. Each keeps its hour when the clocks change.")
    return (
        ChoiceField(
            name="repeats",
            label=_("Does it repeat?") if may_be_once else _("How often?"),
            help=help,
            options=tuple(options),
        ),
        NumberField(
            name="times",
            label=_("How many dates?"),
            help=_("The first is one of them. Left empty, it is until a day."),
            minimum=2,
            maximum=MOST_DATES,
            required=False,
        ),
        DateField(
            name="repeats_until", label=_("Or until when?"), help=_("Up to two years."), required=False
        ),
    )


async def which_step(context: Context, subject: str, title: str) -> Step | None:
    """Whether one date of a series is meant or all from it on; None where there is no later one."""
    field = await which_field(context, subject)
    return Step(title=title, fields=(field,)) if field else None


async def which_field(context: Context, subject: str) -> ChoiceField | None:
    _ = context._
    event = await events.by_id(context.session, int(subject)) if is_id(subject) else None
    if event is None:
        return None
    later = len(await event_series.from_date_on(context.session, event, context.now)) - 1
    if later < 1:
        return None
    both = context.words.ngettext(
        "This date and %(count)s later one", "This date and all %(count)s later ones", later
    )
    return ChoiceField(
        name="which",
        label=_("Which dates?"),
        help=_("A date that was moved by itself keeps its own time. People are told once, of all of them."),
        options=(
            Option(value=ALONE, label=_("This date alone")),
            Option(value=LATER, label=both % {"count": context.words.number(later)}),
        ),
    )


def repeat_form(context: Context) -> Form:
    _ = context._
    fields = repeat_fields(context, may_be_once=False)
    return Form(
        name=REPEAT_FORM,
        title=_("Repeat it"),
        submit=_("See the dates"),
        steps=(Step(title=_("Repeat it"), fields=fields),),
    )


def add_form(context: Context, last: date | None) -> Form:
    """To carry on after the ``last`` date, which is None where the series is gone."""
    _ = context._
    said = _("The last date is %(day)s.") % {"day": context.words.day(last)} if last else ""
    fields = (
        NumberField(
            name="times", label=_("How many more dates?"), minimum=1, maximum=MOST_DATES, required=False
        ),
        DateField(
            name="repeats_until", label=_("Or until when?"), help=_("Up to two years."), required=False
        ),
    )
    return Form(
        name=ADD_FORM,
        title=_("Add dates"),
        submit=_("See the dates"),
        steps=(Step(title=_("Add dates"), help=said, fields=fields),),
    )


def dates_form(context: Context, event: Event | None, wish: Wish | None, planned: Planned | None) -> Form:
    """The look at the dates; without fields where there is nothing to look at any more."""
    _ = context._
    help = _("That event or rule is gone. Start again.")
    fields: list[AnyField] = []
    if event is not None and wish is not None and planned is not None:
        help = preview(context.words, event, planned)
        begins = wish.frequency is not None
        offered = planned.expansion.days[1:] if begins else planned.expansion.days
        for year, days in groupby(offered, key=lambda day: day.year):
            shown = tuple(
                Option(value=day.isoformat(), label=context.words.day(_held_on(planned, day))) for day in days
            )
            fields.append(
                ChoiceField(
                    name=f"left_out_{year}",
                    label=_("Leave out in %(year)s") % {"year": year},
                    options=shown,
                    multiple=True,
                    required=False,
                )
            )
    return Form(
        name=DATES_FORM,
        title=_("Check the dates"),
        submit=_("Save the dates"),
        steps=(Step(title=_("Check the dates"), help=help, fields=tuple(fields)),),
    )


def left_out(answers: Answers, planned: Planned) -> frozenset[date]:
    """The days of the rule that were ticked."""
    years = {day.year for day in planned.expansion.days}
    ticked = {one for year in years for one in answers.several(f"left_out_{year}")}
    return frozenset(day for day in planned.expansion.days if day.isoformat() in ticked)


def preview(words: Words, event: Event, planned: Planned) -> str:
    """How many dates, when each is, and what is left out and why."""
    _ = words._
    found = planned.expansion
    times = {
        "title": event.title,
        "start": words.time_in(event.starts_at, event.zone),
        "end": words.time_in(event.ends_at, event.zone),
        "zone": words.zone(event.zone),
        "count": words.number(len(found.days)),
    }
    said = words.ngettext(
        "“%(title)s”: %(count)s date, from %(start)s to %(end)s (%(zone)s).",
        "“%(title)s”: %(count)s dates, each from %(start)s to %(end)s (%(zone)s).",
        len(found.days),
    )
    held = [_held_on(planned, day) for day in found.days]
    parts = [said % times, listing(words, held)]
    if found.without_day:
        months = words.listed([words.month(month) for month in found.without_day])
        parts.append(_("Left out, because the month has no such day: %(months)s.") % {"months": months})
    if found.skipped:
        days = words.listed([words.day(_held_on(planned, day)) for day in found.skipped])
        parts.append(
            _("Left out, because the clocks skip that hour: %(days)s. Another hour would do.")
            % {"days": days}
        )
    return "\n\n".join(parts)


def listing(words: Words, days: list[date]) -> str:
    """Some days in full, each on a line; of many, those of each month on one."""
    if len(days) <= _IN_FULL:
        return "\n".join(f"- {words.day(day)}" for day in days)
    months = groupby(days, key=lambda day: (day.year, day.month))
    lines = []
    for _month, held in months:
        those = list(held)
        lines.append(f"- {words.month(those[0])}: {', '.join(str(day.day) for day in those)}")
    return "\n".join(lines)


def _held_on(planned: Planned, day: date) -> date:
    """When the date of a day of the rule takes place."""
    return day + timedelta(days=planned.span.shift)
