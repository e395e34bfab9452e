"""Rules as groups of conditions say the same as before, whatever their shape."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.enrolment_rules import BadRule, matches, read
from handlers.rule_blocks import ROOT, Block, Mode, blocks_of, rule_data
from store.facts import Facts
from tests.bot import NOW
from tests.test_enrolment_rules import REGIONS, RULES, THEMES

PEOPLE = st.builds(
    Facts,
    member_id=st.just(1),
    joined_at=st.just(NOW),
    language=st.sampled_from(["en", "cy"]),
    organisation_id=st.integers(0, 4),
    category=st.sampled_from(["", "full", "supporter"]),
    organisation_kind=st.sampled_from(["", "council"]),
    region=st.sampled_from(["", *REGIONS]),
    capacity=st.sampled_from(["", "councillor", "officer"]),
    interests=st.frozensets(st.sampled_from(THEMES)),
)


@given(RULES, st.lists(PEOPLE, min_size=3, max_size=6))
@settings(database=None, deadline=None)
def test_any_rule_comes_back_from_its_blocks_meaning_the_same(
    data: dict[str, object], people: list[Facts]
) -> None:
    try:
        rule = read(data)
    except BadRule:
        return
    written = rule_data(blocks_of(rule))
    assert written is not None
    again = read(written)
    assert [matches(again, one) for one in people] == [matches(rule, one) for one in people]
    assert rule_data(blocks_of(again)) == written


def test_blocks_are_put_in_changed_and_taken_out() -> None:
    root = blocks_of(read({"any": [{"capacity": ["officer"]}, {"region": ["north"]}]}))
    root = root.added(ROOT, Mode.NONE, {"category": ["supporter"]})
    inner = root.blocks[0].id
    root = root.added(inner, Mode.ALL, {"language": ["cy"], "interests": ["food"]})
    assert rule_data(root) == {
        "any": [
            {"capacity": ["officer"]},
            {"region": ["north"]},
            {"not": {"any": [
                {"category": ["supporter"]}, {"all": [{"language": ["cy"]}, {"interests": ["food"]}]},
            ]}},
        ]
    }  # fmt: skip
    deepest = root.blocks[0].blocks[0].id
    assert root.holder_of(deepest) == root.find(inner)
    root = root.changed(deepest, mode=Mode.ANY, conditions={})
    assert rule_data(root.without(inner)) == {"any": [{"capacity": ["officer"]}, {"region": ["north"]}]}
    assert rule_data(root.changed(inner, conditions={}).changed(ROOT, conditions={})) is None


def test_a_block_without_conditions_counts_for_nothing() -> None:
    assert rule_data(blocks_of(None)) is None
    assert rule_data(Block(id=ROOT, mode=Mode.NONE)) is None
    everybody = Block(id=ROOT, mode=Mode.EVERYBODY)
    assert rule_data(everybody) == {"everyone": True}
    others = everybody.added(ROOT, Mode.NONE, {"capacity": ["other"]})
    assert rule_data(others) == {"not": {"capacity": ["other"]}}
