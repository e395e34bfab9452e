"""The engine ranks entries, repairs typing mistakes, measures itself, and learns in another process."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import numpy as np
import pytest
from rapidfuzz.distance import OSA

from handlers.faq_engine import Aims, Entry, Model, fit, fit_calibrated
from handlers.faq_engine.artefact import ArtefactError, pack, unpack
from handlers.faq_engine.calibration import NEVER, Trials, calibrate
from handlers.faq_engine.features import Features, Floats, similarities
from handlers.faq_engine.learner import Learner, Lesson
from handlers.faq_engine.repair import LONG, SHORTEST, Repair
from handlers.faq_engine.text import Stemmer, words
from handlers.faq_engine.training import softmax, train
from tests.bench.intents import mistyped as mistype

LABS = Entry(
    "labs",
    ("What is a Policy Lab?",),
    (
        "tell me about policy labs",
        "how do labs work",
        "a lab for councils",
        "explain the labs",
        "lab projects of councils",
    ),
)
FEES = Entry(
    "fees",
    ("What does membership cost?",),
    (
        "how much is the fee",
        "price of joining",
        "annual subscription",
        "what would we pay",
        "cost for a parish",
    ),
)
EVENTS = Entry("events", ("When is the next event?",), ("upcoming webinars", "dates of meetings"))
ENTRIES = (LABS, FEES, EVENTS)


@pytest.fixture(scope="module")
def model() -> Model:
    return fit(ENTRIES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What's a Lab?", "what is a lab"),
        ("I can't, won’t and don't", "i can not will not and do not"),
        ("hows it, im new", "how is it i am new"),
        ("the council's Tŷ Café", "the council ty cafe"),
        ("a_b £20", "a b £ 20"),
        ("\x00🐝", ""),
    ],
)
def test_a_text_is_read_in_one_plain_form(text: str, expected: str) -> None:
    assert words(text) == expected.split()


def test_an_entry_is_found_by_other_words_of_the_same_stem(model: Model) -> None:
    assert model.rank("paying subscriptions")[0].slug == "fees"
    assert model.rank("a meeting's date")[0].slug == "events"


def test_probabilities_add_up_to_less_than_one(model: Model) -> None:
    ranked = model.rank("what is a lab")
    assert ranked[0].slug == "labs"
    assert 0 < sum(one.probability for one in ranked) < 1
    assert sorted(ranked, key=lambda one: -one.probability) == ranked


@pytest.mark.parametrize("question", ["", "🐝", "\x00", "Где", "???"])
def test_nothing_in_common_ranks_nothing(model: Model, question: str) -> None:
    assert model.rank(question) == []


@pytest.mark.parametrize("mistyped", ["subscripton", "subscirption", "suscription", "subbscriptoin"])
def test_a_typing_mistake_is_put_right(model: Model, mistyped: str) -> None:
    assert model.repair.words(["annual", mistyped]) == ["annual", "subscription"]
    assert model.rank(mistyped)[0].slug == "fees"


def stands(repair: Repair, word: str) -> bool:
    """Whether a word is known in some form, so that it is left as it is."""
    stemmer = Stemmer()
    return stemmer.stems([word])[0] in stemmer.stems(sorted(repair.counts))


def test_a_repair_overlooks_no_word_that_is_near_enough() -> None:
    """Its quick look at the letters leaves the same words as comparing with each of them."""
    known = sorted({word for one in ENTRIES for text in one.examples for word in words(text)})
    repair = Repair.learn([known], Stemmer(), {"subscribers": 1, "naïvely": 2})
    candidates = [word for word in (*known, "subscribers", "naïvely") if len(word) >= SHORTEST - 1]
    draw = random.Random(0)
    found = 0
    for word in [word for word in known * 20 if len(word) >= SHORTEST]:
        asked = mistype(mistype(word, draw), draw)
        meant = repair.words([asked])
        if len(meant) > 1 or not asked.isalpha() or len(asked) < SHORTEST or stands(repair, asked):
            continue
        nearest = min(OSA.distance(asked, candidate) for candidate in candidates)
        within = 2 if len(asked) >= LONG else 1
        assert OSA.distance(asked, meant[0]) == (nearest if nearest <= within else 0), (asked, meant)
        found += nearest <= within
    assert found


@pytest.mark.parametrize("joined", ["annualsubscription", "thefee"])
def test_a_space_left_out_is_put_in(model: Model, joined: str) -> None:
    first, second = model.repair.words([joined])
    assert first + second == joined


def test_a_known_word_a_short_one_and_a_far_one_stay(model: Model) -> None:
    said = ["fees", "lob", "zebra", "b2b4"]
    assert model.repair.words(said) == said


def test_an_empty_knowledge_base_ranks_nothing() -> None:
    assert fit_calibrated([]).rank("anything") == []
    assert fit_calibrated([Entry("one", ("One thing?",), ())]).rank("one thing")[0].slug == "one"


def test_the_trainer_finds_the_minimum() -> None:
    rows: Floats = np.random.default_rng(1).normal(size=(30, 8)).astype(np.float32)
    kernel: Floats = rows @ rows.T
    labels = (np.arange(30) % 3).astype(np.int32)
    coefficients = train(kernel, labels, 3, 2.0)
    target: Floats = np.eye(3, dtype=np.float32)[labels]
    # At the minimum the coefficients are what is left of the targets, as far as the kernel can see.
    logits: Floats = kernel @ coefficients
    left: Floats = kernel @ (coefficients - 2 * (target - softmax(logits)))
    assert float(np.linalg.norm(left)) < 0.02 * float(np.linalg.norm(kernel @ (2 * (target - 1 / 3))))


def test_similarity_is_one_for_the_same_text_and_less_for_another() -> None:
    said = [words(text) for text in ("policy lab", "policy lab", "membership fee", "")]
    features = Features.learn(said, Stemmer())
    rows = features.rows(said)
    alike = similarities(rows, rows, len(features.names))
    assert alike[0, 1] == pytest.approx(1)
    assert 0 <= alike[0, 2] < 0.2
    assert not alike[3].any()


def test_a_few_examples_promise_nothing() -> None:
    model = fit_calibrated(ENTRIES)
    assert model.calibration.answer_from == NEVER
    assert model.offered_only == {"events"}


def files(folder: Path) -> list[str]:
    return [path.suffix for path in folder.iterdir()]


def trials(wrong: int, unwritten: float = 0.0) -> Trials:
    """Two hundred questions of two entries, each surer than the one before and some of the less sure
    judged wrongly; as many strangers; and, where asked for, hidden entries' questions up to so sure."""
    labels = (np.arange(200) % 2).astype(np.int32)
    sure = np.linspace(0.5, 8, 200)[:, None]
    logits = (np.eye(2)[labels] * sure).astype(np.float32)
    astray = slice(0, wrong * 5, 5)
    logits[astray] = logits[astray, ::-1]
    strange = np.linspace(-1, 1, 200, dtype=np.float32).repeat(2).reshape(-1, 2)
    near = np.eye(2, dtype=np.float32)[labels] * np.linspace(-1, unwritten, 200, dtype=np.float32)[:, None]
    return Trials(2, logits, labels, near if unwritten else near[:0], strange)


