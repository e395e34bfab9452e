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
from store.profiles import MessageKind


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
    found: dict[tuple[str, str], Board] = {}
    for _group_id, platform, external_id, language in await _channels(session, group_ids):
        found.setdefault((platform, external_id), _board(platform, external_id, language))
    return list(found.values())


async def boards_of(
    session: AsyncSession, several: Collection[Collection[int]]
) -> dict[tuple[int, ...], int]:
    """How many boards each list of group ids has."""
    channels = await _channels(session, {one for ids in several for one in ids})
    by_group: dict[int, set[tuple[str, str]]] = {}
    for group_id, platform, external_id, _language in channels:
        by_group.setdefault(group_id, set()).add((platform, external_id))
    found = {
        tuple(ids): len({channel for one in ids for channel in by_group.get(one, ())}) for ids in several
    }
    if () in found:
        found[()] = len(await boards(session, ()))
    return found


async def post(
    context: Context, boards: Iterable[Board], compose: Compose, *, key: str,
    kind: MessageKind | None = None,
) -> int:  # fmt: skip
    """Post once on each board; ``change`` finds the posts again by the key. An announcement has a kind,
    and waits while all of them are on hold. Returns how many are new."""
    posted = 0
    for board in boards:
        words = context.surroundings.catalogues.words(board.locale)
        posted += await context.send(board.place, compose(words), key=f"{key}:{board.locale}", kind=kind)
    return posted


async def change(context: Context, compose: Compose, *, key: str) -> None:
    """Change every post that was made under a key, each in the language of its board."""
    for locale in LOCALES:
        words = context.surroundings.catalogues.words(locale)
        await context.edit(f"{key}:{locale}", compose(words))


async def _channels(session: AsyncSession, group_ids: Collection[int]) -> list[tuple[int, str, str, str]]:
    """The channels of active groups that the bot is in: group, platform, id there and language."""
    rows = await session.execute(
        select(Group.id, GroupChannel.platform, GroupChannel.external_id, Group.language)
        .join(Group, Group.id == GroupChannel.group_id)
        .where(Group.id.in_(group_ids), Group.state == GroupState.ACTIVE, GroupChannel.joined.is_(True))
        .order_by(Group.id)
    )
    return [(group, platform, channel, language) for group, platform, channel, language in rows]


def _board(platform: str, external_id: str, language: str) -> Board:
    return Board(Place(platform, PlaceKind.CHANNEL, external_id), language)
