"""Announcing: one post in the channel of each group concerned, in the group's language."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handlers.kit.context import Compose, Context
from handlers.kit.updates import Place, PlaceKind
from handlers.kit.words import DEFAULT_LOCALE, LOCALES
from store import choices
from store.group_channels import GroupChannel
from store.groups import Group, GroupState


@dataclass(frozen=True, slots=True)
class Board:
    """A channel to post to, and the language that is spoken there."""

    place: Place
    locale: str


async def boards(session: AsyncSession, group_ids: Collection[int]) -> list[Board]:
    """The channels of some groups; without any group, the network's channel for announcements. A channel
    that several groups share is one board."""
    if not group_ids:
        chosen = await choices.get(session, choices.ANNOUNCEMENT_CHANNEL)
        platform, _colon, external_id = (chosen or "").partition(":")
        return [_board(platform, external_id, DEFAULT_LOCALE)] if external_id else []
    rows = await session.execute(
        select(GroupChannel.platform, GroupChannel.external_id, Group.language)
        .join(Group, Group.id == GroupChannel.group_id)
        .where(Group.id.in_(group_ids), Group.state == GroupState.ACTIVE, GroupChannel.joined.is_(True))
        .order_by(Group.id)
    )
    found: dict[tuple[str, str], Board] = {}
    for platform, external_id, language in rows:
        found.setdefault((platform, external_id), _board(platform, external_id, language))
    return list(found.values())


async def post(context: Context, boards: Iterable[Board], compose: Compose, *, key: str) -> int:
    """Post once on each board; ``change`` finds the posts again by the key. Returns how many are new."""
    posted = 0
    for board in boards:
        words = context.surroundings.catalogues.words(board.locale)
        posted += await context.send(board.place, compose(words), key=f"{key}:{board.locale}")
    return posted


async def change(context: Context, compose: Compose, *, key: str) -> None:
    """Change every post that was made under a key, each in the language of its board."""
    for locale in LOCALES:
        words = context.surroundings.catalogues.words(locale)
        await context.edit(f"{key}:{locale}", compose(words))


def _board(platform: str, external_id: str, language: str) -> Board:
    return Board(Place(platform, PlaceKind.CHANNEL, external_id), language)
