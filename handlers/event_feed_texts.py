"""Texts of events from other calendars: HTML becomes plain text, and whatever lets people into an online
meeting is taken out of what everybody reads."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_MEETING_HOSTS = (
    "teams.microsoft.com", "teams.live.com", "zoom.us", "zoomgov.com", "meet.google.com", "webex.com",
    "gotomeeting.com", "gotomeet.me", "meet.goto.com", "whereby.com", "meet.jit.si", "skype.com",
    "bluejeans.com", "chime.aws", "livestorm.co", "bigbluebutton.org",
)  # fmt: skip
_URL = re.compile(r"https?://[^\s<>\"'\\^`{}|]+[^\s<>\"'\\^`{}|.,;:!?)\]]")
# What programs put around the invitation to a meeting: Outlook underscores, Google dashes and tildes.
_FENCE = re.compile(r"^\s*(?:_{10,}|[-:~]{20,}.*)\s*$")
_SECRET = re.compile(
    r"^\W*(?:meeting|conference|webinar)?\s*(?:id|number|code|pin|password|passcode|passphrase|access code)\b"
    r"|^\W*(?:cyfrinair|cod post|rhif y cyfarfod)\b"
    r"|^\W*(?:one tap|dial|join by phone|join (?:on|the|with|by|zoom|microsoft|teams)|phone conference"
    r"|call in|find (?:a|your) local number|more phone numbers|meeting options|need help\?|reset pin"
    r"|for organi[sz]ers|learn more)\b"
    r"|\+\d[\d ]{7,},,",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """Text without markup, its lines kept."""
    if re.search(r"<(?:br|p|div|a|html|body|span|b|i|ul|li|table)\b[^>]*>", text, re.IGNORECASE):
        reader = _Html()
        reader.feed(text)
        reader.close()
        text = "".join(reader.parts)
    text = text.replace("\r\n", "\n").replace("\xa0", " ")
    text = "".join(one for one in text if one == "\n" or one == "\t" or one.isprintable())
    text = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def meeting_links(text: str) -> list[str]:
    """The addresses of online meetings in a text."""
    return [url for url in _URL.findall(text) if _is_meeting(url)]


def public(text: str) -> str:
    """What of a description everybody may read: no way into the meeting, neither address nor code."""
    lines = text.split("\n")
    if len(fences := [at for at, line in enumerate(lines) if _FENCE.match(line)]) > 1:
        inside = "\n".join(lines[fences[0] : fences[-1] + 1])
        if meeting_links(inside) or _SECRET.search(inside):
            lines[fences[0] : fences[-1] + 1] = []
    kept = [
        line
        for line in lines
        if not meeting_links(line) and not _SECRET.search(line) and not _FENCE.match(line)
    ]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def only_links(text: str) -> bool:
    """Whether nothing but addresses stands in a text, as in a place that is none."""
    return not re.sub(r"[\s;,]|microsoft teams meeting|online", "", _URL.sub("", text), flags=re.IGNORECASE)


def _is_meeting(url: str) -> bool:
    host = re.sub(r"^https?://", "", url).split("/")[0].split(":")[0].rsplit("@", 1)[-1].lower()
    return any(host == one or host.endswith("." + one) for one in _MEETING_HOSTS)


class _Html(HTMLParser):
    """Keeps the text; blocks begin lines, and the address of a link stands after its words."""

    _BLOCKS = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "table", "ul", "ol"})
    _UNREAD = frozenset({"script", "style", "head", "title"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unread = 0
        self._address = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._UNREAD:
            self._unread += 1
        elif tag in self._BLOCKS:
            self.parts.append("\n")
        elif tag == "a":
            self._address = dict(attrs).get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag in self._UNREAD:
            self._unread = max(0, self._unread - 1)
        elif tag == "a" and self._address.startswith(("http://", "https://")):
            if "".join(self.parts[-1:]).strip() != self._address:
                self.parts.append(f" {self._address} ")
            self._address = ""

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.parts.append(data)
