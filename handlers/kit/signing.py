"""Signing: what travels in an address and comes back is known to be ours."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets


class Signer:
    """Signs with SECRET_KEY; demo mode may have none, then with a key of this process alone."""

    def __init__(self, secret: str = "") -> None:
        self._key = (secret or secrets.token_hex(32)).encode()

    def sign(self, purpose: str, text: str) -> str:
        digest = hmac.new(self._key, f"{purpose}\0{text}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def holds(self, purpose: str, text: str, signature: str) -> bool:
        return hmac.compare_digest(self.sign(purpose, text).encode(), signature.encode())

    def seal(self, purpose: str, text: str) -> str:
        """A text and its signature, fit for an address."""
        packed = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        return f"{packed}.{self.sign(purpose, packed)}"

    def unseal(self, purpose: str, sealed: str) -> str | None:
        packed, _, signature = sealed.partition(".")
        if not self.holds(purpose, packed, signature):
            return None
        return base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode()
