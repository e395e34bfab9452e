"""Hand-overs for the one who asks: to whom a question goes, by when it is answered, and taking it back."""

from __future__ import annotations

from handlers import faq_conversation, faq_reading
from handlers.faq_knowledge import Knowledge
from handlers.handover_actions import TalkToPerson, WithdrawHandover
from handlers.handover_cards import key_of, queue_card, settled_card, waiting_card, waiting_key
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import Form, Step, TextField, YesNoField
from handlers.kit.messages import Button, Message
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import EVERYONE, Router, Submitted
from handlers.kit.updates import Place, PlaceKind
from handlers.kit.words import LONDON
from store import asked_questions, choices, faq, handovers, members, roles
from store.asked_questions import Came
from store.handovers import Handover, HandoverState

FORM = "handovers.ask"
CLOSEST = 3


def build_router(knowledge: Knowledge) -> Router:
    """The asker's side, around the same knowledge that could not answer."""
    router = Router("handovers")

    @router.action(TalkToPerson, access=EVERYONE)
    async def talk(context: Context, action: TalkToPerson) -> Reply:
        """The form with the consent; for a visitor, and with nobody on duty, the mail address."""
        _ = context._
        if not await roles.administrators(context.session):
            return _nobody_here(context)
        if context.member is None:
            text = _("Write to %(mail)s, or sign in: then I pass your question on and bring you the answer.")
            said = text % {"mail": context.network.general_mail}
            return _by_mail(context, said, Button(label=_("Sign in"), path="/sign-in"))
        question = await faq_conversation.own_question(context, action.question_id)
        if question is None:
            return Open(FORM)
        held = await handovers.of_question(context.session, question.id)
        if held is not None:
            return _waiting(context, held)
        return Open(FORM, initial={"question": question.text}, subject=str(question.id))

    async def build_form(context: Context, subject: str) -> Form:
        _ = context._
        periods = context.surroundings.questions
        due_at = handovers.due_after(context.now, periods.answered_within_days, LONDON)
        return Form(
            name=FORM,
            title=_("Ask a person"),
            submit=_("Send my question"),
            steps=(
                Step(
                    title=_("Your question"),
                    help=_(
                        "Your question and your name go to the network's administrators. One of them answers "
                        "by %(day)s, and I bring you the answer. Until then you can take your question back."
                    )
                    % {"day": context.words.day(due_at)},
                    fields=(
                        TextField(
                            name="question", label=_("What would you like to know?"), long=True, min_length=3,
                            max_length=faq_reading.LONGEST_KEPT,
                        ),
                        YesNoField(
                            name="consent", label=_("Show them my question and my name"), must_accept=True
                        ),
                    ),
                ),
            ),
        )  # fmt: skip

    @router.form(FORM, build_form)
    async def hand_over(context: Context, sent: Submitted) -> Result:
        text = faq_reading.kept(sent.answers.text("question"))
        team = await roles.administrators(context.session)
        if not team:
            # The last one left while the form was open.
            return _nobody_here(context, quote=text)
        question = await faq_conversation.own_question(context, int(sent.subject or 0))
        if question is not None:
            held = await handovers.of_question(context.session, question.id)
            if held is not None:
                return _waiting(context, held)
            question.outcome = Came.HANDED_OVER
        else:
            question = await asked_questions.add(
                context.session,
                text,
                locale=context.words.locale,
                member_id=context.person.id,
                surface=context.update.platform,
                conversation="",
                outcome=Came.HANDED_OVER,
                entry=None,
                probability=0.0,
                now=context.now,
            )
        near = await knowledge.closest(context.session, text, limit=CLOSEST)
        handover = await handovers.add(
            context.session,
            question_id=question.id,
            member_id=context.person.id,
            text=text,
            closest=[entry.slug for entry in near],
            now=context.now,
            due_at=handovers.due_after(
                context.now, context.surroundings.questions.answered_within_days, LONDON
            ),
        )
        asker = context.person
        key = key_of(handover)
        place = await queue_place(context)
        if place is not None:
            english = context.surroundings.catalogues.english
            await context.send(place, queue_card(english, handover, asker, None, near), key=key)
        else:
            for administrator in team:
                await context.send(
                    administrator, lambda words: queue_card(words, handover, asker, None, near), key=key
                )
        return _waiting(context, handover)

    @router.action(WithdrawHandover)
    async def withdraw(context: Context, action: WithdrawHandover) -> Reply:
        handover = await found(context, action.handover_id)
        if handover.member_id != context.person.id:
            raise UserError(context._("Only the person who asked can take a question back."))
        if not handover.close(HandoverState.WITHDRAWN, context.now):
            return settled_card(context.words, handover)
        await show_anew(context, handover)
        return Message(
            text=context._("I have taken your question back and told the team."), quote=handover.text
        )

    return router


async def queue_place(context: Context) -> Place | None:
    """The channel that administrators chose for such questions, if any."""
    chosen = await choices.get(context.session, choices.HANDOVER_CHANNEL)
    platform, _colon, external_id = (chosen or "").partition(":")
    return Place(platform, PlaceKind.CHANNEL, external_id) if external_id else None


async def found(context: Context, handover_id: int) -> Handover:
    """:raises UserError: there is no such question."""
    handover = await handovers.by_id(context.session, handover_id)
    if handover is None:
        raise UserError(context._("That question is no longer there. Nothing was changed."))
    return handover


async def show_anew(context: Context, handover: Handover) -> None:
    """Every copy of the team's card as things stand now, and of the asker's once it is over."""
    asker = await members.by_id(context.session, handover.member_id or 0)
    answerer = await members.by_id(context.session, handover.claimed_by_id or 0)
    near = await faq.titled(context.session, handover.closest)
    await context.session.flush()
    await context.edit(key_of(handover), lambda words: queue_card(words, handover, asker, answerer, near))
    if not handover.is_open:
        await context.edit(waiting_key(handover), lambda words: settled_card(words, handover))


def _waiting(context: Context, handover: Handover) -> Message:
    """The asker's card; every copy of it loses its button once the question is settled."""
    context.reply_key = waiting_key(handover)
    return waiting_card(context.words, handover)


def _nobody_here(context: Context, *, quote: str = "") -> Message:
    text = context._("Write to %(mail)s: a person reads it there.")
    return _by_mail(context, text % {"mail": context.network.general_mail}, quote=quote)


def _by_mail(context: Context, text: str, *others: Button, quote: str = "") -> Message:
    write = Button(label=context._("Write to the team"), url=f"mailto:{context.network.general_mail}")
    return Message(text=text, quote=quote, buttons=(write, *others))
