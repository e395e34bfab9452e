"""The conversation: small talk, one question or several, and a question that goes on from the one before."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from handlers import faq_cards, faq_reading, faq_slots
from handlers.faq_engine.language import WELSH, language_of
from handlers.faq_knowledge import Decision, DecisionKind, Knowledge
from handlers.faq_reading import SmallTalk
from handlers.kit.context import Context
from handlers.kit.messages import Message
from handlers.kit.updates import Place
from store import asked_questions
from store.asked_questions import AskedQuestion, Came

# Of more questions in a message than these, the first are answered.
QUESTIONS_AT_ONCE = 3
# Who goes on after longer than this begins anew.
FOLLOWED_WITHIN = timedelta(minutes=15)
# The second half leans on the first: these are one question.
_LEANING = re.compile(r"\b(?:it|its|they|them|their|this|that|these|those|one|ones|he|she)\b", re.IGNORECASE)

_SURER = {DecisionKind.ABSTAIN: 0, DecisionKind.SUGGEST: 1, DecisionKind.ANSWER: 2}
_CAME = {
    DecisionKind.ANSWER: Came.ANSWERED,
    DecisionKind.SUGGEST: Came.OFFERED,
    DecisionKind.ABSTAIN: Came.UNKNOWN,
}


async def answer(context: Context, knowledge: Knowledge, said: str) -> Message:
    """What to say to what somebody said; its questions are noted. In a channel it is said in the thread, but
    what speaks of the asker goes to them alone, and the thread hears that it did."""
    if faq_reading.wordless(said):
        return _said_back(context, faq_cards.how_to_ask(context))
    if pleasantry := faq_reading.small_talk(said):
        return _said_back(context, _pleasantry(context, said, pleasantry))
    parts = faq_reading.questions_in(said)
    several = await _several(context, knowledge, said, parts)
    if len(several) > 1:
        reply = await _answer_each(context, several, left=len(parts) > len(several))
    else:
        question, decision = several[0]
        asked = await note(context, question, decision)
        related = await knowledge.related(context.session, decision.entry) if decision.entry else []
        reply = await faq_cards.reply_to(context, question, decision, asked=asked, related=related)
    entries = [decision.entry for _question, decision in several if decision.entry is not None]
    if context.update.aloud and context.member and any(map(faq_slots.speaks_of_reader, entries)):
        told = context._("That answer is about you, so I have sent it to you alone, in a direct message.")
        await context.send(context.update.place, Message(text=told))
        return reply
    return _said_back(context, reply)


async def own_question(context: Context, question_id: int) -> AskedQuestion | None:
    """A question, if it is the sender's own."""
    found = await asked_questions.by_id(context.session, question_id)
    if found is None:
        return None
    if context.member is not None and found.member_id == context.member.id:
        return found
    visiting = context.member is None and found.member_id is None
    return found if visiting and found.conversation == _conversation(context) else None


async def overheard(context: Context, question_id: int) -> bool:
    """Whether it was asked aloud in the thread that the sender is in."""
    found = await asked_questions.by_id(context.session, question_id)
    return (
        found is not None and bool(found.conversation) and found.conversation == _thread(context.update.place)
    )


async def followed(session: AsyncSession, place: Place, said: str, now: datetime) -> AskedQuestion | None:
    """The question in a thread from which something said there goes on; None where it does not."""
    return await _before(session, _thread(place), said, now)


async def note(context: Context, question: str, decision: Decision) -> AskedQuestion:
    """Keep a question and what came of it; from here on its language is spoken."""
    if language_of(question) == WELSH:
        context.speak(WELSH)
    return await asked_questions.add(
        context.session,
        faq_reading.kept(question),
        locale=context.words.locale,
        member_id=context.member.id if context.member else None,
        surface=context.update.platform,
        conversation=_conversation(context),
        outcome=_CAME[decision.kind],
        entry=decision.entry.slug if decision.entry else None,
        probability=decision.confidence,
        now=context.now,
    )


