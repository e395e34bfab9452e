"""Signed tokens against forged requests."""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers.kit.signing import Signer
from store.web_sessions import WebSession

# A visitor's page that stays open longer than this asks once more before it sends.
VISITOR_TOKEN_FOR = timedelta(hours=24)


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
