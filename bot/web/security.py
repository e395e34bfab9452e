"""What browsers are told to refuse, and which requests we refuse ourselves."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from bot.settings import is_loopback

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    # The full address of a page, which may be a sign-in link, is told to nobody else.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
_FORWARDING = ("forwarded", "via", "x-real-ip")


def protect(response: web.StreamResponse, base_url: str) -> None:
    """Put the security headers on a page of ours; nothing personal is kept in a cache."""
    for name, value in _HEADERS.items():
        response.headers[name] = value
    response.headers.setdefault("Cache-Control", "no-store")
    if base_url.startswith("https://"):
        response.headers["Strict-Transport-Security"] = "max-age=31536000"


def comes_from_us(request: web.Request, base_url: str) -> bool:
    """Whether a browser says that a form stood on a page of ours. Old browsers say nothing: the form's
    own token is what counts then."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc in (request.host, urlsplit(base_url).netloc)


def is_local(request: web.Request) -> bool:
    """Whether a request was made on this machine for this machine, by way of no proxy."""
    try:
        host = urlsplit(f"//{request.host}").hostname or ""
    except ValueError:
        return False
    names = {name.lower() for name in request.headers}
    forwarded = any(name in _FORWARDING or name.startswith("x-forwarded") for name in names)
    return is_loopback(host) and is_loopback(request.remote or "") and not forwarded


def local_path(path: str, otherwise: str = "/") -> str:
    """A path of ours to go on to; anything that could lead elsewhere is left out."""
    sound = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if sound else otherwise
