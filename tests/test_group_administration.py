"""Administrators make, change, archive and merge groups, and look after their people."""

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
from handlers.kit.messages import Action, Button, Message
from handlers.kit.replies import FormView, Outcome
from handlers.kit.updates import RawAnswers
from store import audit, groups, invitations
from store.groups import Group
from store.invitations import Invitation, InvitationStatus
from store.roles import Role
from tests.bot import TestBot, form_of, message_of
from tests.network import (
    EVERYONE,
    add_group,
    add_person,
    membership_of,
    names_of_groups,
    publish_rules,
    state_of,
)

ABOUT: RawAnswers = {
    "name": "Fish",
    "purpose": "All about fish.",
    "kind": "thematic",
    "visibility": "open",
    "group_language": "en",
    "requires_rules": "no",
}


def button(message: Message, label: str) -> Button:
    return next(one for one in message.buttons if one.label.startswith(label))


def change_id(message: Message) -> str:
    action = button(message, "Save").action
    assert action is not None
    return str(action.data["change_id"])


async def fill_in(bot: TestBot, view: FormView, rule: RawAnswers, about: RawAnswers = ABOUT) -> Message:
    """Send both steps of the form; the preview."""
    second = form_of(await bot.submit("ada", view, about))
    assert second.step == 1
    return message_of(await bot.submit("ada", second, rule))


async def group_named(bot: TestBot, name: str) -> Group:
    async with bot.database.read() as session:
        found = await groups.named(session, name)
    assert found is not None
    return found


async def acts(bot: TestBot) -> list[str]:
    async with bot.database.read() as session:
        return [row.act for row in await audit.recent(session)][::-1]


@pytest.fixture
async def ada(bot: TestBot) -> TestBot:
    """The bot, with Ada for an administrator."""
    await add_person(bot, "ada", Role.ADMINISTRATOR)
    return bot


async def test_nothing_is_saved_before_the_preview_is(ada: TestBot) -> None:
    ann = await add_person(ada, "ann", capacity="councillor")
    await add_person(ada, "bob", capacity="officer")
    view = form_of(await ada.command("ada", "groups", "new"))
    shown = await fill_in(ada, view, {"rule": "all", "capacity": ["councillor"], "language": ["en", "cy"]})
    assert shown.text == "All about fish.\n\n1 person fits the rule now; 1 would be added."
    facts = {fact.label: fact.value for fact in shown.facts}
    assert facts["Added without asking"].startswith("Councillors")
    async with ada.database.read() as session:
        assert await groups.named(session, "Fish") is None
    save = SaveChange(change_id=change_id(shown))
    card = message_of(await ada.press("ada", save))
    assert card.text.startswith("Saved.")
    assert "saved already" in message_of(await ada.press("ada", save)).text
    assert "saved already" in message_of(await ada.press("ada", EditChange(change_id=save.change_id))).text
    assert await names_of_groups(ada, ann) == ["Fish"]
    assert await acts(ada) == ["group.add"]
    async with ada.database.read() as session:
        assert len(await groups.active(session)) == 1


async def test_a_preview_can_be_changed_again(ada: TestBot) -> None:
    view = form_of(await ada.command("ada", "groups", "new"))
    shown = await fill_in(ada, view, {"rule": "any", "region": ["north"], "category": ["full"]})
    again = form_of(await ada.press("ada", EditChange(change_id=change_id(shown))))
    assert again.answers["name"] == "Fish"
    assert again.answers["region"] == ["north"]
    assert again.answers["requires_rules"] == "no"


async def test_taking_people_out_is_asked_for_and_never_the_default(ada: TestBot) -> None:
    ann = await add_person(ada, "ann", capacity="councillor")
    bob = await add_person(ada, "bob", capacity="officer")
    view = form_of(await ada.command("ada", "groups", "new"))
    shown = await fill_in(ada, view, {"rule": "everybody"})
    await ada.press("ada", SaveChange(change_id=change_id(shown)))
    fish = await group_named(ada, "Fish")
    view = form_of(await ada.press("ada", EditGroup(group_id=fish.id)))
    assert view.answers["rule"] == "everybody"
    shown = await fill_in(ada, view, {"rule": "all", "capacity": ["councillor"]})
    assert "2 who are in would no longer fit, and stay unless you take them out." in shown.text
    assert button(shown, "Save, and take out 2 people").confirm is not None
    await ada.press("ada", SaveChange(change_id=change_id(shown)))
    assert [await state_of(ada, fish, one) for one in (ann, bob)] == ["confirmed"] * 2
    view = form_of(await ada.command("ada", "groups", "edit fish"))
    shown = await fill_in(ada, view, {"rule": "all", "capacity": ["councillor"]})
    await ada.press("ada", SaveChange(change_id=change_id(shown), remove=True))
    assert [await state_of(ada, fish, one) for one in (ann, bob)] == ["confirmed", "lapsed"]


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({"rule": "all"}, "at least one condition"),
        ({"rule": "everybody", "region": ["north"]}, "conditions below"),
        ({"rule": "keep"}, "Choose from the list"),
    ],
)
async def test_a_rule_that_says_nothing_or_two_things_is_sent_back(
    ada: TestBot, rule: RawAnswers, problem: str
) -> None:
    second = form_of(await ada.submit("ada", form_of(await ada.command("ada", "groups", "new")), ABOUT))
    back = form_of(await ada.submit("ada", second, rule))
    assert problem in back.problems["rule"]


