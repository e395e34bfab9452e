"""What those who edit the knowledge base are shown: an entry with its marks, and a change with its check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum

from handlers.faq_engine import missing_examples
from handlers.faq_engine.changes import Findings
from handlers.faq_engine.proof import EntryProof
from handlers.faq_entry_actions import (
    ArchiveEntry,
    ConfirmEntry,
    DiscardChange,
    EditEntry,
    ManageEntry,
    PublishChange,
)
from handlers.faq_weaknesses import OVERLAP_FROM
from handlers.kit.messages import Button, Confirm, Fact, Item, Message, Style
from handlers.kit.words import LOCALES, N_, Words
from store.faq import FaqEntry
from store.faq_changes import Act, FaqChange

# Of each sort of finding, so many are shown in a card.
SHOWN = 5
# What a preview holds besides the languages: examples that the entry has not had.
ADDED = "added"
ADDED_SHOWN = 10
# A reminder names so many answers; the page has all.
REMINDED_OF = 10

ACT_NAMES = {
    Act.DELIVERED: N_("As it came with the bot"),
    Act.EDITED: N_("Edited"),
    Act.RESTORED: N_("Restored"),
    Act.ARCHIVED: N_("Archived"),
    Act.REOPENED: N_("Brought back"),
    Act.IMPORTED: N_("Imported"),
}


class Mark(StrEnum):
    """What an entry is marked with; its value stands in the address of a list of such entries."""

    ARCHIVED = "archived"
    TOO_FEW = "few-examples"
    ONLY_OFFERED = "offered"
    OVERLAPPING = "overlapping"
    DUE = "due"
    NO_WELSH = "no-welsh"
    WELSH_WAITS = "welsh-waits"


MARK_NAMES = {
    Mark.ARCHIVED: N_("Archived"),
    Mark.TOO_FEW: N_("Too few examples"),
    Mark.ONLY_OFFERED: N_("Only offered so far"),
    Mark.OVERLAPPING: N_("Sounds like another answer"),
    Mark.DUE: N_("Due for a check"),
    Mark.NO_WELSH: N_("No Welsh"),
    Mark.WELSH_WAITS: N_("Welsh awaits review"),
}


def key_of(change: FaqChange) -> str:
    """The outbox key of a change's card."""
    return f"faq_change:{change.id}"


def marks_of(entry: FaqEntry, today: date, proof: EntryProof | None = None) -> list[Mark]:
    """What is weak about an entry; empty where nothing is. ``proof`` is how it did when it was measured
    last, if that is known."""
    found = []
    if entry.archived_at is not None:
        found.append(Mark.ARCHIVED)
    if missing_examples(entry.examples):
        found.append(Mark.TOO_FEW)
    elif proof is not None and not proof.proven:
        found.append(Mark.ONLY_OFFERED)
    if overlaps(proof):
        found.append(Mark.OVERLAPPING)
    if today > entry.due_on:
        found.append(Mark.DUE)
    welsh = entry.in_locale("cy")
    if welsh is None:
        found.append(Mark.NO_WELSH)
    elif not welsh.reviewed:
        found.append(Mark.WELSH_WAITS)
    return found


def marks(words: Words, entry: FaqEntry, today: date, proof: EntryProof | None = None) -> list[str]:
    """The same in a few words each."""
    return [words._(MARK_NAMES[mark]) for mark in marks_of(entry, today, proof)]


def too_few(words: Words, examples: list[str]) -> str:
    """Why an entry is only offered; empty where it has enough examples."""
    missing = missing_examples(examples)
    if not missing:
        return ""
    return words.ngettext(
        "I only offer this answer and never give it by itself, because it has too few examples. One more "
        "example is enough.",
        "I only offer this answer and never give it by itself, because it has too few examples. "
        "%(count)s more are enough.",
        missing,
    ) % {"count": words.number(missing)}


def proven(words: Words, proof: EntryProof) -> str:
    """“For 3 of its 28 examples”"""
    counts = {"proven": words.number(proof.proven), "examples": words.number(proof.examples)}
    return words._("for %(proven)s of its %(examples)s examples") % counts


def overlaps(proof: EntryProof | None) -> bool:
    """Whether several examples of an entry sound like one other entry."""
    shared = Counter(other for _example, other in proof.clashes) if proof else Counter[str]()
    return max(shared.values(), default=0) >= OVERLAP_FROM


