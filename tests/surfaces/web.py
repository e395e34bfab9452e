"""The web pages as the shared suite sees them: the real templates, read strictly."""

from __future__ import annotations

from aiohttp.test_utils import make_mocked_request

from bot.services import Services
from bot.web.form_pages import FormPages
from bot.web.site import Site
from bot.web.streams import Streams
from bot.web.visits import Visit
from handlers.kit.messages import Message
from handlers.kit.replies import FormView
from handlers.kit.words import Words
from store.conversations import Author, Entry
from tests.surfaces.html import Reader
from tests.surfaces.screen import Screen, buttons_of


class WebSurface:
    name = "web"

    def __init__(self, services: Services) -> None:
        self._services = services
        self._site = Site(services, Streams())
        self._forms = FormPages(self._site)

    def message(self, said: Message, words: Words) -> Screen:
        """As it stands in a conversation, with the questions that its buttons ask before they act."""
        visit = self._visit("/", words)
        held = said.model_dump(mode="json")
        entry = Entry(id=1, author=Author.BOT, text="", message=held, revision=1, at=visit.now)
        card = _read(self._site.render(visit, "entry.html", entry=entry))
        asked = [
            _read(self._site.render(visit, "confirm.html", button=button, entry="1", wanted="x"), main=True)
            for button in buttons_of(said)
            if button.confirm is not None
        ]
        return Screen("\n".join((card.text, *(one.text for one in asked))), card.buttons, card.links)

    def home(self, said: Message, words: Words) -> Screen:
        """The pages have no such page: the conversation is the page."""
        return self.message(said, words)

    def form(self, view: FormView, words: Words) -> Screen | None:
        response = self._forms.page(self._visit(f"/forms/{view.draft_id}", words), view)
        assert response.status == (422 if view.problems else 200)
        return _read(response.text or "", main=True)

    def _visit(self, path: str, words: Words) -> Visit:
        services = self._services
        return Visit(make_mocked_request("GET", path), services, self._site.signer, services.clock(), words)


def _read(page: str, *, main: bool = False) -> Screen:
    reader = Reader(main=main)
    reader.feed(page)
    reader.finish()
    return Screen("\n".join(reader.texts), tuple(reader.buttons), tuple(reader.links))
