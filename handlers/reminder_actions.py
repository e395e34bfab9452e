"""What the buttons of reminders say on the wire."""

from __future__ import annotations

from handlers.kit.messages import Action


class EditReminder(Action, name="reminders.edit"):
    rule_id: int


class TestReminder(Action, name="reminders.test"):
    """Send one reminder to oneself, of whatever comes next."""

    __test__ = False

    rule_id: int
