"""Event feeds as administrators see them: how each is doing, and in plain words what went wrong."""

from __future__ import annotations

from urllib.parse import urlsplit

from handlers.event_feed_actions import AddFeed, EditFeed, PauseFeed, ReadFeed, RemoveFeed
from handlers.kit.messages import Button, Item, Message, Style
from handlers.kit.words import N_, Words
from store.event_feeds import EventFeed

PROBLEMS = {
    "not_https": N_("The address does not begin with https://, or leads to one that does not."),
    "port": N_("The address names a port. Only the usual one of https is used."),
    "private_address": N_("The address leads into a private network. Only public addresses are read."),
    "unknown_host": N_("There is no such address on the internet."),
    "no_connection": N_("No connection could be made."),
    "certificate": N_("The certificate of the server is not valid."),
    "no_answer": N_("It did not answer within 10 seconds."),
    "redirects": N_("It sends us from one address to the next without end."),
    "status": N_(
        "The server answered with status %(about)s. Was the address withdrawn, or does it ask for a sign-in?"
    ),
    "packed": N_("The server sent it packed, although we asked for it as it is."),
    "too_large": N_("It is larger than 5 MB."),
    "no_calendar": N_(
        "What is there is no calendar. Is it the address of a page instead of the iCalendar (.ics) address?"
    ),
    "cut_off": N_("The calendar is cut off in the middle."),
    "broken_file": N_("The calendar cannot be read: it is not written as it should be."),
    "too_many_events": N_("It holds more than 2,000 dates within two years."),
    "too_long": N_("It takes too long to work out."),
    "many_missing": N_(
        "%(about)s events are no longer in it, most of what there was. I called none of them off: look "
        "whether the calendar is whole. If it is, call them off yourself."
    ),
}  # fmt: skip
NOTES = {
    "too_often": N_("“%(about)s” is left out: it repeats more often than every day."),
    "too_many_dates": N_("Of “%(about)s” only the next 1,000 dates are read."),
    "no_title": N_("An event without a title is left out."),
    "no_uid": N_("“%(about)s” is left out: it has no UID by which it could be found again."),
    "private": N_("“%(about)s” is left out: it is marked as private."),
    "broken": N_("“%(about)s” is left out: its times or its rule cannot be read."),
    "unknown_clocks": N_("The clocks of “%(about)s” are not known; the calendar's own are used."),
}
NOTES_SHOWN = 5


def problem_line(words: Words, code: str, about: str = "") -> str:
    return words._(PROBLEMS.get(code, PROBLEMS["broken_file"])) % {"about": about}


def note_lines(words: Words, notes: list[list[str]]) -> list[str]:
    return [words._(NOTES[code]) % {"about": about} for code, about in notes if code in NOTES]


def state_lines(words: Words, feed: EventFeed, to_come: int) -> list[str]:
    """When it was last read, what came of it, and what went wrong."""
    _ = words._
    found = []
    if feed.paused_at is not None:
        found.append(_("Paused: it is not read."))
    if feed.problem:
        read_on = {"when": words.moment(feed.read_at) if feed.read_at else ""}
        found.append(_("Read on %(when)s, with a problem.") % read_on)
        found.append(problem_line(words, *feed.problem))
        if feed.succeeded_at is not None:
            found.append(_("Last read well on %(when)s.") % {"when": words.moment(feed.succeeded_at)})
    elif feed.read_at is None:
        found.append(_("Not read yet: it is within the next minute."))
    else:
        found.append(_("Last read on %(when)s.") % {"when": words.moment(feed.read_at)})
    text = words.ngettext("%(count)s event to come", "%(count)s events to come", to_come)
    found.append(text % {"count": words.number(to_come)} + ".")
    found.append(_("New ones are announced.") if feed.announces else _("New ones become drafts."))
    return found


def host_of(feed: EventFeed) -> str:
    """All that is shown of an address, which may hold a secret."""
    return urlsplit(feed.url).hostname or ""


def listing(words: Words, feeds: list[EventFeed], counts: dict[int, int], *, note: str = "") -> Message:
    _ = words._
    items = []
    for feed in feeds:
        notes = note_lines(words, feed.notes)[:NOTES_SHOWN]
        text = " ".join([f"{host_of(feed)}:", *state_lines(words, feed, counts.get(feed.id, 0)), *notes])
        items.append(Item(title=feed.name, text=text, buttons=buttons(words, feed)))
    if feeds:
        text = _("Calendars of others that I read every hour. What changes there changes here.")
    else:
        text = _(
            "No calendar is followed yet. With the iCalendar address of another calendar, its events come "
            "here by themselves, and what changes there changes here."
        )
    return Message(
        heading=_("Calendars that are followed"),
        text="\n\n".join(one for one in (note, text) if one),
        items=tuple(items),
        buttons=(
            Button.to(_("Follow a calendar"), AddFeed(), style=Style.PRIMARY),
            Button(label=_("Bring in a file"), path="/admin/feeds"),
        ),
    )


def buttons(words: Words, feed: EventFeed) -> tuple[Button, ...]:
    _ = words._
    paused = feed.paused_at is not None
    reading = () if paused else (Button.to(_("Read now"), ReadFeed(feed_id=feed.id)),)
    return (
        *reading,
        Button.to(_("Change"), EditFeed(feed_id=feed.id)),
        Button.to(_("Go on reading") if paused else _("Pause"), PauseFeed(feed_id=feed.id, on=not paused)),
        Button.to(_("Remove"), RemoveFeed(feed_id=feed.id), style=Style.DANGER),
    )
