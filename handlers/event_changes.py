"""What follows when an event changes: its posts show it, and those whom it concerns are told once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from handlers import event_cards, group_posts
from handlers.event_actions import DETAILS_FORM
from handlers.events import change_posts, key_of, tell_moved_up
from handlers.kit.context import Compose, Context
from handlers.kit.messages import Message
from handlers.kit.words import Words
from store import drafts, events, members, outbox, publicity, replies
from store.events import Event, EventState
from store.local_times import HOME_ZONE, local
from store.profiles import MessageKind
from store.replies import CONCERNED, YES, Answer


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
    event.changed_at = context.now
    if old.values != _calendar_values(event):
        event.sequence += 1
    await context.session.flush()
    if event.state(context.now) is not EventState.ANNOUNCED:
        return
    await tell_moved_up(context, event, await replies.move_up(context.session, event, context.now))
    english = context.surroundings.catalogues.english
    if old.said[english.locale] != _said(context, event)[english.locale]:
        await outbox.withdraw(context.session, f"reminder:event:{event.id}:", context.now)
        await _tell_of_move(context, event, old.said)
    if old.link != event.link:
        await _tell_of_link(context, event)
    await change_posts(context, event, noted=True)


async def announce(context: Context, event: Event) -> int | None:
    """Announce it on its boards: how many posts that makes. None where its organisation's publicity is on
    hold, so that it waits for ``held_until``."""
    today = local(context.now, HOME_ZONE).date()
    hold = await publicity.on_day(context.session, event.organisation_id, today)
    if hold is not None:
        event.held_until = hold.until_on + timedelta(days=1)
        return None
    event.announced_at, event.changed_at = context.now, context.now
    await context.audit("event.announce", "event", event.id)
    counts = (await replies.counts(context.session, [event.id]))[event.id]
    now = context.now
    posted = await group_posts.post(
        context,
        await events.group_ids(context.session, event.id),
        lambda words: event_cards.post(words, event, counts, now),
        key=key_of(event),
        kind=MessageKind.EVENTS,
    )
    return posted.channels


async def call_off(context: Context, event: Event, reason: str) -> bool:
    """Call it off; whether anybody had heard of it, and so is told."""
    known = event.announced_at is not None
    event.cancelled_at = event.changed_at = context.now
    event.cancel_reason = reason
    event.sequence += 1
    await forget_needs(context, event)
    await context.audit("event.cancel", "event", event.id)
    if not known:
        return False

    def compose(words: Words) -> Message:
        return event_cards.cancelled(words, event)

    # Reminders that wait for their turn would now be wrong.
    await outbox.withdraw(context.session, f"reminder:event:{event.id}:", context.now)
    await _tell(context, event, compose, key=f"event:{event.id}:cancelled")
    await change_posts(context, event, noted=True)
    return True


async def forget_needs(context: Context, event: Event) -> None:
    """Where they are not asked any more; what stands in a form that was not sent goes with them."""
    await replies.forget_needs(context.session, event.id)
    await drafts.empty(context.session, DETAILS_FORM, str(event.id))


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


async def _tell_of_move(context: Context, event: Event, old: dict[str, tuple[str, str]]) -> None:
    def compose(words: Words) -> Message:
        return event_cards.moved(words, event, *old[words.locale])

    await _tell(context, event, compose, key=f"event:{event.id}:moved:{event.sequence}")


async def _tell_of_link(context: Context, event: Event) -> None:
    """Only those who said yes were told a link, so only they hear of another."""
    for member, _answer in await replies.people(context.session, event.id, YES):
        await context.send(
            member,
            lambda words: event_cards.new_link(words, event),
            key=f"event:{event.id}:link:{event.sequence}",
        )


async def _tell(context: Context, event: Event, compose: Compose, *, key: str) -> None:
    """One post wherever it was announced, and one message to each whom it concerns: those who come or may
    come, and those who were reminded and have not answered."""
    group_ids = await events.group_ids(context.session, event.id)
    await group_posts.post(context, group_ids, compose, key=key)
    people = await replies.people(context.session, event.id, tuple(Answer))
    answered = {member.id for member, _answer in people}
    reminded = await outbox.told(context.session, f"reminder:event:{event.id}:") - answered
    concerned = [member for member, answer in people if answer in CONCERNED]
    concerned += [one for one in await members.by_ids(context.session, sorted(reminded)) if one.active]
    for member in concerned:
        await context.send(member, compose, key=key)
