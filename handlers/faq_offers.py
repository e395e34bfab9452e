"""Offered answers: in the channels of groups that want it, the bot answers clear questions that nobody put
to it; and who asked, or looks after the group, takes such an answer away where it does not help."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from handlers import faq_cards, faq_conversation, faq_reading, faq_slots
from handlers.faq_actions import NotThis, SayHelpful, TakeAwayAnswer
from handlers.faq_engine.language import language_of
from handlers.faq_knowledge import Decision, DecisionKind, Knowledge
from handlers.group_actions import OfferAnswers, StopOffering
from handlers.group_cards import ADMINISTRATORS, group_card, managed
from handlers.handover_actions import TalkToPerson
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.messages import Button, Item, Message
from handlers.kit.replies import Reply
from handlers.kit.router import Router
from handlers.kit.updates import Overheard, Place, PlaceKind
from store import asked_questions, group_channels, groups, outbox
from store.asked_questions import AskedQuestion
from store.faq import FaqEntry
from store.groups import GroupState

# Later than this people have begun to answer themselves.
OFFERED_WITHIN = timedelta(minutes=2)


def build_router(knowledge: Knowledge) -> Router:
    """The feature's router, around one index of the knowledge base."""
    router = Router("faq_offers")

    async def wants(session: AsyncSession, place: Place, said: Overheard, now: datetime) -> bool:
        if now - said.said_at > OFFERED_WITHIN:
            return False
        return await _clear(session, knowledge, place, said, now) is not None

    @router.overheard(wants)
    async def offer(context: Context, said: Overheard) -> Reply:
        found = await _clear(context.session, knowledge, context.update.place, said, context.now)
        if found is None:
            return None
        question, decision, entry = found
        context.speak(language_of(said.text))
        asked = await faq_conversation.note(context, question, decision)
        answer = await faq_cards.answer_card(context, entry, asked=asked)
        await context.send(
            context.update.place,
            offered_card(context, answer, asked),
            key=key_of(asked.id),
            expires_at=said.said_at + OFFERED_WITHIN,
        )
        return None

    @router.action(TakeAwayAnswer)
    async def take_away(context: Context, action: TakeAwayAnswer) -> Reply:
        _ = context._
        question = await asked_questions.by_id(context.session, action.question_id)
        place = await _offered_at(context, action.question_id)
        if question is None or place is None:
            return Message(text=_("That answer has been taken away already."))
        own = question.member_id == context.person.id
        if not own and not await _looks_after(context, place):
            raise UserError(
                _("Only the person who asked, the leads of this group and administrators can take it away.")
            )
        if own:
            question.helpful = False
        else:
            await asked_questions.vote(context.session, question.id, context.person.id, helpful=False)
            await context.audit("faq.take_away", "question", question.id)
        await context.take_away(key_of(question.id))
        text = _("I have taken my answer away. Thank you: it helps to make the answers better.")
        if not own:
            return Message(text=text)
        return Message(
            text=text,
            buttons=(
                Button.to(_("See other answers"), NotThis(question_id=question.id)),
                Button.to(_("Talk to a person"), TalkToPerson(question_id=question.id)),
            ),
        )

    @router.action(OfferAnswers)
    async def offer_answers(context: Context, action: OfferAnswers) -> Reply:
        _ = context._
        group = await managed(context, action.group_id)
        if group.state != GroupState.ACTIVE or group.offers_answers:
            return await group_card(context, group)
        group.offers_answers = True
        await context.audit("group.offer_answers", "group", group.id)
        words = context.surroundings.catalogues.words(group.language)
        told = Message(
            text=words._(
                "From now on I answer clear questions in this channel by myself, in their thread, when I am "
                "sure. I read what is said here for that; what I do not answer I neither keep nor log."
            ),
            small_print=(words._("The leads of this group can switch it off."),),
        )
        for channel in await group_channels.of_group(context.session, group.id):
            await context.send(Place(channel.platform, PlaceKind.CHANNEL, channel.external_id), told)
        return await group_card(
            context, group, note=_("I offer answers in this group's channel now, and have said so there.")
        )

    @router.action(StopOffering)
    async def stop_offering(context: Context, action: StopOffering) -> Reply:
        group = await managed(context, action.group_id)
        if not group.offers_answers:
            return await group_card(context, group)
        group.offers_answers = False
        await context.audit("group.stop_offering", "group", group.id)
        return await group_card(
            context, group, note=context._("In its channel I answer only when mentioned now.")
        )

    return router


def key_of(question_id: int) -> str:
    """The outbox key of the answer to a question that nobody put to the bot."""
    return f"faq_offer:{question_id}"


def offered_card(context: Context, answer: Message, question: AskedQuestion) -> Message:
    """An answer's card, which says that it was not asked for and how to be rid of it."""
    _ = context._
    return answer.model_copy(
        update={
            "items": (
                Item(
                    title=_("Was this helpful?"),
                    buttons=(
                        Button.to(_("Yes"), SayHelpful(question_id=question.id, helpful=True)),
                        Button.to(_("Not helpful: take it away"), TakeAwayAnswer(question_id=question.id)),
                    ),
                ),
            ),
            "small_print": (
                _("I offer this by myself, as this group's leads wanted. To ask me more, mention me."),
                *answer.small_print,
            ),
        }
    )


def fit_to_offer(decision: Decision) -> bool:
    """Whether an answer is sure, and says nothing of the person who would not even have asked the bot."""
    if decision.kind is not DecisionKind.ANSWER or decision.entry is None or not decision.sure:
        return False
    return not faq_slots.speaks_of_reader(decision.entry)


async def _clear(
    session: AsyncSession, knowledge: Knowledge, place: Place, said: Overheard, now: datetime
) -> tuple[str, Decision, FaqEntry] | None:
    """What is asked of everybody, and its sure answer: a clear question at the top of a channel or, in a
    thread, one that goes on from what was asked there and leads to another answer. Most of what is said is
    neither, which costs no query, and most channels want nothing."""
    questions, given = [said.text], None
    if said.in_thread:
        earlier = await faq_conversation.followed(session, place, said.text, now)
        if earlier is None:
            return None
        questions, given = [said.text, f"{earlier.text} {said.text}"], earlier.entry
    elif not faq_reading.asks_one_thing(said.text):
        return None
    if await group_channels.offering(session, place.platform, place.id) is None:
        return None
    for question in questions:
        decision = await knowledge.decide(session, question)
        if decision.entry is not None and decision.entry.slug != given and fit_to_offer(decision):
            return question, decision, decision.entry
    return None


async def _offered_at(context: Context, question_id: int) -> Place | None:
    """Where the answer to a question stands; None where none was offered, or it is gone."""
    for row in await outbox.copies(context.session, key_of(question_id)):
        if row.place and row.edit != outbox.TAKEN_AWAY and row.status != outbox.Status.WITHDRAWN:
            return Place.from_json(row.place)
    return None


async def _looks_after(context: Context, place: Place) -> bool:
    if ADMINISTRATORS.allows(context.roles):
        return True
    found = await group_channels.by_channel(context.session, place.platform, place.id)
    return found is not None and found[0].id in await groups.leads_of(context.session, context.person.id)
