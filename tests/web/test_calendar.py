"""Pages of events and funding: what each visitor may see, and the link for those who said yes alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from handlers import calendar_files
from store import replies
from store.events import Event
from store.members import Member
from store.organisations import Organisation
from store.replies import Answer
from store.roles import Role
from store.rounds import FundingRound
from tests.web.conftest import Browser, WebBot

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LINK = "https://meet.example.org/secret"


async def hold(bot: WebBot, title: str, **changed: Any) -> Event:
    """An announced event in a month."""
    now = bot.clock()
    values = {
        "uid": title, "slug": title.lower().replace(" ", "-"), "title": title, "kind": "webinar",
        "description": "Come and hear.", "language": "en", "starts_at": now + timedelta(days=30),
        "ends_at": now + timedelta(days=30, hours=1), "zone": "Europe/London", "place": "", "link": LINK,
        "everyone": True, "public": True, "capacity": 10, "reply_by": None, "organisation_id": None,
        "organiser": "events@example.org", "created_by_id": None, "created_at": now, "changed_at": now,
        "announced_at": now, "held_until": None, "cancelled_at": None, "cancel_reason": "", "sequence": 0,
    }  # fmt: skip
    async with bot.database.write() as session:
        event = Event(**(values | changed))
        session.add(event)
    return event


async def open_round(bot: WebBot) -> FundingRound:
    now = bot.clock()
    async with bot.database.write() as session:
        one = FundingRound(
            slug="labs", name="Policy Labs", kind="Policy Lab", description="Larger work.", opens_at=now,
            closes_at=now + timedelta(days=20), maximum_pence=2_000_000, pot_pence=None,
            lead_categories=["full"], partners=3, delivery_months=24, decision_on=None,
            links=["https://www.example.org/labs"], contact="team@example.org", created_at=now,
            created_by_id=None, announced_at=now, decided_at=None, revision=0, organisation_id=None,
            held_until=None,
        )  # fmt: skip
        session.add(one)
    return one


async def test_empty_pages_say_so(browser: Browser, web_bot: WebBot) -> None:
    assert "Nothing is planned at the moment" in (await browser.get("/events")).text
    assert "No funding round is open" in (await browser.get("/funding")).text


async def test_visitors_see_public_events_alone_and_no_link(browser: Browser, web_bot: WebBot) -> None:
    await hold(web_bot, "Open house")
    await hold(web_bot, "Members only", public=False)
    page = await browser.get("/events")
    assert "Open house" in page.text
    assert "Members only" not in page.text
    shown = await browser.get("/events/open-house")
    assert "12:00" not in shown.text
    assert "Monday 21 December 2026, 10:00 (UK time) to 11:00" in shown.text
    assert LINK not in shown.html
    assert "There is no such page" in (await browser.get("/events/members-only")).text


async def test_who_said_yes_finds_the_link(browser: Browser, web_bot: WebBot) -> None:
    event = await hold(web_bot, "Members only", public=False)
    ann = await web_bot.add_member("Ann")
    await browser.sign_in(ann)
    assert LINK not in (await browser.get("/events/members-only")).html
    for answer, told in ((Answer.MAYBE, False), (Answer.GOING, True)):
        async with web_bot.database.write() as session:
            held = await session.get_one(Event, event.id)
            await replies.answer(session, held, ann.id, answer, web_bot.clock())
        assert (LINK in (await browser.get("/events/members-only")).html) is told


async def test_an_event_that_was_called_off_says_so(browser: Browser, web_bot: WebBot) -> None:
    await hold(web_bot, "Open house", cancelled_at=web_bot.clock(), cancel_reason="The hall is flooded.")
    page = await browser.get("/events/open-house")
    assert "called off" in page.text
    assert "The hall is flooded." in page.text


async def test_a_file_has_the_link_for_whoever_said_yes(browser: Browser, web_bot: WebBot) -> None:
    event = await hold(web_bot, "Members only", public=False)
    ann, bob = await web_bot.add_member("Ann"), await web_bot.add_member("Bob", locale="cy")
    signer = web_bot.services.surroundings.signer
    for path in (calendar_files.path_of(signer, event, one.id) for one in (ann, bob)):
        assert LINK not in (await browser.get(path)).html.replace("\r\n ", "")
    async with web_bot.database.write() as session:
        held = await session.get_one(Event, event.id)
        await replies.answer(session, held, bob.id, Answer.GOING, web_bot.clock())
    path = calendar_files.path_of(signer, event, bob.id)
    async with browser.client.get(path) as response:
        assert (response.status, response.content_type) == (200, "text/calendar")
        assert response.headers["Cache-Control"] == "no-store"
        assert 'filename="members-only.ics"' in response.headers["Content-Disposition"]
        text = (await response.text()).replace("\r\n ", "")
    assert LINK in text
    assert "Dolen ymuno" in text
    for forged in ("/events/members-only.ics", path.replace(f"for={bob.id}", f"for={ann.id}"), path[:-1]):
        assert (await browser.get(forged)).status == 404
    async with web_bot.database.write() as session:
        (await session.get_one(Member, bob.id)).active = False
    assert (await browser.get(path)).status == 404
    await browser.sign_in(ann)
    page = await browser.get("/events/members-only")
    assert page.links["Put it in my calendar"] == "/events/members-only.ics"
    assert LINK not in (await browser.get("/events/members-only.ics")).html


async def test_a_visitors_file_is_of_public_events_that_are_announced(
    browser: Browser, web_bot: WebBot
) -> None:
    await hold(web_bot, "Open house")
    await hold(web_bot, "Draft", announced_at=None)
    assert "SUMMARY:Open house" in (await browser.get("/events/open-house.ics")).html
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    assert (await browser.get("/events/draft.ics")).status == 404
    assert "Put it in my calendar" not in (await browser.get("/events/draft")).links


async def test_answering_is_one_press_and_the_numbers_follow(browser: Browser, web_bot: WebBot) -> None:
    await hold(web_bot, "Open house", place="Town Hall", capacity=1)
    await browser.sign_in(await web_bot.add_member("Ann"))
    page = await browser.get("/events/open-house")
    form = page.form("/events/open-house")
    assert [text for _name, _value, text in form.buttons] == [
        "I am going", "I join online", "Maybe", "I cannot come",
    ]  # fmt: skip
    page = await browser.send(form, button="I am going")
    assert page.path.startswith("/events/open-house?notice=")
    assert "Thank you. You are going." in page.text
    assert "1 going · no place left" in page.text
    assert LINK in page.html
    await browser.sign_in(await web_bot.add_member("Bob"))
    page = await browser.get("/events/open-house")
    page = await browser.send(page.form("/events/open-house"), button="Wait for a place")
    assert "You are on the waiting list" in page.text
    assert LINK not in page.html
    page = await browser.send(page.form("/events/open-house"), button="I cannot come")
    assert "You cannot come." in page.text
    assert "1 going · no place left" in page.text


async def test_a_forged_or_late_answer_changes_nothing(browser: Browser, web_bot: WebBot) -> None:
    tomorrow = web_bot.clock() + timedelta(days=1)
    event = await hold(web_bot, "Open house", starts_at=tomorrow, ends_at=tomorrow + timedelta(hours=1))
    await hold(web_bot, "Members only", public=False, everyone=False)
    page = await browser.get("/events/open-house")
    assert page.links["Sign in to answer"] == "/sign-in?next=/events/open-house"
    csrf = page.form("/language").value("csrf")
    sent = {"csrf": csrf, "id": "some-form", "do": "events.answer:going"}
    assert (await browser.post("/events/open-house", sent)).status == 403
    ann = await web_bot.add_member("Ann")
    await browser.sign_in(ann)
    page = await browser.get("/events/open-house")
    csrf = page.form("/language").value("csrf")
    for path, wanted, status in (
        ("/events/members-only", "events.answer:going", 404),
        ("/events/open-house", "events.replies", 404),
        ("/events/open-house", "", 404),
    ):
        sent = {"csrf": csrf, "id": "some-form", "do": wanted}
        assert (await browser.post(path, sent)).status == status
    for wanted in ("events.answer:waiting", "events.answer:", "events.announce", "events.cancel"):
        sent = {"csrf": csrf, "id": f"form-{len(wanted)}-x", "do": wanted}
        assert (await browser.post("/events/open-house", sent)).status == 200
    web_bot.clock.advance(days=1)
    late = await browser.send(page.form("/events/open-house"), button="I am going")
    assert "takes no more answers" in late.text
    async with web_bot.database.read() as session:
        assert await replies.of_member(session, event.id, ann.id) is None
        assert (await session.get_one(Event, event.id)).cancelled_at is None


async def test_those_who_run_it_look_after_it_on_its_page(browser: Browser, web_bot: WebBot) -> None:
    await hold(web_bot, "Draft", announced_at=None)
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    page = await browser.get("/events/draft")
    assert "This is a draft" in page.text
    page = await browser.send(page.form("/events/draft", button="Announce"), button="Announce")
    assert "is announced" in page.text
    page = await browser.send(page.form("/events/draft", button="Call off"), button="Call off")
    assert page.path.startswith("/forms/")
    page = await browser.get("/events/draft")
    page = await browser.send(page.form("/events/draft", button="Change"), button="Change")
    assert page.path.startswith("/forms/")
    page = await browser.get("/events")
    page = await browser.send(page.form("/events", button="New event"), button="New event")
    assert page.path.startswith("/forms/")
    await browser.sign_in(await web_bot.add_member("Ann"))
    assert "Look after this event" not in (await browser.get("/events/draft")).text
    page = await browser.get("/events")
    assert "New event" not in page.text
    sent = {"csrf": page.form("/language").value("csrf"), "id": "some-form"}
    assert "Administrators and people who lead a group" in (await browser.post("/events", sent)).text


async def test_an_end_before_the_start_is_said_where_it_is_typed(browser: Browser, web_bot: WebBot) -> None:
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    page = await browser.get("/events")
    page = await browser.send(page.form("/events", button="New event"), button="New event")
    path = page.path.partition("?")[0]
    page = await browser.send(page.form(path), {"title": "A walk", "kind": "study_visit"}, button="Continue")
    form = page.form(path)
    wrong = {"starts_on": "2027-02-18", "starts_time": "10:00", "ends_time": "09:00"}
    page = await browser.send(form, wrong, button="Continue")
    assert page.status == 422
    assert "It has to end after it starts." in page.text
    assert {name: page.form(path).value(name) for name in wrong} == wrong
    # The second of two clicks does not go past it.
    page = await browser.send(form, wrong, button="Continue")
    assert page.path == f"{path}?step=1"
    page = await browser.send(page.form(path), {"ends_time": "16:00"}, button="Continue")
    assert page.path == f"{path}?step=2"


async def test_a_long_list_is_paged_under_its_months(browser: Browser, web_bot: WebBot) -> None:
    now = web_bot.clock()
    for number in range(60):
        starts_at = now + timedelta(days=2 * number + 1)
        await hold(
            web_bot, f"Event {number:02}", kind="webinar" if number % 3 else "conference",
            starts_at=starts_at, ends_at=starts_at + timedelta(hours=1),
        )  # fmt: skip
    page = await browser.get("/events")
    assert "60 events are coming up · Page 1 of 3" in page.text
    assert page.text.index("November 2026") < page.text.index("Event 00") < page.text.index("December 2026")
    page = await browser.get(page.links["Next page"])
    assert ("Event 20" in page.links, "Event 19" in page.links) == (True, False)
    page = await browser.get("/events?kind=conference&q=event")
    assert "20 events are coming up" in page.text
    assert "Event 01" not in page.links
    page = await browser.get("/events?kind=webinar")
    page = await browser.get(page.links["Next page"])
    assert page.path == "/events?kind=webinar&page=2"
    assert "Next page" not in page.links
    assert (await browser.get("/events?page=9")).path == "/events?page=3"
    assert "No event fits that." in (await browser.get("/events?q=fish")).text
    ann = await web_bot.add_member("Ann")
    await browser.sign_in(ann)
    assert "What you say yes or maybe to stands here." in (await browser.get("/events?mine=yes")).text
    page = await browser.get("/events/event-07")
    await browser.send(page.form("/events/event-07"), button="Maybe")
    page = await browser.get("/events?mine=yes")
    assert "1 event is coming up" in page.text
    assert "You may come." in page.text


async def test_rounds_say_what_ones_organisation_may_do(browser: Browser, web_bot: WebBot) -> None:
    await open_round(web_bot)
    page = await browser.get("/funding")
    assert "Closes Friday 11 December 2026, 10:00 (UK time)" in page.text
    assert "may lead a project" not in page.text
    ann = await web_bot.add_member("Ann")
    async with web_bot.database.write() as session:
        organisation = (await session.scalars(select(Organisation).order_by(Organisation.id))).first()
        assert organisation is not None
        organisation.category = "full"
        (await session.get_one(Member, ann.id)).organisation_id = organisation.id
    await browser.sign_in(ann)
    assert f"{organisation.name} may lead a project." in (await browser.get("/funding")).text


async def test_a_series_is_listed_once_and_its_page_names_the_other_dates(
    browser: Browser, web_bot: WebBot
) -> None:
    ada = await web_bot.add_member("Ada", Role.ADMINISTRATOR)
    event = await hold(web_bot, "Open house")
    await browser.sign_in(ada)
    page = await browser.get("/events/open-house")
    page = await browser.send(page.form("/events/open-house", button="Repeat it"), button="Repeat it")
    rule = {"repeats": "weekly", "times": "3", "repeats_until": ""}
    page = await browser.send(page.form(page.path.partition("?")[0]), rule, button="Continue")
    page = await browser.send(page.form(page.path.partition("?")[0]), button="See the dates")
    assert "3 dates, each from 10:00 to 11:00 (UK time)" in page.text
    out = {"left_out_2026": "2026-12-28"}
    page = await browser.send(page.form(page.path.partition("?")[0]), out, button="Continue")
    await browser.send(page.form(page.path.partition("?")[0]), button="Save the dates")
    async with web_bot.database.read() as session:
        those = list(await session.scalars(select(Event).order_by(Event.starts_at)))
    assert [f"{one.starts_at:%Y-%m-%d}" for one in those] == ["2026-12-21", "2027-01-04"]
    listed = await browser.get("/events")
    assert "and 1 more date, on Monday 4 January 2027" in listed.text
    assert "open-house-2027-01-04" not in listed.html
    shown = await browser.get("/events/open-house")
    assert shown.links["Monday 4 January 2027, 10:00 (UK time) to 11:00"] == "/events/open-house-2027-01-04"
    async with web_bot.database.write() as session:
        held = await session.get_one(Event, event.id)
        await replies.answer(session, held, ada.id, Answer.GOING, web_bot.clock())
    shown = await browser.get("/events/open-house")
    yes = "Yes to 1 more date"
    await browser.send(shown.form("/events/open-house", button=yes), button=yes)
    assert "You are going." in (await browser.get("/events/open-house-2027-01-04")).text
    assert yes not in (await browser.get("/events/open-house")).text
    calendar = (await browser.get("/events.ics")).html
    assert calendar.count("BEGIN:VEVENT") == 3
    assert "RRULE:FREQ=WEEKLY;COUNT=3" in calendar
