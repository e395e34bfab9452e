"""One update, one transaction, one reply."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from handlers.kit import senders
from handlers.kit.errors import Unavailable
from handlers.kit.messages import Message
from handlers.kit.replies import Outcome
from handlers.kit.router import RunCommand
from handlers.kit.updates import (
    Changed,
    Command,
    Lookup,
    Place,
    PlaceKind,
    Press,
    Profile,
    Sender,
    Text,
    Update,
)
from store import choices, organisations
from store.database import Database
from store.drafts import Draft
from store.members import Member
from store.organisations import Organisation
from store.outbox import OutboxRow
from store.received import ReceivedUpdate
from store.roles import Role
from tests.bot import TestBot, TestClock, form_of, message_of
from tests.kit.feature import Praise, router

CHANNEL = Place("test", PlaceKind.CHANNEL, "C1", thread="1.0")


@pytest.fixture
async def bot(database: Database, clock: TestClock) -> TestBot:
    return TestBot(database, clock, router)


async def count(bot: TestBot, table: Any) -> int:
    async with bot.database.read() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def chosen(bot: TestBot, name: str) -> str | None:
    async with bot.database.read() as session:
        return await choices.get(session, name)


async def test_a_command_is_answered_in_private_and_its_reply_is_in_the_outbox(bot: TestBot) -> None:
    handled = await bot.command("ann", "praise", "Bob")
    assert handled.outcome is Outcome.HANDLED
    assert bot.platform.delivered == [(Place("test", PlaceKind.DIRECT, "ann"), message_of(handled))]
    async with bot.database.read() as session:
        row = (await session.scalars(select(OutboxRow))).one()
    assert (row.status, row.attempts, row.reference) == (
        "sent", 1, {"platform": "test", "place": "ann", "number": 1},
    )  # fmt: skip


async def test_an_update_delivered_five_times_at_once_has_one_effect(bot: TestBot) -> None:
    update = Update("test:same", Sender("test", "ann"), Place("test", PlaceKind.DIRECT, "ann"), Text("Hello"))
    handled = await asyncio.gather(*(bot.dispatcher.handle(update) for _ in range(5)))
    await bot.deliver()
    assert sorted(one.outcome for one in handled) == [*[Outcome.DUPLICATE] * 4, Outcome.HANDLED]
    assert [message.text for message in bot.platform.said_to("ann")] == ["You said: Hello"]
    assert await count(bot, Member) == 1


async def test_two_first_updates_at_once_make_one_member(bot: TestBot) -> None:
    place = Place("test", PlaceKind.DIRECT, "ann")
    updates = [Update(f"test:{text}", Sender("test", "ann"), place, Text(text)) for text in ("one", "two")]
    handled = await asyncio.gather(*(bot.dispatcher.handle(update) for update in updates))
    assert [one.outcome for one in handled] == [Outcome.HANDLED] * 2
    assert await count(bot, Member) == 1


async def test_a_reply_is_delivered_after_the_process_that_wrote_it_died(bot: TestBot) -> None:
    bot.delivering = False
    await bot.command("ann", "praise", "Bob")
    assert bot.platform.delivered == []
    survivor = TestBot(bot.database, bot.clock, router)
    await survivor.deliver()
    assert survivor.platform.delivered == []
    bot.clock.advance(seconds=31)
    await survivor.deliver()
    assert [message.text for message in survivor.platform.said_to("ann")] == ["You praised Bob."]


async def test_a_message_taken_before_the_process_died_is_not_sent_again(bot: TestBot) -> None:
    bot.delivering = False
    handled = await bot.command("ann", "praise", "Bob")
    survivor = TestBot(bot.database, bot.clock, router)
    survivor.platform.found[handled.deliveries[0].id] = await bot.platform.deliver(
        handled.deliveries[0], Place("test", PlaceKind.DIRECT, "ann")
    )
    bot.clock.advance(seconds=31)
    await survivor.deliver()
    assert survivor.platform.delivered == []
    async with bot.database.read() as session:
        assert (await session.scalars(select(OutboxRow.status))).one() == "sent"


async def test_a_refusal_undoes_what_the_handler_wrote(bot: TestBot) -> None:
    handled = await bot.command("ann", "praise", "nobody")
    assert handled.outcome is Outcome.REFUSED
    assert message_of(handled).text == "Nobody is there to praise."
    assert await chosen(bot, "praised") is None


async def test_a_fault_is_told_with_a_reference_and_changes_nothing(bot: TestBot) -> None:
    handled = await bot.command("ann", "praise", "fail")
    assert handled.outcome is Outcome.FAILED
    assert "reference" in message_of(handled).text
    assert await chosen(bot, "praised") is None
    assert bot.platform.said_to("ann") == [handled.reply]


async def test_a_database_that_is_away_leaves_the_update_unacknowledged(
    bot: TestBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(bot.database, "write", away)
    with pytest.raises(Unavailable):
        await bot.command("ann", "praise", "Bob")


async def test_a_handler_past_the_ceiling_writes_nothing(
    bot: TestBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.kit.dispatcher.CEILING_SECONDS", 0.0)
    with pytest.raises(Unavailable):
        await bot.command("ann", "praise", "Bob")
    monkeypatch.undo()
    assert await count(bot, ReceivedUpdate) == 0
    assert (await bot.command("ann", "praise", "Bob")).outcome is Outcome.HANDLED


async def test_what_nobody_handles_leaves_no_trace(bot: TestBot) -> None:
    handled = await bot.handle("ann", Text("between ourselves"), place=CHANNEL)
    assert handled.outcome is Outcome.IGNORED
    assert await count(bot, ReceivedUpdate) == await count(bot, Member) == 0


async def test_a_mention_is_answered_in_its_thread(bot: TestBot) -> None:
    await bot.handle("ann", Text("Hello", mentioned=True), place=CHANNEL)
    assert bot.platform.delivered[0][0] == CHANNEL


async def test_roles_are_asked_for_and_owners_may_what_administrators_may(bot: TestBot) -> None:
    await bot.add_member("ann")
    await bot.add_member("olive", Role.OWNER)
    await bot.add_member("rita", Role.REVIEWER)
    outcomes = [(await bot.command(who, "close")).outcome for who in ("ann", "rita", "olive")]
    assert outcomes == [Outcome.REFUSED, Outcome.REFUSED, Outcome.HANDLED]


async def test_the_longest_command_name_wins(bot: TestBot) -> None:
    handled = await bot.command("ann", "close", "shop  today")
    assert message_of(handled).text == "The shop is closed today"


async def test_a_button_that_runs_a_command_asks_for_its_permission(bot: TestBot) -> None:
    await bot.add_member("olive", Role.OWNER)
    handled = [await bot.press(who, RunCommand(command="close")) for who in ("ann", "olive")]
    assert [one.outcome for one in handled] == [Outcome.REFUSED, Outcome.HANDLED]


async def test_a_visitor_may_ask_and_leaves_no_member(bot: TestBot) -> None:
    place = Place("test", PlaceKind.DIRECT, "v1")
    visitor = Sender("test", "v1", visitor=True)
    said = await bot.dispatcher.handle(Update("test:v1", visitor, place, Text("Hello")))
    refused = await bot.dispatcher.handle(Update("test:v2", visitor, place, Command("praise", "Bob")))
    await bot.deliver()
    assert (said.outcome, refused.outcome) == (Outcome.HANDLED, Outcome.REFUSED)
    assert message_of(refused).text.startswith("Sign in first")
    assert await count(bot, Member) == 0


@pytest.mark.parametrize(
    "content",
    [
        Command("nonsense"),
        Press("nonsense", {}),
        Press("feature.praise", {"whom": {"no": "text"}}),
        Press("feature.praise", {"whom": "Bob", "more": "fields"}),
        Press("form.continue", {"draft_id": "somebody else's"}),
    ],
)
async def test_what_the_bot_does_not_know_gets_a_polite_sentence(
    bot: TestBot, content: Command | Press
) -> None:
    handled = await bot.handle("ann", content)
    assert handled.outcome is Outcome.REFUSED
    assert message_of(handled).text.endswith((".", "again."))


async def test_a_member_is_told_once_in_their_own_language(bot: TestBot) -> None:
    await bot.add_member("megan", name="Megan", locale="cy")
    await bot.press("ann", Praise(whom="Megan"))
    await bot.press("ann", Praise(whom="Megan"))
    assert [message.text for message in bot.platform.said_to("megan")] == ["cy: praised"]


async def test_an_edit_reaches_every_copy_and_is_gathered(bot: TestBot) -> None:
    await bot.add_member("megan", name="Megan", locale="cy")
    await bot.press("ann", Praise(whom="Megan"))

    async def change(text: str) -> None:
        async with bot.database.write() as session:
            update = Update("x", Sender("test", "ann"), CHANNEL, Text(""))
            context, _ = await senders.context_of(bot.surroundings, bot.router, session, update, bot.clock())
            await context.edit("praise:1", lambda words: Message(text=f"{words.locale}: {text}"))

    await change("one")
    await bot.deliver()
    await change("two")
    await change("three")
    await bot.deliver()
    assert [message.text for _, message in bot.platform.edits] == ["cy: one"]
    bot.clock.advance(seconds=6)
    await bot.deliver()
    assert [message.text for _, message in bot.platform.edits] == ["cy: one", "cy: three"]


async def test_a_changed_profile_claims_nothing_and_is_taken_again(bot: TestBot) -> None:
    for name in ("Ann", "Ann Archer"):
        await bot.handle("ann", Changed(Profile(name=name)), update_id="same")
    async with bot.database.read() as session:
        assert (await session.scalars(select(Member.name))).one() == "Ann Archer"


async def test_a_lookup_only_reads(bot: TestBot) -> None:
    async with bot.database.write() as session:
        session.add(Organisation(name="Oldham Council", category="full", kind="council", region="north"))
    handled = await bot.handle("ann", Lookup("feature.budget", "council", "OLD"))
    assert handled.options == ()
    await bot.add_member("ann")
    handled = await bot.handle("ann", Lookup("feature.budget", "council", "OLD"))
    assert [option.label for option in handled.options] == ["Oldham Council"]
    assert await count(bot, ReceivedUpdate) == 0


async def test_a_form_keeps_what_was_typed_and_sends_it_once(bot: TestBot) -> None:
    first = form_of(await bot.command("ann", "budget", "A library of things"))
    second = form_of(
        await bot.submit("ann", first, {"idea": "A library of things", "staff": "not of this step"})
    )
    assert (second.step, second.answers) == (1, {"idea": "A library of things"})
    wrong = form_of(await bot.submit("ann", second, {"staff": "£6,000", "events": "2,000", "total": "10000"}))
    assert wrong.problems == {"total": "The lines add up to £8,000, but “Total” says £10,000."}
    assert wrong.answers["staff"] == "£6,000"
    done = await bot.submit("ann", wrong, {"staff": "6000", "events": "4000", "total": "10000"})
    assert message_of(done).text == "You proposed £10,000."
    again = await bot.submit("ann", wrong, {"staff": "1"})
    assert again.outcome is Outcome.REFUSED
    assert await chosen(bot, "budget") == "10000.00"


async def test_a_page_checks_answers_before_it_sends(bot: TestBot) -> None:
    first = form_of(await bot.command("ann", "budget", "A library"))
    second = form_of(await bot.submit("ann", first, {"idea": "A library"}, send=False))
    check = form_of(await bot.submit("ann", second, {"staff": "1", "events": "1", "total": "2"}, send=False))
    assert check.checking
    assert await chosen(bot, "budget") is None
    assert message_of(await bot.submit("ann", check, {})).text == "You proposed £2."


async def test_an_unfinished_draft_is_offered_again(bot: TestBot) -> None:
    first = form_of(await bot.command("ann", "budget", "x"))
    await bot.submit("ann", first, {"idea": "no"})
    offer = message_of(await bot.command("ann", "budget", "another"))
    choices_offered = [button.action for button in offer.buttons if button.action]
    continued = form_of(await bot.handle("ann", Press(choices_offered[0].name, choices_offered[0].data)))
    fresh = form_of(await bot.handle("ann", Press(choices_offered[1].name, choices_offered[1].data)))
    assert (continued.answers, fresh.answers) == ({"idea": "no"}, {"idea": "another"})


async def test_nobody_opens_or_sends_anothers_draft(bot: TestBot) -> None:
    first = form_of(await bot.command("ann", "budget", "x"))
    handled = await bot.submit("bob", first, {"idea": "Mine now"})
    assert handled.outcome is Outcome.REFUSED
    async with bot.database.read() as session:
        assert (await session.scalars(select(Draft.answers))).one() == {"idea": "x"}


async def test_a_handlers_refusal_stands_beside_its_field(bot: TestBot) -> None:
    first = form_of(await bot.command("ann", "budget"))
    second = form_of(await bot.submit("ann", first, {"idea": "taken"}))
    wrong = form_of(await bot.submit("ann", second, {"staff": "1", "events": "1", "total": "2"}))
    assert (wrong.step, wrong.problems) == (0, {"idea": "Somebody had this idea before."})
    assert wrong.answers["total"] == "2"


async def test_a_fault_in_a_form_keeps_what_was_typed(bot: TestBot) -> None:
    first = form_of(await bot.command("ann", "budget"))
    second = form_of(await bot.submit("ann", first, {"idea": "break"}))
    handled = await bot.submit("ann", second, {"staff": "1", "events": "1", "total": "2"})
    assert handled.outcome is Outcome.FAILED
    async with bot.database.read() as session:
        draft = (await session.scalars(select(Draft))).one()
    assert (draft.answers["total"], draft.sent_at) == ("2", None)


async def test_text_carried_in_is_cut_to_fit_with_a_note(bot: TestBot) -> None:
    view = form_of(await bot.command("ann", "budget", "long " * 20))
    assert len(str(view.answers["idea"])) <= 50
    assert view.notes == ("“Idea” was longer than this form can hold, so its end was cut off.",)


async def test_organisations_are_recognised_by_their_most_exact_domain(bot: TestBot) -> None:
    async with bot.database.write() as session:
        for name, domain in (("A", "example.org"), ("B", "housing.example.org"), ("C", "example.org")):
            row = Organisation(name=name, category="full", kind="council", region="")
            session.add(row)
            await session.flush()
            session.add(organisations.MailDomain(organisation_id=row.id, domain=domain))
    async with bot.database.read() as session:
        found = [
            [one.name for one in await organisations.recognised_by(session, f"x@{domain}")]
            for domain in (
                "example.org",
                "Housing.Example.org",
                "mail.housing.example.org",
                "gmail.com",
                "org",
            )
        ]
    assert found == [["A", "C"], ["B"], ["B"], [], []]
