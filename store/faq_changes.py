"""Changes to the knowledge base: the versions of each entry, and changes that wait to be published."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store import faq
from store.database import Base
from store.faq import REVIEWED_EVERY_MONTHS, FaqEntry, FaqTranslation

# All that an entry says, as JSON can hold it: what ``content_of`` makes.
Content = dict[str, Any]
WELSH = "cy"


class Act(StrEnum):
    """What made a version."""

    DELIVERED = "delivered"
    EDITED = "edited"
    RESTORED = "restored"
    ARCHIVED = "archived"
    REOPENED = "reopened"
    IMPORTED = "imported"


class FaqVersion(Base):
    """An entry as it was from one change to the next."""

    __tablename__ = "faq_versions"
    __table_args__ = (UniqueConstraint("slug", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(ForeignKey("faq_entries.slug", ondelete="CASCADE"))
    # From 1 on, for each entry.
    number: Mapped[int]
    at: Mapped[datetime]
    # None: it came with the files, or from the operator on the command line.
    author_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"), index=True)
    act: Mapped[str] = mapped_column(String(20))
    content: Mapped[Content] = mapped_column(JSON)


class FaqChange(Base):
    """What somebody has written and not yet published."""

    __tablename__ = "faq_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Of the entry, which is not there yet where it is a new one.
    slug: Mapped[str] = mapped_column(String(80), index=True)
    # The version that it was written over; 0 where there was none.
    base: Mapped[int]
    content: Mapped[Content] = mapped_column(JSON)
    # The cards as they read when it was written, by language.
    preview: Mapped[dict[str, Any]] = mapped_column(JSON)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    # What the check found; null until it has run.
    findings: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    # When it was published, thrown away or written anew.
    closed_at: Mapped[datetime | None]


def content_of(entry: FaqEntry) -> Content:
    """All that an entry says; needs its translations loaded."""
    welsh = entry.in_locale(WELSH)
    return {
        "title": entry.title,
        "answer": entry.answer,
        "source": entry.source,
        "reviewed_on": entry.reviewed_on.isoformat(),
        "review_months": entry.review_months,
        "links": [list(link) for link in entry.links],
        "commands": list(entry.commands),
        "pages": list(entry.pages),
        "related": list(entry.related),
        "examples": list(entry.examples),
        "checks": list(entry.checks),
        "cy": {
            "title": welsh.title,
            "answer": welsh.answer,
            "source": welsh.source,
            "link_labels": list(welsh.link_labels),
            "reviewed": welsh.reviewed,
        }
        if welsh
        else None,
    }


def entry_of(slug: str, content: Content, now: datetime) -> FaqEntry:
    """An entry that says this, belonging to no session."""
    entry = FaqEntry(slug=slug, archived_at=None, updated_at=now)
    _fill(entry, content)
    entry.translations = [_welsh(slug, content["cy"])] if content["cy"] else []
    return entry


async def write(
    session: AsyncSession, slug: str, content: Content, act: Act, *, author_id: int | None, now: datetime
) -> bool:  # fmt: skip
    """Make an entry say this, and keep the version. False when it says so already."""
    entry = await faq.by_slug(session, slug)
    if entry is None:
        entry = entry_of(slug, content, now)
        session.add(entry)
        await session.flush()
        await _keep(session, slug, 1, content, act, author_id, now)
        return True
    archived = act is Act.ARCHIVED
    before = content_of(entry)
    if before == content and archived == (entry.archived_at is not None):
        return False
    last = await number_of(session, slug)
    if last == 0:
        await _keep(session, slug, 1, before, Act.DELIVERED, None, entry.updated_at)
        last = 1
    _fill(entry, content)
    entry.archived_at = now if archived else None
    entry.updated_at = now
    held = entry.in_locale(WELSH)
    if held is not None and not content["cy"]:
        await session.delete(held)
    elif held is not None:
        held.title, held.answer = content["cy"]["title"], content["cy"]["answer"]
        held.source, held.link_labels = _around(content["cy"])
        held.reviewed = content["cy"]["reviewed"]
    elif content["cy"]:
        session.add(_welsh(slug, content["cy"]))
    await _keep(session, slug, last + 1, content, act, author_id, now)
    return True


async def number_of(session: AsyncSession, slug: str) -> int:
    """The number of an entry's newest version; 0 where it was never changed."""
    newest = select(FaqVersion.number).where(FaqVersion.slug == slug).order_by(FaqVersion.number.desc())
    return await session.scalar(newest.limit(1)) or 0


