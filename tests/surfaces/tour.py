"""The tour: every command, action and form of every feature, by everybody, rightly and wrongly."""

from __future__ import annotations

from sqlalchemy import select

from handlers.help import SetLanguage
from handlers.kit.errors import DeliveryError
from handlers.kit.form_flow import ContinueDraft
from handlers.kit.router import Router, RunCommand
from handlers.kit.updates import (
    Changed,
    Command,
    Joined,
    Left,
    Lookup,
    Opened,
    Place,
    PlaceKind,
    Press,
    Profile,
    Submission,
    Text,
)
from handlers.member_list import MarkMemberList
from handlers.outbox import RetryDelivery
from handlers.people import ChooseWhom, GrantRole, ListRoles, TakeRole
from handlers.recognition import ChooseOrganisation
from handlers.texts import EditText
from store import channels, seed
from store.database import Database
from store.faq import FaqEntry
from store.members import Member
from store.organisations import MailDomain, Organisation
from store.outbox import OutboxRow, Status
from store.roles import Role
from tests.bot import ROOT, TestClock, form_of
from tests.surfaces import gallery_stop, question_stop
from tests.surfaces.calendar_stop import follow_events
from tests.surfaces.case_study_stop import review_case_studies
from tests.surfaces.event_feed_stop import follow_calendars
from tests.surfaces.event_stop import call_events_off, hold_events, look_back_at_events, repeat_events
from tests.surfaces.faq_stop import edit_answers
from tests.surfaces.group_stop import look_into_groups
from tests.surfaces.organisation_stop import change_organisations
from tests.surfaces.profile_stop import keep_profiles
from tests.surfaces.reminder_stop import be_reminded
from tests.surfaces.round_stop import run_a_round
from tests.surfaces.touring import VISITOR, Album, Cast, TouringBot
from tests.surfaces.welcome_stop import welcome_people

ADMIN_EMAIL = "owner@example.org"
WORKSPACE = Place("test", PlaceKind.WORKSPACE, "T1")
CHANNEL = Place("test", PlaceKind.CHANNEL, "C1", thread="1.1")
SHARED_DOMAIN = "shared.example.org"


async def take(database: Database, clock: TestClock, router: Router, cast: Cast) -> Album:
    """Lead one cast through everything; what they saw is in the album."""
    bot = TouringBot(database, clock, router, cast, ADMIN_EMAIL)
    await _settle_in(bot)
    for stop in (
        try_every_command,
        ask_questions,
        question_stop.talk_about_answers,
        question_stop.hand_questions_over,
        question_stop.look_into_what_is_asked,
        join_and_change,
        keep_profiles,
        choose_languages,
        lose_a_delivery,
        give_roles,
        place_people,
        mark_the_list,
        edit_texts,
        change_organisations,
        review_case_studies,
        look_into_groups,
        question_stop.offer_answers,
        run_a_round,
        welcome_people,
        hold_events,
        follow_events,
        be_reminded,
        follow_calendars,
        repeat_events,
        look_back_at_events,
        call_events_off,
        edit_answers,
        choose_channels,
        gallery_stop.fill_in_every_field,
        press_what_is_gone,
    ):
        await stop(bot)
    return bot.album


async def _settle_in(bot: TouringBot) -> None:
    """Everything that a new installation has, and one person for each role."""
    await seed.seed(bot.database, ROOT / "data", bot.clock())
    async with bot.database.write() as session:
        oldham = await session.scalar(select(Organisation).where(Organisation.name == "Oldham Council"))
        assert oldham is not None
        oldham.name = bot.cast.named(oldham.name)
        for organisation in (await session.scalars(select(Organisation).limit(3))).all():
            session.add(MailDomain(organisation_id=organisation.id, domain=SHARED_DOMAIN))
        for number, name in enumerate(("review", "general")):
            await channels.save(
                session, "test", f"C{number}", name=bot.cast.named(name), is_private=False, joined=number == 0
            )
    people: tuple[tuple[str, Role | None, int | None], ...] = (
        ("ann", None, oldham.id),
        ("rita", Role.REVIEWER, None),
        ("ravi", Role.REVIEWER, oldham.id),
        ("ada", Role.ADMINISTRATOR, None),
        ("olive", Role.OWNER, None),
    )
    for who, role, organisation_id in people:
        await bot.add_member(
            who,
            *([role] if role else []),
            name=bot.cast.named(who.title()),
            locale=bot.cast.locale,
            organisation_id=organisation_id,
        )
    nameless = await bot.add_member("nameless", locale=bot.cast.locale)
    async with bot.database.write() as session:
        (await session.get_one(Member, nameless.id)).name = ""


