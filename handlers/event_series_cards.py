"""What is said of several dates of a series at once; of one alone it is said as of every event."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import event_cards
from handlers.event_actions import ShowEvent
from handlers.kit.messages import Button, Message, Style
from handlers.kit.words import Words
from store.events import Event

# So many dates are named; of more, how many they are.
NAMED = 12


def moved(words: Words, those: Sequence[tuple[Event, str, str]]) -> Message:
    """When or where some dates are has changed, each with when and where it was."""
    _ = words._
    event, old_when, old_where = those[0]
    if len(those) == 1:
        return event_cards.moved(words, event, old_when, old_where)
    lines = [_moved_line(words, *one) for one in those]
    return Message(
        heading=_("Changed: %(title)s") % {"title": event.title},
        text=_dates(words, _("These dates have changed:"), lines),
        buttons=(Button.to(_("See the event"), ShowEvent(event_id=event.id), style=Style.PRIMARY),),
    )


def cancelled(words: Words, those: Sequence[Event]) -> Message:
    _ = words._
    event = those[0]
    if len(those) == 1:
        return event_cards.cancelled(words, event)
    lines = [event_cards.when(words, one) for one in those]
    return Message(
        heading=_("Called off: %(title)s") % {"title": event.title},
        text=_dates(words, _("These dates do not take place:"), lines),
        quote=event.cancel_reason,
    )


def _moved_line(words: Words, event: Event, old_when: str, old_where: str) -> str:
    _ = words._
    new_when, new_where = event_cards.when(words, event), event_cards.where(words, event)
    said = new_when
    if new_when != old_when:
        said = _("%(new)s, not %(old)s") % {"new": new_when, "old": old_when}
    if new_where != old_where:
        said += " · " + (new_where or _("not settled yet"))
    return said


def _dates(words: Words, first: str, lines: Sequence[str]) -> str:
    said = [f"- {line}" for line in lines[:NAMED]]
    if more := len(lines) - NAMED if len(lines) > NAMED else 0:
        text = words.ngettext("and %(count)s more date", "and %(count)s more dates", more)
        said.append("- " + text % {"count": words.number(more)})
    return "\n".join([first, *said])
