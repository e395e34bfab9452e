"""A case study goes from its author through review to its page, and everybody concerned hears of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from handlers.case_study_actions import AskForChanges, Decline, Publish, Read, Revise, ShowCard, Withdraw
from handlers.kit.replies import Outcome
from handlers.kit.updates import (
    Edited,
    Place,
    PlaceKind,
    Press,
    Sender,
    Update,
)
from store import audit, case_studies, choices, group_posts, groups, roles
from store.case_studies import State
from store.groups import GroupKind
from store.members import Member
from store.roles import Role
from tests.bot import TestBot, TestClock, form_of, message_of
from tests.case_studies.council import (
    REASON,
    STORY,
    council,
    decide,
    facts,
    fill_in,
    labels,
    only_study,
    press,
    submit,
)


async def test_a_case_study_goes_all_the_way_to_its_page(bot: TestBot) -> None:
    view = form_of(await bot.command("ann", "case-study"))
    handled = await fill_in(bot, "ann", view, partners=("Kirklees", "Oldham"))
    assert "once they decide" in message_of(handled).text
    card = bot.platform.said_to("rita")[-1]
    assert card == bot.platform.said_to("ravi")[-1]
    assert card.text == "“A library of things” waits for review."
    assert card.quote == STORY["done"]
    assert facts(card) == {
        "Organisation": "Oldham Council",
        "Other organisations": "Kirklees Council",
        "Themes": "Housing, Food",
        "Principles met": "Learning",
        "Year": "2025",
        "Sent by": "Ann Archer, Oldham Council",
        "Contact": "Ann, ann@example.org",
    }
    assert labels(card) == ["Publish", "Ask for changes", "Decline", "Read it all"]
    assert card.buttons[0].confirm is not None
    assert card.small_print == ()
    assert bot.platform.said_to("olive") == []

    said = message_of(await bot.handle("rita", press(card.buttons, "Publish")))
    assert said.text == "You published “A library of things”. Ann Archer is told."
    told = bot.platform.said_to("ann")[-1]
    assert told.text.startswith("Your case study “A library of things” is published.")
    assert told.buttons[0].path == "/case-studies/a-library-of-things"
    async with bot.database.read() as session:
        [study] = await case_studies.published(session)
        assert study.links == ["https://example.org/report"]
        assert [one.name for one in (await case_studies.partners_of(session, [study.id]))[study.id]] == [
            "Kirklees Council"
        ]
        [record] = [one for one in await audit.recent(session) if one.subject == "case_study"]
    assert (record.act, record.subject_id, record.fields) == ("case_study.published", str(study.id), [])


async def test_when_one_decides_every_card_says_so(bot: TestBot) -> None:
    study = await submit(bot)
    waiting = message_of(await bot.command("ravi", "case-study", "review"))
    await bot.handle("ravi", press(waiting.items[0].buttons, "See the card"))
    await bot.press("ravi", Read(study_id=study.id))
    await bot.press("rita", Publish(study_id=study.id, version=1))
    changed = [message for _reference, message in bot.platform.edits]
    # Each was sent a card, and Ravi asked for two more copies.
    places = sorted(reference["place"] for reference, _message in bot.platform.edits)
    assert places == ["ravi", "ravi", "ravi", "rita"]
    assert {message.text for message in changed} == {
        "Rita Rees (reviewer) published “A library of things” on Saturday 21 November 2026, 10:00."
    }
    assert all(labels(message) == ["See the page"] for message in changed)


async def test_changes_are_asked_for_made_and_reviewed_again(bot: TestBot, clock: TestClock) -> None:
    study = await submit(bot)
    said = message_of(await decide(bot, "rita", AskForChanges(study_id=study.id, version=1)))
    assert said.text.startswith("You asked for changes")
    told = bot.platform.said_to("ann")[-1]
    assert (told.text.startswith("Rita Rees asks you for changes"), told.quote) == (True, REASON)
    assert {message.quote for _, message in bot.platform.edits} == {REASON}
    assert all(message.buttons == () for _, message in bot.platform.edits)

    view = form_of(await bot.handle("ann", press(told.buttons, "Make the changes")))
    assert view.form.steps[0].help == f"Rita Rees asks: “{REASON}”"
    assert view.answers["challenge"] == STORY["challenge"]
    assert "consent" not in view.answers
    clock.advance(days=1)
    await fill_in(bot, "ann", view, outcomes="300 people.", title="Things for all")
    study = await only_study(bot)
    assert (study.version, study.state, study.slug) == (2, State.SUBMITTED, "a-library-of-things")
    card = bot.platform.said_to("rita")[-1]
    assert card.text == "“Things for all” was changed by its author and waits for review again."
    assert [(item.title, item.text) for item in card.items] == [("Asked for last time", REASON)]

    old = await bot.press("ravi", Publish(study_id=study.id, version=1))
    assert old.outcome is Outcome.REFUSED
    assert "newer version" in message_of(old).text
    await bot.handle("ravi", press(card.buttons, "Publish"))
    assert (await only_study(bot)).state == State.PUBLISHED
    assert "is published" in bot.platform.said_to("ann")[-1].text


async def test_a_case_study_is_declined_with_a_reason_and_stays_so(bot: TestBot) -> None:
    study = await submit(bot)
    short = form_of(await bot.press("ravi", Decline(study_id=study.id, version=1)))
    refused = form_of(await bot.submit("ravi", short, {"note": "No."}))
    assert set(refused.problems) == {"note"}
    await bot.submit("ravi", refused, {"note": "This is an advertisement of a company."})
    told = bot.platform.said_to("ann")[-1]
    assert told.text == "Ravi Rao decided not to publish your case study “A library of things”."
    assert told.quote == "This is an advertisement of a company."
    assert "hello@councils.coop" in told.small_print[0]
    assert (await bot.press("ann", Revise(study_id=study.id))).outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    ("values", "reviewer", "because"),
    [
        ({}, "ann", "You wrote this one yourself"),
        ({}, "olga", "Your own organisation took part"),
        ({"lead": "Kirklees", "partners": ("Oldham",)}, "olga", "Your own organisation took part"),
        ({"lead": "Kirklees"}, "olga", "Your own organisation took part"),
    ],
)
async def test_nobody_decides_their_own_or_their_organisations(
    bot: TestBot, values: dict[str, Any], reviewer: str, because: str
) -> None:
    await bot.add_member("olga", Role.REVIEWER, organisation_id=await council(bot, "Oldham"))
    if reviewer == "ann":
        async with bot.database.write() as session:
            author = (await session.scalars(select(Member).where(Member.name == "Ann Archer"))).one()
            await _grant(session, author, Role.ADMINISTRATOR)
    study = await submit(bot, **values)
    assert bot.platform.said_to("olga") == []
    for action in (
        Publish(study_id=study.id, version=1),
        AskForChanges(study_id=study.id, version=1),
        Decline(study_id=study.id, version=1),
    ):
        handled = await bot.press(reviewer, action)
        assert handled.outcome is Outcome.REFUSED
        assert message_of(handled).text.startswith(because)
    assert (await only_study(bot)).state == State.SUBMITTED
    shown = message_of(await bot.press(reviewer, ShowCard(study_id=study.id)))
    assert labels(shown) == ["Read it all"]
    assert "somebody else decides" in shown.small_print[-1]
    assert message_of(await bot.press(reviewer, Read(study_id=study.id))).buttons == ()


async def test_a_reason_is_refused_from_who_joined_the_organisation_meanwhile(bot: TestBot) -> None:
    study = await submit(bot)
    view = form_of(await bot.press("rita", Decline(study_id=study.id, version=1)))
    async with bot.database.write() as session:
        rita = (await session.scalars(select(Member).where(Member.name == "Rita Rees"))).one()
        rita.organisation_id = study.organisation_id
    handled = await bot.submit("rita", view, {"note": REASON})
    assert handled.outcome is Outcome.REFUSED
    assert (await only_study(bot)).state == State.SUBMITTED


async def test_members_and_panel_decide_nothing(bot: TestBot) -> None:
    await bot.add_member("pat", Role.PANEL)
    study = await submit(bot)
    for who in ("ann", "pat", "stranger"):
        assert (await bot.press(who, Publish(study_id=study.id, version=1))).outcome is Outcome.REFUSED
        assert (await bot.command(who, "case-study", "review")).outcome is Outcome.REFUSED
    assert (await bot.press("pat", Read(study_id=study.id))).outcome is Outcome.REFUSED
    assert (await only_study(bot)).state == State.SUBMITTED


async def test_of_two_reviewers_at_once_one_wins_and_the_other_hears_who(bot: TestBot) -> None:
    study = await submit(bot)

    def pressed(who: str) -> Update:
        action = Publish(study_id=study.id, version=1)
        place = Place("test", PlaceKind.DIRECT, who)
        return Update(
            f"at-once:{who}", Sender("test", who), place, Press(action.wire_name, action.model_dump())
        )

    handled = await asyncio.gather(
        *(bot.dispatcher.handle(pressed(who)) for who in ("rita", "ravi", "olive"))
    )
    await bot.deliver()
    assert sorted(one.outcome for one in handled) == [Outcome.HANDLED, Outcome.REFUSED, Outcome.REFUSED]
    lost = next(message_of(one) for one in handled if one.outcome is Outcome.REFUSED)
    assert lost.text.startswith("That is decided already.")
    assert "published “A library of things” on Saturday 21 November 2026" in lost.text
    assert len([said for said in bot.platform.said_to("ann") if "is published" in said.text]) == 1


async def test_a_decision_and_a_withdrawal_at_once_leave_one_sound_state(bot: TestBot) -> None:
    study = await submit(bot)
    withdrawn, decided = await asyncio.gather(
        bot.press("ann", Withdraw(study_id=study.id)),
        bot.press("rita", Publish(study_id=study.id, version=1)),
    )
    assert withdrawn.outcome is Outcome.HANDLED
    assert decided.outcome in (Outcome.HANDLED, Outcome.REFUSED)
    held = await only_study(bot)
    assert held.state == State.WITHDRAWN
    assert held.is_gone is (decided.outcome is Outcome.HANDLED)


async def test_a_second_press_changes_nothing_and_says_so(bot: TestBot) -> None:
    study = await submit(bot)
    await bot.press("rita", Publish(study_id=study.id, version=1))
    for action in (
        Publish(study_id=study.id, version=1),
        AskForChanges(study_id=study.id, version=1),
        Decline(study_id=study.id, version=1),
        ShowCard(study_id=study.id),
    ):
        handled = await bot.press("rita", action)
        assert handled.outcome is Outcome.REFUSED
        assert "Rita Rees published" in message_of(handled).text
    await bot.press("ann", Withdraw(study_id=study.id))
    again = message_of(await bot.press("ann", Withdraw(study_id=study.id)))
    assert again.text == "You have withdrawn “A library of things” already."
    late = message_of(await bot.press("rita", Publish(study_id=study.id, version=1)))
    assert late.text.startswith("The author has withdrawn")


async def test_each_reader_gets_their_own_language(bot: TestBot) -> None:
    await bot.add_member("megan", Role.REVIEWER, locale="cy")
    await submit(bot, themes=["housing"])
    [card] = bot.platform.said_to("megan")
    assert "Tai" in [fact.value for fact in card.facts]
    await bot.handle("megan", press(card.buttons, card.buttons[0].label))
    edited = {reference["place"]: message for reference, message in bot.platform.edits}
    assert "Tai" in [fact.value for fact in edited["megan"].facts]
    assert "Housing" in [fact.value for fact in edited["rita"].facts]
    assert "Dydd Sadwrn" in edited["megan"].text
    assert "Saturday" in edited["rita"].text


async def test_typing_into_a_reason_that_came_too_late_is_not_answered(bot: TestBot) -> None:
    study = await submit(bot)
    view = form_of(await bot.press("ravi", Decline(study_id=study.id, version=1)))
    await bot.press("rita", Publish(study_id=study.id, version=1))
    handled = await bot.handle("ravi", Edited("case_study.decline", view.draft_id, {"note": "Because"}))
    assert handled.reply is None
    sent = await bot.submit("ravi", view, {"note": REASON})
    assert "Rita Rees published" in message_of(sent).text


async def _grant(session: Any, member: Member, role: Role) -> None:
    await roles.grant(session, member.id, role, by_id=None, now=member.created_at)


async def test_a_published_one_is_news_until_it_is_withdrawn(bot: TestBot) -> None:
    async with bot.database.write() as session:
        await choices.put(session, choices.ANNOUNCEMENT_CHANNEL, "test:C-NEWS", now=bot.clock())
        news = await groups.add(
            session, slug="news", name="News", purpose="News.", kind=GroupKind.ANNOUNCEMENTS, now=bot.clock(),
            language="cy",
        )  # fmt: skip
    study = await submit(bot)
    await bot.press("rita", Publish(study_id=study.id, version=1))
    said = "A new case study from Oldham Council: “A library of things”."
    assert [message.text for message in bot.platform.said_to("C-NEWS")] == [said]
    await bot.press("ann", Withdraw(study_id=study.id))
    bot.clock.advance(seconds=6)
    await bot.deliver()
    assert "The case study that was announced here was withdrawn." in [
        message.text for _reference, message in bot.platform.edits
    ]
    async with bot.database.read() as session:
        kept, total = await group_posts.of_group(session, news.id, limit=5)
    assert total == 1
    assert kept[0].message["text"].startswith("Tynnwyd")
    assert kept[0].edited_at == bot.clock() - timedelta(seconds=6)
