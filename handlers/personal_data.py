"""Personal data: what is held about somebody, for them to see, to correct and to take with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from handlers import spreadsheets
from handlers.kit.context import Context
from handlers.kit.messages import Button, Fact, Message, Style
from handlers.kit.replies import Reply
from handlers.kit.router import Router, RunCommand
from handlers.kit.updates import Command
from handlers.kit.words import N_, Words
from store import personal_data
from store.personal_data import Row

PAGE = "/my-data"
# The columns of which the first that says something stands for a row, wherever rows are listed.
_TELLING = (
    "name", "title", "text", "message", "content", "body", "role", "office", "platform", "act", "kind",
    "state",
)  # fmt: skip
_COLUMNS = ("part", "number", "field", "value")
# What the tables are called; a table of a later feature goes by its own name until it is named here.
PARTS = {
    "members": N_("You"),
    "identities": N_("Where I know you from"),
    "profiles": N_("Your profile"),
    "role_grants": N_("Your roles"),
    "asked_questions": N_("Your questions"),
    "handovers": N_("Your questions to the team"),
    "appointments": N_("Your appointments"),
    "memberships": N_("Your groups"),
    "group_leads": N_("Groups you lead"),
    "group_suggestions": N_("Groups you suggested"),
    "group_changes": N_("Changes to groups you prepared"),
    "invitations": N_("Your invitations to channels"),
    "user_group_refusals": N_("User groups that do not take you in"),
    "journeys": N_("Your first weeks"),
    "journey_decisions": N_("Messages of your first weeks"),
    "greetings": N_("Hellos to newcomers"),
    "event_replies": N_("Your answers to invitations"),
    "event_attendances": N_("Events you came to"),
    "event_feedback": N_("What you said of events, under your name"),
    "event_feedback_given": N_("Events of which you said how they were"),
    "events": N_("Events you added"),
    "calendar_feeds": N_("The address that your calendar follows"),
    "round_wishes": N_("Funding rounds you want to hear of"),
    "funding_rounds": N_("Funding rounds you added"),
    "answer_votes": N_("Answers you judged"),
    "channel_drifts": N_("Changes in channels that concern you"),
    "channel_tasks": N_("Channels you asked for"),
    "faq_changes": N_("Answers you wrote"),
    "organisation_changes": N_("Changes to organisations you planned"),
    "organisation_moves": N_("Where you go when your organisation is split"),
    "rules_acceptances": N_("Rules of engagement you accepted"),
    "rules_asked": N_("Rules of engagement you were shown"),
    "rules_versions": N_("Rules of engagement you wrote"),
    "case_studies": N_("Your case studies"),
    "case_study_reviews": N_("Your decisions on case studies"),
    "drafts": N_("Your drafts"),
    "conversations": N_("Your conversation on the web pages"),
    "conversation_entries": N_("What was said in it"),
    "outbox": N_("Messages to you"),
    "web_sessions": N_("Where you are signed in"),
    "sign_in_links": N_("Links you were given to sign in"),
    "audit_records": N_("What you did as an administrator"),
    "audit_values": N_("What administrators recorded about you"),
}

router = Router("personal_data")


@router.command("ccin my-data", summary=N_("See, correct and take with you what is held about you"))
async def show_my_data(context: Context, command: Command) -> Reply:
    _ = context._
    held = await personal_data.of_member(context.session, context.person.id, context.surroundings.vault)
    return Message(
        heading=_("What is held about you"),
        text=_("This is how much there is. You can read all of it and download it on the web pages.")
        + " "
        + _("Your name and e-mail address come from where we talk: change them there, and I follow."),
        facts=tuple(
            Fact(label=name_of(part, context.words), value=context.words.number(len(rows)))
            for part, rows in in_order(held)
            if part != "members"
        ),
        buttons=(
            Button(label=_("Read and download it"), path=PAGE, style=Style.PRIMARY),
            Button.to(_("Change my profile"), RunCommand(command="ccin", text="profile")),
            Button.to(_("See my groups"), RunCommand(command="groups", text="mine")),
        ),
        small_print=(whom_to_ask(context.words, context.network.general_mail),),
    )


def in_order(held: Mapping[str, list[Row]]) -> list[tuple[str, list[Row]]]:
    """The parts as ``PARTS`` has them, then the rest."""
    places = list(PARTS)
    return sorted(held.items(), key=lambda one: places.index(one[0]) if one[0] in places else len(places))


def name_of(part: str, words: Words) -> str:
    return words._(PARTS[part]) if part in PARTS else part.replace("_", " ").capitalize()


def summary(row: Row, words: Words) -> str:
    """One line that tells a row from the others: when it was, and its first words."""
    at = next((str(row[name]) for name in row if name.endswith("_at") and row[name]), "")
    said = [words.moment(datetime.fromisoformat(at))] if at else []
    for name in _TELLING:
        value = row.get(name)
        if isinstance(value, dict):
            value = value.get("heading") or value.get("text") or value.get("title")
        if isinstance(value, str) and value:
            said.append(value)
            break
    return " · ".join(said) or words._("Show it")


def whom_to_ask(words: Words, mail: str) -> str:
    text = words._("To correct anything else, or to have what is held about you erased, write to %(mail)s.")
    return text % {"mail": mail}


def as_json(held: Mapping[str, list[Row]], now: datetime) -> bytes:
    return json.dumps({"made_at": now.isoformat(), **held}, indent=2, ensure_ascii=False).encode()


def as_csv(held: Mapping[str, list[Row]]) -> bytes:
    """A line for each field of each row."""
    return spreadsheets.write(
        _COLUMNS,
        (
            {"part": part, "number": str(number), "field": field, "value": shown(value)}
            for part, rows in in_order(held)
            for number, row in enumerate(rows, start=1)
            for field, value in row.items()
        ),
    )


def shown(value: object) -> str:
    """A value as one cell."""
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | bool) else str(value)
