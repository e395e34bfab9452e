"""Reading pages as a person does: by their texts, forms and buttons."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_BLOCKS = {"br", "dd", "div", "dt", "h1", "h2", "h3", "li", "p", "td", "th", "tr"}


@dataclass
class PageForm:
    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)

    def value(self, name: str) -> str:
        return dict(self.fields).get(name, "")

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key == name]


@dataclass
class Page:
    """What a browser would show of an answer."""

    status: int
    url: str
    html: str
    text: str = ""
    forms: list[PageForm] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return "/" + self.url.split("//", 1)[1].partition("/")[2]

    def form(self, action: str, *, button: str = "") -> PageForm:
        """The form with this action, and with this button where several have it."""
        for form in self.forms:
            if form.action == action and (not button or button in [text for _, _, text in form.buttons]):
                return form
        raise AssertionError(f"no form for {action} {button} among {[form.action for form in self.forms]}")


def read(status: int, url: str, html: str) -> Page:
    page = Page(status, url, html)
    _Reader(page).feed(html)
    page.text = " ".join(page.text.split())
    return page


class _Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        self._form: PageForm | None = None
        self._button: tuple[str, str] | None = None
        self._link: str | None = None
        self._area: str | None = None
        self._select: str | None = None
        self._said = ""
        self._silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        self._page.text += " " if tag in _BLOCKS else ""
        name = held.get("name", "")
        if tag == "form":
            self._form = PageForm(held.get("action", ""), held.get("method", "get"))
            self._page.forms.append(self._form)
        elif tag == "a":
            self._link, self._said = held.get("href", ""), ""
        elif tag in ("script", "style"):
            self._silent = True
        if self._form is None:
            return
        match tag:
            case "input" if held.get("type") in ("radio", "checkbox"):
                if "checked" in held:
                    self._form.fields.append((name, held.get("value", "")))
            case "input" if name:
                self._form.fields.append((name, held.get("value", "")))
            case "textarea":
                self._area, self._said = name, ""
            case "select":
                self._select = name
            case "option" if "selected" in held and self._select:
                self._form.fields.append((self._select, held.get("value", "")))
            case "button":
                self._button, self._said = (name, held.get("value", "")), ""

    def handle_endtag(self, tag: str) -> None:
        said = " ".join(self._said.split())
        match tag:
            case "form":
                self._form = None
            case "textarea" if self._form and self._area is not None:
                self._form.fields.append((self._area, self._said.removeprefix("\n")))
                self._area = None
            case "button" if self._form and self._button is not None:
                self._form.buttons.append((*self._button, said))
                self._button = None
            case "a" if self._link is not None:
                self._page.links[said] = self._link
                self._link = None
            case "script" | "style":
                self._silent = False

    def handle_data(self, data: str) -> None:
        self._said += data
        if not self._silent:
            self._page.text += data
