"""When messages that nobody asked for may go out: on weekdays from nine to five in London."""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers.kit.words import LONDON

FIRST_HOUR = 9
LAST_HOUR = 17
SATURDAY = 5


def is_open(now: datetime) -> bool:
    """Whether it is such a time."""
    local = now.astimezone(LONDON)
    return local.weekday() < SATURDAY and FIRST_HOUR <= local.hour < LAST_HOUR


def next_working_day(moment: datetime) -> datetime:
    """Nine in the morning of the next weekday, in London."""
    local = moment.astimezone(LONDON) + timedelta(days=1)
    while local.weekday() >= SATURDAY:
        local += timedelta(days=1)
    return local.replace(hour=FIRST_HOUR, minute=0, second=0, microsecond=0)


def first_open(moment: datetime) -> datetime:
    """The moment itself where messages may go out that day, else the next working day."""
    local = moment.astimezone(LONDON)
    late = local.hour >= LAST_HOUR
    return next_working_day(moment) if late or local.weekday() >= SATURDAY else moment
