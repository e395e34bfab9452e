"""Forms as pages: steps, errors, searching, checking, sending once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from store import choices, members
from tests.web.conftest import Browser, WebBot, filled
from tests.web.pages import Page

WORDS = {"title": "A library of things", "story": "We lend drills.", "mail": "", "link": ""}
FIGURES = {"year": "2026", "amount": "£1,500", "day": "2026-03-16", "hour": "14:30",
           "moment-date": "2026-03-16", "moment-time": "23:59"}  # fmt: skip

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def member(browser: Browser, web_bot: WebBot) -> Browser:
    await browser.sign_in(await web_bot.add_member("Ann"))
    return browser


async def chosen(bot: WebBot, name: str) -> str | None:
    async with bot.database.read() as session:
        return await choices.get(session, name)


async def go_on(
    browser: Browser, page: Page, typed: Mapping[str, str | list[str]] | None = None, button: str = "Continue"
) -> Page:
    action = page.path.partition("?")[0]
    return await browser.send(page.form(action), typed, button=button)


async def last_step(browser: Browser) -> Page:
    page = await browser.say("/everything A library of things")
    page = await go_on(browser, page, WORDS)
    return await go_on(browser, page, FIGURES)


async def fill_in(browser: Browser) -> Page:
    """Every step filled in: the page where the answers are checked."""
    page = await last_step(browser)
    page = await go_on(browser, page, {"council-query": "amble"}, button="Find")
    council = page.html.split('name="council" value="')[1].split('"')[0]
    typed: Mapping[str, str | list[str]] = {"sure": "yes", "colour": "", "themes": ["1", "2"]}
    typed = {**typed, "council": council, "consent": "yes"}
    return await go_on(browser, page, typed)


async def test_a_form_is_filled_in_checked_and_sent(member: Browser, web_bot: WebBot) -> None:
    page = await fill_in(member)
    assert "Check your answers" in page.text
    for shown in ("A library of things", "£1,500", "Monday 16 March 2026, 23:59", "14:30",
                  "Theme 1", "Theme 2", "Ambleford Council", "Not answered"):  # fmt: skip
        assert shown in page.text
    assert await chosen(web_bot, "sent") is None
    page = await go_on(member, page, button="Send everything")
    assert "Thank you for “A library of things”, due Monday 16 March 2026, 23:59." in page.text


async def test_errors_stand_beside_their_fields_and_in_a_summary_with_what_was_typed(member: Browser) -> None:
    page = await member.say("/everything")
    page = await go_on(member, page, {**WORDS, "title": "x" * 41, "mail": "nobody"})
    assert page.status == 422
    assert page.html.count("Shorten this to 40 characters; it has 41 now.") == 2
    assert 'href="#title"' in page.html
    assert 'aria-describedby="title-error"' in page.html
    form = page.form(page.path)
    assert (form.value("title"), form.value("mail"), form.value("story")) == (
        "x" * 41, "nobody", "We lend drills.",
    )  # fmt: skip
    page = await go_on(member, page, WORDS)
    page = await go_on(member, page, {**FIGURES, "moment-time": ""})
    assert "Enter the time as well as the date." in page.text
    assert 'href="#moment-date"' in page.html
    assert page.form(page.path).value("moment-date") == "2026-03-16"


async def test_a_search_works_without_script_and_keeps_the_rest(member: Browser) -> None:
    page = await last_step(member)
    page = await go_on(member, page, {"sure": "no", "others-query": "amble"}, button="Find")
    form = page.form(page.path.partition("?")[0])
    assert form.value("sure") == "no"
    # Enter in the search box searches as well.
    page = await go_on(member, page, {"council-query": "ambleford", "go": "enter"}, button="")
    assert "1 to choose from" in page.text
    page = await go_on(member, page, {"council-query": "zzz"}, button="Find")
    assert "Nothing found. Try other words." in page.text


async def test_a_search_answers_the_pages_script(member: Browser) -> None:
    page = await last_step(member)
    path = page.path.partition("?")[0]
    async with member.client.get(f"{path}/options?field=council&q=amble") as response:
        assert [one["label"] for one in await response.json()] == ["Ambleford Council", "Ambleside Trust"]
    async with member.client.get(f"{path}/options?field=title&q=amble") as response:
        assert await response.json() == []


async def test_one_answer_is_changed_and_leads_back_to_the_check_page(member: Browser) -> None:
    page = await fill_in(member)
    page = await member.get(page.links["Change Title"])
    page = await go_on(member, page, {"title": "Another title"})
    assert "Check your answers" in page.text
    assert "Another title" in page.text


async def test_sending_twice_has_one_effect(member: Browser, web_bot: WebBot) -> None:
    page = await fill_in(member)
    form = page.form(page.path.partition("?")[0])
    sent = filled(form, button="Send everything")
    pages = await asyncio.gather(*(member.post(form.action, sent) for _ in range(3)))
    assert {page.status for page in pages} == {200}
    assert await chosen(web_bot, "sent") == "1"
    # Later, with a page of its own, it is as well told that it was sent.
    late = await member.post(form.action, [*filled(form, {"id": "another-id-of-it"}), ("go", "send")])
    assert (late.status, "You have sent this form already" in late.text) == (404, True)
    assert await chosen(web_bot, "sent") == "1"


async def test_a_step_sent_twice_goes_on_once(member: Browser) -> None:
    page = await member.say("/everything")
    form = page.form(page.path.partition("?")[0])
    pages = await asyncio.gather(*(member.send(form, WORDS, button="Continue") for _ in range(2)))
    assert [page.path.partition("?")[2] for page in pages] == ["step=1", "step=1"]


async def test_a_form_is_kept_for_later_and_found_again(member: Browser) -> None:
    page = await member.say("/everything")
    page = await go_on(member, page, {"title": "Half", "story": ""}, button="Save and come back later")
    assert "Saved. You find “Everything” on this page" in page.text
    page = await member.get(page.links["Go on with “Everything”"])
    assert page.form(page.path).value("title") == "Half"


async def test_nobody_opens_anothers_draft(member: Browser, other_browser: Browser, web_bot: WebBot) -> None:
    page = await member.say("/everything Mine")
    path = page.path.partition("?")[0]
    form = page.form(path)
    await other_browser.sign_in(await web_bot.add_member("Bob"))
    theirs = await other_browser.get(path)
    assert theirs.status == 404
    csrf = (await other_browser.get("/")).form("/chat", button="Send").value("csrf")
    stolen = await other_browser.send(form, {**WORDS, "title": "Stolen", "csrf": csrf}, button="Continue")
    assert stolen.status == 404
    assert (await member.get(path)).form(path).value("title") == "Mine"
    assert (await member.get("/forms/nothing")).status == 404


async def test_a_tampered_form_changes_nothing_it_may_not(member: Browser, web_bot: WebBot) -> None:
    page = await member.say("/everything")
    form = page.form(page.path.partition("?")[0])
    for typed in ({"step": "99"}, {"step": "x"}, {"step": "-1"}):
        tampered = await member.send(form, {**WORDS, **typed, "year": "1"}, button="Continue")
        assert tampered.status in (200, 422)
    assert await chosen(web_bot, "sent") is None
    wrong = await member.send(form, {"go": "find-title"})
    assert wrong.status == 404


async def test_a_step_sent_after_the_session_ended_is_kept(member: Browser, web_bot: WebBot) -> None:
    page = await member.say("/everything")
    action = page.path.partition("?")[0]
    web_bot.clock.advance(days=8)
    page = await member.send(page.form(action), {**WORDS, "story": "A long story."}, button="Continue")
    assert page.status == 403
    assert "A long story." in page.text
    async with web_bot.database.read() as session:
        ann = next(one for one in await members.search(session, "Ann"))
    await member.sign_in(ann)
    # The first time the page's token is still the visitor's: it asks to look at it once more.
    page = await member.send(page.form(action))
    page = await member.send(page.form(action))
    assert page.path == f"{action}?step=1"
