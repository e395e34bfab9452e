"""Figures of what people ask: a period by months, the answers given, and open questions in groups."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from handlers import spreadsheets
from handlers.faq_engine.likeness import grouped
from handlers.kit.words import DEFAULT_LOCALE, N_
from store import audit, insight
from store.insight import AskedEntry, Helped, OpenQuestion
from store.local_times import HOME_ZONE, at, local

# Of more open questions than these only the newest are put into groups.
GROUPED_AT_MOST = 300
# A longer question is cut where it is shown; the file has all of it.
LONGEST_SHOWN = 200


class Period(StrEnum):
    """Whole months of our local calendar, the present one among them."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    ALL = "all"


PERIOD_NAMES = {
    Period.MONTH: N_("This month"),
    Period.QUARTER: N_("The last 3 months"),
    Period.YEAR: N_("The last 12 months"),
    Period.ALL: N_("Everything that is kept"),
}
_MONTHS = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}


class Sheet(StrEnum):
    """What can be taken out as a file."""

    MONTHS = "months"
    ANSWERS = "answers"
    QUESTIONS = "questions"


@dataclass(frozen=True, slots=True)
class Month:
    start: datetime
    counts: dict[Helped, int]

    @property
    def asked(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Insight:
    """Of one period. ``months`` are the newest first; ``groups`` are of open questions, the largest first."""

    period: Period
    months: list[Month]
    entries: list[AskedEntry]
    groups: list[list[OpenQuestion]]

    @property
    def asked(self) -> int:
        return sum(month.asked for month in self.months)

    def count(self, helped: Helped) -> int:
        return sum(month.counts[helped] for month in self.months)


def period_of(typed: str) -> Period:
    """The period that an address names; a quarter where it names none of them."""
    return Period(typed) if typed in set(Period) else Period.QUARTER


async def read(session: AsyncSession, period: Period, now: datetime, locale: str = DEFAULT_LOCALE) -> Insight:
    """All figures of a period, by four queries; answers are titled in a language where that is known."""
    starts = _starts(period, now, await insight.first_at(session))
    counts = await insight.by_period(session, starts)
    months = [Month(start, each) for start, each in zip(starts, counts, strict=True)]
    entries = await insight.by_entry(session, starts[0], locale)
    return Insight(period, months[::-1], entries, await _groups(session, starts[0]))


async def write(
    session: AsyncSession, sheet: Sheet, period: Period, *, actor_id: int, now: datetime
) -> bytes:
    """One of the tables as a file, with a record of who took it."""
    found = await read(session, period, now)
    match sheet:
        case Sheet.MONTHS:
            columns, rows = _months_of(found)
        case Sheet.ANSWERS:
            columns, rows = _answers_of(found)
        case Sheet.QUESTIONS:
            columns, rows = _questions_of(found)
    await audit.record(
        session, "insight.export", "export", sheet.value, actor_id=actor_id, now=now,
        values={"lines": str(len(rows)), "period": period.value},
    )  # fmt: skip
    return spreadsheets.write(columns, rows)


def examples_of(group: Sequence[OpenQuestion], most: int) -> list[str]:
    """Different wordings of a group as they are shown, the most typical first."""
    first: dict[str, str] = {}
    for one in group:
        first.setdefault(one.text.casefold(), one.text)
    return [
        text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
        for text in list(first.values())[:most]
    ]


async def _groups(session: AsyncSession, since: datetime) -> list[list[OpenQuestion]]:
    open_ = await insight.unanswered(session, since, limit=GROUPED_AT_MOST)
    groups = await asyncio.to_thread(grouped, [one.text for one in open_])
    return [[open_[place] for place in group] for group in groups]


def _starts(period: Period, now: datetime, first: datetime | None) -> list[datetime]:
    """When each month of a period began, the oldest first."""
    today = local(now, HOME_ZONE).date()
    newest = today.year * 12 + today.month - 1
    oldest = newest - _MONTHS.get(period, 1) + 1
    if period is Period.ALL and first is not None:
        then = local(first, HOME_ZONE).date()
        oldest = then.year * 12 + then.month - 1
    return [
        at(date(month // 12, month % 12 + 1, 1), time(0), HOME_ZONE) for month in range(oldest, newest + 1)
    ]


def _months_of(found: Insight) -> tuple[tuple[str, ...], list[dict[str, str]]]:
    columns = ("month", "questions", "helped", "did_not_help", "not_said", "no_answer")
    rows = [
        {
            "month": f"{local(month.start, HOME_ZONE):%Y-%m}",
            "questions": str(month.asked),
            "helped": str(month.counts[Helped.YES]),
            "did_not_help": str(month.counts[Helped.NO]),
            "not_said": str(month.counts[Helped.UNSAID]),
            "no_answer": str(month.counts[Helped.UNANSWERED]),
        }
        for month in found.months
    ]
    return columns, rows


def _answers_of(found: Insight) -> tuple[tuple[str, ...], list[dict[str, str]]]:
    columns = ("slug", "answer", "asked", "helped", "did_not_help")
    rows = [
        {
            "slug": one.slug,
            "answer": one.title,
            "asked": str(one.asked),
            "helped": str(one.yes),
            "did_not_help": str(one.no),
        }
        for one in found.entries
    ]
    return columns, rows


def _questions_of(found: Insight) -> tuple[tuple[str, ...], list[dict[str, str]]]:
    columns = ("group", "group_size", "question", "asked_on", "what_came")
    rows = [
        {
            "group": str(number),
            "group_size": str(len(group)),
            "question": one.text,
            "asked_on": f"{local(one.asked_at, HOME_ZONE):%Y-%m-%d}",
            "what_came": one.outcome,
        }
        for number, group in enumerate(found.groups, 1)
        for one in group
    ]
    return columns, rows
