"""Processes of a benchmark: started, waited for, weighed and ended."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.error import URLError

ROOT = Path(__file__).parent.parent.parent


class Child:
    """A Python process of ours; ended at the end of the block, by its own id."""

    def __init__(
        self, *arguments: str, environment: Mapping[str, str] | None = None, reads: bool = False
    ) -> None:
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE if reads else subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def line(self) -> str:
        """The next line that it prints."""
        if self._process.stdout is None:
            raise RuntimeError("this child's output is not read")
        return self._process.stdout.readline()

    def ask(self) -> None:
        """Have it print what it prints at SIGUSR1."""
        self._process.send_signal(signal.SIGUSR1)

    @property
    def megabytes(self) -> float:
        """Resident memory now."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found[1]) / 1024 if found else 0.0

    def wait_for(self, address: str, *, seconds: float = 30.0) -> float:
        """Seconds from its start until an address answers with 200."""
        while time.perf_counter() - self.started < seconds:
            if fetch(address) is not None:
                return time.perf_counter() - self.started
            if self._process.poll() is not None:
                raise RuntimeError("the process ended before it was ready")
            time.sleep(0.02)
        raise RuntimeError("the process was not ready in time")


def fetch(address: str) -> str | None:
    """The text at an address of this machine; None where it does not answer with 200."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return str(answer.read(), "utf-8") if answer.status == 200 else None
    except (URLError, OSError):
        return None
