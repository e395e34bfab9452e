"""The knowledge base at hand: its entries, its model, and what to do with a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.faq_engine import Aims, Entry, Model, Ranked
from handlers.faq_engine.learner import Learner, Lesson
from handlers.faq_engine.proof import EntryProof
from handlers.faq_engine.text import words
from handlers.faq_reading import WORDS_IN_A_QUESTION
from store import faq
from store.database import Database
from store.faq import FaqEntry

SUGGESTED_AT_MOST = 3
# A choice is offered beside the likeliest one if it is at least this share as likely.
SUGGESTED_FROM_SHARE = 0.1


class DecisionKind(StrEnum):
    ANSWER = "answer"
    SUGGEST = "suggest"
    ABSTAIN = "abstain"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a question. ``confidence`` is from 0 to 1; ``sure`` is an answer that may be given
    where nobody asked the bot."""

    kind: DecisionKind
    confidence: float
    entry: FaqEntry | None = None
    suggestions: tuple[FaqEntry, ...] = ()
    sure: bool = False


class Knowledge:
    """The entries are read again when one has changed; a model of them is then learnt in another
    process, while the one before goes on answering."""

    def __init__(
        self,
        *,
        aims: Aims | None = None,
        learner: Learner | None = None,
        patient: bool = False,
        model_folder: Path | None = None,
    ) -> None:
        """``patient`` waits for the newest model instead of answering with the one before. With a folder
        that holds the sentence model, questions are matched by their meaning, too."""
        self._aims = aims or Aims()
        self._learner = learner or Learner()
        self._patient = patient
        self._model_folder = str(model_folder) if model_folder else None
        self._stamp: faq.Stamp | None = None
        self._entries: dict[str, FaqEntry] = {}
        self._asked_by: dict[str, str] = {}
        self._lesson = Lesson(())

    @property
    def problem(self) -> str | None:
        """Why questions are matched by words alone although a sentence model is set; None if all is well."""
        return self._learner.problem

    @property
    def aims(self) -> Aims:
        """What the thresholds are set for."""
        return self._aims

    @property
    def in_use(self) -> Model | None:
        """The model that answers now, without waiting for a newer one; None before there is any."""
        return self._learner.in_use

    def proof_of(self, entry: FaqEntry) -> EntryProof | None:
        """How an entry did when the model in use was measured; None where it has changed since."""
        model = self.in_use
        proof = model.proof.entries.get(entry.slug) if model and model.proof else None
        return proof if proof and proof.examples == len(entry.examples) else None

    async def start(self, database: Database) -> None:
        """Begin to learn what is new, so that no question need wait for it."""
        async with database.read() as session:
            await self._refresh(session)
        self._learner.begin(self._lesson)

    async def stop(self) -> None:
        """Give up learning, if any is under way."""
        await self._learner.stop()

    async def decide(self, session: AsyncSession, question: str) -> Decision:
        """Answer, offer a choice, or admit not to know."""
        model = await self._model(session)
        if model is None:
            return Decision(DecisionKind.ABSTAIN, 0.0)
        ranked = self._ranked(model, question)
        return self._judge(
            model, ranked, guessed=model.guesses(question), verbatim=self._asked_by.get(plain(question), "")
        )

    async def closest(self, session: AsyncSession, question: str, *, limit: int) -> list[FaqEntry]:
        """The likeliest entries, however unlikely."""
        model = await self._model(session)
        if model is None:
            return []
        return [self._entries[one.slug] for one in self._ranked(model, question)[:limit]]

    async def related(self, session: AsyncSession, entry: FaqEntry) -> list[FaqEntry]:
        """The entries that its editor says people often want next."""
        await self._refresh(session)
        return [self._entries[slug] for slug in entry.related if slug in self._entries]

    async def entry(self, session: AsyncSession, slug: str) -> FaqEntry | None:
        await self._refresh(session)
        return self._entries.get(slug)

    async def _model(self, session: AsyncSession) -> Model | None:
        await self._refresh(session)
        self._learner.begin(self._lesson)
        return await self._learner.model(calibrated=self._patient)

    def _ranked(self, model: Model, question: str) -> list[Ranked]:
        # The model may be older than the entries.
        return [one for one in model.rank(question) if one.slug in self._entries]

    async def _refresh(self, session: AsyncSession) -> None:
        stamp = await faq.changed_at(session)
        if stamp == self._stamp:
            return
        entries = await faq.all_entries(session)
        not_ours = await faq.not_ours(session)
        for row in [*entries, *(translation for entry in entries for translation in entry.translations)]:
            # They outlive this session: a rollback in it must not empty them.
            session.expunge(row)
        self._entries = {entry.slug: entry for entry in entries}
        self._asked_by = asked_by(entries)
        lessons = tuple(taught(entry) for entry in entries)
        self._lesson = Lesson(lessons, tuple(not_ours), self._aims, self._model_folder)
        self._stamp = stamp

    def _judge(self, model: Model, ranked: Sequence[Ranked], *, guessed: bool, verbatim: str) -> Decision:
        """A guess is offered at most. ``verbatim`` is the entry that has the question word for word: where
        it is the likeliest, too, nobody is asked back what they mean."""
        best = ranked[0] if ranked else None
        if best is None or best.probability < model.calibration.offer_from:
            return Decision(DecisionKind.ABSTAIN, best.probability if best else 0.0)
        least = best.probability * SUGGESTED_FROM_SHARE
        near = [self._entries[one.slug] for one in ranked if one.probability >= least]
        plainly = best.slug == verbatim and model.proof is not None
        if (
            (plainly or best.probability >= model.calibration.answer_from)
            and not guessed
            and best.slug not in model.offered_only
        ):
            others = tuple(near[1 : 1 + SUGGESTED_AT_MOST])
            sure = best.probability >= model.calibration.unasked_from
            return Decision(DecisionKind.ANSWER, best.probability, near[0], others, sure)
        return Decision(DecisionKind.SUGGEST, best.probability, suggestions=tuple(near[:SUGGESTED_AT_MOST]))


def plain(question: str) -> str:
    """A question without what does not change it: case, accents and punctuation."""
    return " ".join(words(question))


def asked_by(entries: Sequence[FaqEntry]) -> dict[str, str]:
    """The titles and whole examples, in plain form, each with the one entry that has it. A word or two may
    be meant in many ways, and so may what stands under two entries."""
    found: dict[str, str] = {}
    shared: set[str] = set()
    for entry in entries:
        titles = {plain(entry.title), *(plain(one.title) for one in entry.translations)}
        examples = {plain(example) for example in entry.examples}
        for text in titles | {text for text in examples if len(text.split()) >= WORDS_IN_A_QUESTION}:
            if found.setdefault(text, entry.slug) != entry.slug:
                shared.add(text)
    return {text: slug for text, slug in found.items() if text and text not in shared}


def taught(entry: FaqEntry) -> Entry:
    """What the engine learns of an entry; needs ``translations`` loaded."""
    texts = [(entry.title, entry.answer), *((one.title, one.answer) for one in entry.translations)]
    return Entry(entry.slug, tuple(text for pair in texts for text in pair), tuple(entry.examples))
