"""A bot that is driven through all it can do, and keeps everything it ever showed."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field

from handlers.kit.forms import (
    AnyField,
    ChoiceField,
    DateField,
    DateTimeField,
    EmailField,
    LinkField,
    MoneyField,
    NumberField,
    SearchField,
    Step,
    TextField,
    TimeField,
    YesNoField,
)
from handlers.kit.messages import Action, Message
from handlers.kit.replies import FormView, Handled, Outcome
from handlers.kit.router import Router, RunCommand
from handlers.kit.updates import (
    Command,
    Content,
    Lookup,
    Place,
    PlaceKind,
    Press,
    RawAnswer,
    RawAnswers,
    Sender,
    Shortcut,
    Submission,
    Update,
)
from store.database import Database
from tests.bot import TestBot, TestClock, form_of

# Somebody whom no platform can name.
VISITOR = "visitor"


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes the tour: the language they speak, and what stands at the end of every name and in
    every text that they type."""

    locale: str = "en"
    name_mark: str = ""
    text_mark: str = ""

    def named(self, name: str) -> str:
        return f"{name} {self.name_mark}".strip()

    def typed(self, text: str) -> str:
        return f"{text} {self.text_mark}".strip()


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """``origin`` says what was done, for whoever reads a failure."""

    origin: str
    said: Message
    home: bool


@dataclass(frozen=True, slots=True)
class ShownForm:
    origin: str
    view: FormView


@dataclass
class Album:
    """Everything that was shown, each once, and the names of the routes that showed it."""

    cast: Cast
    messages: list[ShownMessage] = field(default_factory=list)
    forms: list[ShownForm] = field(default_factory=list)
    reached: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)


