"""What follows when events change: their posts show it, and those whom it concerns are told once, however
many dates of a series change together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers import event_buttons, event_cards, event_series_cards, group_posts
from handlers.event_actions import DETAILS_FORM
from handlers.events import all_events_button, change_posts, draft_key, key_of, tell_moved_up
from handlers.kit.context import Context
from handlers.kit.messages import Message
from handlers.kit.words import Words
from store import drafts, event_audiences, event_series, members, outbox, publicity, replies
from store.event_series import More
from store.events import Event, EventState
from store.local_times import HOME_ZONE, local
from store.members import Member
from store.profiles import MessageKind
from store.replies import CONCERNED, YES, Answer

# What is said of some of the events that changed, to somebody whom these concern.
ComposeOf = Callable[[Words, Sequence[Event]], Message]


@dataclass(frozen=True, slots=True)
class Before:
    """An event as it was: what a calendar shows, and when and where it was in the words of each language."""

    values: tuple[object, ...]
    said: dict[str, tuple[str, str]]
    link: str


def before(context: Context, event: Event) -> Before:
    return Before(_calendar_values(event), _said(context, event), event.link)


async def follow_up(context: Context, event: Event, old: Before) -> None:
    """Make the change known: calendars take it over, and where it is announced people are told what
    concerns them."""
    await follow_up_all(context, [(event, old)])


async def follow_up_all(context: Context, changed: Sequence[tuple[Event, Before]]) -> None:
    """The same for several dates of a series, of which people are told in one message."""
    for event, old in changed:
        event.changed_at = context.now
        if old.values != _calendar_values(event):
            event.sequence += 1
    await context.session.flush()
    told = {event: old for event, old in changed if event.state(context.now) is EventState.ANNOUNCED}
    waited_for = await replies.waited_for(context.session, [event.id for event in told])
    for event in told:
        if event.id in waited_for:
            moved_up = await replies.move_up(context.session, event, context.now)
            await tell_moved_up(context, event, moved_up)
    english = context.surroundings.catalogues.english.locale
    moved = [event for event, old in told.items() if old.said[english] != _said(context, event)[english]]
    await event_series.withdraw_reminders(context.session, [event.id for event in moved], context.now)
    await _tell_of_move(context, moved, told)
    await _tell_of_link(context, [event for event, old in told.items() if old.link != event.link])
    await _show(context, list(told))


async def announce(context: Context, event: Event) -> int | None:
    """Announce it on its boards, and the other dates of its series with it: how many posts that makes. None
    where its organisation's publicity is on hold, so that it waits for ``held_until``."""
    today = local(context.now, HOME_ZONE).date()
    hold = await publicity.on_day(context.session, event.organisation_id, today)
    if hold is not None:
        waiting = [event]
        if event.series_id is not None:
            waiting += await event_series.drafts(context.session, event.series_id, context.now)
        for one in waiting:
            one.held_until = hold.until_on + timedelta(days=1)
        return None
    event.announced_at, event.changed_at = context.now, context.now
    await context.session.flush()
    rest = await event_series.announce_rest(context.session, event, context.now)
    await context.audit("event.announce", "event", event.id)
    await _settle_drafts(context, [event, *rest])
    counts = (await replies.counts(context.session, [event.id]))[event.id]
    more = (await event_series.more_dates(context.session, [event], context.now)).get(event.id)
    now = context.now
    posted = await group_posts.post(
        context,
        await event_audiences.group_ids(context.session, event.id),
        lambda words: event_cards.post(words, event, counts, now, more=more),
        key=key_of(event),
        kind=MessageKind.EVENTS,
    )
    return posted.channels


async def call_off(context: Context, event: Event, reason: str) -> bool:
    """Call it off; whether anybody had heard of it, and so is told."""
    return await call_off_all(context, [event], reason)


async def call_off_all(context: Context, those: Sequence[Event], reason: str) -> bool:
    """The same for several dates of a series, of which people are told in one message."""
    for event in those:
        event.cancelled_at = event.changed_at = context.now
        event.cancel_reason = reason
        event.sequence += 1
        await context.audit("event.cancel", "event", event.id)
    await forget_needs(context, *those)
    await _settle_drafts(context, [event for event in those if event.announced_at is None])
    known = [event for event in those if event.announced_at is not None]
    if not known:
        return False

    def compose(words: Words, concerned: Sequence[Event]) -> Message:
        return event_series_cards.cancelled(words, concerned)

    # Reminders that wait for their turn would now be wrong.
    await event_series.withdraw_reminders(context.session, [event.id for event in known], context.now)
    await _tell(context, known, compose, key=f"event:{known[0].id}:cancelled")
    await _show(context, known)
    return True


