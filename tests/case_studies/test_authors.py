"""Authors submit case studies, see where each stands, change them and take them back."""

from __future__ import annotations

import asyncio

import pytest

from handlers.case_study_actions import AskForChanges, Decline, Publish, Read, Revise, Withdraw
from handlers.kit.replies import Outcome
from handlers.kit.updates import (
    Command,
    Lookup,
    Place,
    PlaceKind,
    RawAnswers,
    Sender,
    Shortcut,
    Update,
)
from store.case_studies import State
from tests.bot import TestBot, form_of, message_of
from tests.case_studies.council import (
    ABOUT,
    HOSTILE,
    LAST,
    REASON,
    STORY,
    council,
    decide,
    fill_in,
    labels,
    only_study,
    press,
    submit,
)


async def test_an_author_withdraws_what_is_published_and_sends_it_again(bot: TestBot) -> None:
    study = await submit(bot)
    await bot.press("rita", Publish(study_id=study.id, version=1))
    mine = message_of(await bot.command("ann", "case-study", "mine"))
    withdraw = next(button for button in mine.items[0].buttons if button.label == "Withdraw it")
    assert withdraw.confirm is not None
    assert "public page goes away" in withdraw.confirm.text
    bot.clock.advance(seconds=10)
    said = message_of(await bot.handle("ann", press(mine.items[0].buttons, "Withdraw it")))
    assert said.text == "You withdrew “A library of things”. Its public page is gone."
    held = await only_study(bot)
    assert (held.state, held.is_public, held.is_gone) == (State.WITHDRAWN, False, True)
    assert {message.text for _, message in bot.platform.edits[-2:]} == {
        "The author withdrew “A library of things” on Saturday 21 November 2026, 10:00."
    }
    view = form_of(await bot.handle("ann", press(said.buttons, "Edit and send it again")))
    assert view.form.steps[0].help == ""
    await fill_in(bot, "ann", view)
    assert (await only_study(bot)).version == 2


async def test_only_the_author_withdraws_or_changes_a_case_study(bot: TestBot) -> None:
    study = await submit(bot)
    for action in (Withdraw(study_id=study.id), Revise(study_id=study.id), Withdraw(study_id=2**40)):
        handled = await bot.press("rita", action)
        assert (handled.outcome, message_of(handled).text) == (
            Outcome.REFUSED,
            "That case study is not one of yours.",
        )
    assert (await bot.press("ann", Revise(study_id=study.id))).outcome is Outcome.REFUSED


async def test_the_form_begins_with_the_authors_organisation_and_finds_others(bot: TestBot) -> None:
    view = form_of(await bot.command("ann", "case-study"))
    assert [option.label for option in view.chosen["organisation"]] == ["Oldham Council"]
    assert view.answers["contact"] == "Ann Archer"
    found = await bot.handle("ann", Lookup("case_study.submit", "partners", "kirk"))
    assert [option.label for option in found.options] == ["Kirklees Council"]
    fresh = form_of(await bot.command("newcomer", "case-study"))
    assert "organisation" not in fresh.answers


@pytest.mark.parametrize("tampered", ["0", "999999", "9" * 30, "²", "1 OR 1=1", "<!channel>"])
async def test_an_organisation_that_is_not_there_is_refused_beside_its_field(
    bot: TestBot, tampered: str
) -> None:
    view = form_of(await bot.command("ann", "case-study"))
    handled = await fill_in(bot, "ann", view, organisation=tampered)
    assert set(form_of(handled).problems) == {"organisation"}


async def test_what_is_missing_or_wrong_stands_beside_its_field(bot: TestBot) -> None:
    view = form_of(await bot.command("ann", "case-study"))
    wrong = form_of(
        await bot.submit("ann", view, {"title": "Hi", "organisation": "", "themes": ["no"], "year": "2027"})
    )
    assert set(wrong.problems) == {"title", "organisation", "themes", "principles", "year"}
    handled = await fill_in(bot, "ann", view, link_1="javascript:alert(1)", consent="")
    assert set(form_of(handled).problems) == {"link_1", "consent"}


async def test_a_message_becomes_a_case_study_cut_to_fit(bot: TestBot) -> None:
    view = form_of(await bot.handle("ann", Shortcut("case_study.from_message", "We lent tools. " * 300)))
    assert len(str(view.answers["done"])) <= 3_000
    assert view.notes == ("“What was done” was longer than this form can hold, so its end was cut off.",)
    assert [option.label for option in view.chosen["organisation"]] == ["Oldham Council"]


