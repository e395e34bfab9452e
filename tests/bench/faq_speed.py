"""How long the FAQ engine takes, and how much memory, at a large knowledge base."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from handlers.faq_engine import Entry, Model, fit
from handlers.faq_engine.artefact import pack, unpack
from handlers.faq_engine.learner import Lesson, answer

_ROOT = Path(__file__).parent.parent.parent
_MEGA = 1024 * 1024


def speed(entries: Sequence[Entry], questions: Sequence[str], model_folder: str | None = None) -> None:
    """Refit and calibrate in another process, as the bot does, and ask in this one."""
    rows = sum(len(entry.examples) for entry in entries)
    strength = "semantic" if model_folder else "lexical"
    print(f"\nSpeed at {len(entries)} entries of {rows // len(entries)} examples, {strength}")
    lesson = Lesson(tuple(entries), model_folder=model_folder)
    for name, kind in (("refit", "fit"), ("refit and calibration", "calibrate")):
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.faq_speed", kind],
            input=lesson.to_json().encode(), stdout=subprocess.PIPE, cwd=_ROOT, check=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip
        took = time.perf_counter() - began
        size = int(done.stdout[:12])
        print(f"  {name:26}{took:.1f} s in another process, which took {size} MB at most")
    before = _resident()
    model = unpack(done.stdout[12:], lesson.encoder())
    print(f"  {'added memory':26}{_resident() - before:.0f} MB in the process that answers")
    ask(model, questions)


def ask(model: Model, questions: Sequence[str]) -> None:
    """Each question is asked three times and the quickest counts: the rest is the machine's other work."""
    quickest = np.full(len(questions), np.inf)
    for _ in range(3):
        for at, question in enumerate(questions):
            began = time.perf_counter()
            model.rank(question)
            quickest[at] = min(quickest[at], time.perf_counter() - began)
    middle, slow = np.quantile(quickest, [0.5, 0.99]) * 1000
    print(f"  {'a query':26}{middle:.2f} ms median, {slow:.2f} ms p99")


def _resident() -> float:
    """Megabytes of memory in use now; Linux alone says."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / _MEGA


def _peak() -> int:
    """The most megabytes that this process has used; getrusage would count its parent's, too."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


if __name__ == "__main__":
    given = sys.stdin.read()
    given_lesson = Lesson.from_json(given)
    packed = (
        answer(given)
        if sys.argv[1] == "calibrate"
        else pack(fit(given_lesson.entries, encoder=given_lesson.encoder()))
    )
    sys.stdout.buffer.write(f"{_peak():12d}".encode() + packed)
