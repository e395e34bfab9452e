"""Rules judge one person in memory and everybody in the database alike, and read as a sentence."""

from __future__ import annotations

import itertools
import tomllib
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from handlers.enrolment_rules import BadRule, Condition, condition, data_of, matches, read
from handlers.kit.words import Words
from handlers.rule_sentences import Names, names_for, sentence
from store import facts, members, profiles, tags
from store.database import Database
from store.members import Member
from store.organisations import Category, Organisation
from store.profiles import Capacity
from store.seed import seed
from store.tags import TagKind
from tests.bot import NOW, ROOT

THEMES = ("housing", "food", "food-and-drink")
REGIONS = ("north", "wales-midlands")
KINDS = ("council", "town_or_parish")
DAY = date(2026, 7, 1)

LEAVES = st.one_of(
    st.just({"everyone": True}),
    st.lists(st.sampled_from([one.value for one in Category]), min_size=1).map(lambda v: {"category": v}),
    st.lists(st.sampled_from(KINDS), min_size=1).map(lambda v: {"organisation_kind": v}),
    st.lists(st.integers(1, 4), min_size=1).map(lambda v: {"organisation": v}),
    st.lists(st.sampled_from(REGIONS), min_size=1).map(lambda v: {"region": v}),
    st.lists(st.sampled_from([one.value for one in Capacity]), min_size=1).map(lambda v: {"capacity": v}),
    st.lists(st.sampled_from(THEMES), min_size=1).map(lambda v: {"interests": v}),
    st.lists(st.sampled_from(["en", "cy"]), min_size=1).map(lambda v: {"language": v}),
    st.dates(DAY - timedelta(2), DAY + timedelta(2)).map(lambda v: {"joined_before": v.isoformat()}),
    st.dates(DAY - timedelta(2), DAY + timedelta(2)).map(lambda v: {"joined_after": v.isoformat()}),
)
RULES: st.SearchStrategy[dict[str, Any]] = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        st.lists(parts, min_size=1, max_size=3).map(lambda v: {"all": v}),
        st.lists(parts, min_size=1, max_size=3).map(lambda v: {"any": v}),
        parts.map(lambda v: {"not": v}),
    ),
    max_leaves=6,
)


def some_rules(count: int) -> list[Condition]:
    """Rules of every shape that hypothesis thinks of."""
    found: list[Condition] = []

    @settings(max_examples=count, database=None, derandomize=True)
    @given(RULES)
    def collect(data: dict[str, Any]) -> None:
        # One that is too deep to be read is none.
        with suppress(BadRule):
            found.append(read(data))

    collect()
    return found


async def add_people(database: Database) -> int:
    """People of every sort, those who told nothing among them."""
    async with database.write() as session:
        offices = [
            Organisation(name=f"Council {number}", category=category, kind=kind, region=region)
            for number, (category, kind, region) in enumerate(
                [("full", "council", "north"), ("associate", "town_or_parish", "wales-midlands"),
                 ("affiliate", "company", "")]
            )
        ]  # fmt: skip
        session.add_all(offices)
        await session.flush()
        moments = [
            datetime(2026, 6, 30, 22, 59, 59, tzinfo=UTC),  # 23:59:59 in London, the evening before.
            datetime(2026, 6, 30, 23, 0, tzinfo=UTC),  # Midnight in London.
        ]
        wanted: list[list[str]] = [[], ["housing"], ["food-and-drink"], ["food", "housing"]]
        number = 0
        for office, capacity, interests in itertools.product([None, *offices], ["", *Capacity, None], wanted):
            number += 1
            member = await members.add(session, name="", now=moments[number % 2])
            member.locale = ("en", "cy")[number % 3 == 0]
            member.active = number % 7 != 0
            member.organisation_id = office.id if office else None
            if capacity is not None:
                profile = await profiles.start(session, member.id, now=NOW)
                profile.capacity, profile.interests = capacity, interests
                # A claim counts for nothing.
                profile.pending_organisation_id = offices[0].id
        await session.flush()
    return number


async def test_one_person_and_everybody_are_judged_alike(database: Database) -> None:
    count = await add_people(database)
    async with database.read() as session:
        known = [await facts.of_member(session, member_id) for member_id in range(1, count + 1)]
        everybody = [one for one in known if one is not None]
        assert len(everybody) == count
        for rule in some_rules(150):
            found = set(await session.scalars(facts.of_people(select(Member.id)).where(condition(rule))))
            assert found == {one.member_id for one in everybody if matches(rule, one)}, data_of(rule)


