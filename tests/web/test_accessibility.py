"""Pages in a real browser: no accessibility rule is broken, and each task is done with the keyboard alone."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Literal

import pytest
from aiohttp.test_utils import TestServer
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from store import asked_questions, choices, outbox
from store.asked_questions import Came
from store.members import Member
from store.roles import Role
from tests.conftest import skip
from tests.web.conftest import WebBot
from tests.web.test_calendar import hold, open_round
from tests.web.test_groups import some_groups
from tests.web.test_public import publish, tagged

__all__ = ["tagged"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
# WCAG 2.2 AA, and what axe calls good practice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MOST_TABS = 60
Scheme = Literal["light", "dark"]


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    if not os.access(CHROMIUM, os.X_OK):
        skip("no Chromium at /usr/bin/chromium or where CHROMIUM says")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


class Walk:
    """Somebody at a browser window."""

    def __init__(self, bot: WebBot, page: Page, address: str) -> None:
        self.bot = bot
        self.page = page
        self.address = address

    async def go(self, path: str) -> None:
        await self.page.goto(self.address + path)

    async def sign_in(self, member: Member) -> None:
        await self.go("/sign-in/" + (await self.bot.mint(member.id)).rpartition("/")[2])
        await self.page.get_by_role("button", name="Sign in").click()
        await self.page.wait_for_url(self.address + "/")

    async def check(self) -> None:
        """No rule is broken, and nothing is cut off at the side."""
        results = await Axe().run(self.page, options={"runOnly": {"type": "tag", "values": RULES}})
        where = self.page.url
        assert results.violations_count == 0, f"{where}\n{results.generate_report()}"
        wide = await self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{where} is {wide} px too wide"

    async def tab_to(self, name: str) -> None:
        """Press Tab until something of that name has the focus, which has to be visible."""
        for _ in range(MOST_TABS):
            await self.page.keyboard.press("Tab")
            focused = self.page.locator(":focus")
            if not await focused.count():
                continue
            named = str(await focused.evaluate("e => (e.labels?.[0] || e).textContent.trim()"))
            if named.startswith(name):
                outline = await focused.evaluate("e => getComputedStyle(e).outlineStyle")
                assert outline != "none", f"{name} shows no focus"
                return
        raise AssertionError(f"no way to {name} with the Tab key on {self.page.url}")

    async def type(self, name: str, text: str) -> None:
        await self.tab_to(name)
        await self.page.keyboard.type(text)

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def sees(self, text: str) -> None:
        await self.page.get_by_text(text).first.wait_for()


async def walk(bot: WebBot, server: TestServer, context: BrowserContext) -> Walk:
    return Walk(bot, await context.new_page(), str(server.make_url("")).rstrip("/"))


@pytest.fixture
async def at_desk(web_bot: WebBot, server: TestServer, chromium: Browser) -> Walk:
    return await walk(web_bot, server, await chromium.new_context())


@pytest.mark.parametrize("javascript", [True, False])
async def test_a_long_answer_is_shown_from_its_beginning(
    web_bot: WebBot, server: TestServer, chromium: Browser, javascript: bool
) -> None:
    phone = await chromium.new_context(viewport={"width": 390, "height": 700}, java_script_enabled=javascript)
    at = await walk(web_bot, server, phone)
    await at.sign_in(await web_bot.add_member("Ann"))
    await at.page.get_by_label("Ask in your own words").fill("/ccin")
    await at.press("Enter")
    answer = at.page.locator("article.bot").last
    await answer.get_by_text("/ask").first.wait_for()
    box = await answer.bounding_box()
    assert box is not None
    assert box["height"] > 700
    assert 0 <= box["y"] < 200
    if javascript:
        # And the same when they come back to the page.
        await at.go("/")
        box = await answer.bounding_box()
        assert box is not None
        assert 0 <= box["y"] < 200


async def test_what_was_saved_for_later_is_said_where_it_is_seen(
    web_bot: WebBot, server: TestServer, chromium: Browser
) -> None:
    await web_bot.add_member("Ada", Role.ADMINISTRATOR)
    phone = await chromium.new_context(viewport={"width": 390, "height": 700})
    at = await walk(web_bot, server, phone)
    await at.sign_in(await web_bot.add_member("Ann"))
    for text in ("/ccin", "Who pays my train to the conference of mayors?"):
        await at.page.get_by_label("Ask in your own words").fill(text)
        await at.press("Enter")
    await at.page.get_by_role("button", name="Talk to a person").click()
    await at.page.get_by_label("Show them my question and my name").check()
    await at.page.get_by_role("button", name="Save and come back later").click()
    for text in ("Saved. You find", "Go on with"):
        box = await at.page.get_by_text(text).bounding_box()
        assert box is not None
        assert 0 <= box["y"] < 600


async def ask_what_nobody_knows(bot: WebBot) -> None:
    async with bot.database.write() as session:
        for text, came, entry in (("Who pays for tea?", Came.UNKNOWN, None), ("fees", Came.ANSWERED, "gone")):
            await asked_questions.add(
                session, text, locale="en", member_id=None, surface="web", conversation="", outcome=came,
                entry=entry, probability=0.5, now=bot.clock(),
            )  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 320])
async def test_no_page_breaks_a_rule(
    tagged: WebBot, server: TestServer, chromium: Browser, scheme: Scheme, width: int
) -> None:
    context = await chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    at = await walk(tagged, server, context)
    await ask_what_nobody_knows(tagged)
    await publish(tagged, "Homes for all")
    await some_groups(tagged)
    await hold(tagged, "Open house")
    await open_round(tagged)
    async with tagged.database.write() as session:
        row = await outbox.add(session, key="k:1", recipient="r", message={"text": "x"}, now=tagged.clock(),
                               place={"platform": "web", "kind": "channel", "id": "C1"})  # fmt: skip
        assert row is not None
    await tagged.deliver()
    for path in ("/", "/about", "/case-studies", "/case-studies?q=nothing", "/case-studies/homes-for-all",
                 "/nothing", "/sign-in", "/sign-in/unknown", "/admin",
                 "/groups", "/groups?q=nothing", "/groups/housing",
                 "/events", "/events/open-house", "/funding"):  # fmt: skip
        await at.go(path)
        await at.check()
    ann = await tagged.add_member("Ann")
    await at.go("/sign-in/" + (await tagged.mint(ann.id)).rpartition("/")[2])
    await at.check()
    await at.sign_in(await tagged.add_member("Olga Owner", Role.OWNER))
    await at.page.fill("#say", "/gallery hello")
    await at.press("Enter")
    await at.sees("The small print.")
    await at.check()
    await at.page.fill("#say", "/")
    await at.page.get_by_role("option").first.wait_for()
    await at.check()
    await at.press("Escape")
    await at.page.get_by_role("button", name="Remove all").click()
    await at.sees("It cannot come back.")
    await at.check()
    for path in (
        "/admin",
        "/admin/deliveries",
        "/admin/reminders",
        "/admin/reminders/sent",
        "/admin/reminders/words",
        "/admin/people",
        "/admin/audit",
        "/admin/insight?period=all",
        "/admin/quality",
        "/groups",
        "/groups?mine=yes",
        "/groups/housing",
        "/admin/groups",
        "/admin/groups/housing",
    ):
        await at.go(path)
        await at.check()
    await at.go("/")
    await at.page.fill("#say", "/everything")
    await at.press("Enter")
    await at.sees("Step 1 of 3")
    action = at.page.url.partition("?")[0]
    for step in range(4):
        await at.page.goto(f"{action}?step={step}")
        await at.check()
        await at.page.locator("button.primary").click()
        await at.sees("There is a problem")
        await at.check()


async def test_a_question_is_asked_with_the_keyboard_and_answered_on_the_open_page(at_desk: Walk) -> None:
    await at_desk.go("/")
    await at_desk.type("Ask in your own words", "Does anybody know about aardvarks?")
    await at_desk.press("Enter")
    await at_desk.sees("hello@councils.coop")
    assert await at_desk.page.input_value("#say") == ""
    assert await at_desk.page.evaluate("document.activeElement.id") == "say"
    assert at_desk.page.url == at_desk.address + "/"


async def test_commands_are_completed_with_the_arrow_keys(at_desk: Walk) -> None:
    await at_desk.go("/")
    await at_desk.type("Ask in your own words", "/ga")
    await at_desk.page.get_by_role("option", name="/gallery").wait_for()
    await at_desk.press("ArrowDown", "Enter")
    assert await at_desk.page.input_value("#say") == "/gallery"
    await at_desk.press("Enter")
    await at_desk.sees("The small print.")
    await at_desk.tab_to("Commands")
    await at_desk.press("Enter")
    await at_desk.tab_to("/gallery")
    await at_desk.press("Enter")
    assert await at_desk.page.input_value("#say") == "/gallery"


async def test_a_button_that_asks_first_is_pressed_with_the_keyboard(at_desk: Walk) -> None:
    await at_desk.go("/")
    await at_desk.type("Ask in your own words", "/gallery")
    await at_desk.press("Enter")
    await at_desk.sees("The small print.")
    await at_desk.go("/")
    await at_desk.tab_to("Remove all")
    await at_desk.press("Enter")
    await at_desk.sees("It cannot come back.")
    await at_desk.tab_to("Remove it")
    await at_desk.press("Enter")
    await at_desk.sees("Removed all.")


async def test_a_form_is_filled_in_with_the_keyboard_alone(at_desk: Walk) -> None:
    bot, page = at_desk.bot, at_desk.page
    await at_desk.sign_in(await bot.add_member("Ann"))
    await at_desk.type("Ask in your own words", "/everything")
    await at_desk.press("Enter")
    await at_desk.sees("Step 1 of 3")
    await at_desk.tab_to("Continue")
    await at_desk.press("Enter")
    await at_desk.sees("There is a problem")
    # The summary has the focus; its first link leads to the field.
    await at_desk.press("Tab", "Enter")
    assert await page.evaluate("document.activeElement.id") == "title"
    await page.keyboard.type("A library of things")
    await at_desk.type("Story", "We lend drills.")
    await at_desk.tab_to("Continue")
    await at_desk.press("Enter")
    await at_desk.sees("Step 2 of 3")
    await at_desk.type("Year", "2026")
    await at_desk.type("Amount", "1,500")
    # Whether months come first and hours go to 12 is up to the browser.
    await at_desk.type("Day", "03032026")
    await at_desk.type("Hour", "1130p")
    await at_desk.type("Date", "03032026")
    await at_desk.type("Time", "1130p")
    await at_desk.tab_to("Continue")
    await at_desk.press("Enter")
    await at_desk.sees("Step 3 of 3")
    await at_desk.tab_to("Yes")
    await at_desk.press("Space")
    await at_desk.tab_to("Theme 1")
    await at_desk.press("Space")
    await at_desk.type("Part of the name", "ambleford")
    await page.get_by_role("option", name="Ambleford Council").wait_for()
    await at_desk.press("ArrowDown", "Enter")
    assert await page.get_by_role("radio", name="Ambleford Council").is_checked()
    await at_desk.tab_to("I agree to publication")
    await at_desk.press("Space")
    await at_desk.tab_to("Continue")
    await at_desk.press("Enter")
    await at_desk.sees("Check your answers")
    await at_desk.tab_to("Send everything")
    await at_desk.press("Enter")
    await at_desk.sees("Thank you for “A library of things”")
    async with bot.database.read() as session:
        assert await choices.get(session, "sent") == "1"


async def test_signing_in_and_giving_a_role_work_with_the_keyboard(at_desk: Walk) -> None:
    await at_desk.go("/sign-in")
    await at_desk.tab_to("Demo owner")
    await at_desk.press("Enter")
    await at_desk.sees("Sign out")
    await at_desk.go("/admin/people")
    await at_desk.tab_to("Role for Demo officer")
    # A select is chosen from by its first letters.
    await at_desk.page.keyboard.type("Rev")
    await at_desk.tab_to("Give")
    await at_desk.press("Enter")
    await at_desk.sees("now holds the role “Reviewer”")


async def test_what_others_do_appears_without_reloading(at_desk: Walk) -> None:
    ann = await at_desk.bot.add_member("Ann")
    await at_desk.sign_in(ann)
    async with at_desk.bot.database.write() as session:
        await outbox.add(session, key="n:1", recipient=f"member:{ann.id}", message={"text": "News for you."},
                         now=at_desk.bot.clock(), member_id=ann.id)  # fmt: skip
    await at_desk.bot.deliver()
    await at_desk.sees("News for you.")
