"""Case studies: what members did and learned, from submission through review to the public page."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    cast,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, contains_eager, mapped_column, relationship

from store.database import LARGEST_ID, Base
from store.organisations import Organisation
from store.slugs import slug_of

# More words than this narrow a search no further.
MOST_WORDS = 12
S = TypeVar("S")


class State(StrEnum):
    SUBMITTED = "submitted"
    CHANGES_REQUESTED = "changes_requested"
    PUBLISHED = "published"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class WrongState(Exception):
    """What was asked of a case study is not possible in the state it is in."""

    def __init__(self, state: State) -> None:
        super().__init__(f"not possible for a case study that is {state}")
        self.state = state


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What an author writes. Themes and principles are slugs of tags, links are web addresses."""

    title: str
    organisation_id: int
    themes: list[str]
    principles: list[str]
    year: int
    challenge: str
    done: str
    outcomes: str
    learning: str
    links: list[str]
    contact: str


class CaseStudy(Base):
    """The newest version of a case study. ``organisation`` is there where a query of this module
    loaded it."""

    __tablename__ = "case_studies"
    __table_args__ = (
        Index(None, "state", "published_at"),
        Index(None, "state", "submitted_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # Made from the first title; it stays when the title changes, so that links keep working.
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    themes: Mapped[list[str]] = mapped_column(JSON)
    principles: Mapped[list[str]] = mapped_column(JSON)
    year: Mapped[int]
    challenge: Mapped[str] = mapped_column(Text)
    done: Mapped[str] = mapped_column(Text)
    outcomes: Mapped[str] = mapped_column(Text)
    learning: Mapped[str] = mapped_column(Text)
    links: Mapped[list[str]] = mapped_column(JSON)
    contact: Mapped[str] = mapped_column(String(300))
    consent_at: Mapped[datetime]
    # None when the author's record has been erased.
    author_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"), index=True)
    state: Mapped[str] = mapped_column(String(20))
    submitted_at: Mapped[datetime]
    # When this version was decided on; None while it waits.
    decided_at: Mapped[datetime | None]
    # When it last came out; kept when it is withdrawn, so that its page can say that it is gone.
    published_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]
    # Counts from 1; each time the author sends it again is a new version.
    version: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation] = relationship(lazy="raise", viewonly=True)

    @property
    def is_public(self) -> bool:
        return self.state == State.PUBLISHED

    @property
    def is_gone(self) -> bool:
        """Whether it was public once and is no longer."""
        return self.published_at is not None and not self.is_public

    @property
    def can_be_sent_again(self) -> bool:
        return self.state in (State.CHANGES_REQUESTED, State.WITHDRAWN)

    @property
    def can_be_withdrawn(self) -> bool:
        return self.state != State.WITHDRAWN

    def publish(self, now: datetime) -> None:
        """:raises WrongState: it does not wait for a decision."""
        self._decide(State.PUBLISHED, now)
        self.published_at = now

    def request_changes(self, now: datetime) -> None:
        """:raises WrongState: it does not wait for a decision."""
        self._decide(State.CHANGES_REQUESTED, now)

    def decline(self, now: datetime) -> None:
        """:raises WrongState: it does not wait for a decision."""
        self._decide(State.DECLINED, now)

    def send_again(self, content: Content, now: datetime) -> None:
        """Begin a new version, which waits for a decision of its own.

        :raises WrongState: nobody asked for changes and the author did not withdraw it.
        """
        if not self.can_be_sent_again:
            raise WrongState(State(self.state))
        for name, value in asdict(content).items():
            setattr(self, name, value)
        self.state = State.SUBMITTED
        self.version += 1
        self.consent_at = self.submitted_at = self.updated_at = now
        self.decided_at = None

    def withdraw(self, now: datetime) -> None:
        """:raises WrongState: it is withdrawn already."""
        if not self.can_be_withdrawn:
            raise WrongState(State(self.state))
        self.state = State.WITHDRAWN
        self.updated_at = now

    def _decide(self, state: State, now: datetime) -> None:
        if self.state != State.SUBMITTED:
            raise WrongState(State(self.state))
        self.state = state
        self.decided_at = self.updated_at = now


_SEARCHED = (
    CaseStudy.title,
    CaseStudy.challenge,
    CaseStudy.done,
    CaseStudy.outcomes,
    CaseStudy.learning,
    Organisation.name,
    # What became of the organisation: its case studies are found under the new name, too.
    Organisation.now_called,
)


class CaseStudyPartner(Base):
    """Another organisation that takes part."""

    __tablename__ = "case_study_partners"

    case_study_id: Mapped[int] = mapped_column(
        ForeignKey("case_studies.id", ondelete="CASCADE"), primary_key=True
    )
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True, index=True
    )


async def add(session: AsyncSession, content: Content, *, author_id: int, now: datetime) -> CaseStudy:
    """Submit a new case study under a slug that no other has."""
    insert_one = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgres_insert
    values: dict[str, Any] = {
        **asdict(content),
        "author_id": author_id,
        "state": State.SUBMITTED,
        "consent_at": now,
        "submitted_at": now,
        "updated_at": now,
        "version": 1,
    }
    base = slug_of(content.title) or "case-study"
    taken = set(await session.scalars(select(CaseStudy.slug).where(CaseStudy.slug.startswith(base))))
    number = 1
    while True:
        slug = base if number == 1 else f"{base}-{number}"
        number += 1
        if slug in taken:
            continue
        # Somebody may be taking the same slug in another transaction: the unique key decides.
        added = await session.execute(
            insert_one(CaseStudy)
            .values(slug=slug, **values)
            .on_conflict_do_nothing(index_elements=["slug"])
            .returning(CaseStudy.id)
        )
        row = added.first()
        if row is not None:
            study = await by_id(session, row[0])
            if study is None:
                raise LookupError("the case study just added is not there")
            return study