async def try_every_command(bot: TouringBot) -> None:
    """Each by everybody: bare, and with words that mean nothing; forms that it opens are left open."""
    for who in (VISITOR, "ann", "rita", "ada", "olive"):
        await bot.handle(who, Opened(), place=Place("test", PlaceKind.HOME, who))
        for name in bot.router.commands:
            first, _, rest = name.partition(" ")
            await bot.handle(who, Command(first, rest))
            await bot.handle(who, Command(first, f"{rest} {bot.cast.typed('zzz')}".strip()))
    # By now some have forms to go on with; and somebody has no name.
    for who in ("ann", "ada", "nameless"):
        await bot.handle(who, Opened(), place=Place("test", PlaceKind.HOME, who))
        await bot.command(who, "ccin", "me")


async def ask_questions(bot: TouringBot) -> None:
    """Every answer there is, and the ways to get none."""
    async with bot.database.read() as session:
        slugs = (await session.scalars(select(FaqEntry.slug))).all()
    for slug in (*slugs, "gone"):
        await bot.handle("ann", Press("faq.show", {"slug": slug}))
    questions = ("Who can join the network?", "money", "tell me about the fees and the awards", "")
    for question in (*questions, bot.cast.typed("What is the airspeed of a swallow?")):
        for who in (VISITOR, "ann"):
            await bot.handle(who, Text(question))
            await bot.handle(who, Command("ask", question))
    await bot.handle("ann", Text("Who can join the network?", mentioned=True), place=CHANNEL)


async def join_and_change(bot: TouringBot) -> None:
    """People of a known council, of one of several, of none, and an owner who is one no longer."""
    cast = bot.cast
    known = Profile(cast.named("Kit"), "kit@kirklees.gov.uk", email_verified=True, locale=cast.locale)
    shared = Profile(cast.named("Sam"), f"sam@{SHARED_DOMAIN}", email_verified=True, locale=cast.locale)
    stranger = Profile(cast.named("Stig"), "stig@elsewhere.example.org", locale=cast.locale)
    owner = Profile(cast.named("Olga"), ADMIN_EMAIL, email_verified=True, locale=cast.locale)
    for who, profile in (("kit", known), ("sam", shared), ("stig", stranger), ("olga", owner)):
        await bot.handle(who, Joined(WORKSPACE, profile), place=WORKSPACE)
        await bot.handle(who, Opened(), place=Place("test", PlaceKind.HOME, who))
        await bot.command(who, "ccin", "me")
    async with bot.database.read() as session:
        of_sam = await session.scalar(
            select(MailDomain.organisation_id).where(MailDomain.domain == SHARED_DOMAIN)
        )
    assert of_sam is not None
    for who in ("sam", "stig"):
        await bot.press(who, ChooseOrganisation(organisation_id=of_sam))
    changed = Profile(cast.named("Olga"), "olga@elsewhere.example.org", email_verified=True)
    await bot.handle("olga", Changed(changed), place=WORKSPACE)
    await bot.handle("stig", Left(WORKSPACE), place=WORKSPACE)


async def choose_languages(bot: TouringBot) -> None:
    for locale in ("xx", "en", bot.cast.locale):
        await bot.press("ann", SetLanguage(locale=locale))
    await bot.command("ann", "ccin", "language cymraeg")
    await bot.press("ann", SetLanguage(locale=bot.cast.locale))


