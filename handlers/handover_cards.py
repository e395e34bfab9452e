"""Cards of hand-overs: for those who answer, and for the one who waits."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import people
from handlers.faq_actions import ShowEntry
from handlers.handover_actions import (
    AnswerHandover,
    ClaimHandover,
    ReleaseHandover,
    TeachExample,
    WithdrawHandover,
    WriteEntry,
)
from handlers.kit.messages import Button, Confirm, Fact, Item, Message, Style
from handlers.kit.words import Words
from store.faq import FaqEntry
from store.handovers import Handover, HandoverState
from store.members import Member

PAGE = "/admin/questions"


def key_of(handover: Handover) -> str:
    """The outbox key of the card that answerers see."""
    return f"handover:{handover.id}"


def waiting_key(handover: Handover) -> str:
    """The outbox key of the card that its asker sees while they wait."""
    return f"handover:{handover.id}:waiting"


def queue_card(
    words: Words, handover: Handover, asker: Member | None, answerer: Member | None,
    closest: Sequence[FaqEntry],
) -> Message:  # fmt: skip
    """For the team: the question, by when, who has it, and what can be done."""
    _ = words._
    name = people.name_of(asker, words) if asker else _("Somebody")
    has_it = people.name_of(answerer, words) if answerer else _("Somebody")
    match handover.state:
        case HandoverState.WAITING:
            text = _("%(name)s would like an answer from a person. Who takes it?") % {"name": name}
        case HandoverState.CLAIMED:
            text = _("%(answerer)s answers this question of %(name)s.") % {"answerer": has_it, "name": name}
        case HandoverState.ANSWERED:
            text = _("%(answerer)s has answered this question of %(name)s.") % {
                "answerer": has_it,
                "name": name,
            }
        case _:
            text = _("%(name)s has taken this question back. There is nothing to do.") % {"name": name}
    if not handover.is_open:
        return Message(heading=_("A question for the team"), text=text, quote=handover.text)
    near = tuple(Button.to(entry.title, ShowEntry(slug=entry.slug)) for entry in closest)
    return Message(
        heading=_("A question for the team"),
        text=text,
        quote=handover.text,
        facts=(Fact(label=_("Answer promised by"), value=words.day(handover.due_at)),),
        items=(Item(title=_("The closest answers"), buttons=near),) if near else (),
        buttons=queue_buttons(words, handover),
    )


def queue_buttons(words: Words, handover: Handover) -> tuple[Button, ...]:
    _ = words._
    answer = AnswerHandover(handover_id=handover.id)
    if handover.state == HandoverState.WAITING:
        take = ClaimHandover(handover_id=handover.id)
        return (Button.to(_("I take it"), take, style=Style.PRIMARY), Button.to(_("Answer"), answer))
    return (
        Button.to(_("Answer"), answer, style=Style.PRIMARY),
        Button.to(_("Give it back"), ReleaseHandover(handover_id=handover.id)),
    )


def waiting_card(words: Words, handover: Handover) -> Message:
    """For the asker: what happens now."""
    _ = words._
    return Message(
        text=_("Your question is with the network's team. You hear from me by %(day)s.")
        % {"day": words.day(handover.due_at)},
        quote=handover.text,
        buttons=(
            Button.to(
                _("Take my question back"),
                WithdrawHandover(handover_id=handover.id),
                confirm=Confirm(
                    title=_("Take your question back?"),
                    text=_("The team is told that there is nothing to answer any more."),
                    yes=_("Take it back"),
                    no=_("Keep it"),
                ),
            ),
        ),
    )


def settled_card(words: Words, handover: Handover) -> Message:
    """For the asker, in the place of the card above: it is over, so there is nothing to take back."""
    _ = words._
    if handover.state == HandoverState.ANSWERED:
        text = _(
            "The team has answered this question. I have brought you the answer in a message of its own."
        )
    else:
        text = _("You have taken this question back, and the team knows. You can ask it again at any time.")
    return Message(text=text, quote=handover.text)


def answered_card(words: Words, handover: Handover, answerer: Member) -> Message:
    """For the asker: the answer."""
    _ = words._
    return Message(
        heading=_("The team has answered your question"),
        text=handover.answer,
        quote=handover.text,
        small_print=(
            _("Answered by %(name)s on %(day)s.")
            % {
                "name": people.name_of(answerer, words),
                "day": words.day(handover.closed_at or handover.asked_at),
            },
        ),
    )


def late_card(words: Words, handover: Handover, mail: str) -> Message:
    """For the asker: it takes longer than promised."""
    _ = words._
    return Message(
        text=_("I promised you an answer by %(day)s, and the team has not got to it yet. I am sorry.")
        % {"day": words.day(handover.due_at)}
        + " "
        + _("I have reminded them. If it is urgent, write to %(mail)s.") % {"mail": mail},
        quote=handover.text,
    )


def nudge_card(words: Words, handover: Handover) -> Message:
    """For the team: this one is late."""
    _ = words._
    return Message(
        text=_(
            "This question should have been answered by %(day)s. The person who asked knows that it is late."
        )
        % {"day": words.day(handover.due_at)},
        quote=handover.text,
        buttons=queue_buttons(words, handover),
    )


def learning_card(words: Words, handover: Handover, closest: Sequence[FaqEntry]) -> Message:
    """For whoever answered: should the bot know it from now on?"""
    _ = words._
    return Message(
        text=_("Your answer is on its way. Should I know it from now on?"),
        quote=handover.text,
        items=(
            Item(
                title=_("Add the question to an answer that fits"),
                buttons=tuple(
                    Button.to(entry.title, TeachExample(handover_id=handover.id, slug=entry.slug))
                    for entry in closest
                ),
            ),
        )
        if closest
        else (),
        buttons=(Button.to(_("Make a new answer of it"), WriteEntry(handover_id=handover.id)),),
        small_print=(
            _(
                "You see it, and what its check finds, before it is published. Take out names and anything "
                "that is private."
            ),
        ),
    )