async def _several(
    context: Context, knowledge: Knowledge, said: str, parts: list[str]
) -> list[tuple[str, Decision]]:
    """The questions that are answered of what was said, each with what to do."""
    if len(parts) > 1:
        first = parts[:QUESTIONS_AT_ONCE]
        return [(part, await knowledge.decide(context.session, part)) for part in first]
    halves = faq_reading.halves_of(said)
    if halves and not _LEANING.search(halves[1]):
        decided = [(half, await knowledge.decide(context.session, half)) for half in halves]
        slugs = {decision.entry.slug for _half, decision in decided if decision.entry is not None}
        if len(slugs) == len(halves):
            return decided
    return [await _decide(context, knowledge, said)]


async def _decide(context: Context, knowledge: Knowledge, said: str) -> tuple[str, Decision]:
    """What to do with one question, read together with the one before where it goes on from it."""
    alone = await knowledge.decide(context.session, said)
    earlier = await _before(context.session, _conversation(context), said, context.now)
    if earlier is not None and earlier.member_id == (context.member.id if context.member else None):
        together = f"{earlier.text} {said}"
        decision = await knowledge.decide(context.session, together)
        if _goes_on(decision, alone, earlier.entry):
            return together, decision
    return said, alone


async def _before(session: AsyncSession, conversation: str, said: str, now: datetime) -> AskedQuestion | None:
    """The last question of a conversation, where what is said goes on from it."""
    if not faq_reading.follows(said):
        return None
    return await asked_questions.before(session, conversation, now - FOLLOWED_WITHIN)


def _goes_on(together: Decision, alone: Decision, answered: str | None) -> bool:
    """Whether a question is understood better with the one before, to which ``answered`` was the answer.
    “And for affiliates?” is; “and what is a Policy Lab?” says all by itself."""
    if together.kind is DecisionKind.ABSTAIN:
        return False
    if together.entry is not None and alone.entry is not None:
        return together.entry.slug != answered
    return (_SURER[together.kind], together.confidence) >= (_SURER[alone.kind], alone.confidence)


async def _answer_each(context: Context, several: list[tuple[str, Decision]], *, left: bool) -> Message:
    """An answer to each; ``left`` where there were more questions than these."""
    items = []
    for question, decision in several:
        asked = await note(context, question, decision)
        items.append(await faq_cards.part_of(context, question, decision, asked=asked))
    if left:
        return Message(
            text=context._(
                "I answer three questions at a time, so here are the first three. Ask me the others again."
            ),
            items=tuple(items),
        )
    text = context.words.ngettext(
        "I read %(count)s question in that. Here is each in turn.",
        "I read %(count)s questions in that. Here is each in turn.",
        len(items),
    )
    return Message(text=text % {"count": len(items)}, items=tuple(items))


def _said_back(context: Context, reply: Message) -> Message:
    return reply.in_thread() if context.update.aloud else reply


def _pleasantry(context: Context, said: str, kind: SmallTalk) -> Message:
    if language_of(said) == WELSH:
        context.speak(WELSH)
    _ = context._
    match kind:
        case SmallTalk.GREETING:
            text = _("Hello. Ask me about the network in your own words.")
        case SmallTalk.THANKS:
            text = _("You are welcome.")
        case SmallTalk.FAREWELL:
            text = _("Goodbye, and until next time.")
        case SmallTalk.YES_OR_NO:
            text = _("All right. Press the button that fits, or ask me something else in your own words.")
    return Message(text=text)


def _conversation(context: Context) -> str:
    """Where the sender talks with the bot, as a digest that names nobody."""
    if context.update.aloud:
        return _thread(context.update.place)
    place, sender = context.update.place, context.update.sender
    return _digest(place.platform, place.kind, place.id, place.thread or "", sender.external_id)


def _thread(place: Place) -> str:
    return _digest(place.platform, place.kind, place.id, place.thread or "")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
