"""Public pages: the list of case studies, one case study, and help."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from store import case_studies, members
from store.case_studies import CaseStudy, Content
from store.organisations import Organisation
from store.roles import Role
from store.tags import Tag, TagKind
from tests.web.conftest import Browser, WebBot

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def publish(bot: WebBot, title: str, **changed: Any) -> CaseStudy:
    async with bot.database.write() as session:
        organisation = (await session.scalars(select(Organisation).order_by(Organisation.id))).first()
        assert organisation is not None
        content = Content(
            title=title,
            organisation_id=organisation.id,
            themes=["housing"],
            principles=["learning"],
            year=2026,
            challenge="Too few roofs.",
            done="We\n\n- built\n- let",
            outcomes="More roofs.",
            learning="Ask first.",
            links=["https://www.example.org/report"],
            contact="housing@example.org",
        )
        author = (await members.search(session, ""))[0]
        study = await case_studies.add(
            session, replace(content, **changed), author_id=author.id, now=bot.clock()
        )
        study.publish(bot.clock())
    return study


@pytest.fixture
async def tagged(web_bot: WebBot) -> WebBot:
    async with web_bot.database.write() as session:
        for kind, slug, name in (
            (TagKind.THEME, "housing", "Housing"), (TagKind.THEME, "food", "Food"),
            (TagKind.PRINCIPLE, "learning", "Learning"),
        ):  # fmt: skip
            session.add(Tag(kind=kind, slug=slug, name=name))
    return web_bot


async def test_an_empty_list_says_what_to_do(browser: Browser, tagged: WebBot) -> None:
    page = await browser.get("/case-studies")
    assert "No case study has been published here yet." in page.text
    page = await browser.get("/case-studies?q=nothing&page=x")
    assert "No case study fits all of this." in page.text


async def test_studies_are_found_by_words_theme_and_principle(browser: Browser, tagged: WebBot) -> None:
    await publish(tagged, "Homes for all")
    await publish(tagged, "Food for all", themes=["food"])
    page = await browser.get("/case-studies")
    assert "2 case studies" in page.text
    for query in ("q=homes+all", "theme=housing&q=all", "principle=learning&theme=housing"):
        page = await browser.get(f"/case-studies?{query}")
        assert page.links["Homes for all"] == "/case-studies/homes-for-all"
        assert "1 case study" in page.text
    assert page.form("/case-studies").value("theme") == "housing"


async def test_long_lists_are_paged_and_keep_what_was_looked_for(browser: Browser, tagged: WebBot) -> None:
    for number in range(13):
        await publish(tagged, f"Study {number}")
    page = await browser.get("/case-studies?q=study")
    assert page.links["Next page"] == "/case-studies?q=study&page=2"
    page = await browser.get(page.links["Next page"])
    assert "1" in page.text
    assert page.links["Previous page"] == "/case-studies?q=study&page=1"


async def test_a_study_is_shown_to_everybody_and_inert(browser: Browser, tagged: WebBot) -> None:
    await publish(
        tagged, "A <b>bold</b> title", challenge="<script>alert(1)</script>",
        links=["https://www.example.org/report", "javascript:alert(1)"],
    )  # fmt: skip
    page = await browser.get("/case-studies/a-b-bold-b-title")
    assert page.status == 200
    for shown in ("A <b>bold</b> title", "<script>alert(1)</script>", "More roofs.", "Ask first.", "Housing",
                  "housing@example.org", "Saturday 21 November 2026"):  # fmt: skip
        assert shown in page.text
    assert "<li>built</li>" in page.html
    assert "<script>alert" not in page.html
    assert "javascript:" not in page.html


async def test_what_is_not_published_is_not_there_and_what_was_withdrawn_says_so(
    browser: Browser, tagged: WebBot
) -> None:
    study = await publish(tagged, "Homes")
    async with tagged.database.write() as session:
        held = await case_studies.by_id(session, study.id)
        assert held is not None
        held.withdraw(tagged.clock())
    page = await browser.get("/case-studies/homes")
    assert (page.status, "This case study was withdrawn" in page.text) == (410, True)
    async with tagged.database.write() as session:
        held = await case_studies.by_id(session, study.id)
        assert held is not None
        held.published_at = None
    assert (await browser.get("/case-studies/homes")).status == 404


async def test_help_lists_what_the_reader_may_do(browser: Browser, web_bot: WebBot) -> None:
    page = await browser.get("/about")
    assert "/ask" in page.links
    assert "/everything" not in page.links
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    page = await browser.get("/about")
    assert "/ccin deliveries" in page.links
    assert "/ccin roles" not in page.links
