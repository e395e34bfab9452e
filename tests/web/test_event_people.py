"""Who comes, on a page: for those who run the event, and what people need for the organiser alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from store import feedback
from store.events import Event
from store.members import Member
from store.replies import EventReply
from store.roles import Role
from store.sealing import Vault, new_key
from tests.bot import NOW
from tests.web.conftest import Browser, WebBot

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NEEDS = "Coeliac <b>always</b>"


async def hold(bot: WebBot, organiser: Member, **values: object) -> Event:
    start = bot.clock() + timedelta(days=30)
    event = Event(
        uid="one", slug="open-house", title="Open house", kind="conference", description="", language="en",
        starts_at=start, ends_at=start + timedelta(hours=1), zone="Europe/London", place="Town Hall", link="",
        everyone=True, public=True, organiser="The team", created_by_id=organiser.id, created_at=bot.clock(),
        changed_at=bot.clock(), announced_at=bot.clock(), cancel_reason="", sequence=0, asks_guests=True,
        asks_needs=True,
    )  # fmt: skip
    for name, value in values.items():
        setattr(event, name, value)
    async with bot.database.write() as session:
        session.add(event)
    return event


async def come(bot: WebBot, event: Event, who: Member, needs: str = "") -> None:
    sealed = bot.services.surroundings.vault.seal(needs) if needs else None
    async with bot.database.write() as session:
        session.add(
            EventReply(
                event_id=event.id, member_id=who.id, answer="going", since=bot.clock(), guests=1,
                guest_names="Kim", needs=sealed,
            )
        )  # fmt: skip


async def test_needs_are_shown_to_the_organiser_alone(browser: Browser, web_bot: WebBot) -> None:
    ada = await web_bot.add_member("Ada", Role.ADMINISTRATOR)
    event = await hold(web_bot, ada)
    assert (await browser.get("/events/open-house/people")).path == "/sign-in"
    ann = await web_bot.add_member("Ann")
    await browser.sign_in(ann)
    assert (await browser.get("/events/open-house/people")).status == 403
    assert "Who comes" not in (await browser.get("/events/open-house")).links
    await browser.sign_in(ada)
    page = await browser.get((await browser.get("/events/open-house")).links["Who comes"])
    assert "Nobody has answered yet." in page.text
    await come(web_bot, event, ann, NEEDS)
    page = await browser.get("/events/open-house/people")
    assert "Coeliac &lt;b&gt;always" in page.html
    assert "1: Kim" in page.text
    assert "It is deleted on Wednesday 20 January 2027" in page.text
    await browser.sign_in(await web_bot.add_member("Olive", Role.OWNER))
    page = await browser.get("/events/open-house/people")
    assert "1: Kim" in page.text
    assert "shown to Ada alone" in page.text
    assert "Coeliac" not in page.html


async def test_needs_under_a_lost_key_say_so(browser: Browser, web_bot: WebBot) -> None:
    ada = await web_bot.add_member("Ada", Role.ADMINISTRATOR)
    event = await hold(web_bot, ada)
    await come(web_bot, event, ada, NEEDS)
    object.__setattr__(web_bot.services.surroundings, "vault", Vault([new_key()]))
    await browser.sign_in(ada)
    assert "This cannot be read" in (await browser.get("/events/open-house/people")).text


async def test_a_form_that_asks_for_needs_is_filled_in_on_the_web(browser: Browser, web_bot: WebBot) -> None:
    ada = await web_bot.add_member("Ada", Role.ADMINISTRATOR)
    await hold(web_bot, ada)
    await browser.sign_in(await web_bot.add_member("Ann"))
    page = await browser.say("/events")
    page = await browser.press(page, "More")
    page = await browser.press(page, "I am going")
    assert page.path.startswith("/forms/")
    assert "Your answer is saved." in page.text
    form = next(one for one in page.forms if one.action.startswith("/forms/"))
    page = await browser.send(form, {"guests": "1", "needs": NEEDS}, button="Continue")
    assert "Coeliac &lt;b&gt;always" in page.html
    form = next(one for one in page.forms if one.action.startswith("/forms/"))
    page = await browser.send(form, button="Save")
    assert "Saved." in page.text
    assert "Coeliac" not in page.html
    assert "Coeliac" in (await browser.get("/my-data")).text


async def test_a_code_is_shown_at_the_door_and_opened(browser: Browser, web_bot: WebBot) -> None:
    ada = await web_bot.add_member("Ada", Role.ADMINISTRATOR)
    event = await hold(web_bot, ada, check_in_code="ABCDEFGH", everyone=False, public=False)
    assert (await browser.get("/check-in/ABCDEFGH")).path.startswith("/sign-in")
    web_bot.clock.now = event.starts_at
    await browser.sign_in(await web_bot.add_member("Ann"))
    assert "This code does not work now" in (await browser.get("/check-in/ABCDEFGH")).text
    async with web_bot.database.write() as session:
        (await session.get_one(Event, event.id)).everyone = True
    assert "This code does not work now" in (await browser.get("/check-in/HGFEDCBA")).text
    page = await browser.get("/check-in/abcd-efgh")
    assert "Are you at “Open house”?" in page.text
    page = await browser.send(page.form("/check-in/abcd-efgh"))
    assert page.path.startswith("/events/open-house")
    assert "You are checked in. Welcome." in page.text
    stale = (await browser.get("/check-in/ABCDEFGH")).form("/check-in/ABCDEFGH")
    web_bot.clock.now = event.ends_at + timedelta(hours=3)
    assert "This code does not work now" in (await browser.send(stale)).text
    await browser.sign_in(ada)
    page = await browser.get("/events/open-house/people")
    assert "1 person · 1 came" in page.text


async def test_the_page_notes_who_came_and_shows_what_they_thought(browser: Browser, web_bot: WebBot) -> None:
    ada = await web_bot.add_member("Ada", Role.ADMINISTRATOR)
    event = await hold(web_bot, ada, links=[{"title": "The slides", "url": "https://slides.example.org/1"}])
    ann = await web_bot.add_member("Ann")
    await come(web_bot, event, ann)
    web_bot.clock.now = event.ends_at
    async with web_bot.database.write() as session:
        for who, named in ((ann, True), (ada, False)):
            await feedback.give(
                session, event.id, who.id, 4, f"From {who.name}.", "The coffee", named=named, on=NOW.date()
            )
    await browser.sign_in(ada)
    page = await browser.get("/events/open-house/people")
    assert "2 people said how it was: 4.0 of 5 on average." in page.text
    assert "4: good · Ann" in page.text
    assert "4: good · Ada" not in page.text
    page = await browser.send(
        page.form("/events/open-house/people", button="Note who came"), button="Note who"
    )
    assert page.path.startswith("/forms/")
    assert page.text.count("Ann") == 1
    assert "https://slides.example.org/1" in (await browser.get("/events/open-house")).html
    csrf = (await browser.get("/")).form("/sign-out").value("csrf")
    forged = {"csrf": csrf, "id": "forged-it", "do": "events.cancel"}
    assert (await browser.post("/events/open-house/people", forged)).status == 404
    await browser.sign_in(ann)
    csrf = (await browser.get("/")).form("/sign-out").value("csrf")
    forged = {"csrf": csrf, "id": "forged-two", "do": "events.came"}
    assert (await browser.post("/events/open-house/people", forged)).status == 403
    await browser.post("/events/open-house", forged | {"id": "forged-three"})
    assert "You may not do this." in (await browser.get("/")).text


async def test_an_answer_is_given_and_changed_in_one_press(browser: Browser, web_bot: WebBot) -> None:
    ada = await web_bot.add_member("Ada", Role.ADMINISTRATOR)
    event = await hold(web_bot, ada, asks_guests=False, asks_needs=False)
    ann = await web_bot.add_member("Ann")
    await browser.sign_in(ann)
    page = await browser.get("/events/open-house")
    for button, said in (
        ("I am going", "You are going."), ("Maybe", "You may come."), ("I cannot come", "You cannot come."),
    ):  # fmt: skip
        page = await browser.send(page.form("/events/open-house", button=button), button=button)
        assert page.path.startswith("/events/open-house")
        assert said in page.text
    forged = {
        "csrf": page.form("/events/open-house").value("csrf"),
        "id": "forged-it",
        "do": "events.answer:waiting",
    }
    page = await browser.post("/events/open-house", forged)
    assert "That button no longer works." in page.text
    web_bot.clock.now = event.ends_at
    await browser.sign_in(ann)
    page = await browser.get("/events/open-house")
    assert "This event is over." in page.text
    assert "You cannot come." not in page.text
    assert not [one for one in page.forms if one.action == "/events/open-house"]


async def test_feedback_begins_on_the_events_page(browser: Browser, web_bot: WebBot) -> None:
    event = await hold(web_bot, await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    ann = await web_bot.add_member("Ann")
    await come(web_bot, event, ann)
    await browser.sign_in(ann)
    page = await browser.get("/events/open-house")
    page = await browser.send(
        page.form("/events/open-house", button="Guests and needs"), button="Guests and needs"
    )
    assert page.path.startswith("/forms/")
    web_bot.clock.now = event.ends_at
    await browser.sign_in(ann)
    page = await browser.get("/events/open-house")
    page = await browser.send(page.form("/events/open-house"), button="Say how it was")
    assert "What was useful?" in page.text
