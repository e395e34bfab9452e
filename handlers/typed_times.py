"""Times as people type them: a day, an hour and a zone, refused with a sentence where the clocks skip it."""

from __future__ import annotations

from datetime import date, datetime, time

from handlers.kit.context import Context
from handlers.kit.errors import UserError
from store import local_times
from store.local_times import NoSuchTime


def typed_moment(context: Context, day: date | None, hour: time | None, zone: str, *, field: str) -> datetime:
    """:raises UserError: the day is missing, or the clocks go forward past that time; the sentence stands
    beside ``field``."""
    if day is None:
        raise UserError(context._("Enter the date as well as the time."), field=field)
    try:
        return local_times.at(day, hour, zone)
    except NoSuchTime:
        text = context._("That time does not exist: the clocks go forward that night. Choose another.")
        raise UserError(text, field=field) from None
