"""Reading calendars in a process of its own, which is ended when it takes too long or too much memory."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from handlers.event_feed_reading import Note, Occurrence, Reading, Unreadable, read

LONGEST = timedelta(seconds=30)
_MOST_CPU_SECONDS = 10
_MOST_MEMORY_BYTES = 1024 * 1024 * 1024
_ROOT = Path(__file__).parent.parent
_PASSED_ON = ("PATH", "LANG", "TZDIR", "PYTHONPATH", "VIRTUAL_ENV", "SYSTEMROOT")


async def read_elsewhere(data: bytes, now: datetime, longest: timedelta = LONGEST) -> Reading:
    """What ``event_feed_reading.read`` gives, made in another process.

    :raises Unreadable: the file is none, or takes too long to work out.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "handlers.event_feed_process", now.isoformat(),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        cwd=_ROOT, env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
    )  # fmt: skip
    try:
        async with asyncio.timeout(longest.total_seconds()):
            said, _none = await process.communicate(data)
    except TimeoutError:
        raise Unreadable("too_long") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise Unreadable("too_long")
    return _from_json(json.loads(said))


def _answer(data: bytes, now: datetime) -> dict[str, Any]:
    try:
        return asdict(read(data, now))
    except Unreadable as error:
        return {"unreadable": error.code}


def _from_json(held: dict[str, Any]) -> Reading:
    if "unreadable" in held:
        raise Unreadable(held["unreadable"])
    occurrences = [
        Occurrence(**one | {name: datetime.fromisoformat(one[name]) for name in ("starts_at", "ends_at")})
        for one in held["occurrences"]
    ]
    return Reading(tuple(occurrences), tuple(Note(**one) for one in held["notes"]))


def main() -> None:
    """A file on the standard input, JSON on the standard output; the time is the argument."""
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_CPU_SECONDS, _MOST_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY_BYTES, _MOST_MEMORY_BYTES))
    answer = _answer(sys.stdin.buffer.read(), datetime.fromisoformat(sys.argv[1]))
    sys.stdout.write(json.dumps(answer, default=datetime.isoformat))


if __name__ == "__main__":
    main()
