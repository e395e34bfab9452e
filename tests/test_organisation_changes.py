"""Organisations over time: on the day everything that is to follow follows, and history keeps the name."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from handlers.kit.replies import FormView, Outcome
from handlers.organisation_changes import CancelChange, ChangeOrganisation, EditOrganisation
from scheduled.organisation_changes import job
from store import appointments, case_studies, groups, members, organisations, profiles
from store.appointments import Appointment, Office
from store.audit import AuditRecord
from store.case_studies import Content
from store.members import Identity, Member
from store.organisation_changes import ChangeState, OrganisationChange
from store.organisations import MailDomain, Organisation
from store.roles import Role
from tests.bot import NOW, TestBot, form_of, message_of
from tests.network import add_organisation, add_person

DAY = date(2026, 12, 1)
BEGUN = datetime(2026, 12, 1, 0, 0, tzinfo=UTC)


async def plan(
    bot: TestBot, old: Organisation, new: Organisation, view: FormView | None = None, **more: str
) -> str:
    view = view or form_of(await bot.press("ada", ChangeOrganisation(organisation_id=old.id)))
    answers = {"on_day": DAY.isoformat(), "successor": str(new.id), "second": "", "domains": "", **more}
    handled = await bot.submit("ada", view, dict(answers))
    return repr(getattr(handled.reply, "problems", None) or message_of(handled).text)


async def place_of(bot: TestBot, member: Member) -> int | None:
    async with bot.database.read() as session:
        return (await session.get_one(Member, member.id)).organisation_id


def study(organisation: Organisation, title: str) -> Content:
    return Content(
        title=title, organisation_id=organisation.id, themes=[], principles=[], year=2026, challenge="x",
        done="x", outcomes="x", learning="x", links=[], contact="x",
    )  # fmt: skip


@pytest.fixture
async def councils(bot: TestBot) -> list[Organisation]:
    await bot.add_member("ada", Role.ADMINISTRATOR)
    made = [await add_organisation(bot, name) for name in ("Old Council", "New Council", "Next Council")]
    async with bot.database.write() as session:
        for domain in ("old.example.org", "east.example.org"):
            session.add(MailDomain(organisation_id=made[0].id, domain=domain))
    return made


async def test_a_split_moves_people_domains_and_waiting_case_studies_when_the_day_begins(
    bot: TestBot, councils: list[Organisation]
) -> None:
    old, new, following = councils
    ann = await add_person(bot, "ann", organisation=old)
    eve = await add_person(bot, "eve", organisation=old)
    claimant = await add_person(bot, "clara")
    async with bot.database.write() as session:
        session.add(
            Identity(
                member_id=eve.id, platform="slack", external_id="U1", email="eve@east.example.org",
                email_verified=True, profiled=True, active=True,
            )
        )  # fmt: skip
        (await profiles.start(session, claimant.id, now=NOW)).pending_organisation_id = old.id
        published = await case_studies.add(session, study(old, "Homes"), author_id=ann.id, now=NOW)
        published.publish(NOW)
        waiting = await case_studies.add(session, study(old, "Tools"), author_id=ann.id, now=NOW)
        partner = await case_studies.add(session, study(following, "Food"), author_id=ann.id, now=NOW)
        await case_studies.set_partners(session, partner, [old.id])
        await appointments.appoint(
            session, Office.CABINET_CHAMPION, str(old.id), ann.id,
            from_on=date(2026, 1, 1), until_on=None, now=NOW,
        )  # fmt: skip
        group = await groups.add(
            session, slug="g", name="G", purpose="x", kind="body", now=NOW,
            rule={"any": [{"not": {"organisation": [old.id]}}, {"region": ["north"]}]},
        )  # fmt: skip
        group.evaluate_from = None
    said = await plan(bot, old, new, second=str(following.id), domains="east.example.org")
    assert "That is planned" in said
    run = job(bot.database, bot.clock, bot.surroundings)
    bot.clock.now = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
    await run()
    assert await place_of(bot, ann) == old.id
    bot.clock.now = BEGUN
    await run()
    await run()
    assert (await place_of(bot, ann), await place_of(bot, eve)) == (new.id, following.id)
    async with bot.database.read() as session:
        profile = await profiles.of_member(session, claimant.id)
        assert profile is not None
        assert profile.pending_organisation_id == new.id
        assert await organisations.domains_of(session, old.id) == frozenset()
        assert await organisations.domains_of(session, new.id) == {"old.example.org"}
        assert await organisations.domains_of(session, following.id) == {"east.example.org"}
        first = await case_studies.by_id(session, published.id)
        second = await case_studies.by_id(session, waiting.id)
        assert first is not None
        assert second is not None
        assert first.organisation.shown == "Old Council (now New Council, Next Council)"
        assert second.organisation_id == new.id
        partners = (await case_studies.partners_of(session, [partner.id]))[partner.id]
        assert [one.name for one in partners] == ["New Council"]
        office = (await session.scalars(select(Appointment))).one()
        assert office.until_on == date(2026, 11, 30)
        assert (await organisations.search(session, "old")) == []
        judged = await session.get_one(type(group), group.id)
        assert judged.evaluate_from == 0
        successors = sorted([new.id, following.id])
        assert judged.rule == {"any": [{"not": {"organisation": successors}}, {"region": ["north"]}]}
        assert len(await case_studies.published(session, query="next council homes")) == 1
        acts = [row.act for row in await session.scalars(select(AuditRecord).order_by(AuditRecord.id))]
    assert acts == ["organisation.plan_change", "organisation.change_done"]
    await bot.deliver()
    assert [message.text for message in bot.platform.said_to("ann")] == [
        "Old Council is now New Council, so I have noted that you are here for New Council. "
        "If that is not where you belong, put it right in your profile."
    ]


async def test_a_planned_change_can_be_cancelled_until_the_day(
    bot: TestBot, councils: list[Organisation]
) -> None:
    old, new, _following = councils
    ann = await add_person(bot, "ann", organisation=old)
    await plan(bot, old, new)
    assert "planned already" in await plan(bot, old, new)
    listed = message_of(await bot.command("ada", "ccin", "organisations old"))
    assert listed.items[0].text == "On Tuesday 1 December 2026 it becomes part of New Council."
    async with bot.database.read() as session:
        change = (await session.scalars(select(OrganisationChange))).one()
    await bot.press("ada", CancelChange(change_id=change.id))
    assert (await bot.press("ada", CancelChange(change_id=change.id))).outcome is Outcome.REFUSED
    bot.clock.now = BEGUN
    await job(bot.database, bot.clock, bot.surroundings)()
    assert await place_of(bot, ann) == old.id


async def test_a_successor_that_has_ended_itself_is_followed_to_what_became_of_it(
    bot: TestBot, councils: list[Organisation]
) -> None:
    old, new, following = councils
    ann = await add_person(bot, "ann", organisation=old)
    await plan(bot, old, new)
    await plan(bot, new, following, on_day="2026-11-25")
    bot.clock.now = BEGUN
    await job(bot.database, bot.clock, bot.surroundings)()
    assert await place_of(bot, ann) == following.id


async def test_what_makes_no_sense_is_refused_beside_its_field(
    bot: TestBot, councils: list[Organisation]
) -> None:
    old, new, following = councils
    view = form_of(await bot.press("ada", ChangeOrganisation(organisation_id=old.id)))
    for more, said in (
        ({"on_day": "2026-11-20"}, "today or a day to come"),
        ({"successor": str(old.id)}, "another organisation"),
        ({"second": str(following.id)}, "or neither"),
        ({"domains": "old.example.org"}, "or neither"),
        ({"second": str(following.id), "domains": "x.example.org"}, "no mail domain of this"),
    ):
        assert said in await plan(bot, old, new, view, **more)
    async with bot.database.read() as session:
        assert (await session.scalars(select(OrganisationChange))).all() == []


async def test_an_organisation_is_edited_and_the_rules_are_applied_anew(
    bot: TestBot, councils: list[Organisation]
) -> None:
    old = councils[0]
    async with bot.database.write() as session:
        group = await groups.add(
            session, slug="n", name="N", purpose="x", kind="regional", now=NOW, rule={"region": ["north"]}
        )
        group.evaluate_from = None
    answers = {"name": "Oldest Council", "category": "associate", "kind": "council", "region": "north"}
    view = form_of(await bot.press("ada", EditOrganisation(organisation_id=old.id)))
    wrong = await bot.submit("ada", view, {**answers, "domains": "gmail.com"})
    assert set(form_of(wrong).problems) == {"domains"}
    handled = await bot.submit("ada", view, {**answers, "domains": "o.example.org"})
    assert message_of(handled).text.startswith("Saved.")
    view = form_of(await bot.press("ada", EditOrganisation(organisation_id=old.id)))
    handled = await bot.submit("ada", view, {**answers, "domains": "o.example.org"})
    assert message_of(handled).text == "Nothing was changed."
    async with bot.database.read() as session:
        found = await session.get_one(Organisation, old.id)
        assert (found.name, found.category, found.region) == ("Oldest Council", "associate", "north")
        assert await organisations.domains_of(session, old.id) == {"o.example.org"}
        assert (await session.get_one(type(group), group.id)).evaluate_from == 0
        assert [row.act for row in await session.scalars(select(AuditRecord))] == ["organisation.edit"]


async def test_nobody_else_may_by_a_forged_button(bot: TestBot, councils: list[Organisation]) -> None:
    await plan(bot, councils[0], councils[1])
    await bot.add_member("mallory", Role.REVIEWER)
    for action in (
        EditOrganisation(organisation_id=councils[0].id),
        ChangeOrganisation(organisation_id=councils[0].id),
        CancelChange(change_id=1),
    ):
        assert (await bot.press("mallory", action)).outcome is Outcome.REFUSED
    assert (await bot.command("mallory", "ccin", "organisations")).outcome is Outcome.REFUSED
    async with bot.database.read() as session:
        assert (await session.scalars(select(OrganisationChange.state))).all() == [ChangeState.PLANNED]
        assert await members.count(session) == 2
