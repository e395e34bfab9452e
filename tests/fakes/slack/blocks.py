"""Block Kit as Slack validates it: blocks in messages, modals and Home tabs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from tests.fakes.slack import limits
from tests.fakes.slack.elements import ELEMENTS, LOADED_OPTIONS, any_text, plain_text
from tests.fakes.slack.errors import SlackError
from tests.fakes.slack.schema import (
    Check,
    anything,
    boolean,
    choice,
    items,
    link,
    mapping,
    one_of,
    problem,
    string,
)

Surface = Literal["message", "modal", "home"]

PICKERS: Final = frozenset(
    {
        "checkboxes",
        "datepicker",
        "radio_buttons",
        "timepicker",
        "static_select",
        "external_select",
        "users_select",
        "channels_select",
        "conversations_select",
    }
)
SEVERAL: Final = frozenset({"multi_static_select", "multi_external_select", "multi_users_select"})
TYPED: Final = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input"})
# https://docs.slack.dev/reference/block-kit/block-elements says which element works in which block.
IN_SECTION: Final = PICKERS | SEVERAL | {"button", "overflow", "image"}
IN_ACTIONS: Final = PICKERS | SEVERAL | {"button", "overflow", "datetimepicker"}
IN_INPUT: Final = PICKERS | SEVERAL | TYPED | {"datetimepicker"}
ONLY_IN_MODALS: Final = frozenset({"email_text_input", "url_text_input", "number_input"})

_BLOCK: Final[Mapping[str, Check]] = {"type": anything, "block_id": string(limits.BLOCK_ID, 1)}
_CONTEXT_ELEMENTS: Final[Mapping[str, Check]] = {
    "image": ELEMENTS["image"],
    "plain_text": any_text(limits.TEXT),
    "mrkdwn": any_text(limits.TEXT),
}
BLOCKS: Final[Mapping[str, Check]] = {
    "section": mapping(
        {"type": anything},
        {
            **_BLOCK,
            "text": any_text(limits.SECTION_TEXT),
            "fields": items(any_text(limits.SECTION_FIELD_TEXT), limits.SECTION_FIELDS),
            "accessory": one_of(ELEMENTS, IN_SECTION),
            "expand": boolean,
        },
        any_of=("text", "fields"),
    ),
    "header": mapping({"type": anything, "text": plain_text(limits.HEADER_TEXT)}, _BLOCK),
    "divider": mapping({"type": anything}, _BLOCK),
    "context": mapping(
        {
            "type": anything,
            "elements": items(one_of(_CONTEXT_ELEMENTS, _CONTEXT_ELEMENTS), limits.CONTEXT_ELEMENTS),
        },
        _BLOCK,
    ),
    "actions": mapping(
        {"type": anything, "elements": items(one_of(ELEMENTS, IN_ACTIONS), limits.ACTIONS_ELEMENTS)},
        _BLOCK,
    ),
    "input": mapping(
        {
            "type": anything,
            "label": plain_text(limits.INPUT_LABEL),
            "element": one_of(ELEMENTS, IN_INPUT),
        },
        {
            **_BLOCK,
            "hint": plain_text(limits.INPUT_HINT),
            "optional": boolean,
            "dispatch_action": boolean,
        },
    ),
    "image": mapping(
        {
            "type": anything,
            "image_url": link(limits.IMAGE_URL),
            "alt_text": string(limits.IMAGE_ALT_TEXT),
        },
        {**_BLOCK, "title": plain_text(limits.IMAGE_TITLE)},
    ),
    "markdown": mapping({"type": anything, "text": string(limits.MARKDOWN_TEXT, 1)}, _BLOCK),
    "rich_text": mapping({"type": anything, "elements": anything}, _BLOCK),
}
_ON: Final[Mapping[Surface, frozenset[str]]] = {
    "message": frozenset(BLOCKS),
    "modal": frozenset(BLOCKS) - {"markdown"},
    "home": frozenset(BLOCKS) - {"markdown"},
}
_BLOCK_LISTS: Final[Mapping[Surface, Check]] = {
    surface: items(
        one_of(BLOCKS, kinds), limits.MESSAGE_BLOCKS if surface == "message" else limits.VIEW_BLOCKS, 0
    )
    for surface, kinds in _ON.items()
}
_VIEW_KEYS: Final[Mapping[str, Check]] = {
    "private_metadata": string(limits.VIEW_PRIVATE_METADATA),
    "callback_id": string(limits.VIEW_CALLBACK_ID),
    "external_id": string(limits.VIEW_EXTERNAL_ID),
}
_MODAL: Final = mapping(
    {"type": choice("modal"), "title": plain_text(limits.VIEW_TITLE), "blocks": _BLOCK_LISTS["modal"]},
    {
        **_VIEW_KEYS,
        "submit": plain_text(limits.VIEW_SUBMIT),
        "close": plain_text(limits.VIEW_CLOSE),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
)
_HOME: Final = mapping({"type": choice("home"), "blocks": _BLOCK_LISTS["home"]}, _VIEW_KEYS)


def elements_of(block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The interactive elements of one block."""
    match block.get("type"):
        case "actions":
            yield from (element for element in block.get("elements", ()) if isinstance(element, dict))
        case "section" if isinstance(block.get("accessory"), dict):
            yield block["accessory"]
        case "input" if isinstance(block.get("element"), dict):
            yield block["element"]