async def lose_a_delivery(bot: TouringBot) -> None:
    bot.platform.fails.append(DeliveryError("not known there", retry_after=None))
    await bot.command("ann", "ccin")
    await bot.command("ada", "ccin", "deliveries")
    async with bot.database.read() as session:
        failed = (await session.scalars(select(OutboxRow.id).where(OutboxRow.status == Status.FAILED))).one()
    for row_id in (failed, failed, "gone"):
        await bot.press("ada", RetryDelivery(row_id=row_id))


async def give_roles(bot: TouringBot) -> None:
    ann, olive = await _member(bot, "Ann"), await _member(bot, "Olive")
    right = {"member": str(ann.id), "role": "reviewer"}
    await bot.fill_in("olive", await bot.press("olive", ChooseWhom()), dict(right))
    for role in ("reviewer", "panel", "owner", "jester"):
        await bot.press("olive", GrantRole(member_id=ann.id, role=role))
    await bot.command("olive", "ccin", "roles")
    await bot.press("olive", ListRoles(page=1))
    for member_id, role in ((ann.id, "owner"), (ann.id, "panel"), (ann.id, "panel"), (olive.id, "owner"),
                            (ann.id, "reviewer"), (10**6, "panel")):  # fmt: skip
        await bot.press("olive", TakeRole(member_id=member_id, role=role))
    await bot.press("ann", GrantRole(member_id=ann.id, role="owner"))


async def place_people(bot: TouringBot) -> None:
    kit, sam = await _member(bot, "Kit"), await _member(bot, "Sam")
    async with bot.database.read() as session:
        cardiff = await session.scalar(select(Organisation.id).where(Organisation.name == "Cardiff Council"))
    for member, organisation in ((kit, str(cardiff)), (sam, "")):
        right = {"member": str(member.id), "organisation": organisation}
        await bot.fill_in("ada", await bot.command("ada", "ccin", "organisation"), dict(right))


async def mark_the_list(bot: TouringBot) -> None:
    for complete in (True, False):
        await bot.press("ada", MarkMemberList(complete=complete))
        await bot.command("ada", "ccin", "members-complete")
        await bot.command("ann", "ask", "How many members are there?")


async def edit_texts(bot: TouringBot) -> None:
    opened = await bot.anew("ada", await bot.press("ada", EditText(text="welcome")))
    wrong = {"en": "Hello {nobody}", "cy": "Helo"}
    await bot.submit("ada", form_of(opened), dict(wrong))
    right = {"en": bot.cast.typed("Hello {name}, of {organisation}."), "cy": bot.cast.typed("Helo {name}.")}
    await bot.fill_in("ada", opened, dict(right))
    await bot.press("ada", EditText(text="gone"))


async def choose_channels(bot: TouringBot) -> None:
    right = {"review": "test:C0", "announcements": "test:C1", "handover": ""}
    await bot.fill_in("ada", await bot.command("ada", "ccin", "channels"), dict(right))
    await bot.command("ada", "ccin", "channels")


async def press_what_is_gone(bot: TouringBot) -> None:
    """What a page that was open for long, or somebody who means ill, may still send."""
    view = form_of(await bot.anew("ann", await bot.command("ann", "case-study")))
    await bot.handle("ann", Command(bot.cast.typed("dance")))
    await bot.handle("ann", Press("no.such.action"))
    await bot.handle("ann", Press("people.grant_role", {"member_id": "first", "role": "owner"}))
    await bot.handle("ann", Press(RunCommand.wire_name, {"command": "dance", "text": ""}))
    await bot.handle("rita", Press(ContinueDraft.wire_name, {"draft_id": view.draft_id}))
    await bot.handle("rita", Submission("case_study.submit", view.draft_id, {}))
    await bot.handle("ann", Submission("people.grant", view.draft_id, {}))
    await bot.handle("ann", Lookup("people.grant", "member", "a"))
    await bot.handle(VISITOR, Press("case_study.read", {"study_id": 1}))


async def _member(bot: TouringBot, name: str) -> Member:
    async with bot.database.read() as session:
        found = await session.scalar(select(Member).where(Member.name == bot.cast.named(name)))
    assert found is not None
    return found
