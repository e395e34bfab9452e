"""Conditions inside conditions: written, counted and said before anything is saved, and never lost."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.group_actions import (
    AddBlock,
    EditBlock,
    EditChange,
    EditGroup,
    RemoveBlock,
    SaveChange,
    ShowBlock,
    ShowChange,
)
from handlers.kit.messages import Message
from handlers.kit.replies import Outcome
from handlers.kit.updates import RawAnswers
from tests.bot import TestBot, form_of, message_of
from tests.group_keepers import ada, group_named
from tests.network import add_group, add_person, names_of_groups
from tests.test_group_form import ABOUT, button, change_id, fill_in

__all__ = ["ada"]

NESTED: dict[str, Any] = {
    "any": [
        {"region": ["north"]},
        {"all": [{"capacity": ["councillor"]}, {"not": {"language": ["cy"]}}]},
    ]
}


def fact(message: Message, label: str) -> str:
    return next(one.value for one in message.facts if one.label == label)


async def begin(bot: TestBot, rule: RawAnswers | None = None) -> str:
    """The preview of a new group that has a rule from the form."""
    view = form_of(await bot.command("ada", "groups", "new"))
    return change_id(await fill_in(bot, view, rule or {"rule": "nobody"}))


async def put(bot: TestBot, change: str, into: int, chosen: RawAnswers) -> Message:
    view = form_of(await bot.press("ada", AddBlock(change_id=change, into=into)))
    return message_of(await bot.submit("ada", view, chosen))


async def saved_rule(bot: TestBot, change: str) -> dict[str, Any] | None:
    await bot.press("ada", SaveChange(change_id=change))
    return (await group_named(bot, "Fish")).rule


async def test_a_rule_is_written_as_groups_of_conditions(ada: TestBot) -> None:
    ann = await add_person(ada, "ann", capacity="councillor")
    await add_person(ada, "bob", capacity="officer")
    change = await begin(ada)
    empty = message_of(await ada.press("ada", ShowBlock(change_id=change)))
    assert empty.text == "Nothing is chosen here yet, so it counts for nothing."
    assert fact(empty, "The whole rule").startswith("Nobody is added")
    root = form_of(await ada.press("ada", EditBlock(change_id=change, block_id=0)))
    await ada.submit("ada", root, {"mode": "any"})
    await put(ada, change, 0, {"mode": "all", "capacity": ["councillor"], "language": ["en"]})
    card = await put(ada, change, 0, {"mode": "all", "capacity": ["officer"], "joined_after": "2030-01-01"})
    assert card.text == "People who fit at least one of these\n\n- The groups of conditions below"
    assert [(item.title, item.text) for item in card.items] == [
        ("People who fit all of these", "- Councillors\n- People who speak English"),
        (
            "People who fit all of these",
            "- Officers\n- People who joined after Tuesday 1 January 2030",
        ),
    ]
    assert fact(card, "The whole rule") == (
        "Councillors who speak English or officers who joined after Tuesday 1 January 2030."
    )
    assert fact(card, "What it would do") == "1 person fits the rule now; 1 would be added."
    assert await names_of_groups(ada, ann) == []
    preview = message_of(await ada.press("ada", ShowChange(change_id=change)))
    assert fact(preview, "Added without asking") == fact(card, "The whole rule")
    assert await saved_rule(ada, change) == {
        "any": [
            {"all": [{"capacity": ["councillor"]}, {"language": ["en"]}]},
            {"all": [{"capacity": ["officer"]}, {"joined_after": "2030-01-01"}]},
        ]
    }
    assert await names_of_groups(ada, ann) == ["Fish"]


async def test_a_nested_rule_is_changed_inside_and_the_rest_of_it_stays(ada: TestBot) -> None:
    fish = await add_group(ada, "Fish", rule=NESTED)
    view = form_of(await ada.press("ada", EditGroup(group_id=fish.id)))
    change = change_id(await fill_in(ada, view, {"rule": "keep"}))
    card = message_of(await ada.press("ada", ShowBlock(change_id=change)))
    assert card.items[0].text == "- Councillors\n- Everyone except people who speak Welsh"
    inner = message_of(await ada.press("ada", ShowBlock(change_id=change, block_id=1)))
    assert inner.heading == "A group of conditions in “Fish”"
    assert inner.items[0].title == "People who fit none of these"
    view = form_of(await ada.press("ada", EditBlock(change_id=change, block_id=2)))
    assert (view.answers["mode"], view.answers["language"]) == ("none", ["cy"])
    await ada.submit("ada", view, {"mode": "none", "language": ["cy"], "category": ["supporter"]})
    up = message_of(await ada.press("ada", ShowBlock(change_id=change)))
    assert fact(up, "The whole rule") == (
        "People in the North of England or (councillors, except (people of supporters or "
        "people who speak Welsh))."
    )
    again = form_of(await ada.press("ada", EditChange(change_id=change)))
    assert again.answers["rule"] == "keep"
    later = change_id(await fill_in(ada, again, {"rule": "keep"}, {**ABOUT, "purpose": "Chips."}))
    rule = await saved_rule(ada, later)
    assert rule is not None
    assert rule["any"][0] == {"region": ["north"]}
    assert rule["any"][1]["all"][1] == {"not": {"any": [{"category": ["supporter"]}, {"language": ["cy"]}]}}


async def test_a_rule_that_has_become_simple_is_back_in_the_form(ada: TestBot) -> None:
    fish = await add_group(ada, "Fish", rule=NESTED)
    view = form_of(await ada.press("ada", EditGroup(group_id=fish.id)))
    change = change_id(await fill_in(ada, view, {"rule": "keep"}))
    card = message_of(await ada.press("ada", RemoveBlock(change_id=change, block_id=1)))
    assert card.items == ()
    again = form_of(await ada.press("ada", EditChange(change_id=change)))
    assert (again.answers["rule"], again.answers["region"]) == ("all", ["north"])
    gone = await ada.press("ada", RemoveBlock(change_id=change, block_id=1))
    assert (gone.outcome, message_of(gone).text) == (
        Outcome.REFUSED, "That group of conditions is no longer there. Nothing was changed.",
    )  # fmt: skip
    assert await saved_rule(ada, change) == {"region": ["north"]}


@pytest.mark.parametrize(
    ("chosen", "problem"),
    [
        ({"mode": "everybody", "region": ["north"]}, "conditions below"),
        ({"mode": "all", "organisation": ["99"]}, "not there any more"),
        ({"mode": "some"}, "Choose from the list"),
        ({"mode": "all", "joined_after": "soon"}, "a date that exists"),
    ],
)
async def test_what_cannot_be_read_comes_back_as_it_was_typed(
    ada: TestBot, chosen: RawAnswers, problem: str
) -> None:
    change = await begin(ada, {"rule": "all", "region": ["north"]})
    view = form_of(await ada.press("ada", AddBlock(change_id=change, into=0)))
    back = form_of(await ada.submit("ada", view, chosen))
    assert any(problem in one for one in back.problems.values()), back.problems
    assert {name: back.answers[name] for name in chosen} == chosen


async def test_a_rule_too_deep_is_not_taken(ada: TestBot) -> None:
    change = await begin(ada, {"rule": "all", "region": ["north"]})
    into = 0
    for _time in range(4):
        await put(ada, change, into, {"mode": "any", "region": ["south"], "language": ["cy"]})
        into += 1
    view = form_of(await ada.press("ada", AddBlock(change_id=change, into=into)))
    back = form_of(await ada.submit("ada", view, {"mode": "any", "region": ["south"], "language": ["cy"]}))
    assert "too deep inside each other" in back.problems["mode"]
    assert back.answers["region"] == ["south"]


async def test_a_long_rule_is_shown_page_by_page(ada: TestBot) -> None:
    parts = [{"all": [{"region": ["north"]}, {"joined_after": f"2026-01-{day:02}"}]} for day in range(1, 13)]
    fish = await add_group(ada, "Fish", rule={"any": parts})
    view = form_of(await ada.press("ada", EditGroup(group_id=fish.id)))
    change = change_id(await fill_in(ada, view, {"rule": "keep"}))
    card = message_of(await ada.press("ada", ShowBlock(change_id=change)))
    assert (len(card.items), button(card, "See more").label) == (10, "See more")
    rest = message_of(await ada.press("ada", ShowBlock(change_id=change, page=1)))
    assert len(rest.items) == 2


async def test_a_saved_change_is_not_touched_and_members_are_refused(ada: TestBot) -> None:
    await add_person(ada, "ann")
    change = await begin(ada, {"rule": "all", "region": ["north"]})
    presses = (
        ShowChange(change_id=change), ShowBlock(change_id=change), AddBlock(change_id=change, into=0),
        EditBlock(change_id=change, block_id=0), RemoveBlock(change_id=change, block_id=1),
    )  # fmt: skip
    for action in presses:
        assert (await ada.press("ann", action)).outcome is Outcome.REFUSED
    await ada.press("ada", SaveChange(change_id=change))
    for action in presses:
        assert "saved already" in message_of(await ada.press("ada", action)).text
