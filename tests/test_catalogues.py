"""The catalogues agree with the strings in the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from tests.bot import ROOT

WELSH = ROOT / "locales/cy/LC_MESSAGES/messages.po"
METHODS = [
    ("bot/web/templates/**.html", "jinja2"),
    ("bot/**.py", "python"),
    ("handlers/**.py", "python"),
    ("scheduled/**.py", "python"),
]
PLACEHOLDER = re.compile(r"%\(\w+\)s|<[^>]+>")


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="cy")


def in_the_code() -> set[str | tuple[str, ...]]:
    """Every string that the code marks for translation."""
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
    found = extract_from_dir(
        ROOT, METHODS, {"bot/web/templates/**.html": {"trimmed": "true"}}, keywords=keywords,
        directory_filter=lambda folder: Path(folder).name not in {".venv", "var", ".git", "tests"},
    )  # fmt: skip
    return {message for _file, _line, message, _comments, _context in found}


def test_the_welsh_catalogue_has_every_string_of_the_code_and_no_other() -> None:
    held = {message.id for message in catalogue(WELSH) if message.id}
    assert held == in_the_code()


def test_no_string_hides_in_a_formatted_one_where_it_would_not_be_found() -> None:
    for folder in ("bot", "handlers", "scheduled"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            formatted = [part for node in nodes if isinstance(node, ast.JoinedStr) for part in ast.walk(node)]
            hidden = [ast.unparse(part) for part in formatted if isinstance(part, ast.Call) and _marks(part)]
            assert not hidden, path


def test_every_string_has_its_welsh_with_the_same_placeholders_and_tags() -> None:
    for message in catalogue(WELSH):
        if not message.id:
            continue
        strings = message.string if isinstance(message.string, tuple | list) else [message.string]
        assert len(strings) == (6 if message.pluralizable else 1), message.id
        english = message.id if isinstance(message.id, tuple | list) else [message.id]
        placeholders = [set(PLACEHOLDER.findall(form)) for form in english]
        for string in strings:
            assert string, f"no Welsh for {english[0]!r}"
            assert set(PLACEHOLDER.findall(string)) in placeholders, english[0]
        assert not message.fuzzy, english[0]


def test_the_catalogue_says_that_it_awaits_review() -> None:
    assert "awaits review by a Welsh speaker" in WELSH.read_text(encoding="utf-8").splitlines()[0]


def _marks(call: ast.Call) -> bool:
    """Whether this is a call like ``_("…")`` or ``words.ngettext("…", "…", n)``."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in {"_", "N_", "ngettext"} and any(isinstance(one, ast.Constant) for one in call.args)
