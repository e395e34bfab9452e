"""Routing: from an update to its handler, after the question whether the sender may."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from pydantic import ValidationError

from handlers.kit import form_flow
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.form_flow import ContinueDraft
from handlers.kit.messages import Action
from handlers.kit.replies import FormView, Reply, Result
from handlers.kit.router import Access, RunCommand
from handlers.kit.updates import (
    Changed,
    Command,
    Edited,
    Joined,
    Left,
    Opened,
    Overheard,
    Press,
    Shortcut,
    Submission,
    Text,
    Update,
)

A = TypeVar("A", bound=Action)
C = TypeVar("C")


async def route(context: Context, update: Update) -> Result | FormView:
    """Find the handler of an update and call it.

    :raises UserError: there is none, or the sender may not.
    """
    content = update.content
    match content:
        case Submission():
            return await form_flow.submit(context, content)
        case Edited():
            # Nobody who types waits for an answer: a refusal comes when they send.
            with suppress(UserError):
                await form_flow.keep(context, content)
        case Command():
            return await _command(context, content)
        case Press(name=ContinueDraft.wire_name):
            return await form_flow.continue_draft(context, _read(context, ContinueDraft, content))
        case Press(name=RunCommand.wire_name):
            run = _read(context, RunCommand, content)
            return await _command(context, Command(run.command, run.text))
        case Press():
            return await _press(context, content)
        case Shortcut():
            found = context.router.shortcuts.get(content.name)
            return await found[0](context, content) if found else None
        case Text():
            return await _text(context, content)
        case Overheard():
            return await _first([one.handler for one in context.router.overhears], context, content)
        case Joined():
            return await _first(context.router.joins, context, content)
        case Left():
            return await _first(context.router.leaves, context, content)
        case Changed():
            return await _first(context.router.changes, context, content)
        case Opened():
            return await _first(context.router.opens, context, content)
    return None


async def _command(context: Context, command: Command) -> Result:
    found = context.router.find_command(command)
    if found is None:
        text = context._("There is no command /%(name)s. Type /ccin to see what there is.")
        raise UserError(text % {"name": command.name[:40]})
    route, rest = found
    _permit(context, route.access)
    return await route.handler(context, rest)


async def _press(context: Context, press: Press) -> Result:
    route = context.router.actions.get(press.name)
    if route is None:
        raise UserError(context._("That button no longer works. Type /ccin to see what you can do."))
    _permit(context, route.access)
    return await route.handler(context, _read(context, route.kind, press))


async def _text(context: Context, text: Text) -> Result:
    for handler, access in context.router.texts:
        _permit(context, access)
        reply = await handler(context, text)
        if reply is not None:
            return reply
    return None


def _permit(context: Context, access: Access) -> None:
    if context.member is None and not access.visitors:
        raise UserError(context._("Sign in first: this needs to know who you are."))
    if not access.allows(context.roles):
        raise UserError(context._("You may not do this. An administrator of the network can help."))


def _read(context: Context, kind: type[A], press: Press) -> A:
    try:
        return kind.model_validate(press.data)
    except ValidationError:
        text = context._("That button no longer works. Type /ccin to see what you can do.")
        raise UserError(text) from None


async def _first(
    handlers: list[Callable[[Context, C], Awaitable[Reply]]], context: Context, content: C
) -> Reply:
    """Every handler hears of it; the first reply stands."""
    reply: Reply = None
    for handler in handlers:
        said = await handler(context, content)
        reply = said if reply is None else reply
    return reply
