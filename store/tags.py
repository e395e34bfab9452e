"""Tags: the themes and principles that case studies and projects are filed under."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base


class TagKind(StrEnum):
    THEME = "theme"
    PRINCIPLE = "principle"


class Tag(Base):
    """A slug never changes, since what is filed under a tag holds it; the names may."""

    __tablename__ = "tags"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    # Empty where nobody has put it into Welsh yet.
    name_cy: Mapped[str] = mapped_column(String(120), default="")
    # Where it stands among its kind, from 0.
    position: Mapped[int] = mapped_column(default=0)

    def label(self, locale: str) -> str:
        """The name in a reader's language; in English where there is no other."""
        return self.name_cy if locale == "cy" and self.name_cy else self.name


async def of_kind(session: AsyncSession, kind: TagKind) -> list[Tag]:
    """Every tag of a kind, in the network's own order."""
    rows = await session.scalars(select(Tag).where(Tag.kind == kind).order_by(Tag.position, Tag.slug))
    return list(rows)


def labels(known: Iterable[Tag], slugs: Iterable[str], locale: str) -> list[str]:
    """The names of some slugs, in the order of the known tags; a tag that is gone shows its slug."""
    wanted = list(slugs)
    named = {tag.slug: tag.label(locale) for tag in known if tag.slug in wanted}
    return [*named.values(), *(slug for slug in wanted if slug not in named)]
