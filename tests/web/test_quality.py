"""The quality page: what was measured, what is expected, what needs attention, for administrators alone."""

from __future__ import annotations

import pytest

from store.roles import Role
from store.seed import seed
from tests.bot import ROOT
from tests.web.conftest import Browser, WebBot

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_the_page_shows_the_figures_and_how_the_bot_decides(browser: Browser, web_bot: WebBot) -> None:
    await seed(web_bot.database, ROOT / "data", web_bot.clock())
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    page = await browser.get("/admin/quality")
    assert "for now I only offer" in page.text
    assert "Of the direct answers, right 99.4% 98.9%" in page.text
    assert "376 questions that no example was written from" in page.text
    await browser.say("What is a Policy Lab?")
    page = await browser.get("/admin/quality")
    assert "at most 1 direct answer in 50 is wrong" in page.text
    assert "What I expect of the present answers" in page.text
    assert "Questions are matched by their words." in page.text
    assert "answers need attention" in page.text
    listed = await browser.get(page.links["No Welsh"])
    assert "Who may be an affiliate?" in listed.links
    assert "How do we join?" not in listed.links
    assert "There is none of these at the moment." in (await browser.get("/admin/faq?weak=archived")).text


async def test_only_those_who_administer_see_it(browser: Browser, web_bot: WebBot) -> None:
    assert (await browser.get("/admin/quality")).status == 403
    await browser.sign_in(await web_bot.add_member("Ann"))
    assert (await browser.get("/admin/quality")).status == 403
