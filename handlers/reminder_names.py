"""What reminders are called: when they go, and to whom."""

from __future__ import annotations

from handlers.kit.words import N_, Words
from store.reminders import Anchor, Audience, Outcome, Quiet, ReminderRule, Subject, Unit

AUDIENCE_NAMES = {
    Audience.GROUPS: N_("the channels of its groups"),
    Audience.GOING: N_("those who come"),
    Audience.MAYBE: N_("those who may come"),
    Audience.UNANSWERED: N_("those invited who have not answered"),
    Audience.ASKED: N_("those who asked to be reminded"),
}
AUDIENCES = {
    Subject.EVENT: (Audience.GROUPS, Audience.GOING, Audience.MAYBE, Audience.UNANSWERED),
    Subject.ROUND: (Audience.GROUPS, Audience.ASKED),
}
ANCHOR_NAMES = {
    Anchor.START: N_("an event starts"),
    Anchor.REPLY_BY: N_("the last day for answers to an event"),
    Anchor.OPENS: N_("a round opens"),
    Anchor.HALF: N_("half of a round's time is over"),
    Anchor.CLOSES: N_("a round closes"),
}
QUIET_NAMES = {
    Quiet.BEFORE: N_("Send it before they begin"),
    Quiet.AFTER: N_("Send it when they end, if it still helps"),
    Quiet.SKIP: N_("Leave it out"),
}
OUTCOME_NAMES = {
    Outcome.SENT: N_("Sent"),
    Outcome.LATE: N_("Sent late"),
    Outcome.SKIPPED: N_("Skipped"),
    Outcome.MERGED: N_("Went with another"),
    Outcome.CANCELLED: N_("Cancelled"),
}
# Why a reminder was late or skipped, by what its run says.
REASONS = {
    "away": N_("I was away when it was due."),
    "held": N_("All announcements were on hold when it was due."),
    "paused": N_("It was paused when it was due."),
}


def title(words: Words, rule: ReminderRule) -> str:
    """“14 days before an event starts, to the channels of its groups”"""
    to = words.listed([words._(AUDIENCE_NAMES[Audience(one)]) for one in rule.audiences])
    return words._("%(when)s, to %(audience)s") % {"when": when(words, rule), "audience": to}


def when(words: Words, rule: ReminderRule) -> str:
    """“14 days before an event starts”"""
    _ = words._
    count = {"count": words.number(abs(rule.amount)), "what": _(ANCHOR_NAMES[Anchor(rule.anchor)])}
    days, number = rule.unit == Unit.DAYS, abs(rule.amount)
    if not rule.amount:
        return _("When %(what)s") % count
    if rule.amount > 0 and days:
        said = words.ngettext("%(count)s day before %(what)s", "%(count)s days before %(what)s", number)
    elif rule.amount > 0:
        said = words.ngettext("%(count)s hour before %(what)s", "%(count)s hours before %(what)s", number)
    elif days:
        said = words.ngettext("%(count)s day after %(what)s", "%(count)s days after %(what)s", number)
    else:
        said = words.ngettext("%(count)s hour after %(what)s", "%(count)s hours after %(what)s", number)
    return said % count
