"""Quiet hours: when a personal reminder goes that would fall into somebody's. Pure: no clock, no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from handlers.kit.words import LONDON
from store.profiles import Profile
from store.reminders import Quiet

# What goes before they begin does so while there is time to read it.
EARLIER_BY = timedelta(minutes=15)
# Whoever wants to be left alone for longer is away, which is another choice.
LONGEST = timedelta(hours=16)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Times of day by the clocks of London; over midnight where the end is the earlier."""

    begins: time
    ends: time

    @property
    def length(self) -> timedelta:
        minutes = (self.ends.hour - self.begins.hour) * 60 + self.ends.minute - self.begins.minute
        return timedelta(minutes=minutes % (24 * 60))

    def around(self, moment: datetime) -> tuple[datetime, datetime] | None:
        """The quiet hours that a point in time falls into, from and until, in UTC."""
        today = moment.astimezone(LONDON).date()
        for day in (today, today - timedelta(days=1)):
            begins = datetime.combine(day, self.begins, tzinfo=LONDON).astimezone(UTC)
            last_day = day if self.ends > self.begins else day + timedelta(days=1)
            ends = datetime.combine(last_day, self.ends, tzinfo=LONDON).astimezone(UTC)
            if begins <= moment < ends:
                return begins, ends
        return None

    def begin_soon(self, now: datetime) -> bool:
        """Whether they begin so soon that what would fall into them goes now."""
        return self.around(now) is None and self.around(now + EARLIER_BY) is not None

    def next_early(self, now: datetime) -> datetime:
        """The next time, after now, from which they begin soon; in UTC."""
        today = now.astimezone(LONDON).date()
        days = (today + timedelta(days=later) for later in range(3))
        begins = (datetime.combine(day, self.begins, tzinfo=LONDON).astimezone(UTC) for day in days)
        return next(one - EARLIER_BY for one in begins if one - EARLIER_BY > now)


def of(profile: Profile | None) -> QuietHours | None:
    if profile is None or profile.quiet_from is None or profile.quiet_until is None:
        return None
    return QuietHours(profile.quiet_from, profile.quiet_until)


def turn(hours: QuietHours | None, rule: Quiet, now: datetime, useful_until: datetime) -> datetime | None:
    """When something that is due now goes to somebody; None is never."""
    held = hours.around(now) if hours is not None else None
    if held is None:
        return now
    return held[1] if rule is not Quiet.SKIP and held[1] < useful_until else None
