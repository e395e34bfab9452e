"""Spreadsheets: CSV files as people save them from Excel, read into rows and written so that no cell acts."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from handlers.kit.words import Words

LARGEST_FILE_BYTES = 500_000
MOST_LINES = 5_000
_DELIMITERS = (",", ";", "\t")
# A spreadsheet takes a cell that begins like this for a formula. An apostrophe before it makes it text;
# one that stood there already gets another, so that reading gives back exactly what was written.
_ACTS = re.compile(r"'*[=+\-@\t\r]")
_NEUTRALISED = re.compile(r"'+[=+\-@\t\r]")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one line of a file. Lines count as rows do in a spreadsheet; 1 is the heading."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line: its number, and its cells by column. A cell of several lines makes it no longer."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]


def neutral(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + cell if _ACTS.match(cell) else cell


def plain(cell: str) -> str:
    """The cell that ``neutral`` was given."""
    return cell[1:] if _NEUTRALISED.match(cell) else cell


def write(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    """A CSV file that Excel opens by a double click, whatever the language."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([neutral(row.get(column, "")) for column in columns])
    return file.getvalue().encode("utf-8-sig")


def read(data: bytes, words: Words, *, known: Sequence[str], required: Sequence[str]) -> Sheet:
    """The rows of a file and all that keeps it from being read, each with its line."""
    _ = words._
    if len(data) > LARGEST_FILE_BYTES:
        size = {"most": words.number(LARGEST_FILE_BYTES // 1000)}
        return _unreadable(_("The file is larger than %(most)s kB. Split it and bring in the parts.") % size)
    text = _decode(data)
    if text is None:
        return _unreadable(_("This is not a CSV file. In Excel, save it as “CSV UTF-8” and try again."))
    if not text.strip():
        return _unreadable(_("The file is empty."))
    return _rows(text, words, known=known, required=required)


def _decode(data: bytes) -> str | None:
    if b"\0" in data[:4096] and data[:2] in (b"\xff\xfe", b"\xfe\xff", b"PK"):
        return None
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _rows(text: str, words: Words, *, known: Sequence[str], required: Sequence[str]) -> Sheet:
    _ = words._
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text, known), strict=True)
    problems: list[Problem] = []
    rows: list[Row] = []
    columns: tuple[str, ...] = ()
    line = 0
    try:
        for cells in reader:
            line += 1
            if not columns:
                columns = tuple(cell.strip().lower().replace(" ", "_") for cell in cells)
                problems += _heading_problems(columns, words, known=known, required=required)
                if problems:
                    break
            elif len(cells) > len(columns):
                problems.append(Problem(line, _("This line has more cells than there are columns.")))
            elif any(cell.strip() for cell in cells):
                rows.append(Row(line, dict(zip(columns, map(plain, cells), strict=False))))
            if len(rows) > MOST_LINES:
                most = {"most": words.number(MOST_LINES)}
                said = _("The file has more than %(most)s lines. Split it and bring in the parts.")
                return _unreadable(said % most)
    except csv.Error:
        problems.append(
            Problem(line + 1, _("A quotation mark is opened here and not closed as it should be."))
        )
    return Sheet(columns, tuple(rows), tuple(problems))


def _delimiter(text: str, known: Sequence[str]) -> str:
    """The one that parts the heading into the most columns that we know."""
    heading = text.lstrip().splitlines()[0].lower()

    def found(delimiter: str) -> int:
        return sum(cell.strip(' "').replace(" ", "_") in known for cell in heading.split(delimiter))

    return max(_DELIMITERS, key=found)


def _heading_problems(
    columns: tuple[str, ...], words: Words, *, known: Sequence[str], required: Sequence[str]
) -> list[Problem]:
    _ = words._
    may = {"columns": ", ".join(known)}
    found = [
        Problem(
            1,
            _("We do not know the column “%(column)s”. There may be: %(columns)s.")
            % {"column": one[:40], **may},
        )
        for one in columns
        if one not in known
    ]
    twice, missing = (
        _("The column “%(column)s” stands there twice."),
        _("The column “%(column)s” is missing."),
    )
    found += [
        Problem(1, twice % {"column": one[:40]}) for one in sorted(set(columns)) if columns.count(one) > 1
    ]
    found += [Problem(1, missing % {"column": one}) for one in required if one not in columns]
    return found


def _unreadable(text: str) -> Sheet:
    return Sheet((), (), (Problem(1, text),))
