"""What the buttons of reminders say on the wire."""

from __future__ import annotations

from handlers.kit.messages import Action


class ListReminders(Action, name="reminders.list"):
    """Every kind of reminder, with its words."""


class EditReminder(Action, name="reminders.edit"):
    rule_id: int


class TestReminder(Action, name="reminders.test"):
    """Send one reminder to oneself: of one event or round, or of whatever comes next."""

    __test__ = False

    rule_id: int
    subject_id: int = 0


class PauseReminder(Action, name="reminders.pause"):
    """Keep back one reminder of one event or round, until it is resumed."""

    rule_id: int
    subject_id: int


class ResumeReminder(Action, name="reminders.resume"):
    """Let one that was paused or cancelled go out as planned."""

    rule_id: int
    subject_id: int


class CancelReminder(Action, name="reminders.cancel"):
    rule_id: int
    subject_id: int


class SendReminderNow(Action, name="reminders.send_now"):
    rule_id: int
    subject_id: int


class RewordReminder(Action, name="reminders.reword"):
    """Change the words of one reminder of one event or round."""

    rule_id: int
    subject_id: int


class HoldAnnouncements(Action, name="announcements.hold"):
    """Hold everything that nobody asked for, until a time that the form asks for."""


class LiftHold(Action, name="announcements.lift"):
    """End the hold now."""
