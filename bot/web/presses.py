"""Buttons on pages of their own: what is pressed goes the way of every button, and the page says what came
of it. Where that leaves something to decide, the bot's answer stands on the page with its buttons."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from aiohttp import web

from bot.web.site import Site
from bot.web.visits import Visit
from handlers.group_actions import SaveChange, ShowChange
from handlers.kit.form_flow import ContinueDraft
from handlers.kit.messages import Action, Message
from handlers.kit.replies import FormView, Handled
from handlers.kit.updates import Press
from handlers.organisation_claims import LearnDomain

# Pages that can say what came of something. What a browser sends as the page is held against this.
_PAGE = re.compile(r"/(?:admin|groups)(?:/[a-z0-9][a-z0-9-]{0,99})*")
# An answer that offers one of these is not the end of the matter.
_GOES_ON = frozenset(kind.wire_name for kind in (SaveChange, ShowChange, LearnDomain, ContinueDraft))


async def press(site: Site, visit: Visit, action: Action, page: str) -> web.Response:
    """Do it as the visitor, whose rights are checked on the way; then a form, or back to ``page``."""
    data = action.model_dump(mode="json")
    handled = await visit.dispatch(Press(action.wire_name, data), visit.update_id(action.wire_name, data))
    return await answer_on(site, visit, handled, page)


async def answer_on(site: Site, visit: Visit, handled: Handled, page: str) -> web.Response:
    """A form that comes back to ``page``, or the page with the answer in a sentence or as a card."""
    match handled.reply:
        case FormView() as view:
            return site.see_other(form_address(view, page), " ".join(view.notes))
        case Message() as said if _goes_on(said):
            entry = await visit.entry_of(handled)
            # A page that shows no answers would leave out the buttons, which the conversation has.
            if entry and page_of_origin(page):
                return site.see_other(f"{page}?answer={entry.id}#answer")
            return site.see_other("/#latest")
        case Message() as said:
            return site.see_other(page, said.text.partition("\n\n")[0])
    return site.see_other(page)


def form_address(view: FormView, page: str, step: int | None = None) -> str:
    """Where a form is filled in that comes back to ``page``, if there is any; at ``step``, or at its own."""
    asked = {"step": str(view.step if step is None else step)} | ({"from": page} if page else {})
    return f"/forms/{view.draft_id}?{urlencode(asked, safe='/')}"


def page_of_origin(typed: str) -> str:
    """The page that something was begun on, if it is one that can show an answer; else nothing."""
    return typed if _PAGE.fullmatch(typed) else ""


def number_of(visit: Visit, name: str) -> int:
    """A number from a form.

    :raises HTTPNotFound: it holds none that could be one of ours.
    """
    typed = visit.typed.get(name, "")
    if not typed.isascii() or not typed.isdigit() or len(typed) > 10:
        raise web.HTTPNotFound
    return int(typed)


def _goes_on(message: Message) -> bool:
    return any(one.action is not None and one.action.name in _GOES_ON for one in message.buttons)
