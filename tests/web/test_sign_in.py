"""Signing in and out: one-time links, demo people, sessions that end."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.settings import SettingsError
from bot.web import demo
from store import choices, members, organisations, roles, sign_in, web_sessions
from store.database import Database
from store.roles import Role
from store.sign_in import SignInLink
from store.web_sessions import WebSession
from tests.bot import TestClock
from tests.web.conftest import Browser, WebBot


async def path_of_link(bot: WebBot, member_id: int) -> str:
    return "/sign-in/" + (await bot.mint(member_id)).rpartition("/")[2]


async def test_only_the_buttons_post_signs_in_and_only_once(
    browser: Browser, other_browser: Browser, web_bot: WebBot
) -> None:
    ann = await web_bot.add_member("Ann Archer")
    path = await path_of_link(web_bot, ann.id)
    for _ in range(3):
        page = await browser.get(path)
        assert "works once" in page.text
    assert "Ann Archer" not in (await browser.get("/")).text
    page = await browser.send(page.form(path))
    assert "Ann Archer" in page.text
    late = await other_browser.get(path)
    assert (late.status, "This link has been used" in late.text) == (410, True)
    csrf = late.form("/language").value("csrf")
    late = await other_browser.post(path, {"csrf": csrf})
    assert (late.status, "/ccin web" in late.text) == (410, True)
    assert "Ann Archer" not in (await other_browser.get("/")).text


async def test_a_link_is_good_for_ten_minutes(browser: Browser, web_bot: WebBot) -> None:
    ann = await web_bot.add_member("Ann")
    path = await path_of_link(web_bot, ann.id)
    page = await browser.get(path)
    web_bot.clock.advance(minutes=10)
    page = await browser.send(page.form(path))
    assert (page.status, "This link is too old" in page.text) == (410, True)
    page = await browser.get("/sign-in/nothing")
    assert (page.status, "This link is not complete" in page.text) == (410, True)


async def test_a_link_is_stored_nowhere_in_clear(web_bot: WebBot) -> None:
    ann = await web_bot.add_member("Ann")
    token = (await web_bot.mint(ann.id)).rpartition("/")[2]
    async with web_bot.database.read() as session:
        link = await session.get(SignInLink, sign_in.hashed(token))
        assert link is not None
        assert token not in repr(vars(link))


async def test_somebody_no_longer_active_is_not_let_in(browser: Browser, web_bot: WebBot) -> None:
    ann = await web_bot.add_member("Ann")
    path = await path_of_link(web_bot, ann.id)
    page = await browser.get(path)
    async with web_bot.database.write() as session:
        held = await members.by_id(session, ann.id)
        assert held is not None
        held.active = False
    assert (await browser.send(page.form(path))).status == 410


async def test_the_session_is_new_after_signing_in_and_gone_after_signing_out(
    browser: Browser, web_bot: WebBot
) -> None:
    await browser.say("/gallery as a visitor")
    before = browser.cookie()
    page = await browser.sign_in(await web_bot.add_member("Ann"))
    signed_in = browser.cookie()
    assert before != signed_in
    assert "as a visitor" not in page.text
    async with web_bot.database.read() as session:
        assert await web_sessions.by_token(session, before, web_bot.clock()) is None
        assert await session.get(WebSession, signed_in) is None
    page = await browser.send(page.form("/sign-out"))
    assert "You are signed out." in page.text
    assert browser.cookie() == ""
    async with web_bot.database.read() as session:
        assert await web_sessions.by_token(session, signed_in, web_bot.clock()) is None


async def test_a_member_finds_their_conversation_in_every_browser(
    browser: Browser, other_browser: Browser, web_bot: WebBot
) -> None:
    ann = await web_bot.add_member("Ann")
    await browser.sign_in(ann)
    await browser.say("/gallery from the first")
    page = await other_browser.sign_in(ann)
    assert "from the first" in page.text
    async with web_bot.database.read() as session:
        held = await members.identities(session, ann.id)
    assert [identity.platform for identity in held] == ["web"]


async def test_sessions_end_when_they_are_revoked_rest_or_grow_old(browser: Browser, web_bot: WebBot) -> None:
    ann = await web_bot.add_member("Ann Archer")
    await browser.sign_in(ann)
    link = await path_of_link(web_bot, ann.id)
    async with web_bot.database.write() as session:
        assert await web_sessions.revoke_all(session, ann.id) == 1
    assert "Ann Archer" not in (await browser.get("/")).text
    assert (await browser.get(link)).status == 410
    await browser.sign_in(ann)
    for _ in range(5):
        web_bot.clock.advance(days=6)
        assert "Ann Archer" in (await browser.get("/")).text
    web_bot.clock.advance(hours=1)
    assert "Ann Archer" not in (await browser.get("/")).text
    await browser.sign_in(ann)
    web_bot.clock.advance(days=7, minutes=1)
    assert "Ann Archer" not in (await browser.get("/")).text
    await web_bot.surface.jobs()[0].run()
    async with web_bot.database.read() as session:
        assert (await session.get(SignInLink, link)) is None


async def test_too_many_attempts_are_told_to_wait(browser: Browser) -> None:
    csrf = (await browser.get("/sign-in")).form("/language").value("csrf")
    for _ in range(20):
        assert (await browser.post("/sign-in/guess", {"csrf": csrf})).status == 410
    page = await browser.post("/sign-in/guess", {"csrf": csrf})
    assert (page.status, "Wait a few minutes" in page.text) == (429, True)


async def test_a_demo_person_is_chosen_and_comes_back_to_where_they_were_going(
    browser: Browser, web_bot: WebBot
) -> None:
    page = await browser.get("/sign-in?next=/about")
    assert "Demo councillor" in page.text
    page = await browser.send(page.form("/sign-in/demo", button="Demo owner"), button="Demo owner")
    assert page.path == "/about"
    assert "Dashboard" in page.links
    async with web_bot.database.read() as session:
        owner = (await members.search(session, "Demo owner"))[0]
        assert await roles.of_member(session, owner.id) == {Role.OWNER}


async def test_who_chose_welsh_before_signing_in_goes_on_in_welsh_unless_they_chose_english_since(
    browser: Browser, web_bot: WebBot
) -> None:
    ann = await web_bot.add_member("Ann")
    for spoken in ("cy", "en"):
        page = await browser.get("/about")
        await browser.post("/language", {"csrf": page.form("/language").value("csrf"), "locale": "cy"})
        page = await browser.get(await path_of_link(web_bot, ann.id))
        page = await browser.send(page.form(page.path))
        assert f'<html lang="{spoken}">' in page.html
        await browser.post("/language", {"csrf": page.form("/language").value("csrf"), "locale": "en"})
        page = await browser.get("/about")
        await browser.send(page.form("/sign-out"))


async def test_signing_in_leads_nowhere_else(browser: Browser) -> None:
    for path in ("https://www.example.org/", "//www.example.org", "/\\www.example.org"):
        page = await browser.get(f"/sign-in?next={path}")
        assert page.form("/sign-in/demo", button="Demo officer").value("next") == "/"


async def test_demo_sign_in_is_for_this_machine_alone(browser: Browser) -> None:
    form = (await browser.get("/sign-in")).form("/sign-in/demo", button="Demo owner")
    for headers in (
        {"Host": "bot.example.org"}, {"X-Forwarded-For": "192.0.2.1"}, {"Forwarded": "for=192.0.2.1"},
        {"Via": "1.1 proxy"}, {"X-Forwarded-Proto": "https"}, {"X-Real-IP": "192.0.2.1"},
    ):  # fmt: skip
        page = await browser.get("/sign-in", headers)
        assert "Demo owner" not in page.text
        assert (await browser.send(form, button="Demo owner", headers=headers)).status == 404
    assert (await browser.get("/sign-in/demo")).status == 410
    assert (
        await browser.post("/sign-in/demo", {"person": "nobody", "csrf": form.value("csrf")})
    ).status == 404


async def test_outside_demo_mode_nobody_signs_in_as_a_demo_person(
    database: Database, clock: TestClock
) -> None:
    await demo.claim(database, clock(), demo=True)
    bot = WebBot(database, clock, "https://bot.example.org")
    async with TestClient(TestServer(bot.application())) as client:
        browser = Browser(bot, client)
        page = await browser.get("/sign-in")
        assert "Demo" not in page.text
        assert "/ccin web" in page.text
        csrf = page.form("/language").value("csrf")
        assert (await browser.post("/sign-in/demo", {"person": "owner", "csrf": csrf})).status == 404


async def test_demo_databases_and_real_ones_are_kept_apart(database: Database, clock: TestClock) -> None:
    await demo.claim(database, clock(), demo=False)
    async with database.read() as session:
        assert await choices.get(session, choices.DEMO) is None
    await demo.claim(database, clock(), demo=True)
    await demo.claim(database, clock(), demo=True)
    async with database.read() as session:
        assert len(await members.search(session, "Demo")) == len(demo.PEOPLE)
        assert len(await organisations.search(session, "Demo")) == 2
    with pytest.raises(SettingsError, match="made in demo mode"):
        await demo.claim(database, clock(), demo=False)


async def test_demo_mode_refuses_a_database_with_real_people(database: Database, clock: TestClock) -> None:
    async with database.write() as session:
        member = await members.add(session, name="Ann", now=clock())
        await members.add_identity(session, member, "slack", "U1")
    with pytest.raises(SettingsError, match="holds real people"):
        await demo.claim(database, clock(), demo=True)