@given(RULES)
@settings(database=None)
def test_a_rule_comes_back_from_its_data_as_it_was(data: dict[str, Any]) -> None:
    try:
        rule = read(data)
    except BadRule:
        return
    assert read(data_of(rule)) == rule
    assert sentence(rule, Words("en"), Names()).endswith(".")


@pytest.mark.parametrize(
    "data",
    [
        {},
        [],
        {"all": []},
        {"nobody": True},
        {"category": ["full"], "region": ["north"]},
        {"category": ["first"]},
        {"interests": ['a" OR 1=1']},
        {"joined_after": "yesterday"},
        {"any": [{"everyone": True}] * 61},
        {"not": {"not": {"not": {"not": {"not": {"not": {"everyone": True}}}}}}},
    ],
)
def test_what_is_no_rule_is_refused(data: Any) -> None:
    with pytest.raises(BadRule):
        read(data)


SENTENCES = [
    ({"everyone": True}, "Everyone."),
    (
        {"all": [{"capacity": ["councillor"]}, {"category": ["full"]}, {"region": ["wales-midlands"]},
                 {"language": ["cy"]}]},
        "Councillors of full members in Wales and the Midlands who speak Welsh.",
    ),
    (
        {"all": [{"category": ["full", "associate"]}, {"organisation_kind": ["council"]}]},
        "People of full members or associate members that are councils.",
    ),
    (
        {"any": [{"capacity": ["officer"]}, {"interests": ["housing", "food"]}]},
        "Officers or people who are interested in Housing or Food.",
    ),
    ({"not": {"capacity": ["councillor"]}}, "Everyone except councillors."),
    (
        {"all": [{"region": ["north"]}, {"joined_after": "2026-03-01"}, {"not": {"capacity": ["other"]}}]},
        "People in the North of England who joined after Sunday 1 March 2026, except people in other roles.",
    ),
    (
        {"all": [{"language": ["cy"]}, {"any": [{"capacity": ["officer"]}, {"region": ["south"]}]}]},
        "People who speak Welsh and are (officers or people in the South of England).",
    ),
    (
        {"all": [{"capacity": ["officer"]}, {"any": [{"region": ["south"]}, {"not": {"language": ["cy"]}}]}]},
        "Officers who are (people in the South of England or (everyone except people who speak Welsh)).",
    ),
    (
        {"all": [{"region": ["south"]}, {"region": ["north"]}, {"capacity": ["officer"]},
                 {"capacity": ["other"]}]},
        "Officers in the South of England who are people in other roles and are people in the North of "
        "England.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("data", "said"), SENTENCES)
def test_a_rule_reads_as_one_sentence(data: dict[str, Any], said: str) -> None:
    names = Names(themes={"housing": "Housing", "food": "Food"})
    assert sentence(read(data), Words("en"), names) == said


def test_a_group_without_a_rule_says_so() -> None:
    assert "by themselves" in sentence(None, Words("en"), Names())


async def test_the_names_of_organisations_are_found_and_a_lost_one_is_admitted(database: Database) -> None:
    async with database.write() as session:
        session.add(Organisation(name="Brent Council", category="full", kind="council", region="south"))
    rule = read({"not": {"any": [{"all": [{"organisation": [1]}]}, {"organisation": [99]}]}})
    async with database.read() as session:
        said = sentence(rule, Words("en"), await names_for(session, rule, "en"))
    assert said == (
        "Everyone except (people of Brent Council or people of an organisation that is no longer known)."
    )


async def test_the_rules_of_the_first_groups_are_rules(database: Database) -> None:
    await seed(database, ROOT / "data", NOW)
    with (ROOT / "data" / "groups.toml").open("rb") as file:
        held = tomllib.load(file)["group"]
    async with database.read() as session:
        themes = {tag.slug for tag in await tags.of_kind(session, TagKind.THEME)}
        for group in held:
            rule = read(group["rule"])
            assert sentence(rule, Words("en"), await names_for(session, rule, "en"))
            assert set(group["rule"].get("interests", [])) <= themes
    kinds = [group["kind"] for group in held]
    assert (kinds.count("regional"), kinds.count("thematic"), kinds.count("announcements")) == (4, 8, 1)
