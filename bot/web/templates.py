"""Rendering: Jinja templates in the reader's language, and the filters they use."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.utils import urlize
from markupsafe import Markup, escape

from handlers.kit.messages import Button, Message, Payload
from handlers.kit.words import LOCALES, Catalogues, Words

FOLDER = Path(__file__).parent / "templates"
# What stands between quotation marks are the words of somebody else.
_QUOTED = re.compile(r"(“[^”]*”?)")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or a list, of a message's plain text."""

    lines: tuple[str, ...]
    is_list: bool


class Templates:
    """One Jinja environment a language, since translations belong to the environment."""

    def __init__(self, catalogues: Catalogues, asset: Callable[[str], str]) -> None:
        self._environments = {locale: _environment(catalogues.words(locale), asset) for locale in LOCALES}

    def render(self, name: str, words: Words, **values: Any) -> str:
        environment = self._environments[words.locale]
        return environment.get_template(name).render(words=words, **values)


def blocks(text: str) -> list[Block]:
    """Blank lines part paragraphs; lines that begin with "- " are a list."""
    found: list[Block] = []
    for part in text.replace("\r\n", "\n").split("\n\n"):
        for is_list, lines in groupby(part.strip("\n").split("\n"), key=lambda line: line.startswith("- ")):
            held = tuple(line.removeprefix("- ") if is_list else line for line in lines)
            if any(held):
                found.append(Block(held, is_list))
    return found


def linked(text: str) -> Markup:
    """Our own words in HTML: their web and mail addresses are links, those in what they quote are not."""
    parts = _QUOTED.split(text)
    return Markup("").join(
        escape(part) if number % 2 else Markup(urlize(part, rel="noopener noreferrer"))  # noqa: S704
        for number, part in enumerate(parts)
    )


def digest(payload: Payload) -> str:
    """Names a button of a message, so that a page never carries what the button does."""
    plain = json.dumps([payload.name, payload.data], sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def buttons_of(message: Message) -> list[Button]:
    """Every button of a message, its items' included."""
    return [*message.buttons, *(button for item in message.items for button in item.buttons)]


def _environment(words: Words, asset: Callable[[str], str]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    install: Callable[..., None] = environment.install_gettext_callables  # type: ignore[attr-defined]
    install(words._, words.ngettext, newstyle=True)
    environment.filters |= {
        "blocks": blocks,
        "digest": digest,
        "linked": linked,
        "message": Message.model_validate,
    }
    environment.globals |= {"asset": asset, "iso": _iso}
    return environment


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
