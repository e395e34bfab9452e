"""The chat page: asking, commands, buttons, and what stands in the conversation."""

from __future__ import annotations

import asyncio
import json

import pytest
from sqlalchemy import func, select

from bot.web.templates import linked
from handlers.kit.errors import Unavailable
from handlers.kit.messages import Button, Message
from handlers.kit.platform import Delivery
from handlers.kit.updates import Place, PlaceKind
from store import choices
from store.conversations import Conversation, Entry
from store.members import Member
from store.seed import seed
from store.web_sessions import WebSession
from tests.bot import ROOT
from tests.web.conftest import Browser, WebBot, composer, filled


async def entries(bot: WebBot) -> int:
    async with bot.database.read() as session:
        return await session.scalar(select(func.count()).select_from(Entry)) or 0


async def test_reading_leaves_nothing_behind(browser: Browser, web_bot: WebBot) -> None:
    page = await browser.get("/")
    assert "What would you like to know?" in page.text
    assert browser.cookie() == ""
    async with web_bot.database.read() as session:
        assert await session.scalar(select(WebSession.id)) is None


async def test_a_visitor_asks_and_is_answered_without_becoming_a_member(
    browser: Browser, web_bot: WebBot
) -> None:
    async with web_bot.database.read() as session:
        before = await session.scalar(select(func.count()).select_from(Member))
    page = await browser.say("Does anybody know about aardvarks?")
    assert page.path == "/#latest" or page.path == "/"
    assert "Does anybody know about aardvarks?" in page.text
    assert "hello@councils.coop" in page.text
    assert await entries(web_bot) == 2
    async with web_bot.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Member)) == before


async def test_a_slash_is_a_command_and_every_part_of_a_message_is_shown(browser: Browser) -> None:
    page = await browser.say("/gallery hello there")
    for part in ("A heading", "Said: hello there", "Words of somebody else.", "Demo Borough Council",
                 "An entry", "The small print."):  # fmt: skip
        assert part in page.text
    assert "<li>one thing</li>" in page.html
    assert page.links["Elsewhere"] == "https://www.example.org/"
    assert page.links["Case studies"] == "/case-studies"


async def test_a_sign_in_link_never_stands_in_a_conversation(browser: Browser, web_bot: WebBot) -> None:
    page = await browser.sign_in(await web_bot.add_member("Ann"))
    page = await browser.say("/gallery x")
    assert "Sign in here" not in page.text
    async with web_bot.database.read() as session:
        held = (await session.scalars(select(Entry.message))).all()
    assert "/sign-in/" not in json.dumps(held)


async def test_commands_are_listed_with_what_they_do_and_fill_the_composer(browser: Browser) -> None:
    page = await browser.get("/")
    assert page.links["/gallery"] == "/?say=/gallery#composer"
    assert "See every part of a message" in page.text
    assert "Fill in every kind of field" not in page.text
    assert composer(await browser.get("/?say=/gallery")).value("say") == "/gallery"


async def test_a_button_acts_once_however_often_it_is_sent(browser: Browser, web_bot: WebBot) -> None:
    page = await browser.say("/gallery x")
    form = page.form("/chat/press", button="Remove")
    sent = await asyncio.gather(*(browser.send(form, button="Remove") for _ in range(3)))
    assert {page.status for page in sent} == {200}
    async with web_bot.database.read() as session:
        assert await choices.get(session, "removed") == "entry "
    page = await browser.get("/")
    assert page.text.count("Removed entry.") == 1


async def test_a_button_that_asks_first_acts_only_when_confirmed(browser: Browser, web_bot: WebBot) -> None:
    page = await browser.press(await browser.say("/gallery x"), "Remove all")
    assert page.path.startswith("/chat/confirm")
    assert "It cannot come back." in page.text
    async with web_bot.database.read() as session:
        assert await choices.get(session, "removed") is None
    page = await browser.send(page.form("/chat/press"), button="Remove it")
    assert "Removed all." in page.text


