"""Signed tokens: against forged requests, and for notices that travel in an address."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from store.web_sessions import WebSession

# A visitor's page that stays open longer than this asks once more before it sends.
VISITOR_TOKEN_FOR = timedelta(hours=24)


class Signer:
    """Signs with SECRET_KEY; demo mode may have none, then with a key of this process alone."""

    def __init__(self, secret: str) -> None:
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


def csrf_token(signer: Signer, session: WebSession | None, now: datetime) -> str:
    """Bound to the session; a visitor without one gets a token that says only when it was made."""
    if session is not None:
        return "s." + signer.sign("csrf", session.id)
    made = str(int(now.timestamp()))
    return f"v.{made}.{signer.sign('csrf-visitor', made)}"


def csrf_holds(signer: Signer, session: WebSession | None, token: str, now: datetime) -> bool:
    """Whether a form was made by us for this session. Somebody who is not signed in has no rights that
    could be abused, so that any fresh token of a visitor does for them."""
    kind, _, rest = token.partition(".")
    if kind == "s":
        return session is not None and signer.holds("csrf", session.id, rest)
    if kind != "v" or (session is not None and session.member_id is not None):
        return False
    made, _, signature = rest.partition(".")
    if not made.isdecimal() or not signer.holds("csrf-visitor", made, signature):
        return False
    return 0 <= now.timestamp() - int(made) + 1 <= VISITOR_TOKEN_FOR.total_seconds()
