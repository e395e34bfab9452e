"""Changes looked over: what a changed knowledge base would answer otherwise, and where examples clash."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from handlers.faq_engine.features import Features, similarities
from handlers.faq_engine.model import Entry, Model, fit
from handlers.faq_engine.text import Stemmer, words

# From here on two examples say nearly the same: they share most of their words.
CLASHES_FROM = 0.8
SHOWN_AT_MOST = 20
_ROOT = Path(__file__).parent.parent.parent
_PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR", "SYSTEMROOT")
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Moved:
    """A question whose likeliest entry is another one after the change; None where there is none."""

    question: str
    expected: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Near:
    """An example of the changed entry that nearly says what an example of another one says."""

    example: str
    other: str
    other_example: str


@dataclass(frozen=True, slots=True)
class Findings:
    moved: tuple[Moved, ...] = ()
    near: tuple[Near, ...] = ()
    # How many questions were tried.
    tried: int = 0
    # What the entries named here are called, by their slugs.
    titles: Mapping[str, str] = field(default_factory=dict)

    @property
    def slugs(self) -> frozenset[str]:
        """Of the entries that are named here."""
        moved = {slug for one in self.moved for slug in (one.before, one.after) if slug}
        return frozenset(moved | {one.other for one in self.near})

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, held: Mapping[str, Any]) -> Findings:
        moved = tuple(Moved(**one) for one in held["moved"])
        near = tuple(Near(**one) for one in held["near"])
        return cls(moved, near, held["tried"], held.get("titles", {}))


@dataclass(frozen=True, slots=True)
class Case:
    """The entries before and after a change to one of them, and questions to try with their entries."""

    before: Sequence[Entry]
    after: Sequence[Entry]
    slug: str
    questions: Sequence[tuple[str, str]]
    not_ours: Sequence[str] = ()

    def look_over(self) -> Findings:
        """Matched by words alone: quick, and what another strength would find too."""
        old, new = fit(self.before, self.not_ours), fit(self.after, self.not_ours)
        moved = [
            Moved(question, expected, first, second)
            for question, expected in self.questions
            if (first := _best(old, question)) != (second := _best(new, question))
        ]
        return Findings(
            tuple(moved[:SHOWN_AT_MOST]), tuple(self._near()[:SHOWN_AT_MOST]), len(self.questions)
        )

    def _near(self) -> list[Near]:
        own = [example for entry in self.after if entry.slug == self.slug for example in entry.examples]
        others = [
            (entry.slug, example)
            for entry in self.after
            if entry.slug != self.slug
            for example in entry.examples
        ]
        if not own or not others:
            return []
        said, theirs = [words(one) for one in own], [words(example) for _slug, example in others]
        features = Features.learn([*said, *theirs], Stemmer())
        alike = similarities(features.rows(said), features.rows(theirs), len(features.names))
        return [
            Near(example, *others[int(row.argmax())])
            for example, row in zip(own, alike, strict=True)
            if row.max() >= CLASHES_FROM
        ]


def answer(text: str) -> str:
    """What the other process does: a case in, its findings out."""
    held = json.loads(text)
    before, after = (
        [Entry(one["slug"], tuple(one["texts"]), tuple(one["examples"])) for one in held[name]]
        for name in ("before", "after")
    )
    questions = [(question, slug) for question, slug in held["questions"]]
    found = Case(before, after, held["slug"], questions, held["not_ours"]).look_over()
    return json.dumps(found.to_json())


async def look_over_elsewhere(case: Case) -> Findings | None:
    """The findings, made in another process; None where that fails."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "handlers.faq_engine", "changes",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=_ROOT,
        env={name: os.environ[name] for name in _PASSED_ON if name in os.environ} | _ONE_THREAD,
    )  # fmt: skip
    try:
        said, _ = await process.communicate(json.dumps(asdict(case)).encode())
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    return None if process.returncode else Findings.from_json(json.loads(said))


def _best(model: Model, question: str) -> str | None:
    ranked = model.rank(question, most=1)
    return ranked[0].slug if ranked else None
