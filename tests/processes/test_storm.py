"""The storm of ``make chaos`` in small: a few reminders, kills and cuts, and nothing is lost or doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.chaos import Plan, Tally, on_sqlite

pytestmark = pytest.mark.processes

SMALL = Plan(
    reminders=200, seed=5, longest=15, ends=300, kill_every=(0.3, 1.0), cut_every=(2.0, 3.0), away=(0.2, 1.0),
    long_away=0, watched=0.5, timeout=1, hurried=True,
)  # fmt: skip


async def test_reminders_arrive_once_though_the_bot_is_killed_and_everything_fails(tmp_path: Path) -> None:
    tally = await on_sqlite(SMALL, tmp_path)
    shown = tally.lines()
    assert tally.is_good, shown
    assert (tally.arrived, tally.kills > 0, sum(tally.faults.values()) > 0) == (200, True, True), shown


def test_a_run_that_lost_or_doubled_something_is_not_good() -> None:
    assert Tally("sqlite").is_good
    assert not Tally("sqlite", missing=1).is_good
    assert not Tally("sqlite", doubled=1).is_good
    # Where the platform tells nobody what it has, twice is better than never.
    assert Tally("sqlite", unread_doubled=1).is_good