def why_offered(
    words: Words, examples: Sequence[str], proof: EntryProof | None, titles: Mapping[str, str]
) -> list[str]:
    """Why an entry is offered more often than given, and what to do about it; empty where nothing is.
    ``titles`` name the entries that its examples sound like."""
    _ = words._
    if few := too_few(words, list(examples)):
        return [few]
    said = []
    if proof is not None and not proof.proven:
        said.append(
            _(
                "I only offer this answer so far. I tried it on its own examples, each as if I had never "
                "seen it, and was never sure enough to give it by itself. Add about ten plain ways of asking."
            )
        )
    if proof is not None and overlaps(proof):
        alike: dict[str, list[str]] = {}
        for example, other in proof.clashes:
            if other in titles:
                alike.setdefault(other, []).append(f"“{example}”")
        sounding = [
            _("%(examples)s sound like “%(other)s”.")
            % {"examples": words.listed(examples[:SHOWN]), "other": titles[other]}
            for other, examples in alike.items()
            if len(examples) >= OVERLAP_FROM
        ]
        said.append(
            " ".join(
                [
                    _("Where I cannot tell this answer from another one, I only offer it."),
                    *sounding,
                    _("Say in these examples what sets them apart, or move them to the answer they fit."),
                ]
            )
        )
    return said


def entry_card(
    words: Words, entry: FaqEntry, today: date, author: str, *, proof: EntryProof | None = None,
    titles: Mapping[str, str] | None = None,
) -> Message:  # fmt: skip
    """An entry with what is weak about it, and what to do."""
    _ = words._
    archived = entry.archived_at is not None
    weak = marks(words, entry, today, proof)
    facts = (
        Fact(label=_("Examples"), value=words.number(len(entry.examples))),
        Fact(label=_("Test questions"), value=words.number(len(entry.checks))),
        *((Fact(label=_("Sure enough to give it"), value=proven(words, proof)),) if proof else ()),
        Fact(label=_("Last checked"), value=words.day(entry.reviewed_on)),
        Fact(label=_("To be checked again"), value=words.day(entry.due_on)),
        Fact(label=_("Last changed by"), value=author or _("Nobody yet: it is as it came")),
        Fact(label=_("Needs attention"), value=words.listed(weak) if weak else _("Nothing")),
    )
    sure = Confirm(
        title=_("Archive this answer?"),
        text=_("I no longer answer with it. Its history is kept, and you can bring it back."),
        yes=_("Archive it"),
        no=_("Leave it"),
    )
    last = (
        Button.to(_("Bring it back"), ArchiveEntry(slug=entry.slug, archived=False))
        if archived
        else Button.to(_("Archive it"), ArchiveEntry(slug=entry.slug), style=Style.DANGER, confirm=sure)
    )
    return Message(
        heading=entry.title,
        text=entry.answer,
        facts=facts,
        buttons=(
            Button.to(_("Change it"), EditEntry(slug=entry.slug), style=Style.PRIMARY),
            Button.to(_("I checked it today"), ConfirmEntry(slug=entry.slug)),
            Button(label=_("History and Welsh"), path=f"/admin/faq/{entry.slug}"),
            last,
        ),
        small_print=tuple(why_offered(words, entry.examples, proof, titles or {})),
    )


def change_card(words: Words, change: FaqChange) -> Message:
    """A change as members would read it, what the check found, and what can be done."""
    _ = words._
    findings = Findings.from_json(change.findings) if change.findings and "moved" in change.findings else None
    items = [
        Item(title=f"{LOCALES[locale]}: {seen['title']}", text=seen["text"], linked=True)
        for locale, seen in change.preview.items()
        if locale in LOCALES
    ]
    if added := change.preview.get(ADDED):
        lines = [f"- “{example}”" for example in added[:ADDED_SHOWN]]
        if left := len(added) - len(lines):
            more = words.ngettext("- and %(count)s more", "- and %(count)s more", left)
            lines.append(more % {"count": words.number(left)})
        items.append(Item(title=_("New ways of asking"), text="\n".join(lines)))
    if change.findings is None:
        said = _(
            "This is how members would read it. I am checking it against the other answers: up to a minute."
        )
    elif findings is None:
        said = _("This is how members would read it. The check did not work this time, so look twice.")
    elif findings.moved or findings.near:
        said = _("This is how members would read it. The check found something: see below.")
        items += _found(words, findings)
    else:
        said = words.ngettext(
            "This is how members would read it. No example clashes, and %(count)s test question keeps its "
            "answer.",
            "This is how members would read it. No example clashes, and %(count)s test questions keep their "
            "answers.",
            findings.tried,
        ) % {"count": words.number(findings.tried)}
    note = too_few(words, change.content["examples"])
    return Message(
        heading=_("Not published yet"),
        text=said,
        items=tuple(items),
        buttons=(*_publish(words, change, findings), *_instead(words, change)),
        small_print=(note,) if note else (),
    )