async def by_id(session: AsyncSession, study_id: int, *, lock: bool = False) -> CaseStudy | None:
    """``lock`` holds the row until the transaction ends, so that of two deciders one comes second."""
    if not 0 < study_id <= LARGEST_ID:
        return None
    statement = _with_organisation().where(CaseStudy.id == study_id)
    if lock:
        statement = statement.with_for_update(of=CaseStudy).execution_options(populate_existing=True)
    return await session.scalar(statement)


async def by_slug(session: AsyncSession, slug: str) -> CaseStudy | None:
    """In whatever state: ``is_public`` and ``is_gone`` say what its page may show."""
    return await session.scalar(_with_organisation().where(CaseStudy.slug == slug))


async def published(
    session: AsyncSession, *, theme: str | None = None, principle: str | None = None,
    organisation_id: int | None = None, query: str = "", limit: int = 20, offset: int = 0,
) -> list[CaseStudy]:  # fmt: skip
    """Newest first. An organisation's are those it leads and those it takes part in; every word of
    ``query`` has to stand somewhere in the text or the name of the organisation."""
    chosen = _published(_with_organisation(), theme, principle, organisation_id, query)
    rows = await session.scalars(
        chosen.order_by(CaseStudy.published_at.desc(), CaseStudy.id.desc()).limit(limit).offset(offset)
    )
    return list(rows)


async def count_published(
    session: AsyncSession, *, theme: str | None = None, principle: str | None = None,
    organisation_id: int | None = None, query: str = "",
) -> int:  # fmt: skip
    counted = select(func.count()).select_from(CaseStudy).join(CaseStudy.organisation)
    return await session.scalar(_published(counted, theme, principle, organisation_id, query)) or 0


async def waiting(session: AsyncSession, *, limit: int | None = None) -> list[CaseStudy]:
    """What waits for a decision, the longest wait first."""
    rows = await session.scalars(
        _with_organisation()
        .where(CaseStudy.state == State.SUBMITTED)
        .order_by(CaseStudy.submitted_at, CaseStudy.id)
        .limit(limit)
    )
    return list(rows)


async def of_author(session: AsyncSession, member_id: int, *, limit: int | None = None) -> list[CaseStudy]:
    """Everything a member submitted, what changed last first."""
    rows = await session.scalars(
        _with_organisation()
        .where(CaseStudy.author_id == member_id)
        .order_by(CaseStudy.updated_at.desc(), CaseStudy.id.desc())
        .limit(limit)
    )
    return list(rows)


async def partners_of(session: AsyncSession, ids: Collection[int]) -> dict[int, list[Organisation]]:
    """The other organisations of some case studies, by the study's id, in order of name."""
    partners: dict[int, list[Organisation]] = {study_id: [] for study_id in ids}
    rows = await session.execute(
        select(CaseStudyPartner.case_study_id, Organisation)
        .join(Organisation, Organisation.id == CaseStudyPartner.organisation_id)
        .where(CaseStudyPartner.case_study_id.in_(partners))
        .order_by(Organisation.name)
    )
    for study_id, organisation in rows:
        partners[study_id].append(organisation)
    return partners


async def set_partners(session: AsyncSession, study: CaseStudy, organisation_ids: Iterable[int]) -> None:
    """The other organisations from now on; the one that leads is never its own partner."""
    await session.execute(delete(CaseStudyPartner).where(CaseStudyPartner.case_study_id == study.id))
    others = sorted(set(organisation_ids) - {study.organisation_id})
    if others:
        await session.execute(
            insert(CaseStudyPartner),
            [{"case_study_id": study.id, "organisation_id": organisation_id} for organisation_id in others],
        )


def _with_organisation() -> Select[CaseStudy]:
    return select(CaseStudy).join(CaseStudy.organisation).options(contains_eager(CaseStudy.organisation))


def _published(
    statement: Select[S], theme: str | None, principle: str | None, organisation_id: int | None, query: str
) -> Select[S]:
    statement = statement.where(CaseStudy.state == State.PUBLISHED)
    for column, slug in ((CaseStudy.themes, theme), (CaseStudy.principles, principle)):
        if slug is not None:
            # A list of slugs is kept as JSON text, in which each stands between quotation marks.
            statement = statement.where(cast(column, Text).contains(f'"{slug}"', autoescape=True))
    if organisation_id is not None:
        takes_part = exists().where(
            CaseStudyPartner.case_study_id == CaseStudy.id,
            CaseStudyPartner.organisation_id == organisation_id,
        )
        statement = statement.where(or_(CaseStudy.organisation_id == organisation_id, takes_part))
    for word in query.lower().split()[:MOST_WORDS]:
        statement = statement.where(
            or_(*(func.lower(column).contains(word, autoescape=True) for column in _SEARCHED))
        )
    return statement
