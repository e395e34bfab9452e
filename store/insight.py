"""Insight: what came of the questions that were asked, counted by the database and by nobody's name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from store.asked_questions import AnswerVote, AskedQuestion, Came
from store.database import LARGEST_ID
from store.faq import FaqEntry, FaqTranslation


class Helped(StrEnum):
    """What came of a question, as its asker sees it: each question is of one kind."""

    YES = "yes"
    NO = "no"
    # It was answered, and its asker did not say whether that helped.
    UNSAID = "unsaid"
    # It was not known, nothing that was offered was chosen, or it went to the team.
    UNANSWERED = "unanswered"


_OPEN = (Helped.NO.value, Helped.UNANSWERED.value)


@dataclass(frozen=True, slots=True)
class AskedEntry:
    """An answer, and how often it was given; the title is the slug where the answer is gone.

    ``yes`` and ``no`` count the voices of everybody who read it, not of the asker alone.
    """

    slug: str
    title: str
    asked: int
    yes: int
    no: int


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question that found no answer, or none that helped; its asker is not among it."""

    id: int
    text: str
    outcome: str
    asked_at: datetime


async def by_period(session: AsyncSession, starts: Sequence[datetime]) -> list[dict[Helped, int]]:
    """How many questions of each kind were asked from each start to the next, and since the last one."""
    last = literal(len(starts) - 1)
    ends = ((AskedQuestion.asked_at < end, literal(number)) for number, end in enumerate(starts[1:]))
    period = case(*ends, else_=last) if starts[1:] else last
    each = (
        select(period.label("period"), _helped().label("helped"))
        .where(AskedQuestion.asked_at >= starts[0])
        .subquery()
    )
    found: list[dict[Helped, int]] = [dict.fromkeys(Helped, 0) for _start in starts]
    rows = await session.execute(
        select(each.c.period, each.c.helped, func.count()).group_by(each.c.period, each.c.helped)
    )
    for number, helped, count in rows:
        found[number][Helped(helped)] = count
    return found


async def by_entry(session: AsyncSession, since: datetime, locale: str) -> list[AskedEntry]:
    """Every answer that was given, titled in a language where that is known, the most asked first."""
    given = and_(AskedQuestion.asked_at >= since, AskedQuestion.entry.is_not(None))
    own = select(
        AskedQuestion.entry.label("slug"),
        literal(1).label("asked"),
        (case((AskedQuestion.helpful.is_(True), 1), else_=0) + AskedQuestion.others_for).label("yes"),
        (case((AskedQuestion.helpful.is_(False), 1), else_=0) + AskedQuestion.others_against).label("no"),
    ).where(given)
    others = (
        select(
            AskedQuestion.entry,
            literal(0),
            case((AnswerVote.helpful.is_(True), 1), else_=0),
            case((AnswerVote.helpful.is_(True), 0), else_=1),
        )
        .join(AnswerVote, AnswerVote.question_id == AskedQuestion.id)
        .where(given)
    )
    each = own.union_all(others).subquery()
    asked = func.sum(each.c.asked)
    title = func.coalesce(FaqTranslation.title, FaqEntry.title)
    translated = and_(FaqTranslation.slug == each.c.slug, FaqTranslation.locale == locale)
    rows = await session.execute(
        select(each.c.slug, title, asked, func.sum(each.c.yes), func.sum(each.c.no))
        .outerjoin(FaqEntry, FaqEntry.slug == each.c.slug)
        .outerjoin(FaqTranslation, translated)
        .group_by(each.c.slug, title)
        .order_by(asked.desc(), each.c.slug)
    )
    return [AskedEntry(slug, title or slug, int(n), int(yes), int(no)) for slug, title, n, yes, no in rows]


async def unanswered(session: AsyncSession, since: datetime, *, limit: int) -> list[OpenQuestion]:
    """What found no answer, or none that helped, and still has its words; the newest first."""
    rows = await session.execute(
        select(AskedQuestion.id, AskedQuestion.text, AskedQuestion.outcome, AskedQuestion.asked_at)
        .where(AskedQuestion.asked_at >= since, AskedQuestion.text != "", _helped().in_(_OPEN))
        .order_by(AskedQuestion.asked_at.desc(), AskedQuestion.id.desc())
        .limit(limit)
    )
    return [OpenQuestion(*row) for row in rows]


async def texts(session: AsyncSession, ids: Sequence[int]) -> list[str]:
    """The words of some questions, without those that have none any more."""
    rows = await session.scalars(
        select(AskedQuestion.text)
        .where(AskedQuestion.id.in_([one for one in ids if 0 < one <= LARGEST_ID]), AskedQuestion.text != "")
        .order_by(AskedQuestion.id)
    )
    return list(dict.fromkeys(rows))


async def first_at(session: AsyncSession) -> datetime | None:
    """When the oldest question that is kept was asked."""
    return await session.scalar(select(func.min(AskedQuestion.asked_at)))


def _helped() -> ColumnElement[str]:
    lost = or_(AskedQuestion.entry.is_(None), AskedQuestion.outcome.in_([Came.UNKNOWN, Came.HANDED_OVER]))
    return case(
        (AskedQuestion.helpful.is_(True), Helped.YES.value),
        (AskedQuestion.helpful.is_(False), Helped.NO.value),
        (lost, Helped.UNANSWERED.value),
        else_=Helped.UNSAID.value,
    )
