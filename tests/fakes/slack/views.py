"""Modals with their stack, Home tabs, and what a person has filled in."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.slack import limits
from tests.fakes.slack.blocks import elements_of
from tests.fakes.slack.errors import SlackError
from tests.fakes.slack.workspace import Json, Workspace, fill_ids

# The key of a state value and what it is while nothing is chosen, by the element's type.
STATE_KEYS: dict[str, tuple[str, Any]] = {
    "plain_text_input": ("value", None),
    "email_text_input": ("value", None),
    "url_text_input": ("value", None),
    "number_input": ("value", None),
    "datepicker": ("selected_date", None),
    "timepicker": ("selected_time", None),
    "datetimepicker": ("selected_date_time", None),
    "static_select": ("selected_option", None),
    "external_select": ("selected_option", None),
    "radio_buttons": ("selected_option", None),
    "users_select": ("selected_user", None),
    "channels_select": ("selected_channel", None),
    "conversations_select": ("selected_conversation", None),
    "checkboxes": ("selected_options", []),
    "multi_static_select": ("selected_options", []),
    "multi_external_select": ("selected_options", []),
    "multi_users_select": ("selected_users", []),
}
_INITIAL_KEYS = (
    "initial_value",
    "initial_date",
    "initial_time",
    "initial_date_time",
    "initial_option",
    "initial_options",
    "initial_user",
    "initial_users",
    "initial_channel",
    "initial_conversation",
)


def initial_state(element: Json) -> Json | None:
    """What an element's state is before anyone touches it; None for one that holds no state."""
    kind = element["type"]
    if kind not in STATE_KEYS:
        return None
    key, empty = STATE_KEYS[kind]
    initial = next((element[name] for name in _INITIAL_KEYS if name in element), empty)
    return {"type": kind, key: initial}


def state_values(blocks: list[Json], known: Json) -> Json:
    """The state of every element by block and action: what is known of it, else how it starts."""
    values: Json = {}
    for block in blocks:
        for element in elements_of(block):
            state = initial_state(element)
            if state is None:
                continue
            kept = known.get(block["block_id"], {}).get(element["action_id"])
            if kept is not None and kept["type"] == state["type"]:
                state = kept
            values.setdefault(block["block_id"], {})[element["action_id"]] = state
    return values


@dataclass
class View:
    id: str
    user: str
    body: Json
    values: Json = field(default_factory=dict)
    hash: str = ""
    root_view_id: str = ""
    previous_view_id: str | None = None
    errors: dict[str, str] = field(default_factory=dict)
    """By block id, as the app answered the last submission."""
    trouble: str = ""
    """Slack's own sentence when a submission was not answered."""
    team: Json = field(default_factory=dict)

    @property
    def blocks(self) -> list[Json]:
        blocks: list[Json] = self.body["blocks"]
        return blocks

    def replace(self, body: Json, number: int) -> None:
        """Show another body; what was filled in is kept where block and action stay the same."""
        fill_ids(body["blocks"])
        self.body = body
        self.values = state_values(body["blocks"], self.values)
        self.errors = {}
        self.trouble = ""
        digest = hashlib.sha256(f"{number}{json.dumps(body)}".encode()).hexdigest()[:8]
        self.hash = f"{1_700_000_000 + number}.{digest}"

    def element(self, action_id: str, block_id: str | None = None) -> tuple[Json, Json]:
        """The block and the element of this action.

        :raises KeyError: the view has no such element.
        """
        return find_element(self.blocks, action_id, block_id)

    def to_json(self) -> Json:
        return {
            "id": self.id,
            "team_id": self.team["team_id"],
            "app_installed_team_id": self.team["team_id"],
            "app_id": self.team["app_id"],
            "bot_id": self.team["bot_id"],
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "title": None,
            "submit": None,
            "close": None,
            "clear_on_close": False,
            "notify_on_close": False,
            "submit_disabled": False,
            **self.body,
            "state": {"values": self.values},
            "hash": self.hash,
            "root_view_id": self.root_view_id or self.id,
            "previous_view_id": self.previous_view_id,
        }


def find_element(blocks: list[Json], action_id: str, block_id: str | None = None) -> tuple[Json, Json]:
    """:raises KeyError: no such element among these blocks."""
    for block in blocks:
        if block_id is None or block["block_id"] == block_id:
            for element in elements_of(block):
                if element.get("action_id") == action_id:
                    return block, element
    known = [element.get("action_id") for block in blocks for element in elements_of(block)]
    raise KeyError(f"no element {action_id!r} (block {block_id!r}); there are {known}")


class Views:
    """The open modals of each person, the Home tabs, and every view by its id."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._numbers = itertools.count(1)
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[str, View] = {}

    def stack(self, user_id: str) -> list[View]:
        return self._stacks.setdefault(user_id, [])

    def top(self, user_id: str) -> View | None:
        stack = self.stack(user_id)
        return stack[-1] if stack else None

    def home(self, user_id: str) -> View | None:
        return self._homes.get(user_id)

    def open(self, user_id: str, body: Json) -> View:
        """Open a modal; one that is already open is replaced, as a person sees one dialog."""
        self._refuse_same_external_id(body)
        view = self._new(user_id, body)
        self._stacks[user_id] = [view]
        return view

    def push(self, user_id: str, body: Json) -> View:
        stack = self.stack(user_id)
        if not stack:
            raise SlackError("view_not_found")
        if len(stack) >= limits.VIEW_STACK:
            raise SlackError("push_limit_reached")
        self._refuse_same_external_id(body)
        view = self._new(user_id, body)
        view.root_view_id = stack[0].id
        view.previous_view_id = stack[-1].id
        stack.append(view)
        return view

    def update(self, view: View, body: Json, expected_hash: str | None = None) -> View:
        """:raises SlackError: `hash_conflict`, if the view changed since the app read its hash."""
        if expected_hash and expected_hash != view.hash:
            raise SlackError("hash_conflict")
        view.replace(body, next(self._numbers))
        return view

    def publish(self, user_id: str, body: Json, expected_hash: str | None = None) -> View:
        view = self._homes.get(user_id)
        if view is None:
            view = self._homes[user_id] = self._new(user_id, body)
            return view
        return self.update(view, body, expected_hash)

    def find(self, *, view_id: str | None, external_id: str | None) -> View:
        """:raises SlackError: `not_found`."""
        for view in self._all():
            if view.id == view_id or (external_id and view.body.get("external_id") == external_id):
                return view
        raise SlackError("not_found")

    def close(self, view: View) -> None:
        stack = self.stack(view.user)
        if view in stack:
            stack.remove(view)

    def clear(self, user_id: str) -> None:
        self.stack(user_id).clear()

    def _new(self, user_id: str, body: Json) -> View:
        app = self._workspace.app
        team = {"team_id": self._workspace.team_id, "app_id": app.id, "bot_id": app.bot_id}
        view = View(self._workspace.new_id("V"), user_id, body, team=team)
        view.replace(body, next(self._numbers))
        return view

    def _all(self) -> Iterator[View]:
        for stack in self._stacks.values():
            yield from stack
        yield from self._homes.values()

    def _refuse_same_external_id(self, body: Json) -> None:
        external_id = body.get("external_id")
        if external_id and any(view.body.get("external_id") == external_id for view in self._all()):
            raise SlackError("duplicate_external_id")
