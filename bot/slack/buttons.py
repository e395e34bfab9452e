"""Buttons as Block Kit elements: one in front, the rest where there is room."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from bot.slack import limits
from bot.slack.limits import cut
from bot.slack.mrkdwn import escape
from handlers.kit.messages import Button, Confirm, Style

Json = dict[str, Any]

# Presses of these ids are Slack telling us that a link was opened.
LINK_ACTION = "link"
MENU_ACTION = "menu"
# More buttons than this in a row, and all but the main one go into a menu. Where none is the main one, each
# is as likely as the next, and has to be seen.
IN_A_ROW = 3
EQUALS_IN_A_ROW = 5


def actions(buttons: Iterable[Button], base_url: str, first_number: int = 0) -> list[Json]:
    """The blocks for some buttons: none, one row, or a line of mail addresses before it."""
    known = [button for button in buttons if not button.sign_in]
    blocks: list[Json] = []
    # Slack's buttons open web addresses; a mail address is a link in a text.
    if mails := [button for button in known if (button.url or "").startswith("mailto:")]:
        text = "  ·  ".join(f"<{escape(button.url or '')}|{escape(button.label)}>" for button in mails)
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}})
    if rest := [button for button in known if button not in mails]:
        blocks.append({"type": "actions", "elements": elements(rest, base_url, first_number)})
    return blocks


def elements(buttons: Sequence[Button], base_url: str, first_number: int = 0) -> list[Json]:
    """Buttons in a row; where there are many, the main one, those that stay in sight, and one menu of the
    others, as far as it holds them: the first of those that are left over stand in the row."""
    shown, hidden = list(buttons), []
    main = next((button for button in buttons if button.style is Style.PRIMARY), None)
    if len(buttons) > (EQUALS_IN_A_ROW if main is None else IN_A_ROW):
        main = main or buttons[0]
        shown = [button for button in buttons if button is main or not _fits_a_menu(button, base_url)]
        hidden = [button for button in buttons if button not in shown]
        left_over = hidden[: max(0, len(hidden) - limits.OVERFLOW_OPTIONS)]
        shown = [button for button in buttons if button in shown or button in left_over]
        hidden = hidden[len(left_over) :]
    row = [button_element(button, base_url, first_number + number) for number, button in enumerate(shown)]
    if hidden:
        options = [_option(button, base_url) for button in hidden]
        number = first_number + len(shown)
        row.append({"type": "overflow", "action_id": f"{MENU_ACTION}#{number}", "options": options})
    return row


def button_element(button: Button, base_url: str, number: int) -> Json:
    element: Json = {"type": "button", "text": plain_text(button.label, limits.BUTTON_TEXT)}
    if len(button.label) > limits.BUTTON_TEXT:
        element["accessibility_label"] = cut(button.label, limits.BUTTON_TEXT)
    if button.action is not None:
        element["action_id"] = cut(f"{button.action.name}#{number}", limits.ACTION_ID)
        element["value"] = _value(button)
    else:
        element["action_id"] = f"{LINK_ACTION}#{number}"
        element["url"] = address(button, base_url)
    if button.style is not Style.PLAIN:
        element["style"] = button.style.value
    if button.confirm is not None:
        element["confirm"] = _confirm(button.confirm, button.style)
    return element


def address(button: Button, base_url: str) -> str:
    """What a button opens: an address, or a page of ours."""
    return button.url or base_url.rstrip("/") + (button.path or "")


def plain_text(text: str, most: int) -> Json:
    """Text that Slack reads nothing into, not even names of emoji."""
    return {"type": "plain_text", "text": cut(text, most) or "…", "emoji": False}


def _value(button: Button) -> str:
    if button.action is None:
        return ""
    payload = {"name": button.action.name, "data": button.action.data}
    value = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    if len(value) > limits.BUTTON_VALUE:
        raise ValueError(f"the payload of {button.action.name} is longer than Slack takes")
    return value


def _fits_a_menu(button: Button, base_url: str) -> bool:
    """A menu's entries hold less than a button, and cannot ask before they act."""
    if button.confirm is not None or button.style is not Style.PLAIN or button.in_sight:
        return False
    return len(_value(button)) <= limits.OPTION_VALUE and len(button.label) <= limits.OPTION_TEXT


def _option(button: Button, base_url: str) -> Json:
    option: Json = {"text": plain_text(button.label, limits.OPTION_TEXT)}
    if button.action is not None:
        return option | {"value": _value(button)}
    return option | {"value": LINK_ACTION, "url": address(button, base_url)}


def _confirm(confirm: Confirm, style: Style) -> Json:
    asked: Json = {
        "title": plain_text(confirm.title, limits.CONFIRM_TITLE),
        "text": plain_text(confirm.text, limits.CONFIRM_TEXT),
        "confirm": plain_text(confirm.yes, limits.CONFIRM_BUTTON),
        "deny": plain_text(confirm.no, limits.CONFIRM_BUTTON),
    }
    if style is not Style.PLAIN:
        asked["style"] = style.value
    return asked
