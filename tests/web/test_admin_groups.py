"""Groups on the dashboard: who sees what, and every change by the actions of the chat."""

from __future__ import annotations

import pytest

from store import audit, group_suggestions, groups, invitations, members, memberships, profiles
from store.group_channels import GroupChannel
from store.groups import GroupState, Visibility
from store.invitations import Invitation, InvitationStatus
from store.memberships import MembershipState
from store.organisations import Organisation
from store.roles import Role
from tests.web.conftest import Browser, WebBot
from tests.web.pages import Page, PageForm
from tests.web.test_groups import add_group, put_in, state_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def acts(bot: WebBot) -> list[str]:
    async with bot.database.read() as session:
        return [record.act for record in await audit.recent(session)]


def form_page(page: Page) -> PageForm:
    """The one form of a step."""
    return next(one for one in page.forms if one.action.startswith("/forms/"))


async def test_only_administrators_and_leads_see_it(browser: Browser, web_bot: WebBot) -> None:
    food = await add_group(web_bot, "Food")
    await add_group(web_bot, "Board", visibility=Visibility.INVITATION)
    for path in ("/admin/groups", "/admin/groups/food", "/admin/groups/nothing"):
        assert (await browser.get(path)).status == 403
    ann = await web_bot.add_member("Ann")
    await browser.sign_in(ann)
    for path in ("/admin/groups", "/admin/groups/food", "/admin/groups/board", "/admin/groups/nothing"):
        assert (await browser.get(path)).status == 403
    csrf = (await browser.get("/")).form("/sign-out").value("csrf")
    forged = {"csrf": csrf, "id": "forged-it", "do": "groups.archive"}
    assert (await browser.post("/admin/groups/food", forged)).status == 403
    assert (await browser.post("/admin/groups", {**forged, "suggestion": "1"})).status == 403
    await put_in(web_bot, food, ann, lead=True)
    page = await browser.get("/admin/groups/food")
    assert (page.status, "Edit" in page.text, "Dashboard" in page.text) == (200, False, False)
    assert (await browser.get("/admin/groups")).status == 403
    # What a lead may not do is refused where it would be done, whatever the form says.
    for wanted in ("groups.archive", "groups.edit", "groups.add_people"):
        page = await browser.post("/admin/groups/food", {**forged, "id": f"f-{wanted}", "do": wanted})
        assert "You may not do this." in page.text
    page = await browser.post(
        "/admin/groups/food",
        {**forged, "id": "forged-two", "do": "groups.remove_person", "member": str(ann.id)},
    )
    assert "You may not do this." in page.text
    assert await state_of(web_bot, food, ann) == MembershipState.CONFIRMED
    assert await acts(web_bot) == []


async def test_all_groups_are_listed_with_their_rule_and_what_is_wrong(
    browser: Browser, web_bot: WebBot
) -> None:
    food = await add_group(web_bot, "Food", rule={"capacity": ["councillor"]})
    await add_group(web_bot, "Board", visibility=Visibility.INVITATION)
    ann = await web_bot.add_member("Ann")
    async with web_bot.database.write() as session:
        session.add(GroupChannel(group_id=food.id, platform="slack", external_id="C1", problem="is_archived"))
        session.add(
            Invitation(
                group_id=food.id, member_id=ann.id, platform="slack", action="invite",
                status=InvitationStatus.FAILED, reason="user_is_restricted", due_at=web_bot.clock(),
            )
        )  # fmt: skip
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    page = await browser.get("/admin/groups")
    assert page.links["Food"] == "/admin/groups/food"
    assert "Councillors." in page.text
    assert "The channel does not work. 1 person was refused" in page.text
    assert "Board" in page.links
    assert "There is no group of that name." in (await browser.get("/admin/groups?q=fish")).text
    page = await browser.get("/admin/groups/food")
    assert "Ann : Could not be added in Slack." in page.text.replace("Ann:", "Ann :")
    page = await browser.send(page.form("/admin/groups/food", button="Try all again"), button="Try all")
    assert "1 person is tried again now." in page.text
    async with web_bot.database.read() as session:
        assert await invitations.count_failed(session, [food.id]) == {}


