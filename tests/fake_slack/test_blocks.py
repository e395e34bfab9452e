"""Block Kit as the fake validates it, limit by limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes.slack import limits
from tests.fakes.slack.blocks import check_message, check_options, check_view
from tests.fakes.slack.errors import SlackError
from tests.fakes.slack.workspace import Json


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(value: str = "one", text: str = "One") -> Json:
    return {"text": plain(text), "value": value}


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain("Publish"), "action_id": "publish", **more}


def actions(*elements: Json, **more: Any) -> Json:
    return {"type": "actions", "elements": list(elements), **more}


def section(text: str = "Text", **more: Any) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def field(element: Json, **more: Any) -> Json:
    return {"type": "input", "label": plain("Title"), "element": element, **more}


def typed(**more: Any) -> Json:
    return {"type": "plain_text_input", "action_id": "title", **more}


def menu(**more: Any) -> Json:
    return {"type": "static_select", "action_id": "pick", "options": [option()], **more}


def modal(*blocks: Json, **more: Any) -> Json:
    view = {"type": "modal", "title": plain("Case study"), "submit": plain("Send"), "blocks": list(blocks)}
    return {**view, **more}


def numbered(count: int) -> list[Json]:
    return [option(str(number)) for number in range(count)]


MESSAGES: list[tuple[str, Callable[[int], Json], int]] = [
    ("section text", lambda size: section("x" * size), limits.SECTION_TEXT),
    ("header text", lambda size: {"type": "header", "text": plain("x" * size)}, limits.HEADER_TEXT),
    (
        "section fields",
        lambda size: {"type": "section", "fields": [plain("x")] * size},
        limits.SECTION_FIELDS,
    ),
    (
        "field text",
        lambda size: {"type": "section", "fields": [plain("x" * size)]},
        limits.SECTION_FIELD_TEXT,
    ),
    (
        "context elements",
        lambda size: {"type": "context", "elements": [plain("x")] * size},
        limits.CONTEXT_ELEMENTS,
    ),
    (
        "actions elements",
        lambda size: actions(*(button(action_id=str(number)) for number in range(size))),
        limits.ACTIONS_ELEMENTS,
    ),
    ("button text", lambda size: actions(button(text=plain("x" * size))), limits.BUTTON_TEXT),
    ("button value", lambda size: actions(button(value="x" * size)), limits.BUTTON_VALUE),
    ("button address", lambda size: actions(button(url="https://x/".ljust(size, "x"))), limits.BUTTON_URL),
    ("action id", lambda size: actions(button(action_id="x" * size)), limits.ACTION_ID),
    ("block id", lambda size: section(block_id="x" * size), limits.BLOCK_ID),
    ("option text", lambda size: actions(menu(options=[option("v", "x" * size)])), limits.OPTION_TEXT),
    ("option value", lambda size: actions(menu(options=[option("x" * size)])), limits.OPTION_VALUE),
    ("options", lambda size: actions(menu(options=numbered(size))), limits.SELECT_OPTIONS),
    (
        "overflow options",
        lambda size: actions({"type": "overflow", "action_id": "more", "options": numbered(size)}),
        limits.OVERFLOW_OPTIONS,
    ),
    (
        "checkboxes",
        lambda size: actions({"type": "checkboxes", "action_id": "tick", "options": numbered(size)}),
        limits.CHECKBOX_OPTIONS,
    ),
    (
        "radio buttons",
        lambda size: actions({"type": "radio_buttons", "action_id": "pick", "options": numbered(size)}),
        limits.RADIO_OPTIONS,
    ),
    ("placeholder", lambda size: actions(menu(placeholder=plain("x" * size))), limits.PLACEHOLDER),
    (
        "confirmation title",
        lambda size: actions(
            button(
                confirm={
                    "title": plain("x" * size),
                    "text": plain("x"),
                    "confirm": plain("Yes"),
                    "deny": plain("No"),
                }
            )
        ),
        limits.CONFIRM_TITLE,
    ),
]

VIEWS: list[tuple[str, Callable[[int], Json], int]] = [
    ("title", lambda size: modal(title=plain("x" * size)), limits.VIEW_TITLE),
    ("submit", lambda size: modal(submit=plain("x" * size)), limits.VIEW_SUBMIT),
    ("close", lambda size: modal(close=plain("x" * size)), limits.VIEW_CLOSE),
    ("callback id", lambda size: modal(callback_id="x" * size), limits.VIEW_CALLBACK_ID),
    ("metadata", lambda size: modal(private_metadata="x" * size), limits.VIEW_PRIVATE_METADATA),
    ("blocks", lambda size: modal(*([{"type": "divider"}] * size)), limits.VIEW_BLOCKS),
    ("label", lambda size: modal(field(typed(), label=plain("x" * size))), limits.INPUT_LABEL),
    ("hint", lambda size: modal(field(typed(), hint=plain("x" * size))), limits.INPUT_HINT),
    ("longest input", lambda size: modal(field(typed(max_length=size))), limits.TEXT_INPUT_LENGTH),
    (
        "initial value",
        lambda size: modal(field(typed(initial_value="x" * size))),
        limits.TEXT_INPUT_LENGTH,
    ),
]


@pytest.mark.parametrize(("block", "limit"), [pytest.param(b, n, id=name) for name, b, n in MESSAGES])
def test_a_message_may_reach_each_limit_and_not_pass_it(block: Callable[[int], Json], limit: int) -> None:
    check_message([block(limit)])
    with pytest.raises(SlackError, match="invalid_blocks"):
        check_message([block(limit + 1)])


@pytest.mark.parametrize(("view", "limit"), [pytest.param(v, n, id=name) for name, v, n in VIEWS])
def test_a_modal_may_reach_each_limit_and_not_pass_it(view: Callable[[int], Json], limit: int) -> None:
    check_view(view(limit))
    with pytest.raises(SlackError, match="invalid_arguments"):
        check_view(view(limit + 1))


def test_a_message_holds_fifty_blocks() -> None:
    check_message([{"type": "divider"}] * 50)
    with pytest.raises(SlackError) as caught:
        check_message([{"type": "divider"}] * 51)
    assert caught.value.body()["response_metadata"]["messages"] == [
        "[ERROR] no more than 50 items allowed [json-pointer:/blocks]"
    ]


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ([{"type": "section"}], "missing required field: text or fields [json-pointer:/blocks/0]"),
        ([{"type": "banner"}], "unsupported type: banner [json-pointer:/blocks/0/type]"),
        ([section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        ([section(colour="red")], "invalid additional property: colour [json-pointer:/blocks/0]"),
        ([section(block_id="a"), section(block_id="a")], "block_id already exists: a"),
        ([actions(button(), button())], "action_id already exists: publish"),
        ([actions(typed())], "unsupported type: plain_text_input"),
        ([section(accessory=typed())], "unsupported type: plain_text_input"),
        ([field(button())], "unsupported type: button"),
        ([actions(button(style="green"))], "must be a valid enum value"),
        ([actions(button(url="www.example.org"))], "must be a valid URL"),
        ([{"type": "header", "text": {"type": "mrkdwn", "text": "*x*"}}], "must be a valid enum value"),
        ([actions(menu(initial_option=option("two")))], "initial_option must match"),
        ([actions(menu(options=[option(), option()]))], "option values must be unique"),
        ([field({"type": "email_text_input", "action_id": "a"})], "unsupported type: email_text_input"),
        ([actions({"type": "datepicker", "initial_date": "16 March"})], "must be a date as YYYY-MM-DD"),
        ([actions({"type": "timepicker", "initial_time": "25:00"})], "must be a time as HH:mm"),
        ("not blocks", "must be an array"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(blocks: Any, words: str) -> None:
    with pytest.raises(SlackError) as caught:
        check_message(blocks)
    assert any(words in problem for problem in caught.value.problems), caught.value.problems


def test_a_modal_with_inputs_needs_a_submit_button() -> None:
    view = modal(field(typed()))
    del view["submit"]
    with pytest.raises(SlackError) as caught:
        check_view(view)
    assert caught.value.problems == ("missing required field: submit [json-pointer:/view]",)


def test_a_view_beyond_250_kilobytes_is_too_large() -> None:
    fields = [{"type": "plain_text", "text": "x" * 2000}] * 10
    check_view(modal(*({"type": "section", "fields": fields} for _ in range(10))))
    with pytest.raises(SlackError, match="view_too_large"):
        check_view(modal(*({"type": "section", "fields": fields} for _ in range(13))))


def test_every_element_that_forms_use_is_taken() -> None:
    elements: list[Json] = [
        typed(multiline=True, placeholder=plain("Title"), min_length=3, max_length=100),
        {"type": "email_text_input", "action_id": "a"},
        {"type": "url_text_input", "action_id": "a"},
        {"type": "number_input", "action_id": "a", "is_decimal_allowed": True, "min_value": "0"},
        {"type": "datepicker", "action_id": "a", "initial_date": "2026-03-16"},
        {"type": "timepicker", "action_id": "a", "initial_time": "23:59"},
        menu(initial_option=option()),
        {"type": "multi_static_select", "action_id": "a", "options": numbered(2), "max_selected_items": 2},
        {"type": "external_select", "action_id": "a", "min_query_length": 1},
        {"type": "multi_external_select", "action_id": "a", "initial_options": [option()]},
        {"type": "checkboxes", "action_id": "a", "options": numbered(2), "initial_options": [option("1")]},
        {"type": "radio_buttons", "action_id": "a", "options": numbered(2), "initial_option": option("1")},
    ]
    check_view(modal(*(field(element, dispatch_action=True) for element in elements)))


def test_found_options_have_limits_too() -> None:
    check_options({"options": []})
    check_options({"option_groups": [{"label": plain("Councils"), "options": numbered(3)}]})
    for answer in ({}, {"options": numbered(101)}, {"options": [option("", "")]}):
        with pytest.raises(SlackError):
            check_options(answer)
