"""Fetching calendars: only over https, only from public addresses, not too much and not for long."""

from __future__ import annotations

import asyncio
import datetime
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from handlers.event_feed_reading import LARGEST_FEED_BYTES
from scheduled.event_feed_fetching import Fetcher, Unfetched, is_public

HOST = "calendar.example.org"


class Names(AbstractResolver):
    """Says for each name what it is told to, one answer after the other, the last one for ever."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = {name.replace("_", "."): said for name, said in answers.items()}
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        said = self.answers.get(host)
        if said is None:
            raise OSError("no such name")
        addresses = said.pop(0) if len(said) > 1 else said[0]
        return [
            ResolveResult(hostname=host, host=one, port=port, family=socket.AF_INET, proto=0, flags=0)
            for one in addresses
        ]

    async def close(self) -> None:
        return


class Server:
    """A server with a certificate of its own, on an address of this machine that stands for a public one."""

    def __init__(self, folder: Path) -> None:
        self.trusted, self._own = _contexts(folder)
        self.asked: list[web.Request] = []
        self.answer: Callable[[web.Request], Awaitable[web.StreamResponse]] = self._calendar
        self.port = 0

    async def start(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._serve)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self._own)
        await site.start()
        self.port = runner.addresses[0][1]
        return runner

    def fetcher(self, names: Names | None = None, *, longest_seconds: float = 5.0) -> Fetcher:
        """Takes 127.0.0.1 for public, and no other address of this machine."""
        return Fetcher(
            resolver=names or Names(calendar_example_org=[["127.0.0.1"]]),
            allowed=lambda address: address == "127.0.0.1" or is_public(address),
            trusted=self.trusted,
            ports=frozenset({443, self.port}),
            longest_seconds=longest_seconds,
        )

    def url(self, path: str = "/a.ics", host: str = HOST) -> str:
        return f"https://{host}:{self.port}{path}"

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        return await self.answer(request)

    async def _calendar(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("If-None-Match") == '"1"':
            return web.Response(status=304)
        modified = "Sat, 21 Nov 2026 10:00:00 GMT"
        return web.Response(text="BEGIN:VCALENDAR", headers={"ETag": '"1"', "Last-Modified": modified})


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    made = Server(tmp_path)
    runner = await made.start()
    yield made
    await runner.cleanup()


async def refused(fetcher: Fetcher, url: str) -> tuple[str, str]:
    with pytest.raises(Unfetched) as raised:
        await fetcher.fetch(url)
    return raised.value.code, raised.value.about


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0",
        "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
        "2001:db8::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "not-an-address", "",
    ],
)  # fmt: skip
def test_addresses_that_are_not_of_the_internet_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://calendar.example.org/a.ics", "not_https"),
        ("ftp://calendar.example.org/a.ics", "not_https"),
        ("https://ann:secret@calendar.example.org/a.ics", "not_https"),
        ("https://calendar.example.org:8443/a.ics", "port"),
        ("https://127.0.0.1/a.ics", "private_address"),
        ("https://[::1]/a.ics", "private_address"),
        ("https://[::ffff:10.0.0.1]/a.ics", "private_address"),
        ("https://169.254.169.254/latest", "private_address"),
        ("https://inside.example.org/a.ics", "private_address"),
        ("https://both.example.org/a.ics", "private_address"),
        ("https://nowhere.example.org/a.ics", "unknown_host"),
    ],
)
async def test_an_address_that_may_not_be_read_is_never_connected_to(url: str, code: str) -> None:
    names = Names(
        inside_example_org=[["10.0.0.7"]],
        both_example_org=[["93.184.215.14", "127.0.0.1"]],
        calendar_example_org=[["93.184.215.14"]],
    )
    assert (await refused(Fetcher(resolver=names), url))[0] == code


async def test_other_ways_to_write_an_address_are_looked_up_and_checked() -> None:
    """Without names of our own: the system takes these for 127.0.0.1."""
    for host in ("2130706433", "0x7f.1", "127.1", "localhost"):
        assert await refused(Fetcher(), f"https://{host}/a.ics") == ("private_address", "")


async def test_a_calendar_is_fetched_with_what_the_server_says_of_its_version(server: Server) -> None:
    first = await server.fetcher().fetch(server.url())
    assert (first.data, first.etag) == (b"BEGIN:VCALENDAR", '"1"')
    again = await server.fetcher().fetch(server.url(), etag=first.etag, last_modified=first.last_modified)
    assert again.data is None
    assert server.asked[1].headers["If-Modified-Since"] == first.last_modified
    assert "Cookie" not in server.asked[1].headers


async def test_a_redirect_is_followed_and_checked_like_the_first_address(server: Server) -> None:
    names = Names(calendar_example_org=[["127.0.0.1"]], other_example_org=[["127.0.0.2"]])
    targets = {
        "/near": "/a.ics",
        "/private": server.url(host="other.example.org"),
        "/literal": f"https://127.0.0.2:{server.port}/a.ics",
        "/plain": f"http://{HOST}/a.ics",
        "/loop": "/loop",
    }

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path in targets:
            return web.Response(status=302, headers={"Location": targets[request.path]})
        return web.Response(text="BEGIN:VCALENDAR")

    server.answer = answer
    assert (await server.fetcher(names).fetch(server.url("/near"))).data == b"BEGIN:VCALENDAR"
    for path, code in (
        ("/private", "private_address"), ("/literal", "private_address"), ("/plain", "not_https"),
        ("/loop", "redirects"),
    ):  # fmt: skip
        assert (await refused(server.fetcher(names), server.url(path)))[0] == code


async def test_a_name_that_points_elsewhere_a_moment_later_leads_nowhere(server: Server) -> None:
    """What was checked is what is connected to: the name is not looked up a second time in between."""
    names = Names(calendar_example_org=[["127.0.0.1"], ["127.0.0.2"]])
    fetcher = server.fetcher(names)
    assert (await fetcher.fetch(server.url())).data == b"BEGIN:VCALENDAR"
    assert names.asked == [HOST]
    assert (await refused(fetcher, server.url()))[0] == "private_address"


async def test_too_much_is_refused_whether_it_was_announced_or_not(server: Server) -> None:
    async def announced(request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"x" * (LARGEST_FEED_BYTES + 1))

    async def unannounced(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _time in range(LARGEST_FEED_BYTES // 65_536 + 2):
            await response.write(b"x" * 65_536)
        return response

    for answer in (announced, unannounced):
        server.answer = answer
        assert (await refused(server.fetcher(longest_seconds=30.0), server.url()))[0] == "too_large"


async def test_what_drips_or_says_nothing_is_given_up(server: Server) -> None:
    async def silent(request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    server.answer = silent
    assert (await refused(server.fetcher(longest_seconds=0.2), server.url()))[0] == "no_answer"


async def test_what_is_packed_missing_or_untrusted_is_refused(server: Server) -> None:
    async def packed(request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"x", headers={"Content-Encoding": "gzip"})

    async def missing(request: web.Request) -> web.StreamResponse:
        return web.Response(status=404)

    server.answer = packed
    assert (await refused(server.fetcher(), server.url()))[0] == "packed"
    server.answer = missing
    assert await refused(server.fetcher(), server.url()) == ("status", "404")
    server.trusted = ssl.create_default_context()
    assert (await refused(server.fetcher(), server.url()))[0] == "certificate"


def _contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Of a client that trusts the server, and of the server."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "public.pem", folder / "private.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(public, private)
    return ssl.create_default_context(cafile=str(public)), own
