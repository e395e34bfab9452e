"""Drafts: what a person has typed into a form and not yet sent."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base


class Draft(Base):
    """The raw answers to one form, kept on the server; only ``id`` travels to a client."""

    __tablename__ = "drafts"
    __table_args__ = (Index(None, "member_id", "form"), Index(None, "updated_at"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    form: Mapped[str] = mapped_column(String(80))
    # What the form is about (a case study's id, say); empty for something new.
    subject: Mapped[str] = mapped_column(String(80), default="")
    answers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    step: Mapped[int] = mapped_column(default=0)
    # Whether the person has typed anything; an untouched draft is never offered again.
    touched: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    def save(self, answers: dict[str, Any], *, now: datetime, step: int | None = None) -> None:
        """Keep what was typed over what was there."""
        # Closing a form tells of every field; an empty one that was empty is nothing that was typed.
        if any((value or "") != (self.answers.get(name) or "") for name, value in answers.items()):
            self.touched = True
        self.answers = {**self.answers, **answers}
        if step is not None:
            self.step = step
        self.updated_at = now

    def send(self, now: datetime) -> None:
        """Mark as sent; what was typed now stands where it was sent to."""
        self.sent_at = now
        self.answers = {}


async def start(
    session: AsyncSession, member_id: int, form: str, subject: str, answers: dict[str, Any], *, now: datetime
) -> Draft:
    draft = Draft(
        id=secrets.token_urlsafe(16),
        member_id=member_id,
        form=form,
        subject=subject,
        answers=answers,
        step=0,
        touched=False,
        created_at=now,
        updated_at=now,
        sent_at=None,
    )
    session.add(draft)
    await session.flush()
    return draft


async def of_member(
    session: AsyncSession, draft_id: str, member_id: int, *, lock: bool = False
) -> Draft | None:
    """A draft belongs to its owner: anybody else's is as good as none. ``lock`` holds it until the
    transaction ends, so that a form that is sent twice at once is sent once."""
    statement = select(Draft).where(Draft.id == draft_id, Draft.member_id == member_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return await session.scalar(statement)


async def unfinished(session: AsyncSession, member_id: int, form: str, subject: str) -> Draft | None:
    """The newest draft of this form that the person has typed into and not sent."""
    return await session.scalar(
        select(Draft)
        .where(
            Draft.member_id == member_id,
            Draft.form == form,
            Draft.subject == subject,
            Draft.touched.is_(True),
            Draft.sent_at.is_(None),
        )
        .order_by(Draft.updated_at.desc())
        .limit(1)
    )


async def waiting(session: AsyncSession, member_id: int, *, limit: int) -> list[Draft]:
    """Forms that a person has typed into and not sent, the newest first."""
    rows = await session.scalars(
        select(Draft)
        .where(Draft.member_id == member_id, Draft.touched.is_(True), Draft.sent_at.is_(None))
        .order_by(Draft.updated_at.desc())
        .limit(limit)
    )
    return list(rows)


async def empty(
    session: AsyncSession, form: str, subject: str | Collection[str], member_id: int | None = None
) -> None:
    """Let go of what somebody typed into a form that they sent from another draft, or that has no use any
    more, about one subject or several; without a member, of what anybody did."""
    subjects = [subject] if isinstance(subject, str) else subject
    statement = update(Draft).where(Draft.form == form, Draft.subject.in_(subjects))
    if member_id is not None:
        statement = statement.where(Draft.member_id == member_id)
    await session.execute(statement.values(answers={}, touched=False))


async def forget_before(
    session: AsyncSession, untouched: datetime, touched: datetime, *, brief: Collection[str] = ()
) -> int:
    """Delete drafts not changed since; sent and untouched ones, and those of the forms in ``brief``, go by
    the first date. Returns how many."""
    stale = or_(
        Draft.updated_at < touched,
        (Draft.updated_at < untouched)
        & (Draft.touched.is_(False) | Draft.sent_at.is_not(None) | Draft.form.in_(brief)),
    )
    result = await session.execute(delete(Draft).where(stale).returning(Draft.id))
    return len(result.all())
