"""Personal data: everything held is shown to its person, and nobody who left is counted."""

from __future__ import annotations

import csv
import io
import json

import pytest

from handlers import enrolment, enrolment_rules, exports, personal_data
from store import groups, linking, members, memberships, roles
from store import personal_data as held_data
from store.database import Database
from store.memberships import Admission, How, MembershipState
from store.roles import Role
from store.sealing import Vault
from tests.bot import NOW, TestBot, message_of
from tests.store.test_linking import Rows


def test_every_reference_to_a_member_is_covered_or_left_out_with_a_reason() -> None:
    references = {(table.name, column.name) for table, column in linking.references()}
    covered = {(table.name, column.name) for table, column in held_data.sources()}
    assert references - covered == set(held_data.LEFT_OUT)
    assert all(held_data.LEFT_OUT.values())


async def test_a_row_of_every_table_is_shown_to_its_person_and_to_nobody_else(database: Database) -> None:
    async with database.write() as session:
        ann = await members.add(session, name="Ann", now=NOW)
        bob = await members.add(session, name="Bob", now=NOW)
        rows = Rows(session)
        for table, column in held_data.sources():
            await rows.add(table, {column.name: ann.id})
    async with database.read() as session:
        of_ann = await held_data.of_member(session, ann.id, Vault())
        of_bob = await held_data.of_member(session, bob.id, Vault())
    assert {table.name for table, _column in held_data.sources()} <= set(of_ann)
    assert set(of_bob) == {"members"}
    json.loads(personal_data.as_json(of_ann, NOW))
    lines = list(csv.DictReader(io.StringIO(personal_data.as_csv(of_ann).decode("utf-8-sig"))))
    assert {"part": "members", "number": "1", "field": "name", "value": "Ann"} in lines
    for name, columns in held_data.HIDDEN.items():
        assert not any(columns & row.keys() for row in of_ann.get(name, ()))


async def test_the_card_says_how_much_there_is_and_whom_to_ask(bot: TestBot) -> None:
    await bot.add_member("ann", Role.REVIEWER)
    card = message_of(await bot.command("ann", "ccin", "my-data"))
    assert ("Your roles", "1") in [(fact.label, fact.value) for fact in card.facts]
    assert card.buttons[0].path == "/my-data"
    assert bot.surroundings.network.general_mail in card.small_print[0]


@pytest.mark.parametrize("active", [True, False])
async def test_who_is_deactivated_is_out_of_every_count_at_once(bot: TestBot, active: bool) -> None:
    rule = enrolment_rules.read({"everyone": True})
    ann = await bot.add_member("ann", Role.REVIEWER, name="Ann")
    async with bot.database.write() as session:
        group = await groups.add(
            session, slug="food", name="Food", purpose="x", kind="thematic", now=NOW, requires_rules=False
        )
        await memberships.admit(session, [Admission(group.id, ann.id, "web")], How.OWN, NOW)
        await groups.make_lead(session, group.id, ann.id, now=NOW)
        (await session.get_one(type(ann), ann.id)).active = active
    expected = int(active)
    async with bot.database.write() as session:
        assert (await groups.sizes(session, [group.id])).get(group.id, 0) == expected
        assert await members.count(session) == expected
        assert len(await members.search(session, "ann")) == expected
        assert len(await groups.leads(session, group.id)) == expected
        inside = await memberships.people(session, group.id, [MembershipState.CONFIRMED], limit=9)
        assert (len(inside[0]), inside[1]) == (expected, expected)
        preview = await enrolment.preview(session, None, rule, NOW)
        assert (preview.fitting, preview.joining) == (expected, expected)
        assert len(await roles.holders(session, Role.REVIEWER)) == expected
        for kind in ("people", "groups"):
            data = await exports.write(session, kind, actor_id=None, now=NOW)
            assert (b"Ann" in data) is active


def test_a_row_is_told_from_the_others_by_its_day_and_first_words(bot: TestBot) -> None:
    words = bot.surroundings.catalogues.words("en")
    row = {"key": "reply:1", "message": {"heading": "", "text": "Hello."}, "created_at": NOW.isoformat()}
    assert personal_data.summary(row, words) == "Saturday 21 November 2026, 10:00 · Hello."
    assert personal_data.summary({"number": 7}, words) == "Show it"
