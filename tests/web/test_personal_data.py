"""My data on the web: for whoever is signed in, about themself alone."""

from __future__ import annotations

import pytest

from store.roles import Role
from tests.web.conftest import Browser, WebBot

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_everything_is_shown_and_downloaded(browser: Browser, web_bot: WebBot) -> None:
    await web_bot.add_member("Bob Brook")
    await browser.sign_in(await web_bot.add_member("Ann <b>Archer</b>", Role.REVIEWER))
    await browser.say("What does it cost?")
    page = await browser.get("/my-data")
    assert page.status == 200
    assert "Your roles (1)" in page.text
    assert "What does it cost?" in page.text
    assert "Bob Brook" not in page.text
    assert "<b>Archer" not in page.html
    for path, kind in (("/my-data.json", "application/json"), ("/my-data.csv", "text/csv")):
        async with browser.client.get(path) as response:
            assert (response.status, response.content_type) == (200, kind)
            assert response.headers["Cache-Control"] == "no-store"
            text = await response.text()
        assert "Archer" in text
        assert "Bob Brook" not in text


async def test_visitors_are_asked_to_sign_in(browser: Browser) -> None:
    for path in ("/my-data", "/my-data.json", "/my-data.csv"):
        page = await browser.get(path)
        assert (page.status, page.path) == (200, "/sign-in")
