"""Slack's markup: plain text written as mrkdwn that means nothing else, and what Slack sends made plain."""

from __future__ import annotations

import html
import re
from collections.abc import Awaitable, Callable, Iterator

# What is made a link by us, since Slack is told to read nothing into texts by itself.
_LINK = re.compile(
    r"(?P<url>(?:https?://|\bwww\.)[^\s<>|\"]+[^\s<>|\".,;:!?)\]’”'])|(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
)
# An address, a person, a channel, a group or a broadcast, between angle brackets.
# https://docs.slack.dev/messaging/formatting-message-text/#parsing-text
_ENTITY = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
# Characters that no database or page can hold, and control characters that no person types.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

# What Slack reads as bold, slanted, struck out or code: its marks, and the broad forms of them. An underscore
# or a tilde inside a word is none, and what stands between blanks formats nothing; an asterisk may end our
# own bold anywhere. And what begins a quotation.
_MARKS = re.compile(r"[`｀]+|(?<=\S)[*＊]+|[*＊]+(?=\S)|(?<!\w)[*_~＊＿～]+(?=\S)|(?<=\S)[*_~＊＿～]+(?!\w)")
_QUOTES = re.compile(r"(?m)^(\s*)(&gt;|＞)")
# Slack shows a date that it cannot read as the words that stand after it, letter by letter: the one place
# in its markup where a mark means nothing.
# https://docs.slack.dev/messaging/formatting-message-text/#date-formatting
_LITERALLY = "<!date^00000000^{{_}}|{}>"

# Finds the readable name of a person ("U…") or a channel ("C…"); None where nobody knows it.
NameOf = Callable[[str], Awaitable[str | None]]


def escape(text: str) -> str:
    """Three characters are all it takes for Slack to see no markup of its own.

    https://docs.slack.dev/messaging/formatting-message-text/#escaping
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def literal(text: str) -> str:
    """Plain text in a mrkdwn object, every mark as it was typed."""
    shown = _MARKS.sub(lambda found: _LITERALLY.format(found[0]), escape(text))
    return _QUOTES.sub(lambda found: found[1] + _LITERALLY.format(found[2]), shown)


def mrkdwn(text: str) -> str:
    """Plain text for a mrkdwn object: inert, but for web and mail addresses, which can be clicked."""
    parts: list[str] = []
    end = 0
    for found in _LINK.finditer(text):
        parts.append(literal(text[end : found.start()]))
        address = escape(found[0])
        if found["mail"]:
            parts.append(f"<mailto:{address}|{address}>")
        else:
            parts.append(f"<https://{address}|{address}>" if address.startswith("www.") else f"<{address}>")
        end = found.end()
    parts.append(literal(text[end:]))
    return "".join(parts)


def paragraphs(text: str) -> str:
    """A message's text: lines that begin with "- " become a list."""
    return mrkdwn(re.sub(r"(?m)^- ", "• ", text))


def quoted(text: str) -> str:
    return "\n".join(f">{mrkdwn(line)}" for line in text.splitlines())


def pieces(text: str, most: int, render: Callable[[str], str]) -> Iterator[str]:
    """A rendered text in parts that are each at most so long, cut between lines, else between words."""
    text = text.strip("\n")
    while text:
        end = len(text)
        while end > 1 and len(render(text[:end])) > most:
            shorter = max(1, end * most // len(render(text[:end])))
            end = _break_before(text, min(shorter, end - 1))
        yield render(text[:end].rstrip("\n"))
        text = text[end:].lstrip("\n")


def _break_before(text: str, end: int) -> int:
    """The last good place to cut at or before ``end``."""
    for mark in ("\n\n", "\n", " "):
        found = text.rfind(mark, 0, end)
        if found > end // 2:
            return found + len(mark)
    return max(end, 1)


async def plain(text: object, name_of: NameOf) -> str:
    """What somebody wrote in Slack as they meant it, without Slack's markup."""
    if not isinstance(text, str):
        return ""
    parts: list[str] = []
    end = 0
    for found in _ENTITY.finditer(text):
        parts += (text[end : found.start()], await _readable(found[1], found[2], name_of))
        end = found.end()
    parts.append(text[end:])
    return _UNWRITABLE.sub("", html.unescape("".join(parts))).strip()


def without_mention(text: str, user_id: str) -> str:
    """A message without the name of the one it is said to."""
    return re.sub(rf"\s*<@{re.escape(user_id)}(\|[^<>]*)?>[,:]?\s*", " ", text).strip()


async def _readable(target: str, label: str | None, name_of: NameOf) -> str:
    match target[:1]:
        case "@":
            return f"@{label or await name_of(target[1:]) or target[1:]}"
        case "#":
            return f"#{label or await name_of(target[1:]) or target[1:]}"
        case "!":
            word = target[1:].partition("^")[0]
            return label or f"@{word}"
    address = target.removeprefix("mailto:")
    return address if not label or label in (address, target) else f"{label} ({address})"
