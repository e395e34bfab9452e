"""``make bench-faq``: how good and how fast the FAQ engine is, on public data and on our own questions."""

from __future__ import annotations

import csv
import os
import random
import sys
import tomllib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from handlers.faq_engine import Entry, Model, fit, fit_calibrated
from handlers.faq_engine.features import Floats
from handlers.faq_engine.learner import open_encoder
from handlers.faq_engine.model import Encoder
from handlers.faq_engine.model_files import ModelFilesError
from tests.bench import faq_figures
from tests.bench.faq_speed import speed
from tests.bench.intents import SOURCES, Intents, banking77, clinc150, mistyped
from tests.bench.rivals import RIVALS, Scores, first_three

ROOT = Path(__file__).parent.parent.parent
SEEDS = (0, 1, 2)
SMALL_BASE = 50

Firsts = list[list[str]]


class Remembered:
    """An encoder that is asked once for each text: the same texts come in every part."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._vectors: dict[str, Floats] = {}
        self._readings: dict[tuple[str, ...], Floats] = {}
        self.words = encoder.words

    def vectors(self, texts: Sequence[str]) -> Floats:
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if new:
            self._vectors.update(zip(new, self._encoder.vectors(new), strict=True))
        return np.stack([self._vectors[text] for text in texts])

    def together(self, texts: Sequence[str]) -> Floats:
        if len(texts) == 1:
            return self.vectors(texts)
        key = tuple(texts)
        if key not in self._readings:
            self._readings[key] = self._encoder.together(texts)
        return self._readings[key]


Strengths = dict[str, Remembered | None]


def main() -> None:
    place = os.environ.get("BENCH_DATA_DIR")
    folder = os.environ.get("FAQ_MODEL_DIR")
    strengths: Strengths = {"lexical": None}
    try:
        if folder:
            strengths["semantic"] = Remembered(open_encoder(Path(folder)))
    except ModelFilesError as error:
        print(f"FAQ_MODEL_DIR: {error}. The semantic strength is left out.\n")
    # Any of them may be left out: python -m tests.bench.faq own speed
    parts = sys.argv[1:] or ["own", "speed", "accuracy", "full", "strange", "typing", "calibrated"]
    if "own" in parts:
        own(strengths)
    if not place or not Path(place).is_dir():
        print(
            f"\nBENCH_DATA_DIR is not set to a folder: the public data is left out. It would hold\n{SOURCES}"
        )
        return
    banking, clinc = banking77(Path(place)), clinc150(Path(place))
    if "speed" in parts:
        for encoder in strengths.values():
            questions = [text for text, _ in clinc.test]
            speed(clinc.entries(20, titled=True), questions, folder if encoder else None)
    if "accuracy" in parts:
        for data, examples in ((banking, 10), (banking, 5), (clinc, 10)):
            accuracy(data, examples, strengths)
    if "full" in parts:
        for data in (clinc, banking):
            whole(data, strengths)
    if "strange" in parts:
        out_of_scope(clinc, strengths)
    if "typing" in parts:
        for data in (banking, clinc):
            typing(data, strengths)
    if "calibrated" in parts:
        calibrated(clinc, strengths)


def own(strengths: Strengths) -> None:
    """Our knowledge base, with the questions that its examples were not written from. The figures are kept
    for the dashboard."""
    with (ROOT / "data" / "faq.toml").open("rb") as file:
        held = tomllib.load(file)["entry"]
    entries = [
        Entry(
            one["slug"],
            tuple(held[key].strip() for held in (one, one.get("cy")) if held for key in ("title", "answer")),
            tuple(one["examples"]),
        )
        for one in sorted(held, key=lambda one: str(one["slug"]))
    ]
    lines = (ROOT / "data" / "out_of_scope.txt").read_text("utf-8").splitlines()
    with (ROOT / "tests" / "data" / "questions.csv").open(encoding="utf-8") as file:
        rows = [(row["question"], row["slug"]) for row in csv.DictReader(file)]
    ours = [(text, slug) for text, slug in rows if slug]
    strange = [text for text, slug in rows if not slug]
    print(f"Our own set: {len(ours)} questions about {len(entries)} entries, {len(strange)} out of scope")
    for name, scores in RIVALS.items():
        line(name, _marks(first_three(scores, entries, [text for text, _ in ours]), ours))
    found: dict[str, dict[str, float]] = {}
    for strength, encoder in strengths.items():
        model = fit_calibrated(entries, lines, encoder=encoder)
        marks = _marks(_firsts(model, [text for text, _ in ours]), ours)
        decisions = decided(model, ours, strange)
        line(strength, marks)
        line(f"{strength}, calibrated", decisions)
        found[strength] = marks | decisions
    faq_figures.keep(found, entries=len(entries), questions=len(ours), out_of_scope=len(strange))


def accuracy(data: Intents, examples: int, strengths: Strengths) -> None:
    print(f"\n{data.name}, {examples} examples a class and its name, mean of {len(SEEDS)} seeds")
    questions = [text for text, _ in data.test]

    def rival(scores: Scores, seed: int) -> dict[str, float]:
        entries = data.entries(examples, seed, titled=True)
        return _marks(first_three(scores, entries, questions), data.test)

    def ours(encoder: Remembered | None, seed: int, *, titled: bool) -> dict[str, float]:
        model = fit(data.entries(examples, seed, titled=titled), encoder=encoder)
        return _marks(_firsts(model, questions), data.test)

    for name, scores in RIVALS.items():
        mean(name, partial(rival, scores))
    for strength, encoder in strengths.items():
        mean(strength, partial(ours, encoder, titled=True))
        mean(f"{strength}, examples alone", partial(ours, encoder, titled=False))


def whole(data: Intents, strengths: Strengths) -> None:
    print(f"\n{data.name} full, {len(data.train)} examples")
    for strength, encoder in strengths.items():
        model = fit(data.entries(None, titled=True), encoder=encoder)
        line(strength, _marks(_firsts(model, [text for text, _ in data.test]), data.test))


def out_of_scope(data: Intents, strengths: Strengths) -> None:
    print(f"\n{data.name}, 10 examples a class, {len(data.strange)} questions out of scope")

    def measure(encoder: Remembered | None, seed: int) -> dict[str, float]:
        model = fit_calibrated(data.entries(10, seed, titled=True), encoder=encoder)
        top, right = _tops(model, data.test)
        strange, _ = _tops(model, [(text, "") for text in data.strange])
        bar = np.quantile(top, 0.1)
        beaten = (top[:, None] > strange).mean() + (top[:, None] == strange).mean() / 2
        return {
            "AUROC": float(beaten),
            "at 90% passing: right": float(((top >= bar) & right).mean()),
            "refused": float((strange < bar).mean()),
        }

    for strength, encoder in strengths.items():
        mean(strength, partial(measure, encoder))


def typing(data: Intents, strengths: Strengths) -> None:
    print(f"\n{data.name}, 10 examples a class, one random edit a question")

    def measure(encoder: Remembered | None, seed: int) -> dict[str, float]:
        draw = random.Random(seed)
        asked = [(mistyped(text, draw), intent) for text, intent in data.test]
        model = fit(data.entries(10, seed, titled=True), encoder=encoder)
        return _marks(_firsts(model, [text for text, _ in asked]), asked)

    for strength, encoder in strengths.items():
        mean(strength, partial(measure, encoder))


def calibrated(data: Intents, strengths: Strengths) -> None:
    print(f"\n{data.name}, {SMALL_BASE} entries of 10 examples, calibrated from the entries alone")

    def measure(encoder: Remembered | None, seed: int) -> dict[str, float]:
        part = data.some(SMALL_BASE, seed)
        model = fit_calibrated(part.entries(10, seed, titled=True), encoder=encoder)
        return decided(model, part.test, part.strange)

    for strength, encoder in strengths.items():
        mean(strength, partial(measure, encoder))


def decided(model: Model, ours: Sequence[tuple[str, str]], strange: Sequence[str]) -> dict[str, float]:
    """How the thresholds do. Precision counts an answered stranger as wrong."""
    top, right = _tops(model, ours)
    others, _ = _tops(model, [(text, "") for text in strange])
    bar, offer = model.calibration.answer_from, model.calibration.offer_from
    answered = int((top >= bar).sum() + (others >= bar).sum())
    return {
        "precision of direct answers": float(((top >= bar) & right).sum() / max(1, answered)),
        "out of scope answered": float((others >= bar).mean()),
        "ours answered": float((top >= bar).mean()),
        "ours answered or offered": float((top >= offer).mean()),
        "out of scope offered": float(((others >= offer) & (others < bar)).mean()),
    }


def mean(name: str, measure: Callable[[int], dict[str, float]]) -> None:
    runs = [measure(seed) for seed in SEEDS]
    line(name, {key: sum(run[key] for run in runs) / len(runs) for key in runs[0]})


def line(name: str, figures: dict[str, float]) -> None:
    print(f"  {name:26}" + "  ".join(f"{key} {value:.3f}" for key, value in figures.items()))
    sys.stdout.flush()


def _firsts(model: Model, questions: Sequence[str]) -> Firsts:
    return [[one.slug for one in model.rank(question, most=3)] for question in questions]


def _marks(firsts: Firsts, asked: Sequence[tuple[str, str]]) -> dict[str, float]:
    right = sum(bool(found) and found[0] == intent for found, (_, intent) in zip(firsts, asked, strict=True))
    near = sum(intent in found for found, (_, intent) in zip(firsts, asked, strict=True))
    return {"accuracy": right / len(asked), "recall at 3": near / len(asked)}


def _tops(
    model: Model, asked: Sequence[tuple[str, str]]
) -> tuple[np.typing.NDArray[np.float64], np.typing.NDArray[np.bool_]]:
    """The probability of the likeliest entry for each question, and whether it is the right one."""
    ranked = [(model.rank(text, most=1), intent) for text, intent in asked]
    top = np.array([found[0].probability if found else 0.0 for found, _ in ranked])
    return top, np.array([bool(found) and found[0].slug == intent for found, intent in ranked])


if __name__ == "__main__":
    main()
