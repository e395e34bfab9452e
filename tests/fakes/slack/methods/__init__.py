"""The methods of the Web API that the fake knows."""

from __future__ import annotations

from tests.fakes.slack.api import Method
from tests.fakes.slack.methods import chat, conversations, members, people, usergroups, views


def all_methods() -> dict[str, Method]:
    return {
        **people.METHODS,
        **conversations.METHODS,
        **members.METHODS,
        **chat.METHODS,
        **views.METHODS,
        **usergroups.METHODS,
    }
