"""Calendar feeds: an address of one's own at which one's calendar follows one's events."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.calendar_files import Planned
from handlers.events import viewer_as
from handlers.kit.context import Context
from handlers.kit.forms import ChoiceField, Form, Option, Step, YesNoField
from handlers.kit.messages import Action, Button, Confirm, Fact, Message, Style
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, RunCommand, Submitted
from handlers.kit.signing import Signer
from handlers.kit.updates import Command
from handlers.kit.words import N_, Words
from store import calendar_feeds, events, replies, roles, rounds
from store.calendar_feeds import CalendarFeed
from store.members import Member
from store.replies import Answer
from store.rounds import FundingRound
from store.sign_in import hashed
from store.surfaces import PASSIVE_PLATFORM

PAGE = "/calendar"
FORM = "calendar.form"
# What is over, and what was called off, stays in a calendar for so long.
KEPT_FOR = timedelta(days=60)
_PURPOSE = "calendar-feed"
# What may be chosen: minutes before an event, None is never.
ALARMS: dict[str, tuple[int | None, str]] = {
    "never": (None, N_("No reminder")),
    "minutes": (10, N_("10 minutes before")),
    "hour": (60, N_("1 hour before")),
    "day": (60 * 24, N_("1 day before")),
    "week": (60 * 24 * 7, N_("1 week before")),
}
OWN = N_("Those you said yes or maybe to, or wait for")
EVERYTHING = N_("All that are for you, but those you cannot come to")

router = Router("calendar_feeds")


class MakeFeed(Action, name="calendar.make"):
    """A new address; the one before leads nowhere from then on."""


class ChooseFeed(Action, name="calendar.choose"):
    """Say what stands in it, and when it rings."""


class RevokeFeed(Action, name="calendar.revoke"):
    pass


@router.command("events calendar", summary=N_("Follow your events in your own calendar"))
async def show_feed(context: Context, command: Command) -> Reply:
    return await _card(context)


@router.action(MakeFeed)
async def make_feed(context: Context, action: MakeFeed) -> Reply:
    _ = context._
    held = await calendar_feeds.of_member(context.session, context.person.id)
    note = _("Your new address is ready. The old one leads nowhere.") if held else _("Your address is ready.")
    await _make(context)
    return await _card(context, note=note)


@router.action(RevokeFeed)
async def revoke_feed(context: Context, action: RevokeFeed) -> Reply:
    _ = context._
    if not await calendar_feeds.revoke(context.session, context.person.id):
        return await _card(context)
    return Message(
        text=_("The address leads nowhere now. What your calendar has read already, you delete there."),
        buttons=(Button.to(_("Make an address"), MakeFeed()),),
    )


@router.action(ChooseFeed)
async def choose(context: Context, action: ChooseFeed) -> Reply:
    feed = await calendar_feeds.of_member(context.session, context.person.id)
    return Open(
        FORM,
        initial={
            "contents": "all" if feed and feed.everything else "mine",
            "rounds": "no" if feed and not feed.rounds else "yes",
            "alarm": _alarm_of(feed),
        },
    )


async def build(context: Context, subject: str) -> Form:
    _ = context._
    alarms = tuple(Option(value=value, label=_(label)) for value, (_minutes, label) in ALARMS.items())
    return Form(
        name=FORM,
        title=_("Your calendar"),
        submit=_("Save"),
        steps=(
            Step(
                title=_("What stands in your calendar"),
                fields=(
                    ChoiceField(
                        name="contents",
                        label=_("Which events?"),
                        options=(
                            Option(value="mine", label=_(OWN)),
                            Option(value="all", label=_(EVERYTHING)),
                        ),
                    ),
                    YesNoField(
                        name="rounds",
                        label=_("And when funding rounds close?"),
                        help=_("Those that you asked to be reminded of."),
                    ),
                    ChoiceField(
                        name="alarm",
                        label=_("When should your calendar remind you?"),
                        help=_("Some calendars leave that out, and remind you as you set them."),
                        options=alarms,
                    ),
                ),
            ),
        ),
    )


@router.form(FORM, build)
async def save(context: Context, sent: Submitted) -> Result:
    feed = await calendar_feeds.of_member(context.session, context.person.id) or await _make(context)
    feed.everything = sent.answers.text("contents") == "all"
    feed.rounds = sent.answers.yes("rounds")
    feed.alarm_minutes, _label = ALARMS[sent.answers.text("alarm")]
    await context.session.flush()
    return await _card(context, note=context._("Saved. Your calendar takes it over within some hours."))


async def contents(
    session: AsyncSession, feed: CalendarFeed, member: Member, now: datetime
) -> tuple[list[Planned], list[FundingRound]]:
    """The events and rounds that stand in somebody's feed."""
    since = now - KEPT_FOR
    viewer = await viewer_as(session, member, await roles.of_member(session, member.id))
    found = await events.in_calendar(session, viewer, since, ids=replies.events_of(member.id))
    if feed.everything:
        # What only an administrator's rights show is not for them.
        own = await viewer_as(session, member, frozenset())
        more = await events.in_calendar(session, own, since, but=replies.turned_down_by(member.id))
        found = list({event.id: event for event in [*found, *more]}.values())
    held = await replies.held_by(session, member.id, [event.id for event in found])
    planned = [
        Planned(event, Answer(held[event.id].answer), held[event.id].since)
        if event.id in held
        else Planned(event)
        for event in found
    ]
    wished = await rounds.wished_by(session, member.id, since) if feed.rounds else []
    return planned, wished