def closed_card(words: Words, change: FaqChange, *, published: bool) -> Message:
    _ = words._
    named = {"title": change.content["title"]}
    if not published:
        return Message(text=_("“%(title)s” was thrown away. Members see what they saw before.") % named)
    return Message(
        text=_("“%(title)s” is published. I learn it within a minute and answer with it from then on.")
        % named,
        buttons=(
            Button.to(_("See the answer"), ManageEntry(slug=change.slug)),
            Button.to(_("Change it again"), EditEntry(slug=change.slug)),
        ),
    )


def review_card(words: Words, due: Sequence[FaqEntry]) -> Message:
    """Answers that are due to be read against their sources."""
    _ = words._
    said = words.ngettext(
        "%(count)s answer has not been checked for long. Does it still hold?",
        "%(count)s answers have not been checked for long. Do they still hold?",
        len(due),
    )
    source = _("Last checked on %(day)s. Source: %(source)s.")
    return Message(
        heading=_("Please check what I answer"),
        text=said % {"count": words.number(len(due))},
        items=tuple(
            Item(
                title=entry.title,
                text=source % {"day": words.day(entry.reviewed_on), "source": entry.source},
                buttons=(Button.to(_("Look at it"), ManageEntry(slug=entry.slug)),),
            )
            for entry in due[:REMINDED_OF]
        ),
        buttons=(Button(label=_("See all of them"), path="/admin/faq?weak=yes"),),
    )


def _found(words: Words, findings: Findings) -> list[Item]:
    _ = words._
    items = []

    def named(slug: str | None) -> str:
        return f"“{findings.titles.get(slug, slug)}”" if slug else _("no answer")

    if findings.moved:
        shown = [
            (
                _("- “%(question)s” would go to %(after)s, where it belongs, instead of %(before)s")
                if one.after == one.expected
                else _("- “%(question)s” would go to %(after)s instead of %(before)s")
            )
            % {"question": one.question, "after": named(one.after), "before": named(one.before)}
            for one in findings.moved[:SHOWN]
        ]
        title = words.ngettext(
            "%(count)s test question would change its answer",
            "%(count)s test questions would change their answers",
            len(findings.moved),
        )
        items.append(Item(title=title % {"count": len(findings.moved)}, text="\n".join(shown)))
    if findings.near:
        shown = [
            _("- “%(example)s” is close to “%(other)s” of %(title)s")
            % {"example": one.example, "other": one.other_example, "title": named(one.other)}
            for one in findings.near[:SHOWN]
        ]
        title = words.ngettext(
            "%(count)s example clashes with another answer",
            "%(count)s examples clash with other answers",
            len(findings.near),
        )
        items.append(Item(title=title % {"count": len(findings.near)}, text="\n".join(shown)))
    return items


def _publish(words: Words, change: FaqChange, findings: Findings | None) -> tuple[Button, ...]:
    _ = words._
    if change.findings is None:
        return ()
    if findings is None or findings.moved or findings.near:
        sure = Confirm(
            title=_("Publish it all the same?"),
            text=_("Some questions may then be answered otherwise than today."),
            yes=_("Publish"),
            no=_("Not yet"),
        )
        action = PublishChange(change_id=change.id, despite=True)
        return (Button.to(_("Publish all the same"), action, style=Style.PRIMARY, confirm=sure),)
    return (Button.to(_("Publish"), PublishChange(change_id=change.id), style=Style.PRIMARY),)


def _instead(words: Words, change: FaqChange) -> tuple[Button, ...]:
    _ = words._
    return (
        Button.to(_("Go on editing"), EditEntry(slug=change.slug, change_id=change.id)),
        Button.to(_("Throw it away"), DiscardChange(change_id=change.id)),
    )
