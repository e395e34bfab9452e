"""Fetching calendars: over https, from public addresses alone, and not for long.

The name of a host is looked up once for a connection, every address it has is checked, and the connection
goes to what was checked: a name that points elsewhere a moment later leads nowhere. Redirects are followed
by hand, each checked as the first address was."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from handlers.event_feed_reading import LARGEST_FEED_BYTES

LONGEST_SECONDS = 10.0
MOST_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Of protocols, not of hosts; Python calls some of it global.
_PROTOCOLS = ipaddress.ip_network("192.0.0.0/24")
_CHUNK_BYTES = 64 * 1024


class Unfetched(Exception):
    """A calendar that was not fetched: ``code`` names why, ``about`` what it is about."""

    def __init__(self, code: str, about: str = "") -> None:
        super().__init__(code)
        self.code, self.about = code, about


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a server gave; ``data`` is None where nothing has changed since."""

    data: bytes | None
    etag: str = ""
    last_modified: str = ""


def is_public(address: str) -> bool:
    """Whether an address belongs to the internet, and not to this machine, its network or a provider."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        # Addresses of the old kind in the clothes of the new are judged as what they are.
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip.teredo is not None or ip.is_site_local:
            return False
    if ip in _PROTOCOLS:
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


class Fetcher:
    """Fetches one calendar at a time. Tests put other ways of looking up, of checking and of trust in."""

    def __init__(
        self,
        *,
        resolver: AbstractResolver | None = None,
        allowed: Callable[[str], bool] = is_public,
        trusted: ssl.SSLContext | None = None,
        ports: frozenset[int] = frozenset({443}),
        longest_seconds: float = LONGEST_SECONDS,
    ) -> None:
        self._resolver = resolver
        self._allowed = allowed
        self._trusted = trusted or ssl.create_default_context()
        self._ports = ports
        self._longest_seconds = longest_seconds

    async def fetch(self, address: str, *, etag: str = "", last_modified: str = "") -> Fetched:
        """:raises Unfetched: it is not allowed, does not answer, or is too large."""
        headers = {"Accept": "text/calendar, */*;q=0.1", "Accept-Encoding": "identity"}
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        resolver = _Checked(self._resolver or ThreadedResolver(), self._allowed)
        connector = aiohttp.TCPConnector(
            resolver=resolver,
            use_dns_cache=False,
            ssl=self._trusted,
            force_close=True,
            socket_factory=self._socket,
        )
        try:
            async with (
                asyncio.timeout(self._longest_seconds),
                aiohttp.ClientSession(
                    connector=connector, trust_env=False, auto_decompress=False,
                    cookie_jar=aiohttp.DummyCookieJar(),
                ) as session,
            ):  # fmt: skip
                return await self._follow(session, URL(address), headers)
        except TimeoutError:
            raise Unfetched("no_answer") from None
        except aiohttp.ClientConnectorCertificateError:
            raise Unfetched("certificate") from None
        except aiohttp.ClientConnectorDNSError:
            raise Unfetched("private_address" if resolver.refused else "unknown_host") from None
        except aiohttp.ClientConnectorSSLError:
            raise Unfetched("certificate") from None
        except (aiohttp.ClientError, OSError, ValueError):
            raise Unfetched("no_connection") from None

    async def _follow(self, session: aiohttp.ClientSession, url: URL, headers: dict[str, str]) -> Fetched:
        for _hop in range(MOST_REDIRECTS + 1):
            self._check(url)
            async with session.get(url, headers=headers, allow_redirects=False) as response:
                if response.status in _REDIRECTS:
                    target = response.headers.get("Location", "")
                    if not target:
                        raise Unfetched("status", str(response.status))
                    url = url.join(URL(target))
                    continue
                return await _read(response)
        raise Unfetched("redirects")

    def _socket(self, address: tuple[Any, ...]) -> socket.socket:
        """The last look, at what is about to be connected to; whatever led there."""
        family, kind, protocol, _name, target = address
        if not self._allowed(str(target[0])):
            raise Unfetched("private_address")
        return socket.socket(family, kind, protocol)

    def _check(self, url: URL) -> None:
        """What the address itself says; names are checked when they are looked up."""
        if url.scheme != "https" or url.user or url.password or not url.host:
            raise Unfetched("not_https")
        if url.port not in self._ports:
            raise Unfetched("port")
        # A name ends in letters: what ends in a number is an address, in one of its many spellings.
        last = url.host.rpartition(".")[2].lower()
        if (":" in url.host or last.isdigit() or last.startswith("0x")) and not self._allowed(url.host):
            raise Unfetched("private_address")


class _Checked(AbstractResolver):
    """Looks names up, and gives nothing of a name that has an address which is not allowed."""

    def __init__(self, inner: AbstractResolver, allowed: Callable[[str], bool]) -> None:
        self._inner, self._allowed = inner, allowed
        self.refused = False

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if not found or not all(self._allowed(one["host"]) for one in found):
            self.refused = bool(found)
            raise OSError("an address that is not allowed")
        return found

    async def close(self) -> None:
        await self._inner.close()


async def _read(response: aiohttp.ClientResponse) -> Fetched:
    if response.status == 304:
        return Fetched(None)
    if response.status != 200:
        raise Unfetched("status", str(response.status))
    if response.headers.get("Content-Encoding", "identity").lower() not in ("", "identity"):
        raise Unfetched("packed")
    if (response.content_length or 0) > LARGEST_FEED_BYTES:
        raise Unfetched("too_large")
    data = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        data += chunk
        if len(data) > LARGEST_FEED_BYTES:
            raise Unfetched("too_large")
    return Fetched(
        bytes(data),
        response.headers.get("ETag", "")[:200],
        response.headers.get("Last-Modified", "")[:80],
    )
