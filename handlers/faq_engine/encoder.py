"""The encoder: a text's meaning as a vector, by a small sentence model run on the processor.

Needs the packages of the ``semantic`` extra and the model's files; without them the engine is lexical.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from handlers.faq_engine.conversion import convert
from handlers.faq_engine.features import Floats
from handlers.faq_engine.model_files import TOKENIZER, WEIGHTS, ModelFilesError, digest
from handlers.faq_engine.text import LONGEST_QUESTION

# The name of a converted file ends in its own hash; another number here makes it anew.
_CONVERTED = "eight-bit-4-"
# Long enough for an answer of eighty words.
_MOST_TOKENS = 128
# What keeps a token from looking at those of another text.
_WALL = -1e9


class Encoder:
    """Safe to use from several threads."""

    def __init__(self, session: onnxruntime.InferenceSession, tokenizer: Tokenizer) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._threads = ThreadPoolExecutor(_processors(), "faq-encoder")
        # The vocabulary is in the order of frequency; pieces of words begin with signs.
        self.words: Mapping[str, int] = {
            word: rank for word, rank in tokenizer.get_vocab().items() if word.isalpha()
        }

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The model of a folder whose files are right; the first time it is converted, which takes some
        seconds.

        :raises ModelFilesError: when it cannot be used.
        """
        try:
            graph = _converted(folder) or _convert(folder)
        except OSError as error:
            raise ModelFilesError(f"{folder} cannot be written to ({error.strerror})") from error
        settings = onnxruntime.SessionOptions()
        # A thread for each text: several on one would mostly wait for each other.
        settings.intra_op_num_threads = settings.inter_op_num_threads = 1
        settings.log_severity_level = 3
        session = onnxruntime.InferenceSession(str(graph), settings, providers=["CPUExecutionProvider"])
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        tokenizer.no_padding()
        tokenizer.enable_truncation(_MOST_TOKENS)
        return cls(session, tokenizer)

    def vectors(self, texts: Sequence[str]) -> Floats:
        """A row of length one for each text, each read alone, as many at a time as there are processors."""
        return np.concatenate(list(self._threads.map(lambda text: self.together([text]), texts)))

    def together(self, texts: Sequence[str]) -> Floats:
        """As ``vectors``, for a few texts in one run. That is quicker, and the numbers differ a little: what
        is in a run shares the scales by which it is made whole."""
        tokens = [self._tokenizer.encode(text[:LONGEST_QUESTION]).ids for text in texts]
        lengths = [len(ids) for ids in tokens]
        owners = np.repeat(np.arange(len(texts)), lengths)
        shares = (owners == np.arange(len(texts))[:, None]) / np.array(lengths)[:, None]
        given = {
            "tokens": np.concatenate(tokens).astype(np.int64),
            "places": np.concatenate([np.arange(length) for length in lengths]),
            "shares": shares.astype(np.float32),
            "walls": np.where(owners == owners[:, None], 0, _WALL).astype(np.float32),
        }
        found: Floats = self._session.run(None, given)[0]
        return found


def _processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _converted(folder: Path) -> Path | None:
    """The graph converted before, unless it is damaged."""
    for path in folder.glob(f"{_CONVERTED}*.onnx"):
        if path.stem == _CONVERTED + digest(path):
            return path
        path.unlink()
    return None


def _convert(folder: Path) -> Path:
    """Whole or not at all, so that two processes may do it at a time."""
    with tempfile.TemporaryDirectory(dir=folder) as making:
        made = Path(making) / "made.onnx"
        convert(folder / WEIGHTS, made)
        path = folder / f"{_CONVERTED}{digest(made)}.onnx"
        os.replace(made, path)
    return path
