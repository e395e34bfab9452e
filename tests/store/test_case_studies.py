"""Case studies in the database: their states, their addresses, and what is found among them."""

from __future__ import annotations

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from store import case_studies, members, tags
from store.case_studies import CaseStudy, Content, State, WrongState
from store.database import Database
from store.organisations import Organisation
from store.seed import SeedError, seed
from store.slugs import LONGEST_SLUG, slug_of
from store.tags import Tag, TagKind
from tests.bot import NOW, ROOT


async def organisation(session: AsyncSession, name: str) -> int:
    row = Organisation(name=name, category="full", kind="council", region="north")
    session.add(row)
    await session.flush()
    return row.id


def content(organisation_id: int, title: str = "A library of things", **values: Any) -> Content:
    written: dict[str, Any] = {
        "title": title,
        "organisation_id": organisation_id,
        "themes": ["housing"],
        "principles": ["learning"],
        "year": 2025,
        "challenge": "Tools are dear.",
        "done": "We lent them.",
        "outcomes": "300 households borrowed.",
        "learning": "Ask first.",
        "links": [],
        "contact": "things@example.org",
    }
    return Content(**{**written, **values})


async def submitted(session: AsyncSession, written: Content) -> CaseStudy:
    author = await members.add(session, name="Ann", now=NOW)
    return await case_studies.add(session, written, author_id=author.id, now=NOW)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("A library of things", "a-library-of-things"),
        ("  Tŷ & Thŷ: Cartrefi’r Gymuned!  ", "ty-and-thy-cartrefir-gymuned"),
        ("Straße, Œuvre, Łódź", "strasse-oeuvre-lodz"),
        ("<!channel> ../../etc/passwd?x=1", "channel-etc-passwd-x-1"),
        ("住宅", ""),
    ],
)
def test_a_title_becomes_a_plain_address(title: str, slug: str) -> None:
    assert slug_of(title) == slug


def test_a_long_title_is_cut_between_words() -> None:
    slug = slug_of("community " * 20)
    assert len(slug) <= LONGEST_SLUG
    assert set(slug.split("-")) == {"community"}
    assert len(slug_of("x" * 200)) == LONGEST_SLUG


async def test_two_case_studies_never_share_an_address(database: Database) -> None:
    async with database.write() as session:
        council = await organisation(session, "Oldham Council")
        author = await members.add(session, name="Ann", now=NOW)

    async def add(title: str) -> str:
        async with database.write() as session:
            study = await case_studies.add(session, content(council, title), author_id=author.id, now=NOW)
            return study.slug

    together = await asyncio.gather(*(add("Food for all") for _ in range(4)))
    assert sorted(together) == ["food-for-all", "food-for-all-2", "food-for-all-3", "food-for-all-4"]
    assert await add("Food") == "food"
    assert [await add("住宅"), await add("食")] == ["case-study", "case-study-2"]


async def test_only_what_waits_can_be_decided(database: Database) -> None:
    async with database.write() as session:
        council = await organisation(session, "Oldham Council")
        study = await submitted(session, content(council))
        study.publish(NOW)
        assert (study.state, study.decided_at, study.published_at) == (State.PUBLISHED, NOW, NOW)
        for decide in (study.publish, study.request_changes, study.decline):
            with pytest.raises(WrongState) as wrong:
                decide(NOW)
            assert wrong.value.state is State.PUBLISHED


async def test_a_case_study_is_sent_again_as_a_new_version_under_its_old_address(database: Database) -> None:
    later = NOW + timedelta(days=1)
    async with database.write() as session:
        council = await organisation(session, "Oldham Council")
        study = await submitted(session, content(council))
        with pytest.raises(WrongState):
            study.send_again(content(council, "Another title"), later)
        study.request_changes(NOW)
        study.send_again(content(council, "Another title"), later)
    async with database.read() as session:
        held = await case_studies.by_slug(session, "a-library-of-things")
    assert held is not None
    assert (held.title, held.version, held.state) == ("Another title", 2, State.SUBMITTED)
    assert (held.consent_at, held.submitted_at, held.decided_at) == (later, later, None)


async def test_a_case_study_can_be_withdrawn_in_every_state_but_once(database: Database) -> None:
    async with database.write() as session:
        council = await organisation(session, "Oldham Council")
        for decide in (None, CaseStudy.publish, CaseStudy.request_changes, CaseStudy.decline):
            study = await submitted(session, content(council))
            if decide is not None:
                decide(study, NOW)
            study.withdraw(NOW)
            assert study.is_gone is (decide is CaseStudy.publish)
            with pytest.raises(WrongState):
                study.withdraw(NOW)


