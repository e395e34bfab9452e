"""The sentence model is fetched once, known by its hashes, and done without where it cannot be used."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer

from bot import checkup, faq_model
from bot.checkup import Severity
from bot.settings import Settings, SettingsError
from handlers.faq_engine import Entry, model_files
from handlers.faq_engine.learner import Learner, Lesson

FILES = {"model.safetensors": b"weights" * 1000, "tokenizer.json": b"{}"}
ENTRIES = (Entry("labs", ("What is a Policy Lab?",), ("tell me about labs",)),)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The files as the server has them; those above are the right ones."""
    for name, content in FILES.items():
        monkeypatch.setitem(model_files.HASHES, name, hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(model_files, "_PACKAGES", ())
    monkeypatch.setattr(faq_model, "open_encoder", lambda folder: None)
    return dict(FILES)


@pytest.fixture
async def server(published: dict[str, bytes]) -> AsyncIterator[BaseTestServer]:
    async def answer(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        return web.Response(body=published[name]) if name in published else web.Response(status=404)

    app = web.Application()
    app.router.add_get("/files/{name}", answer)
    async with TestServer(app) as started:
        yield started


async def fetched(folder: Path, server: BaseTestServer) -> list[str]:
    return [said async for said in faq_model.fetch(folder, str(server.make_url("/files")))]


async def test_what_is_there_and_right_is_not_fetched_again(tmp_path: Path, server: BaseTestServer) -> None:
    folder = tmp_path / "new" / "model"
    said = await fetched(folder, server)
    assert said[-1].endswith("is ready. Start the bot again to use it.")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES
    (folder / "tokenizer.json").write_bytes(b"damaged")
    said = await fetched(folder, server)
    assert said[:2] == ["model.safetensors is there.", "Fetching tokenizer.json …"]
    assert model_files.problem(folder) is None


async def test_another_file_is_refused_and_leaves_nothing(
    tmp_path: Path, server: BaseTestServer, published: dict[str, bytes]
) -> None:
    published["model.safetensors"] = b"other weights"
    with pytest.raises(SettingsError, match="another file than the published one"):
        await fetched(tmp_path, server)
    del published["model.safetensors"]
    with pytest.raises(SettingsError, match="FAQ_MODEL_URL: the address answers 404"):
        await fetched(tmp_path, server)
    assert os.listdir(tmp_path) == []


async def test_an_address_where_nobody_answers_is_one_sentence(
    tmp_path: Path, published: dict[str, bytes]
) -> None:
    with pytest.raises(SettingsError, match="FAQ_MODEL_URL: the files cannot be fetched"):
        [said async for said in faq_model.fetch(tmp_path, "http://127.0.0.1:1/files")]


@pytest.mark.usefixtures("published")
def test_the_hash_decides(tmp_path: Path) -> None:
    assert "model.safetensors is not there" in str(model_files.problem(tmp_path))
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    assert model_files.problem(tmp_path) is None
    (tmp_path / "tokenizer.json").write_bytes(b"{ }")
    assert "tokenizer.json is damaged" in str(model_files.problem(tmp_path))


async def test_without_the_model_questions_are_matched_by_words_and_it_is_said(tmp_path: Path) -> None:
    learner = Learner(tmp_path / "cache")
    learner.begin(Lesson(ENTRIES, model_folder=str(tmp_path / "none")))
    model = await learner.model(calibrated=True)
    await learner.stop()
    assert model is not None
    assert model.meanings is None
    assert model.rank("a lab")[0].slug == "labs"
    assert learner.problem


async def test_packages_that_do_not_work_here_leave_the_matching_by_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.faq_engine.learner.problem", lambda _folder: None)
    monkeypatch.setitem(sys.modules, "handlers.faq_engine.encoder", None)
    learner = Learner(tmp_path / "cache")
    learner.begin(Lesson(ENTRIES, model_folder=str(tmp_path)))
    model = await learner.model(calibrated=True)
    await learner.stop()
    assert model is not None
    assert model.meanings is None
    assert "do not work here" in str(learner.problem)


async def test_a_check_says_that_the_model_is_missing(tmp_path: Path) -> None:
    configured = Settings(
        _env_file=None, database_url=f"sqlite:///{tmp_path}/bot.db", faq_model_dir=tmp_path / "none"
    )
    (said,) = [one for one in await checkup.look_over(configured) if "FAQ_MODEL_DIR" in one.sentence]
    assert said.severity is Severity.WARNING
    assert said.sentence.endswith("Until then questions are matched by their words alone.")
