"""Posts: what the bot says to whole groups, in their channels and on their pages, and the changes to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from handlers import announcing
from handlers.kit.context import Compose, Context
from handlers.kit.messages import Message
from handlers.kit.updates import Place
from handlers.kit.words import LOCALES, Catalogues
from store import group_posts, outbox
from store.profiles import MessageKind

# Owes a place a message under a key; False when it has been sent there before.
Send = Callable[[Place, Message, str], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Posted:
    """What came of a post: how many channels it is new in, and whether it is new anywhere."""

    channels: int
    new: bool


async def post(
    context: Context, group_ids: Collection[int], message: Compose, *, key: str,
    kind: MessageKind | None = None,
) -> Posted:  # fmt: skip
    """Say something to some groups, each in its language; without any, wherever the network announces.
    An announcement has a kind, and waits while all of them are on hold."""

    async def send(place: Place, said: Message, key: str) -> bool:
        return await context.send(place, said, key=key, kind=kind)

    return await write(
        context.session,
        context.surroundings.catalogues,
        group_ids,
        message,
        key=key,
        now=context.now,
        send=send,
    )


async def write(
    session: AsyncSession, catalogues: Catalogues, group_ids: Collection[int], message: Compose, *,
    key: str, now: datetime, send: Send,
) -> Posted:  # fmt: skip
    """The same where nobody is acting, as for a job: ``send`` says how a channel is told."""
    ids = await announcing.groups_for(session, group_ids)
    new = False
    for group_id, locale in (await group_posts.languages(session, ids)).items():
        held = message(catalogues.words(locale)).model_dump(mode="json")
        new = await group_posts.add(session, group_id, key=key, message=held, now=now) or new
    channels = 0
    for board in await announcing.boards(session, group_ids):
        said = message(catalogues.words(board.locale))
        channels += await send(board.place, said, _key(key, board.locale))
    return Posted(channels, new or bool(channels))


async def edit(context: Context, message: Compose, *, key: str, noted: bool = True) -> None:
    """Change what was posted under a key: in the channels, and on the page of every group that has it,
    which says so where the change is ``noted``."""
    catalogues = context.surroundings.catalogues
    for held, locale in await group_posts.of_key(context.session, key):
        said = message(catalogues.words(locale)).model_dump(mode="json")
        held.change(said, context.now, noted=noted)
    for locale in LOCALES:
        await context.edit(_key(key, locale), message(catalogues.words(locale)))


async def posted(session: AsyncSession, keys: Collection[str]) -> frozenset[str]:
    """Those of some keys under which something was posted anywhere."""
    by_language = {_key(key, locale): key for key in keys for locale in LOCALES}
    sent = await outbox.counts(session, list(by_language))
    return await group_posts.posted(session, keys) | {by_language[one] for one in sent}


def _key(key: str, locale: str) -> str:
    """A channel's own language may change; what stands in it is changed in the language it was told in."""
    return f"{key}:{locale}"
