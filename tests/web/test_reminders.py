"""The control room on the web: what goes out and in which words, what went out, and holding all of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from handlers.reminder_planning import key_of
from store import outbox, reminder_changes, reminders, seed
from store.outbox import OutboxRow, Priority, Status
from store.reminders import Outcome
from store.roles import Role
from tests.bot import ROOT
from tests.web.conftest import Browser, WebBot
from tests.web.pages import Page, PageForm
from tests.web.test_calendar import LINK, hold, open_round

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ROOM = "/admin/reminders"


@pytest.fixture
async def ada(browser: Browser, web_bot: WebBot) -> None:
    async with web_bot.database.write() as session:
        await seed.reminders(session, ROOT / "data", web_bot.clock() - timedelta(days=60))
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))


def form_with(page: Page, label: str, *, nth: int = 0) -> PageForm:
    found = [one for one in page.forms if any(text.startswith(label) for _, _, text in one.buttons)]
    return found[nth]


async def press(browser: Browser, page: Page, label: str) -> Page:
    form = form_with(page, label)
    whole = next(text for _, _, text in form.buttons if text.startswith(label))
    return await browser.send(form, button=whole)


async def fill(browser: Browser, page: Page, **answers: Any) -> Page:
    """Through the form's page and its check page."""
    form = next(one for one in page.forms if one.action.startswith("/forms/"))
    page = await browser.send(form, answers, button="Continue")
    checked = next(one for one in page.forms if one.action.startswith("/forms/") and one.buttons)
    return await browser.send(checked, button=checked.buttons[0][2])


@pytest.mark.usefixtures("ada")
async def test_an_empty_room_says_so(browser: Browser) -> None:
    assert "Nothing goes out in the next 30 days." in (await browser.get(ROOM)).text
    assert "Nothing has gone out yet." in (await browser.get(f"{ROOM}/sent")).text
    assert "Nothing is like that." in (await browser.get(f"{ROOM}/sent?outcome=late")).text
    nothing = await browser.get(f"{ROOM}?q=gathering")
    assert "fits that" in nothing.text


@pytest.mark.usefixtures("ada")
async def test_what_goes_out_is_shown_with_whom_and_in_which_words(browser: Browser, web_bot: WebBot) -> None:
    await hold(web_bot, "Open house")
    page = await browser.get(ROOM)
    assert "Open house" in page.text
    assert "Monday 7 December 2026, 10:00" in page.text
    assert "14 days before an event starts, to the channels of its groups (0 channels)" in page.text
    assert "In two weeks: Open house. Will you come?" in page.text
    assert "Ymhen pythefnos: Open house." in page.text
    assert LINK not in page.html
    await open_round(web_bot)
    for only, there, missing in (
        ("event", "Open house", "Policy Labs"),
        ("round", "Policy Labs", "Open house"),
    ):
        shown = (await browser.get(f"{ROOM}?of={only}")).text
        assert there in shown
        assert missing not in shown


@pytest.mark.usefixtures("ada")
async def test_many_are_paged_and_found_by_their_title(browser: Browser, web_bot: WebBot) -> None:
    for number in range(6):
        await hold(web_bot, f"Meeting {number}", starts_at=web_bot.clock() + timedelta(days=20))
    page = await browser.get(ROOM)
    assert page.text.count("How it reads") == 10
    last = await browser.get(f"{ROOM}?q=&of=&page=2")
    assert "Previous page" in last.text
    assert (await browser.get(f"{ROOM}?q=meeting+3")).text.count("How it reads") == 4


@pytest.mark.usefixtures("ada")
async def test_one_is_paused_resumed_cancelled_and_sent_now(browser: Browser, web_bot: WebBot) -> None:
    event = await hold(web_bot, "Open house")
    page = await press(browser, await browser.get(ROOM), "Pause")
    assert "Paused: “Open house”, 14 days before an event starts." in page.text
    page = await press(browser, page, "Let it go out")
    assert "Planned again" in page.text
    page = await press(browser, page, "Cancel")
    assert "Cancelled: “Open house”" in page.text
    page = await press(browser, await press(browser, page, "Let it go out"), "Send it now")
    assert "Going out now" in page.text
    async with web_bot.database.read() as session:
        [change] = (await reminder_changes.every(session)).values()
    assert (change.subject_id, change.state) == (event.id, "now")


