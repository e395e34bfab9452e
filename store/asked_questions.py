"""Asked questions: what people asked and what came of it, first without their names, then without words."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, ScalarSelect, String, Text, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import LARGEST_ID, Base


class Came(StrEnum):
    """What came of a question."""

    ANSWERED = "answered"
    OFFERED = "offered"
    UNKNOWN = "unknown"
    HANDED_OVER = "handed_over"


class AskedQuestion(Base):
    __tablename__ = "asked_questions"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Empty once it is too old to be kept.
    text: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(String(5))
    # None for a visitor, and for everybody after a while.
    member_id: Mapped[int | None] = mapped_column(ForeignKey("members.id", ondelete="SET NULL"), index=True)
    surface: Mapped[str] = mapped_column(String(20))
    # A digest of who asked and where, so that a follow-up finds it; emptied within days.
    conversation: Mapped[str] = mapped_column(String(64), index=True)
    outcome: Mapped[str] = mapped_column(String(12))
    # The entry it was answered with, or that its asker chose.
    entry: Mapped[str | None] = mapped_column(String(80))
    probability: Mapped[float]
    # What the asker thought of the answer.
    helpful: Mapped[bool | None]
    # How many others found it helpful or not, of the votes that have lost their people.
    others_for: Mapped[int] = mapped_column(default=0, server_default="0")
    others_against: Mapped[int] = mapped_column(default=0, server_default="0")
    asked_at: Mapped[datetime] = mapped_column(index=True)


class AnswerVote(Base):
    """What somebody else thought of an answer that was given in front of several people."""

    __tablename__ = "answer_votes"

    question_id: Mapped[int] = mapped_column(
        ForeignKey("asked_questions.id", ondelete="CASCADE"), primary_key=True
    )
    member_id: Mapped[int] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    helpful: Mapped[bool]


async def add(
    session: AsyncSession, text: str, *, locale: str, member_id: int | None, surface: str, conversation: str,
    outcome: Came, entry: str | None, probability: float, now: datetime,
) -> AskedQuestion:  # fmt: skip
    question = AskedQuestion(
        text=text,
        locale=locale,
        member_id=member_id,
        surface=surface,
        conversation=conversation,
        outcome=outcome,
        entry=entry,
        probability=probability,
        helpful=None,
        others_for=0,
        others_against=0,
        asked_at=now,
    )
    session.add(question)
    await session.flush()
    return question


async def by_id(session: AsyncSession, question_id: int) -> AskedQuestion | None:
    return await session.get(AskedQuestion, question_id) if 0 < question_id <= LARGEST_ID else None


async def before(session: AsyncSession, conversation: str, since: datetime) -> AskedQuestion | None:
    """The last question of a conversation that was asked since a time and led somewhere."""
    return await session.scalar(
        select(AskedQuestion)
        .where(
            AskedQuestion.conversation == conversation,
            AskedQuestion.asked_at >= since,
            AskedQuestion.outcome.in_([Came.ANSWERED, Came.OFFERED]),
        )
        .order_by(AskedQuestion.id.desc())
        .limit(1)
    )


async def vote(session: AsyncSession, question_id: int, member_id: int, *, helpful: bool) -> None:
    """One vote a person and answer; a later one replaces it."""
    held = await session.get(AnswerVote, (question_id, member_id))
    if held is None:
        session.add(AnswerVote(question_id=question_id, member_id=member_id, helpful=helpful))
    else:
        held.helpful = helpful
    await session.flush()


async def forget_conversations_before(session: AsyncSession, before: datetime) -> None:
    """Questions asked before a time are nobody's last question any more."""
    await session.execute(
        update(AskedQuestion)
        .where(AskedQuestion.asked_at < before, AskedQuestion.conversation != "")
        .values(conversation="")
    )


async def forget_people_before(session: AsyncSession, before: datetime) -> None:
    """Who asked, and who else judged the answer: those are only counted from then on."""
    old = select(AskedQuestion.id).where(AskedQuestion.asked_at < before)

    def votes(*, helpful: bool) -> ScalarSelect[int]:
        count = select(func.count()).where(
            AnswerVote.question_id == AskedQuestion.id, AnswerVote.helpful.is_(helpful)
        )
        return count.scalar_subquery()

    await session.execute(
        update(AskedQuestion)
        .where(AskedQuestion.id.in_(select(AnswerVote.question_id).where(AnswerVote.question_id.in_(old))))
        .values(
            others_for=AskedQuestion.others_for + votes(helpful=True),
            others_against=AskedQuestion.others_against + votes(helpful=False),
        )
        .execution_options(synchronize_session=False)
    )
    await session.execute(delete(AnswerVote).where(AnswerVote.question_id.in_(old)))
    await session.execute(
        update(AskedQuestion)
        .where(AskedQuestion.asked_at < before, AskedQuestion.member_id.is_not(None))
        .values(member_id=None)
    )


async def forget_texts_before(session: AsyncSession, before: datetime) -> None:
    await session.execute(
        update(AskedQuestion).where(AskedQuestion.asked_at < before, AskedQuestion.text != "").values(text="")
    )
