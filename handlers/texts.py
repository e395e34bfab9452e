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
}

router = Router("texts")


class EditText(Action, name="texts.edit"):
    """Open the form that changes a text."""

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
        items.append(
            Item(
                title=_(kind.title),
                text=_(kind.said) + "\n\n" + (body or _("This text is empty.")),
                buttons=(edit,),
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


async def build_edit(context: Context, subject: str) -> Form:
    _ = context._
    kind = _kind(context, subject)
    names = context.words.listed([f"{{{name}}}" for name in kind.placeholders])
    help_text = (
        _("You may use %(placeholders)s. A line is left out where there is nothing to put in.")
        % {"placeholders": names}
    )  # fmt: skip
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
        _check(context, kind, locale, body)
    changed = [
        locale
        for locale, body in written.items()
        if await texts.put(context.session, sent.subject, locale, body, now=context.now)
    ]
    if changed:
        values = {locale: written[locale] for locale in changed}
        await context.audit("text.edit", "text", sent.subject, values)
    example = await _example(context)
    return Message(
        text=_("Saved. This is how it reads for somebody like you.")
        if changed
        else _("Nothing was changed. This is how it reads for somebody like you."),
        items=tuple(
            Item(title=LOCALES[locale], text=fill(body, example)) for locale, body in written.items() if body
        ),
        buttons=(
            Button.to(_("Edit it again"), EditText(text=sent.subject)),
            Button.to(_("See all texts"), RunCommand(command="ccin", text="texts")),
        ),
    )


def values_of(context: Context, *, name: str, organisation: str) -> dict[str, str]:
    """What the placeholders stand for; empty where it is not known."""
    return {"name": name, "organisation": organisation, "network": context.network.name}


async def _example(context: Context) -> dict[str, str]:
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


def _check(context: Context, kind: TextKind, locale: str, body: str) -> None:
    unknown = [name for name in _PLACEHOLDER.findall(body) if name not in kind.placeholders]
    if unknown:
        text = context._("There is no placeholder {%(unknown)s}. You may use %(placeholders)s.")
        names = context.words.listed([f"{{{name}}}" for name in kind.placeholders])
        raise UserError(text % {"unknown": unknown[0], "placeholders": names}, field=locale)
