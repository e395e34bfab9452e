"""Places of people who are deactivated: they go to who waits, and the posts show the new numbers."""

from __future__ import annotations

from handlers.events import change_posts, tell_moved_up
from handlers.kit.context import Context
from handlers.kit.replies import Reply
from handlers.kit.router import Router
from handlers.kit.updates import Changed
from store import events, replies

router = Router("event_places")


@router.changed
async def follow_activity(context: Context, changed: Changed) -> Reply:
    """Who is deactivated is counted no more; who comes back is counted again, and nobody loses a place
    because of it."""
    if context.member is None:
        return None
    for event_id in await replies.coming_up(context.session, context.member.id, context.now):
        event = await events.by_id(context.session, event_id, lock=True)
        if event is not None:
            moved_up = await replies.move_up(context.session, event, context.now)
            await tell_moved_up(context, event, moved_up)
            await change_posts(context, event)
    return None
