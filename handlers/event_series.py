"""Events that are held again: making the dates of a series, adding to them, and changing or answering several
at once. Each date is an event of its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from handlers import event_series_form
from handlers.event_actions import AddDates, AnswerDates, RepeatEvent
from handlers.event_series_form import (
    ADD_FORM,
    DATES_FORM,
    LATER,
    REPEAT_FORM,
    Planned,
    Wish,
    plan,
    wish_of,
)
from handlers.event_series_rules import Span, days_of
from handlers.events import change_posts, event_card, key_of, own_event, viewer_of, visible_event
from handlers.group_posts import posted
from handlers.kit.answers import Answers
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import Form
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, Submitted
from handlers.organisations import is_id
from store import event_audiences, event_series, events, replies
from store.event_series import EventSeries
from store.events import Event
from store.local_times import NoSuchTime, at, local
from store.replies import YES, Answer

# What the dates of a series share, unless one of them is changed alone.
SHARED = (
    "title", "kind", "description", "organiser", "language", "place", "link", "capacity", "asks_guests",
    "asks_needs", "everyone", "public", "organisation_id", "zone", "created_by_id",
)  # fmt: skip
# Room is left in the address for the day of a date.
_LONGEST_SLUG = 66

router = Router("event_series")


@dataclass(frozen=True, slots=True)
class Kept:
    """A date as it was before a change, by which its later dates are changed alike."""

    values: dict[str, Any]
    span: Span
    answer_days: int | None

    @classmethod
    def of(cls, event: Event) -> Kept:
        values = {name: getattr(event, name) for name in SHARED}
        return cls(values, Span.of(event), _answer_days(event))


@router.action(RepeatEvent)
async def repeat(context: Context, action: RepeatEvent) -> Reply:
    event = await own_event(context, action.event_id)
    _check_single(context, event)
    return Open(REPEAT_FORM, subject=str(event.id))


async def build_repeat(context: Context, subject: str) -> Form:
    return event_series_form.repeat_form(context)


@router.form(REPEAT_FORM, build_repeat)
async def choose_rule(context: Context, sent: Submitted) -> Result:
    event = await own_event(context, int(sent.subject) if is_id(sent.subject) else 0)
    _check_single(context, event)
    wish = wish_of(context, event.id, sent.answers)
    return opened(context, event, None, wish) if wish else await event_card(context, event)


@router.action(AddDates)
async def add_dates(context: Context, action: AddDates) -> Reply:
    event = await own_event(context, action.event_id)
    await _series_of(context, event)
    return Open(ADD_FORM, subject=str(event.id))


async def build_add(context: Context, subject: str) -> Form:
    event = await events.by_id(context.session, int(subject)) if is_id(subject) else None
    series = await event_series.by_id(context.session, event.series_id or 0) if event else None
    last = days_of(series.rule, series.starts_at, series.zone)[-1] if series else None
    return event_series_form.add_form(context, last)


@router.form(ADD_FORM, build_add)
async def choose_more(context: Context, sent: Submitted) -> Result:
    event = await own_event(context, int(sent.subject) if is_id(sent.subject) else 0)
    series = await _series_of(context, event)
    wish = wish_of(context, event.id, sent.answers, carries_on=True)
    if wish is None:
        return await event_card(context, event)
    return opened(context, await _last_date(context, event), series, wish)


def opened(context: Context, event: Event, series: EventSeries | None, wish: Wish) -> Open:
    """The look at the dates that somebody wishes for.

    :raises UserError: they are too many, or none.
    """
    if series is None:
        _check_single(context, event)
    plan(context, event, series, wish)
    return Open(DATES_FORM, subject=wish.subject)


async def build_dates(context: Context, subject: str) -> Form:
    wish = Wish.read(subject)
    event = await events.by_id(context.session, wish.event_id) if wish else None
    if wish is None or event is None:
        return event_series_form.dates_form(context, None, None, None)
    try:
        event, _series, planned = await _planned(context, event, wish)
    except UserError:
        return event_series_form.dates_form(context, None, None, None)
    return event_series_form.dates_form(context, event, wish, planned)


@router.form(DATES_FORM, build_dates)
async def save_dates(context: Context, sent: Submitted) -> Result:
    """Make the dates: drafts where the event is one, and else announced with it, without a post each."""
    _ = context._
    wish = Wish.read(sent.subject)
    own = await own_event(context, wish.event_id if wish else 0, lock=True)
    if wish is None:
        raise UserError(_("That event or rule is gone. Start again."))
    if wish.frequency is not None:
        _check_single(context, own)
    event, series, planned = await _planned(context, own, wish)
    ticked = event_series_form.left_out(sent.answers, planned)
    wanted = [day for day in planned.expansion.days if day not in ticked]
    if series is None:
        first = local(event.starts_at, event.zone).date()
        wanted = [day for day in wanted if day != first]
    if not wanted:
        raise UserError(_("All dates are left out. Keep one at least."))
    not_held = sorted({one.isoformat() for one in (*ticked, *planned.expansion.skipped)})
    if series is None:
        series = EventSeries(
            uid=event.uid, rule=planned.rule, starts_at=event.starts_at, zone=event.zone, left_out=not_held,
            created_at=context.now, changed_at=context.now, sequence=event.sequence + 1,
        )  # fmt: skip
        context.session.add(series)
        await context.session.flush()
        event.series_id, event.series_day = series.id, first
        event.sequence += 1
        event.changed_at = context.now
    else:
        series.rule, series.left_out = planned.rule, sorted({*series.left_out, *not_held})
        series.sequence += 1
        series.changed_at = context.now
    made = await _make(context, event, series, planned.span, wanted)
    values = {"rule": series.rule, "dates": str(len(made))}
    await context.audit("event.repeat", "event", event.id, values)
    key = key_of(own)
    if key in await posted(context.session, [key]):
        await change_posts(context, own)
    said = context.words.ngettext("Saved: %(count)s more date.", "Saved: %(count)s more dates.", len(made))
    note = said % {"count": context.words.number(len(made))}
    if event.announced_at is None:
        note += " " + _("“Announce” announces all of them, with one post.")
    return await event_card(context, own, note=note)


@router.action(AnswerDates)
async def answer_dates(context: Context, action: AnswerDates) -> Reply:
    """The same yes to all later dates that the sender has not answered; what they said of others stays."""
    _ = context._
    event = await visible_event(context, action.event_id)
    if action.answer not in {one.value for one in YES} or event.series_id is None:
        raise UserError(_("That button no longer works. Type /ccin to see what you can do."))
    given = Answer(action.answer)
    open_dates = await event_series.unanswered(
        context.session, event, await viewer_of(context), given, context.now, lock=True
    )
    outcome = await replies.answer_anew(context.session, open_dates, context.person.id, given, context.now)
    await event_series.withdraw_reminders(
        context.session, list(outcome), context.now, member_id=context.person.id
    )
    shown = await posted(context.session, [key_of(one) for one in open_dates])
    for one in open_dates:
        if key_of(one) in shown:
            await change_posts(context, one)
    return await event_card(context, event, note=_said_of(context, outcome))


def take_over(context: Context, event: Event, kept: Kept, later: Collection[Event]) -> None:
    """Change in later dates what has changed in one; a date that was moved by itself keeps its own time.

    :raises UserError: the clocks skip the new time on one of them; the sentence names it.
    """
    changed = [name for name in SHARED if name != "zone" and kept.values[name] != getattr(event, name)]
    span, answer_days = Span.of(event), _answer_days(event)
    for one in later:
        follows = Span.of(one) == kept.span
        for name in changed:
            setattr(one, name, getattr(event, name))
        if follows and one.series_day is not None and span != kept.span:
            try:
                one.starts_at, one.ends_at = span.on(one.series_day)
            except NoSuchTime:
                day = context.words.day(one.series_day + timedelta(days=span.shift))
                text = context._("On %(day)s the clocks skip that time. Choose another, or one date alone.")
                raise UserError(text % {"day": day}, field="starts_time") from None
            one.zone = event.zone
        if answer_days != kept.answer_days or follows:
            one.reply_by = _reply_by(one, answer_days)


async def later_dates(context: Context, event: Event, answers: Answers) -> list[Event]:
    """The later dates that are meant besides one, which others wait for; none where it is meant alone."""
    if answers.text("which") != LATER:
        return []
    found = await event_series.from_date_on(context.session, event, context.now, lock=True)
    return [one for one in found if one.id != event.id]


async def _planned(context: Context, event: Event, wish: Wish) -> tuple[Event, EventSeries | None, Planned]:
    """The date that new ones are like, its series if it is carried on, and what comes of the wish."""
    if wish.frequency is not None:
        return event, None, plan(context, event, None, wish)
    series = await _series_of(context, event)
    last = await _last_date(context, event)
    return last, series, plan(context, last, series, wish)


async def _make(
    context: Context, like: Event, series: EventSeries, span: Span, days: Sequence[date]
) -> list[Event]:
    """Events like another, one for each day of the rule."""
    session = context.session
    base = like.slug[:_LONGEST_SLUG].rstrip("-")
    slugs = await events.free_slugs(session, [f"{base}-{day:%Y-%m-%d}" for day in days])
    answer_days = _answer_days(like)
    made = []
    for day, slug in zip(days, slugs, strict=True):
        one = events.draft(
            uid=f"{day:%Y%m%d}-{series.uid}"[:80], created_by_id=like.created_by_id, now=context.now
        )
        for name in SHARED:
            setattr(one, name, getattr(like, name))
        one.slug, one.series_id, one.series_day = slug, series.id, day
        one.starts_at, one.ends_at = span.on(day)
        one.reply_by = _reply_by(one, answer_days)
        one.announced_at = context.now if like.announced_at is not None else None
        one.held_until = like.held_until
        made.append(one)
    session.add_all(made)
    await session.flush()
    group_ids = await event_audiences.group_ids(session, like.id)
    categories = await event_audiences.categories(session, like.id)
    event_audiences.add(session, [one.id for one in made], group_ids, categories)
    await session.flush()
    return made


async def _series_of(context: Context, event: Event) -> EventSeries:
    series = await event_series.by_id(context.session, event.series_id or 0, lock=True)
    if series is None:
        raise UserError(context._("That event is held once. Choose “Repeat it” first."))
    return series


async def _last_date(context: Context, event: Event) -> Event:
    """The last date of a series that takes place; the event itself where all are called off."""
    there = await event_series.dates(context.session, event.series_id or 0)
    return next((one for one in reversed(there) if one.cancelled_at is None), event)


def _check_single(context: Context, event: Event) -> None:
    _ = context._
    if event.series_id is not None:
        raise UserError(_("It repeats already. With “Add dates” it goes on for longer."))
    if event.cancelled_at is not None or event.starts_at <= context.now:
        raise UserError(_("It has begun or is called off, so it cannot repeat. Add a new event instead."))


def _said_of(context: Context, outcome: dict[int, Answer]) -> str:
    _ = context._
    waiting = sum(one is Answer.WAITING for one in outcome.values())
    if not outcome:
        return _("You have answered all dates already. Change one at a time.")
    said = context.words.ngettext(
        "Thank you. You said yes to %(count)s more date.",
        "Thank you. You said yes to %(count)s more dates.",
        len(outcome),
    ) % {"count": context.words.number(len(outcome))}
    if waiting:
        full = context.words.ngettext(
            "%(count)s of them is full: you are on its waiting list.",
            "%(count)s of them are full: you are on their waiting lists.",
            waiting,
        )
        said += " " + full % {"count": context.words.number(waiting)}
    return said


def _answer_days(event: Event) -> int | None:
    """How many days before it people have to answer, by the day they are asked to answer by."""
    if event.reply_by is None:
        return None
    return (local(event.starts_at, event.zone).date() - local(event.reply_by, event.zone).date()).days


def _reply_by(event: Event, days: int | None) -> datetime | None:
    if days is None:
        return None
    return at(local(event.starts_at, event.zone).date() - timedelta(days=days), time(23, 59), event.zone)