async def test_authors_see_where_theirs_stand_and_what_comes_next(bot: TestBot) -> None:
    empty = message_of(await bot.command("ann", "case-study", "mine"))
    assert empty.text.startswith("You have not submitted a case study yet.")
    assert labels(empty) == ["Submit a case study"]
    opened = form_of(await bot.handle("ann", press(empty.buttons, "Submit a case study")))
    assert opened.form.name == "case_study.submit"

    async def listed() -> tuple[str, list[str]]:
        [item] = message_of(await bot.command("ann", "case-study", "mine")).items
        return item.text, [button.label for button in item.buttons]

    study = await submit(bot)
    day = "Saturday 21 November 2026"
    assert await listed() == (f"Waiting for a reviewer since {day}.", ["Read it", "Withdraw it"])
    await decide(bot, "rita", AskForChanges(study_id=study.id, version=1))
    assert await listed() == (
        f"Changes were asked for on {day}. “{REASON}”",
        ["Make the changes", "Withdraw it"],
    )
    await fill_in(bot, "ann", form_of(await bot.press("ann", Revise(study_id=study.id))))
    await decide(bot, "rita", Decline(study_id=study.id, version=2))
    assert await listed() == (f"Declined on {day}. “{REASON}”", ["Read it", "Withdraw it"])
    await bot.press("ann", Withdraw(study_id=study.id))
    assert await listed() == (f"Withdrawn on {day}.", ["Edit and send it again", "Read it"])
    others = message_of(await bot.command("ravi", "case-study", "mine"))
    assert others.items == ()


async def test_help_says_what_each_person_can_do(bot: TestBot) -> None:
    asked = message_of(await bot.command("ann", "case-study", "help"))
    assert "/case-study mine" in asked.text
    assert "/case-study review" not in asked.text
    unknown = message_of(await bot.command("rita", "case-study", "publsh <!channel>"))
    assert unknown.text.startswith("I do not know “/case-study publsh <!channel>”.")
    assert "/case-study review" in unknown.text


async def test_everything_can_be_read_by_those_concerned(bot: TestBot) -> None:
    study = await submit(bot, challenge="Long. " * 400)
    card = bot.platform.said_to("rita")[-1]
    whole = message_of(await bot.handle("rita", press(card.buttons, "Read it all")))
    assert [item.title for item in whole.items] == [
        "The challenge",
        "What was done",
        "Outcomes and evidence",
        "Learning for others",
        "Links",
    ]
    assert whole.items[0].text == ("Long. " * 400).strip()
    assert labels(whole) == ["Publish", "Ask for changes", "Decline"]
    assert message_of(await bot.press("ann", Read(study_id=study.id))).buttons == ()
    await bot.press("rita", Publish(study_id=study.id, version=1))
    assert (await bot.press("stranger", Read(study_id=study.id))).outcome is Outcome.HANDLED


async def test_hostile_text_stays_plain_text_everywhere(bot: TestBot) -> None:
    study = await submit(bot, title=HOSTILE, done=HOSTILE, contact=HOSTILE)
    assert study.slug == "channel-u123-script-alert-1-script-x-javascript-alert-1-bold-and-title-s"
    await decide(bot, "rita", AskForChanges(study_id=study.id, version=1), HOSTILE)
    view = form_of(await bot.press("ann", Revise(study_id=study.id)))
    assert HOSTILE in view.form.steps[0].help
    await fill_in(bot, "ann", view, title=HOSTILE, done=HOSTILE)
    await bot.command("ann", "case-study", "mine")
    await bot.command("rita", "case-study", "review")
    await bot.press("rita", Publish(study_id=study.id, version=2))
    said = [message for _place, message in bot.platform.delivered]
    assert all(HOSTILE in message.plain() for message in said if "waits for review" in message.text)
    # Links come from the bot alone, never from what somebody typed.
    assert all(not button.url for message in said for button in message.buttons)


async def test_a_visitor_is_asked_to_sign_in(bot: TestBot) -> None:
    update = Update(
        "visit:1",
        Sender("test", "v1", visitor=True),
        Place("test", PlaceKind.DIRECT, "v1"),
        Command("case-study"),
    )
    handled = await bot.dispatcher.handle(update)
    assert message_of(handled).text.startswith("Sign in first")


async def test_the_form_is_sent_once_however_often_it_is_pressed(bot: TestBot) -> None:
    view = form_of(await bot.command("ann", "case-study"))
    about: RawAnswers = {**ABOUT, "organisation": str(await council(bot, "Oldham")), "partners": []}
    second = form_of(await bot.submit("ann", view, about))
    third = form_of(await bot.submit("ann", second, dict(STORY)))
    sent = await asyncio.gather(*(bot.submit("ann", third, dict(LAST)) for _ in range(3)))
    assert sorted(one.outcome for one in sent) == [Outcome.HANDLED, Outcome.REFUSED, Outcome.REFUSED]
    assert (await only_study(bot)).version == 1
