"""A profile is one form; what it says and what proves it decide the groups that somebody is in."""

from __future__ import annotations

import pytest

from handlers.kit.messages import Message
from handlers.kit.replies import Outcome
from handlers.kit.updates import RawAnswers
from handlers.organisation_claims import ConfirmClaim, DeclineClaim, LearnDomain
from store import audit, members, organisations, profiles
from store.members import Identity, Member
from store.organisations import MailDomain, Organisation
from store.profiles import MessageKind, OrganisationStatus, Profile, organisation_status
from store.roles import Role
from store.tags import Tag
from tests.bot import NOW, TestBot, form_of, message_of
from tests.network import add_group, add_organisation, add_person, names_of_groups

WISHES: RawAnswers = {"language": "en", "messages": ["events"], "interests": ["food"], "snooze": ""}
WALES = {"region": ["wales-midlands"]}


@pytest.fixture
async def cardiff(bot: TestBot) -> Organisation:
    """A council with a mail domain, an administrator, and a theme."""
    organisation = await add_organisation(bot, "Cardiff Council")
    await add_person(bot, "ada", Role.ADMINISTRATOR)
    async with bot.database.write() as session:
        session.add(MailDomain(organisation_id=organisation.id, domain="cardiff.example.org"))
        session.add(Tag(kind="theme", slug="food", name="Food", name_cy="Bwyd"))
    return organisation


async def add_email(bot: TestBot, member: Member, email: str) -> None:
    async with bot.database.write() as session:
        session.add(
            Identity(
                member_id=member.id, platform="slack", external_id=f"U{member.id}", email=email,
                email_verified=True,
            )
        )  # fmt: skip


async def fill_in(
    bot: TestBot, external_id: str, organisation: Organisation, wishes: RawAnswers | None = None
) -> Message:
    view = form_of(await bot.command(external_id, "ccin", "profile"))
    who: RawAnswers = {"organisation": str(organisation.id), "capacity": "councillor", "job": "Housing"}
    second = form_of(await bot.submit(external_id, view, who))
    third = form_of(await bot.submit(external_id, second, wishes or WISHES))
    return message_of(await bot.submit(external_id, third, wishes or WISHES))


async def held(bot: TestBot, member: Member) -> tuple[Member, Profile]:
    async with bot.database.read() as session:
        known = await members.by_id(session, member.id)
        profile = await profiles.of_member(session, member.id)
    assert known is not None
    assert profile is not None
    return known, profile


def claim(member: Member, organisation: Organisation) -> dict[str, int]:
    return {
        "member_id": member.id, "organisation_id": organisation.id, "claimed_at": int(NOW.timestamp()),
    }  # fmt: skip


async def test_what_a_verified_address_proves_counts_at_once(bot: TestBot, cardiff: Organisation) -> None:
    ann = await add_person(bot, "ann")
    await add_email(bot, ann, "ann@cardiff.example.org")
    await add_group(bot, "Wales", rule=WALES)
    await add_group(bot, "Food", rule={"interests": ["food"]})
    said = await fill_in(bot, "ann", cardiff)
    assert said.text == "Saved. I am adding you to Food and Wales."
    member, profile = await held(bot, ann)
    assert (member.organisation_id, member.organisation_fixed) == (cardiff.id, False)
    assert (profile.capacity, profile.job, profile.interests) == ("councillor", "Housing", ["food"])
    assert organisation_status(member, profile) is OrganisationStatus.CONFIRMED
    assert bot.platform.said_to("ada") == []


async def test_a_claim_gives_no_rights_until_an_administrator_confirms_it(
    bot: TestBot, cardiff: Organisation
) -> None:
    mal = await add_person(bot, "mal")
    await add_email(bot, mal, "mal@elsewhere.example.org")
    await add_group(bot, "Wales", rule=WALES)
    said = await fill_in(bot, "mal", cardiff)
    assert "confirms it first" in said.text
    assert await names_of_groups(bot, mal) == []
    member, profile = await held(bot, mal)
    assert (member.organisation_id, profile.pending_organisation_id) == (None, cardiff.id)
    assert organisation_status(member, profile) is OrganisationStatus.PENDING
    card = bot.platform.said_to("ada")[-1]
    assert card.text == "Mal says that they are here for Cardiff Council. Nothing proves it yet."
    assert card.small_print == ("Confirmed addresses: mal@elsewhere.example.org",)
    # Saving again asks nobody again.
    await fill_in(bot, "mal", cardiff)
    assert len(bot.platform.said_to("ada")) == 1
    done = message_of(await bot.press("ada", ConfirmClaim(**claim(mal, cardiff))))
    assert [button.label for button in done.buttons] == ["Learn elsewhere.example.org"]
    member, profile = await held(bot, mal)
    assert (member.organisation_id, member.organisation_fixed) == (cardiff.id, True)
    assert profile.pending_organisation_id is None
    assert await names_of_groups(bot, mal) == ["Wales"]
    assert "has confirmed" in bot.platform.said_to("mal")[-1].text
    learn = LearnDomain(organisation_id=cardiff.id, domain="elsewhere.example.org")
    assert "From now on" in message_of(await bot.press("ada", learn)).text
    assert "already" in message_of(await bot.press("ada", learn)).text
    async with bot.database.read() as session:
        found = await organisations.recognised_by(session, "new@elsewhere.example.org")
        acts = [row.act for row in await audit.recent(session)]
    assert [one.name for one in found] == ["Cardiff Council"]
    assert acts == ["organisation.learn_domain", "organisation.confirm_claim"]