async def history(session: AsyncSession, slug: str, *, limit: int = 50) -> list[FaqVersion]:
    """An entry's versions, newest first."""
    rows = select(FaqVersion).where(FaqVersion.slug == slug).order_by(FaqVersion.number.desc())
    return list(await session.scalars(rows.limit(limit)))


async def version(session: AsyncSession, slug: str, number: int) -> FaqVersion | None:
    return await session.scalar(
        select(FaqVersion).where(FaqVersion.slug == slug, FaqVersion.number == number)
    )


async def propose(
    session: AsyncSession, slug: str, base: int, content: Content, preview: dict[str, Any], *,
    author_id: int, now: datetime,
) -> FaqChange:  # fmt: skip
    """Keep what somebody has written, in the place of what they wrote before."""
    await session.execute(
        update(FaqChange)
        .where(FaqChange.slug == slug, FaqChange.author_id == author_id, FaqChange.closed_at.is_(None))
        .values(closed_at=now)
    )
    change = FaqChange(
        slug=slug, base=base, content=content, preview=preview, author_id=author_id, at=now, findings=None,
        closed_at=None,
    )  # fmt: skip
    session.add(change)
    await session.flush()
    return change


async def is_changing(session: AsyncSession, slug: str, author_id: int) -> bool:
    """Whether somebody has written a change to an entry that is neither published nor thrown away."""
    waiting = select(FaqChange.id).where(
        FaqChange.slug == slug, FaqChange.author_id == author_id, FaqChange.closed_at.is_(None)
    )
    return await session.scalar(waiting.limit(1)) is not None


async def change_by_id(session: AsyncSession, change_id: int, *, lock: bool = False) -> FaqChange | None:
    statement = select(FaqChange).where(FaqChange.id == change_id)
    return await session.scalar(statement.with_for_update() if lock else statement)


async def unchecked(session: AsyncSession) -> FaqChange | None:
    """The oldest change that waits for its check."""
    waiting = select(FaqChange).where(FaqChange.findings.is_(None), FaqChange.closed_at.is_(None))
    return await session.scalar(waiting.order_by(FaqChange.id).limit(1))


async def slug_taken(session: AsyncSession, slug: str) -> bool:
    """Whether an entry, or a change that waits to become one, has this name."""
    if await session.get(FaqEntry, slug) is not None:
        return True
    waiting = select(FaqChange.id).where(FaqChange.slug == slug, FaqChange.closed_at.is_(None))
    return await session.scalar(waiting.limit(1)) is not None


def _fill(entry: FaqEntry, content: Content) -> None:
    entry.title, entry.answer = content["title"], content["answer"]
    entry.source = content["source"]
    entry.reviewed_on = date.fromisoformat(content["reviewed_on"])
    entry.review_months = content.get("review_months", REVIEWED_EVERY_MONTHS)
    entry.links = [list(link) for link in content["links"]]
    entry.commands, entry.pages = list(content["commands"]), list(content["pages"])
    entry.related, entry.examples = list(content["related"]), list(content["examples"])
    entry.checks = list(content["checks"])


def _welsh(slug: str, words: dict[str, Any]) -> FaqTranslation:
    source, link_labels = _around(words)
    return FaqTranslation(
        slug=slug, locale=WELSH, title=words["title"], answer=words["answer"], source=source,
        link_labels=link_labels, reviewed=words["reviewed"],
    )  # fmt: skip


def _around(words: dict[str, Any]) -> tuple[str, list[str]]:
    """The source and what the links say; versions of old have neither."""
    return words.get("source", ""), list(words.get("link_labels", ()))


async def _keep(
    session: AsyncSession, slug: str, number: int, content: Content, act: Act, author_id: int | None,
    at: datetime,
) -> None:  # fmt: skip
    session.add(
        FaqVersion(slug=slug, number=number, at=at, author_id=author_id, act=act.value, content=content)
    )
    await session.flush()