class TouringBot(TestBot):
    """Notes in its album what each update led to, wherever it was said."""

    def __init__(
        self, database: Database, clock: TestClock, router: Router, cast: Cast, admin_email: str
    ) -> None:
        super().__init__(database, clock, router, admin_emails=frozenset({admin_email}))
        self.cast = cast
        self.album = Album(cast)
        self._known: set[str] = set()
        self._numbers = itertools.count(1)

    async def handle(
        self, external_id: str, content: Content, *, place: Place | None = None, update_id: str | None = None
    ) -> Handled:
        visitor = external_id == VISITOR
        update = Update(
            id=update_id or f"tour:{next(self._numbers)}",
            sender=Sender("test", external_id, visitor=visitor, locale=self.cast.locale if visitor else None),
            place=place or Place("test", PlaceKind.DIRECT, external_id),
            content=content,
        )
        handled = await self.dispatcher.handle(update)
        origin = f"{external_id}: {content}"
        if handled.outcome is Outcome.FAILED:
            self.album.faults.append(origin)
        elif handled.outcome is not Outcome.REFUSED:
            self.album.reached.add(self._route_of(content, handled))
        self._keep_reply(origin, update.place, handled)
        await self.deliver()
        return handled

    async def deliver(self) -> None:
        """Deliver what is due, edits of delivered cards included, and keep it."""
        delivered, edited = len(self.platform.delivered), len(self.platform.edits)
        await super().deliver()
        for place, said in self.platform.delivered[delivered:]:
            self._keep(f"sent to {place.id}", said, home=place.kind is PlaceKind.HOME)
        for reference, said in self.platform.edits[edited:]:
            self._keep(f"changed at {reference['place']}", said)

    async def anew(self, who: str, opened: Handled) -> Handled:
        """The form itself, where a draft of it is offered first: that is looked at, and left."""
        if isinstance(opened.reply, Message):
            for button in opened.reply.buttons:
                assert button.action is not None
                opened = await self.handle(who, Press(button.action.name, dict(button.action.data)))
        return opened

    async def follow(self, who: str, shown: Handled, kind: type[Action]) -> Handled:
        """Press the first button of a reply that does such a thing."""
        assert isinstance(shown.reply, Message), shown.reply
        several = [*shown.reply.buttons, *(one for item in shown.reply.items for one in item.buttons)]
        payload = next(
            one.action for one in several if one.action is not None and one.action.name == kind.wire_name
        )
        return await self.handle(who, Press(payload.name, dict(payload.data)))

    async def fill_in(self, who: str, opened: Handled, right: RawAnswers) -> Handled:
        """Take a form to its end: at each step nothing, then nonsense, then what is right; then the
        check page; then with a choice that is gone; then send it."""
        view = form_of(await self.anew(who, opened))
        for number, step in enumerate(view.form.steps):
            answers = {one.name: right.get(one.name, "") for one in step.fields}
            for typed in ({}, _nonsense(step), answers):
                await self._submit(who, view, number, typed)
        for one in view.form.fields:
            if isinstance(one, SearchField):
                number = view.form.step_of(one.name)
                found = await self.handle(who, Lookup(view.form.name, one.name, "a", view.draft_id))
                if found.options:
                    self.album.reached.add(f"source {one.source}")
                await self._submit(who, view, number, {**self._of(view, number, right), one.name: "0"})
                await self._submit(who, view, len(view.form.steps), {}, send=True)
                await self._submit(who, view, number, self._of(view, number, right))
        return await self._submit(who, view, len(view.form.steps), {}, send=True)

    async def _submit(
        self, who: str, view: FormView, step: int, typed: RawAnswers, *, send: bool = False
    ) -> Handled:
        return await self.handle(who, Submission(view.form.name, view.draft_id, typed, step, send))

    @staticmethod
    def _of(view: FormView, step: int, right: RawAnswers) -> RawAnswers:
        return {one.name: right.get(one.name, "") for one in view.form.steps[step].fields}

    def _keep_reply(self, origin: str, place: Place, handled: Handled) -> None:
        match handled.reply:
            case Message() as said:
                self._keep(origin, said, home=place.kind is PlaceKind.HOME)
            case FormView() as view:
                # A draft's id differs each time; the view is the same without it.
                if self._is_new(re.sub(re.escape(view.draft_id), "", repr(view))):
                    self.album.forms.append(ShownForm(origin, view))

    def _keep(self, origin: str, said: Message, *, home: bool = False) -> None:
        if self._is_new(f"{home}{said.model_dump_json()}"):
            self.album.messages.append(ShownMessage(origin, said, home))

    def _is_new(self, shown: str) -> bool:
        new = shown not in self._known
        self._known.add(shown)
        return new

    def _route_of(self, content: Content, handled: Handled) -> str:
        """The name under which the router holds what handled this."""
        match content:
            case Command():
                found = self.router.find_command(content)
                return f"command {found[0].name}" if found else ""
            case Press(name=RunCommand.wire_name):
                run = Command(str(content.data["command"]), str(content.data["text"]))
                return self._route_of(run, handled)
            case Press():
                return f"action {content.name}"
            case Submission():
                # What was sent leads to an answer, or to another form.
                on = isinstance(handled.reply, FormView) and handled.reply.form.name != content.form
                return f"form {content.form}" if on or isinstance(handled.reply, Message) else ""
            case Shortcut():
                return f"shortcut {content.name}"
        return type(content).__name__.lower()


def _nonsense(step: Step) -> RawAnswers:
    return {one.name: _nonsense_for(one) for one in step.fields}


def _nonsense_for(item: AnyField) -> RawAnswer:
    match item:
        case TextField():
            return "x" if item.min_length > 1 else "x" * (item.max_length + 1)
        case NumberField() | MoneyField():
            return "many"
        case EmailField():
            return "nobody"
        case LinkField():
            return "javascript:alert(1)"
        case DateField():
            return "2026-02-31"
        case TimeField():
            return "25:99"
        case DateTimeField():
            return "16/3/2026T2 o'clock"
        case YesNoField():
            return "perhaps"
        case ChoiceField():
            return ["there is no such choice"]
        case SearchField():
            return ""
