"""The router: which handler an update goes to, and who may do what it asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.kit.answers import Answers
from handlers.kit.errors import BotError
from handlers.kit.forms import Form, Option
from handlers.kit.messages import Action
from handlers.kit.replies import Reply, Result
from handlers.kit.updates import Changed, Command, Joined, Left, Opened, Overheard, Place, Shortcut, Text
from store.roles import Role

if TYPE_CHECKING:
    from handlers.kit.context import Context

A = TypeVar("A", bound=Action)


@dataclass(frozen=True, slots=True)
class Submitted:
    """A form that was sent and found whole."""

    form: str
    subject: str
    answers: Answers


class RunCommand(Action, name="command.run"):
    """A button that does what typing a command does, with the same permission."""

    command: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """Who may: members, members with one of ``roles``, or visitors who have not signed in as well."""

    roles: frozenset[Role] = frozenset()
    visitors: bool = False

    def allows(self, roles: frozenset[Role]) -> bool:
        """Whether a member with these roles may. Owners may do whatever administrators may."""
        held = roles | {Role.ADMINISTRATOR} if Role.OWNER in roles else roles
        return not self.roles or bool(self.roles & held)


MEMBERS = Access()
EVERYONE = Access(visitors=True)


def only(*roles: Role) -> Access:
    """Members with one of these roles."""
    return Access(frozenset(roles))


@dataclass(frozen=True, slots=True)
class CommandRoute:
    """A command. ``summary`` says in a few words what it does; ``usage`` shows what may follow it.

    Both are English source strings, translated where they are shown. Where ``listed`` is False the
    command works and no list of commands shows it.
    """

    name: str
    handler: Callable[[Context, Command], Awaitable[Reply]]
    summary: str
    usage: str
    access: Access
    listed: bool = True


@dataclass(frozen=True, slots=True)
class ActionRoute:
    kind: type[Action]
    handler: Callable[[Context, Any], Awaitable[Reply]]
    access: Access


@dataclass(frozen=True, slots=True)
class FormRoute:
    """``build`` makes the form in the reader's language; it is called whenever the form is shown or
    judged, with the subject the form was opened for, and raises UserError if it may not be used.
    ``check`` judges what is answered up to a step, beyond what the form's own checks can say, and raises
    UserError with its field; the handler judges all of it again."""

    name: str
    build: Callable[[Context, str], Awaitable[Form]]
    handler: Callable[[Context, Submitted], Awaitable[Result]]
    access: Access
    check: Callable[[Context, Answers], None] | None = None


@dataclass(frozen=True, slots=True)
class OverhearingRoute:
    """``wants`` says, reading only, whether something that was said to others is handled at all."""

    wants: Callable[[AsyncSession, Place, Overheard, datetime], Awaitable[bool]]
    handler: Callable[[Context, Overheard], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Source:
    """Options that are searched: ``find`` for a query, ``named`` for values already chosen."""

    find: Callable[[Context, str], Awaitable[list[Option]]]
    named: Callable[[Context, tuple[str, ...]], Awaitable[list[Option]]]


class Duplicate(BotError):
    """Two handlers claim one update."""


class Router:
    """A feature's handlers. ``include`` puts the features' routers together into one."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.commands: dict[str, CommandRoute] = {}
        self.actions: dict[str, ActionRoute] = {}
        self.forms: dict[str, FormRoute] = {}
        self.sources: dict[str, Source] = {}
        self.shortcuts: dict[str, tuple[Callable[[Context, Shortcut], Awaitable[Reply]], str]] = {}
        self.joins: list[Callable[[Context, Joined], Awaitable[Reply]]] = []
        self.leaves: list[Callable[[Context, Left], Awaitable[Reply]]] = []
        self.changes: list[Callable[[Context, Changed], Awaitable[Reply]]] = []
        self.texts: list[tuple[Callable[[Context, Text], Awaitable[Reply]], Access]] = []
        self.opens: list[Callable[[Context, Opened], Awaitable[Reply]]] = []
        self.overhears: list[OverhearingRoute] = []

    def command(
        self, name: str, *, summary: str, usage: str = "", access: Access = MEMBERS, listed: bool = True
    ) -> Callable[
        [Callable[[Context, Command], Awaitable[Reply]]], Callable[[Context, Command], Awaitable[Reply]]
    ]:
        """``name`` may hold a subcommand: ``ccin web`` gets ``/ccin web …``."""

        def register(
            handler: Callable[[Context, Command], Awaitable[Reply]],
        ) -> Callable[[Context, Command], Awaitable[Reply]]:
            _put(self.commands, name, CommandRoute(name, handler, summary, usage, access, listed))
            return handler

        return register

    def action(
        self, kind: type[A], *, access: Access = MEMBERS
    ) -> Callable[[Callable[[Context, A], Awaitable[Reply]]], Callable[[Context, A], Awaitable[Reply]]]:
        def register(
            handler: Callable[[Context, A], Awaitable[Reply]],
        ) -> Callable[[Context, A], Awaitable[Reply]]:
            if not kind.wire_name:
                raise Duplicate(f"{kind.__name__} has no name on the wire")
            _put(self.actions, kind.wire_name, ActionRoute(kind, handler, access))
            return handler

        return register

    def form(
        self, name: str, build: Callable[[Context, str], Awaitable[Form]], *, access: Access = MEMBERS,
        check: Callable[[Context, Answers], None] | None = None,
    ) -> Callable[
        [Callable[[Context, Submitted], Awaitable[Result]]], Callable[[Context, Submitted], Awaitable[Result]]
    ]:  # fmt: skip
        def register(
            handler: Callable[[Context, Submitted], Awaitable[Result]],
        ) -> Callable[[Context, Submitted], Awaitable[Result]]:
            _put(self.forms, name, FormRoute(name, build, handler, access, check))
            return handler

        return register

    def shortcut(
        self, name: str, *, title: str
    ) -> Callable[
        [Callable[[Context, Shortcut], Awaitable[Reply]]], Callable[[Context, Shortcut], Awaitable[Reply]]
    ]:
        """A shortcut on a message; ``title`` is what the menu says."""

        def register(
            handler: Callable[[Context, Shortcut], Awaitable[Reply]],
        ) -> Callable[[Context, Shortcut], Awaitable[Reply]]:
            _put(self.shortcuts, name, (handler, title))
            return handler

        return register

    def lookup(self, source: str, options: Source) -> None:
        _put(self.sources, source, options)

    def joined(self, handler: Callable[[Context, Joined], Awaitable[Reply]]) -> Any:
        self.joins.append(handler)
        return handler

    def left(self, handler: Callable[[Context, Left], Awaitable[Reply]]) -> Any:
        self.leaves.append(handler)
        return handler

    def changed(self, handler: Callable[[Context, Changed], Awaitable[Reply]]) -> Any:
        self.changes.append(handler)
        return handler

    def opened(self, handler: Callable[[Context, Opened], Awaitable[Reply]]) -> Any:
        self.opens.append(handler)
        return handler

    def text(
        self, *, access: Access = MEMBERS
    ) -> Callable[[Callable[[Context, Text], Awaitable[Reply]]], Any]:
        """What is said to the bot. Handlers are asked in order until one replies."""

        def register(handler: Callable[[Context, Text], Awaitable[Reply]]) -> Any:
            self.texts.append((handler, access))
            return handler

        return register

    def overheard(
        self, wants: Callable[[AsyncSession, Place, Overheard, datetime], Awaitable[bool]]
    ) -> Callable[[Callable[[Context, Overheard], Awaitable[Reply]]], Any]:
        """What is said in channels to others than the bot, where ``wants`` says so at this time."""

        def register(handler: Callable[[Context, Overheard], Awaitable[Reply]]) -> Any:
            self.overhears.append(OverhearingRoute(wants, handler))
            return handler

        return register

    def include(self, *routers: Router) -> Router:
        """Take in other routers' handlers; anything registered twice raises ``Duplicate``."""
        for router in routers:
            _put_all(self.commands, router.commands)
            _put_all(self.actions, router.actions)
            _put_all(self.forms, router.forms)
            _put_all(self.sources, router.sources)
            _put_all(self.shortcuts, router.shortcuts)
            self.joins += router.joins
            self.leaves += router.leaves
            self.changes += router.changes
            self.texts += router.texts
            self.opens += router.opens
            self.overhears += router.overhears
        return self

    def find_command(self, command: Command) -> tuple[CommandRoute, Command] | None:
        """The route of the longest name that fits, and the command with the rest of its text."""
        first, _, rest = command.text.strip().partition(" ")
        longer = f"{command.name} {first.lower()}"
        if first and longer in self.commands:
            return self.commands[longer], Command(longer, rest.strip())
        if command.name in self.commands:
            return self.commands[command.name], Command(command.name, command.text.strip())
        return None

    def commands_for(self, roles: frozenset[Role] | None) -> list[CommandRoute]:
        """What somebody may do, by name; None is a visitor."""
        return [
            route
            for route in _by_name(self.commands.values())
            if route.listed and (route.access.visitors or (roles is not None and route.access.allows(roles)))
        ]


def _by_name(routes: Iterable[CommandRoute]) -> list[CommandRoute]:
    return sorted(routes, key=lambda route: route.name)


R = TypeVar("R")


def _put(routes: dict[str, R], name: str, route: R) -> None:
    if name in routes:
        raise Duplicate(f"{name} is registered twice")
    routes[name] = route


def _put_all(routes: dict[str, R], more: dict[str, R]) -> None:
    for name, route in more.items():
        _put(routes, name, route)
