"""The main job, from an empty database, in a browser: join, ask, submit a case study, review it, read it."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from bot.app import App
from bot.settings import Settings
from tests.web.test_accessibility import chromium

__all__ = ["chromium"]

pytestmark = pytest.mark.browser

TITLE = "A library of things in every ward"
STORY = "Residents buy tools that they use once a year.\n\n- Four libraries lend them\n- Volunteers run them"


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[str]:
    """The whole bot as `make run` starts it, in demo mode."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = App(Settings(_env_file=None, port=port, database_url=f"sqlite:///{tmp_path}/bot.db"))
    await app.start()
    yield app.settings.address
    await app.stop()


async def become(page: Page, address: str, person: str) -> None:
    await page.goto(address + "/sign-in")
    await page.get_by_role("button", name=person).click()
    await expect(page.get_by_role("button", name="Sign out")).to_be_visible()


async def say(page: Page, text: str, answer: str) -> None:
    await page.get_by_label("Ask in your own words").fill(text)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("log")).to_contain_text(answer)


async def go_on(page: Page) -> None:
    await page.get_by_role("button", name="Continue").last.click()


async def submit(page: Page) -> None:
    """The form of a case study, from the command to the check page and on."""
    await page.get_by_label("Ask in your own words").fill("/case-study")
    await page.keyboard.press("Enter")
    await page.get_by_label("Title").fill(TITLE)
    # Whose council it is was recognised when they joined.
    await expect(page.get_by_label("Demo Borough Council")).to_be_checked()
    await page.get_by_label("Housing").check()
    await page.get_by_label("Co-production").check()
    await page.get_by_label("Year").fill("2026")
    await go_on(page)
    await expect(page.get_by_text("Step 2 of 3")).to_be_visible()
    for area in await page.locator("textarea").all():
        await area.fill(STORY)
    await go_on(page)
    await expect(page.get_by_text("Step 3 of 3")).to_be_visible()
    await page.get_by_label("Link 1").fill("https://www.example.org/library")
    await page.get_by_label("My organisation agrees").check()
    await go_on(page)
    await expect(page.get_by_role("heading", name="Check your answers")).to_be_visible()
    await page.get_by_role("button", name="Send for review").click()
    await expect(page.get_by_role("log")).to_contain_text(f"I have your case study “{TITLE}”")


async def test_a_person_joins_asks_and_submits_and_a_reviewer_publishes(
    running: str, chromium: Browser
) -> None:
    page = await chromium.new_page()
    await become(page, running, "Demo councillor")
    await expect(page.get_by_role("log")).to_contain_text("Welcome to CCIN")
    await say(page, "How many members are there?", "In July 2024 the network had 47 full members")
    await say(page, "How do we join?", "www.councils.coop/how-can-i-join/")
    await say(page, "Does anybody know about aardvarks?", "hello@councils.coop")
    await submit(page)
    await page.get_by_role("button", name="Sign out").click()

    await become(page, running, "Demo reviewer")
    await expect(page.get_by_role("log")).to_contain_text(TITLE)
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_role("heading", name="Publish this case study?")).to_be_visible()
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_role("log")).to_contain_text("You published")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_text("You are signed out.")).to_be_visible()

    await page.get_by_role("link", name="Case studies").first.click()
    await page.get_by_role("link", name=TITLE).click()
    await expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    await expect(page.get_by_role("link", name="www.example.org/library")).to_be_visible()

    await become(page, running, "Demo councillor")
    await expect(page.get_by_role("log")).to_contain_text(f"Your case study “{TITLE}” is published.")
