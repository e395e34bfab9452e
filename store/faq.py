"""The knowledge base: questions the network answers, with examples of how people ask them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, Date, ForeignKey, String, Text, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from store import choices
from store.choices import Choice
from store.database import Base

Stamp = tuple[int, datetime | None, datetime | None]


class FaqEntry(Base):
    """One question and its answer, in English."""

    __tablename__ = "faq_entries"

    slug: Mapped[str] = mapped_column(String(80), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    # Plain text; the only placeholders are those that ``handlers.faq`` fills.
    answer: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(200))
    reviewed_on: Mapped[date] = mapped_column(Date)
    # Addresses to go on to: pairs of a label and an address.
    links: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    # Commands and pages of the bot, offered as buttons.
    commands: Mapped[list[str]] = mapped_column(JSON, default=list)
    pages: Mapped[list[str]] = mapped_column(JSON, default=list)
    related: Mapped[list[str]] = mapped_column(JSON, default=list)
    examples: Mapped[list[str]] = mapped_column(JSON, default=list)
    updated_at: Mapped[datetime]

    translations: Mapped[list[FaqTranslation]] = relationship(lazy="raise", order_by="FaqTranslation.locale")

    def in_locale(self, locale: str) -> FaqTranslation | None:
        """The translation into a language other than English; needs ``translations`` loaded."""
        return next((held for held in self.translations if held.locale == locale), None)


class FaqTranslation(Base):
    __tablename__ = "faq_translations"

    slug: Mapped[str] = mapped_column(ForeignKey("faq_entries.slug", ondelete="CASCADE"), primary_key=True)
    locale: Mapped[str] = mapped_column(String(5), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    answer: Mapped[str] = mapped_column(Text)
    # Whether a speaker of the language has read it.
    reviewed: Mapped[bool] = mapped_column(default=False)


async def all_entries(session: AsyncSession) -> list[FaqEntry]:
    """Every entry with its translations, by slug."""
    rows = await session.scalars(
        select(FaqEntry).options(selectinload(FaqEntry.translations)).order_by(FaqEntry.slug)
    )
    return list(rows)


async def not_ours(session: AsyncSession) -> list[str]:
    """Questions that no entry is to answer, which the engine measures itself by."""
    return (await choices.get(session, choices.FAQ_NOT_OURS) or "").splitlines()


async def changed_at(session: AsyncSession) -> Stamp:
    """A stamp of the whole: differs whenever an entry was added, removed or changed."""
    chosen = select(Choice.chosen_at).where(Choice.name == choices.FAQ_NOT_OURS).scalar_subquery()
    count, newest, not_ours_at = (
        await session.execute(select(func.count(), func.max(FaqEntry.updated_at), chosen))
    ).one()
    return count, newest, not_ours_at


async def titled(session: AsyncSession, slugs: list[str]) -> list[FaqEntry]:
    """The entries of some slugs, in that order; those that are gone are left out."""
    rows = await session.scalars(select(FaqEntry).where(FaqEntry.slug.in_(slugs)))
    found = {row.slug: row for row in rows}
    return [found[slug] for slug in slugs if slug in found]


async def add_example(session: AsyncSession, slug: str, example: str, now: datetime) -> bool | None:
    """Teach an entry one more way of asking. False where it has it already, None without the entry."""
    entry = await session.get(FaqEntry, slug, with_for_update=True, populate_existing=True)
    if entry is None:
        return None
    if example.lower() in (one.lower() for one in entry.examples):
        return False
    entry.examples, entry.updated_at = [*entry.examples, example], now
    await session.flush()
    return True


async def add_entry(
    session: AsyncSession, wanted: str, *, title: str, answer: str, source: str, examples: list[str],
    now: datetime,
) -> str:  # fmt: skip
    """A new entry, reviewed today; returns its slug, which is ``wanted`` or the next that is free."""
    slug, number = wanted, 2
    while await session.get(FaqEntry, slug) is not None:
        slug, number = f"{wanted}-{number}", number + 1
    session.add(
        FaqEntry(
            slug=slug,
            title=title,
            answer=answer,
            source=source,
            reviewed_on=now.date(),
            links=[],
            commands=[],
            pages=[],
            related=[],
            examples=examples,
            updated_at=now,
        )
    )
    await session.flush()
    return slug
