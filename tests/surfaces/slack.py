"""Slack as the shared suite sees it: Block Kit, checked by the local Slack, read as people read it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from bot.slack import forms, limits, messages
from handlers.kit.messages import Message
from handlers.kit.replies import FormView
from handlers.kit.words import Words
from tests.fakes.slack.blocks import check_message, check_view, elements_of
from tests.fakes.slack.ui import mrkdwn
from tests.surfaces.screen import Screen

Json = dict[str, Any]

# A mark that means nothing, and stands for itself.
_LITERAL = re.compile(r"<!date\^0{8}\^\{_\}\|(?:[*_~`＊＿～｀]+|&gt;|＞)>")
_ENTITY = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")


class SlackSurface:
    name = "slack"

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def message(self, said: Message, words: Words) -> Screen:
        made = messages.message(said, self._base_url)
        check_message(made["blocks"])
        # The notification is read without layout; nothing in it may act.
        assert 0 < len(made["text"]) <= limits.FALLBACK_TEXT
        assert "<" not in made["text"]
        return _screen(made["blocks"])

    def home(self, said: Message, words: Words) -> Screen:
        made = messages.home(said, self._base_url)
        check_view(made, home=True)
        return _screen(made["blocks"])

    def form(self, view: FormView, words: Words) -> Screen | None:
        if view.checking:
            return None
        made = forms.modal(view, words)
        check_view(made)
        known = {block.get("block_id") for block in made["blocks"]}
        beside = forms.errors(view, view.step) or {}
        assert beside.keys() <= known
        assert all(beside.values())
        title, submit = made["title"]["text"], made["submit"]["text"]
        shown = _screen(made["blocks"])
        text = "\n".join((title, shown.text, *beside.values()))
        return Screen(text, (*shown.buttons, submit), shown.links)


def _screen(blocks: list[Json]) -> Screen:
    texts = [text for block in blocks for text in _texts(block)]
    links = [link for text in texts if text["type"] == "mrkdwn" for link in _followed(text)]
    elements = [element for block in blocks for element in elements_of(block)]
    pressed = [
        one
        for element in elements
        for one in (element.get("options", ()) if element["type"] == "overflow" else (element,))
        if element["type"] in ("button", "overflow")
    ]
    labels = [one["text"]["text"] for one in pressed]
    labels += [label for text in texts for label in _mail_labels(text)]
    links += [one["url"] for one in pressed if "url" in one]
    return Screen(
        "\n".join(_read(text) for block in blocks for text in _texts(block)), tuple(labels), tuple(links)
    )


def _texts(value: Any) -> Iterator[Json]:
    """Every text object in some blocks, and what stands in their inputs."""
    if isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        if value.get("type") in ("mrkdwn", "plain_text"):
            yield value
            return
        if isinstance(typed := value.get("initial_value"), str):
            yield {"type": "plain_text", "text": typed}
        for one in value.values():
            yield from _texts(one)


def _read(text: Json) -> str:
    """A text as it is read; links by what they say, quotations without their bar."""
    if text["type"] == "plain_text":
        return str(text["text"])
    plain = re.sub(r"(?m)^>", "", text["text"])
    return html.unescape(_ENTITY.sub(lambda found: found[2] or found[1], plain))


def _followed(text: Json) -> Iterator[str]:
    """The addresses behind a text's links. Nothing but a link may stand between angle brackets, one
    that we wrote says where it leads, and no ampersand begins anything but Slack's three escapes."""
    assert text["verbatim"] is True
    assert all(part.startswith(("amp;", "lt;", "gt;")) for part in text["text"].split("&")[1:])
    assert "<" not in _ENTITY.sub("", text["text"])
    # What was typed is not formatted: we ourselves write nothing but bold labels and quotations.
    drawn = str(mrkdwn.mrkdwn(text["text"], str))
    assert not re.search(r"<(?:i|s|code|pre)>|<b>(?:b|bold)</b>", drawn), drawn
    for found in _ENTITY.finditer(_LITERAL.sub("", text["text"])):
        address, label = html.unescape(found[1]), html.unescape(found[2] or "")
        assert address.startswith(("http://", "https://", "mailto:")), address
        if not address.startswith("mailto:"):
            assert label in ("", address, address.removeprefix("https://")), label
        yield address


def _mail_labels(text: Json) -> Iterator[str]:
    """A mail address that a button opens is a link in a text here."""
    if text["type"] == "mrkdwn":
        for found in _ENTITY.finditer(text["text"]):
            if found[1].startswith("mailto:") and found[2]:
                yield html.unescape(found[2])
