"""Lists on the dashboard: looked over, brought in as looked over, taken out, by administrators alone."""

from __future__ import annotations

import aiohttp
import pytest
from sqlalchemy import select

from store.audit import AuditRecord
from store.members import Member
from store.roles import Role
from tests.web.conftest import Browser, WebBot
from tests.web.pages import Page, read

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

RIGHT = "name;email;organisation\nAnn;ann@example.org;Ambleford Council\n"


async def upload(browser: Browser, text: str, *, kind: str = "people", csrf: str | None = None) -> Page:
    token = (
        csrf if csrf is not None else (await browser.get("/admin/lists")).form("/admin/lists").value("csrf")
    )
    form = aiohttp.FormData({"csrf": token, "kind": kind})
    form.add_field("file", text.encode(), filename="list.csv", content_type="text/csv")
    async with browser.client.post("/admin/lists", data=form) as response:
        return read(response.status, str(response.url), await response.text())


async def names(bot: WebBot) -> list[str]:
    async with bot.database.read() as session:
        return list(await session.scalars(select(Member.name).where(Member.name.like("Ann%"))))


async def test_a_list_is_looked_over_and_then_brought_in(browser: Browser, web_bot: WebBot) -> None:
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    page = await upload(browser, RIGHT.replace("Ambleford", "Amblefrod"))
    assert (page.status, "Do you mean “Ambleford Council”?" in page.text) == (422, True)
    page = await upload(browser, RIGHT)
    assert (page.status, await names(web_bot)) == (200, [])
    page = await browser.send(page.form("/admin/lists/apply"))
    assert "The list was brought in. · Added: 1" in page.text
    assert await names(web_bot) == ["Ann"]


async def test_what_was_not_looked_over_is_not_brought_in(
    browser: Browser, other_browser: Browser, web_bot: WebBot
) -> None:
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    await other_browser.sign_in(await web_bot.add_member("Abe", Role.ADMINISTRATOR))
    form = (await upload(browser, RIGHT)).form("/admin/lists/apply")
    assert (await browser.send(form, {"data": "bmFtZTtlbWFpbAo="})).status == 409
    assert (await browser.send(form, {"checked": "x.y"})).status == 400
    assert (await browser.send(form, {"data": "%"})).status in (400, 409)
    others = (await other_browser.get("/admin/lists")).form("/admin/lists").value("csrf")
    assert (await other_browser.send(form, {"csrf": others})).status == 400
    assert await names(web_bot) == []
    await browser.send(form)
    assert (await browser.send(form)).status == 409
    assert await names(web_bot) == ["Ann"]


async def test_lists_are_taken_out_and_that_is_recorded(browser: Browser, web_bot: WebBot) -> None:
    ada = await web_bot.add_member("=Ada", Role.ADMINISTRATOR)
    await browser.sign_in(ada)
    csrf = (await browser.get("/admin/lists")).form("/admin/lists").value("csrf")
    for kind, found in (("people", "'=Ada"), ("organisations", "Ambleside Trust"), ("groups", "group,name")):
        async with browser.client.post("/admin/lists/export", data={"csrf": csrf, "kind": kind}) as response:
            assert response.content_type == "text/csv"
            assert f'filename="{kind}-' in response.headers["Content-Disposition"]
            assert found in await response.text()
    assert (await browser.post("/admin/lists/export", {"csrf": csrf, "kind": "roles"})).status == 404
    async with web_bot.database.read() as session:
        acts = [(row.act, row.actor_id) for row in await session.scalars(select(AuditRecord))]
    assert acts[-3:] == [(f"{kind}.export", ada.id) for kind in ("people", "organisations", "groups")]


async def test_nobody_else_sees_or_moves_lists(browser: Browser, web_bot: WebBot) -> None:
    for name, held in (("Bob", []), ("Rev", [Role.REVIEWER])):
        await browser.sign_in(await web_bot.add_member(name, *held))
        csrf = (await browser.get("/")).form("/sign-out").value("csrf")
        assert (await browser.get("/admin/lists")).status == 403
        assert (await upload(browser, RIGHT, csrf=csrf)).status == 403
        for path in ("/admin/lists/apply", "/admin/lists/export"):
            assert (await browser.post(path, {"csrf": csrf, "kind": "people"})).status == 403
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    assert (await upload(browser, RIGHT, csrf="forged")).status == 403
