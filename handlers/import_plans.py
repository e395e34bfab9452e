"""Plans of imports: what a file of people or organisations would do, before anything is done."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from handlers.kit.words import Words
from handlers.spreadsheets import Problem


class Kind(StrEnum):
    PEOPLE = "people"
    ORGANISATIONS = "organisations"
    FAQ = "faq"
    EVENTS = "events"


@dataclass(frozen=True, slots=True)
class Change:
    """What a line would do: ``details`` are the columns with their old and new values; ``subject_id`` is
    None for what would be added."""

    line: int
    name: str
    subject_id: int | None
    details: tuple[tuple[str, str, str], ...]

    @property
    def values(self) -> dict[str, str]:
        """The new values by column."""
        return {column: new for column, _old, new in self.details}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would do to what there is. With problems it can do nothing."""

    kind: Kind
    problems: tuple[Problem, ...] = ()
    added: tuple[Change, ...] = ()
    changed: tuple[Change, ...] = ()
    left: int = 0
    data: bytes = field(default=b"", repr=False)

    @property
    def fingerprint(self) -> str:
        """Another one as soon as the file, or what it would change, is another."""
        said = repr((self.kind, self.added, self.changed, self.left)).encode()
        return hashlib.sha256(self.data + b"\0" + said).hexdigest()

    @property
    def does_something(self) -> bool:
        return not self.problems and bool(self.added or self.changed)


@dataclass(frozen=True, slots=True)
class Importer:
    """How one kind of file is read and brought in."""

    plan: Callable[[AsyncSession, Words, bytes, datetime], Awaitable[Plan]]
    apply: Callable[[AsyncSession, Plan, int | None, datetime], Awaitable[None]]
