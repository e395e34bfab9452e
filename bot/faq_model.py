"""Fetching the sentence model of the FAQ engine's semantic strength, once, for an operator."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from bot.settings import SettingsError
from handlers.faq_engine.learner import open_encoder
from handlers.faq_engine.model_files import HASHES, ModelFilesError, wrong

_CHUNK_BYTES = 1024 * 1024
# For one file; the larger has 90 MB.
_PATIENCE = aiohttp.ClientTimeout(total=30 * 60, sock_connect=30, sock_read=60)


async def fetch(folder: Path, address: str) -> AsyncIterator[str]:
    """Bring what a folder lacks, make the model ready, and say so, a sentence at a time. Files that are
    there and right are left as they are, so a folder may also be filled by hand.

    :raises SettingsError: when a file cannot be had, is another one, or cannot be made ready.
    """
    try:
        os.makedirs(folder, exist_ok=True)
        async with aiohttp.ClientSession(timeout=_PATIENCE) as client:
            for name in HASHES:
                if wrong(folder / name) is None:
                    yield f"{name} is there."
                    continue
                yield f"Fetching {name} …"
                await _fetch(client, f"{address}/{name}", folder / name)
        open_encoder(folder)
    except aiohttp.ClientResponseError as error:
        raise SettingsError(f"FAQ_MODEL_URL: the address answers {error.status} {error.message}") from None
    except (aiohttp.ClientError, TimeoutError) as error:
        raise SettingsError(f"FAQ_MODEL_URL: the files cannot be fetched ({error})") from None
    except OSError as error:
        raise SettingsError(f"FAQ_MODEL_DIR: {folder} cannot be written to ({error.strerror})") from None
    except ModelFilesError as error:
        raise SettingsError(f"FAQ_MODEL_DIR: {error}") from None
    yield f"The sentence model in {folder} is ready. Start the bot again to use it."


async def _fetch(client: aiohttp.ClientSession, address: str, path: Path) -> None:
    """One file, whole and right or not at all."""
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".partial", delete=False) as file:
        try:
            async with client.get(address, raise_for_status=True) as response:
                async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                    digest.update(chunk)
                    file.write(chunk)
            if digest.hexdigest() != HASHES[path.name]:
                raise SettingsError(f"FAQ_MODEL_URL: {address} is another file than the published one")
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