async def test_a_group_is_archived_and_opened_again(browser: Browser, web_bot: WebBot) -> None:
    food = await add_group(web_bot, "Food")
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    page = await browser.get("/admin/groups/food")
    page = await browser.send(page.form("/admin/groups/food", button="Archive it"), button="Archive it")
    assert "This group is archived" in page.text
    assert "archived" in (await browser.get("/admin/groups")).text
    page = await browser.send(page.form("/admin/groups/food", button="Open again"), button="Open again")
    assert "The group is open." in page.text
    page = await browser.send(page.form("/admin/groups/food", button="Edit"), button="Edit")
    assert page.path.startswith("/forms/")
    assert sorted(await acts(web_bot)) == ["group.archive", "group.reopen"]
    async with web_bot.database.read() as session:
        held = await groups.by_id(session, food.id)
    assert held is not None
    assert held.state == GroupState.ACTIVE


async def test_a_lead_switches_offered_answers_on_and_off(browser: Browser, web_bot: WebBot) -> None:
    food = await add_group(web_bot, "Food")
    ann = await web_bot.add_member("Ann")
    await put_in(web_bot, food, ann, lead=True)
    await browser.sign_in(ann)
    assert "Offer answers" not in (await browser.get("/admin/groups/food")).text
    async with web_bot.database.write() as session:
        session.add(GroupChannel(group_id=food.id, platform="slack", external_id="C1"))
    page = await browser.get("/admin/groups/food")
    assert "neither kept nor logged" in page.text
    page = await browser.send(page.form("/admin/groups/food", button="Offer answers"), button="Offer answers")
    assert "I offer answers in this group's channel now" in page.text
    assert "Offers answers" in (await browser.get("/groups/food")).text
    stop = page.form("/admin/groups/food", button="Stop offering answers")
    page = await browser.send(stop, button="Stop offering answers")
    assert "only when mentioned" in page.text
    assert await acts(web_bot) == ["group.stop_offering", "group.offer_answers"]


async def test_people_are_searched_made_leads_and_taken_out(browser: Browser, web_bot: WebBot) -> None:
    food = await add_group(web_bot, "Food")
    for number in range(27):
        await put_in(web_bot, food, await web_bot.add_member(f"Member {number:02}"))
    bob = await web_bot.add_member("Bob Brook")
    await put_in(web_bot, food, bob)
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    page = await browser.get("/admin/groups/food")
    assert "28 people" in page.text
    assert "Previous page" in (await browser.get(page.links["Next page"])).links
    page = await browser.get("/admin/groups/food?q=brook")
    assert "Added by the rule on Saturday 21 November 2026" in page.text
    assert "Member 01" not in page.text
    form = page.form("/admin/groups/food", button="Make lead · Bob Brook")
    page = await browser.send(form, button="Make lead")
    assert "Bob Brook leads “Food” now" in page.text
    form = (await browser.get("/admin/groups/food?q=brook")).form(
        "/admin/groups/food", button="Take out · Bob Brook"
    )
    page = await browser.send(form, button="Take out")
    await browser.send(form_page(page), {"reason": "He asked me to."}, button="Take them out")
    assert await state_of(web_bot, food, bob) == MembershipState.REMOVED
    assert "Nobody of that name" in (await browser.get("/admin/groups/food?q=brook")).text
    assert sorted(await acts(web_bot)) == ["group.make_lead", "group.remove_person"]
    csrf = form.value("csrf")
    odd = {"csrf": csrf, "id": "odd-form", "do": "groups.make_lead"}
    assert (await browser.post("/admin/groups/food", {**odd, "member": "x"})).status == 404
    assert (await browser.post("/admin/groups/food", {**odd, "do": "people.grant_role"})).status == 404
    assert (await browser.post("/admin/groups/nothing", odd)).status == 404


