"""The queue on the dashboard: a question asked on the web is answered there, and its asker reads it."""

from __future__ import annotations

import pytest

from store import faq
from store.members import Member
from store.roles import Role
from store.seed import seed
from tests.bot import ROOT
from tests.web.conftest import Browser, WebBot

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TRAVEL = "Who pays my train to the conference of mayors?"


async def test_a_question_is_handed_over_answered_and_read(
    browser: Browser, other_browser: Browser, web_bot: WebBot
) -> None:
    await seed(web_bot.database, ROOT / "data", web_bot.clock())
    ada = await web_bot.add_member("Ada", Role.ADMINISTRATOR)
    await browser.sign_in(await web_bot.add_member("Ann"))
    await other_browser.sign_in(ada)
    page = await browser.press(await browser.say(TRAVEL), "None of these: ask a person")
    form = next(one for one in page.forms if one.action.startswith("/forms/"))
    page = await browser.send(form, {"consent": "yes"}, button="Continue")
    checked = [one for one in page.forms if any("Send my question" in text for _, _, text in one.buttons)]
    for form in checked:
        page = await browser.send(form, button="Send my question")
    assert "with the network's team" in page.text
    queue = await other_browser.get("/admin/questions")
    assert TRAVEL in queue.text
    assert "Nobody yet" in queue.text
    closest = [path for path in queue.links.values() if path.startswith("/admin/faq/")]
    assert closest
    assert (await other_browser.get(closest[0])).status == 200
    async with web_bot.database.write() as session:
        (await session.get_one(Member, ada.id)).speak("cy")
        near = await faq.titled(session, [path.rpartition("/")[2] for path in closest])
    in_welsh = await other_browser.get("/admin/questions")
    assert {one.title_in("cy") for one in near} <= in_welsh.links.keys()
    async with web_bot.database.write() as session:
        (await session.get_one(Member, ada.id)).speak("en")
    claim = next(
        one for one in queue.forms if any(text.startswith("I take it") for _, _, text in one.buttons)
    )
    queue = await other_browser.send(claim, button="I take it")
    answer = next(one for one in queue.forms if any(text.startswith("Answer") for _, _, text in one.buttons))
    page = await other_browser.send(answer, button="Answer")
    form = next(one for one in page.forms if one.action.startswith("/forms/"))
    page = await other_browser.send(form, {"answer": "Your council does."}, button="Continue")
    checked = [one for one in page.forms if any("Send the answer" in text for _, _, text in one.buttons)]
    for form in checked:
        page = await other_browser.send(form, button="Send the answer")
    await web_bot.deliver()
    assert "Your council does." in (await browser.get("/")).text
    assert "No question waits" in (await other_browser.get("/admin/questions")).text


async def test_a_visitor_is_given_the_mail_address_and_a_way_to_sign_in(
    browser: Browser, web_bot: WebBot
) -> None:
    await web_bot.add_member("Ada", Role.ADMINISTRATOR)
    page = await browser.press(await browser.say(TRAVEL), "Talk to a person")
    assert "or sign in: then I pass your question on" in page.text
    assert page.links["Write to the team"].startswith("mailto:")
    assert page.links["Sign in"] == "/sign-in"


async def test_only_those_who_administer_see_the_queue(browser: Browser, web_bot: WebBot) -> None:
    assert (await browser.get("/admin/questions")).status == 403
    await browser.sign_in(await web_bot.add_member("Ann"))
    assert (await browser.get("/admin/questions")).status == 403
    csrf = (await browser.get("/")).form("/sign-out").value("csrf")
    forged = {"csrf": csrf, "question": "1", "act": "claim"}
    assert (await browser.post("/admin/questions", forged)).status == 403
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    csrf = (await browser.get("/")).form("/sign-out").value("csrf")
    for forged in ({"question": "1", "act": "burn"}, {"question": "x", "act": "claim"}):
        assert (await browser.post("/admin/questions", {"csrf": csrf, **forged})).status == 404
