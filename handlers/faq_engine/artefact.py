"""A model as bytes, so that processes can share it. Holds arrays only: reading one runs no code."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import astuple

import numpy as np
from numpy.typing import NDArray

from handlers.faq_engine.calibration import Calibration
from handlers.faq_engine.features import Features
from handlers.faq_engine.model import Encoder, Meanings, Model
from handlers.faq_engine.proof import Proof
from handlers.faq_engine.repair import Repair
from handlers.faq_engine.text import Stemmer


class ArtefactError(Exception):
    """Bytes that are no model."""


def pack(model: Model) -> bytes:
    """The model as the bytes of an ``.npz`` file."""
    file = io.BytesIO()
    counts = model.repair.counts
    np.savez(
        file,
        slugs=_joined(model.slugs),
        offered_only=_joined(sorted(model.offered_only)),
        names=_joined(model.features.names),
        rarities=model.features.rarities,
        texts=np.array(model.features.texts),
        known=_joined(list(counts)),
        counts=np.array(list(counts.values()), np.int32),
        weights=model.weights,
        meanings=model.meanings.weights if model.meanings else np.empty((0, 0), np.float32),
        calibration=np.array(astuple(model.calibration), np.float64),
        proof=_joined([json.dumps(model.proof.to_json())] if model.proof else []),
    )
    return file.getvalue()


def unpack(packed: bytes, encoder: Encoder | None = None) -> Model:
    """The model again, with the ``encoder`` that it was fitted with.

    :raises ArtefactError: when these bytes were not written by ``pack``, or for another strength.
    """
    try:
        with np.load(io.BytesIO(packed), allow_pickle=False) as held:
            meanings = held["meanings"]
            if (encoder is None) is not (meanings.size == 0):
                raise ValueError("the model is of the other strength")
            stemmer = Stemmer()
            counts = dict(zip(_parted(held["known"]), held["counts"].tolist(), strict=True))
            return Model(
                slugs=tuple(_parted(held["slugs"])),
                offered_only=frozenset(_parted(held["offered_only"])),
                features=Features(_parted(held["names"]), held["rarities"], int(held["texts"]), stemmer),
                repair=Repair(counts, stemmer, encoder.words if encoder else {}),
                weights=held["weights"],
                meanings=Meanings(encoder, meanings) if encoder else None,
                calibration=Calibration(*held["calibration"].tolist()),
                proof=next((Proof.from_json(json.loads(one)) for one in _parted(held["proof"])), None),
            )
    except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ArtefactError(str(error)) from error


def _joined(texts: Sequence[str]) -> NDArray[np.uint8]:
    # No feature, word or slug holds a line feed: all are made of words; and JSON writes one as two signs.
    return np.frombuffer("\n".join(texts).encode(), np.uint8)


def _parted(joined: NDArray[np.uint8]) -> list[str]:
    text = joined.tobytes().decode()
    return text.split("\n") if text else []
