"""Choices that administrators make in the product: channels, switches and marks, by name."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from store.database import Base

SEEDED_AT = "seeded_at"  # When the files of DATA_DIR filled the empty tables.
DEMO = "demo"  # Set in a database that demo mode made; no other mode opens it.
SLACK_TEAM = "slack.team"  # The workspace this database belongs to.
SLACK_KNOWN_AT = "slack.known_at"  # When the people who were there before the bot were noted.
SLACK_SYNCED_AT = "slack.synced_at"  # When Slack's list of people was last read, in seconds.
REVIEW_CHANNEL = "channel.review"
ANNOUNCEMENT_CHANNEL = "channel.announcements"
HANDOVER_CHANNEL = "channel.handover"
FAQ_NOT_OURS = "faq.not_ours"  # Questions that are not for us to answer, one a line.
FAQ_REVIEWS_TOLD = "faq.reviews_told"  # The day on which answers to check were last looked for.
MEMBER_LIST_COMPLETE = "members.list_complete"


class Choice(Base):
    __tablename__ = "choices"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    chosen_at: Mapped[datetime]


async def get(session: AsyncSession, name: str) -> str | None:
    return await session.scalar(select(Choice.value).where(Choice.name == name))


async def put(session: AsyncSession, name: str, value: str, *, now: datetime) -> None:
    """Choose; an empty value takes the choice back."""
    held = await session.get(Choice, name)
    if not value:
        if held is not None:
            await session.delete(held)
    elif held is None:
        session.add(Choice(name=name, value=value, chosen_at=now))
    else:
        held.value, held.chosen_at = value, now
    await session.flush()
