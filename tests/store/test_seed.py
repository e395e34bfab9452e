"""Files fill a new database once, whole or not at all; from then on the database is the truth."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from store import choices
from store.database import Database
from store.organisations import MailDomain, Organisation
from store.seed import SEEDS, SeedError, seed
from tests.bot import NOW, ROOT


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A copy of the network's files that a test may spoil."""
    return shutil.copytree(ROOT / "data", tmp_path / "data")


async def count(database: Database) -> int:
    async with database.read() as session:
        return await session.scalar(select(func.count()).select_from(Organisation)) or 0


async def test_a_new_database_is_filled(database: Database, data_dir: Path) -> None:
    assert await seed(database, data_dir, NOW)
    async with database.read() as session:
        domains = await session.scalar(select(func.count()).select_from(MailDomain))
        assert await choices.get(session, choices.SEEDED_AT) == NOW.isoformat()
    lines = (data_dir / "organisations.csv").read_text(encoding="utf-8").splitlines()
    assert await count(database) == len(lines) - 1
    assert domains


async def test_what_was_changed_since_is_never_overwritten(database: Database, data_dir: Path) -> None:
    await seed(database, data_dir, NOW)
    async with database.write() as session:
        await session.execute(delete(Organisation).where(Organisation.name.startswith("B")))
        (await session.scalars(select(Organisation).limit(1))).one().name = "A Council by another name"
    before = await count(database)
    assert not await seed(database, data_dir, NOW)
    assert await count(database) == before
    async with database.read() as session:
        assert await session.scalar(
            select(Organisation.name).where(Organisation.name.startswith("A Council"))
        )


async def test_two_that_start_at_once_fill_it_once(database: Database, data_dir: Path) -> None:
    other = Database(database.url.render_as_string(hide_password=False))
    filled = await asyncio.gather(seed(database, data_dir, NOW), seed(other, data_dir, NOW))
    await other.close()
    assert sorted(filled) == [False, True]


@pytest.mark.parametrize("name", [name for name, _ in SEEDS])
async def test_a_missing_file_is_named(database: Database, data_dir: Path, name: str) -> None:
    (data_dir / name).unlink()
    with pytest.raises(SeedError, match=f"^{name}: No such file or directory$"):
        await seed(database, data_dir, NOW)


@pytest.mark.parametrize("name", [name for name, _ in SEEDS])
async def test_a_file_that_is_no_text_is_named(database: Database, data_dir: Path, name: str) -> None:
    (data_dir / name).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SeedError, match=f"^{name}"):
        await seed(database, data_dir, NOW)
    assert await count(database) == 0


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("Somewhere Council,nonsense,council,north,", "line 3: category: "),
        ("Somewhere Council,full", "line 3: kind: "),
        ("Somewhere Council,full,council,north,a.example.org,b", "line 3: one column too many: "),
        (",full,council,north,", "line 3: name: "),
        ("First Council,full,council,north,", "stands there twice"),
    ],
)
async def test_a_wrong_line_is_named_and_nothing_is_filled(
    database: Database, data_dir: Path, line: str, sentence: str
) -> None:
    heading = "name,category,kind,region,email_domains"
    (data_dir / "organisations.csv").write_text(
        f"{heading}\nFirst Council,full,council,north,first.example.org\n{line}\n", encoding="utf-8"
    )
    with pytest.raises(SeedError, match=r"^organisations\.csv") as wrong:
        await seed(database, data_dir, NOW)
    assert sentence in str(wrong.value)
    assert await count(database) == 0
    assert len(str(wrong.value).splitlines()) == 1


async def test_a_wrong_later_file_undoes_the_earlier_ones(database: Database, data_dir: Path) -> None:
    (data_dir / SEEDS[-1][0]).write_text("nonsense = [", encoding="utf-8")
    with pytest.raises(SeedError, match=f"^{SEEDS[-1][0]}: "):
        await seed(database, data_dir, NOW)
    assert await count(database) == 0
    shutil.copy(ROOT / "data" / SEEDS[-1][0], data_dir)
    assert await seed(database, data_dir, NOW)
