"""Static files, each under an address that carries the hash of its content."""

from __future__ import annotations

import hashlib
from pathlib import Path

from aiohttp import web

FOLDER = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Assets:
    """Read once at start: there are few and they are small."""

    def __init__(self) -> None:
        self._urls: dict[str, str] = {}
        self._held: dict[str, tuple[bytes, str]] = {}
        for path in sorted(FOLDER.iterdir()):
            content = path.read_bytes()
            fingerprint = hashlib.sha256(content).hexdigest()[:12]
            name = f"{path.stem}.{fingerprint}{path.suffix}"
            self._urls[path.name] = f"/static/{name}"
            self._held[name] = (content, _TYPES[path.suffix])

    def url(self, name: str) -> str:
        return self._urls[name]

    async def serve(self, request: web.Request) -> web.Response:
        """Content under such an address never changes."""
        found = self._held.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        return _file(*found, "public, max-age=31536000, immutable")

    async def favicon(self, _request: web.Request) -> web.Response:
        """Where browsers ask for it unasked."""
        name = self._urls["favicon.svg"].rpartition("/")[2]
        return _file(*self._held[name], "public, max-age=86400")


def _file(content: bytes, kind: str, caching: str) -> web.Response:
    return web.Response(
        body=content,
        content_type=kind,
        charset="utf-8",
        headers={"Cache-Control": caching, "X-Content-Type-Options": "nosniff"},
    )