def check_message(blocks: Any) -> None:
    """:raises SlackError: `invalid_blocks`, with what is wrong where."""
    problems: list[str] = []
    _BLOCK_LISTS["message"](blocks, "/blocks", problems)
    _check_together(blocks, "/blocks", "message", problems)
    if problems:
        raise SlackError("invalid_blocks", problems=problems)


def check_view(view: Any, *, home: bool = False) -> None:
    """:raises SlackError: `invalid_arguments`, with what is wrong where, or `view_too_large`."""
    problems: list[str] = []
    (_HOME if home else _MODAL)(view, "/view", problems)
    if isinstance(view, dict):
        blocks = view.get("blocks")
        _check_together(blocks, "/view/blocks", "home" if home else "modal", problems)
        has_input = isinstance(blocks, list) and any(
            isinstance(block, dict) and block.get("type") == "input" for block in blocks
        )
        if has_input and not home and "submit" not in view:
            problem(problems, "missing required field: submit", "/view")
    if problems:
        raise SlackError("invalid_arguments", problems=problems)
    if len(json.dumps(view).encode()) > limits.VIEW_BYTES:
        raise SlackError("view_too_large")


def check_options(answer: Any) -> None:
    """Check the answer to an option search.

    :raises SlackError: what Slack would have refused silently, showing the person an empty list.
    """
    problems: list[str] = []
    LOADED_OPTIONS(answer, "", problems)
    if problems:
        raise SlackError("invalid_options", problems=problems)


def _check_together(blocks: Any, at: str, surface: Surface, problems: list[str]) -> None:
    """What no block can tell alone: ids that must differ, and elements a surface does not take."""
    if not isinstance(blocks, list):
        return
    seen: set[str] = set()
    focused = 0
    for index, block in enumerate(blocks):
        if not isinstance(block, dict):
            continue
        pointer = f"{at}/{index}"
        block_id = block.get("block_id")
        if isinstance(block_id, str):
            if block_id in seen:
                problem(problems, f"block_id already exists: {block_id}", f"{pointer}/block_id")
            seen.add(block_id)
        actions: set[str] = set()
        for element in elements_of(block):
            action_id = element.get("action_id")
            focused += bool(element.get("focus_on_load"))
            if isinstance(action_id, str):
                if action_id in actions:
                    problem(problems, f"action_id already exists: {action_id}", pointer)
                actions.add(action_id)
            if surface != "modal" and element.get("type") in ONLY_IN_MODALS:
                problem(problems, f"unsupported type: {element['type']}", f"{pointer}/element/type")
    if focused > 1:
        problem(problems, "only one element can be focused on load", at)
