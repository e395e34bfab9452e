"""Announcing: whom a post is for, and the channels where they read it, each with its language."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handlers.kit.updates import Place, PlaceKind
from handlers.kit.words import DEFAULT_LOCALE
from store import choices, groups
from store.group_channels import GroupChannel
from store.groups import Group, GroupKind, GroupState


@dataclass(frozen=True, slots=True)
class Board:
    """A channel to post to, and the language that is spoken there."""

    place: Place
    locale: str


async def groups_for(session: AsyncSession, group_ids: Collection[int]) -> Collection[int]:
    """The groups that an announcement goes to: those named; without any, those for announcements."""
    if group_ids:
        return group_ids
    return [group.id for group in await groups.active(session, kind=GroupKind.ANNOUNCEMENTS)]


async def boards(session: AsyncSession, group_ids: Collection[int]) -> list[Board]:
    """The channels of some groups. Without any group, those of the groups for announcements, and the
    network's channel for announcements where none of them has it."""
    found: dict[tuple[str, str], Board] = {}
    ids = await groups_for(session, group_ids)
    for _group_id, platform, external_id, language in await _channels(session, ids):
        found.setdefault((platform, external_id), _board(platform, external_id, language))
    if not group_ids:
        chosen = await choices.get(session, choices.ANNOUNCEMENT_CHANNEL)
        platform, _colon, external_id = (chosen or "").partition(":")
        if external_id:
            found.setdefault((platform, external_id), _board(platform, external_id, DEFAULT_LOCALE))
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
