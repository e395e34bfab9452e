"""Questions: answered from the knowledge base in its administrators' words, or honestly not."""

from __future__ import annotations

from handlers import faq_cards, faq_conversation
from handlers.faq_actions import NotThis, SayHelpful, ShowEntry
from handlers.faq_knowledge import Knowledge
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.messages import Message
from handlers.kit.replies import Reply
from handlers.kit.router import EVERYONE, Router
from handlers.kit.updates import Command, Text
from handlers.kit.words import N_
from store import asked_questions
from store.asked_questions import Came

CHOICES = 3


def build_router(knowledge: Knowledge) -> Router:
    """The feature's router, around one index of the knowledge base."""
    router = Router("faq")

    @router.command(
        "ask",
        summary=N_("Ask about membership, benefits or funding"),
        usage=N_("[question]"),
        access=EVERYONE,
    )
    async def ask(context: Context, command: Command) -> Reply:
        return await faq_conversation.answer(context, knowledge, command.text)

    @router.text(access=EVERYONE)
    async def asked(context: Context, text: Text) -> Reply:
        return await faq_conversation.answer(context, knowledge, text.text)

    @router.action(ShowEntry, access=EVERYONE)
    async def show(context: Context, action: ShowEntry) -> Reply:
        if action.locale:
            context.speak(action.locale)
        question = await faq_conversation.own_question(context, action.question_id)
        entry = await knowledge.entry(context.session, action.slug)
        if entry is None:
            return Message(text=context._("That answer is no longer there. Ask your question again."))
        if question is not None and question.entry != entry.slug:
            question.entry, question.helpful = entry.slug, None
        related = await knowledge.related(context.session, entry)
        return await faq_cards.answer_card(context, entry, asked=question, related=related)

    @router.action(NotThis, access=EVERYONE)
    async def not_this(context: Context, action: NotThis) -> Reply:
        """The next likely entries after the one that was shown."""
        question = await faq_conversation.own_question(context, action.question_id)
        if question is None or not question.text:
            raise UserError(context._("Only the person who asked can do that. Ask me your own question."))
        context.speak(question.locale)
        near = await knowledge.closest(context.session, question.text, limit=CHOICES + 1)
        others = [entry for entry in near if entry.slug != question.entry][:CHOICES]
        question.outcome = Came.OFFERED if others else Came.UNKNOWN
        question.helpful = False
        if not others:
            return faq_cards.unknown_card(context, question.text, asked=question)
        text = context._("Sorry about that. Perhaps one of these is nearer to what you asked:")
        return faq_cards.choice_card(context, question.text, others, asked=question, text=text)

    @router.action(SayHelpful, access=EVERYONE)
    async def say_helpful(context: Context, action: SayHelpful) -> Reply:
        """One voice a person and answer; saying it again replaces it."""
        question = await faq_conversation.own_question(context, action.question_id)
        if question is not None:
            question.helpful = action.helpful
        elif await faq_conversation.overheard(context, action.question_id):
            await asked_questions.vote(
                context.session, action.question_id, context.person.id, helpful=action.helpful
            )
        else:
            raise UserError(context._("Only the person who asked can do that. Ask me your own question."))
        return faq_cards.thanks_for_saying(context, action.helpful, question)

    return router
