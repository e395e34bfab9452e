"""The messages of a simulated year: those that arrived beside those that were expected by hand."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

EXPECTED = Path(__file__).with_name("year.txt")


@dataclass(frozen=True, slots=True)
class Said:
    """One message: when by the clocks of London, to whom, of which kind, and its first words."""

    when: str
    who: str
    kind: str
    words: str

    @property
    def line(self) -> str:
        return f"{self.when} | {self.who} | {self.kind} | {self.words}"


@dataclass(frozen=True, slots=True)
class Arrived:
    id: str
    when: str
    who: str
    kind: str
    heading: str
    text: str

    def is_like(self, one: Said) -> bool:
        """The same but for the time."""
        same = (self.who, self.kind) == (one.who, one.kind)
        return same and (self.text.startswith(one.words) or self.heading == one.words)

    @property
    def line(self) -> str:
        return f"{self.when} | {self.who} | {self.kind} | {self.heading}: {self.text.splitlines()[0]}"


def expected() -> list[Said]:
    lines = [line for line in EXPECTED.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return [Said(*(part.strip() for part in line.split(" | ", 3))) for line in lines]


def differences(wanted: list[Said], arrived: list[Arrived]) -> list[str]:
    """What is missing, unexpected, doubled or at another time."""
    left = list(arrived)
    missing, exact = [], []
    for one in wanted:
        found = next((got for got in left if got.when == one.when and got.is_like(one)), None)
        if found is None:
            missing.append(one)
        else:
            left.remove(found)
            exact.append(found)
    lines = []
    for one in missing:
        found = next((got for got in left if got.is_like(one)), None)
        if found is not None:
            left.remove(found)
        lines.append(f"wrong time, {found.when}: {one.line}" if found else f"missing: {one.line}")
    known = Counter((one.who, one.kind, one.heading, one.text) for one in exact)
    for got in left:
        doubled = known[got.who, got.kind, got.heading, got.text]
        lines.append(f"{'doubled' if doubled else 'unexpected'}: {got.line}")
    return lines
