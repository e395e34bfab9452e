"""The sentence model: converted as published, right in its vectors, and better at other words."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from handlers.faq_engine import Entry, Model, fit, fit_calibrated
from handlers.faq_engine.artefact import ArtefactError, pack, unpack
from handlers.faq_engine.encoder import Encoder
from handlers.faq_engine.learner import Learner, Lesson, open_encoder
from handlers.faq_engine.model_files import HASHES, TOKENIZER, WEIGHTS, ModelFilesError

FOLDER = Path(os.environ.get("FAQ_MODEL_DIR") or "/nowhere")
REFERENCE = Path(__file__).parent.parent / "data" / "reference_vectors.json"

pytestmark = pytest.mark.skipif(
    not all((FOLDER / name).is_file() for name in HASHES),
    reason="FAQ_MODEL_DIR holds no sentence model: python -m bot faq-model fetch",
)

ENTRIES = (
    Entry(
        "fees",
        ("What does membership cost?",),
        (
            "how much is the fee",
            "price of joining",
            "annual subscription",
            "what would we pay",
            "cost for a parish",
        ),
    ),
    Entry(
        "events",
        ("When is the next event?",),
        (
            "upcoming webinars",
            "dates of meetings",
            "next conference",
            "what is on this month",
            "events calendar",
        ),
    ),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published files alone, in a folder of their own."""
    made = tmp_path_factory.mktemp("model")
    for name in HASHES:
        (made / name).symlink_to((FOLDER / name).resolve())
    return made


@pytest.fixture(scope="module")
def encoder(folder: Path) -> Encoder:
    return open_encoder(folder)


@pytest.fixture(scope="module")
def model(encoder: Encoder) -> Model:
    return fit(ENTRIES, encoder=encoder)


@pytest.fixture
def copied(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copied", symlinks=True))


def test_vectors_are_those_of_the_published_model(encoder: Encoder) -> None:
    """The reference was computed with PyTorch from the same weights, in 32 bits."""
    rows = json.loads(REFERENCE.read_text("utf-8"))
    for row, found in zip(rows, encoder.vectors([row["text"] for row in rows]), strict=True):
        assert np.array_equal(encoder.together([row["text"]])[0], found)
        assert float(np.linalg.norm(found)) == pytest.approx(1, abs=1e-4)
        assert float(found @ np.array(row["vector"])) > 0.99, row["text"]


def test_texts_that_are_read_together_stay_apart(encoder: Encoder) -> None:
    texts = ["Where are the slides of the webinar?", "is it expensive", "What does a parish council pay?"]
    for alone, beside in zip(encoder.vectors(texts), encoder.together(texts), strict=True):
        assert float(alone @ beside) > 0.995


def test_a_model_is_converted_once_and_again_when_damaged(copied: Path, encoder: Encoder) -> None:
    (made,) = copied.glob("*.onnx")
    first = made.stat().st_ino
    Encoder.open(copied)
    assert [path.stat().st_ino for path in copied.glob("*.onnx")] == [first]
    made.write_bytes(made.read_bytes()[:-1])
    again = Encoder.open(copied)
    assert list(copied.glob("*.onnx")) == [made]
    assert np.array_equal(again.vectors(["a question"]), encoder.vectors(["a question"]))


@pytest.mark.parametrize("name", [WEIGHTS, TOKENIZER])
def test_a_damaged_file_is_named(copied: Path, name: str) -> None:
    held = (copied / name).read_bytes()
    (copied / name).unlink()
    (copied / name).write_bytes(held[:-1] + b"x")
    with pytest.raises(ModelFilesError, match=rf"{name} is damaged"):
        open_encoder(copied)


def test_other_words_of_the_same_meaning_find_the_entry(model: Model) -> None:
    assert model.rank("is it expensive?")[0].slug == "fees"
    assert model.rank("forthcoming gatherings")[0].slug == "events"
    assert model.rank("forthcomming gatherigns")[0].slug == "events"


@pytest.mark.parametrize(
    "text", ["x" * 10_000, "\x00\x07", "🐝" * 500, "'; DROP TABLE members; --", "Где?", ""]
)
def test_hostile_input_is_inert(model: Model, text: str) -> None:
    assert sum(one.probability for one in model.rank(text)) < 1


def test_a_packed_model_needs_its_encoder(model: Model, encoder: Encoder) -> None:
    packed = pack(model)
    assert unpack(packed, encoder).rank("is it expensive?") == model.rank("is it expensive?")
    with pytest.raises(ArtefactError):
        unpack(packed)
    with pytest.raises(ArtefactError):
        unpack(pack(fit(ENTRIES)), encoder)


async def test_a_model_is_learnt_in_another_process(folder: Path, tmp_path: Path, encoder: Encoder) -> None:
    learner = Learner(tmp_path)
    learner.begin(Lesson(ENTRIES, ("hello",), model_folder=str(folder)))
    found = await learner.model(calibrated=True)
    await learner.stop()
    assert learner.problem is None
    assert found is not None
    assert found.meanings is not None
    here = fit_calibrated(ENTRIES, ("hello",), encoder=encoder)
    assert found.rank("is it expensive?")[0].probability == pytest.approx(
        here.rank("is it expensive?")[0].probability, abs=0.02
    )
