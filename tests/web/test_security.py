"""What pages refuse: forged forms, oversized bodies, other sites, and faults that would show their inside."""

from __future__ import annotations

from io import BytesIO
from urllib.parse import urlencode

from aiohttp.test_utils import TestClient, TestServer

from bot.web.limits import RateLimit
from handlers.kit.signing import Signer
from store.database import Database
from tests.bot import NOW, TestClock
from tests.web.conftest import Browser, WebBot, composer, filled


async def test_a_form_without_its_token_is_not_sent_and_keeps_what_was_typed(
    browser: Browser, web_bot: WebBot
) -> None:
    await browser.sign_in(await web_bot.add_member("Ann"))
    form = composer(await browser.get("/"))
    for csrf in ("", "x", "s.wrong", "v.1.wrong", "é"):
        page = await browser.send(form, {"csrf": csrf, "say": "/gallery kept"})
        assert page.status == 403
        assert page.form("/chat").value("say") == "/gallery kept"
    assert "Said: kept" not in (await browser.get("/")).text
    # It was an honest mistake: the button sends it again.
    assert "Said: kept" in (await browser.send(page.form("/chat"))).text


async def test_a_token_of_another_session_or_of_a_visitor_does_not_do(
    browser: Browser, other_browser: Browser, web_bot: WebBot
) -> None:
    visitor = composer(await other_browser.get("/")).value("csrf")
    await other_browser.sign_in(await web_bot.add_member("Bob"))
    bob = composer(await other_browser.get("/")).value("csrf")
    await browser.sign_in(await web_bot.add_member("Ann"))
    form = composer(await browser.get("/"))
    for csrf in (visitor, bob):
        assert (await browser.send(form, {"csrf": csrf, "say": "x"})).status == 403


async def test_a_visitors_page_that_was_open_for_a_day_asks_once_more(
    browser: Browser, web_bot: WebBot
) -> None:
    form = composer(await browser.get("/"))
    web_bot.clock.advance(hours=25)
    page = await browser.send(form, {"say": "/gallery late"})
    assert (page.status, page.form("/chat").value("say")) == (403, "/gallery late")
    assert "Said: late" in (await browser.send(page.form("/chat"))).text


