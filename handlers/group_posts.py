"""Posts: what the bot says to a whole group, in its channels and on its page, and the changes to it."""

from __future__ import annotations

from handlers.kit.context import Compose, Context
from handlers.kit.updates import Place, PlaceKind
from store import choices, group_channels, group_posts, groups
from store.groups import Group, GroupKind
from store.profiles import MessageKind


async def post(
    context: Context, group: Group, message: Compose, *, key: str, kind: MessageKind | None = None
) -> bool:
    """Say something in every channel of a group, in the group's language, and keep it for its page. False
    when this key has been posted there before."""
    said = message(context.surroundings.catalogues.words(group.language))
    held = said.model_dump(mode="json")
    if not await group_posts.add(context.session, group.id, key=key, message=held, now=context.now):
        return False
    for channel in await group_channels.of_group(context.session, group.id):
        if not channel.problem:
            place = Place(channel.platform, PlaceKind.CHANNEL, channel.external_id)
            await context.send(place, said, key=_key(group.id, key), kind=kind)
    return True


async def edit(context: Context, message: Compose, *, key: str) -> None:
    """Change what was posted under a key: on the pages and in the channels of every group that has it."""
    for held in await group_posts.of_key(context.session, key):
        group = await groups.by_id(context.session, held.group_id)
        said = message(context.surroundings.catalogues.words(group.language if group else None))
        held.change(said.model_dump(mode="json"), context.now)
        await context.edit(_key(held.group_id, key), said)
    await context.edit(f"announcement:{key}", message)


async def announce(context: Context, message: Compose, *, key: str, kind: MessageKind) -> bool:
    """Post to the groups for announcements, and to the channel chosen for them where none of these groups
    has it. False when this key has been announced before."""
    told: set[str] = set()
    fresh = False
    for group in await groups.active(context.session, kind=GroupKind.ANNOUNCEMENTS):
        fresh = await post(context, group, message, key=key, kind=kind) or fresh
        told |= {
            f"{one.platform}:{one.external_id}"
            for one in await group_channels.of_group(context.session, group.id)
            if not one.problem
        }
    chosen = await choices.get(context.session, choices.ANNOUNCEMENT_CHANNEL)
    if chosen and chosen not in told:
        platform, _colon, external_id = chosen.partition(":")
        place = Place(platform, PlaceKind.CHANNEL, external_id)
        said = await context.send(place, message, key=f"announcement:{key}", kind=kind)
        fresh = said or fresh
    return fresh


def _key(group_id: int, key: str) -> str:
    return f"group_post:{group_id}:{key}"