async def test_a_name_that_is_taken_is_sent_back(ada: TestBot) -> None:
    await add_group(ada, "Fish")
    view = form_of(await ada.command("ada", "groups", "new"))
    second = form_of(await ada.submit("ada", view, {**ABOUT, "name": "FISH"}))
    back = form_of(await ada.submit("ada", second, {"rule": "nobody"}))
    assert "already" in back.problems["name"]


async def test_a_rule_that_the_form_cannot_show_is_kept(ada: TestBot) -> None:
    rule = {"all": [{"not": {"capacity": ["other"]}}, {"joined_after": "2026-01-01"}]}
    fish = await add_group(ada, "Fish", rule=rule)
    view = form_of(await ada.press("ada", EditGroup(group_id=fish.id)))
    assert view.answers["rule"] == "keep"
    shown = await fill_in(ada, view, {"rule": "keep"}, {**ABOUT, "purpose": "Fish and chips."})
    await ada.press("ada", SaveChange(change_id=change_id(shown)))
    changed = await group_named(ada, "Fish")
    assert (changed.rule, changed.purpose) == (rule, "Fish and chips.")


async def test_a_simple_rule_comes_back_into_the_form(ada: TestBot) -> None:
    rule = {"any": [{"region": ["north"]}, {"capacity": ["officer", "other"]}]}
    fish = await add_group(ada, "Fish", rule=rule)
    view = form_of(await ada.press("ada", EditGroup(group_id=fish.id)))
    assert view.answers["rule"] == "any"
    assert (view.answers["region"], view.answers["capacity"]) == (["north"], ["officer", "other"])


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
    assert card.text.startswith("“Fish” is part of this group now; 1 person came with it.")
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


async def test_a_preview_that_is_gone_says_so(ada: TestBot) -> None:
    assert (await ada.press("ada", SaveChange(change_id="x"))).outcome is Outcome.REFUSED


async def suggest(bot: TestBot, name: str = "Allotments") -> ApproveSuggestion:
    view = form_of(await bot.command("ann", "groups", f"suggest {name}"))
    assert view.answers["name"] == name
    answers: RawAnswers = {"name": name, "purpose": "Growing things.", "why": "Ten of us want it."}
    await bot.submit("ann", view, answers)
    return ApproveSuggestion(suggestion_id=1)


async def test_an_approved_suggestion_becomes_a_group_that_its_proposer_leads(ada: TestBot) -> None:
    ann = await add_person(ada, "ann")
    await add_person(ada, "olu", Role.OWNER)
    approve = await suggest(ada)
    card = ada.platform.said_to("olu")[-1]
    assert (card.quote, [one.label for one in card.buttons]) == ("Ten of us want it.", ["Approve", "Decline"])
    assert message_of(await ada.press("ada", approve)).heading == "Allotments"
    group = await group_named(ada, "allotments")
    async with ada.database.read() as session:
        assert [lead.id for lead in await groups.leads(session, group.id)] == [ann.id]
    assert await names_of_groups(ada, ann) == ["Allotments"]
    assert "you lead it" in ada.platform.said_to("ann")[-1].text
    ada.clock.advance(seconds=6)
    await ada.deliver()
    said = "Ada has approved “Allotments”, which Ann suggested."
    assert [message.text for _reference, message in ada.platform.edits] == [said] * 2
    again = message_of(await ada.press("olu", approve))
    assert again.text == f"That is decided already. Nothing was changed. {said}"
    assert "decided already" in message_of(await ada.press("olu", DeclineSuggestion(suggestion_id=1))).text


async def test_a_declined_suggestion_comes_back_with_its_reason(ada: TestBot) -> None:
    await add_person(ada, "ann")
    approve = await suggest(ada)
    view = form_of(await ada.press("ada", DeclineSuggestion(suggestion_id=1)))
    said = message_of(await ada.submit("ada", view, {"reason": "Food covers it."}))
    assert said.text == "Ada has declined “Allotments”, which Ann suggested."
    assert ada.platform.said_to("ann")[-1].quote == "Food covers it."
    assert "decided already" in message_of(await ada.press("ada", approve)).text
    async with ada.database.read() as session:
        assert await groups.named(session, "Allotments") is None


async def test_a_suggestion_of_a_group_that_is_there_is_sent_back(ada: TestBot) -> None:
    await add_person(ada, "ann")
    await add_group(ada, "Fish")
    view = form_of(await ada.command("ann", "groups", "suggest"))
    back = form_of(await ada.submit("ann", view, {"name": "fish", "purpose": "Fish.", "why": "Fish."}))
    assert "already" in back.problems["name"]