async def test_a_tampered_button_does_nothing(browser: Browser, other_browser: Browser) -> None:
    page = await browser.say("/gallery x")
    form = page.form("/chat/press", button="Remove")
    for typed in ({"button": "0" * 16}, {"entry": "999999"}, {"entry": "x" * 50}):
        wrong = await browser.send(form, {**typed, "button": typed.get("button", "1")})
        assert wrong.status == 409
        assert "no longer there" in wrong.text
    # Somebody else's message is as good as none.
    stranger = await other_browser.say("/gallery y")
    entry = stranger.form("/chat/press", button="Remove").value("entry")
    wrong = await browser.send(form, {"entry": entry}, button="Remove")
    assert wrong.status == 409


async def test_a_question_sent_twice_is_asked_once(browser: Browser, web_bot: WebBot) -> None:
    form = composer(await browser.say("/gallery first"))
    sent = filled(form, {"say": "/gallery again"})
    await asyncio.gather(*(browser.post("/chat", sent) for _ in range(3)))
    assert await entries(web_bot) == 4
    # The same page found by "back" and filled in anew is a new question.
    await browser.post("/chat", filled(form, {"say": "/gallery anew"}))
    assert await entries(web_bot) == 6


async def test_what_people_type_comes_out_inert(browser: Browser) -> None:
    page = await browser.say("<script>alert(1)</script> <!channel> javascript:alert(1)")
    assert "<script>alert" not in page.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &lt;!channel&gt;" in page.html
    page = await browser.say("/gallery <b onclick=x>bold</b>")
    assert "<b onclick" not in page.html
    assert not [link for link in page.links.values() if link.startswith("javascript")]


async def test_addresses_are_links_in_our_words_and_inert_in_what_people_type(
    browser: Browser, web_bot: WebBot
) -> None:
    page = await browser.say("Is www.evil.example.org the address, or ann@evil.example.org?")
    assert page.html.count("www.evil.example.org") == 2
    assert not [link for link in page.links.values() if "evil" in link]
    assert page.links["hello@councils.coop"] == "mailto:hello@councils.coop"
    await seed(web_bot.database, ROOT / "data", web_bot.clock())
    page = await browser.say("How do we join? And what is a Policy Lab?")
    for said in (page, await browser.say("How do we join?")):
        assert said.links["www.councils.coop/how-can-i-join/"] == "https://www.councils.coop/how-can-i-join/"
        assert said.links["comms@councils.coop"] == "mailto:comms@councils.coop"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            "See www.a.example.org/?x=1&y=2.",
            'See <a href="https://www.a.example.org/?x=1&amp;y=2" rel="noopener noreferrer">'
            "www.a.example.org/?x=1&amp;y=2</a>.",
        ),
        ("“See www.a.org” is gone, and “www.b.org", "“See www.a.org” is gone, and “www.b.org"),
        ('<a href="https://a.org">a</a>', "&lt;a href=&#34;https://a.org&#34;&gt;a&lt;/a&gt;"),
        ("javascript:alert(1) data:text/html,x", "javascript:alert(1) data:text/html,x"),
    ],
)
def test_only_an_address_becomes_a_link_and_what_is_quoted_does_not(text: str, html: str) -> None:
    assert linked(text) == html


async def test_an_empty_or_overlong_question_says_so_and_keeps_what_was_typed(browser: Browser) -> None:
    page = await browser.say("   ")
    assert (page.status, "Type a question or a command first." in page.text) == (422, True)
    page = await browser.say("y" * 3001)
    assert page.status == 422
    assert composer(page).value("say") == "y" * 3001


async def test_visitors_who_ask_too_much_wait_and_lose_nothing(browser: Browser, web_bot: WebBot) -> None:
    for number in range(20):
        assert (await browser.say(f"/gallery {number}")).status == 200
    page = await browser.say("One question more")
    assert page.status == 429
    assert page.form("/chat").value("say") == "One question more"
    web_bot.clock.advance(minutes=6)
    again = await browser.send(page.form("/chat"))
    assert (again.status, "One question more" in again.text) == (200, True)


