"""Reviews of case studies: what was decided on each version, by whom and why."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.case_studies import CaseStudy
from store.database import Base
from store.members import Member


class Decision(StrEnum):
    """What a reviewer may decide; each is the state that it leads to."""

    PUBLISHED = "published"
    CHANGES_REQUESTED = "changes_requested"
    DECLINED = "declined"


class CaseStudyReview(Base):
    """What was decided on one version, by whom and why."""

    __tablename__ = "case_study_reviews"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_study_id: Mapped[int] = mapped_column(ForeignKey("case_studies.id", ondelete="CASCADE"), index=True)
    version: Mapped[int]
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"), index=True)
    decision: Mapped[str] = mapped_column(String(20))
    # What the author is told; empty where it was published.
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]


async def add(
    session: AsyncSession, study: CaseStudy, decision: Decision, *, reviewer_id: int, note: str = "",
    now: datetime,
) -> None:  # fmt: skip
    """Write down what was decided on the study's present version."""
    session.add(
        CaseStudyReview(
            case_study_id=study.id,
            version=study.version,
            reviewer_id=reviewer_id,
            decision=decision,
            note=note,
            at=now,
        )
    )
    await session.flush()


async def of_study(session: AsyncSession, study_id: int) -> list[tuple[CaseStudyReview, Member | None]]:
    """Every decision with who took it, the newest first; None is a reviewer whose record was erased."""
    rows = await session.execute(
        select(CaseStudyReview, Member)
        .outerjoin(Member, Member.id == CaseStudyReview.reviewer_id)
        .where(CaseStudyReview.case_study_id == study_id)
        .order_by(CaseStudyReview.id.desc())
    )
    return [(review, member) for review, member in rows]


async def last_notes(session: AsyncSession, ids: Collection[int]) -> dict[int, str]:
    """The note of the last decision on each case study that has one, by the study's id."""
    last = (
        select(func.max(CaseStudyReview.id))
        .where(CaseStudyReview.case_study_id.in_(list(ids)))
        .group_by(CaseStudyReview.case_study_id)
    )
    rows = await session.execute(
        select(CaseStudyReview.case_study_id, CaseStudyReview.note).where(CaseStudyReview.id.in_(last))
    )
    return {row[0]: row[1] for row in rows}
