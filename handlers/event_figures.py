"""Figures of events as a file for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable

from handlers import spreadsheets
from store.event_figures import Figures
from store.local_times import local

COLUMNS = (
    "event", "starts_on", "organisation", "region", "invited", "answered", "going", "online", "maybe",
    "waiting", "cannot", "came", "guests",
)  # fmt: skip


def as_csv(lines: Iterable[Figures]) -> bytes:
    """A line for each organisation at each event."""
    return spreadsheets.write(COLUMNS, (_row(one) for one in lines))


def _row(one: Figures) -> dict[str, str]:
    counts = one.counts
    day = local(one.starts_at, one.zone).date().isoformat() if one.starts_at else ""
    return {
        "event": one.title,
        "starts_on": day,
        "organisation": one.organisation,
        "region": one.region,
    } | {name: str(getattr(counts, name)) for name in COLUMNS[4:]}