async def test_the_pages_script_gets_its_news_as_data(browser: Browser) -> None:
    form = composer(await browser.get("/"))
    headers = {"Accept": "application/json"}
    fields = filled(form, {"say": "/gallery hello", "after": "0"})
    async with browser.client.post("/chat", data=fields, headers=headers) as response:
        told = await response.json()
    assert [entry["revision"] for entry in told["entries"]] == [1, 2]
    assert "Said: hello" in told["entries"][1]["html"]
    fields = [*filled(form, {"say": "/everything", "csrf": told["csrf"]})]
    async with browser.client.post("/chat", data=fields, headers=headers) as response:
        assert "entries" in await response.json()


async def test_an_open_page_hears_of_new_messages_and_of_changes(browser: Browser, web_bot: WebBot) -> None:
    await browser.say("/gallery first")
    async with browser.client.get("/chat/stream?after=1") as response:
        assert response.content_type == "text/event-stream"

        async def event() -> dict[str, object]:
            while True:
                line = (await response.content.readline()).decode()
                if line.startswith("data: "):
                    return dict(json.loads(line.removeprefix("data: ")))

        first = await event()
        assert first["revision"] == 2
        assert isinstance(first["id"], int)
        reference = {"platform": "web", "entry": first["id"]}
        await web_bot.surface.platform.edit(reference, Message(text="Changed meanwhile."))
        second = await event()
        assert (second["id"], second["revision"]) == (first["id"], 3)
        assert "Changed meanwhile." in str(second["html"])


async def test_a_message_delivered_twice_stands_there_once(browser: Browser, web_bot: WebBot) -> None:
    await browser.say("/gallery x")
    async with web_bot.database.read() as session:
        conversation_id = (await session.scalars(select(Entry.conversation_id))).first() or ""
    place = Place("web", PlaceKind.DIRECT, conversation_id)
    message = Message(text="News", buttons=(Button(label="Read", url="https://www.example.org/"),))
    delivery = Delivery("row1", place, message, web_bot.clock())
    assert await web_bot.surface.platform.find(delivery, place) is None
    first = await web_bot.surface.platform.deliver(delivery, place)
    second = await web_bot.surface.platform.deliver(delivery, place)
    assert first == second == await web_bot.surface.platform.find(delivery, place)
    assert (await browser.get("/")).text.count("News") == 1


async def test_while_the_database_is_away_what_was_typed_is_kept(
    browser: Browser, web_bot: WebBot, monkeypatch: object
) -> None:
    form = composer(await browser.say("/gallery x"))
    handle = web_bot.dispatcher.handle

    async def away(update: object) -> object:
        raise Unavailable

    web_bot.dispatcher.handle = away  # type: ignore[method-assign,assignment]
    page = await browser.send(form, {"say": "/gallery later"})
    assert page.status == 503
    web_bot.dispatcher.handle = handle  # type: ignore[method-assign]
    page = await browser.send(page.form("/chat"))
    assert "Said: later" in page.text
    assert page.text.count("/gallery later") == 1


async def test_long_conversations_page_back(browser: Browser, web_bot: WebBot) -> None:
    await browser.sign_in(await web_bot.add_member("Ann"))
    for number in range(25):
        await browser.say(f"/gallery number {number}.")
    page = await browser.get("/")
    assert "number 24." in page.text
    assert "number 1." not in page.text
    page = await browser.get(page.links["Earlier messages"])
    assert "number 1." in page.text


async def test_what_was_said_long_ago_is_forgotten(browser: Browser, web_bot: WebBot) -> None:
    await browser.say("/gallery x")
    web_bot.clock.advance(days=8)
    await web_bot.surface.jobs()[0].run()
    async with web_bot.database.read() as session:
        left = select(Conversation.id).where(Conversation.member_id.is_(None))
        assert await session.scalar(left) is None
    page = await browser.say("/gallery new")
    assert "Said: new" in page.text
