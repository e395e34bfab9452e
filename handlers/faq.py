"""Questions: answered from the knowledge base in its administrators' words, or honestly not."""

from __future__ import annotations

from handlers.faq_engine.language import WELSH, language_of
from handlers.faq_knowledge import Decision, DecisionKind, Knowledge
from handlers.kit.context import Context
from handlers.kit.messages import Action, Button, Message, Style
from handlers.kit.replies import Reply
from handlers.kit.router import EVERYONE, Router, RunCommand
from handlers.kit.updates import Command, PlaceKind, Text
from handlers.kit.words import N_
from store import choices, organisations
from store.faq import FaqEntry, FaqTranslation
from store.organisations import Category

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
    "case-study": N_("Submit a case study"),
    "case-study mine": N_("See my case studies"),
}
PAGE_LABELS = {"/case-studies": N_("Read the case studies")}


class ShowEntry(Action, name="faq.show"):
    """Show the answer of one entry, in a language that may be another than the reader's own."""

    slug: str
    locale: str = ""


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
        if not command.text:
            return _how_to_ask(context)
        decision = await knowledge.decide(context.session, command.text)
        return await reply_to(context, command.text, decision)

    @router.text(access=EVERYONE)
    async def asked(context: Context, text: Text) -> Reply:
        if not text.text.strip():
            return _how_to_ask(context)
        decision = await knowledge.decide(context.session, text.text)
        reply = await reply_to(context, text.text, decision)
        return reply.in_thread() if context.update.place.kind is PlaceKind.CHANNEL else reply

    @router.action(ShowEntry, access=EVERYONE)
    async def show(context: Context, action: ShowEntry) -> Reply:
        if action.locale:
            context.speak(action.locale)
        entry = await knowledge.entry(context.session, action.slug)
        if entry is None:
            return Message(text=context._("That answer is no longer there. Ask your question again."))
        return await answer_card(context, entry)

    return router


async def reply_to(context: Context, question: str, decision: Decision) -> Message:
    """The answer to a question, a choice of up to three, or a plain “I do not know”; in Welsh where the
    question is, whatever language its asker has chosen."""
    asked_in = WELSH if language_of(question) == WELSH else ""
    if asked_in:
        context.speak(asked_in)
    if decision.entry is not None:
        return await answer_card(context, decision.entry)
    _ = context._
    if decision.kind is DecisionKind.SUGGEST:
        buttons = tuple(
            Button.to(_title(entry, context.words.locale), ShowEntry(slug=entry.slug, locale=asked_in))
            for entry in decision.suggestions
        )
        return Message(
            text=_("I am not sure what you mean. Is it one of these?"),
            quote=_shortened(question),
            buttons=(*buttons, _mail(context, _("None of these: ask the team"))),
        )
    return Message(
        text=_("I do not know the answer to that, so I will not guess. The team can help: write to %(mail)s.")
        % {"mail": context.network.general_mail},
        quote=_shortened(question),
        buttons=(
            _mail(context, _("Write to the team")),
            Button.to(_("See what I can answer"), ShowEntry(slug="what-can-you-do", locale=asked_in)),
        ),
    )


async def answer_card(context: Context, entry: FaqEntry) -> Message:
    """One entry in the reader's language, with its source and what to do next."""
    _ = context._
    words = context.words
    translation = entry.in_locale(words.locale) if words.locale != "en" else None
    small_print: list[str] = []
    if words.locale != "en" and translation is None:
        small_print.append(_("This answer is not there in Welsh yet."))
    small_print.append(
        _("Source: %(source)s. Last checked on %(day)s.")
        % {"source": entry.source, "day": words.day(entry.reviewed_on)}
    )
    return Message(
        heading=_title(entry, words.locale),
        text=await _filled(context, translation or entry),
        buttons=_next_steps(context, entry),
        small_print=tuple(small_print),
    )


async def _filled(context: Context, words: FaqEntry | FaqTranslation) -> str:
    """The answer's text with live facts in its placeholders."""
    text = words.answer
    if "{member_counts}" in text:
        text = text.replace("{member_counts}", await _member_counts(context))
    return text


async def _member_counts(context: Context) -> str:
    """The published figures with their date, or the list's own once it is marked as complete."""
    _ = context._
    if await choices.get(context.session, choices.MEMBER_LIST_COMPLETE):
        counts = await organisations.counts_by_category(context.session)
        figures = {category.value: context.words.number(counts.get(category, 0)) for category in Category}
        return (
            _(
                "Today the network has %(full)s full members, %(associate)s associates, "
                "%(affiliate)s affiliates and %(supporter)s supporters."
            )
            % figures
        )
    published = context.network.member_counts
    said = _(
        "In %(as_of)s the network had %(full)s full members, %(associate)s associates (%(towns)s of them "
        "town and parish councils), %(affiliate)s affiliates and %(supporter)s supporters."
    ) % {
        "full": published.full,
        "associate": published.associate,
        "towns": published.town_and_parish,
        "affiliate": published.affiliate,
        "supporter": published.supporter,
        "as_of": context.words.month(published.as_of),
    }
    return said + " " + _("These figures are provisional.") if published.provisional else said


def _next_steps(context: Context, entry: FaqEntry) -> tuple[Button, ...]:
    _ = context._
    steps = [
        Button.to(_(COMMAND_LABELS[name]), RunCommand(command=name))
        for name in entry.commands
        if name in COMMAND_LABELS and name in context.router.commands
    ]
    steps += [Button(label=_(PAGE_LABELS[path]), path=path) for path in entry.pages if path in PAGE_LABELS]
    steps += [Button(label=label, url=url) for label, url in entry.links]
    if steps:
        steps[0] = steps[0].model_copy(update={"style": Style.PRIMARY})
    return tuple(steps)


def _how_to_ask(context: Context) -> Message:
    _ = context._
    return Message(
        text=_("Ask me in your own words, for example: /ask who can join the network?"),
        buttons=(Button.to(_("See what I can answer"), ShowEntry(slug="what-can-you-do")),),
    )


def _mail(context: Context, label: str) -> Button:
    return Button(label=label, url=f"mailto:{context.network.general_mail}")


def _title(entry: FaqEntry, locale: str) -> str:
    translation = entry.in_locale(locale)
    return translation.title if translation else entry.title


def _shortened(question: str) -> str:
    flat = " ".join(question.split())
    return flat if len(flat) <= LONGEST_ECHO else flat[: LONGEST_ECHO - 1] + "…"
