"""Buttons on pages of their own: what is pressed goes the way of every button, and the page says what came
of it."""

from __future__ import annotations

from aiohttp import web

from bot.web.site import Site
from bot.web.visits import Visit
from handlers.kit.messages import Action, Message
from handlers.kit.replies import FormView
from handlers.kit.updates import Press


async def press(
    site: Site, visit: Visit, action: Action, page: str, *, goes_on: type[Action] | None = None
) -> web.Response:
    """Do it as the visitor, whose rights are checked on the way; then a form, or back to ``page``. Where
    the answer has a button of the kind ``goes_on``, the chat is shown, which has that button."""
    data = action.model_dump(mode="json")
    handled = await visit.dispatch(Press(action.wire_name, data), visit.update_id(action.wire_name, data))
    match handled.reply:
        case FormView() as view:
            return site.see_other(f"/forms/{view.draft_id}?step={view.step}", " ".join(view.notes))
        case Message() as said if goes_on is not None and _offers(said, goes_on):
            return site.see_other("/#latest")
        case Message() as said:
            return site.see_other(page, said.text.partition("\n\n")[0])
    return site.see_other(page)


def _offers(message: Message, kind: type[Action]) -> bool:
    return any(one.action is not None and one.action.name == kind.wire_name for one in message.buttons)


def number_of(visit: Visit, name: str) -> int:
    """A number from a form.

    :raises HTTPNotFound: it holds none that could be one of ours.
    """
    typed = visit.typed.get(name, "")
    if not typed.isascii() or not typed.isdigit() or len(typed) > 10:
        raise web.HTTPNotFound
    return int(typed)
