"""Figures of events on pages and as files: for administrators, and for those who run one event."""

from __future__ import annotations

from datetime import timedelta

import pytest

from store.event_audiences import EventGroup
from store.roles import Role
from tests.web.conftest import Browser, WebBot
from tests.web.test_event_people import come, hold
from tests.web.test_groups import add_group, put_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PATHS = (
    "/admin/events", "/admin/events.csv", "/events/open-house/figures", "/events/open-house/figures.csv",
)  # fmt: skip


async def test_administrators_see_a_period_and_members_nothing(browser: Browser, web_bot: WebBot) -> None:
    ada = await web_bot.add_member("Ada", Role.ADMINISTRATOR)
    event = await hold(web_bot, ada)
    ann = await web_bot.add_member("Ann")
    await come(web_bot, event, ann)
    await browser.sign_in(ann)
    for path in PATHS:
        assert (await browser.get(path)).status == 403
    await browser.sign_in(ada)
    assert "No event that was announced began in this time." in (await browser.get("/admin/events")).text
    page = await browser.get("/admin/events?from=2026-12-01&to=2026-12-31")
    assert "1 event" in page.text
    assert "Open house Monday 21 December 2026" in page.text
    assert page.links["Open house"] == "/events/open-house/figures"
    data = (await browser.get(page.links["Download as CSV"])).html
    assert "event,starts_on,organisation,region,invited,answered" in data
    assert "Open house,2026-12-21,,,6,1,1,0,0,0,0,0,1" in data
    for query, said in (
        ("from=2026-12-31&to=2026-12-01", "The first day comes before the last."),
        ("from=rubbish", "Enter days that exist"),
        ("from=2000-01-01&to=2026-01-01", "at most three years"),
        ("from=0001-01-01&to=0001-01-02", "The first day comes"),
    ):
        page = await browser.get(f"/admin/events?{query}")
        assert (page.status, said in page.text) == (422, True), query


async def test_whoever_runs_an_event_sees_its_own(browser: Browser, web_bot: WebBot) -> None:
    ada = await web_bot.add_member("Ada", Role.ADMINISTRATOR)
    lea = await web_bot.add_member("Lea")
    food = await add_group(web_bot, "Food")
    await put_in(web_bot, food, lea, lead=True)
    event = await hold(web_bot, ada, everyone=False, public=False, announced_at=None)
    async with web_bot.database.write() as session:
        session.add(EventGroup(event_id=event.id, group_id=food.id))
    await browser.sign_in(ada)
    assert "There is nothing to count" in (await browser.get("/events/open-house/figures")).text
    async with web_bot.database.write() as session:
        (await session.get_one(type(event), event.id)).announced_at = web_bot.clock() - timedelta(days=1)
    await browser.sign_in(lea)
    page = await browser.get((await browser.get("/events/open-house/people")).links["Figures"])
    assert "Invited 1" in page.text
    assert "Lea" not in page.html.partition("</header>")[2]
    assert "Open house" in (await browser.get(page.links["Download as CSV"])).html
    assert (await browser.get("/admin/events")).status == 403
