"""Calendars of others on the dashboard: files looked over and brought in, feeds seen and paused, by
administrators alone."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import select

from store.event_feeds import EventFeed
from store.events import Event
from store.roles import Role
from tests.bot import NOW
from tests.web.conftest import Browser, WebBot
from tests.web.pages import Page, read

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

GOOGLE = (Path(__file__).parent.parent / "data" / "calendars" / "google.ics").read_bytes()


async def upload(browser: Browser, data: bytes, csrf: str = "") -> Page:
    token = csrf or (await browser.get("/admin/feeds")).form("/admin/feeds/file").value("csrf")
    form = aiohttp.FormData({"csrf": token})
    form.add_field("file", data, filename="a.ics", content_type="text/calendar")
    async with browser.client.post("/admin/feeds/file", data=form) as response:
        return read(response.status, str(response.url), await response.text())


async def titles(bot: WebBot) -> list[str]:
    async with bot.database.read() as session:
        return list(await session.scalars(select(Event.title).order_by(Event.starts_at)))


async def test_a_file_is_looked_over_brought_in_once_and_followed(browser: Browser, web_bot: WebBot) -> None:
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    page = await upload(browser, GOOGLE)
    assert (page.status, "New: 6" in page.text, await titles(web_bot)) == (200, True, [])
    page = await browser.send(page.form("/admin/feeds/file/apply"))
    assert "Drafts added: 6" in page.text
    assert len(await titles(web_bot)) == 6
    page = await upload(browser, GOOGLE)
    assert "There is nothing to change." in page.text
    page = await upload(browser, GOOGLE.replace(b"SUMMARY:Morning call", b"SUMMARY:Evening call"))
    assert "Changed: 1" in page.text
    await browser.send(page.form("/admin/feeds/file/apply"))
    assert "Evening call" in await titles(web_bot)


async def test_what_was_not_looked_over_is_not_brought_in(browser: Browser, web_bot: WebBot) -> None:
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    form = (await upload(browser, GOOGLE)).form("/admin/feeds/file/apply")
    for changed in ({"data": "QkVHSU46"}, {"checked": "x.y"}, {"data": "%"}):
        assert (await browser.send(form, changed)).status == 400
    assert await titles(web_bot) == []


async def test_a_file_that_is_none_says_why(browser: Browser, web_bot: WebBot) -> None:
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    for data, said in (
        (b"<html>", "What is there is no calendar."),
        (GOOGLE[:1500], "The calendar is cut off in the middle."),
        (b"x" * 500_001, "The file is larger than 500 kB."),
    ):
        page = await upload(browser, data)
        assert (page.status, said in page.text) == (422, True)


async def test_feeds_are_seen_and_paused(browser: Browser, web_bot: WebBot) -> None:
    async with web_bot.database.write() as session:
        session.add(
            EventFeed(
                name="Partners", url="https://calendar.example.org/4711.ics", source="a", kind="webinar",
                language="en", organiser="Partners", everyone=True, public=False, categories=[],
                announces=False, created_at=NOW, paused_at=None, due_at=NOW, read_at=NOW, succeeded_at=None,
                problem=["status", "404"], notes=[["private", "Appraisal"]], etag="", last_modified="",
            )
        )  # fmt: skip
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    page = await browser.get("/admin/feeds")
    for said in ("calendar.example.org", "status 404", "“Appraisal” is left out", "Read now"):
        assert said in page.text
    assert "4711" not in page.text
    csrf = page.form("/admin/feeds").value("csrf")
    page = await browser.post("/admin/feeds", {"csrf": csrf, "id": "p1", "feed": "1", "act": "pause"})
    assert "“Partners” is paused." in page.text
    page = await browser.post("/admin/feeds", {"csrf": csrf, "id": "p2", "feed": "1", "act": "resume"})
    assert "is read again" in page.text
    page = await browser.post("/admin/feeds", {"csrf": csrf, "id": "p3", "act": "add"})
    assert "Its iCalendar address" in page.text
    assert (await browser.post("/admin/feeds", {"csrf": csrf, "feed": "1", "act": "x"})).status == 404


async def test_nobody_else_sees_or_moves_calendars(browser: Browser, web_bot: WebBot) -> None:
    for name, held in (("Bob", []), ("Rev", [Role.REVIEWER])):
        await browser.sign_in(await web_bot.add_member(name, *held))
        csrf = (await browser.get("/")).form("/sign-out").value("csrf")
        assert (await browser.get("/admin/feeds")).status == 403
        assert (await upload(browser, GOOGLE, csrf)).status == 403
        for path in ("/admin/feeds", "/admin/feeds/file/apply"):
            assert (await browser.post(path, {"csrf": csrf, "act": "add"})).status == 403