@pytest.mark.usefixtures("ada")
async def test_one_gets_words_of_its_own_and_a_test(browser: Browser, web_bot: WebBot) -> None:
    await hold(web_bot, "Open house")
    page = await press(browser, await browser.get(ROOM), "Change the words")
    assert "Only this one of “Open house” changes" in page.text
    await fill(browser, page, en="Ministers come to {title}.", cy="")
    page = await browser.get(ROOM)
    assert "Ministers come to Open house." in page.text
    assert "in words of its own" in page.text
    page = await press(browser, page, "Send me one")
    assert "Nobody else got it." in page.text
    await web_bot.deliver()
    assert "Ministers come to Open house." in (await browser.get("/")).text


@pytest.mark.usefixtures("ada")
async def test_everything_is_held_and_the_dashboard_says_so(browser: Browser, web_bot: WebBot) -> None:
    await hold(web_bot, "Open house")
    page = await press(browser, await browser.get(ROOM), "Hold all announcements")
    await fill(browser, page, **{"until-date": "2026-12-15", "until-time": "09:00", "reason": ""})
    for address in ("/admin", ROOM):
        page = await browser.get(address)
        assert "All announcements are on hold until Tuesday 15 December 2026, 09:00" in page.text
    assert "On hold then" in page.text
    page = await press(browser, page, "End the hold now")
    assert "Announcements go out again." in page.text
    assert "on hold until" not in (await browser.get("/admin")).text


@pytest.mark.usefixtures("ada")
async def test_what_went_out_says_how_far_it_is_and_when_the_rest_goes(
    browser: Browser, web_bot: WebBot
) -> None:
    event, now = await hold(web_bot, "Open house"), web_bot.clock()
    async with web_bot.database.write() as session:
        rule = (await reminders.rules(session))[0]
        await reminders.claim(session, rule.id, event.id, now, Outcome.LATE, now, reason="away")
        for number in range(4):
            row_id = await outbox.add(
                session, key=key_of(rule, event.id, now), recipient=f"place:slack:channel:C{number}:",
                message={"text": "Hello"}, now=now, place={"platform": "slack", "kind": "channel", "id": "C"},
            )  # fmt: skip
            row = await session.get_one(OutboxRow, row_id)
            row.status = (Status.SENT, Status.FAILED, Status.QUEUED, Status.QUEUED)[number]
            row.error = "is_archived"
    page = await browser.get(f"{ROOM}/sent")
    assert "Sent late" in page.text
    assert "I was away when it was due." in page.text
    assert "1 delivered, 2 waiting, 1 could not be delivered" in page.text
    assert "2 messages are on their way. At 200 a minute the last goes out by" in page.text
    assert "1 could not be delivered" in (await browser.get(ROOM)).text
    assert "The channel is archived." in (await browser.get("/admin/deliveries")).text
    async with web_bot.database.read() as session:
        assert len((await session.scalars(select(OutboxRow))).all()) == 4


@pytest.mark.usefixtures("ada")
async def test_times_and_words_are_shown_tried_and_changed(browser: Browser, web_bot: WebBot) -> None:
    page = await browser.get(f"{ROOM}/words")
    assert "14 days before an event starts, to the channels of its groups" in page.text
    assert "Ymhen pythefnos: {title}." in page.text
    assert "How it reads" not in page.text
    page = await press(browser, page, "Send me one")
    assert "nothing coming up" in page.text
    await hold(web_bot, "Open house")
    page = await browser.get(f"{ROOM}/words")
    assert "In two weeks: Open house. Will you come?" in page.text
    assert "Ymhen pythefnos: Open house." in page.text
    page = await press(browser, page, "Send me one")
    assert "Nobody else got it." in page.text
    page = await press(browser, page, "Change")
    form = next(one for one in page.forms if one.action.startswith("/forms/"))
    assert form.value("en") == "In two weeks: {title}. Will you come?"


