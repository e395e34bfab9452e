"""The stop at the knowledge base: writing, checking, publishing, restoring and archiving answers."""

from __future__ import annotations

from sqlalchemy import select

from handlers.faq_engine.changes import Case, Findings, Moved, Near
from handlers.faq_entry_actions import (
    ArchiveEntry,
    ConfirmEntry,
    DiscardChange,
    EditEntry,
    ManageEntry,
    PublishChange,
    RestoreVersion,
)
from handlers.kit.updates import RawAnswers
from scheduled import faq_changes as jobs
from store.faq_changes import FaqChange
from tests.surfaces.touring import TouringBot


async def edit_answers(bot: TouringBot) -> None:
    cast = bot.cast
    right: RawAnswers = {
        "title": cast.named("Who pays for the tea"),
        "answer": _without_slots(cast.typed("Every council pays for its own tea.")),
        "source": cast.named("The team"),
        "reviewed_on": "2026-11-20",
        "review_months": "12",
        "cy_title": cast.named("Pwy sydd yn talu"),
        "cy_answer": _without_slots(cast.typed("Mae pob cyngor yn talu.")),
        "cy_source": cast.named("Y tîm"),
        "cy_link_labels": "Gwefan",
        "cy_reviewed": "no",
        "examples": "who pays for tea",
        "checks": "do we get free tea",
        "links": "Website | https://example.org",
        "commands": [],
        "pages": [],
        "related": "values",
    }
    moved = Findings(
        (Moved("do we get free tea", "x", "values", None),), (Near("who pays for tea", "values", "tea"),), 2
    )
    for found in (moved, Findings(tried=2), None):
        opened = await bot.anew("ada", await bot.command("ada", "ccin", "faq-new"))
        await bot.fill_in("ada", opened, right)
        change = await _newest(bot)
        await bot.press("ada", EditEntry(slug=change.slug, change_id=change.id))
        await bot.press("ada", PublishChange(change_id=change.id))

        async def look_over(_case: Case, found: Findings | None = found) -> Findings | None:
            return found

        await jobs.check_job(bot.database, bot.clock, bot.surroundings, look_over)()
        await bot.deliver()
        bot.clock.advance(minutes=1)
        await bot.press("ann", PublishChange(change_id=change.id))
        await bot.press("ada", PublishChange(change_id=change.id))
        await bot.press("ada", PublishChange(change_id=change.id, despite=True))
        await bot.press("ada", DiscardChange(change_id=change.id))
    await bot.press("ada", ManageEntry(slug=change.slug))
    await bot.press("ada", ArchiveEntry(slug=change.slug))
    await bot.command("ada", "ccin", "faq")
    await bot.press("ada", ArchiveEntry(slug=change.slug, archived=False))
    await bot.press("ada", ConfirmEntry(slug=change.slug))
    await bot.press("ada", RestoreVersion(slug=change.slug, number=1))
    await bot.press("ada", DiscardChange(change_id=(await _newest(bot)).id))
    now = bot.clock.now
    bot.clock.advance(days=500)
    await jobs.review_job(bot.database, bot.clock, bot.surroundings)()
    await bot.deliver()
    bot.clock.now = now


def _without_slots(text: str) -> str:
    """An answer with braces that stand for nothing is refused, whatever else it holds."""
    return text.replace("{", "(").replace("}", ")")


async def _newest(bot: TouringBot) -> FaqChange:
    async with bot.database.read() as session:
        return (await session.scalars(select(FaqChange).order_by(FaqChange.id.desc()).limit(1))).one()
