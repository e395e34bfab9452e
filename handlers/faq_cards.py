"""Cards of answers: an answer with its source, a choice of entries, “I do not know”, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from handlers import faq_slots
from handlers.faq_actions import NotThis, SayHelpful, ShowEntry
from handlers.faq_engine.language import WELSH, language_of
from handlers.faq_knowledge import Decision, DecisionKind
from handlers.faq_reading import clean
from handlers.handover_actions import TalkToPerson
from handlers.kit.context import Context
from handlers.kit.messages import Button, Item, Message, Style
from handlers.kit.router import RunCommand
from handlers.kit.words import DEFAULT_LOCALE, N_
from store.asked_questions import AskedQuestion
from store.faq import FaqEntry

LONGEST_ECHO = 200

# What buttons say that lead to a command or a page; an entry may name no others.
COMMAND_LABELS = {
    "ask": N_("Ask a question"),
    "ccin": N_("See what you can do"),
    "ccin help": N_("See what you can do"),
    "ccin web": N_("Open the web pages"),
    "groups": N_("Find groups"),
    "groups mine": N_("See my groups"),
    "groups suggest": N_("Suggest a group"),
    "ccin rules": N_("Read the rules of engagement"),
    "ccin profile": N_("Fill in my profile"),
    "ccin welcome": N_("Open the welcome pack"),
    "ccin leads": N_("See who leads where"),
    "ccin language": N_("Choose my language"),
    "ccin my-data": N_("See what is held about me"),
    "case-study": N_("Submit a case study"),
    "case-study mine": N_("See my case studies"),
    "events": N_("See what is on"),
    "events mine": N_("See my events"),
    "funding": N_("See what is open"),
}
PAGE_LABELS = {
    "/case-studies": N_("Read the case studies"),
    "/events": N_("Open the page of events"),
    "/funding": N_("Open the page of funding rounds"),
}


async def reply_to(
    context: Context, question: str, decision: Decision, *, asked: AskedQuestion | None = None,
    related: Sequence[FaqEntry] = (),
) -> Message:  # fmt: skip
    """The answer to a question, a choice of up to three, or a plain “I do not know”; in Welsh where the
    question is, whatever language its asker has chosen."""
    asked_in = WELSH if language_of(question) == WELSH else ""
    if asked_in:
        context.speak(asked_in)
    if decision.entry is not None:
        return await answer_card(context, decision.entry, asked=asked, related=related)
    if decision.kind is DecisionKind.SUGGEST:
        return choice_card(context, question, decision.suggestions, asked=asked)
    return unknown_card(context, question, asked=asked)


async def answer_card(
    context: Context, entry: FaqEntry, *, asked: AskedQuestion | None = None, related: Sequence[FaqEntry] = ()
) -> Message:
    """One entry in the reader's language, with its source and what to do next; with a question it asks
    whether it helped."""
    _ = context._
    words = context.words
    text, lacking = await _text_of(context, entry)
    source = _("Source: %(source)s. Last checked on %(day)s.") % {
        "source": entry.source_in(words.locale),
        "day": words.day(entry.reviewed_on),
    }
    return Message(
        heading=entry.title_in(words.locale),
        text=text,
        items=tuple(_after_an_answer(context, asked, related)),
        buttons=(*_next_steps(context, entry), _to_a_person(context, asked)),
        small_print=(*lacking, source),
    )


def choice_card(
    context: Context, question: str, entries: Sequence[FaqEntry], *, asked: AskedQuestion | None = None,
    text: str = "",
) -> Message:  # fmt: skip
    """Up to three entries to choose from."""
    _ = context._
    one = _("I am not sure what you mean. Press the question below if it is yours:")
    several = _("I am not sure what you mean. Choose the question that comes closest to yours:")
    return Message(
        text=text or (one if len(entries) == 1 else several),
        quote=shortened(question),
        buttons=(
            *_shown(context, entries, asked),
            _to_a_person(context, asked, label=_("None of these: ask a person")),
        ),
    )


def unknown_card(context: Context, question: str, *, asked: AskedQuestion | None = None) -> Message:
    _ = context._
    return Message(
        text=_("I do not know the answer to that, so I will not guess. The team can help: write to %(mail)s.")
        % {"mail": context.network.general_mail},
        quote=shortened(question),
        buttons=(
            _to_a_person(context, asked),
            Button.to(_("See what I can answer"), _show(context, "what-can-you-do")),
        ),
    )


def how_to_ask(context: Context) -> Message:
    _ = context._
    return Message(
        text=_("Ask me in your own words, for example: /ask who can join the network?"),
        buttons=(Button.to(_("See what I can answer"), _show(context, "what-can-you-do")),),
    )


async def part_of(context: Context, question: str, decision: Decision, *, asked: AskedQuestion) -> Item:
    """One of several questions, shortly; its button leads to the whole card."""
    _ = context._
    if decision.entry is not None:
        entry = decision.entry
        text, lacking = await _text_of(context, entry)
        return Item(
            title=entry.title_in(context.words.locale),
            text="\n\n".join([text, *lacking]),
            linked=True,
            buttons=(
                Button.to(_("More about this"), _show(context, entry.slug, asked)),
                Button.to(_("Not what I asked"), NotThis(question_id=asked.id)),
            ),
        )
    if decision.kind is DecisionKind.SUGGEST:
        return Item(
            title=shortened(question),
            text=_("I am not sure what you mean. Is it one of these?"),
            buttons=_shown(context, decision.suggestions, asked),
        )
    return Item(
        title=shortened(question),
        text=_("I do not know the answer to that, so I will not guess."),
        buttons=(_to_a_person(context, asked),),
    )


async def _text_of(context: Context, entry: FaqEntry) -> tuple[str, list[str]]:
    """What an entry says in the reader's language, and a line where it has none of it."""
    locale = context.words.locale
    translation = entry.in_locale(locale)
    text = await faq_slots.filled(context, (translation or entry).answer)
    if locale == DEFAULT_LOCALE or translation is not None:
        return text, []
    return text, [context._("This answer is not there in Welsh yet.")]


