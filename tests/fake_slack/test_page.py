"""The workspace in a browser, and acting in it from another process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import async_playwright
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.conftest import skip
from tests.fake_slack.conftest import Office
from tests.fake_slack.test_blocks import field, modal, option, plain, section, typed
from tests.fakes.slack.manifest import Manifest
from tests.fakes.slack.workspace import Json

CHROMIUM = Path("/usr/bin/chromium")
MANIFEST = {
    "display_information": {"name": "Network bot"},
    "features": {
        "app_home": {"home_tab_enabled": True},
        "slash_commands": [{"command": "/ask", "description": "Ask a question"}],
        "shortcuts": [{"type": "message", "callback_id": "make", "name": "Make this a case study"}],
    },
    "oauth_config": {"scopes": {"bot": ["chat:write", "commands"]}},
    "settings": {"event_subscriptions": {"bot_events": ["app_mention"]}},
}
FORM = modal(
    field(typed(), block_id="title", label=plain("Title")),
    field(
        {"type": "external_select", "action_id": "council", "min_query_length": 1},
        block_id="council",
        label=plain("Council"),
    ),
    callback_id="case_study",
)


@pytest.fixture
def chromium() -> Path:
    """The browser of this machine."""
    if not CHROMIUM.exists():
        skip(f"no browser at {CHROMIUM}")
    return CHROMIUM


async def page_of(office: Office, **query: str) -> str:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{office.slack.url}/", params=query) as answer,
    ):
        assert answer.status == 200
        return await answer.text()


async def control(office: Office, act: str, **details: Any) -> Json:
    address = f"{office.slack.url}/control/{act}"
    async with aiohttp.ClientSession() as session, session.post(address, json=details) as answer:
        told: Json = await answer.json()
        return told


async def test_a_person_sees_their_channels_and_only_their_own_private_replies(
    office: Office, client: AsyncWebClient
) -> None:
    office.slack.add_channel("reviews", office.officer, kind="private")
    await client.chat_postEphemeral(channel=office.general.id, user=office.officer.id, text="Just for you")
    officer = await page_of(office, **{"as": office.officer.id})
    councillor = await page_of(office, **{"as": office.councillor.id})
    assert "Just for you" in officer
    assert "reviews" in officer
    assert "Just for you" not in councillor
    assert "reviews" not in councillor


async def test_what_people_type_is_shown_and_not_run(office: Office, client: AsyncWebClient) -> None:
    text = "<script>alert(1)</script>"
    await control(office, "say", **{"as": "officer", "channel": "general", "text": text, "typed": True})
    await client.chat_postMessage(
        channel=office.general.id, text="card", blocks=[section('"><img src=x onerror=alert(1)>')]
    )
    shown = await page_of(office)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<img" not in shown


async def test_typed_names_become_mentions(office: Office) -> None:
    words = {"as": "officer", "channel": "general", "text": "@councillor & #general", "typed": True}
    await control(office, "say", **words)
    sent = (await control(office, "messages", channel="general"))["messages"]
    assert [message["text"] for message in sent] == [
        f"<@{office.councillor.id}> &amp; <#{office.general.id}|general>"
    ]


async def test_an_act_that_makes_no_sense_is_refused_in_words(office: Office) -> None:
    assert "error" in await control(office, "say", **{"as": "nobody", "channel": "general", "text": "?"})
    assert "error" in await control(office, "dance")


async def test_a_page_waits_for_news_and_is_sent_the_parts_anew(office: Office) -> None:
    message = await office.slack.say("officer", "general", "Old news")
    query = {"as": office.officer.id, "in": office.general.id, "thread": message.ts, "version": "0"}
    address = f"{office.slack.url}/state"
    async with aiohttp.ClientSession() as session, session.get(address, params=query) as answer:
        state = await answer.json()
    assert state["version"] == office.slack.version
    assert "Old news" in state["main"]
    assert "Old news" in state["thread"]


async def test_another_process_reads_how_the_app_acknowledged(office: Office, over_http: AsyncApp) -> None:
    @over_http.event("message")
    async def said() -> None: ...

    for text in ("one", "two"):
        await control(office, "say", **{"as": "officer", "channel": "general", "text": text})
    told = await control(office, "acks", since=1)
    assert told["total"] == 2
    assert [(ack["name"], ack["status"]) for ack in told["acks"]] == [("message", 200)]


async def test_a_permanent_link_leads_to_the_message(office: Office, client: AsyncWebClient) -> None:
    message = await office.slack.say("officer", "general", "Here")
    link = (await client.chat_getPermalink(channel=office.general.id, message_ts=message.ts))["permalink"]
    async with aiohttp.ClientSession() as session, session.get(link, allow_redirects=False) as answer:
        assert answer.headers["Location"] == f"/?in={office.general.id}&thread=#m{message.ts}"


async def test_deliveries_are_listed_with_what_came_of_them(office: Office, over_http: AsyncApp) -> None:
    await office.slack.command("officer", "/unknown", "", "general")
    address = f"{office.slack.url}/deliveries"
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        assert "dispatch_failed" in await answer.text()


async def test_a_manifest_gives_the_app_its_name_commands_and_scopes(
    office: Office, client: AsyncWebClient
) -> None:
    office.slack.install(Manifest.parsed(json.loads(json.dumps(MANIFEST))))
    await client.chat_postMessage(channel=office.general.id, text="Hello")
    shown = await page_of(office)
    assert "Network bot" in shown
    assert "/ask" in shown
    assert "Make this a case study" in shown
    assert office.slack.app.scopes == {"chat:write", "commands"}
    await office.slack.say("officer", "general", "No mention, so no event")
    assert office.slack.acks == []


@pytest.mark.browser
async def test_a_form_is_filled_in_corrected_and_sent_in_a_browser(
    office: Office, over_http: AsyncApp, chromium: Path
) -> None:
    sent: list[Any] = []

    @over_http.command("/case-study")
    async def start(ack: Any, command: Any, client: Any) -> None:
        await client.views_open(trigger_id=command["trigger_id"], view=FORM)
        await ack()

    @over_http.options("council")
    async def search(ack: Any, payload: Any) -> None:
        await ack(options=[option("7", f"{payload['value']} Borough Council")])

    @over_http.action("council")
    async def chosen(ack: Any) -> None:
        await ack()

    @over_http.view("case_study")
    async def submitted(ack: Any, view: Any) -> None:
        values = view["state"]["values"]
        if values["title"]["title"]["value"] == "Shed":
            await ack(response_action="errors", errors={"title": "Say a little more."})
            return
        await ack()
        sent.append(
            (values["title"]["title"]["value"], values["council"]["council"]["selected_option"]["value"])
        )

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = await browser.new_page()
        await page.goto(f"{office.slack.url}/?as={office.officer.id}")
        await page.get_by_label("Message #general").fill("/case-study")
        await page.keyboard.press("Enter")
        await page.get_by_label("Title").fill("Shed")
        await page.get_by_label("Council", exact=True).press_sequentially("Demo")
        await page.get_by_role("button", name="Demo Borough Council").click()
        await page.get_by_role("button", name="Send").last.click()
        await page.get_by_text("Say a little more.").wait_for()
        await page.get_by_label("Title").fill("A shed for all")
        await page.get_by_role("button", name="Send").last.click()
        await page.locator(".modal").wait_for(state="detached")
        await browser.close()
    assert sent == [("A shed for all", "7")]
