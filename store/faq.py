"""The knowledge base: questions the network answers, with examples of how people ask them."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime

from sqlalchemy import JSON, Date, ForeignKey, String, Text, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from store import choices
from store.choices import Choice
from store.database import Base

REVIEWED_EVERY_MONTHS = 12

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
    # Questions that must lead here and are never learnt: a change is checked against them.
    checks: Mapped[list[str]] = mapped_column(JSON, default=list)
    # How many months an answer may be relied on without being read again.
    review_months: Mapped[int] = mapped_column(default=REVIEWED_EVERY_MONTHS)
    # Kept with its history, and answered with no longer.
    archived_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]

    translations: Mapped[list[FaqTranslation]] = relationship(lazy="raise", order_by="FaqTranslation.locale")

    @property
    def due_on(self) -> date:
        """When somebody should read the answer against its source again."""
        months = self.reviewed_on.month - 1 + self.review_months
        year, month = self.reviewed_on.year + months // 12, months % 12 + 1
        return self.reviewed_on.replace(
            year=year, month=month, day=min(self.reviewed_on.day, monthrange(year, month)[1])
        )

    def source_in(self, locale: str) -> str:
        """Where the answer comes from, in a language where that is known, else in English."""
        translation = self.in_locale(locale)
        return (translation.source if translation else "") or self.source

    def links_in(self, locale: str) -> list[tuple[str, str]]:
        """Each link's label, in a language where that is known, and its address."""
        translation = self.in_locale(locale)
        labels = translation.link_labels if translation else []
        if len(labels) != len(self.links):
            labels = [label for label, _url in self.links]
        return [(label, url) for label, (_english, url) in zip(labels, self.links, strict=True)]

    def title_in(self, locale: str) -> str:
        """The question in a language where that is known, else in English."""
        translation = self.in_locale(locale)
        return translation.title if translation else self.title

    def in_locale(self, locale: str) -> FaqTranslation | None:
        """The translation into a language other than English; needs ``translations`` loaded."""
        return next((held for held in self.translations if held.locale == locale), None)


class FaqTranslation(Base):
    __tablename__ = "faq_translations"

    slug: Mapped[str] = mapped_column(ForeignKey("faq_entries.slug", ondelete="CASCADE"), primary_key=True)
    locale: Mapped[str] = mapped_column(String(5), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    answer: Mapped[str] = mapped_column(Text)
    # Empty where the English is shown.
    source: Mapped[str] = mapped_column(String(200), default="")
    # What the entry's links say, in their order; either as many as there are links, or none.
    link_labels: Mapped[list[str]] = mapped_column(JSON, default=list)
    # Whether a speaker of the language has read it.
    reviewed: Mapped[bool] = mapped_column(default=False)


async def all_entries(session: AsyncSession, *, archived: bool = False) -> list[FaqEntry]:
    """Every entry that is answered with, or all that are ``archived``, with translations, by slug."""
    rows = await session.scalars(
        select(FaqEntry)
        .where(FaqEntry.archived_at.is_not(None) if archived else FaqEntry.archived_at.is_(None))
        .options(selectinload(FaqEntry.translations))
        .order_by(FaqEntry.slug)
    )
    return list(rows)


async def by_slug(session: AsyncSession, slug: str) -> FaqEntry | None:
    """One entry with its translations, archived or not."""
    statement = select(FaqEntry).where(FaqEntry.slug == slug).options(selectinload(FaqEntry.translations))
    return await session.scalar(statement.execution_options(populate_existing=True))


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
    """The entries of some slugs with translations, in that order; those that are gone are left out."""
    rows = await session.scalars(
        select(FaqEntry).where(FaqEntry.slug.in_(slugs)).options(selectinload(FaqEntry.translations))
    )
    found = {row.slug: row for row in rows}
    return [found[slug] for slug in slugs if slug in found]