def path_of(signer: Signer, feed: CalendarFeed) -> str:
    """Where a feed is read; empty where it was made under another secret key and cannot be told again."""
    token = signer.sign(_PURPOSE, feed.seed)
    return f"{PAGE}/{token}.ics" if hashed(token) == feed.token_hash else ""


def facts(words: Words, feed: CalendarFeed, now: datetime) -> tuple[Fact, ...]:
    """What was chosen, and whether a calendar has come for it."""
    _ = words._
    read = _("never") if feed.used_at is None else words.ago(feed.used_at, now)
    return (
        Fact(label=_("Events"), value=_(EVERYTHING if feed.everything else OWN)),
        Fact(label=_("Funding rounds"), value=_("when they close") if feed.rounds else _("left out")),
        Fact(label=_("Reminder"), value=_(ALARMS[_alarm_of(feed)][1])),
        Fact(label=_("Made on"), value=words.day(feed.created_at)),
        Fact(label=_("Last read by a calendar"), value=read),
    )


def _alarm_of(feed: CalendarFeed | None) -> str:
    """What was chosen, by its name in the form."""
    chosen = feed.alarm_minutes if feed else None
    return next((name for name, (minutes, _label) in ALARMS.items() if minutes == chosen), "never")


async def _make(context: Context) -> CalendarFeed:
    seed = secrets.token_urlsafe(32)
    token = context.surroundings.signer.sign(_PURPOSE, seed)
    return await calendar_feeds.put(context.session, context.person.id, seed, token, context.now)


async def _card(context: Context, *, note: str = "") -> Message:
    """Without the address: what the bot says is kept, and whoever has the address reads the calendar."""
    _ = context._
    feed = await calendar_feeds.of_member(context.session, context.person.id)
    if feed is None:
        return Message(
            heading=_("Your calendar"),
            text=_(
                "Outlook, Google, Apple and other calendars can follow your events: what you say yes to "
                "appears there by itself, and moves when it is moved."
            ),
            buttons=(
                Button.to(_("Make an address"), MakeFeed(), style=Style.PRIMARY),
                Button.to(_("All events"), RunCommand(command="events")),
            ),
        )
    text = _("Your calendar follows your events at an address that is yours alone. It stands on a web page.")
    return Message(
        heading=_("Your calendar"),
        text="\n\n".join(part for part in (note, text) if part),
        facts=facts(context.words, feed, context.now),
        buttons=(
            _page_button(context),
            Button.to(_("Choose what it contains"), ChooseFeed()),
            Button.to(
                _("New address"),
                MakeFeed(),
                confirm=Confirm(
                    title=_("Make a new address?"),
                    text=_("The old one stops at once. Put the new one into your calendar."),
                    yes=_("Make it"),
                    no=_("Keep the old one"),
                ),
            ),
            Button.to(
                _("Stop it"),
                RevokeFeed(),
                style=Style.DANGER,
                confirm=Confirm(
                    title=_("Stop this calendar?"),
                    text=_("The address leads nowhere then, and your calendar follows no more."),
                    yes=_("Stop it"),
                    no=_("Keep it"),
                ),
            ),
        ),
    )


def _page_button(context: Context) -> Button:
    label = context._("See the address")
    if context.update.platform == PASSIVE_PLATFORM:
        return Button(label=label, path=PAGE, style=Style.PRIMARY)
    return Button(label=label, sign_in=True, then=PAGE, style=Style.PRIMARY)
