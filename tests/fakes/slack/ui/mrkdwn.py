"""Slack's text as HTML: mrkdwn, mentions, links and the common emoji."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from markupsafe import Markup

Names = Callable[[str], str]
"""The name of a person, channel or user group by its id."""

_SPECIAL = re.compile(r"<([^<>\n]+)>")
_DATE = re.compile(r"<!date\^[^<>\n]*>")
_CODE_BLOCK = re.compile(r"```\n?(.+?)\n?```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_STYLES = (
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), r"<b>\1</b>"),
    (re.compile(r"(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])"), r"<i>\1</i>"),
    (re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])"), r"<s>\1</s>"),
)
_BARE_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")
_KEPT = re.compile("\x00(\\d+)\x00")
_QUOTE = "&gt;"
_EMOJI_NAME = re.compile(r":([a-z0-9_+-]+):")
_EMOJI = {
    "+1": "👍",
    "ballot_box_with_ballot": "🗳️",
    "bell": "🔔",
    "books": "📚",
    "bulb": "💡",
    "calendar": "📅",
    "email": "✉️",
    "eyes": "👀",
    "handshake": "🤝",
    "heavy_check_mark": "✔️",
    "hourglass": "⌛",
    "house": "🏠",
    "information_source": "ℹ️",
    "link": "🔗",
    "lock": "🔒",
    "mag": "🔍",
    "memo": "📝",
    "newspaper": "📰",
    "pencil2": "✏️",
    "question": "❓",
    "seedling": "🌱",
    "speech_balloon": "💬",
    "star": "⭐",
    "tada": "🎉",
    "warning": "⚠️",
    "wave": "👋",
    "white_check_mark": "✅",
    "x": "❌",
}


def plain(text: str) -> Markup:
    """Plain text, in which only emoji names mean anything."""
    return Markup(_lines(_emoji(html.escape(text))))


def mrkdwn(text: str, names: Names) -> Markup:
    kept: list[str] = []

    def keep(made: str) -> str:
        kept.append(made)
        return f"\x00{len(kept) - 1}\x00"

    text = text.replace("\x00", "")
    text = _DATE.sub(lambda found: keep(_special(found[0][1:-1], names)), text)
    text = _CODE_BLOCK.sub(lambda found: keep(f"<pre>{_escaped(found[1])}</pre>"), text)
    text = _CODE.sub(lambda found: keep(f"<code>{_escaped(found[1])}</code>"), text)
    text = _SPECIAL.sub(lambda found: keep(_special(found[1], names)), text)
    text = _escaped(text)
    text = _BARE_LINK.sub(lambda found: keep(_link(html.unescape(found[0]), found[0])), text)
    for pattern, made in _STYLES:
        text = pattern.sub(made, text)
    text = _quoted(_emoji(text))
    while _KEPT.search(text):
        text = _KEPT.sub(lambda found: kept[int(found[1])], text)
    return Markup(text)


def _escaped(text: str) -> str:
    """Escape for HTML what Slack's three escapes stand for, and everything else that HTML minds."""
    return html.escape(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def _special(inside: str, names: Names) -> str:
    target, _, label = inside.partition("|")
    match target[0]:
        case "@":
            return f'<span class="mention">@{html.escape(names(target[1:]))}</span>'
        case "#":
            return f'<span class="mention">#{html.escape(names(target[1:]))}</span>'
        case "!":
            return _command(target[1:], label, names)
    if not re.match(r"(https?|mailto|tel|slack):", target):
        return html.escape(f"<{inside}>")
    return _link(html.unescape(target), _emoji(_escaped(label or target)))


def _command(target: str, label: str, names: Names) -> str:
    if target.startswith("date^"):
        return _escaped(label or target)
    if target.startswith("subteam^"):
        return f'<span class="mention">@{html.escape(names(target.removeprefix("subteam^")))}</span>'
    return f'<span class="mention broadcast">@{html.escape(target)}</span>'


def _link(target: str, label: str) -> str:
    return f'<a href="{html.escape(target)}" target="_blank" rel="noopener">{label}</a>'


def _emoji(text: str) -> str:
    return _EMOJI_NAME.sub(lambda found: _EMOJI.get(found[1], found[0]), text)


def _lines(text: str) -> str:
    return text.replace("\n", "<br>")


def _quoted(text: str) -> str:
    """Join the lines, those that start with > as quotes."""
    parts: list[str] = []
    quote: list[str] = []
    for line in [*text.split("\n"), None]:
        if line is not None and line.startswith(_QUOTE):
            quote.append(line.removeprefix(_QUOTE).removeprefix(" "))
            continue
        if quote:
            parts.append(f"<blockquote>{'<br>'.join(quote)}</blockquote>")
            quote = []
        if line is not None:
            parts.append(line)
    joined = "<br>".join(parts)
    return joined.replace("</blockquote><br>", "</blockquote>").replace("<br><blockquote>", "<blockquote>")
