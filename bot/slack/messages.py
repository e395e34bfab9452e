"""Messages as Block Kit: what the bot says in channels, in direct messages and on the Home tab."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bot.slack import limits
from bot.slack.buttons import actions, button_element, plain_text
from bot.slack.limits import cut
from bot.slack.mrkdwn import escape, mrkdwn, paragraphs, pieces, quoted
from handlers.kit.messages import Fact, Item, Message

Json = dict[str, Any]


def message(said: Message, base_url: str) -> Json:
    """``text`` and ``blocks`` of a message."""
    return {"text": fallback(said), "blocks": blocks(said, base_url, limits.MESSAGE_BLOCKS)}


def home(said: Message, base_url: str) -> Json:
    """A message as somebody's Home tab."""
    return {"type": "home", "blocks": blocks(said, base_url, limits.VIEW_BLOCKS)}


def fallback(said: Message) -> str:
    """The message for notifications and screen readers, without markup."""
    return next(pieces(cut(said.plain(), limits.FALLBACK_TEXT), limits.FALLBACK_TEXT, escape), "…")


def blocks(said: Message, base_url: str, most: int) -> list[Json]:
    """At most so many blocks; where a list is longer, its end says how many more there are."""
    before = [*_heading(said), *_sections(said.text, paragraphs), *_sections(said.quote, quoted)]
    before += _facts(said.facts)
    after = actions(said.buttons, base_url)
    after += _small_print(said.small_print)
    room = most - len(before) - len(after)
    listed = list(_items(said.items, base_url, room, len(said.buttons)))
    return ([*before, *listed, *after] or [section("…")])[:most]


def section(text: str) -> Json:
    """A section of finished mrkdwn; ``verbatim`` keeps Slack from reading names and links into it."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def context(texts: list[str]) -> Json:
    """Small print: finished mrkdwn texts, at most ``CONTEXT_ELEMENTS`` of them."""
    return {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": text, "verbatim": True} for text in texts],
    }


def _heading(said: Message) -> list[Json]:
    if not said.heading:
        return []
    if len(said.heading) <= limits.HEADER_TEXT:
        return [{"type": "header", "text": plain_text(said.heading, limits.HEADER_TEXT)}]
    return [section(f"*{part}*") for part in pieces(said.heading, limits.SECTION_TEXT - 2, mrkdwn)]


def _sections(text: str, render: Callable[[str], str]) -> list[Json]:
    return [section(part) for part in pieces(text, limits.SECTION_TEXT, render)]


def _facts(facts: tuple[Fact, ...]) -> list[Json]:
    """Facts side by side; one too long for that stands by itself."""
    found: list[Json] = []
    short: list[Json] = []

    def flush() -> None:
        for start in range(0, len(short), limits.SECTION_FIELDS):
            found.append({"type": "section", "fields": short[start : start + limits.SECTION_FIELDS]})
        short.clear()

    for fact in facts:
        text = f"*{mrkdwn(fact.label)}*\n{mrkdwn(fact.value)}"
        if len(text) <= limits.FIELD_TEXT:
            short.append({"type": "mrkdwn", "text": text, "verbatim": True})
            continue
        flush()
        found += [section(f"*{mrkdwn(fact.label)}*"), *_sections(fact.value, mrkdwn)]
    flush()
    return found


def _items(items: tuple[Item, ...], base_url: str, room: int, number: int) -> Iterator[Json]:
    """Entries of a list, each with its buttons, as far as there is room."""
    rendered: list[list[Json]] = []
    for item in items:
        rendered.append(_item(item, base_url, number))
        number += len(item.buttons)
    needed = sum(map(len, rendered))
    # One block is kept for the line that says what is left out.
    left = room if needed <= room else room - 1
    shown = 0
    for one in rendered:
        if len(one) > left:
            break
        left -= len(one)
        shown += 1
        yield from one
    if missing := len(rendered) - shown:
        yield context([f"… + {missing}"])


def _item(item: Item, base_url: str, number: int) -> list[Json]:
    titles = pieces(item.title, limits.SECTION_TEXT - 2, mrkdwn)
    title = f"*{next(titles, '')}*" if item.title else ""
    found = [section(part) for part in pieces(item.text, limits.SECTION_TEXT, paragraphs)]
    if title and found and len(title) + 1 + len(found[0]["text"]["text"]) <= limits.SECTION_TEXT:
        found[0] = section(f"{title}\n{found[0]['text']['text']}")
    elif title:
        found.insert(0, section(title))
    buttons = [button for button in item.buttons if not button.sign_in]
    if len(buttons) == 1 and found and not (buttons[0].url or "").startswith("mailto:"):
        found[0]["accessory"] = button_element(buttons[0], base_url, number)
    else:
        found += actions(buttons, base_url, number)
    return found


def _small_print(lines: tuple[str, ...]) -> list[Json]:
    texts = [part for line in lines for part in pieces(line, limits.FIELD_TEXT, mrkdwn)]
    return [
        context(texts[start : start + limits.CONTEXT_ELEMENTS])
        for start in range(0, len(texts), limits.CONTEXT_ELEMENTS)
    ]
