"""What the buttons of event feeds say on the wire."""

from __future__ import annotations

from handlers.kit.messages import Action


class AddFeed(Action, name="event_feeds.add"):
    """Follow another calendar."""


class EditFeed(Action, name="event_feeds.edit"):
    feed_id: int


class PauseFeed(Action, name="event_feeds.pause"):
    """Stop reading it for a while, or where ``on`` is False go on."""

    feed_id: int
    on: bool = True


class ReadFeed(Action, name="event_feeds.read"):
    """Read it within the next minute."""

    feed_id: int


class RemoveFeed(Action, name="event_feeds.remove"):
    """Follow it no longer; its events stay."""

    feed_id: int
