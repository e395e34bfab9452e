"""Answers from and to files: CSV, or TOML as in ``DATA_DIR``; an empty cell changes nothing."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import tomli_w
from sqlalchemy.ext.asyncio import AsyncSession

from handlers import spreadsheets
from handlers.faq_cards import COMMAND_LABELS, PAGE_LABELS
from handlers.faq_form import (
    LINK,
    LONGEST_ANSWER,
    LONGEST_EXAMPLE,
    LONGEST_SOURCE,
    LONGEST_TITLE,
    MOST_LINKS,
    flat_lines,
    lines,
    wrong_labels,
)
from handlers.faq_slots import unknown_in
from handlers.import_plans import Change, Importer, Kind, Plan
from handlers.kit.words import Words
from handlers.spreadsheets import Problem, Row
from store import audit, faq, faq_changes
from store.faq import REVIEWED_EVERY_MONTHS
from store.faq_changes import Act, Content

COLUMNS = (
    "slug", "title", "answer", "source", "reviewed_on", "review_months", "links", "commands", "pages",
    "related", "examples", "checks", "cy_title", "cy_answer", "cy_source", "cy_link_labels", "cy_reviewed",
)  # fmt: skip
# A cell of these holds one thing a line.
_LISTS = ("links", "commands", "pages", "related", "examples", "checks")
_NEEDED = ("title", "answer", "source", "reviewed_on")
_LONGEST = {"title": LONGEST_TITLE, "cy_title": LONGEST_TITLE, "answer": LONGEST_ANSWER,
            "source": LONGEST_SOURCE, "cy_source": LONGEST_SOURCE, "cy_answer": LONGEST_ANSWER}  # fmt: skip
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_YES = {"yes": True, "no": False, "": False}
_TOML_ENTRY = re.compile(r"^\[\[entry\]\]\s*$", re.MULTILINE)


async def as_csv(session: AsyncSession) -> tuple[bytes, int]:
    """Every answer that is given, and how many."""
    entries = await faq.all_entries(session)
    rows = [{"slug": entry.slug} | _cells(faq_changes.content_of(entry)) for entry in entries]
    return spreadsheets.write(COLUMNS, rows), len(rows)


async def as_toml(session: AsyncSession) -> tuple[bytes, int]:
    """The same in the form of ``faq.toml``."""
    found = []
    for entry in await faq.all_entries(session):
        content = faq_changes.content_of(entry)
        welsh = content.pop("cy")
        content["reviewed_on"] = entry.reviewed_on
        content["links"] = [{"label": label, "url": url} for label, url in entry.links]
        if welsh:
            welsh["welsh_reviewed"] = welsh.pop("reviewed")
            content["cy"] = welsh
        found.append({"slug": entry.slug} | content)
    return tomli_w.dumps({"entry": found}, multiline_strings=True).encode(), len(found)


async def plan(session: AsyncSession, words: Words, data: bytes, now: datetime) -> Plan:
    """What a file of answers would do; every problem of every line."""
    rows, problems = _rows(words, data)
    entries = [*await faq.all_entries(session), *await faq.all_entries(session, archived=True)]
    held = {entry.slug: entry for entry in entries}
    known = held.keys() | {row.cells.get("slug", "").strip() for row in rows}
    seen: set[str] = set()
    added: list[Change] = []
    changed: list[Change] = []
    left = 0
    for row in rows:
        cells = {column: _flat(column, row.cells.get(column, "")) for column in COLUMNS}
        slug = cells["slug"]
        before = _cells(faq_changes.content_of(held[slug])) if slug in held else {}
        wrong = [Problem(row.line, said) for said in _wrong(words, cells, before, known)]
        if slug in seen:
            wrong.append(Problem(row.line, words._("This answer stands in the file twice.")))
        seen.add(slug)
        problems += wrong
        details = tuple(
            (column, before.get(column, ""), cells[column])
            for column in COLUMNS[1:]
            if cells[column] and cells[column] != before.get(column, "")
        )
        if wrong:
            continue
        if not before:
            added.append(Change(row.line, slug, None, details))
        elif details:
            changed.append(Change(row.line, slug, None, details))
        else:
            left += 1
    problems.sort(key=lambda one: one.line)
    return Plan(Kind.FAQ, tuple(problems), tuple(added), tuple(changed), left, data)


async def apply(session: AsyncSession, plan: Plan, actor_id: int | None, now: datetime) -> None:
    """Every line that changes something is a version of its answer."""
    for change in (*plan.added, *plan.changed):
        entry = await faq.by_slug(session, change.name)
        before = _cells(faq_changes.content_of(entry)) if entry else dict.fromkeys(COLUMNS, "")
        content = _content(before | change.values)
        await faq_changes.write(session, change.name, content, Act.IMPORTED, author_id=actor_id, now=now)
        await audit.record(session, "faq.imported", "faq_entry", change.name, actor_id=actor_id, now=now)


IMPORTER = Importer(plan, apply)


def _rows(words: Words, data: bytes) -> tuple[list[Row], list[Problem]]:
    text = data.decode("utf-8-sig", errors="replace")
    if len(data) > spreadsheets.LARGEST_FILE_BYTES or not _TOML_ENTRY.search(text):
        sheet = spreadsheets.read(data, words, known=COLUMNS, required=("slug",))
        return list(sheet.rows), list(sheet.problems)
    try:
        entries = tomllib.loads(text).get("entry", [])
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else 1
        return [], [Problem(line, words._("This is not TOML: %(reason)s.") % {"reason": error})]
    begins = [text.count("\n", 0, found.start()) + 1 for found in _TOML_ENTRY.finditer(text)]
    rows, problems = [], []
    for line, entry in zip(begins, entries, strict=False):
        try:
            rows.append(Row(line, _toml_cells(entry)))
        except (AttributeError, KeyError, TypeError, ValueError):
            problems.append(Problem(line, words._("This entry has not the form that an export has.")))
    return rows, problems


def _toml_cells(entry: Mapping[str, Any]) -> dict[str, str]:
    """:raises ValueError: there is a key that an export has not; other errors for a wrong kind of value."""
    if entry.keys() - {*COLUMNS, "cy"}:
        raise ValueError
    welsh = entry.get("cy", {})
    cells = {name: str(entry[name]) for name in COLUMNS[:6] if name in entry}
    cells["links"] = "\n".join(f"{link['label']} | {link['url']}" for link in entry.get("links", []))
    for name in _LISTS[1:]:
        cells[name] = "\n".join(entry.get(name, []))
    cells["cy_title"], cells["cy_answer"] = str(welsh.get("title", "")), str(welsh.get("answer", ""))
    cells["cy_source"] = str(welsh.get("source", ""))
    cells["cy_link_labels"] = "\n".join(welsh.get("link_labels", []))
    if welsh:
        cells["cy_reviewed"] = "yes" if welsh.get("welsh_reviewed") else "no"
    return cells


def _flat(column: str, cell: str) -> str:
    cell = cell.replace("\r\n", "\n")
    if column == "cy_link_labels":
        return "\n".join(flat_lines(cell))
    if column in _LISTS:
        return "\n".join(lines(cell))
    return cell.strip() if column in ("answer", "cy_answer") else " ".join(cell.split())


def _cells(content: Content) -> dict[str, str]:
    welsh = content["cy"]
    cells = {
        name: str(content[name]) for name in ("title", "answer", "source", "reviewed_on", "review_months")
    }
    cells["links"] = "\n".join(f"{label} | {url}" for label, url in content["links"])
    cells |= {name: "\n".join(content[name]) for name in _LISTS[1:]}
    cells["cy_title"], cells["cy_answer"] = (welsh["title"], welsh["answer"]) if welsh else ("", "")
    cells["cy_source"] = welsh["source"] if welsh else ""
    cells["cy_link_labels"] = "\n".join(welsh["link_labels"]) if welsh else ""
    cells["cy_reviewed"] = ("yes" if welsh["reviewed"] else "no") if welsh else ""
    return {column: _flat(column, cell) for column, cell in cells.items()}


def _content(cells: Mapping[str, str]) -> Content:
    """Of cells that have no problem."""
    links = [[part.strip() for part in line.split("|", 1)] for line in lines(cells["links"])]
    return {
        **{name: cells[name] for name in _NEEDED},
        "review_months": int(cells["review_months"] or REVIEWED_EVERY_MONTHS),
        "links": links,
        **{name: lines(cells[name]) for name in _LISTS[1:]},
        "cy": {
            "title": cells["cy_title"],
            "answer": cells["cy_answer"],
            "source": cells["cy_source"],
            "link_labels": flat_lines(cells["cy_link_labels"]),
            "reviewed": _YES[cells["cy_reviewed"].lower()],
        }
        if cells["cy_title"]
        else None,
    }


def _wrong(words: Words, cells: dict[str, str], before: dict[str, str], known: set[str]) -> list[str]:
    """What keeps a line from being brought in, a sentence each."""
    _ = words._
    after = {column: cells[column] or before.get(column, "") for column in COLUMNS}
    found = []
    if not _SLUG.fullmatch(cells["slug"]) or len(cells["slug"]) > 80:
        found.append(_("The short name (slug) takes lower-case letters, figures and hyphens."))
    missing = [column for column in _NEEDED if not after[column]]
    found += [_("The column “%(column)s” is empty.") % {"column": column} for column in missing]
    for column, most in _LONGEST.items():
        if len(after[column]) > most:
            said = _("“%(column)s” has more than %(most)s characters.")
            found.append(said % {"column": column, "most": words.number(most)})
    for column in ("answer", "cy_answer"):
        unknown = unknown_in(after[column])
        found += [_("There is no placeholder {%(name)s}.") % {"name": slot} for slot in unknown]
    if bool(after["cy_title"]) != bool(after["cy_answer"]):
        found.append(_("Give both the question and the answer in Welsh, or neither."))
    if (after["cy_source"] or after["cy_link_labels"]) and not after["cy_title"]:
        found.append(_("Give the question and the answer in Welsh first."))
    if said := wrong_labels(words, flat_lines(after["cy_link_labels"]), len(lines(after["links"]))):
        found.append(said)
    if cells["cy_reviewed"].lower() not in _YES:
        found.append(_("“cy_reviewed” is yes or no."))
    if after["reviewed_on"] and not _is_day(after["reviewed_on"]):
        found.append(_("“reviewed_on” is a day such as 2026-03-31."))
    months = after["review_months"]
    if months and not (months.isdecimal() and len(months) < 3 and 1 <= int(months) <= 60):
        found.append(_("“review_months” is a number from 1 to 60."))
    links = lines(after["links"])
    if len(links) > MOST_LINKS or not all(LINK.fullmatch(line) for line in links):
        said = _("“links” takes at most %(most)s lines, each a label, | and an address.")
        found.append(said % {"most": words.number(MOST_LINKS)})
    for column, may in (("commands", COMMAND_LABELS), ("pages", PAGE_LABELS), ("related", known)):
        found += [
            _("“%(column)s”: there is no “%(value)s”.") % {"column": column, "value": value[:60]}
            for value in lines(after[column])
            if value not in may
        ]
    if any(len(line) > LONGEST_EXAMPLE for name in ("examples", "checks") for line in lines(after[name])):
        longest = {"most": words.number(LONGEST_EXAMPLE)}
        found.append(_("A line has more than %(most)s characters. Shorten it.") % longest)
    return found


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == len("2026-03-31")