async def test_a_lead_answers_requests(browser: Browser, web_bot: WebBot) -> None:
    officers = await add_group(web_bot, "Officers", visibility=Visibility.BY_REQUEST)
    lead, ann, bob = [await web_bot.add_member(name) for name in ("Leo", "Ann", "Bob")]
    await put_in(web_bot, officers, lead, lead=True)
    async with web_bot.database.write() as session:
        for member in (ann, bob):
            await memberships.request(
                session, officers.id, member.id, reason="I like it.", now=web_bot.clock()
            )
    await browser.sign_in(lead)
    page = await browser.get("/groups/officers")
    page = await browser.get(page.links["Look after this group"])
    assert "I like it." in page.text
    form = page.form("/admin/groups/officers", button="Accept · Ann")
    page = await browser.send(form, button="Accept")
    assert "has let Ann into “Officers”" in page.text
    assert await state_of(web_bot, officers, ann) == MembershipState.CONFIRMED
    form = page.form("/admin/groups/officers", button="Decline · Bob")
    page = await browser.send(form, button="Decline")
    await browser.send(form_page(page), {"reason": "Not now."}, button="Decline")
    assert await state_of(web_bot, officers, bob) == MembershipState.DECLINED


async def test_suggestions_are_approved_and_declined(browser: Browser, web_bot: WebBot) -> None:
    ann = await web_bot.add_member("Ann")
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    assert "Nothing waits for you." in (await browser.get("/admin/groups")).text
    async with web_bot.database.write() as session:
        for name in ("Allotments", "Boats"):
            await group_suggestions.add(
                session, ann.id, name=name, purpose="To do it.", why="We want to.", now=web_bot.clock()
            )
    page = await browser.get("/admin/groups")
    form = page.form("/admin/groups", button="Approve · Allotments")
    page = await browser.send(form, button="Approve")
    assert "The group is there now." in page.text
    assert page.links["Allotments"] == "/admin/groups/allotments"
    form = page.form("/admin/groups", button="Decline · Boats")
    page = await browser.send(form, button="Decline")
    await browser.send(form_page(page), {"reason": "Not now."}, button="Decline")
    page = await browser.get("/admin/groups")
    assert "Nothing waits for you." in page.text
    odd = {"csrf": page.form("/sign-out").value("csrf"), "id": "odd-form", "do": "groups.approve_suggestion"}
    assert (await browser.post("/admin/groups", {**odd, "suggestion": "99"})).status == 200
    assert (await browser.post("/admin/groups", {**odd, "suggestion": "x"})).status == 404
    odd |= {"do": "groups.archive", "member": "1", "organisation": "1", "claimed_at": "1"}
    assert (await browser.post("/admin/groups", odd)).status == 404


async def test_a_claim_is_confirmed_and_the_domain_learnt_in_two_clicks(
    browser: Browser, web_bot: WebBot
) -> None:
    ann = await web_bot.add_member("Ann")
    async with web_bot.database.write() as session:
        council = Organisation(name="Penwith Council", category="full", kind="council", region="south")
        session.add(council)
        await session.flush()
        profile = await profiles.start(session, ann.id, now=web_bot.clock())
        profile.pending_organisation_id = council.id
        await members.add_identity(
            session, ann, "slack", "U1", email="ann@penwith.example.org", email_verified=True
        )
    await browser.sign_in(await web_bot.add_member("Ada", Role.ADMINISTRATOR))
    page = await browser.get("/admin/groups")
    assert "Ann says that they are here for Penwith Council." in page.text
    assert "ann@penwith.example.org" in page.text
    page = await browser.send(page.form("/admin/groups", button="Confirm · Ann"), button="Confirm")
    assert page.path.startswith("/admin/groups?answer=")
    page = await browser.press(page, "Learn penwith.example.org")
    assert page.path.startswith("/admin/groups?notice=")
    assert "From now on I recognise addresses at penwith.example.org" in page.text
    async with web_bot.database.read() as session:
        held = await members.by_id(session, ann.id)
    assert held is not None
    assert held.organisation_id == council.id
    assert "Nothing waits for you." in (await browser.get("/admin/groups")).text
    assert sorted(await acts(web_bot)) == ["organisation.confirm_claim", "organisation.learn_domain"]
