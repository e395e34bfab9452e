"""What the buttons of events say on the wire."""

from __future__ import annotations

from handlers.kit.messages import Action

# What somebody who comes adds about their guests and needs.
DETAILS_FORM = "events.details"


class ListEvents(Action, name="events.list"):
    """A page of the list; ``kind`` is empty for every kind, ``mine`` shows what one said yes or maybe to,
    ``past`` what is over, ``series_id`` all dates of one series."""

    kind: str = ""
    query: str = ""
    mine: bool = False
    past: bool = False
    page: int = 0
    series_id: int = 0


class ShowEvent(Action, name="events.show"):
    event_id: int


class AnswerEvent(Action, name="events.answer"):
    event_id: int
    answer: str


class EditEvent(Action, name="events.edit"):
    event_id: int


class RepeatEvent(Action, name="events.repeat"):
    """Hold it again, by a rule."""

    event_id: int


class AddDates(Action, name="events.add_dates"):
    """Carry on with the series of an event."""

    event_id: int


class AnswerDates(Action, name="events.answer_dates"):
    """Give one answer to the other dates of a series, where one has not answered yet."""

    event_id: int
    answer: str


class AnnounceEvent(Action, name="events.announce"):
    event_id: int


class CancelEvent(Action, name="events.cancel"):
    event_id: int


class ListReplies(Action, name="events.replies"):
    event_id: int


class EditDetails(Action, name="events.details"):
    """Say whom one brings, and what one needs."""

    event_id: int


class RecordCame(Action, name="events.came"):
    """Say who was there, many at once."""

    event_id: int


class ShowCode(Action, name="events.code"):
    """The code by which people say that they are there."""

    event_id: int


class CheckIn(Action, name="events.check_in"):
    code: str


class GiveFeedback(Action, name="events.feedback"):
    event_id: int


class EditLinks(Action, name="events.links"):
    """Slides and other links for afterwards."""

    event_id: int
