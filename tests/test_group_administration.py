"""Administrators archive and merge groups, and look after their people."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from handlers.group_actions import (
    AddPeople,
    ApproveSuggestion,
    ArchiveGroup,
    DeclineSuggestion,
    EditChange,
    EditGroup,
    EndLead,
    JoinGroup,
    LeaveGroup,
    ListFailures,
    ListPeople,
    MakeLead,
    MergeGroup,
    RemovePerson,
    ReopenGroup,
    RetryFailures,
    SaveChange,
)
from handlers.kit.messages import Action
from handlers.kit.replies import Outcome
from store import invitations
from store.invitations import Invitation, InvitationStatus
from tests.bot import TestBot, form_of, message_of
from tests.group_keepers import acts, ada, group_named
from tests.network import (
    EVERYONE,
    add_group,
    add_person,
    membership_of,
    publish_rules,
    state_of,
)

__all__ = ["ada"]


async def test_archiving_and_opening_again(ada: TestBot) -> None:
    fish = await add_group(ada, "Fish", rule=EVERYONE)
    for _time in range(2):
        card = message_of(await ada.press("ada", ArchiveGroup(group_id=fish.id)))
        assert "archived" in card.text
    await ada.press("ada", ReopenGroup(group_id=fish.id))
    assert await acts(ada) == ["group.archive", "group.reopen"]
    reopened = await group_named(ada, "Fish")
    assert (reopened.state, reopened.evaluate_from) == ("active", 0)


async def test_merging_moves_people_but_not_those_who_left(ada: TestBot) -> None:
    ann, bob = await add_person(ada, "ann"), await add_person(ada, "bob")
    fish, food = await add_group(ada, "Fish"), await add_group(ada, "Food")
    for name, group in (("ann", fish), ("bob", fish), ("bob", food)):
        await ada.press(name, JoinGroup(group_id=group.id))
    await ada.press("bob", LeaveGroup(group_id=food.id))
    view = form_of(await ada.press("ada", MergeGroup(group_id=fish.id)))
    same = form_of(await ada.submit("ada", view, {"into": str(fish.id)}))
    assert "another group" in same.problems["into"]
    card = message_of(await ada.submit("ada", view, {"into": str(food.id)}))
    assert card.text.startswith("“Fish” is part of “Food” now; 1 person came with it.")
    assert [await state_of(ada, food, one) for one in (ann, bob)] == ["confirmed", "left"]
    merged = await group_named(ada, "Fish")
    assert (merged.state, merged.merged_into_id) == ("archived", food.id)


async def test_people_are_added_told_and_taken_out_with_a_reason(ada: TestBot) -> None:
    ann = await add_person(ada, "ann")
    await publish_rules(ada)
    fish = await add_group(ada, "Fish", rule=EVERYONE)
    strict = await add_group(ada, "Strict", requires_rules=True)
    view = form_of(await ada.press("ada", AddPeople(group_id=fish.id)))
    assert "Added: Ann." in message_of(await ada.submit("ada", view, {"people": [str(ann.id)]})).text
    assert "has added you to “Fish”" in ada.platform.said_to("ann")[-1].text
    view = form_of(await ada.press("ada", AddPeople(group_id=strict.id)))
    assert "have not accepted" in message_of(await ada.submit("ada", view, {"people": [str(ann.id)]})).text
    shown = message_of(await ada.press("ada", ListPeople(group_id=fish.id)))
    assert shown.items[0].text == "added by an administrator on Saturday 21 November 2026"
    assert [one.label for one in shown.items[0].buttons] == ["Make lead", "Take out"]
    remove = RemovePerson(group_id=fish.id, member_id=ann.id)
    view = form_of(await ada.press("ada", remove))
    await ada.submit("ada", view, {"reason": "Selling."})
    assert ada.platform.said_to("ann")[-1].quote == "Selling."
    held = await membership_of(ada, fish, ann)
    assert held is not None
    assert (held.state, held.reason) == ("removed", "Selling.")
    assert "not in this group" in message_of(await ada.press("ada", remove)).text
    assert await acts(ada) == ["group.add_person", "group.remove_person"]


async def test_leads_are_made_and_unmade_from_the_people_of_a_group(ada: TestBot) -> None:
    ann = await add_person(ada, "ann")
    fish = await add_group(ada, "Fish")
    pair = {"group_id": fish.id, "member_id": ann.id}
    assert (await ada.press("ada", MakeLead(**pair))).outcome is Outcome.REFUSED
    view = form_of(await ada.press("ada", AddPeople(group_id=fish.id)))
    await ada.submit("ada", view, {"people": [str(ann.id)]})
    assert "leads “Fish” now" in message_of(await ada.press("ada", MakeLead(**pair))).text
    assert "already" in message_of(await ada.press("ada", MakeLead(**pair))).text
    assert "You lead “Fish” now" in ada.platform.said_to("ann")[-1].text
    shown = message_of(await ada.press("ada", ListPeople(group_id=fish.id)))
    assert shown.items[0].text.startswith("Lead · ")
    assert "no longer leads" in message_of(await ada.press("ada", EndLead(**pair))).text
    assert "does not lead" in message_of(await ada.press("ada", EndLead(**pair))).text


async def test_what_a_platform_refused_is_listed_and_tried_again(ada: TestBot) -> None:
    ann = await add_person(ada, "ann", platforms=("slack",))
    fish = await add_group(ada, "Fish", channel="C1")
    view = form_of(await ada.press("ada", AddPeople(group_id=fish.id)))
    await ada.submit("ada", view, {"people": [str(ann.id)]})
    async with ada.database.write() as session:
        row = (await session.scalars(select(Invitation))).one()
        row.status, row.reason = InvitationStatus.FAILED, "user_is_restricted"
    shown = message_of(await ada.press("ada", ListFailures(group_id=fish.id)))
    assert [(item.title, item.text) for item in shown.items] == [
        (
            "Ann",
            "Could not be added in Slack. They are a guest in the workspace. "
            "An administrator of Slack can change that, or add them.",
        )
    ]
    assert (
        "1 person is tried again" in message_of(await ada.press("ada", RetryFailures(group_id=fish.id))).text
    )
    assert "Nothing is wrong" in message_of(await ada.press("ada", ListFailures(group_id=fish.id))).text
    async with ada.database.read() as session:
        assert await invitations.waiting(session) == 1


@pytest.mark.parametrize(
    "action",
    [
        EditGroup(group_id=1),
        EditChange(change_id="x"),
        SaveChange(change_id="x"),
        ArchiveGroup(group_id=1),
        ReopenGroup(group_id=1),
        MergeGroup(group_id=1),
        AddPeople(group_id=1),
        RemovePerson(group_id=1, member_id=1),
        MakeLead(group_id=1, member_id=1),
        EndLead(group_id=1, member_id=1),
        ListFailures(group_id=1),
        RetryFailures(group_id=1),
        ApproveSuggestion(suggestion_id=1),
        DeclineSuggestion(suggestion_id=1),
    ],
)
async def test_a_member_who_forges_an_administrators_button_is_refused(bot: TestBot, action: Action) -> None:
    await add_person(bot, "ann")
    await add_group(bot, "Fish")
    handled = await bot.press("ann", action)
    assert handled.outcome is Outcome.REFUSED
    assert "You may not do this" in message_of(handled).text
    assert await acts(bot) == []
