"""Answers are taken out as files and brought in again, with every problem by line."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import delete

from handlers import exports, imports
from handlers.import_plans import Kind, Plan
from handlers.kit.words import Words
from store import faq, faq_changes
from store.database import Database
from store.faq import FaqEntry
from store.faq_changes import Act, Content
from store.seed import seed
from tests.bot import NOW, ROOT

WORDS = Words("en")


async def contents(database: Database) -> dict[str, Content]:
    async with database.read() as session:
        return {entry.slug: faq_changes.content_of(entry) for entry in await faq.all_entries(session)}


async def taken_out(database: Database, kind: str) -> bytes:
    async with database.write() as session:
        return await exports.write(session, kind, actor_id=None, now=NOW)


async def bring_in(database: Database, data: bytes) -> tuple[Plan, bool]:
    async with database.write() as session:
        return await imports.bring_in(session, Kind.FAQ, WORDS, data, actor_id=None, now=NOW)


@pytest.mark.parametrize("kind", ["faq", "faq-toml"])
async def test_what_is_taken_out_changes_nothing_and_fills_an_empty_database(
    database: Database, kind: str
) -> None:
    await seed(database, ROOT / "data", NOW)
    before = await contents(database)
    data = await taken_out(database, kind)
    plan, done = await bring_in(database, data)
    assert (plan.problems, plan.left, done) == ((), len(before), False)
    async with database.write() as session:
        await session.execute(delete(FaqEntry))
    plan, done = await bring_in(database, data)
    assert (len(plan.added), done) == (len(before), True)
    assert await contents(database) == before


async def test_a_changed_line_is_a_version_and_no_cell_acts(database: Database) -> None:
    await seed(database, ROOT / "data", NOW)
    sheet = "slug,title\nvalues,'=HYPERLINK(1)\n"
    plan, done = await bring_in(database, sheet.encode())
    assert (len(plan.changed), done) == (1, True)
    assert (await contents(database))["values"]["title"] == "=HYPERLINK(1)"
    async with database.read() as session:
        assert [one.act for one in await faq_changes.history(session, "values")] == [
            Act.IMPORTED, Act.DELIVERED,
        ]  # fmt: skip
    for line in csv.reader(io.StringIO((await taken_out(database, "faq")).decode("utf-8-sig"))):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in line)


@pytest.mark.parametrize(
    ("file", "line", "said"),
    [
        ("slug,title\nBad Slug,x\n", 2, "lower-case letters"),
        ("slug,title\nnew-one,x\n", 2, "“answer” is empty"),
        ("slug,answer\nvalues,{nothing}\n", 2, "no placeholder {nothing}"),
        ("slug,reviewed_on\nvalues,31/03/2026\n", 2, "a day such as"),
        ("slug,review_months\nvalues,0\n", 2, "from 1 to 60"),
        ("slug,links\nvalues,Bad | javascript:1\n", 2, "a label, | and an address"),
        ("slug,related\nvalues,nowhere\n", 2, "there is no “nowhere”"),
        ("slug,commands\nvalues,rm\n", 2, "there is no “rm”"),
        ("slug,cy_link_labels\nhow-to-join,Un\n", 2, "as many labels in Welsh as there are links"),
        (
            'slug,links\nsubscription-fee,"A | https://a.example.org\nB | https://b.example.org"\n',
            2,
            "as many labels",
        ),
        ("slug,cy_source\nnewsletter,Y rhwydwaith\n", 2, "in Welsh first"),
        ("slug,cy_reviewed\nvalues,maybe\n", 2, "yes or no"),
        ("slug\nvalues\nvalues\n", 3, "twice"),
        ("slug,colour\nvalues,red\n", 1, "colour"),
        # A spreadsheet numbers its rows, however many lines the text in a cell has.
        ('slug,answer\nvalues,"One.\n\nTwo."\nvalues,\n', 3, "twice"),
        ('\n[[entry]]\nslug = "values"\nlinks = ["x"]\n', 2, "has not the form"),
        ('[[entry]]\nslug = "values\n', 2, "not TOML"),
    ],
)
async def test_every_problem_names_its_line_and_nothing_is_changed(
    database: Database, file: str, line: int, said: str
) -> None:
    await seed(database, ROOT / "data", NOW)
    before = await contents(database)
    plan, done = await bring_in(database, file.encode())
    assert not done
    assert any(said in one.text and one.line == line for one in plan.problems), plan.problems
    assert await contents(database) == before