async def test_forms_on_other_sites_are_refused(browser: Browser) -> None:
    form = composer(await browser.get("/"))
    for headers in (
        {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://www.example.org"}, {"Origin": "null"},
    ):  # fmt: skip
        page = await browser.send(form, {"say": "/gallery forged"}, headers=headers)
        assert (page.status, "did not come from our pages" in page.text) == (403, True)
        assert "forged" not in page.text
    own = {"Sec-Fetch-Site": "same-origin", "Origin": str(browser.client.make_url("/")).rstrip("/")}
    assert (await browser.send(form, {"say": "/gallery own"}, headers=own)).status == 200


async def test_bodies_that_are_too_big_or_malformed_are_refused_in_words(browser: Browser) -> None:
    form = composer(await browser.get("/"))
    fields = urlencode(filled(form, {"say": "x" * (1024 * 1024)})).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with browser.client.post("/chat", data=BytesIO(fields), headers=headers) as response:
        assert (response.status, "We take up to 1 MB" in await response.text()) == (413, True)
    kinds = {"application/json": 415, "multipart/form-data; boundary=x": 415, "text/plain": 415,
             "application/x-www-form-urlencoded; charset=nothing": 400,
             "application/x-www-form-urlencoded": 400}  # fmt: skip
    for kind, status in kinds.items():
        async with browser.client.post("/chat", data=b"\xff%ff{", headers={"Content-Type": kind}) as response:
            assert (response.status, "Traceback" in await response.text()) == (status, False)


async def test_pages_that_are_not_there_are_pages(browser: Browser) -> None:
    for path in ("/nothing", "/static/nothing.css", "/case-studies/nothing", "/case-studies/<script>"):
        page = await browser.get(path)
        assert page.status == 404
        assert "<script>" not in page.html.replace("<script src=", "")
    assert "There is no such page" in page.text
    assert (await browser.post("/about", {})).status == 405


async def test_every_page_tells_browsers_what_to_refuse(browser: Browser) -> None:
    for path in ("/", "/about", "/nothing", "/sign-in", "/case-studies", "/admin"):
        async with browser.client.get(path) as response:
            policy = response.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
            assert "unsafe" not in policy
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Referrer-Policy"] == "same-origin"
            assert response.headers["Cache-Control"] == "no-store"
            page = await response.text()
            assert " style=" not in page
            assert " onclick=" not in page


async def test_the_cookie_is_closed_to_scripts_and_behind_tls_to_everything_else(
    browser: Browser, database: Database, clock: TestClock
) -> None:
    async with browser.client.post(
        "/chat", data=filled(composer(await browser.get("/")), {"say": "x"}), allow_redirects=False
    ) as response:
        cookie = response.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Secure" not in cookie
    bot = WebBot(database, clock, "https://bot.example.org")
    async with TestClient(TestServer(bot.application())) as client:
        secure = Browser(bot, client)
        fields = filled(composer(await secure.get("/")), {"say": "x"})
        async with client.post("/chat", data=fields, allow_redirects=False) as response:
            assert response.headers["Set-Cookie"].startswith("__Host-session=")
            assert "Secure" in response.headers["Set-Cookie"]
            assert response.headers["Strict-Transport-Security"] == "max-age=31536000"


async def test_static_files_are_kept_for_ever_under_the_hash_of_their_content(browser: Browser) -> None:
    page = await browser.get("/")
    stylesheet = page.html.split('rel="stylesheet" href="')[1].split('"')[0]
    async with browser.client.get(stylesheet) as response:
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response.content_type == "text/css"
        assert len(await response.read()) < 20_000
    async with browser.client.get("/favicon.ico") as response:
        assert response.content_type == "image/svg+xml"


async def test_a_fault_is_a_page_with_a_reference_and_keeps_what_was_typed(
    browser: Browser, web_bot: WebBot
) -> None:
    form = composer(await browser.get("/"))

    async def fail(update: object) -> object:
        raise RuntimeError("inside")

    web_bot.dispatcher.handle = fail  # type: ignore[method-assign,assignment]
    page = await browser.send(form, {"say": "/gallery kept"})
    assert page.status == 500
    assert "inside" not in page.text
    assert "tell an administrator this reference" in page.text
    assert page.form("/chat").value("say") == "/gallery kept"


async def test_the_language_is_chosen_by_visitors_and_members(browser: Browser, web_bot: WebBot) -> None:
    page = await browser.get("/about")
    assert '<html lang="en">' in page.html
    page = await browser.send(page.form("/language"), button="Cymraeg")
    assert (page.path, '<html lang="cy">' in page.html) == ("/about", True)
    ann = await web_bot.add_member("Ann")
    page = await browser.sign_in(ann)
    assert '<html lang="cy">' in page.html
    page = await browser.send(page.form("/language"), button="English")
    assert '<html lang="en">' in (await browser.get("/")).html
    csrf = page.form("/language").value("csrf")
    assert (await browser.post("/language", {"csrf": csrf, "locale": "xx"})).status == 404


def test_a_sealed_text_is_opened_only_whole_and_for_its_purpose() -> None:
    signer = Signer("a secret")
    sealed = signer.seal("notice", "Gwnaed — done")
    assert signer.unseal("notice", sealed) == "Gwnaed — done"
    for wrong in ("", ".", sealed[:-1], "x" + sealed, sealed.partition(".")[0]):
        assert signer.unseal("notice", wrong) is None
    assert signer.unseal("other", sealed) is None
    assert Signer("").unseal("notice", Signer("").seal("notice", "x")) is None


def test_a_limit_lets_in_so_many_and_says_how_long_to_wait() -> None:
    clock = TestClock()
    limit = RateLimit(2, NOW - NOW.replace(hour=9))
    assert [limit.take("ann", clock()) for _ in range(3)] == [0, 0, 3600]
    assert limit.take("bob", clock()) == 0
    clock.advance(minutes=30)
    assert limit.take("ann", clock()) == 1800
    clock.advance(minutes=30)
    assert limit.take("ann", clock()) == 0
