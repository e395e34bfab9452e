"""The dashboard: who sees it, what it shows, and what can be done there."""

from __future__ import annotations

import pytest

from handlers.kit.errors import DeliveryError
from handlers.kit.messages import Message
from store import audit, members, outbox, roles
from store.outbox import OutboxRow
from store.roles import Role
from tests.web.conftest import Browser, WebBot

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PAGES = ("/admin", "/admin/deliveries", "/admin/audit", "/admin/people", "/admin/faq")


async def fail(bot: WebBot, count: int = 1) -> list[str]:
    """Messages to somebody whom no platform knows."""
    async with bot.database.write() as session:
        member = await members.add(session, name="Una Reachable", now=bot.clock())
        ids = [
            await outbox.add(
                session,
                key=f"case_study:{number}:published",
                recipient=f"member:{member.id}",
                message={"text": "A private message"},
                now=bot.clock(),
                member_id=member.id,
            )
            for number in range(count)
        ]
    await bot.deliver()
    return [one for one in ids if one]


async def test_only_those_who_administer_see_it(browser: Browser, web_bot: WebBot) -> None:
    for path in PAGES:
        page = await browser.get(path)
        assert (page.status, "Sign in" in page.links) == (403, True)
    for name, held in (("Ann", []), ("Rev", [Role.REVIEWER]), ("Pan", [Role.PANEL])):
        await browser.sign_in(await web_bot.add_member(name, *held))
        for path in PAGES:
            assert (await browser.get(path)).status == 403
        csrf = (await browser.get("/")).form("/sign-out").value("csrf")
        for path in ("/admin/deliveries", "/admin/people"):
            forged = {"csrf": csrf, "row": "x", "member": "1", "role": "owner", "change": "give"}
            assert (await browser.post(path, forged)).status == 403
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    for path in PAGES:
        assert (await browser.get(path)).status == 200


async def test_the_overview_counts(browser: Browser, web_bot: WebBot) -> None:
    await fail(web_bot, 2)
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    page = await browser.get("/admin")
    assert "2 messages could not be delivered" in page.links
    assert "Messages given up 2" in page.text
    assert "Nothing has been recorded yet." in page.text


async def test_a_failed_delivery_is_tried_again_and_that_is_recorded(
    browser: Browser, web_bot: WebBot
) -> None:
    row_id = (await fail(web_bot))[0]
    await browser.sign_in(await web_bot.add_member("Ada Admin", Role.ADMINISTRATOR))
    page = await browser.get("/admin/deliveries")
    assert "Una Reachable" in page.text
    assert "this person can be reached on no platform" in page.text
    assert "A private message" not in page.text
    form = page.form("/admin/deliveries", button="Try again for Una Reachable")
    page = await browser.send(form, button="Try again")
    assert "will be tried again" in page.text
    async with web_bot.database.read() as session:
        row = await session.get(OutboxRow, row_id)
        assert row is not None
        assert row.status == "queued"
        assert [record.act for record in await audit.recent(session)] == ["outbox.retry"]
    page = await browser.get("/admin/audit")
    assert "Ada Admin outbox.retry" in page.text
    # Sent again, it is no failure any more: nothing is changed and nothing recorded.
    assert (
        "is not waiting to be tried again"
        in (await browser.send(form, {"id": "another-id"}, button="Try")).text
    )


async def test_long_lists_are_paged(browser: Browser, web_bot: WebBot) -> None:
    await fail(web_bot, 30)
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    page = await browser.get("/admin/deliveries")
    assert len([form for form in page.forms if form.action == "/admin/deliveries"]) == 25
    page = await browser.get(page.links["Next page"])
    assert len([form for form in page.forms if form.action == "/admin/deliveries"]) == 5
    async with web_bot.database.write() as session:
        for number in range(30):
            await audit.record(session, f"act.{number}", "thing", number, actor_id=None, now=web_bot.clock())
    page = await browser.get((await browser.get("/admin/audit")).links["Next page"])
    assert "act.4" in page.text
    assert "act.5" not in page.text
    for number in range(30):
        await web_bot.add_member(f"Member {number}")
    page = await browser.get("/admin/people?q=member")
    assert "30 people" in page.text
    page = await browser.get(page.links["Next page"])
    assert page.path == "/admin/people?q=member&page=2"
    assert "Previous page" in page.links


async def test_owners_give_and_take_roles_and_administrators_look(browser: Browser, web_bot: WebBot) -> None:
    bob = await web_bot.add_member("Bob Brook")
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    page = await browser.get("/admin/people?q=brook")
    assert "Only owners give and take roles." in page.text
    csrf = page.form("/sign-out").value("csrf")
    change = {"csrf": csrf, "member": str(bob.id), "role": "reviewer", "change": "give"}
    page = await browser.post("/admin/people", change)
    assert "You may not do this." in page.text
    await browser.sign_in(await web_bot.add_member("Olga", Role.OWNER))
    page = await browser.get("/admin/people?q=brook")
    form = page.form("/admin/people", button="Give to Bob Brook")
    page = await browser.send(form, {"role": "reviewer"}, button="Give")
    assert "Bob Brook now holds the role “Reviewer”" in page.text
    async with web_bot.database.read() as session:
        assert await roles.of_member(session, bob.id) == {Role.REVIEWER}
    page = await browser.get("/admin/people?q=brook")
    form = page.form("/admin/people", button="Take “Reviewer” from Bob Brook")
    page = await browser.send(form, button="Take")
    assert "Bob Brook no longer holds the role “Reviewer”" in page.text
    odd = {**change, "csrf": page.form("/sign-out").value("csrf"), "role": "king"}
    assert "There is no such role." in (await browser.post("/admin/people", odd)).text
    assert (await browser.post("/admin/people", {**odd, "member": "x"})).status == 404


async def test_administrators_see_and_retry_failures_in_the_chat(browser: Browser, web_bot: WebBot) -> None:
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    assert "Every message has been delivered." in (await browser.say("/ccin deliveries")).text
    await fail(web_bot, 2)
    page = await browser.say("/ccin deliveries")
    assert "The newest 2 messages that could not be delivered:" in page.text
    page = await browser.press(page, "Try again")
    assert "will be tried again" in page.text


async def test_a_message_for_a_channel_is_refused_by_the_web(web_bot: WebBot) -> None:
    async with web_bot.database.write() as session:
        place = {"platform": "web", "kind": "channel", "id": "C1"}
        await outbox.add(
            session, key="k", recipient="r", message={"text": "x"}, now=web_bot.clock(), place=place
        )
        gone = {"platform": "web", "kind": "direct", "id": "gone"}
        await outbox.add(
            session, key="k", recipient="s", message={"text": "x"}, now=web_bot.clock(), place=gone
        )
    await web_bot.deliver()
    async with web_bot.database.read() as session:
        reasons = {row.error for row in await outbox.failures(session)}
    assert reasons == {"the web pages have no channels", "this conversation has been forgotten"}
    with pytest.raises(DeliveryError):
        await web_bot.surface.platform.edit({"entry": 1}, Message(text="x"))
