"""Editing the knowledge base: entries are changed, checked, published and restored."""

from __future__ import annotations

from typing import Any

from handlers import faq_entry_cards, faq_form
from handlers.faq_cards import answer_card
from handlers.faq_entry_actions import (
    ConfirmEntry,
    DiscardChange,
    EditEntry,
    ManageEntry,
    PublishChange,
    RestoreVersion,
)
from handlers.faq_entry_cards import key_of
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import Form
from handlers.kit.messages import Button, Message
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, Submitted, only
from handlers.kit.updates import Command
from handlers.kit.words import DEFAULT_LOCALE, LONDON, N_
from store import faq, faq_changes
from store.faq import FaqEntry
from store.faq_changes import Act, Content, FaqChange
from store.roles import Role
from store.slugs import slug_of

EDITORS = only(Role.ADMINISTRATOR)

router = Router("faq_changes")


@router.command("ccin faq-new", summary=N_("Write a new answer"), access=EDITORS)
async def new_entry(context: Context, command: Command) -> Reply:
    return Open(faq_form.FORM, initial=faq_form.fresh(context))


@router.action(EditEntry, access=EDITORS)
async def edit(context: Context, action: EditEntry) -> Reply:
    if action.change_id:
        change = await _own(context, action.change_id)
        return Open(faq_form.FORM, initial=faq_form.initial(change.content), subject=change.slug)
    entry = await known(context, action.slug)
    return Open(faq_form.FORM, initial=faq_form.initial(faq_changes.content_of(entry)), subject=entry.slug)


async def build(context: Context, subject: str) -> Form:
    return faq_form.build(context, new=not subject)


@router.form(faq_form.FORM, build, access=EDITORS)
async def save(context: Context, sent: Submitted) -> Result:
    """Nothing is published yet: the change waits for its check and for a yes."""
    entries = await faq.all_entries(context.session)
    content = faq_form.read(context, sent.answers, frozenset(entry.slug for entry in entries))
    return await proposed(context, sent.subject or await _free_slug(context, content["title"]), content)


@router.action(PublishChange, access=EDITORS)
async def publish(context: Context, action: PublishChange) -> Reply:
    _ = context._
    change = await _own(context, action.change_id, lock=True)
    if change.findings is None:
        raise UserError(_("The check is still under way. The card says when it is done; then publish."))
    found = change.findings.get("moved") or change.findings.get("near") or "moved" not in change.findings
    if found and not action.despite:
        context.reply_key = key_of(change)
        return faq_entry_cards.change_card(context.words, change)
    if await faq_changes.number_of(context.session, change.slug) != change.base:
        return Message(
            text=_(
                "Somebody else changed this answer after you began. Nothing was published; "
                "what you wrote is kept. Look at the answer as it is now, then go on editing yours."
            ),
            buttons=(
                Button.to(_("See the answer"), ManageEntry(slug=change.slug)),
                Button.to(_("Go on editing"), EditEntry(slug=change.slug, change_id=change.id)),
            ),
        )
    await keep(context, change.slug, change.content, Act.EDITED)
    return await _close(context, change, published=True)


@router.action(DiscardChange, access=EDITORS)
async def discard(context: Context, action: DiscardChange) -> Reply:
    return await _close(context, await _own(context, action.change_id, lock=True), published=False)


@router.action(ConfirmEntry, access=EDITORS)
async def confirm(context: Context, action: ConfirmEntry) -> Reply:
    entry = await known(context, action.slug)
    today = context.now.astimezone(LONDON).date().isoformat()
    act = Act.ARCHIVED if entry.archived_at is not None else Act.EDITED
    await keep(context, entry.slug, faq_changes.content_of(entry) | {"reviewed_on": today}, act)
    return Message(
        text=context._("“%(title)s” was checked. Thank you.") % {"title": entry.title},
        buttons=(Button.to(context._("See the answer"), ManageEntry(slug=entry.slug)),),
    )


@router.action(RestoreVersion, access=EDITORS)
async def restore(context: Context, action: RestoreVersion) -> Reply:
    """What an old version said becomes a change like any other, with its preview and its check."""
    entry = await known(context, action.slug)
    version = await faq_changes.version(context.session, action.slug, action.number)
    if version is None:
        raise UserError(context._("There is no such version. Nothing was changed."))
    return await proposed(context, entry.slug, version.content)


async def proposed(context: Context, slug: str, content: Content) -> Message:
    """What an entry is to say, kept until it is checked and somebody says yes: its card."""
    change = await faq_changes.propose(
        context.session,
        slug,
        await faq_changes.number_of(context.session, slug),
        content,
        await _preview(context, slug, content),
        author_id=context.person.id,
        now=context.now,
    )
    context.reply_key = key_of(change)
    return faq_entry_cards.change_card(context.words, change)


async def _preview(context: Context, slug: str, content: Content) -> dict[str, Any]:
    """The answer as members read it in each language that it is there in, live facts filled in; and the
    examples that are new, beside those of an entry that is there."""
    entry = faq_changes.entry_of(slug, content, context.now)
    own: str = context.words.locale
    seen: dict[str, Any] = {}
    for locale in [DEFAULT_LOCALE, *(one.locale for one in entry.translations)]:
        context.speak(locale)
        card = await answer_card(context, entry)
        seen[locale] = {"title": card.heading, "text": card.text}
    context.speak(own)
    now = await faq.by_slug(context.session, slug)
    if now is not None:
        seen[faq_entry_cards.ADDED] = [one for one in entry.examples if one not in now.examples]
    return seen


async def keep(context: Context, slug: str, content: Content, act: Act) -> None:
    """Make an entry say this, with its version and a record of who did it."""
    written = await faq_changes.write(
        context.session, slug, content, act, author_id=context.person.id, now=context.now
    )
    if written:
        await context.audit(f"faq.{act.value}", "faq_entry", slug)


async def _close(context: Context, change: FaqChange, *, published: bool) -> Message:
    change.closed_at = context.now
    await context.session.flush()
    await context.edit(
        key_of(change), lambda words: faq_entry_cards.closed_card(words, change, published=published)
    )
    return faq_entry_cards.closed_card(context.words, change, published=published)


async def known(context: Context, slug: str) -> FaqEntry:
    """:raises UserError: there is no such entry."""
    entry = await faq.by_slug(context.session, slug)
    if entry is None:
        raise UserError(context._("There is no such answer. Nothing was changed."))
    return entry


async def _own(context: Context, change_id: int, *, lock: bool = False) -> FaqChange:
    """A change that is open still, and the sender's own."""
    change = await faq_changes.change_by_id(context.session, change_id, lock=lock)
    if change is None or change.closed_at is not None or change.author_id != context.person.id:
        raise UserError(
            context._("That change is no longer open: it was published, thrown away or written anew.")
        )
    return change


async def _free_slug(context: Context, title: str) -> str:
    base = slug_of(title)[:70] or "answer"
    slug, number = base, 1
    while await faq_changes.slug_taken(context.session, slug):
        number += 1
        slug = f"{base}-{number}"
    return slug
