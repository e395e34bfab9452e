"""Insight on the dashboard: empty, filled, by period, as a file, and for administrators alone."""

from __future__ import annotations

import pytest

from store.members import Member
from store.roles import Role
from store.seed import seed
from tests.bot import ROOT
from tests.web.conftest import Browser, WebBot

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
UNKNOWN = "Who pays my train to the conference of mayors?"


async def test_what_was_asked_is_shown_and_an_answer_is_begun(browser: Browser, web_bot: WebBot) -> None:
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    assert "Nobody has asked anything in this time." in (await browser.get("/admin/insight")).text
    await browser.say(UNKNOWN)
    page = await browser.get("/admin/insight?period=month")
    assert UNKNOWN in page.text
    assert "asked once" in page.text
    form = next(
        one for one in page.forms if any(text.startswith("Write an answer") for _, _, text in one.buttons)
    )
    page = await browser.send(form, button=f"Write an answer: {UNKNOWN}")
    assert page.form(page.path.partition("?")[0]).value("title") == UNKNOWN


async def test_a_very_long_question_is_cut_on_the_page_and_whole_in_the_file(
    browser: Browser, web_bot: WebBot
) -> None:
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    await browser.say("W" * 900)
    page = await browser.get("/admin/insight")
    assert f"“{'W' * 199}…”" in page.text
    form = next(one for one in page.forms if one.action == "/admin/insight/export")
    assert "W" * 900 in (await browser.send(form, button="All of these as CSV")).text


async def test_answers_are_titled_in_the_readers_language(browser: Browser, web_bot: WebBot) -> None:
    await seed(web_bot.database, ROOT / "data", web_bot.clock())
    ada = await web_bot.add_member("Ada", Role.ADMINISTRATOR)
    await browser.sign_in(ada)
    await browser.say("What are the co-operative values?")
    async with web_bot.database.write() as session:
        (await session.get_one(Member, ada.id)).speak("cy")
    welsh, page = "Beth yw'r gwerthoedd cydweithredol?", "/admin/faq/values"
    assert (await browser.get("/admin/insight")).links[welsh] == page
    found = await browser.get("/admin/faq?q=values")
    assert found.links[welsh] == page
    assert "Who may be a full member?" in (await browser.get("/admin/faq")).links
    assert (await browser.get(page)).text.count(welsh) > 1


async def test_the_tables_are_taken_out_as_files(browser: Browser, web_bot: WebBot) -> None:
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    await browser.say(UNKNOWN)
    page = await browser.get("/admin/insight")
    form = next(one for one in page.forms if one.action == "/admin/insight/export")
    taken = await browser.send(form, button="All of these as CSV")
    assert taken.text.lstrip("\ufeff").startswith("group,group_size,question,asked_on,what_came")
    assert UNKNOWN in taken.text


async def test_only_those_who_administer_see_it(browser: Browser, web_bot: WebBot) -> None:
    assert (await browser.get("/admin/insight")).status == 403
    await browser.sign_in(await web_bot.add_member("Ann"))
    csrf = (await browser.get("/")).form("/sign-out").value("csrf")
    assert (await browser.get("/admin/insight")).status == 403
    assert (await browser.post("/admin/insight", {"csrf": csrf, "questions": "1"})).status == 403
    assert (await browser.post("/admin/insight/export", {"csrf": csrf, "sheet": "months"})).status == 403
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    csrf = (await browser.get("/")).form("/sign-out").value("csrf")
    for typed in ("", "x", "-1", "²"):
        assert (await browser.post("/admin/insight", {"csrf": csrf, "questions": typed})).status == 404
    assert (await browser.post("/admin/insight/export", {"csrf": csrf, "sheet": "people"})).status == 404
