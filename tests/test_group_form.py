"""The form of a group: its rule, and a preview before anything is saved."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.group_actions import (
    EditChange,
    EditGroup,
    SaveChange,
)
from handlers.kit.messages import Button, Message
from handlers.kit.replies import FormView, Outcome
from handlers.kit.updates import RawAnswers
from store import groups
from tests.bot import TestBot, form_of, message_of
from tests.group_keepers import acts, ada, group_named
from tests.network import (
    add_group,
    add_organisation,
    add_person,
    names_of_groups,
    state_of,
)

__all__ = ["ada"]


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
    """Send the three steps of the form; the preview."""
    second = form_of(await bot.submit("ada", view, about))
    assert second.step == 1
    left_out = {name: value for name, value in rule.items() if name.startswith("except_")}
    added = {name: value for name, value in rule.items() if name not in left_out}
    third = form_of(await bot.submit("ada", second, added))
    assert third.step == 2
    return message_of(await bot.submit("ada", third, left_out))


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
        ({"rule": "nobody", "except_region": ["north"]}, "nobody is added"),
        ({"rule": "keep"}, "Choose from the list"),
    ],
)
async def test_a_rule_that_says_nothing_or_two_things_is_sent_back(
    ada: TestBot, rule: RawAnswers, problem: str
) -> None:
    second = form_of(await ada.submit("ada", form_of(await ada.command("ada", "groups", "new")), ABOUT))
    left_out = {name: value for name, value in rule.items() if name.startswith("except_")}
    added = {name: value for name, value in rule.items() if name not in left_out}
    back = form_of(await ada.submit("ada", second, added))
    if not back.problems:
        back = form_of(await ada.submit("ada", back, left_out))
    assert problem in back.problems["rule"]


@pytest.mark.parametrize(
    ("chosen", "rule", "said"),
    [
        ({"rule": "everybody"}, {"everyone": True}, "Everyone."),
        (
            {"rule": "everybody", "except_capacity": ["other"], "except_region": ["north"]},
            {"all": [{"not": {"region": ["north"]}}, {"not": {"capacity": ["other"]}}]},
            "Everyone, except people in the North of England and people in other roles.",
        ),
        (
            {"rule": "all", "organisation": ["1"], "except_joined_before": "2026-01-01"},
            {"all": [{"organisation": [1]}, {"not": {"joined_before": "2026-01-01"}}]},
            "People of Penwith Council, except people who joined before Thursday 1 January 2026.",
        ),
        (
            {"rule": "any", "capacity": ["councillor"], "language": ["cy"], "except_organisation": ["1"]},
            {
                "all": [
                    {"any": [{"capacity": ["councillor"]}, {"language": ["cy"]}]},
                    {"not": {"organisation": [1]}},
                ]
            },
            "People who are councillors or people who speak Welsh, except people of Penwith Council.",
        ),
        (
            {"rule": "all", "joined_after": "2026-01-01", "category": ["full"]},
            {"all": [{"category": ["full"]}, {"joined_after": "2026-01-01"}]},
            "People of full members who joined after Thursday 1 January 2026.",
        ),
        ({"rule": "everybody", "except_category": ["supporter"]}, {"not": {"category": ["supporter"]}},
         "Everyone except people of supporters."),
    ],
)  # fmt: skip
async def test_a_rule_is_built_said_saved_and_opened_again_as_it_was(
    ada: TestBot, chosen: RawAnswers, rule: dict[str, Any], said: str
) -> None:
    await add_organisation(ada, "Penwith Council")
    shown = await fill_in(ada, form_of(await ada.command("ada", "groups", "new")), chosen)
    assert {fact.label: fact.value for fact in shown.facts}["Added without asking"] == said
    again = form_of(await ada.press("ada", EditChange(change_id=change_id(shown))))
    assert {name: again.answers.get(name) for name in chosen} == chosen
    await ada.press("ada", SaveChange(change_id=change_id(shown)))
    fish = await group_named(ada, "Fish")
    assert fish.rule == rule
    opened = form_of(await ada.press("ada", EditGroup(group_id=fish.id)))
    assert {name: opened.answers.get(name) for name in chosen} == chosen


async def test_a_name_that_is_taken_is_sent_back(ada: TestBot) -> None:
    await add_group(ada, "Fish")
    view = form_of(await ada.command("ada", "groups", "new"))
    second = form_of(await ada.submit("ada", view, {**ABOUT, "name": "FISH"}))
    third = form_of(await ada.submit("ada", second, {"rule": "nobody"}))
    back = form_of(await ada.submit("ada", third, {}))
    assert "already" in back.problems["name"]


async def test_a_rule_that_the_form_cannot_show_is_kept(ada: TestBot) -> None:
    rule = {
        "any": [{"all": [{"capacity": ["other"]}, {"joined_after": "2026-01-01"}]}, {"region": ["north"]}]
    }
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


async def test_a_preview_that_is_gone_says_so(ada: TestBot) -> None:
    assert (await ada.press("ada", SaveChange(change_id="x"))).outcome is Outcome.REFUSED