def test_stricter_aims_answer_less_and_offer_more() -> None:
    assert calibrate(trials(8), Aims(100, 10)).answer_from > calibrate(trials(8), Aims(20, 10)).answer_from
    assert calibrate(trials(8), Aims(50, 10)).offer_from < calibrate(trials(8), Aims(50, 5)).offer_from


def test_answers_are_wrong_no_more_often_than_the_aim() -> None:
    seen = trials(8)
    measured = calibrate(seen, Aims(wrong_one_in=50))
    chances = measured.probabilities(seen.ours, 2)
    answered = chances.max(axis=1) >= measured.answer_from
    wrong = chances.argmax(axis=1) != seen.labels
    assert answered.sum() > 50
    assert (answered & wrong).sum() <= answered.sum() / 50
    strangers = measured.probabilities(seen.strange, 2).max(axis=1)
    assert (strangers >= measured.answer_from).mean() <= 1 / 50


def test_questions_near_to_the_entries_but_not_ours_make_answers_rarer() -> None:
    alone, beside = calibrate(trials(8), Aims()), calibrate(trials(8, unwritten=5.0), Aims())
    seen = trials(8)
    assert (alone.probabilities(seen.ours, 2).max(axis=1) >= alone.answer_from).sum() > (
        beside.probabilities(seen.ours, 2).max(axis=1) >= beside.answer_from
    ).sum()


