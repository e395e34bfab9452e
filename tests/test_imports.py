"""Lists: every problem by line, all or nothing, and what is written is read back exactly."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from handlers import exports, imports, spreadsheets
from handlers.import_plans import Kind, Plan
from handlers.kit.updates import Joined, Place, PlaceKind, Profile
from handlers.kit.words import Words
from store import audit, groups, members, organisations, profiles, seed
from store.audit import AuditRecord
from store.members import Identity, Member
from store.organisations import MailDomain, Organisation
from tests.bot import NOW, ROOT, TestBot
from tests.network import add_organisation

WORDS = Words("en")
WORKSPACE = Place("test", PlaceKind.WORKSPACE, "T1")
CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(
    st.lists(st.tuples(CELLS, st.sampled_from(["", "=", "+", "-", "@", "\t", "\r", "'", "'="])), min_size=1)
)
def test_what_is_written_is_read_back_exactly_and_no_cell_acts(cells: list[tuple[str, str]]) -> None:
    rows = [{"name": "x", "email": begins + text} for text, begins in cells]
    written = spreadsheets.write(("name", "email"), rows)
    found = spreadsheets.read(written, WORDS, known=("name", "email"), required=("email",))
    assert found.problems == ()
    assert [row.cells for row in found.rows] == rows
    for line in csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in line)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_files_from_excel_are_read_whatever_their_encoding_and_delimiter(
    encoding: str, delimiter: str
) -> None:
    data = f"Name{delimiter}E-Mail\r\nSiân{delimiter}s@example.org\r\n".replace("E-Mail", "email")
    found = spreadsheets.read(data.encode(encoding), WORDS, known=("name", "email"), required=("email",))
    assert [row.cells for row in found.rows] == [{"name": "Siân", "email": "s@example.org"}]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The file is empty."),
        (b"PK\x03\x04\0\0", "This is not a CSV file."),
        (b"x" * 500_001, "larger than 500 kB"),
        (b"email\n" + b"a@example.org\n" * 5_001, "more than 5,000 lines"),
        (b"email,nmae\n", "We do not know the column “nmae”."),
        (b"name\nAnn\n", "The column “email” is missing."),
        (b"email,email\n", "stands there twice"),
        (b'email\n"a@example.org\n', "quotation mark"),
        (b"email\na@example.org,x\n", "more cells"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(data: bytes, said: str) -> None:
    found = spreadsheets.read(data, WORDS, known=("name", "email"), required=("email",))
    assert [said in one.text for one in found.problems] == [True]


async def look(bot: TestBot, kind: Kind, text: str) -> Plan:
    async with bot.database.read() as session:
        return await imports.look_over(session, kind, WORDS, text.encode(), NOW)


async def bring_in(bot: TestBot, kind: Kind, text: str, checked: str | None = None) -> tuple[Plan, bool]:
    async with bot.database.write() as session:
        return await imports.bring_in(
            session, kind, WORDS, text.encode(), actor_id=None, now=NOW, checked=checked
        )


@pytest.fixture
async def oldham(bot: TestBot) -> Organisation:
    async with bot.database.write() as session:
        council = Organisation(name="Oldham Council", category="full", kind="council", region="north")
        session.add(council)
    return council


async def test_every_problem_of_every_line_is_listed_and_nothing_is_changed(
    bot: TestBot, oldham: Organisation
) -> None:
    text = (
        "name,email,organisation,capacity,language,interests\n"
        "Ann,ann@example.org,Oldam Council,,,\n"
        ",nobody,,boss,fr,gardening\n"
        "\n"
        "Ann,ANN@example.org,,,,\n"
        "Bob,bob@example.org,Oldham council,officer,cy,\n"
    )
    plan, done = await bring_in(bot, Kind.PEOPLE, text)
    assert not done
    assert [(one.line, one.text.split(".")[0]) for one in plan.problems] == [
        (2, "We do not know an organisation “Oldam Council”"),
        (3, "“nobody” is no mail address"),
        (3, "There is no name in this line"),
        (3, "“boss” is no capacity"),
        (3, "“fr” is no language"),
        (3, "“gardening” is no theme"),
        (5, "ann@example"),
    ]
    assert plan.problems[0].text.endswith("Do you mean “Oldham Council”?")
    async with bot.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Member)) == 0


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Oldam", "Oldham Council"),
        ("Oldham Metropolitan Borough Council", "Oldham Council"),
        ("Newcastle Council", "Newcastle City Council"),
        ("Leeds City Council", None),
        ("Atlantis Council", None),
        ("Council", None),
    ],
)
async def test_only_a_name_that_may_be_meant_is_suggested(
    bot: TestBot, oldham: Organisation, written: str, meant: str | None
) -> None:
    for name in ("Rochdale Metropolitan Borough Council", "Newcastle City Council", "Hull City Council"):
        await add_organisation(bot, name)
    plan, _done = await bring_in(
        bot, Kind.PEOPLE, f"name,email,organisation\nAnn,ann@example.org,{written}\n"
    )
    said = f"We do not know an organisation “{written}”."
    assert [one.text for one in plan.problems] == [said + (f" Do you mean “{meant}”?" if meant else "")]


async def test_people_are_added_changed_and_left_as_they_are(bot: TestBot, oldham: Organisation) -> None:
    text = "name,email,organisation,capacity,job\nAnn,Ann@example.org,oldham COUNCIL,officer,Planner\n"
    first, done = await bring_in(bot, Kind.PEOPLE, text)
    assert (done, len(first.added), len(first.changed), first.left) == (True, 1, 0, 0)
    again = await look(bot, Kind.PEOPLE, text)
    assert (len(again.added), len(again.changed), again.left) == (0, 0, 1)
    changed, done = await bring_in(bot, Kind.PEOPLE, text.replace("Planner", "Lawyer").replace("officer", ""))
    assert done
    assert changed.changed[0].details == (("job", "Planner", "Lawyer"),)
    async with bot.database.read() as session:
        ann = (await session.scalars(select(Member))).one()
        profile = await profiles.of_member(session, ann.id)
        acts = [(row.act, row.fields) for row in await session.scalars(select(AuditRecord))]
    assert (ann.organisation_id, ann.organisation_fixed) == (oldham.id, True)
    assert profile is not None
    assert (profile.job, profile.capacity) == ("Lawyer", "officer")
    assert acts == [
        ("member.import", ["capacity", "email", "job", "name", "organisation"]),
        ("member.import", ["job"]),
    ]


async def test_nothing_is_done_when_what_was_checked_has_changed(bot: TestBot, oldham: Organisation) -> None:
    text = "name,category,kind,region\nOldham Council,full,council,south\n"
    checked = (await look(bot, Kind.ORGANISATIONS, text)).fingerprint
    async with bot.database.write() as session:
        (await session.get_one(Organisation, oldham.id)).category = "associate"
    assert (await bring_in(bot, Kind.ORGANISATIONS, text, checked))[1] is False
    fresh = (await look(bot, Kind.ORGANISATIONS, text)).fingerprint
    assert (await bring_in(bot, Kind.ORGANISATIONS, text + "\n", fresh))[1] is False
    assert (await bring_in(bot, Kind.ORGANISATIONS, text, fresh))[1] is True


async def test_organisations_are_checked_and_everybody_is_judged_anew(
    bot: TestBot, oldham: Organisation
) -> None:
    async with bot.database.write() as session:
        group = await groups.add(
            session, slug="south", name="South", purpose="x", kind="regional", now=NOW,
            rule={"region": ["south"]},
        )  # fmt: skip
        group.evaluate_from, group.evaluate_removes = None, True
    wrong = "name,category,kind,email_domains\nOldham Council,gold,,gmail.com\nNew,,,\nNEW,full,council,\n"
    problems = (await look(bot, Kind.ORGANISATIONS, wrong)).problems
    assert [one.line for one in problems] == [2, 2, 3, 3, 4]
    right = "name,region,email_domains,category,kind\noldham council,south,oldham.example.org,,\n"
    assert (await bring_in(bot, Kind.ORGANISATIONS, right))[1]
    async with bot.database.read() as session:
        found = await session.get_one(Organisation, oldham.id)
        assert (found.name, found.region) == ("Oldham Council", "south")
        assert await organisations.domains_of(session, oldham.id) == {"oldham.example.org"}
        group = await session.get_one(type(group), group.id)
        assert (group.evaluate_from, group.evaluate_removes) == (0, False)


async def test_what_a_seeded_network_exports_changes_nothing_when_it_is_imported(bot: TestBot) -> None:
    await seed.seed(bot.database, ROOT / "data", NOW)
    await bring_in(bot, Kind.PEOPLE, "name,email,language\n=Ann,ann@example.org,cy\n'-x,b@example.org,\n")
    for kind in (Kind.PEOPLE, Kind.ORGANISATIONS, Kind.FAQ):
        async with bot.database.write() as session:
            data = await exports.write(session, kind, actor_id=None, now=NOW)
        async with bot.database.read() as session:
            plan = await imports.look_over(session, kind, WORDS, data, NOW)
            assert (plan.problems, plan.added, plan.changed) == ((), (), ())
            assert plan.left > 1
            assert (await audit.recent(session))[0].act == f"{kind}.export"


async def test_who_was_imported_is_recognised_by_a_confirmed_address_and_by_nothing_else(
    bot: TestBot, oldham: Organisation
) -> None:
    text = "name,email,organisation\nAnn Archer,ann@example.org,Oldham Council\n"
    await bring_in(bot, Kind.PEOPLE, text)
    async with bot.database.read() as session:
        imported = (await session.scalars(select(Member.id))).one()
        assert await members.by_verified_email(session, "ann@example.org") is None
    for who, verified in (("mallory", False), ("ann", True)):
        profile = Profile(who.title(), "ann@example.org", email_verified=verified)
        await bot.handle(who, Joined(WORKSPACE, profile), place=WORKSPACE)
    async with bot.database.read() as session:
        ann = await members.by_identity(session, "test", "ann")
        mallory = await members.by_identity(session, "test", "mallory")
        assert ann is not None
        assert mallory is not None
        assert (ann[0].id, ann[0].organisation_id) == (imported, oldham.id)
        assert (mallory[0].id != imported, mallory[0].organisation_id) == (True, None)
        left = select(Identity).where(Identity.platform == members.IMPORTED)
        assert (await session.scalars(left)).all() == []


async def test_who_was_imported_and_then_leaves_the_platform_is_no_longer_active(bot: TestBot) -> None:
    await bring_in(bot, Kind.PEOPLE, "name,email\nAnn,ann@example.org\n")
    here = Profile("Ann", "ann@example.org", email_verified=True)
    await bot.handle("ann", Joined(WORKSPACE, here), place=WORKSPACE)
    gone = Profile("Ann", "ann@example.org", email_verified=True, active=False)
    await bot.handle("ann", Joined(WORKSPACE, gone), place=WORKSPACE)
    async with bot.database.read() as session:
        assert [row.active for row in await session.scalars(select(Member))] == [False]
        assert (await session.scalars(select(MailDomain))).all() == []
