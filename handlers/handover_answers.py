"""Hand-overs for those who answer: taking a question, answering it, and teaching the bot what was said."""

from __future__ import annotations

from handlers import faq_form, people
from handlers.faq_changes import proposed
from handlers.group_cards import ADMINISTRATORS
from handlers.handover_actions import AnswerHandover, ClaimHandover, ReleaseHandover, TeachExample, WriteEntry
from handlers.handover_cards import answered_card, learning_card
from handlers.handovers import found, show_anew
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import LONGEST_TEXT, Form, Step, TextField
from handlers.kit.messages import Message
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, Submitted
from store import faq, faq_changes, members, roles
from store.handovers import Handover, HandoverState

ANSWER_FORM = "handovers.answer"

router = Router("handover_answers")


@router.action(ClaimHandover, access=ADMINISTRATORS)
async def claim(context: Context, action: ClaimHandover) -> Reply:
    handover = await found(context, action.handover_id)
    await _take(context, handover)
    text = context._("You have taken this question. Its answer is promised by %(day)s.")
    return Message(text=text % {"day": context.words.day(handover.due_at)}, quote=handover.text)


@router.action(ReleaseHandover, access=ADMINISTRATORS)
async def release(context: Context, action: ReleaseHandover) -> Reply:
    handover = await found(context, action.handover_id)
    if not handover.release(context.person.id):
        raise UserError(context._("This question is not yours to give back. Nothing was changed."))
    await context.audit("handover.release", "handover", handover.id)
    await show_anew(context, handover)
    text = context._("You have given this question back. Anybody in the team can take it now.")
    return Message(text=text, quote=handover.text)


@router.action(AnswerHandover, access=ADMINISTRATORS)
async def begin_answer(context: Context, action: AnswerHandover) -> Reply:
    handover = await found(context, action.handover_id)
    await _take(context, handover)
    return Open(ANSWER_FORM, subject=str(handover.id))


async def build_answer(context: Context, subject: str) -> Form:
    _ = context._
    handover = await found(context, _number(subject))
    return Form(
        name=ANSWER_FORM,
        title=_("Answer a question"),
        submit=_("Send the answer"),
        steps=(
            Step(
                title=_("Your answer"),
                help=_("They asked: %(question)s") % {"question": handover.text},
                fields=(
                    TextField(
                        name="answer", label=_("Answer"), long=True, max_length=LONGEST_TEXT,
                        help=_("It goes to the person who asked, with your name."),
                    ),
                ),
            ),
        ),
    )  # fmt: skip


@router.form(ANSWER_FORM, build_answer, access=ADMINISTRATORS)
async def send_answer(context: Context, sent: Submitted) -> Result:
    handover = await found(context, _number(sent.subject))
    await _take(context, handover)
    handover.close(HandoverState.ANSWERED, context.now, answer=sent.answers.text("answer"))
    asker = await members.by_id(context.session, handover.member_id or 0)
    answerer = context.person
    if asker is not None:
        await context.send(
            asker,
            lambda words: answered_card(words, handover, answerer),
            key=f"handover:{handover.id}:answered",
        )
    await context.audit("handover.answer", "handover", handover.id)
    await show_anew(context, handover)
    return learning_card(context.words, handover, await faq.titled(context.session, handover.closest))


@router.action(TeachExample, access=ADMINISTRATORS)
async def teach(context: Context, action: TeachExample) -> Reply:
    """A change like any other: with its preview and its check, and nothing is published yet."""
    _ = context._
    handover = await _answered(context, action.handover_id)
    entry = await faq.by_slug(context.session, action.slug)
    if entry is None or entry.archived_at is not None:
        raise UserError(_("That answer is no longer there. Nothing was changed."))
    content = faq_changes.content_of(entry)
    example = handover.text[: faq_form.LONGEST_EXAMPLE]
    if example.lower() in (one.lower() for one in content["examples"]):
        return Message(text=_("I know that question already. Nothing was changed."))
    if await faq_changes.is_changing(context.session, entry.slug, context.person.id):
        raise UserError(
            _(
                "You have a change to this answer that is not published yet. Publish it, or throw it away, "
                "then press this again."
            )
        )
    content["examples"].append(example)
    return await proposed(context, entry.slug, content)


@router.action(WriteEntry, access=ADMINISTRATORS)
async def begin_entry(context: Context, action: WriteEntry) -> Reply:
    """The form of a new answer, filled from what was asked and answered; nothing is published by it."""
    handover = await _answered(context, action.handover_id)
    initial = faq_form.begun(context, [handover.text]) | {
        "answer": handover.answer[: faq_form.LONGEST_ANSWER]
    }
    return Open(faq_form.FORM, initial=initial)


async def _take(context: Context, handover: Handover) -> None:
    """The first one has it, until the promised day is past or they are no longer on the team: then whoever
    comes next takes it over.

    :raises UserError: it is settled, or somebody else has it.
    """
    _ = context._
    if not handover.is_open:
        raise UserError(_("That question is settled already. Nothing was changed."))
    before = handover.claimed_by_id
    if not handover.claim(context.person.id):
        team = await roles.administrators(context.session)
        holder = next((one for one in team if one.id == before), None)
        if holder is not None and not handover.is_late(context.now):
            raise UserError(
                _("%(name)s has taken that question already. Nothing was changed.")
                % {"name": people.name_of(holder, context.words)}
            )
        handover.take_over(context.person.id)
    if before != context.person.id:
        await context.audit("handover.claim", "handover", handover.id)
        await show_anew(context, handover)


async def _answered(context: Context, handover_id: int) -> Handover:
    """:raises UserError: it has not been answered, or its words are gone."""
    handover = await found(context, handover_id)
    if handover.state != HandoverState.ANSWERED or not handover.text:
        raise UserError(context._("That question is no longer there. Nothing was changed."))
    return handover


def _number(subject: str) -> int:
    return int(subject) if subject.isdecimal() and len(subject) < 10 else 0