def test_what_is_not_ours_is_learnt_and_never_shown() -> None:
    not_ours = ("when are the bins collected", "a date for the bin lorry", "dates of bin collections")
    question = "dates of the next bin collection"
    before, after = fit(ENTRIES).rank(question), fit(ENTRIES, not_ours).rank(question)
    assert before[0].slug == after[0].slug == "events"
    assert after[0].probability < before[0].probability / 2
    assert {one.slug for one in after} == {entry.slug for entry in ENTRIES}


def test_a_packed_model_ranks_the_same(model: Model) -> None:
    again = unpack(pack(model))
    for question in ("what is a lab", "subscripton", "dates"):
        assert again.rank(question) == model.rank(question)
    assert again.offered_only == model.offered_only


@pytest.mark.parametrize("damaged", [b"", b"PK\x03\x04", b"nothing"])
def test_damaged_bytes_are_no_model(damaged: bytes) -> None:
    with pytest.raises(ArtefactError):
        unpack(damaged)


def test_a_lesson_has_a_name_of_its_own_and_survives_the_way_to_the_other_process() -> None:
    lesson = Lesson(ENTRIES, ("hello",))
    assert Lesson.from_json(lesson.to_json()).key() == lesson.key()
    assert Lesson(ENTRIES).key() != lesson.key()
    assert Lesson(ENTRIES, ("hello",), Aims(wrong_one_in=10)).key() != lesson.key()


async def test_the_first_model_only_offers_until_another_process_has_measured(tmp_path: Path) -> None:
    learner = Learner(tmp_path)
    learner.begin(Lesson(ENTRIES))
    first = await learner.model()
    assert first is not None
    assert first.calibration.answer_from == NEVER
    assert files(tmp_path) == []
    measured = await learner.model(calibrated=True)
    assert measured is not None
    assert measured is not first
    assert files(tmp_path) == [".npz"]


async def test_a_model_learnt_before_is_read_from_the_cache(tmp_path: Path) -> None:
    lesson = Lesson(ENTRIES)
    (tmp_path / f"{lesson.key()}.npz").write_bytes(pack(fit((LABS,))))
    learner = Learner(tmp_path)
    learner.begin(lesson)
    held = await learner.model()
    assert held is not None
    assert held.slugs == ("labs",)


async def test_the_old_model_answers_while_the_new_one_is_learnt(tmp_path: Path) -> None:
    learner = Learner(tmp_path)
    learner.begin(Lesson((LABS, FEES)))
    old = await learner.model(calibrated=True)
    learner.begin(Lesson(ENTRIES))
    assert await learner.model() is old
    new = await learner.model(calibrated=True)
    assert new is not None
    assert "events" in new.slugs


async def test_a_damaged_artefact_is_learnt_anew(tmp_path: Path) -> None:
    lesson = Lesson(ENTRIES)
    path = tmp_path / f"{lesson.key()}.npz"
    path.write_bytes(b"damaged")
    learner = Learner(tmp_path)
    learner.begin(lesson)
    await learner.model(calibrated=True)
    assert unpack(path.read_bytes()).slugs == ("labs", "fees", "events")


async def test_a_cache_that_cannot_be_written_to_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    learner = Learner(tmp_path / "file" / "cache")
    learner.begin(Lesson(ENTRIES))
    assert await learner.model(calibrated=True) is not None


async def test_stopping_ends_the_process_that_learns(tmp_path: Path) -> None:
    learner = Learner(tmp_path)
    learner.begin(Lesson(ENTRIES))
    await learner.model()
    await asyncio.wait_for(learner.stop(), timeout=10)
    assert files(tmp_path) == []
