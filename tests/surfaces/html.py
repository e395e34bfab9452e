"""HTML read strictly: well-formed, made of known parts, and as a person sees it."""

from __future__ import annotations

from html.parser import HTMLParser

_VOID = {"br", "input", "link", "meta"}
_TAGS = {
    "a", "article", "blockquote", "body", "br", "button", "dd", "details", "div", "dl", "dt", "fieldset",
    "footer", "form", "h1", "h2", "h3", "head", "header", "html", "input", "label", "legend", "li", "link",
    "main", "meta", "nav", "p", "script", "section", "span", "strong", "summary", "textarea", "time",
    "title", "ul",
}  # fmt: skip
_REFERENCES = ("for", "aria-describedby", "aria-labelledby", "aria-controls")


class Reader(HTMLParser):
    """Feed it a page or a part of one, then ``finish``. ``main`` skips what stands outside of <main>."""

    def __init__(self, *, main: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.buttons: list[str] = []
        self.links: list[str] = []
        self._stack: list[str] = []
        self._only_main = main
        self._ids: set[str] = set()
        self._wanted: set[str] = set()
        self._label: list[str] | None = None

    def finish(self) -> None:
        self.close()
        assert not self._stack, f"never closed: {self._stack}"
        assert self._wanted <= self._ids, f"nothing has the id {self._wanted - self._ids}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        assert tag in _TAGS, tag
        assert len(held) == len(attrs), f"an attribute comes twice: {attrs}"
        assert not [name for name in held if name.startswith("on") or name in ("style", "srcdoc")], held
        if identity := held.get("id"):
            assert identity not in self._ids, f"two have the id {identity}"
            self._ids.add(identity)
        for name in _REFERENCES:
            self._wanted |= set(held.get(name, "").split())
        for name in ("href", "src", "action"):
            if name in held:
                assert held[name].startswith(("/", "#", "https://", "http://", "mailto:")), held[name]
        if tag == "script":
            assert held.get("src", "").startswith("/static/")
        if tag not in _VOID:
            self._stack.append(tag)
        if not self._shown():
            return
        if "href" in held and tag == "a":
            self.links.append(held["href"])
        if tag in ("a", "button"):
            self._label = []
        if tag == "input" and held.get("type") not in ("hidden", "radio", "checkbox"):
            self.texts.append(held.get("value", ""))
        self.texts += [held[name] for name in ("placeholder", "aria-label", "title") if name in held]

    def handle_endtag(self, tag: str) -> None:
        assert self._stack, f"closed and never opened: {tag}"
        opened = self._stack.pop()
        assert opened == tag, f"{opened} ends as {tag}"
        if tag in ("a", "button") and self._label is not None:
            self.buttons.append(" ".join("".join(self._label).split()))
            self._label = None

    def handle_data(self, data: str) -> None:
        if self._shown():
            self.texts.append(data)
            if self._label is not None:
                self._label.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def _shown(self) -> bool:
        return "script" not in self._stack and (not self._only_main or "main" in self._stack)
