"""What comes of a button on a page of its own is said on that page, with what is left to decide."""

from __future__ import annotations

import pytest

from store import groups
from store.roles import Role
from tests.web.conftest import Browser, WebBot
from tests.web.pages import Page, PageForm
from tests.web.test_groups import add_group, put_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def form_page(page: Page) -> PageForm:
    return next(one for one in page.forms if one.action.startswith("/forms/"))


async def go_through(browser: Browser, page: Page, *steps: dict[str, str | list[str]]) -> Page:
    """Fill in the steps of a form and send it from the page where its answers are checked."""
    for typed in steps:
        page = await browser.send(form_page(page), typed, button="Continue")
    return await browser.send(form_page(page), button="See a preview")


async def test_a_group_is_edited_previewed_and_saved_on_its_page(browser: Browser, web_bot: WebBot) -> None:
    food = await add_group(web_bot, "Food")
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    page = await browser.get("/admin/groups/food")
    page = await browser.send(page.form("/admin/groups/food", button="Edit"), button="Edit")
    page = await go_through(
        browser, page, {"purpose": "Food for all."}, {"rule": "all", "capacity": ["councillor"]}, {}
    )
    assert page.path.startswith("/admin/groups/food?answer=")
    assert "Preview: Food Food for all." in page.text
    page = await browser.press(page, "Groups of conditions")
    assert page.path.startswith("/admin/groups/food?answer=")
    page = await browser.press(page, "Add a group of conditions")
    page = await browser.send(form_page(page), {"mode": "none", "region": ["north"]}, button="Continue")
    page = await browser.send(form_page(page), button="Take these")
    assert page.path.startswith("/admin/groups/food?answer=")
    assert "Councillors, except people in the North of England." in page.text
    page = await browser.press(page, "See the preview")
    page = await browser.press(page, "Save")
    assert page.path.startswith("/admin/groups/food?notice=")
    assert "Saved." in page.text
    async with web_bot.database.read() as session:
        held = await groups.by_id(session, food.id)
    assert held is not None
    assert held.purpose == "Food for all."
    assert held.rule == {"all": [{"capacity": ["councillor"]}, {"not": {"region": ["north"]}}]}


async def test_a_new_group_is_made_from_the_list(browser: Browser, web_bot: WebBot) -> None:
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    page = await browser.get("/admin/groups")
    page = await browser.send(page.form("/admin/groups", button="New group"), button="New group")
    typed: dict[str, str | list[str]] = {"name": "Fish", "purpose": "All about fish.", "kind": "thematic"}
    page = await go_through(browser, page, typed, {"rule": "everybody"}, {})
    assert page.path.startswith("/admin/groups?answer=")
    page = await browser.press(page, "Save")
    assert page.path.startswith("/admin/groups?notice=")
    assert page.links["Fish"] == "/admin/groups/fish"


async def test_a_question_before_a_button_comes_back_to_the_page(browser: Browser, web_bot: WebBot) -> None:
    food = await add_group(web_bot, "Food", rule={"capacity": ["officer"]})
    await put_in(web_bot, food, await web_bot.add_member("Ann"))
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    page = await browser.get("/admin/groups/food")
    page = await browser.send(page.form("/admin/groups/food", button="Edit"), button="Edit")
    page = await go_through(browser, page, {}, {}, {})
    page = await browser.press(page, "Save, and take out 1 person")
    assert page.links["Go back"].startswith("/admin/groups/food?answer=")
    page = await browser.send(
        page.form("/chat/press", button="Save and take out"), button="Save and take out"
    )
    assert page.path.startswith("/admin/groups/food?notice=")


async def test_an_answer_is_shown_to_whom_it_was_given_alone(browser: Browser, web_bot: WebBot) -> None:
    await add_group(web_bot, "Food")
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    page = await browser.get("/admin/groups/food")
    page = await browser.send(page.form("/admin/groups/food", button="Edit"), button="Edit")
    address = (await go_through(browser, page, {}, {}, {})).path
    await browser.sign_in(await web_bot.add_member("Olive", Role.ADMINISTRATOR))
    page = await browser.get(address)
    assert (page.status, "Preview" in page.text) == (200, False)
    for odd in ("x", "99999999999", "-1", "0"):
        assert (await browser.get(f"/admin/groups/food?answer={odd}")).status == 200


async def test_a_form_goes_back_to_pages_of_ours_alone(browser: Browser, web_bot: WebBot) -> None:
    await add_group(web_bot, "Food")
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    page = await browser.get("/admin/groups/food")
    page = await browser.send(page.form("/admin/groups/food", button="Edit"), button="Edit")
    for elsewhere in ("https://example.org/admin", "//example.org/admin", "/admin/../sign-out", "/forms/x"):
        shown = await browser.get(page.path.partition("&from=")[0] + f"&from={elsewhere}")
        assert form_page(shown).value("from") == ""


async def test_a_form_that_was_begun_can_be_gone_on_with_from_any_page(
    browser: Browser, web_bot: WebBot
) -> None:
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    begun = (
        ("/events", "New event", "/", {"title": "A walk", "kind": "study_visit"}),
        (
            "/admin/groups",
            "New group",
            "/admin/groups",
            {"name": "Fish", "purpose": "Fish.", "kind": "thematic"},
        ),
    )
    for path, name, shown, typed in begun:
        page = await browser.get(path)
        page = await browser.send(page.form(path, button=name), button=name)
        await browser.send(form_page(page), typed, button="Continue")
        page = await browser.get(path)
        page = await browser.send(page.form(path, button=name), button=name)
        assert page.path.partition("?")[0].partition("#")[0] == shown
        page = await browser.press(page, "Continue the draft")
        assert page.path.startswith("/forms/")
