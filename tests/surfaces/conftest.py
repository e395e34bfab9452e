"""What the shared suite needs: every album, made once, and every surface to look at it on."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pickle
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from handlers import all_routers
from handlers.faq_knowledge import Knowledge
from handlers.kit.router import Router
from handlers.kit.words import Catalogues, Words
from store.database import Database
from tests.bot import ROOT, TestClock
from tests.surfaces import tour
from tests.surfaces.screen import Surface
from tests.surfaces.slack import SlackSurface
from tests.surfaces.touring import Album, Cast
from tests.surfaces.web import WebSurface
from tests.web import gallery
from tests.web.conftest import WebBot

# What somebody who means ill may call themselves, and may type where there is more room.
HOSTILE_NAME = "<@U1> <b>x</b> &amp; *b* `c` _d_"
HOSTILE_TEXT = (
    "<!channel> <@U1> <#C1|x> <https://evil.example.org|click> <javascript:alert(1)|y> "
    "[z](javascript:alert(1)) <script>alert(1)</script> <img src=x onerror=alert(1)> "
    "&lt;!here&gt; &amp; `code` *bold* _it_ ~no~ > q %(title)s {name} {{ 7 * 7 }}"
)
CASTS = {
    "english": Cast(),
    "welsh": Cast("cy"),
    "hostile": Cast("en", HOSTILE_NAME, HOSTILE_TEXT),
}

Tours = Callable[[str], Album]


@pytest.fixture(scope="session")
def router() -> Router:
    return Router("all").include(*all_routers(), gallery.router)


@pytest.fixture(scope="session")
def albums(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Tours:
    """Each cast's album, made when it is first asked for, by whichever of several test processes that is."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent

    async def go(name: str, path: Path) -> Album:
        shutil.copy(sqlite_template, path)
        database = Database(f"sqlite:///{path}")
        # A tour has an event loop of its own, and what is being learnt belongs to one loop.
        knowledge = Knowledge()
        router = Router("all").include(*all_routers(knowledge), gallery.router)
        try:
            return await tour.take(database, TestClock(), router, CASTS[name])
        finally:
            await knowledge.stop()
            await database.close()

    @cache
    def album(name: str) -> Album:
        kept = shared / f"tour-{name}.pickle"
        with kept.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.exists():
                with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as pool:
                    patch.setattr("handlers.kit.dispatcher.CEILING_SECONDS", 60.0)
                    made = pool.submit(asyncio.run, go(name, kept.with_suffix(".db"))).result()
                kept.write_bytes(pickle.dumps(made))
        found = pickle.loads(kept.read_bytes())
        assert isinstance(found, Album)
        return found

    return album


@pytest.fixture(params=list(CASTS))
def album(request: pytest.FixtureRequest, albums: Tours) -> Album:
    return albums(request.param)


@pytest.fixture
def words(album: Album) -> Words:
    """The language of those who took the tour."""
    return Catalogues(ROOT / "locales").words(album.cast.locale)


@pytest.fixture(params=["slack", "web"])
async def surface(request: pytest.FixtureRequest, tmp_path: Path) -> Surface:
    """A new surface is one more here."""
    if request.param == "slack":
        return SlackSurface("https://bot.example.org")
    # Rendering asks the database for nothing, so that there is none.
    return WebSurface(WebBot(Database(f"sqlite:///{tmp_path / 'none.db'}"), TestClock()).services)
