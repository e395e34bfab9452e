"""The bot as a process: started, listened to, stopped and killed by a test."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from bot.settings import Settings
from tests.bot import ROOT
from tests.fakes.slack import FakeSlack

STARTED_WITHIN_SECONDS = 60
KEY = "k" * 32
ENCRYPTION_KEY = base64.urlsafe_b64encode(KEY.encode()).decode()


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


class Bot:
    """One process of the bot. ``log`` is what it has said on standard error."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.port = port
        self.log: list[str] = []
        self._reading: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def started(self) -> None:
        """Wait until it listens, then go on reading what it says."""
        assert self.process.stderr is not None
        async with asyncio.timeout(STARTED_WITHIN_SECONDS):
            while not (self.log and self.log[-1].startswith("The bot is at")):
                line = await self.process.stderr.readline()
                assert line, f"the bot ended: {''.join(self.log)}"
                self.log.append(line.decode())
        self._reading = asyncio.create_task(self._read())

    async def get(self, path: str) -> tuple[int, Any]:
        async with aiohttp.ClientSession() as session, session.get(self.url + path) as response:
            body = await response.json() if response.content_type == "application/json" else None
            return response.status, body or await response.text()

    async def ready(self, *, status: int = 200) -> Any:
        """Ask until ``/readyz`` answers so; what it says then."""
        async with asyncio.timeout(STARTED_WITHIN_SECONDS):
            while True:
                found, body = await self.get("/readyz")
                if found == status:
                    return body

    async def terminate(self) -> tuple[int, float]:
        """SIGTERM; the exit status and the seconds that it took."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return await self.ended(), time.monotonic() - begun

    async def kill(self) -> None:
        """SIGKILL: nothing of it runs any more."""
        self.process.kill()
        await self.ended()

    async def ended(self) -> int:
        status = await self.process.wait()
        if self._reading is not None:
            await self._reading
        return status

    def complaints(self) -> list[str]:
        """Errors and tracebacks in its log."""
        return [line for line in self.log if "error" in line.lower() or "Traceback" in line]

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.log.append(line.decode())


@asynccontextmanager
async def running(
    folder: Path, database_url: str, settings: Mapping[str, str] | None = None, *,
    prefix: tuple[str, ...] = (), python_path: Path = ROOT,
) -> AsyncIterator[Bot]:  # fmt: skip
    """A process that is up and listening; ended with the block, if it has not ended before."""
    port = free_port()
    bare = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
    environment = {
        **bare,
        "PYTHONPATH": str(python_path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DATABASE_URL": database_url,
        "ENCRYPTION_KEYS": ENCRYPTION_KEY,
        "PORT": str(port),
        **(settings or {}),
    }
    process = await asyncio.create_subprocess_exec(
        *prefix,
        sys.executable,
        "-m",
        "bot",
        "serve",
        cwd=folder,
        env=environment,
        stderr=asyncio.subprocess.PIPE,
    )
    bot = Bot(process, port)
    try:
        await bot.started()
        yield bot
    finally:
        if process.returncode is None:
            await bot.kill()


def slack_settings(slack: FakeSlack, *, socket_mode: bool = False) -> Mapping[str, str]:
    """What a bot needs to serve the local Slack."""
    settings = {
        "SECRET_KEY": KEY,
        "SLACK_BOT_TOKEN": slack.app.bot_token,
        "SLACK_API_URL": slack.api_url,
        "SLACK_MESSAGES_PER_MINUTE": "0",
    }
    if socket_mode:
        return {**settings, "SLACK_APP_TOKEN": slack.app.app_token}
    return {**settings, "SLACK_SIGNING_SECRET": slack.app.signing_secret}


def listen(slack: FakeSlack, bot: Bot) -> None:
    """Let Slack send its events to this process."""
    slack.delivery.app_url = f"{bot.url}/slack/events"
