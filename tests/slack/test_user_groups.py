"""Slack's side of user groups: whether the workspace allows them, and what becomes of one."""

from __future__ import annotations

import pytest

from bot.slack import checkup
from handlers.kit.errors import DeliveryError
from handlers.kit.platform import UserGroups
from scheduled import user_groups as scheduled_user_groups
from store import groups, memberships, user_groups
from store.members import by_identity
from store.memberships import Admission, How
from tests.bot import NOW, TestClock
from tests.slack.workspace import Workspace


def platform(place: Workspace) -> UserGroups:
    found: object = place.bot.surface.platform
    assert isinstance(found, UserGroups)
    return found


async def allowed(place: Workspace) -> list[str]:
    async with place.bot.database.read() as session:
        return await user_groups.allowed(session)


async def test_the_start_finds_out_that_they_are_allowed(place: Workspace) -> None:
    assert await allowed(place) == ["slack"]
    assert place.bot.surface.notes() == []
    assert place.slack.workspace.groups == {}


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("paid_teams_only", "the workspace's plan has none"),
        ("permission_denied", "the workspace's settings let only some people manage them"),
        ("missing_scope", "the app lacks the permissions usergroups:read and usergroups:write"),
    ],
)
async def test_why_they_are_not_offered_is_said(place: Workspace, reason: str, why: str) -> None:
    workspace = place.slack.workspace
    workspace.is_paid = reason != "paid_teams_only"
    workspace.user_groups_for_all = reason != "permission_denied"
    if reason == "missing_scope":
        workspace.app.scopes -= {"usergroups:write", "usergroups:read"}
    said = f"Slack user groups: not offered, because {why} ({reason})."
    assert said in [one.sentence for one in await checkup.check(place.bot.services)]
    assert await allowed(place) == []
    with pytest.raises(DeliveryError):
        await platform(place).user_groups_allowed()
    assert place.bot.surface.notes() == [said]


async def test_one_is_made_filled_changed_and_switched(place: Workspace) -> None:
    slack, ann, bob = platform(place), place.ann.id, place.bob.id
    made = await slack.create_user_group("housing", name="Housing & homes", purpose="All\nabout it. " * 30)
    await slack.fill_user_group(made, [ann, bob])
    (seen,) = await slack.user_groups()
    assert (seen.id, seen.handle, seen.name) == (made, "housing", "Housing & homes")
    assert (set(seen.people), seen.enabled, seen.own) == ({ann, bob}, True, True)
    await slack.change_user_group(made, handle="homes", name="Homes", purpose="")
    await slack.switch_user_group(made, on=False)
    (seen,) = await slack.user_groups()
    assert (seen.handle, seen.name, seen.enabled) == ("homes", "Homes", False)
    for handle, name, reason in (
        ("homes", "Others", "handle_already_exists"),
        ("general", "Others", "handle_already_exists"),
        ("ann", "Others", "handle_already_exists"),
        ("others", "Homes", "name_already_exists"),
    ):
        with pytest.raises(DeliveryError) as refused:
            await slack.create_user_group(handle, name=name, purpose="")
        assert (refused.value.reason, refused.value.retry_after) == (reason, None)


async def test_a_group_fills_its_user_group_without_guests(place: Workspace) -> None:
    guest = place.slack.add_user("guest", is_restricted=True)
    single = place.slack.add_user("single", is_restricted=True, is_ultra_restricted=True)
    bot, clock = place.bot, TestClock()
    for person in (guest, single):
        await place.slack.join_team(person)
    await place.settle()
    async with bot.database.write() as session:
        group = await groups.add(
            session, slug="housing", name="Housing", purpose="Homes.", kind="thematic", now=NOW
        )
        for person in (place.ann, place.bob, guest, single):
            known = await by_identity(session, "slack", person.id)
            assert known is not None
            await memberships.admit(session, [Admission(group.id, known[0].id, "slack")], How.OWN, NOW)
        await user_groups.put(session, group.id, "slack", "housing", NOW)
    tick = scheduled_user_groups.job(
        bot.database, clock, {"slack": bot.surface.platform}, bot.services.surroundings
    )
    await tick()
    (made,) = place.slack.workspace.groups.values()
    assert (made.handle, set(made.users)) == ("housing", {place.ann.id, place.bob.id})
    async with bot.database.read() as session:
        refused = await user_groups.refusals(session, group.id)
    assert sorted(one.reason for one, _member in refused) == [
        "invalid_users",
        "single_channel_guests_cannot_be_added",
    ]
    calls = len(place.slack.api.calls)
    await tick()
    assert len(place.slack.api.calls) == calls