async def test_a_declined_claim_is_told_and_can_be_made_again(bot: TestBot, cardiff: Organisation) -> None:
    mal = await add_person(bot, "mal")
    await add_person(bot, "olu", Role.OWNER)
    await fill_in(bot, "mal", cardiff)
    assert bot.platform.said_to("ada")[-1].small_print == ("They have no confirmed e-mail address.",)
    await bot.press("ada", DeclineClaim(**claim(mal, cardiff)))
    assert "could not confirm" in bot.platform.said_to("mal")[-1].text
    member, profile = await held(bot, mal)
    assert (member.organisation_id, profile.pending_organisation_id) == (None, None)
    assert organisation_status(member, profile) is OrganisationStatus.NONE
    bot.clock.advance(seconds=6)
    await bot.deliver()
    said = "Ada could not confirm that Mal is here for Cardiff Council."
    assert [message.text for _reference, message in bot.platform.edits] == [said] * 2
    late = message_of(await bot.press("olu", ConfirmClaim(**claim(mal, cardiff))))
    assert "decided already" in late.text
    await fill_in(bot, "mal", cardiff)
    assert len([one for one in bot.platform.said_to("ada") if one.buttons]) == 2


async def test_a_confirmed_member_keeps_their_place_while_another_claim_waits(
    bot: TestBot, cardiff: Organisation
) -> None:
    brent = await add_organisation(bot, "Brent Council", region="south")
    ann = await add_person(bot, "ann", organisation=brent)
    await add_group(bot, "Wales", rule=WALES)
    await fill_in(bot, "ann", cardiff)
    member, profile = await held(bot, ann)
    assert (member.organisation_id, profile.pending_organisation_id) == (brent.id, cardiff.id)
    assert await names_of_groups(bot, ann) == []
    # Taking the claim back needs nobody.
    await fill_in(bot, "ann", brent)
    _member, profile = await held(bot, ann)
    assert profile.pending_organisation_id is None
    handled = message_of(await bot.press("ada", ConfirmClaim(**claim(ann, cardiff))))
    assert "decided already" in handled.text


@pytest.mark.parametrize(
    "domain", ["gmail.com", "GMAIL.com", "mail.gmail.com", "uk", "", "a b.org", "x@y.org", "gov.uk"]
)
async def test_a_public_or_broken_domain_is_never_learnt(
    bot: TestBot, cardiff: Organisation, domain: str
) -> None:
    handled = await bot.press("ada", LearnDomain(organisation_id=cardiff.id, domain=domain))
    assert handled.outcome is Outcome.REFUSED


async def test_no_public_domain_is_offered_and_a_shared_one_is_named(
    bot: TestBot, cardiff: Organisation
) -> None:
    brent = await add_organisation(bot, "Brent Council", region="south")
    mal = await add_person(bot, "mal")
    await add_email(bot, mal, "mal@gmail.com")
    await fill_in(bot, "mal", brent)
    done = message_of(await bot.press("ada", ConfirmClaim(**claim(mal, brent))))
    assert done.buttons == ()
    learn = LearnDomain(organisation_id=brent.id, domain="cardiff.example.org")
    said = message_of(await bot.press("ada", learn))
    assert said.text.endswith("Cardiff Council use it too, so people are asked where they belong.")


async def test_a_member_cannot_decide_on_claims(bot: TestBot, cardiff: Organisation) -> None:
    mal = await add_person(bot, "mal")
    await fill_in(bot, "mal", cardiff)
    for action in (
        ConfirmClaim(**claim(mal, cardiff)),
        DeclineClaim(**claim(mal, cardiff)),
        LearnDomain(organisation_id=cardiff.id, domain="elsewhere.example.org"),
    ):
        assert (await bot.press("mal", action)).outcome is Outcome.REFUSED
    member, _profile = await held(bot, mal)
    assert member.organisation_id is None


