"""Sealing: words that are encrypted before they are stored, and read back with the same key."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

# Tells a sealed value from words that somebody typed, wherever both may stand.
PREFIX = "sealed:1:"


class NoKeyError(Exception):
    """There is no key to seal with."""


class Vault:
    """Seals with the first of its keys and opens with any, so that keys can be changed one after another.

    :raises ValueError: one of them is no Fernet key (32 bytes in URL-safe base64).
    """

    def __init__(self, keys: Sequence[str] = ()) -> None:
        held = [Fernet(key) for key in keys]
        self._newest = held[0] if held else None
        self._all = MultiFernet(held) if held else None

    @property
    def ready(self) -> bool:
        """Whether it has a key."""
        return self._newest is not None

    def seal(self, text: str) -> str:
        """:raises NoKeyError: it has no key; nothing may be stored then."""
        if self._newest is None:
            raise NoKeyError
        return PREFIX + self._newest.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str | None:
        """The words, or None where no key of ours fits."""
        token = sealed.removeprefix(PREFIX)
        if self._all is None or token == sealed:
            return None
        try:
            return self._all.decrypt(token).decode()
        except InvalidToken:
            return None

    def renewed(self, sealed: str) -> str | None:
        """The same words under the newest key; None where they are already, or no key fits."""
        if self._newest is None:
            return None
        try:
            self._newest.decrypt(sealed.removeprefix(PREFIX))
        except InvalidToken:
            text = self.open(sealed)
            return None if text is None else self.seal(text)
        return None


def new_key() -> str:
    return Fernet.generate_key().decode()
