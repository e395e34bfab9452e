"""What is said when an event is over: to whoever added it, and to those who came."""

from __future__ import annotations

from handlers import event_cards
from handlers.event_actions import EditLinks, GiveFeedback, RecordCame
from handlers.kit.messages import Button, Message, Style
from handlers.kit.words import Words
from store.events import Event


def to_the_organiser(words: Words, event: Event, thanked: str) -> Message:
    """``thanked`` is when the thanks go out, in words."""
    _ = words._
    return Message(
        heading=_("Over: %(title)s") % {"title": event.title},
        text=_(
            "Who came? On %(when)s I thank them, and those who said yes, with the links that you add by then."
        )
        % {"when": thanked},
        buttons=(
            Button.to(_("Who came"), RecordCame(event_id=event.id), style=Style.PRIMARY),
            Button.to(_("Slides and links"), EditLinks(event_id=event.id)),
        ),
    )


def thanks(words: Words, event: Event, *, came: bool) -> Message:
    """To somebody who was there, or who had said that they would be."""
    _ = words._
    if came:
        text = _("Thank you for coming.")
    else:
        text = _("Thank you for your interest, whether or not you made it.")
    if event.links:
        text += " " + _("These are the links from the day.")
    return Message(
        heading=event.title,
        text=text + " " + _("How was it? Your answer takes a minute and helps with the next one."),
        buttons=(
            Button.to(_("Say how it was"), GiveFeedback(event_id=event.id), style=Style.PRIMARY),
            *event_cards.link_buttons(event),
        ),
    )