async def test_the_form_opens_with_what_was_said_before(bot: TestBot, cardiff: Organisation) -> None:
    await add_person(bot, "ann", organisation=cardiff)
    first = form_of(await bot.command("ann", "ccin", "profile"))
    assert first.answers["messages"] == [kind.value for kind in MessageKind]
    await fill_in(bot, "ann", cardiff, {**WISHES, "snooze": "2026-12-24"})
    again = form_of(await bot.command("ann", "ccin", "profile"))
    assert {name: again.answers[name] for name in ("job", "capacity", "interests", "messages", "snooze")} == {
        "job": "Housing",
        "capacity": "councillor",
        "interests": ["food"],
        "messages": ["events"],
        "snooze": "2026-12-24",
    }


async def test_wishes_and_a_pause_are_kept_to(bot: TestBot, cardiff: Organisation) -> None:
    ann = await add_person(bot, "ann", organisation=cardiff)
    await fill_in(bot, "ann", cardiff, {**WISHES, "snooze": "2026-11-23"})
    _member, profile = await held(bot, ann)
    assert not profile.wants_message(MessageKind.EVENTS, bot.clock())
    bot.clock.advance(days=2)
    assert profile.wants_message(MessageKind.EVENTS, bot.clock())
    assert not profile.wants_message(MessageKind.FUNDING, bot.clock())


async def test_quiet_hours_and_a_surface_for_each_kind_are_kept(bot: TestBot, cardiff: Organisation) -> None:
    ann = await add_person(bot, "ann", organisation=cardiff, platforms=("slack",))
    chosen = {"platform_events": "slack", "quiet_from": "21:00", "quiet_until": "08:00"}
    await fill_in(bot, "ann", cardiff, {**WISHES, **chosen})
    _member, profile = await held(bot, ann)
    assert profile.platforms == {"events": "slack"}
    again = form_of(await bot.command("ann", "ccin", "profile"))
    assert {name: again.answers[name] for name in chosen} == chosen
    await fill_in(bot, "ann", cardiff, {**WISHES, "platform_events": "", "quiet_from": "", "quiet_until": ""})
    _member, profile = await held(bot, ann)
    assert (profile.quiet_from, profile.quiet_until, profile.platforms) == (None, None, {})


@pytest.mark.parametrize(
    ("begins", "ends", "field"),
    [("21:00", "", "quiet_until"), ("", "08:00", "quiet_from"), ("08:00", "07:00", "quiet_until"),
     ("08:00", "08:00", "quiet_until")],
)  # fmt: skip
async def test_quiet_hours_are_whole_and_not_all_day(
    bot: TestBot, cardiff: Organisation, begins: str, ends: str, field: str
) -> None:
    await add_person(bot, "ann", organisation=cardiff)
    view = form_of(await bot.command("ann", "ccin", "profile"))
    second = form_of(await bot.submit("ann", view, {"organisation": str(cardiff.id)}))
    third = form_of(await bot.submit("ann", second, WISHES))
    wrong = {**WISHES, "quiet_from": begins, "quiet_until": ends}
    refused = form_of(await bot.submit("ann", third, wrong))
    assert field in refused.problems
    assert (refused.answers["quiet_from"], refused.answers["quiet_until"]) == (begins, ends)


async def test_the_language_and_the_place_to_write_to_are_chosen_here(
    bot: TestBot, cardiff: Organisation
) -> None:
    ann = await add_person(bot, "ann", organisation=cardiff, platforms=("slack",))
    await add_group(bot, "Cymraeg", rule={"language": ["cy"]})
    await fill_in(bot, "ann", cardiff, {**WISHES, "language": "cy", "platform": "slack"})
    member, _profile = await held(bot, ann)
    assert (member.locale, member.locale_chosen, member.preferred_platform) == ("cy", True, "slack")
    assert await names_of_groups(bot, ann) == ["Cymraeg"]


async def test_an_organisation_has_to_be_chosen(bot: TestBot, cardiff: Organisation) -> None:
    await add_person(bot, "ann")
    view = form_of(await bot.command("ann", "ccin", "profile"))
    for nothing in ("", "999", "x"):
        second = form_of(await bot.submit("ann", view, {"organisation": nothing}))
        if not second.problems:
            third = form_of(await bot.submit("ann", second, WISHES))
            second = form_of(await bot.submit("ann", third, WISHES))
        assert "organisation" in second.problems