async def test_published_case_studies_are_found_by_what_they_are_about(database: Database) -> None:
    async with database.write() as session:
        oldham = await organisation(session, "Oldham Council")
        cardiff = await organisation(session, "Cardiff Council")
        studies = [
            await submitted(session, content(oldham, "Tool library", themes=["housing", "food"])),
            await submitted(session, content(cardiff, "Community energy", themes=["climate-and-energy"])),
            await submitted(session, content(cardiff, "100% local_food", principles=["innovation"])),
            await submitted(session, content(oldham, "Never published")),
        ]
        await case_studies.set_partners(session, studies[1], [oldham, cardiff])
        for day, study in enumerate(studies[:3]):
            study.publish(NOW + timedelta(days=day))

    async def found(**filters: Any) -> list[str]:
        async with database.read() as session:
            held = await case_studies.published(session, **filters)
            counted = await case_studies.count_published(session, **filters)
        assert counted == len(held)
        return [study.title for study in held]

    assert await found() == ["100% local_food", "Community energy", "Tool library"]
    assert await found(theme="food") == ["Tool library"]
    assert await found(theme="climate") == []
    assert await found(theme="%") == []
    assert await found(principle="innovation") == ["100% local_food"]
    assert await found(organisation_id=oldham) == ["Community energy", "Tool library"]
    assert await found(query="COMMUNITY cardiff") == ["Community energy"]
    assert await found(query="100%") == ["100% local_food"]
    assert await found(query="l_f") == ["100% local_food"]
    assert await found(query="never") == []
    assert await found(theme="housing", organisation_id=cardiff, query="lent") == ["100% local_food"]
    async with database.read() as session:
        page = await case_studies.published(session, limit=1, offset=1)
        assert [study.title for study in page] == ["Community energy"]
        assert await case_studies.count_published(session) == 3


async def test_a_list_is_read_with_its_organisations_in_two_queries(database: Database) -> None:
    async with database.write() as session:
        oldham = await organisation(session, "Oldham Council")
        cardiff = await organisation(session, "Cardiff Council")
        for number in range(5):
            study = await submitted(session, content(oldham, f"Study {number}"))
            study.publish(NOW)
            await case_studies.set_partners(session, study, [cardiff])
    asked: list[str] = []
    engine = database._reader.sync_engine
    async with database.read() as session:
        event.listen(engine, "before_cursor_execute", lambda _c, _cu, statement, *_: asked.append(statement))
        held = await case_studies.published(session)
        partners = await case_studies.partners_of(session, [study.id for study in held])
    assert {study.organisation.name for study in held} == {"Oldham Council"}
    assert [[one.name for one in partners[study.id]] for study in held] == [["Cardiff Council"]] * 5
    assert len([statement for statement in asked if statement.startswith("SELECT")]) == 2


async def test_what_waits_and_what_an_author_wrote_come_in_order(database: Database) -> None:
    async with database.write() as session:
        council = await organisation(session, "Oldham Council")
        first = await submitted(session, content(council, "First"))
        second = await submitted(session, content(council, "Second"))
        second.submitted_at = NOW - timedelta(days=1)
        first.updated_at = NOW + timedelta(days=1)
        second.author_id = first.author_id
        author_id = first.author_id or 0
    async with database.read() as session:
        assert [study.title for study in await case_studies.waiting(session)] == ["Second", "First"]
        assert [study.title for study in await case_studies.waiting(session, limit=1)] == ["Second"]
        assert [study.title for study in await case_studies.of_author(session, author_id)] == [
            "First",
            "Second",
        ]


async def test_tags_are_seeded_in_order_and_named_in_both_languages(database: Database) -> None:
    await seed(database, ROOT / "data", NOW)
    async with database.read() as session:
        principles = await tags.of_kind(session, TagKind.PRINCIPLE)
        themes = await tags.of_kind(session, TagKind.THEME)
    assert len(principles) == 10
    assert principles[0].slug == "social-partnership"
    assert len(themes) >= 12
    chosen = ["learning", "social-partnership", "gone"]
    assert tags.labels(principles, chosen, "en") == ["Social partnership", "Learning", "gone"]
    assert tags.labels(principles, chosen, "cy")[1] == "Dysgu"
    assert Tag(name="Housing", name_cy="").label("cy") == "Housing"


async def test_a_tag_without_a_name_is_told_with_its_file(database: Database, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "data", tmp_path, dirs_exist_ok=True)
    (tmp_path / "themes.toml").write_text('[[theme]]\nslug = "food"\n')
    with pytest.raises(SeedError, match=r"themes.toml: 0.name: Field required"):
        await seed(database, tmp_path, NOW)
