"""The figures on our own questions, kept in ``data/faq_quality.toml`` for the dashboard's quality page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from handlers.faq_quality import FILE, Figures, Measured, measured

DATA = Path(__file__).parent.parent.parent / "data"
_HEADING = """\
# How good the answers are: the FAQ engine on tests/data/questions.csv, questions that no example was written
# from, asked of data/faq.toml. `make bench-faq` writes this file; shares are from 0 to 1.
"""
_NAMES = {
    "first": "accuracy",
    "among_three": "recall at 3",
    "right": "precision of direct answers",
    "answered": "ours answered",
    "offered": "ours answered or offered",
    "strange_answered": "out of scope answered",
    "strange_offered": "out of scope offered",
}


def keep(
    found: Mapping[str, Mapping[str, float]], *, entries: int, questions: int, out_of_scope: int
) -> None:
    """Write the figures of each strength that was measured; the other's stay as they were measured last,
    unless there were other questions then."""
    before = measured(DATA)
    same = before is not None and (before.entries, before.questions) == (entries, questions)
    strengths = {
        name: Figures.model_validate({key: round(marks[of], 3) for key, of in _NAMES.items()})
        for name, marks in found.items()
    }
    if same and before and before.semantic:
        strengths.setdefault("semantic", before.semantic)
    now = Measured(
        measured_on=datetime.now(UTC).date(), entries=entries, questions=questions,
        out_of_scope=out_of_scope, lexical=strengths["lexical"], semantic=strengths.get("semantic"),
    )  # fmt: skip
    (DATA / FILE).write_text(_HEADING + _toml(now), encoding="utf-8")


def _toml(now: Measured) -> str:
    lines = [
        f"measured_on = {now.measured_on}",
        f"entries = {now.entries}",
        f"questions = {now.questions}",
        f"out_of_scope = {now.out_of_scope}",
    ]
    for name, figures in (("lexical", now.lexical), ("semantic", now.semantic)):
        if figures is not None:
            lines += ["", f"[{name}]", *(f"{key} = {value:.3f}" for key, value in figures)]
    return "\n".join(lines) + "\n"
