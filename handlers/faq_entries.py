"""Entries of the knowledge base for those who edit them: found, looked at, put away and brought back."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from handlers import faq_entry_cards
from handlers.faq_changes import EDITORS, keep, known
from handlers.faq_engine.proof import EntryProof
from handlers.faq_entry_actions import ArchiveEntry, ManageEntry
from handlers.faq_knowledge import Knowledge
from handlers.kit.context import Context
from handlers.kit.messages import Button, Item, Message, Style
from handlers.kit.replies import Reply
from handlers.kit.router import Router, RunCommand
from handlers.kit.updates import Command
from handlers.kit.words import LONDON, N_
from store import faq, faq_changes, members
from store.faq import FaqEntry
from store.faq_changes import Act

LISTED = 10


def build_router(knowledge: Knowledge) -> Router:
    """The feature's router, around one index of the knowledge base: it knows how each entry did."""
    router = Router("faq_entries")

    @router.command(
        "ccin faq", summary=N_("Find and change what I answer"), usage=N_("[words]"), access=EDITORS
    )
    async def list_entries(context: Context, command: Command) -> Reply:
        _ = context._
        today = context.now.astimezone(LONDON).date()

        def marks_of(entry: FaqEntry) -> list[str]:
            return faq_entry_cards.marks(context.words, entry, today, knowledge.proof_of(entry))

        entries = [
            *await faq.all_entries(context.session),
            *await faq.all_entries(context.session, archived=True),
        ]
        found = matching(entries, command.text)
        # What needs attention most comes first.
        found.sort(key=lambda entry: (-len(marks_of(entry)), entry.title))
        items = []
        for entry in found[:LISTED]:
            weak = marks_of(entry)
            see = Button.to(_("Look at it"), ManageEntry(slug=entry.slug))
            items.append(Item(title=entry.title, text=" · ".join(weak), buttons=(see,)))
        said = context.words.ngettext("%(count)s answer.", "%(count)s answers.", len(found))
        return Message(
            heading=_("Knowledge base"),
            text=said % {"count": context.words.number(len(found))}
            if found
            else _("No answer has these words. Try fewer, or write a new one."),
            items=tuple(items),
            buttons=(
                Button.to(_("New answer"), RunCommand(command="ccin", text="faq-new"), style=Style.PRIMARY),
                Button(label=_("See all of them"), path="/admin/faq"),
            ),
        )

    @router.action(ManageEntry, access=EDITORS)
    async def show(context: Context, action: ManageEntry) -> Reply:
        return await _card(context, knowledge, await known(context, action.slug))

    @router.action(ArchiveEntry, access=EDITORS)
    async def archive(context: Context, action: ArchiveEntry) -> Reply:
        entry = await known(context, action.slug)
        act = Act.ARCHIVED if action.archived else Act.REOPENED
        if action.archived != (entry.archived_at is not None):
            await keep(context, entry.slug, faq_changes.content_of(entry), act)
        return await _card(context, knowledge, await known(context, action.slug))

    return router


def matching(entries: list[FaqEntry], query: str) -> list[FaqEntry]:
    """Those that have every word of a query in their name, title, answer or examples."""
    asked = query.lower().split()

    def text_of(entry: FaqEntry) -> str:
        welsh = [f"{one.title} {one.answer}" for one in entry.translations]
        return " ".join([entry.slug, entry.title, entry.answer, *welsh, *entry.examples]).lower()

    return [entry for entry in entries if all(word in text_of(entry) for word in asked)]


async def titles_of(session: AsyncSession, proof: EntryProof | None, locale: str) -> dict[str, str]:
    """The titles of the entries that an entry's examples sound like, in a language where they have it."""
    others = sorted({other for _example, other in proof.clashes}) if proof else []
    return {entry.slug: entry.title_in(locale) for entry in await faq.titled(session, others)}


async def _card(context: Context, knowledge: Knowledge, entry: FaqEntry) -> Message:
    newest = await faq_changes.history(context.session, entry.slug, limit=1)
    author_id = newest[0].author_id if newest else None
    author = await members.by_id(context.session, author_id) if author_id else None
    today = context.now.astimezone(LONDON).date()
    proof = knowledge.proof_of(entry)
    titles = await titles_of(context.session, proof, context.words.locale)
    name = author.name if author else ""
    return faq_entry_cards.entry_card(context.words, entry, today, name, proof=proof, titles=titles)
