"""Mentions: the bot on a fake Slack, beside a bare Bolt app in the same run."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import tempfile
import time
import uuid
from pathlib import Path

import asyncpg
from sqlalchemy.engine import make_url

from tests.bench.load import Latencies, Mentions
from tests.bench.processes import Child, fetch

POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
SECRET = "fake-signing-secret"
CHANNELS = 500
WARM_UP = 100
FLOOD = 2_000
AT_ONCE = 16
PACED_SECONDS = 15
UPDATES = 10_000
# Updates a second to be handled by one process: 10 and 20 times what Slack sends a workspace at most.
AIMS = {"SQLite": 85.0, "PostgreSQL": 170.0}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def say(line: str = "") -> None:
    print(line, flush=True)


def show(name: str, taken: Latencies) -> None:
    refused = f", {taken.refused} refused" if taken.refused else ""
    say(
        f"  {name}: {taken.rate:.0f} a second, acknowledged in p50 {taken.percentile(0.5):.1f} ms, "
        f"p99 {taken.percentile(0.99):.1f} ms{refused}"
    )


def delivered(port: int) -> tuple[int, int]:
    """How many messages the bot has delivered and how many wait, by its own count."""
    page = fetch(f"http://127.0.0.1:{port}/metrics") or ""
    sent = re.search(r'bot_deliveries_total\{outcome="sent",platform="slack"\} ([\d.e+]+)', page)
    waiting = re.search(r"bot_outbox_depth ([\d.e+]+)", page)
    return int(float(sent[1])) if sent else 0, int(float(waiting[1])) if waiting else 1


async def all_delivered(port: int) -> int:
    """Wait until nothing waits any more, a minute at most; how many were delivered in all."""
    ends = time.perf_counter() + 60
    while time.perf_counter() < ends:
        count, waiting = await asyncio.to_thread(delivered, port)
        if not waiting:
            return count
        await asyncio.sleep(0.05)
    say("  (not everything was delivered within a minute)")
    return count


async def bare_bolt(peer: list[str]) -> None:
    port = free_port()
    with Child(
        "-m", "tests.bench.bare_bolt", str(port), environment={"SLACK_SIGNING_SECRET": SECRET}
    ) as child:
        address = f"http://127.0.0.1:{port}/slack/events"
        child.wait_for(f"http://127.0.0.1:{port}/ready")
        mentions = Mentions(address, SECRET, *peer_of(peer))
        await mentions.flood(WARM_UP, at_once=AT_ONCE)
        show("as fast as it goes", await mentions.flood(FLOOD, at_once=AT_ONCE))
        for aim in AIMS.values():
            paced = await mentions.pace(int(aim * PACED_SECONDS), per_second=aim)
            show(f"at {aim:.0f} a second", paced)
        say(f"  memory: {child.megabytes:.0f} MB")


async def bot(name: str, database_url: str, peer: list[str], fake_port: int) -> None:
    port = free_port()
    environment = {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "DATABASE_URL": database_url,
        "SECRET_KEY": "only-for-a-benchmark-" + uuid.uuid4().hex,
        "LOG_LEVEL": "error",
        "SLACK_API_URL": f"http://127.0.0.1:{fake_port}/api/",
        "SLACK_BOT_TOKEN": "xoxb-fake-token",
        "SLACK_APP_TOKEN": "",
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_MESSAGES_PER_MINUTE": "0",
    }
    ready = f"http://127.0.0.1:{port}/readyz"
    with Child("-m", "bot", "serve", environment=environment) as first:
        say(f"  start-up to ready, new database: {first.wait_for(ready):.2f} s")
    with Child("-m", "bot", "serve", environment=environment) as child:
        say(f"  start-up to ready, again: {child.wait_for(ready):.2f} s, {child.megabytes:.0f} MB")
        mentions = Mentions(f"http://127.0.0.1:{port}/slack/events", SECRET, *peer_of(peer))
        await mentions.flood(WARM_UP, at_once=1)
        before = await all_delivered(port)
        started = time.perf_counter()
        flood = await mentions.flood(FLOOD, at_once=AT_ONCE)
        handled = await all_delivered(port) - before
        took = time.perf_counter() - started
        show("as fast as it goes", flood)
        say(f"  handled and delivered: {handled / took:.0f} a second ({handled:,} of {FLOOD:,})")
        say(f"  memory: {child.megabytes:.0f} MB")
        paced = await mentions.pace(int(AIMS[name] * PACED_SECONDS), per_second=AIMS[name])
        show(f"at the aim of {AIMS[name]:.0f} a second", paced)
        done = WARM_UP + FLOOD + int(AIMS[name] * PACED_SECONDS)
        await mentions.flood(UPDATES - done, at_once=AT_ONCE)
        handled = await all_delivered(port)
        say(f"  delivered in all: {handled:,} of {UPDATES:,}; memory now: {child.megabytes:.0f} MB")


def peer_of(words: list[str]) -> tuple[str, list[str], str, str]:
    """The user, the places, the team and the bot's own id, as the fake peer printed them."""
    team, bot_user, user, *places = words
    return user, places, team, bot_user


async def main() -> None:
    fake_port = free_port()
    with Child("-m", "tests.bench.fake_peer", str(fake_port), str(CHANNELS), reads=True) as fake:
        peer = (await asyncio.to_thread(fake.line)).split()
        say("A bare Bolt app that acknowledges a mention (the reference)")
        await bare_bolt(peer)
        say("The bot on SQLite: one process, mentions answered in their threads")
        with tempfile.TemporaryDirectory() as folder:
            await bot("SQLite", f"sqlite:///{Path(folder) / 'bench.db'}", peer, fake_port)
        name = f"bot_bench_{uuid.uuid4().hex[:8]}"
        try:
            connection = await asyncpg.connect(POSTGRES_URL, timeout=5)
        except (OSError, TimeoutError):
            say("The bot on PostgreSQL: left out, there is none at TEST_POSTGRES_URL")
            return
        say("The bot on PostgreSQL: one process, mentions answered in their threads")
        try:
            await connection.execute(f'CREATE DATABASE "{name}"')
            address = make_url(POSTGRES_URL).set(database=name).render_as_string(hide_password=False)
            await bot("PostgreSQL", address, peer, fake_port)
        finally:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            await connection.close()


if __name__ == "__main__":
    asyncio.run(main())
