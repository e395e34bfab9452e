"""Event feeds: administrators choose which calendars are followed, for whom their events are, and see how
each is doing."""

from __future__ import annotations

from handlers import event_feed_cards, event_feed_form, group_options
from handlers.event_feed_actions import AddFeed, EditFeed, PauseFeed, ReadFeed, RemoveFeed
from handlers.group_cards import ADMINISTRATORS
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import Form, Step, YesNoField
from handlers.kit.messages import Message
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, Submitted
from handlers.kit.updates import Command
from handlers.kit.words import N_
from handlers.organisations import is_id
from store import event_feeds
from store.event_feeds import EventFeed

MOST_FEEDS = 20
REMOVE_FORM = "event_feeds.remove"

router = Router("event_feeds")


@router.command("ccin feeds", summary=N_("Follow the calendars of others"), access=ADMINISTRATORS)
async def list_feeds(context: Context, command: Command) -> Reply:
    return await _listing(context)


@router.action(AddFeed, access=ADMINISTRATORS)
async def add(context: Context, action: AddFeed) -> Reply:
    if len(await event_feeds.every(context.session)) >= MOST_FEEDS:
        raise UserError(
            context._("%(most)s calendars are followed already. Remove one first.") % {"most": MOST_FEEDS}
        )
    return Open(event_feed_form.FORM, initial=event_feed_form.FRESH)


@router.action(EditFeed, access=ADMINISTRATORS)
async def edit(context: Context, action: EditFeed) -> Reply:
    feed = await _feed(context, action.feed_id)
    group_ids = await event_feeds.group_ids(context.session, feed.id)
    return Open(event_feed_form.FORM, initial=event_feed_form.initial(feed, group_ids), subject=str(feed.id))


@router.form(event_feed_form.FORM, event_feed_form.build, access=ADMINISTRATORS)
async def save(context: Context, sent: Submitted) -> Result:
    """Another address is read afresh, as everything that decides what becomes of its events."""
    _ = context._
    audience = await group_options.chosen(context, sent.answers.several("groups"))
    if sent.subject:
        feed = await _feed(context, int(sent.subject) if is_id(sent.subject) else 0, lock=True)
    else:
        feed = EventFeed(
            url="", source="", notes=[], etag="", last_modified="", created_at=context.now, paused_at=None,
            read_at=None, succeeded_at=None, problem=[],
        )  # fmt: skip
    address = feed.url
    event_feed_form.fill(context, feed, sent.answers, invited=bool(audience))
    same = await event_feeds.with_url(context.session, feed.url) if feed.url != address else None
    if same is not None:
        raise UserError(_("This calendar is followed already, as “%(name)s”.") % {"name": same.name},
                        field="url")  # fmt: skip
    if feed.url != address:
        feed.due_at, feed.etag, feed.last_modified = context.now, "", ""
    if not sent.subject:
        feed.source = await event_feeds.source_of(context.session, feed.url)
        context.session.add(feed)
    await context.session.flush()
    await event_feeds.set_groups(context.session, feed.id, [group.id for group in audience])
    values = {"name": feed.name, "host": event_feed_cards.host_of(feed)}
    await context.audit("event_feed.save", "event_feed", feed.id, values)
    return await _listing(context, note=_("Saved. I read it within the next minute."))


@router.action(PauseFeed, access=ADMINISTRATORS)
async def pause(context: Context, action: PauseFeed) -> Reply:
    _ = context._
    feed = await _feed(context, action.feed_id, lock=True)
    named = {"name": feed.name}
    if action.on:
        feed.paused_at = feed.paused_at or context.now
        note = _("“%(name)s” is paused. Its events stay as they are.") % named
    else:
        feed.paused_at, feed.due_at = None, context.now
        note = _("“%(name)s” is read again within the next minute.") % named
    await context.audit("event_feed.pause" if action.on else "event_feed.resume", "event_feed", feed.id)
    return await _listing(context, note=note)


@router.action(ReadFeed, access=ADMINISTRATORS)
async def read_now(context: Context, action: ReadFeed) -> Reply:
    feed = await _feed(context, action.feed_id, lock=True)
    if feed.paused_at is None:
        feed.due_at = context.now
    said = context._("“%(name)s” is read again within the next minute.")
    return await _listing(context, note=said % {"name": feed.name})


@router.action(RemoveFeed, access=ADMINISTRATORS)
async def ask_to_remove(context: Context, action: RemoveFeed) -> Reply:
    feed = await _feed(context, action.feed_id)
    return Open(REMOVE_FORM, subject=str(feed.id), initial={"sure": "no"})


async def build_remove(context: Context, subject: str) -> Form:
    _ = context._
    return Form(
        name=REMOVE_FORM,
        title=_("Follow it no longer"),
        submit=_("Save"),
        steps=(
            Step(
                title=_("Follow it no longer"),
                help=_("Its events stay here as they are; nothing that changes there reaches them any more."),
                fields=(YesNoField(name="sure", label=_("Remove this calendar?")),),
            ),
        ),
    )


@router.form(REMOVE_FORM, build_remove, access=ADMINISTRATORS)
async def remove(context: Context, sent: Submitted) -> Result:
    _ = context._
    feed = await _feed(context, int(sent.subject) if is_id(sent.subject) else 0, lock=True)
    if not sent.answers.yes("sure"):
        return await _listing(context, note=_("Nothing was changed."))
    values = {"name": feed.name, "host": event_feed_cards.host_of(feed)}
    await context.audit("event_feed.remove", "event_feed", feed.id, values)
    await context.session.delete(feed)
    await context.session.flush()
    return await _listing(context, note=_("“%(name)s” is removed. Its events stay.") % {"name": feed.name})


async def _listing(context: Context, *, note: str = "") -> Message:
    feeds = await event_feeds.every(context.session)
    counts = await event_feeds.counts(context.session, context.now)
    return event_feed_cards.listing(context.words, feeds, counts, note=note)


async def _feed(context: Context, feed_id: int, *, lock: bool = False) -> EventFeed:
    """:raises UserError: there is none."""
    feed = await event_feeds.by_id(context.session, feed_id, lock=lock)
    if feed is None:
        raise UserError(
            context._("That calendar is not followed any more. Type /ccin feeds to see which are.")
        )
    return feed