def shortened(question: str) -> str:
    flat = clean(question)
    return flat if len(flat) <= LONGEST_ECHO else flat[: LONGEST_ECHO - 1] + "…"


def _after_an_answer(
    context: Context, asked: AskedQuestion | None, related: Sequence[FaqEntry]
) -> Iterable[Item]:
    _ = context._
    if asked is not None:
        yes, no = (SayHelpful(question_id=asked.id, helpful=helpful) for helpful in (True, False))
        yield Item(
            title=_("Was this helpful?"),
            buttons=(
                Button.to(_("Yes"), yes),
                Button.to(_("No"), no),
                Button.to(_("Not what I asked"), NotThis(question_id=asked.id)),
            ),
        )
    if related:
        yield Item(title=_("Related questions"), buttons=_shown(context, related))


def _shown(
    context: Context, entries: Iterable[FaqEntry], asked: AskedQuestion | None = None
) -> tuple[Button, ...]:
    locale = context.words.locale
    return tuple(Button.to(entry.title_in(locale), _show(context, entry.slug, asked)) for entry in entries)


def _show(context: Context, slug: str, asked: AskedQuestion | None = None) -> ShowEntry:
    own = context.member.locale if context.member else context.update.sender.locale
    spoken = context.words.locale
    return ShowEntry(
        slug=slug, locale=spoken if spoken != (own or "en") else "", question_id=asked.id if asked else 0
    )


def _to_a_person(context: Context, asked: AskedQuestion | None, *, label: str = "") -> Button:
    """“Talk to a person”; its form is empty where an answer was looked at and nothing was asked."""
    talk = TalkToPerson(question_id=asked.id if asked else 0)
    return Button.to(label or context._("Talk to a person"), talk)


def _next_steps(context: Context, entry: FaqEntry) -> tuple[Button, ...]:
    _ = context._
    steps = [
        Button.to(_(COMMAND_LABELS[name]), RunCommand(command=name))
        for name in entry.commands
        if name in COMMAND_LABELS and name in context.router.commands
    ]
    steps += [Button(label=_(PAGE_LABELS[path]), path=path) for path in entry.pages if path in PAGE_LABELS]
    steps += [Button(label=label, url=url) for label, url in entry.links_in(context.words.locale)]
    if steps:
        steps[0] = steps[0].model_copy(update={"style": Style.PRIMARY})
    return tuple(steps)


def thanks_for_saying(context: Context, helpful: bool, asked: AskedQuestion | None) -> Message:
    """After somebody said whether an answer helped."""
    _ = context._
    if helpful:
        return Message(text=_("Thank you. It is good to know that this helped."))
    if asked is None:
        return Message(text=_("Thank you for saying so. It helps to make the answers better."))
    return Message(
        text=_(
            "Thank you for saying so. It helps to make the answers better. What would you like to do now?"
        ),
        buttons=(
            Button.to(_("See other answers"), NotThis(question_id=asked.id)),
            _to_a_person(context, asked),
        ),
    )
