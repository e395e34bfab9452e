"""Insight for administrators: what is asked most, what found no answer, and whether answers help."""

from __future__ import annotations

from handlers import faq_form
from handlers.group_cards import ADMINISTRATORS
from handlers.handover_cards import PAGE as QUEUE
from handlers.insight_figures import PERIOD_NAMES, Insight, examples_of, period_of, read
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.messages import Action, Button, Fact, Item, Message, Style
from handlers.kit.replies import Open, Reply
from handlers.kit.router import Router
from handlers.kit.updates import Command
from handlers.kit.words import N_, Words
from store import insight
from store.insight import Helped, OpenQuestion

PAGE = "/admin/insight"
MOST_ASKED = 5
GROUPS = 3
WORDINGS = 3
# So many questions of a group become examples of a new answer.
TAUGHT = 10

# What the kinds are called, wherever they are counted.
HELPED_NAMES = {
    Helped.YES: N_("It helped"),
    Helped.NO: N_("It did not help"),
    Helped.UNSAID: N_("Answered, nothing said"),
    Helped.UNANSWERED: N_("No answer found"),
}

router = Router("insight")


class WriteAnswer(Action, name="insight.write_answer"):
    """Begin a new answer from questions that found none."""

    question_ids: tuple[int, ...]


@router.command(
    "ccin insight",
    summary=N_("See what people ask, and what I could not answer"),
    usage=N_("[month, quarter, year or all]"),
    access=ADMINISTRATORS,
)
async def show(context: Context, command: Command) -> Reply:
    typed = command.text.strip().lower()
    found = await read(context.session, period_of(typed), context.now, context.words.locale)
    return card(context.words, found)


@router.action(WriteAnswer, access=ADMINISTRATORS)
async def write_answer(context: Context, action: WriteAnswer) -> Reply:
    """The form of a new answer, with the questions as its examples; nothing is published by it."""
    asked = await insight.texts(context.session, action.question_ids[:TAUGHT])
    if not asked:
        raise UserError(context._("These questions are no longer kept. Write the answer anew."))
    return Open(faq_form.FORM, initial=faq_form.begun(context, asked))


def card(words: Words, found: Insight) -> Message:
    """The short form of the page."""
    _ = words._
    see = Button(label=_("See all of it"), path=f"{PAGE}?period={found.period.value}", style=Style.PRIMARY)
    queue = Button(label=_("Questions for the team"), path=QUEUE)
    period = _(PERIOD_NAMES[found.period])
    if not found.asked:
        return Message(
            heading=_("What people ask"),
            text=_("Nobody has asked anything yet. Here you will see what is asked most, and what I lack."),
            buttons=(see, queue),
            small_print=(period,),
        )
    said = words.ngettext("%(count)s question.", "%(count)s questions.", found.asked)
    return Message(
        heading=_("What people ask"),
        text=f"{period}: {said % {'count': words.number(found.asked)}}",
        facts=tuple(
            Fact(label=_(name), value=words.number(found.count(helped)))
            for helped, name in HELPED_NAMES.items()
        ),
        items=tuple(_items(words, found)),
        buttons=(see, queue),
    )


def write_of(group: list[OpenQuestion]) -> WriteAnswer:
    """What the button of a group does."""
    return WriteAnswer(question_ids=tuple(one.id for one in group[:TAUGHT]))


def group_size(words: Words, group: list[OpenQuestion]) -> str:
    said = words.ngettext("asked once", "asked %(count)s times", len(group))
    return said % {"count": words.number(len(group))}


def _items(words: Words, found: Insight) -> list[Item]:
    _ = words._
    items = []
    if found.entries:
        times = _("- %(title)s (%(count)s)")
        lines = [
            times % {"title": one.title, "count": words.number(one.asked)}
            for one in found.entries[:MOST_ASKED]
        ]
        items.append(Item(title=_("Asked most"), text="\n".join(lines)))
    for group in found.groups[:GROUPS]:
        quoted = "\n".join(f"- “{text}”" for text in examples_of(group, WORDINGS))
        write = Button.to(_("Write an answer"), write_of(group))
        title = _("No answer found, %(times)s") % {"times": group_size(words, group)}
        items.append(Item(title=title, text=quoted, buttons=(write,)))
    return items
