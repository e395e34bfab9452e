"""The sentence model's files: which they are, and whether those in a folder are the right ones."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path

# all-MiniLM-L6-v2 by sentence-transformers (Apache 2.0), at one revision; the hashes decide.
REVISION = "c9745ed1d9f207416be6d2e6f8de32d1f16199bf"
ADDRESS = f"https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/{REVISION}"
WEIGHTS = "model.safetensors"
TOKENIZER = "tokenizer.json"
HASHES = {
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    TOKENIZER: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
_PACKAGES = ("onnx", "onnxruntime", "tokenizers")


class ModelFilesError(Exception):
    """The sentence model cannot be used; says why, and what to do."""


def problem(folder: Path) -> str | None:
    """Why the sentence model in a folder cannot be used, in one sentence; None when it can."""
    if missing := [name for name in _PACKAGES if find_spec(name) is None]:
        return f"{' and '.join(missing)} not installed: run pip install .[semantic]"
    return next((found for name in HASHES if (found := wrong(folder / name))), None)


def wrong(path: Path) -> str | None:
    """What is wrong with one of the files; None when it is the published one."""
    try:
        if digest(path) == HASHES[path.name]:
            return None
    except FileNotFoundError:
        return f"{path} is not there: run python -m bot faq-model fetch"
    except OSError as error:
        return f"{path} cannot be read ({error.strerror})"
    return f"{path} is damaged or another file: delete it and run python -m bot faq-model fetch"


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