@pytest.mark.usefixtures("ada")
async def test_announcements_say_how_far_their_posts_are(browser: Browser, web_bot: WebBot) -> None:
    event, now = await hold(web_bot, "Open house"), web_bot.clock()
    async with web_bot.database.write() as session:
        row_id = await outbox.add(
            session, key=f"event:{event.id}:announced:en", recipient="place:slack:channel:C1:", now=now,
            message={"text": "Hello"}, place={"platform": "slack", "kind": "channel", "id": "C1"},
        )  # fmt: skip
        (await session.get_one(OutboxRow, row_id)).status = Status.FAILED
    page = await browser.get(f"{ROOM}/sent")
    assert "No reminder has gone out yet." in page.text
    assert "Open house Saturday 21 November 2026, 10:00 1 could not be delivered See why" in page.text
    assert "Announcements of the last 90 days" not in (await browser.get(f"{ROOM}/sent?outcome=sent")).text


async def test_it_is_for_administrators_alone(browser: Browser, web_bot: WebBot) -> None:
    await browser.sign_in(await web_bot.add_member("Ann"))
    for address in (ROOM, f"{ROOM}/sent", f"{ROOM}/words"):
        assert (await browser.get(address)).status == 403
    csrf = (await browser.get("/")).form("/sign-out").value("csrf")
    forged = {"csrf": csrf, "do": "reminders.cancel", "rule": "1", "subject": "1"}
    assert (await browser.post(ROOM, forged)).status == 403
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    csrf = (await browser.get("/")).form("/sign-out").value("csrf")
    for forged in ({"do": "people.grant"}, {"do": "reminders.cancel", "rule": "x", "subject": "1"}):
        assert (await browser.post(ROOM, {"csrf": csrf, **forged})).status == 404


@pytest.mark.usefixtures("ada")
async def test_each_broadcast_says_how_much_is_left_and_by_when_it_is_done(
    browser: Browser, web_bot: WebBot
) -> None:
    event, now = await hold(web_bot, "Open house"), web_bot.clock()
    async with web_bot.database.write() as session:
        rule = (await reminders.rules(session))[0]

        async def owe(key: str, count: int, priority: Priority, **changes: Any) -> None:
            for number in range(count):
                await outbox.add(
                    session, key=key, recipient=f"place:slack:channel:C{number}:", message={"text": "Hello"},
                    now=now, place={"platform": "slack", "kind": "channel", "id": "C"}, priority=priority,
                    **changes,
                )  # fmt: skip

        await owe(f"event:{event.id}:announced:en", 300, Priority.BROADCAST)
        await owe(f"event:{event.id}:announced:cy", 200, Priority.BROADCAST)
        await owe(key_of(rule, event.id, now), 400, Priority.PERSONAL)
        await owe(key_of(rule, event.id, now), 1, Priority.PERSONAL, due_at=now + timedelta(hours=1))
        await owe("something else", 100, Priority.REPLY)
    page = await browser.get(ROOM)
    # At 200 a minute: 100 answers first, then people, then channels.
    reminder = f"Open house (14 days before an event starts): about 400 left, done by about {at(now, 3)}"
    announcement = f"Open house (announcement): about 500 left, done by about {at(now, 6)}"
    assert page.text.index(reminder) < page.text.index(announcement)
    assert "1,000 messages are on their way. At 200 a minute the last goes out by" in page.text
    async with web_bot.database.write() as session:
        await outbox.withdraw(session, "reminder:", web_bot.clock())
    page = await browser.get(f"{ROOM}/sent")
    assert "14 days before an event starts): about" not in page.text
    assert f"about 500 left, done by about {at(now, 4)}" in page.text


def at(now: datetime, minutes: int) -> str:
    """The time in London some minutes from now."""
    return f"{(now + timedelta(minutes=minutes)).astimezone(ZoneInfo('Europe/London')):%H:%M}"
