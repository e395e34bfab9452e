"""Texts that administrators edit in the product: what they are for, how they are filled and changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import Form, Step, TextField
from handlers.kit.messages import Action, Button, Item, Message
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, RunCommand, Submitted, only
from handlers.kit.updates import Command
from handlers.kit.words import LOCALES, N_
from store import organisations, texts
from store.roles import Role

WELCOME = "welcome"
# The parts of the welcome pack, in its order.
PACK = ("pack_benefits", "pack_training", "pack_motions", "pack_contacts")
LONGEST_BODY = 2_000
_PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")


@dataclass(frozen=True, slots=True)
class TextKind:
    """A text: its title, when it is said, and the placeholders it may use."""

    title: str
    said: str
    placeholders: tuple[str, ...]


TEXTS = {
    WELCOME: TextKind(
        N_("Welcome"), N_("Said once to everybody who joins."), ("name", "organisation", "network")
    ),
    "pack_benefits": TextKind(N_("What membership brings"), N_("A part of the welcome pack."), ("network",)),
    "pack_training": TextKind(
        N_("Being a co-operative council: training"), N_("A part of the welcome pack."), ("network",)
    ),
    "pack_motions": TextKind(N_("Template council motions"), N_("A part of the welcome pack."), ("network",)),
    "pack_contacts": TextKind(N_("Key contacts"), N_("A part of the welcome pack."), ("network",)),
}

router = Router("texts")


class EditText(Action, name="texts.edit"):
    """Open the form that changes a text."""

    text: str


class TryText(Action, name="texts.try"):
    """Send a text to oneself, as it reads."""

    text: str


def fill(body: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled; a line is left out where one of its placeholders has no
    value for this reader."""
    lines = [
        _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), line)
        for line in body.splitlines()
        if all(values[name] for name in _PLACEHOLDER.findall(line) if name in values)
    ]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


@router.command("ccin texts", summary=N_("Read and change what I say"), access=only(Role.ADMINISTRATOR))
async def list_texts(context: Context, command: Command) -> Reply:
    _ = context._
    items = []
    for name, kind in TEXTS.items():
        body = await texts.body(context.session, name, context.words.locale)
        edit = Button.to(_("Edit “%(title)s”") % {"title": _(kind.title)}, EditText(text=name))
        send = (Button.to(_("Send it to me"), TryText(text=name)),) if body else ()
        items.append(
            Item(
                title=_(kind.title),
                text=_(kind.said) + "\n\n" + (body or _("This text is empty.")),
                buttons=(edit, *send),
            )
        )
    return Message(
        heading=_("Texts"), text=_("You may change these texts. People read the new words from then on."),
        items=tuple(items),
    )  # fmt: skip


@router.action(EditText, access=only(Role.ADMINISTRATOR))
async def edit_text(context: Context, action: EditText) -> Reply:
    _kind(context, action.text)
    return Open(
        "texts.edit",
        initial=await texts.bodies(context.session, action.text),
        subject=action.text,
    )


@router.action(TryText, access=only(Role.ADMINISTRATOR))
async def try_text(context: Context, action: TryText) -> Reply:
    _ = context._
    kind = _kind(context, action.text)
    body = await texts.body(context.session, action.text, context.words.locale)
    if not body:
        raise UserError(_("This text is empty, so there is nothing to send."))
    said = fill(body, await example_values(context))
    await context.send(context.person, Message(heading=_(kind.title), text=said))
    see = Button.to(_("See all texts"), RunCommand(command="ccin", text="texts"))
    return Message(text=_("I have sent it to you alone, as people get it."), buttons=(see,))


async def build_edit(context: Context, subject: str) -> Form:
    _ = context._
    kind = _kind(context, subject)
    help_text = placeholder_help(context, kind.placeholders)
    return Form(
        name="texts.edit",
        title=_("Edit “%(title)s”") % {"title": _(kind.title)},
        submit=_("Save"),
        steps=(
            Step(
                title=_(kind.title),
                help=_(kind.said),
                fields=(
                    TextField(name="en", label="English", help=help_text, long=True, max_length=LONGEST_BODY),
                    TextField(
                        name="cy",
                        label="Cymraeg",
                        help=_("Welsh speakers read the English where this is empty."),
                        long=True,
                        required=False,
                        max_length=LONGEST_BODY,
                    ),
                ),
            ),
        ),
    )


@router.form("texts.edit", build_edit, access=only(Role.ADMINISTRATOR))
async def save_text(context: Context, sent: Submitted) -> Result:
    _ = context._
    kind = _kind(context, sent.subject)
    written = {locale: sent.answers.text(locale) for locale in LOCALES}
    for locale, body in written.items():
        check_placeholders(context, kind.placeholders, locale, body)
    changed = [
        locale
        for locale, body in written.items()
        if await texts.put(context.session, sent.subject, locale, body, now=context.now)
    ]
    if changed:
        values = {locale: written[locale] for locale in changed}
        await context.audit("text.edit", "text", sent.subject, values)
    example = await example_values(context)
    return Message(
        text=_("Saved. This is how it reads for somebody like you.")
        if changed
        else _("Nothing was changed. This is how it reads for somebody like you."),
        items=tuple(
            Item(title=LOCALES[locale], text=fill(body, example)) for locale, body in written.items() if body
        ),
        buttons=(
            Button.to(_("Send it to me"), TryText(text=sent.subject)),
            Button.to(_("Edit it again"), EditText(text=sent.subject)),
            Button.to(_("See all texts"), RunCommand(command="ccin", text="texts")),
        ),
    )


def unknown_placeholders(placeholders: tuple[str, ...], body: str) -> list[str]:
    return [name for name in _PLACEHOLDER.findall(body) if name not in placeholders]


def values_of(context: Context, *, name: str, organisation: str) -> dict[str, str]:
    """What the placeholders stand for; empty where it is not known."""
    return {"name": name, "organisation": organisation, "network": context.network.name}


async def example_values(context: Context) -> dict[str, str]:
    """What the placeholders stand for when an administrator looks at a text."""
    member = context.person
    organisation = await organisations.by_id(context.session, member.organisation_id or 0)
    return values_of(
        context,
        name=member.name or context._("Sam Example"),
        organisation=organisation.name if organisation else context._("Example Council"),
    )


def _kind(context: Context, name: str) -> TextKind:
    if name not in TEXTS:
        raise UserError(context._("There is no such text. Nothing was changed."))
    return TEXTS[name]


def placeholder_help(context: Context, placeholders: tuple[str, ...]) -> str:
    """Which placeholders a text may use, for those who write it."""
    if not placeholders:
        return ""
    text = context._("You may use %(placeholders)s. A line is left out where there is nothing to put in.")
    return text % {"placeholders": _listed(context, placeholders)}


def check_placeholders(context: Context, placeholders: tuple[str, ...], field: str, body: str) -> None:
    """:raises UserError: a text uses a placeholder that stands for nothing; beside ``field``."""
    unknown = unknown_placeholders(placeholders, body)
    if unknown and not placeholders:
        text = context._("There is no placeholder {%(unknown)s}. This text has none.")
        raise UserError(text % {"unknown": unknown[0]}, field=field)
    if unknown:
        text = context._("There is no placeholder {%(unknown)s}. You may use %(placeholders)s.")
        raise UserError(
            text % {"unknown": unknown[0], "placeholders": _listed(context, placeholders)}, field=field
        )


def _listed(context: Context, placeholders: tuple[str, ...]) -> str:
    return context.words.listed([f"{{{name}}}" for name in placeholders])
