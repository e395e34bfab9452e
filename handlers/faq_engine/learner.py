"""The learner: a model of the newest knowledge base, fitted in another process while the old one answers."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

import structlog

from handlers.faq_engine.artefact import ArtefactError, pack, unpack
from handlers.faq_engine.calibration import Aims
from handlers.faq_engine.model import Entry, Model, fit, fit_calibrated
from handlers.faq_engine.model_files import ModelFilesError, problem

if TYPE_CHECKING:
    from handlers.faq_engine.encoder import Encoder

log = structlog.get_logger(__name__)

_ROOT = Path(__file__).parent.parent.parent
CACHE = _ROOT / "var" / "faq"
# The newest few stay: a knowledge base is sometimes changed back.
_KEPT_ARTEFACTS = 4
# What a process needs to start; our tokens are none of its business. One thread for the algebra:
# it is to leave the machine to those who wait for an answer.
_PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR", "SYSTEMROOT")
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Lesson:
    """All that a model is made from."""

    entries: Sequence[Entry]
    not_ours: Sequence[str] = ()
    aims: Aims = field(default_factory=Aims)
    # Where the sentence model is; None for the lexical strength.
    model_folder: str | None = None

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        held = json.loads(text)
        entries = [Entry(one["slug"], tuple(one["texts"]), tuple(one["examples"])) for one in held["entries"]]
        return cls(entries, held["not_ours"], Aims(**held["aims"]), held["model_folder"])

    def key(self) -> str:
        """A name for the model: the same for the same lesson learnt by the same code."""
        digest = hashlib.sha256(self.to_json().encode())
        for module in sorted(Path(__file__).parent.glob("*.py")):
            digest.update(module.read_bytes())
        return digest.hexdigest()[:32]

    def learn(self) -> Model:
        """:raises ModelFilesError: when the sentence model cannot be used."""
        return fit_calibrated(self.entries, self.not_ours, self.aims, encoder=self.encoder())

    def encoder(self) -> Encoder | None:
        """:raises ModelFilesError: when the sentence model cannot be used."""
        return open_encoder(Path(self.model_folder)) if self.model_folder else None


class Learner:
    """Holds the model in use. ``begin`` starts over when the lesson is a new one."""

    def __init__(self, cache: Path = CACHE) -> None:
        self._cache = cache
        self._model: Model | None = None
        self._encoder: Encoder | None = None
        # Why the strength is lexical although a folder for the sentence model is set.
        self.problem: str | None = None
        self._lesson: Lesson | None = None
        self._task: asyncio.Task[None] | None = None
        # Set once there is a model, or no hope of one.
        self._some = asyncio.Event()

    @property
    def in_use(self) -> Model | None:
        """The model in use, without waiting for one."""
        return self._model

    def begin(self, lesson: Lesson) -> None:
        """Learn in the background; a lesson under way is dropped for the newer one."""
        if lesson == self._lesson:
            return
        self._lesson = lesson
        if self._task is not None:
            self._task.cancel()
        self._task = asyncio.create_task(self._learn(lesson, after=self._task))

    async def model(self, *, calibrated: bool = False) -> Model | None:
        """The model in use. Only before there is any does this wait, for one that is not measured yet
        and so offers but never answers; ``calibrated`` waits for the newest to be measured."""
        if calibrated and self._task is not None:
            await asyncio.wait([self._task])
        elif self._model is None and self._task is not None:
            await self._some.wait()
        return self._model

    async def stop(self) -> None:
        """Give up what is under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _learn(self, lesson: Lesson, after: asyncio.Task[None] | None) -> None:
        if after is not None:
            await asyncio.wait([after])
        try:
            lesson = await self._within_reach(lesson)
            path = self._cache / f"{await asyncio.to_thread(lesson.key)}.npz"
            held = await asyncio.to_thread(_read, path, self._encoder)
            if held is None and self._model is None:
                self._use(await asyncio.to_thread(fit, lesson.entries, lesson.not_ours))
            self._use(held or await self._learn_elsewhere(lesson, path))
            strength = "semantic" if lesson.model_folder else "lexical"
            log.info(
                "faq.learnt", entries=len(lesson.entries), from_cache=held is not None, strength=strength
            )
        except (ArtefactError, OSError) as error:
            # The model before goes on answering.
            log.error("faq.learning_failed", reason=str(error))
        finally:
            self._some.set()

    async def _within_reach(self, lesson: Lesson) -> Lesson:
        """The lesson, in the lexical strength where the sentence model cannot be used."""
        if lesson.model_folder is None or self.problem:
            return replace(lesson, model_folder=None)
        try:
            self._encoder = self._encoder or await asyncio.to_thread(lesson.encoder)
        except ModelFilesError as error:
            self.problem = str(error)
            log.warning("faq.lexical_strength_only", reason=self.problem)
            return replace(lesson, model_folder=None)
        return lesson

    def _use(self, model: Model) -> None:
        self._model = model
        self._some.set()

    async def _learn_elsewhere(self, lesson: Lesson, path: Path) -> Model:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "handlers.faq_engine",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=_ROOT,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ} | _ONE_THREAD,
        )  # fmt: skip
        try:
            packed, _ = await process.communicate(lesson.to_json().encode())
        except asyncio.CancelledError:
            process.kill()
            await process.wait()
            raise
        if process.returncode:
            raise ArtefactError(f"the process that learns ended with {process.returncode}")
        model = await asyncio.to_thread(unpack, packed, self._encoder if lesson.model_folder else None)
        await asyncio.to_thread(_write, path, packed)
        return model


def answer(text: str) -> bytes:
    """What the other process does: a lesson in, a packed model out."""
    return pack(Lesson.from_json(text).learn())


def open_encoder(folder: Path) -> Encoder:
    """:raises ModelFilesError: when the sentence model cannot be used, its packages included."""
    if found := problem(folder):
        raise ModelFilesError(found)
    try:
        # Only now: the packages of the extra may not be there, or not work here.
        from handlers.faq_engine.encoder import Encoder

        return Encoder.open(folder)
    except ModelFilesError:
        raise
    except Exception as error:
        # Native packages have errors of their own kinds, and none may leave the bot without any answers.
        raise ModelFilesError(f"the packages of the sentence model do not work here ({error})") from error


def _read(path: Path, encoder: Encoder | None) -> Model | None:
    try:
        held = unpack(path.read_bytes(), encoder)
        # The newest used are kept.
        path.touch()
    except FileNotFoundError:
        return None
    except (ArtefactError, OSError) as error:
        log.warning("faq.artefact_unreadable", path=str(path), reason=str(error))
        return None
    return held


def _write(path: Path, packed: bytes) -> None:
    """Whole or not at all; a directory that cannot be written to only costs time at the next start."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".partial", delete=False) as file:
            file.write(packed)
        os.replace(file.name, path)
        held = sorted(path.parent.glob("*.npz"), key=lambda one: one.stat().st_mtime, reverse=True)
        for old in held[_KEPT_ARTEFACTS:]:
            old.unlink(missing_ok=True)
    except OSError as error:
        log.warning("faq.artefact_not_kept", path=str(path), reason=str(error))
