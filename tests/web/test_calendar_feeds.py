"""Calendars to follow: read by whoever has the address, told apart by their tag, and taken back at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
import vobject

from store import replies
from store.events import Event
from store.members import Member
from store.replies import Answer
from tests.web.conftest import Browser, WebBot
from tests.web.test_calendar import LINK, hold

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def give(bot: WebBot, event: Event, member: Member, answer: Answer) -> None:
    async with bot.database.write() as session:
        held = await session.get_one(Event, event.id)
        await replies.answer(session, held, member.id, answer, bot.clock())


async def address(browser: Browser) -> str:
    """The path of one's own feed, as the page shows it."""
    page = await browser.get("/calendar")
    return page.links["Open in my calendar"].removeprefix("webcal://").partition("/")[2].join(("/", ""))


async def test_one_makes_an_address_reads_it_and_takes_it_back(browser: Browser, web_bot: WebBot) -> None:
    ann = await web_bot.add_member("Ann")
    public = await hold(web_bot, "Open house")
    closed = await hold(web_bot, "Members only", public=False)
    await give(web_bot, public, ann, Answer.MAYBE)
    await give(web_bot, closed, ann, Answer.GOING)
    await browser.sign_in(ann)
    page = await browser.get("/calendar")
    page = await browser.send(page.form("/calendar", button="Make an address"), button="Make an address")
    assert "Your address is ready." in page.text
    path = await address(browser)
    async with browser.client.get(path) as response:
        assert (response.status, response.content_type) == (200, "text/calendar")
        assert response.headers["Cache-Control"] == "private, no-store"
        tag, body = response.headers["ETag"], await response.text()
    read = vobject.readOne(body)
    assert [one.summary.value for one in read.vevent_list] == ["Open house", "Members only"]
    assert [LINK in one.description.value for one in read.vevent_list] == [False, True]
    assert [one.status.value for one in read.vevent_list] == ["TENTATIVE", "CONFIRMED"]
    assert read.x_wr_calname.value.endswith(": my events")
    async with browser.client.get(path, headers={"If-None-Match": tag}) as response:
        assert (response.status, await response.read()) == (304, b"")
    assert "Last read by a calendar just now" in (await browser.get("/calendar")).text
    async with web_bot.database.write() as session:
        (await session.get_one(Event, closed.id)).cancelled_at = web_bot.clock()
    async with browser.client.get(path, headers={"If-None-Match": tag}) as response:
        assert (response.status, "STATUS:CANCELLED" in await response.text()) == (200, True)
    page = await browser.get("/calendar")
    await browser.send(page.form("/calendar", button="Stop it"), button="Stop it")
    assert (await browser.get(path)).status == 404
    assert "Make an address" in (await browser.get("/calendar")).text


async def test_choosing_leads_to_the_form(browser: Browser, web_bot: WebBot) -> None:
    await hold(web_bot, "Open house")
    await browser.sign_in(await web_bot.add_member("Ann"))
    page = await browser.get("/calendar")
    await browser.send(page.form("/calendar", button="Make an address"), button="Make an address")
    page = await browser.get("/calendar")
    assert "Those you said yes or maybe to" in page.text
    page = await browser.send(page.form("/calendar", button="Choose what it contains"), button="Choose")
    form = next(one for one in page.forms if one.action.startswith("/forms/"))
    page = await browser.send(form, {"contents": "all", "alarm": "day"}, button="Check")
    form = next(one for one in page.forms if one.action.startswith("/forms/"))
    await browser.send(form, button="Save")
    assert "1 day before" in (await browser.get("/calendar")).text
    read = vobject.readOne((await browser.get(await address(browser))).html)
    assert read.vevent.valarm.trigger.value == timedelta(days=-1)


async def test_whoever_left_or_guesses_finds_nothing(browser: Browser, web_bot: WebBot) -> None:
    ann = await web_bot.add_member("Ann")
    await browser.sign_in(ann)
    page = await browser.get("/calendar")
    await browser.send(page.form("/calendar", button="Make an address"), button="Make an address")
    path = await address(browser)
    async with web_bot.database.write() as session:
        (await session.get_one(Member, ann.id)).active = False
    found = [(await browser.get(one)).status for one in (path, *["/calendar/guess.ics"] * 20)]
    assert found == [404] * 20 + [429]
    web_bot.clock.advance(minutes=5)
    assert (await browser.get("/calendar/guess.ics")).status == 404


async def test_one_address_is_read_so_often_and_no_more(browser: Browser, web_bot: WebBot) -> None:
    await browser.sign_in(await web_bot.add_member("Ann"))
    page = await browser.get("/calendar")
    await browser.send(page.form("/calendar", button="Make an address"), button="Make an address")
    path = await address(browser)
    statuses = [(await browser.client.get(path)).status for _time in range(61)]
    assert (statuses[59], statuses[60]) == (200, 429)


async def test_the_public_calendar_has_public_events_and_no_link(browser: Browser, web_bot: WebBot) -> None:
    await hold(web_bot, "Open house")
    await hold(web_bot, "Members only", public=False)
    await hold(web_bot, "Draft", announced_at=None)
    async with browser.client.get("/events.ics?language=cy") as response:
        tag, body = response.headers["ETag"], await response.text()
    assert "secret" not in body.replace("\r\n ", "")
    read = vobject.readOne(body)
    assert [one.summary.value for one in read.vevent_list] == ["Open house"]
    assert read.vevent.location.value == "Ar-lein"
    async with browser.client.get("/events.ics?language=cy", headers={"If-None-Match": tag}) as response:
        assert response.status == 304
    page = await browser.get("/calendar")
    assert page.links["Open the public events in my calendar"].endswith("/events.ics")
    assert "/sign-in?next=%2Fcalendar" in page.html


async def test_nobody_acts_for_somebody_who_is_not_signed_in(browser: Browser, web_bot: WebBot) -> None:
    csrf = (await browser.get("/calendar")).form("/language").value("csrf")
    assert (await browser.post("/calendar", {"csrf": csrf, "do": "calendar.make"})).status == 403
    await browser.sign_in(await web_bot.add_member("Ann"))
    csrf = (await browser.get("/calendar")).form("/language").value("csrf")
    assert (await browser.post("/calendar", {"csrf": csrf, "do": "events.announce"})).status == 404


async def test_a_sign_in_link_may_lead_on_to_a_page_of_ours(browser: Browser, web_bot: WebBot) -> None:
    ann = await web_bot.add_member("Ann")
    for asked, reached in (("%2Fcalendar", "/calendar"), ("https%3A%2F%2Fevil.example.org", "/")):
        path = "/sign-in/" + (await web_bot.mint(ann.id)).rpartition("/")[2]
        page = await browser.get(f"{path}?next={asked}")
        assert (await browser.send(page.form(path))).path == reached
