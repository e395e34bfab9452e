"""The process starts in demo mode, stops in order, and runs without rights."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot import ROOT
from tests.processes.running import KEY, running

pytestmark = pytest.mark.processes

NOBODY = 65_534
STOPPED_WITHIN_SECONDS = 10
# Read whatever root may read (Python may live in root's home), write nothing but one's own.
WITHOUT_RIGHTS = (
    "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs",
    "--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search",
    "--bounding-set=-all,+dac_read_search",
)  # fmt: skip


async def test_it_starts_in_demo_mode_and_stops_when_told(tmp_path: Path) -> None:
    async with running(tmp_path, "sqlite:///var/bot.db") as bot:
        assert await bot.get("/healthz") == (200, {"status": "ok"})
        assert await bot.ready() == {"status": "ready", "problems": [], "notes": []}
        status, page = await bot.get("/sign-in")
        assert (status, "Demo councillor" in page) == (200, True)
        ended, seconds = await bot.terminate()
    assert (ended, bot.complaints()) == (0, [])
    assert seconds < STOPPED_WITHIN_SECONDS
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700


async def test_a_port_that_is_taken_is_said_in_one_sentence(tmp_path: Path) -> None:
    async with running(tmp_path, "sqlite:///var/bot.db") as bot:
        second = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            "serve",
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT), "PORT": str(bot.port), "DATABASE_URL": "sqlite:///second.db"},
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await second.communicate()
        assert (await bot.get("/healthz"))[0] == 200
    assert second.returncode == 2
    assert said.decode().splitlines() == [
        f"HOST and PORT: cannot listen on 127.0.0.1:{bot.port} (Address already in use)"
    ]


@pytest.fixture
def installed() -> Iterator[Path]:
    """The bot as it is installed: everything read-only but ``var/``."""
    folder = Path(tempfile.mkdtemp())
    for name in ("bot", "handlers", "scheduled", "store", "data", "locales"):
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for path in folder.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    (folder / "var").mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(folder / "var", NOBODY, NOBODY)
    folder.chmod(0o555)
    yield folder
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


def outside_var(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if "var" not in path.parts}


async def test_it_runs_without_rights_and_writes_to_var_alone(installed: Path) -> None:
    prefix = WITHOUT_RIGHTS if os.geteuid() == 0 else ()
    before = outside_var(installed)
    async with running(
        installed,
        "sqlite:///var/bot.db",
        {"BASE_URL": "https://bot.example.org", "SECRET_KEY": KEY},
        prefix=prefix,
        python_path=installed,
    ) as bot:
        await bot.ready()
        owner = (installed / "var" / "bot.db").stat().st_uid
        assert (await bot.get("/"))[0] == 200
        ended, _seconds = await bot.terminate()
    assert (ended, bot.complaints()) == (0, [])
    assert owner == (NOBODY if prefix else os.geteuid())
    assert outside_var(installed) == before
