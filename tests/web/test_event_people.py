"""Who comes, on a page: for those who run the event, and what people need for the organiser alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from store.events import Event
from store.members import Member
from store.replies import EventReply
from store.roles import Role
from store.sealing import Vault, new_key
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
