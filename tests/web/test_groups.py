"""Groups as pages: who sees which, what the buttons do, and what was posted."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.event_actions import AnswerEvent, ShowEvent
from handlers.kit.messages import Button, Message
from store import group_posts, groups, memberships, rules_of_engagement
from store.groups import Group, GroupState, Visibility
from store.members import Member
from store.memberships import How, MembershipState
from store.roles import Role
from tests.web.conftest import Browser, WebBot
from tests.web.test_calendar import hold

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def add_group(bot: WebBot, name: str, **values: Any) -> Group:
    async with bot.database.write() as session:
        group = await groups.add(
            session,
            slug=name.lower().replace(" ", "-"),
            name=name,
            purpose=f"All about {name.lower()}.",
            kind=values.pop("kind", "thematic"),
            now=bot.clock(),
            requires_rules=values.pop("requires_rules", False),
            **values,
        )
        group.evaluate_from = None
    return group


async def some_groups(bot: WebBot) -> Group:
    """Groups of every kind of openness; housing has rules to accept and something posted."""
    housing = await add_group(bot, "Housing", requires_rules=True, rule={"capacity": ["councillor"]})
    await add_group(bot, "Officers", visibility=Visibility.BY_REQUEST)
    said = Message(text="News of housing.", buttons=(Button(label="Read on", path="/case-studies"),))
    async with bot.database.write() as session:
        version = await rules_of_engagement.write(
            session, {"en": "- Be kind.\n- Listen."}, grace_days=1, author_id=None, now=bot.clock()
        )
        version.published_at = bot.clock()
        await group_posts.add(
            session, housing.id, key="n", message=said.model_dump(mode="json"), now=bot.clock()
        )
    return housing


async def put_in(bot: WebBot, group: Group, member: Member, *, lead: bool = False) -> None:
    async with bot.database.write() as session:
        one = memberships.Admission(group.id, member.id, "web")
        await memberships.admit(session, [one], How.RULE, bot.clock())
        if lead:
            await groups.make_lead(session, group.id, member.id, now=bot.clock())


async def state_of(bot: WebBot, group: Group, member: Member) -> str | None:
    async with bot.database.read() as session:
        held = await memberships.of_pair(session, group.id, member.id)
    return held.state if held else None


async def test_a_visitor_sees_open_groups_and_is_asked_to_sign_in(browser: Browser, web_bot: WebBot) -> None:
    page = await browser.get("/groups")
    assert "There are no groups here yet." in page.text
    await add_group(web_bot, "Housing")
    await add_group(web_bot, "Officers", visibility=Visibility.BY_REQUEST)
    board = await add_group(web_bot, "Board", visibility=Visibility.INVITATION)
    await put_in(web_bot, board, await web_bot.add_member("Bob Lead"), lead=True)
    page = await browser.get("/groups")
    assert page.links["Housing"] == "/groups/housing"
    assert page.links["Sign in"] == "/sign-in?next=%2Fgroups" or "Sign in" in page.links
    assert "Officers" not in page.text
    assert "Board" not in page.text
    page = await browser.get("/groups/housing")
    assert "All about housing." in page.text
    assert page.links["Sign in to join"] == "/sign-in?next=/groups/housing"
    for slug in ("officers", "board", "nothing"):
        page = await browser.get(f"/groups/{slug}")
        assert (page.status, "There is no such page" in page.text) == (404, True)


async def test_a_member_filters_joins_and_leaves(browser: Browser, web_bot: WebBot) -> None:
    housing = await add_group(web_bot, "Housing")
    await add_group(web_bot, "Wales", kind="regional")
    ann = await web_bot.add_member("Ann")
    await browser.sign_in(ann)
    assert "You are in no group yet." in (await browser.get("/groups?mine=yes")).text
    page = await browser.get("/groups?kind=regional")
    assert ("Wales" in page.links, "Housing" in page.links) == (True, False)
    assert "No group fits that." in (await browser.get("/groups?q=fish")).text
    page = await browser.get("/groups?q=housing")
    page = await browser.send(page.form("/groups/housing"), button="Join")
    assert page.path.startswith("/groups/housing?notice=")
    assert "You are in now." in page.text
    assert await state_of(web_bot, housing, ann) == MembershipState.CONFIRMED
    assert "Housing" in (await browser.get("/groups?mine=yes")).links
    page = await browser.get("/groups/housing")
    page = await browser.send(page.form("/groups/housing", button="Leave · Housing"), button="Leave")
    assert "You have left “Housing”." in page.text
    assert await state_of(web_bot, housing, ann) == MembershipState.LEFT


async def test_long_lists_are_paged(browser: Browser, web_bot: WebBot) -> None:
    for number in range(25):
        await add_group(web_bot, f"Group {number:02}")
    page = await browser.get("/groups?q=group")
    assert "25 groups" in page.text
    page = await browser.get(page.links["Next page"])
    assert page.path == "/groups?q=group&page=2"
    assert ("Group 20" in page.links, "Group 19" in page.links) == (True, False)


async def test_a_closed_group_is_asked_for_with_a_form(browser: Browser, web_bot: WebBot) -> None:
    officers = await add_group(web_bot, "Officers", visibility=Visibility.BY_REQUEST)
    ann = await web_bot.add_member("Ann")
    await browser.sign_in(ann)
    page = await browser.get("/groups/officers")
    assert "Its people read that once they are in." in page.text
    page = await browser.send(page.form("/groups/officers"), button="Ask to join")
    assert page.path.startswith("/forms/")
    form = next(one for one in page.forms if one.action.startswith("/forms/"))
    await browser.send(form, {"why": "I am one."}, button="Ask to join")
    assert await state_of(web_bot, officers, ann) == MembershipState.REQUESTED
    page = await browser.get("/groups/officers")
    assert "You have asked to join." in page.text
    form = page.form("/groups/officers", button="Take back the request · Officers")
    assert "You no longer ask to join" in (await browser.send(form, button="Take back")).text


async def test_a_group_by_invitation_is_there_for_its_people_alone(browser: Browser, web_bot: WebBot) -> None:
    board = await add_group(web_bot, "Board", visibility=Visibility.INVITATION)
    ann = await web_bot.add_member("Ann")
    await browser.sign_in(ann)
    unknown = await browser.get("/groups/nothing")
    hidden = await browser.get("/groups/board")
    assert (hidden.status, hidden.text) == (404, unknown.text.replace("nothing", "board"))
    csrf = (await browser.get("/groups")).form("/sign-out").value("csrf")
    forged = {"csrf": csrf, "id": "forged-id", "do": "groups.join"}
    assert (await browser.post("/groups/board", forged)).status == 404
    assert await state_of(web_bot, board, ann) is None
    assert "Board" not in (await browser.get("/groups")).text
    await put_in(web_bot, board, ann)
    assert "Board" in (await browser.get("/groups")).links
    assert (await browser.get("/groups/board")).status == 200
    async with web_bot.database.write() as session:
        held = await groups.by_slug(session, "board")
        assert held is not None
        held.state = GroupState.ARCHIVED
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    assert "This group is archived" in (await browser.get("/groups/board")).text


async def test_the_rules_are_accepted_on_the_page(browser: Browser, web_bot: WebBot) -> None:
    housing = await add_group(web_bot, "Housing", requires_rules=True)
    async with web_bot.database.write() as session:
        version = await rules_of_engagement.write(
            session, {"en": "- Be kind.", "cy": "- Byddwch yn garedig."}, grace_days=1, author_id=None,
            now=web_bot.clock(),
        )  # fmt: skip
        version.published_at = web_bot.clock()
    assert "Be kind." in (await browser.get("/groups/housing")).text
    ann = await web_bot.add_member("Ann")
    await browser.sign_in(ann)
    page = await browser.get("/groups/housing")
    assert "Read and accept the rules of engagement, and you can come in." in page.links
    form = page.form("/groups/housing", button="Accept the rules")
    page = await browser.send(form, button="Accept")
    assert "I am adding you to Housing." in page.text
    assert "You accepted these rules on Saturday 21 November 2026." in page.text
    assert await state_of(web_bot, housing, ann) == MembershipState.CONFIRMED
    odd = {"csrf": page.form("/sign-out").value("csrf"), "id": "another", "do": "rules.accept"}
    assert (await browser.post("/groups/housing", {**odd, "version": "x"})).status == 404
    assert (await browser.post("/groups/housing", {**odd, "do": "groups.archive"})).status == 404


async def test_who_has_to_accept_the_rules_is_shown_them_from_the_list(
    browser: Browser, web_bot: WebBot
) -> None:
    housing = await add_group(web_bot, "Housing", requires_rules=True)
    async with web_bot.database.write() as session:
        version = await rules_of_engagement.write(
            session, {"en": "- Be kind."}, grace_days=1, author_id=None, now=web_bot.clock()
        )
        version.published_at = web_bot.clock()
    ann = await web_bot.add_member("Ann")
    await browser.sign_in(ann)
    page = await browser.send((await browser.get("/groups")).form("/groups/housing"), button="Join")
    assert "please read what everybody there keeps to" in page.text
    assert "Accept the rules" in [text for form in page.forms for _, _, text in form.buttons]
    assert await state_of(web_bot, housing, ann) is None


async def test_posts_are_shown_in_order_with_their_links_and_without_buttons_that_act(
    browser: Browser, web_bot: WebBot
) -> None:
    housing = await add_group(web_bot, "Housing")
    for number in range(12):
        said = Message(text=f"News {number:02}.", buttons=(Button(label="Read on", path="/case-studies"),))
        async with web_bot.database.write() as session:
            await group_posts.add(
                session, housing.id, key=f"n:{number}", message=said.model_dump(mode="json"),
                now=web_bot.clock(),
            )  # fmt: skip
        web_bot.clock.advance(minutes=1)
    page = await browser.get("/groups/housing")
    assert "Members read that once they are signed in." in page.text
    assert "News" not in page.text.replace("News of", "")
    await browser.sign_in(await web_bot.add_member("Ann"))
    page = await browser.get("/groups/housing")
    assert page.text.index("News 11.") < page.text.index("News 02.")
    assert page.links["Read on"] == "/case-studies"
    page = await browser.get(page.links["Next page"])
    assert "News 01." in page.text
    assert "News 02." not in page.text


async def test_a_post_about_an_event_leads_to_its_page(browser: Browser, web_bot: WebBot) -> None:
    housing = await add_group(web_bot, "Housing")
    event, hidden = (
        await hold(web_bot, "Open house"),
        await hold(web_bot, "Hidden", everyone=False, public=False),
    )
    for one in (event, hidden):
        said = Message(
            text=f"Come to {one.title}.",
            buttons=(
                Button.to("I am going", AnswerEvent(event_id=one.id, answer="going")),
                Button.to(f"More of {one.title}", ShowEvent(event_id=one.id)),
            ),
        )
        async with web_bot.database.write() as session:
            await group_posts.add(
                session, housing.id, key=one.slug, message=said.model_dump(mode="json"), now=web_bot.clock()
            )
    await browser.sign_in(await web_bot.add_member("Ann"))
    page = await browser.get("/groups/housing")
    assert page.links["More of Open house"] == "/events/open-house"
    assert "I am going" not in page.text
    assert "More of Hidden" not in page.links
    assert "Come to Hidden." in page.text


async def test_the_pages_speak_welsh(browser: Browser, web_bot: WebBot) -> None:
    await add_group(web_bot, "Housing")
    await browser.sign_in(await web_bot.add_member("Ann", locale="cy"))
    assert "Grwpiau" in (await browser.get("/groups")).text
    assert "Ynglŷn â’r grŵp hwn" in (await browser.get("/groups/housing")).text


async def test_a_group_has_its_welsh_name_for_readers_of_welsh(browser: Browser, web_bot: WebBot) -> None:
    await add_group(web_bot, "Housing", name_cy="Tai", purpose_cy="Popeth am dai.")
    await browser.sign_in(await web_bot.add_member("Ann", locale="cy"))
    assert (await browser.get("/groups")).links["Tai"] == "/groups/housing"
    assert "Tai" in (await browser.get("/groups?q=dai")).links
    assert "Popeth am dai." in (await browser.get("/groups/housing")).text
    await browser.sign_in(await web_bot.add_member("Bob"))
    assert "Housing" in (await browser.get("/groups")).links