async def forget_needs(context: Context, *those: Event) -> None:
    """Where they are not asked any more; what stands in a form that was not sent goes with them."""
    await replies.forget_needs(context.session, *(event.id for event in those))
    await drafts.empty(context.session, DETAILS_FORM, [str(event.id) for event in those])


def _calendar_values(event: Event) -> tuple[object, ...]:
    """What a calendar shows: where it changes, the event's sequence rises."""
    return (
        event.title, event.description, event.starts_at, event.ends_at, event.zone, event.place, event.link,
    )  # fmt: skip


def _said(context: Context, event: Event) -> dict[str, tuple[str, str]]:
    """When and where an event is, in the words of each language."""
    catalogues = context.surroundings.catalogues
    spoken = [catalogues.words(locale) for locale in ("en", "cy")]
    return {
        words.locale: (event_cards.when(words, event), event_cards.where(words, event)) for words in spoken
    }


async def _tell_of_move(context: Context, moved: Sequence[Event], old: dict[Event, Before]) -> None:
    def compose(words: Words, concerned: Sequence[Event]) -> Message:
        return event_series_cards.moved(
            words, [(event, *old[event].said[words.locale]) for event in concerned]
        )

    if moved:
        await _tell(context, moved, compose, key=f"event:{moved[0].id}:moved:{moved[0].sequence}")


async def _tell_of_link(context: Context, those: Sequence[Event]) -> None:
    """Only those who said yes were told a link, so only they hear of another."""
    by_id = {event.id: event for event in those}
    told: set[int] = set()
    for member, reply in await replies.of_events(context.session, list(by_id)):
        if reply.answer not in YES or member.id in told:
            continue
        told.add(member.id)
        event = by_id[reply.event_id]
        key = f"event:{those[0].id}:link:{those[0].sequence}"
        await context.send(member, _new_link(event), key=key)


def _new_link(event: Event) -> Callable[[Words], Message]:
    return lambda words: event_cards.new_link(words, event)


async def _show(context: Context, those: Sequence[Event]) -> None:
    """The posts show how the events stand now; most dates of a series have none of their own."""
    posted = await group_posts.posted(context.session, [key_of(event) for event in those])
    for event in those:
        if key_of(event) in posted:
            await change_posts(context, event, noted=True)


async def _settle_drafts(context: Context, those: Sequence[Event]) -> None:
    """The cards of drafts show what became of these, and offer what can be done now."""
    counts = await outbox.counts(context.session, [draft_key(event) for event in those])
    shown = [event for event in those if draft_key(event) in counts]
    more = await event_series.more_dates(context.session, shown, context.now)
    for event in shown:
        await context.edit(draft_key(event), _settled(event, more.get(event.id), context.now))


def _settled(event: Event, dates: More | None, now: datetime) -> Callable[[Words], Message]:
    """What those who run an event read of it while nobody has answered."""

    def compose(words: Words) -> Message:
        more = [
            *event_buttons.for_dates(words, event, None, 0, now),
            *event_buttons.for_runner(words, event, now),
            all_events_button(words),
        ]
        return event_cards.card(words, event, Counter(), None, now, more=tuple(more), dates=dates)

    return compose


async def _tell(context: Context, those: Sequence[Event], compose: ComposeOf, *, key: str) -> None:
    """One post wherever they were announced, and one message to each whom one of them concerns: those who
    come or may come, and those who were reminded and have not answered."""
    ids = [event.id for event in those]
    boards: dict[tuple[int, ...], list[Event]] = {}
    invited = await event_audiences.groups_of(context.session, ids)
    for event in those:
        boards.setdefault(tuple(invited[event.id]), []).append(event)
    for number, (group_ids, shown) in enumerate(boards.items()):
        said = _composed(compose, shown)
        await group_posts.post(context, group_ids, said, key=f"{key}:{number}" if number else key)
    answered = await replies.of_events(context.session, ids)
    given = {(member.id, reply.event_id) for member, reply in answered}
    reminded = await event_series.reminded(context.session, ids) - given
    unanswered = await members.by_ids(context.session, sorted({member_id for member_id, _one in reminded}))
    found: dict[int, tuple[Member, set[int]]] = {}
    for member, reply in answered:
        if Answer(reply.answer) in CONCERNED:
            found.setdefault(member.id, (member, set()))[1].add(reply.event_id)
    for member in unanswered:
        if member.active:
            concerned = {event_id for member_id, event_id in reminded if member_id == member.id}
            found.setdefault(member.id, (member, set()))[1].update(concerned)
    for member, concerned in found.values():
        theirs = [event for event in those if event.id in concerned]
        await context.send(member, _composed(compose, theirs), key=key)


def _composed(compose: ComposeOf, those: Sequence[Event]) -> Callable[[Words], Message]:
    return lambda words: compose(words, those)
